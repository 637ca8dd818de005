"""Accelerators sold since a maker's count begins, by chip and quarter, from Epoch AI's chip counts.

One file per maker, all with the same meaning and two spellings of their columns. The publisher
derives units from revenue and prices and gives a median with the 5th and 95th percentiles. The
counts are running totals of sales: nothing is retired, and what was sold before the first quarter
is left out. Quarters that the publisher marks as incomplete are left out here.
"""

from pathlib import Path

import pandas as pd

from jouletrace.contract import records
from jouletrace.sources._long import long_table, needs, number, read_text_csv, slug

CITE = "epoch2026chips"
MAKERS = {"Nvidia": "nvidia", "Google": "google", "Amazon": "amazon", "AMD": "amd"}
MEDIAN = {"number of units (median)": "value", "number of units": "value"}
RANGE = {"number of units (5th percentile)": "low", "number of units (95th percentile)": "high"}
COLUMNS = {"chip manufacturer", "start date", "end date", "chip type", "notes", "value", "low", "high"}
QUARTERS = {"3/31": 1, "6/30": 2, "9/30": 3, "12/31": 4}


def tidy(path: Path) -> pd.DataFrame:
    """Units of each chip sold up to the end of each complete quarter.

    The series is the chip with the quarter, for example ``h100-q4``: a row of one series and the
    next are a year apart.
    """
    table = read_text_csv(path).rename(columns=str.lower).rename(columns=MEDIAN | RANGE)
    needs(table, COLUMNS, path)
    rows = [_row(entry) for entry in records(table) if not entry["notes"].startswith("Incomplete")]
    return long_table(
        rows,
        quantity="accelerator_stock_count",
        region="world",
        unit="count",
        method="model",
        publication="Epoch AI 2026, AI chip sales",
        published_year=2026,
        lineage="epoch-chip-counts",
        cite=CITE,
        licence="MIT",
        grade="read",
    )


def _row(entry: dict[str, str]) -> dict[str, object]:
    maker, chip = MAKERS[entry["chip manufacturer"]], _chip(entry["chip type"])
    year, quarter = _quarter(entry["end date"])
    first_year, first_quarter = _quarter(entry["start date"].replace("1/1/", "3/31/"))
    return {
        "id": f"epoch-2026-{maker}-{chip}-{year}-q{quarter}",
        "year": year,
        "series": f"{chip}-q{quarter}",
        **{name: number(entry[name], f"{chip} {entry['end date']}") for name in ("value", "low", "high")},
        "boundary": f"chips sold from Q{first_quarter} {first_year} to the end of the quarter, none retired",
        "locator": f"{maker} cumulative by chip, {entry['chip type']}, end date {entry['end date']}",
    }


def _chip(name: str) -> str:
    """The chip without its brand.

    >>> _chip("Instinct MI300X")
    'mi300x'
    """
    return slug(name.removeprefix("Instinct "))


def _quarter(date: str) -> tuple[int, int]:
    """Year and quarter of a date that ends a quarter, as ``9/30/2024``."""
    day, _, year = date.rpartition("/")
    if day not in QUARTERS:
        raise ValueError(f"{date!r} does not end a quarter; the source changed its format")
    return int(year), QUARTERS[day]
