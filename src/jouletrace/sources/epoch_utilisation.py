"""Share of peak arithmetic that training on GPUs used, from the table of AI models of Epoch AI.

One row for each run on GPUs whose utilisation the publisher has (model FLOP utilisation: useful
operations over peak). Runs on TPUs and Trainium are left out, since the claim is about GPUs; models that
read or make images or video are a series of their own. A utilisation above one is a slip of the
publisher and left out.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from jouletrace.contract import rounded
from jouletrace.sources._long import long_table, needs, number, read_text_csv, slug

CITE = "epoch2025models"
USED, DAY, CHIP, DOMAIN, FIRM = (
    "Hardware utilization (MFU)",
    "Publication date",
    "Training hardware",
    "Domain",
    "Organization",
)
MAKERS = "NVIDIA|AMD"
SEEN = "Vision|Video|Image"


def tidy(path: Path) -> pd.DataFrame:
    """One utilisation for each run, by whether its data are images or video."""
    table = read_text_csv(path)
    needs(table, {"Model", USED, DAY, CHIP, DOMAIN, FIRM}, path)
    runs = table[(table[USED] != "") & table[CHIP].str.contains(MAKERS)]
    rows = [_row(run) for run in runs.to_dict("records") if number(run[USED], run["Model"]) < 1.0]
    return long_table(
        rows,
        quantity="run_utilisation_ratio",
        region="world",
        unit="percent",
        method="reported",
        published_year=2025,
        boundary="useful operations over peak at the precision of the run, average over the run",
        cite=CITE,
        locator=f"All ML Systems, column {USED}",
        licence="CC-BY-4.0",
        grade="read",
    )


def _row(run: dict[Any, str]) -> dict[str, Any]:
    """A run; those of one firm share its software and so its errors."""
    seen = any(word in run[DOMAIN] for word in SEEN.split("|"))
    return {
        "id": f"mfu-{slug(run['Model'])}",
        "year": int(run[DAY][:4]),
        "series": "seen" if seen else "read",
        "value": rounded(100.0 * number(run[USED], run["Model"])),
        "publication": f"{run['Model']}, in Epoch AI 2025, Data on AI models",
        "lineage": slug(run[FIRM].split(",")[0]),
        "note": f"{run['Model']} on {run[CHIP].split(',')[0]}",
    }
