"""The sheet that a user brings: a CSV file as text, read strictly where a guess could go wrong.

What concerns the whole file ends the run with nothing written: `SheetError`, one line. What is wrong
with one row stays with that row.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

#: What a row has to say; the model by its name or by its parameters.
REQUIRED = ("device", "devices")
EITHER = ("model", "params_total")
FIGURES = ("peak_flop_per_s", "memory_bandwidth_b_per_s", "memory_b", "tdp_w")
NUMBERS = (
    *("devices", "params_total", "params_active", "weight_bits", "batch", "input_tokens", "output_tokens"),
    *FIGURES,
    *("node_nm", "layers", "kv_heads", "head_dim"),
)
WORDS = ("device", "model", "boundary", "scenario")
#: Every column that is read; all others pass through.
READ = (*WORDS, *NUMBERS)


@dataclass(frozen=True)
class Form:
    """What a sheet is about: columns that it must have, of some one, and all that are read."""

    row: str
    required: tuple[str, ...]
    either: tuple[str, ...]
    read: tuple[str, ...]


DEPLOYMENTS = Form("deployment", REQUIRED, EITHER, READ)


class SheetError(ValueError):
    """A file that cannot be read as a sheet; one line with what to do."""


@dataclass(frozen=True)
class Line:
    """One row as it was written: its number, the line of the file on which it ends, its cells."""

    row: int
    line: int
    cells: tuple[str, ...]
    problem: str = ""


@dataclass(frozen=True)
class Sheet:
    """A header and the rows below it; blank rows are left out."""

    name: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    form: Form = DEPLOYMENTS

    def known(self, line: Line) -> dict[str, str]:
        """The cells of a row that are read, without the spaces around them."""
        return {
            name: cell.strip()
            for name, cell in zip(map(_plain, self.columns), line.cells, strict=True)
            if name in self.form.read
        }


def read(path: Path, written: Sequence[str], form: Form = DEPLOYMENTS) -> Sheet:
    """The sheet in a file; ``written`` are the columns that the output adds. Raises `SheetError`."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        why = error.strerror or "cannot be read"
        raise SheetError(f"{path}: {why[0].lower()}{why[1:]}; name a CSV file that can be read") from error
    return parse(raw, str(path), written, form)


def parse(raw: bytes, name: str, written: Sequence[str], form: Form = DEPLOYMENTS) -> Sheet:
    """The sheet in some bytes. Raises `SheetError`."""
    rows = _rows(_decoded(raw, name), name)
    if not rows:
        raise SheetError(f"{name}: is empty; write a header and one row for each {form.row}")
    _, header = rows[0]
    columns = _columns(tuple(cell.strip() for cell in header), rows[1:], name)
    _refuse(columns, header, name, written, form)
    lines = tuple(_line(row, end, cells, len(columns)) for row, (end, cells) in enumerate(rows[1:], start=1))
    if not lines:
        raise SheetError(f"{name}: has a header and no row below it; write one row for each {form.row}")
    return Sheet(name, columns, lines, form)


def _decoded(raw: bytes, name: str) -> str:
    if b"\0" in raw:
        raise SheetError(f"{name}: holds zero bytes, so it is no CSV text in UTF-8; save it as CSV in UTF-8")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise SheetError(f"{name}: line {line} is not UTF-8; save it as CSV in UTF-8") from error


def _rows(text: str, name: str) -> list[tuple[int, list[str]]]:
    """Rows that hold anything, each with the line on which it ends."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        what = f"line {reader.line_num}: {error}; double the quotation marks inside a quoted cell"
        raise SheetError(f"{name}: {what}, and close it") from error


def _columns(header: tuple[str, ...], rows: list[tuple[int, list[str]]], name: str) -> tuple[str, ...]:
    """The header without the nameless columns at its end, as long as nothing stands in them."""
    width = max((place for place, cell in enumerate(header, start=1) if cell), default=0)
    if any(cell.strip() for _, cells in rows for cell in cells[width : len(header)]):
        raise SheetError(f"{name}: column {width + 1} has no name; name it in the header")
    return header[:width]


def _refuse(
    columns: tuple[str, ...], header: list[str], name: str, written: Sequence[str], form: Form
) -> None:
    plain = [_plain(column) for column in columns]
    missing = [column for column in form.required if column not in plain]
    if not set(form.either) & set(plain):
        missing.append(" or ".join(form.either))
    if missing:
        joined = ",".join(header)
        other = {"semicolons": joined.count(";"), "tabs": joined.count("\t")}
        most = max(other, key=lambda key: other[key])
        if other[most]:
            raise SheetError(f"{name}: cells are divided by {most}; save it with commas (and decimal points)")
        raise SheetError(f"{name}: no column {', '.join(missing)}; the first line names the columns")
    twice = sorted({column for column in plain if plain.count(column) > 1})
    if twice:
        raise SheetError(f"{name}: column {twice[0] or '(without a name)'} stands twice; keep one")
    taken = [column for column in columns if column in written]
    if taken:
        raise SheetError(f"{name}: column {', '.join(taken)} is one that is written; rename or delete it")


def _line(row: int, end: int, cells: list[str], width: int) -> Line:
    kept = tuple([*cells, *[""] * (width - len(cells))][:width])
    extra = any(cell.strip() for cell in cells[width:])
    if len(cells) == width or (len(cells) > width and not extra):
        return Line(row, end, kept)
    what = f"{len(cells)} cells under {width} columns; quote cells that hold a comma"
    return Line(row, end, kept, what)


def _plain(column: str) -> str:
    """A column as it is known: small letters; anything between words is an underscore."""
    return re.sub(r"[\s-]+", "_", column.strip().lower())
