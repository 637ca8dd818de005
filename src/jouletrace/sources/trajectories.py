"""Paths of data-centre electricity: every whole year between the published points of a series.

Between two points the path is log-linear, x(t) = x0 (x1 / x0)^((t - t0) / (t1 - t0)): constant
growth, the least that two points say. A filled row says so in its id and its note, and carries
the weaker grade of its two ends. Nothing is filled before the first or after the last point.
"""

from collections.abc import Iterator
from itertools import pairwise
from math import isnan, sqrt
from typing import Any

import pandas as pd

from jouletrace.contract import COLUMNS, NUMBERS, records, rounded

STRENGTH = ("recalled", "secondary", "read", "measured")
Row = dict[str, Any]


def finish(table: pd.DataFrame) -> pd.DataFrame:
    """The published rows, with the years between them filled."""
    filled = [
        row
        for _, group in table.sort_values("year").groupby(["region", "series"], sort=False)
        for earlier, later in pairwise(records(group))
        for row in _between(earlier, later)
    ]
    rows = pd.DataFrame(filled, columns=COLUMNS).astype(table.dtypes.to_dict())
    return pd.concat([table, rows]).sort_values("id", ignore_index=True)


def _between(earlier: Row, later: Row) -> Iterator[Row]:
    ranged = not (isnan(earlier["low"]) and isnan(later["low"]))
    columns = NUMBERS if ranged else ["value"]
    for year in range(earlier["year"] + 1, later["year"]):
        share = (year - earlier["year"]) / (later["year"] - earlier["year"])
        numbers = {name: _log_linear(earlier, later, name, share) for name in columns}
        yield {
            **earlier,
            **numbers,
            "id": f"{earlier['series']}-{earlier['region']}-{year}-interpolated",
            "year": year,
            "grade": min(earlier["grade"], later["grade"], key=STRENGTH.index),
            "note": f"interpolated log-linearly between {earlier['id']} and {later['id']}",
        }


def _log_linear(earlier: Row, later: Row, name: str, share: float) -> float:
    start, end = _figure(earlier, name), _figure(later, name)
    return rounded(start * (end / start) ** share)


def _figure(row: Row, name: str) -> float:
    """A number of a row; where it is missing, the value or the middle of the range stands in."""
    number: float = row[name]
    if not isnan(number):
        return number
    return row["value"] if not isnan(row["value"]) else sqrt(row["low"] * row["high"])
