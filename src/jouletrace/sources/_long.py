"""The few steps that all sources share on the way to the long table."""

import re
from pathlib import Path
from typing import Any

import pandas as pd

from jouletrace.contract import COLUMNS, NUMBERS, YEARS


def read_text_csv(path: Path, sep: str = ",", skip: int = 0) -> pd.DataFrame:
    """A publisher's CSV with every cell as text, so that ``NA`` stays Namibia."""
    return pd.read_csv(path, sep=sep, skiprows=skip, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def needs(table: pd.DataFrame, columns: set[str], path: Path) -> None:
    """Raise `ValueError` when the publisher renamed or dropped a column that is read here."""
    missing = sorted(columns - set(table.columns))
    if missing:
        raise ValueError(f"{path.name}: column {', '.join(missing)} is gone; adapt its tidy module")


def number(text: str, what: str) -> float:
    """A plain decimal number; a comma in it is an error, never a guess.

    >>> number("30938.180", "World 2024")
    30938.18
    """
    if not re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", text.strip()):
        raise ValueError(f"{what}: {text!r} is not a plain number; the source changed its format")
    return float(text)


def slug(text: str) -> str:
    """Lower-case words joined by hyphens.

    >>> slug("Expected growth (14%)")
    'expected-growth-14'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def long_table(rows: list[dict[str, Any]], **same: Any) -> pd.DataFrame:
    """Rows of the long table; ``same`` holds what is equal in all of them, the rest is empty."""
    table = pd.DataFrame([{**same, **row} for row in rows], columns=COLUMNS)
    for column in NUMBERS:
        table[column] = table[column].astype("float64")
    for column in YEARS:
        table[column] = table[column].astype("int64")
    texts = [column for column in COLUMNS if column not in NUMBERS + YEARS]
    table[texts] = table[texts].astype("object").fillna("").astype("str")
    return table
