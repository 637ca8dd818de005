"""Training compute of notable AI models by year, from the table of AI models of Epoch AI.

The publisher's table has one model a row. Two figures are made of each year from 2012 to 2024: the
median of its notable models, and the frontier, the geometric mean of its five largest ones. Only
models that Epoch AI marks as notable count, since other models were added to the table by rules
that changed from year to year. Many of the figures are estimates of Epoch AI.
"""

from math import exp, fsum, log
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd

from jouletrace.contract import rounded
from jouletrace.sources._long import long_table, needs, number, read_text_csv

CITE = "epoch2025models"
YEARS = range(2012, 2025)
LARGEST = 5
COMPUTE, DAY, NOTABLE = "Training compute (FLOP)", "Publication date", "Notability criteria"


def tidy(path: Path) -> pd.DataFrame:
    """Median and frontier of each year, in FLOP of one training run."""
    table = read_text_csv(path)
    needs(table, {"Model", COMPUTE, DAY, NOTABLE}, path)
    kept = table[(table[COMPUTE] != "") & (table[NOTABLE] != "")]
    rows = [row for year in YEARS for row in _rows(year, kept[kept[DAY].str.startswith(f"{year}-")])]
    return long_table(
        rows,
        quantity="training_compute_flop",
        region="world",
        unit="FLOP",
        method="statistics",
        publication="Epoch AI 2025, Data on AI models",
        published_year=2025,
        lineage="epoch-ai-models",
        cite=CITE,
        locator=f"All ML Systems, columns {COMPUTE} and {NOTABLE}",
        licence="CC-BY-4.0",
        grade="read",
    )


def _rows(year: int, models: pd.DataFrame) -> list[dict[str, Any]]:
    """The two figures of one year; both say how many models they rest on."""
    found = sorted(number(cell, f"{year}") for cell in models[COMPUTE])
    if len(found) < LARGEST:
        raise ValueError(f"{year}: {len(found)} notable models, needs {LARGEST}; adapt the tidy module")
    frontier = exp(fsum(map(log, found[-LARGEST:])) / LARGEST)
    figures = {
        "notable-median": (median(found), "one training run, median of the notable models of the year"),
        "notable-frontier": (
            frontier,
            f"one training run, geometric mean of the {LARGEST} largest notable models of the year",
        ),
    }
    return [
        {
            "id": f"epoch-2025-{series}-{year}",
            "year": year,
            "series": series,
            "value": rounded(value),
            "boundary": boundary,
            "note": f"{len(found)} notable models with a figure",
        }
        for series, (value, boundary) in figures.items()
    ]
