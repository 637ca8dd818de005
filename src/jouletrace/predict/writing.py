"""The sheet with what was predicted: the columns of the user, then ours; written whole or not at all."""

import csv
import io
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import pandas as pd
import pandera.pandas as pa

from jouletrace.models.hardware.state import PARTS
from jouletrace.predict.reading import Sheet, SheetError

QUANTILES = {"p05": 0.05, "p50": 0.5, "p95": 0.95}
ENERGY = tuple(f"energy_j_per_token_{name}" for name in QUANTILES)
TIME = tuple(f"time_s_per_token_{name}" for name in QUANTILES)
BREAKDOWN = tuple(f"energy_{part}_j_per_token" for part in PARTS)
#: What may bind an iteration.
LIMITS = ("memory bandwidth", "compute", "power", "overhead", "link")
WRITTEN = (
    *("device_matched", "model_matched"),
    *(*ENERGY, *TIME, *BREAKDOWN),
    *("limit", "assumed", "problem"),
)
#: Digits that are written: as many as the sum of the parts needs to be that of the total within 1e-6.
DIGITS = 8
CLOSE = 1e-6


@dataclass(frozen=True)
class Prediction:
    """Quantiles of energy and time of an output token, the median energy by part, and what binds."""

    energy: tuple[float, ...]
    time: tuple[float, ...]
    parts: tuple[float, ...]
    limit: str


@dataclass(frozen=True)
class Answer:
    """What is written behind a row: a prediction, or the problem that stands in its way."""

    device_matched: str = ""
    model_matched: str = ""
    prediction: Prediction | None = None
    assumed: str = ""
    problem: str = ""

    def cells(self) -> list[str]:
        """The cells of our columns, in their order."""
        numbers: Sequence[float] = ()
        if self.prediction:
            numbers = (*self.prediction.energy, *self.prediction.time, *self.prediction.parts)
        width = len(ENERGY) + len(TIME) + len(BREAKDOWN)
        written = [f"{number:.{DIGITS}g}" for number in numbers] or [""] * width
        limit = self.prediction.limit if self.prediction else ""
        return [self.device_matched, self.model_matched, *written, limit, self.assumed, self.problem]


def contract() -> pa.DataFrameSchema:
    """What every predicted row keeps: finite and positive, ordered, its parts the whole."""
    positive = pa.Column(float, [pa.Check.gt(0.0), pa.Check.lt(float("inf"))])
    columns = {name: positive for name in (*ENERGY, *TIME)}
    parts = {name: pa.Column(float, [pa.Check.ge(0.0), pa.Check.lt(float("inf"))]) for name in BREAKDOWN}
    return pa.DataFrameSchema(
        {**columns, **parts, "limit": pa.Column(str, pa.Check.isin(LIMITS))},
        checks=[
            pa.Check(_ordered, error="quantiles do not rise"),
            pa.Check(_whole, error="parts do not sum to the median"),
        ],
    )


def _ordered(table: pd.DataFrame) -> "pd.Series[bool]":
    rising = [table[low] <= table[high] for names in (ENERGY, TIME) for low, high in pairwise(names)]
    return pd.concat(rising, axis=1).all(axis=1)


def _whole(table: pd.DataFrame) -> "pd.Series[bool]":
    middle = table[ENERGY[1]]
    return (table[list(BREAKDOWN)].sum(axis=1) - middle).abs() <= CLOSE * middle


def checked(answers: Sequence[Answer]) -> None:
    """Hold all predictions against the contract. Raises `pandera.errors.SchemaErrors`: a fault of ours."""
    made = [one.prediction for one in answers if one.prediction]
    if made:
        numbers = [[float(f"{x:.{DIGITS}g}") for x in (*one.energy, *one.time, *one.parts)] for one in made]
        table = pd.DataFrame(numbers, columns=[*ENERGY, *TIME, *BREAKDOWN], dtype="float64")
        contract().validate(table.assign(limit=[one.limit for one in made]), lazy=True)


class Written(Protocol):
    """What is written behind a row: cells, and a problem if there is one."""

    @property
    def problem(self) -> str:
        """Why the row was not computed; empty if it was."""

    def cells(self) -> list[str]:
        """The cells of our columns, in their order."""


def text(sheet: Sheet, answers: Sequence[Written], written: Sequence[str] = WRITTEN) -> str:
    """The whole output as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*sheet.columns, *written])
    for line, answer in zip(sheet.lines, answers, strict=True):
        writer.writerow([*line.cells, *answer.cells()])
    return out.getvalue()


def said(sheet: Sheet, answers: Sequence[Written]) -> Iterator[str]:
    """One line for each row that was not computed."""
    for line, answer in zip(sheet.lines, answers, strict=True):
        if answer.problem:
            yield f"{sheet.name}: row {line.row} (line {line.line}): {answer.problem}"


def place(path: Path, source: Path) -> None:
    """Refuse, before anything is computed, a place where the output cannot stand. Raises `SheetError`."""
    if path.is_dir():
        raise SheetError(f"{path}: is a folder; name a file in it")
    if not path.parent.is_dir():
        raise SheetError(f"{path}: the folder {path.parent} does not exist; make it first")
    if path.exists() and not path.is_file():
        raise SheetError(f"{path}: is no ordinary file; write - for standard output")
    if not os.access(path.parent, os.W_OK):
        raise SheetError(f"{path}: nothing can be written in {path.parent}; name another folder")
    if path.exists() and source.exists() and path.samefile(source):
        raise SheetError(f"{path}: is the file that is read; write to another one")


def write(path: Path, whole: str) -> None:
    """Put a whole text in place of a file in one step."""
    path = path.resolve()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(whole)
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
