"""The long table, one row per published figure: read strictly, resolved, written.

A cell is never repaired or guessed. Each broken rule is one line that names the file, the row,
what is wrong and what to do. The rules are in `contract`.
"""

import csv
import io
import math
import re
from pathlib import Path
from typing import Any

import pandas as pd

from jouletrace.contract import COLUMNS, NUMBERS, YEARS, problems, records, rounded
from jouletrace.registry.schema import Dataset

__all__ = ["COLUMNS", "NUMBERS", "TableError", "parse", "read_table", "resolve_relative", "write_table"]


class TableError(ValueError):
    """A table that breaks its contract; one line for each broken rule."""


def read_table(path: Path, dataset: Dataset) -> pd.DataFrame:
    """A long table that keeps the contract; numbers as float64, years as int64, the rest text.

    Raises `TableError`.
    """
    table = parse(path)
    lines = [f"{path}: {line}" for line in problems(table, dataset)]
    if lines:
        raise TableError("\n".join(lines))
    return table


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a long table, sorted by id; numbers with the digits that give the same float back."""
    cells = table.sort_values("id")[COLUMNS].astype("object")
    for column in NUMBERS:
        cells[column] = [repr(float(x)) if pd.notna(x) else "" for x in cells[column]]
    cells.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def parse(path: Path) -> pd.DataFrame:
    """The cells of a file as a long table, without judging them. Raises `TableError`."""
    rows = _rows(path)
    table = pd.DataFrame(rows, columns=COLUMNS, dtype="str")
    broken = []
    for column, pattern, what in (
        *((name, r"(-?\d+(\.\d+)?(e[+-]?\d+)?)?", "plain number") for name in NUMBERS),
        *((name, r"\d{4}", "year of four digits") for name in YEARS),
    ):
        for name, cell in zip(table["id"], table[column], strict=True):
            if not re.fullmatch(pattern, cell):
                hint = "no thousands separators, decimal point not comma"
                broken.append(f"{path}: row {name}: {column} {cell!r} is no {what}; {hint}")
    if broken:
        raise TableError("\n".join(broken))
    for column in NUMBERS:
        table[column] = [float(cell) if cell else math.nan for cell in table[column]]
    for column in YEARS:
        table[column] = table[column].astype("int64")
    return table


def _rows(path: Path) -> list[list[str]]:
    raw = path.read_bytes()
    if raw.startswith(b"\xef\xbb\xbf") or b"\r" in raw:
        raise TableError(f"{path}: file: byte order mark or CR line ends; save as plain UTF-8, LF")
    try:
        header, *rows = csv.reader(io.StringIO(raw.decode("utf-8")), strict=True)
    except (UnicodeDecodeError, csv.Error, ValueError) as error:
        raise TableError(f"{path}: file: not a CSV table in UTF-8 ({error}); restore it") from error
    if header != COLUMNS:
        raise TableError(f"{path}: header: {_header_fault(header)}; columns are: {','.join(COLUMNS)}")
    for number, row in enumerate(rows, start=2):
        if len(row) != len(COLUMNS):
            what = f"{len(row)} cells instead of {len(COLUMNS)}; quote cells that hold a comma"
            raise TableError(f"{path}: line {number}: {what}")
    return rows


def _header_fault(header: list[str]) -> str:
    missing = [name for name in COLUMNS if name not in header]
    unknown = [name for name in header if name not in COLUMNS]
    if missing or unknown:
        return f"missing {missing}, unknown {unknown}".replace("'", "")
    return "a column twice" if len(header) > len(COLUMNS) else "columns in another order"


def resolve_relative(table: pd.DataFrame) -> pd.DataFrame:
    """Every figure absolute: a ratio times the row that it refers to, also along a chain.

    The grade stays; the note says how the figure came about. Raises `TableError` on a circle.
    """
    rows = {row["id"]: row for row in records(table)}
    return pd.DataFrame([_absolute(name, rows, ()) for name in rows], columns=COLUMNS).astype(
        table.dtypes.to_dict()
    )


def _absolute(name: str, rows: dict[str, dict[str, Any]], path: tuple[str, ...]) -> dict[str, Any]:
    row = rows[name]
    if not row["relative_to"]:
        return row
    if name in path:
        raise TableError(f"row {name}: relative_to goes in a circle; refer to an absolute row")
    base = _absolute(row["relative_to"], rows, (*path, name))
    level = base["value"] if not math.isnan(base["value"]) else (base["low"] * base["high"]) ** 0.5
    numbers = {column: rounded(row[column] * level) for column in NUMBERS}
    figure = f"{row['low']:g} to {row['high']:g}" if math.isnan(row["value"]) else f"{row['value']:g}"
    how = f"{figure} times {base['id']}"
    note = "; ".join(part for part in (row["note"], how) if part)
    return {**row, **numbers, "unit": base["unit"], "relative_to": "", "note": note}
