"""A row of a table: one published figure with its unit, boundary, source and grade."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Row:
    """One figure; ``value`` is in the unit of its source, a range may stand beside it."""

    id: str
    quantity: str
    region: str
    year: int
    series: str
    value: float
    low: float | None
    high: float | None
    unit: str
    boundary: str
    method: str
    publication: str
    published_year: int
    lineage: str
    cite: str
    locator: str
    licence: str
    grade: str
    note: str

    def as_dict(self) -> dict[str, Any]:
        """Plain data for evidence and pages."""
        return asdict(self)


def read_rows(path: Path) -> tuple[Row, ...]:
    """Rows of a tidy table, as the tidy rule wrote them."""
    with path.open(encoding="utf-8", newline="") as file:
        return from_records(csv.DictReader(file))


def from_records(records: Iterable[Mapping[Any, Any]]) -> tuple[Row, ...]:
    """Rows from records of text; a figure published only as a range gets its geometric middle."""
    return tuple(_row({key: _text(value) for key, value in one.items()}) for one in records)


def _text(value: Any) -> str:
    return "" if value is None or value != value else str(value)


def _row(record: Mapping[str, str]) -> Row:
    low, high = (float(record[key]) if record[key] else None for key in ("low", "high"))
    middle = ((low or 0.0) * (high or 0.0)) ** 0.5
    value = float(record["value"]) if record["value"] else middle
    numbers = {
        "year": int(float(record["year"])),
        "value": value,
        "low": low,
        "high": high,
        "published_year": int(float(record["published_year"] or 0)),
    }
    words = {key: record[key] for key in Row.__dataclass_fields__ if key not in numbers}
    return Row(**numbers, **words)  # type: ignore[arg-type]
