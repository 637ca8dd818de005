"""The rows of a claim as a list: code and text of each reading, its variants below, verdicts at the right."""

import re
from dataclasses import dataclass
from typing import Any

from jouletrace.figures.style import MARGIN, SMALL, TEXT, WIDTH, Theme, leading, width, wrap

INDENT = 12.0
GAP = 9.0
#: Height of the line above the first row and above each row that is held against other edges.
HEAD = 18.0
VERDICT = "verdict"


@dataclass(frozen=True)
class Line:
    """One row in its place; ``top`` and ``middle`` are points below the top of the figure."""

    row: dict[str, Any]
    lines: list[str]
    code: str
    left: float
    top: float
    middle: float

    @property
    def is_variant(self) -> bool:
        """Whether the row varies a reading."""
        return self.row["label"] != self.row["reading"]

    @property
    def size(self) -> float:
        """Size of its letters."""
        return SMALL if self.is_variant else TEXT


def word_room(rows: list[dict[str, Any]]) -> float:
    """Width of the column of verdicts."""
    return max(width(VERDICT, SMALL), *(width(one["word"], TEXT, "bold") for one in rows))


def lay_out(rows: list[dict[str, Any]], strip: float) -> tuple[list[Line], float]:
    """Rows from top to bottom with ``strip`` points for a plot below each text, and the height used."""
    gutter = max(width(one["reading"], TEXT, "bold") for one in rows) + 7.0
    room = WIDTH - 2 * MARGIN - (0.0 if strip else word_room(rows) + 12.0)
    top, placed = 0.0, list[Line]()
    for row in rows:
        head = HEAD if starts_run(placed, row) else 0.0
        line = _line(row, top + head, gutter, room, strip)
        top = line.top + len(line.lines) * leading(line.size) + strip + GAP
        placed.append(line)
    return placed, top


def starts_run(placed: list[Line], row: dict[str, Any]) -> bool:
    """Whether a row is the first, or is held against other edges than the one before it."""
    return not placed or placed[-1].row.get("edges") != row.get("edges")


def _line(row: dict[str, Any], top: float, gutter: float, room: float, strip: float) -> Line:
    is_variant = row["label"] != row["reading"]
    size, indent = (SMALL, gutter + INDENT) if is_variant else (TEXT, gutter)
    lines = wrap(_text(row, is_variant), room - indent, size)
    tall = len(lines) * leading(size)
    code = "" if is_variant else row["label"]
    return Line(
        row, lines, code, MARGIN + indent, top, top + (tall + strip / 2 + 1.0 if strip else tall / 2 - 1.5)
    )


def _text(row: dict[str, Any], is_variant: bool) -> str:
    """Text of a row; the place of a variant already says which reading it varies."""
    return re.sub(rf"^as {re.escape(row['reading'])}, ", "", row["text"]) if is_variant else str(row["text"])


def write(axes: Any, placed: list[Line], theme: Theme) -> None:
    """Texts at the left, verdicts at the right; ``axes`` is the canvas of the figure."""
    right = WIDTH - MARGIN
    axes.text(right, 2.0, VERDICT, ha="right", va="top", size=SMALL, color=theme.muted)
    for line in placed:
        colour, weight = (theme.muted, "normal") if line.is_variant else (theme.ink, "bold")
        axes.text(MARGIN, line.top, line.code, va="top", size=TEXT, weight="bold")
        for index, words in enumerate(line.lines):
            y = line.top + index * leading(line.size)
            axes.text(line.left, y, words, va="top", size=line.size, color=colour)
        word = {"ha": "right", "va": "center", "size": line.size, "weight": weight, "color": colour}
        axes.text(right, line.middle, line.row["word"], **word)
