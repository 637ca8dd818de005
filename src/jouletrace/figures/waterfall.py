"""What adds to a growth and what takes from it: steps that start where the one before ended, and their sum.

Every panel stands on the same scale, so that windows and regions can be compared by eye. A bar reaches
by the median of its part; the thin line at its end holds nine tenths of the draws.
"""

from typing import Any

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from jouletrace.figures.selection import panels
from jouletrace.figures.style import (
    MARGIN,
    SMALL,
    TEXT,
    WIDTH,
    Theme,
    axis_label,
    below,
    canvas,
    frame,
    leading,
    numbered,
    sheet,
    width,
    wrap,
)

TOP, TITLE, STEP, GAP, TICKS = 2.0, 19.0, 17.0, 11.0, 24.0
#: Height of a bar, and room that the axis keeps at either end.
BAR, REACH = 9.0, 0.03
NOTE = (
    "bar: median of the part · thin line: nine tenths of the draws · full bar: the sum in each draw, to "
    "which medians of parts need not add up"
)
Row = dict[str, Any]


def figure(evidence: dict[str, Any], views: list[dict[str, Any]], theme: Theme) -> Figure:
    """Panels one below the other, each with a line for each step."""
    spec, drawn = evidence["claim"]["figure"], panels(evidence)
    label = wrap(axis_label(spec), WIDTH - 2 * MARGIN, SMALL)
    note = [line for text in (NOTE, spec["note"]) for line in wrap(text, WIDTH - 2 * MARGIN, SMALL)]
    tall = TITLE + len(spec["steps"]) * STEP
    bottom = TOP + len(drawn) * tall + (len(drawn) - 1) * GAP
    made = sheet(bottom + TICKS + len(label + note) * leading(SMALL))
    words = canvas(made)
    below(words, bottom + TICKS, label, note, theme)
    left = MARGIN + max(width(name, SMALL, "bold") for name in spec["steps"]) + 10.0
    right = WIDTH - MARGIN - max(width(_amount(row), TEXT, "bold") for one in drawn for row in one["rows"])
    axes = frame(made, left, 0.0, right - 8.0 - left, bottom)
    _scale(axes, [row for one in drawn for row in _spans(one["rows"])], bottom)
    for index, panel in enumerate(drawn):
        top = TOP + index * (tall + GAP)
        words.text(MARGIN, top, panel["title"], va="top", size=TEXT, weight="bold")
        _panel(axes, words, panel["rows"], spec["steps"], top + TITLE, theme)
    return made


def _amount(row: Row) -> str:
    """Median with its sign, in whole units from ten on."""
    digits = 0 if abs(row["p50"]) >= 10.0 else 1
    return f"{row['p50']:+.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _spans(rows: list[Row]) -> list[tuple[float, float, float, float]]:
    """Start, end and the two ends of nine tenths of each step; the last one starts from zero."""
    spans, start = [], 0.0
    for row in rows[:-1]:
        spans.append((start, start + row["p50"], start + row["p05"], start + row["p95"]))
        start += row["p50"]
    total = rows[-1]
    return [*spans, (0.0, total["p50"], total["p05"], total["p95"])]


def _scale(axes: Any, spans: list[tuple[float, float, float, float]], bottom: float) -> None:
    values = [0.0, *(value for span in spans for value in span)]
    reach = REACH * (max(values) - min(values))
    axes.set(xlim=(min(values) - reach, max(values) + reach), ylim=(bottom, 0.0))
    axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    numbered(axes.xaxis)
    axes.yaxis.set_major_locator(NullLocator())
    sns.despine(ax=axes, left=True)


def _panel(axes: Any, words: Any, rows: list[Row], steps: list[str], top: float, theme: Theme) -> None:
    """Name, bar and median of each step, joined by thin lines; zero runs through the panel."""
    axes.vlines(0.0, top, top + len(rows) * STEP, color=theme.muted, lw=0.8, zorder=1)
    spans = _spans(rows)
    for index, (row, name, span) in enumerate(zip(rows, steps, spans, strict=True)):
        middle, is_sum = top + (index + 0.5) * STEP, index == len(rows) - 1
        weight = "bold" if is_sum else "normal"
        words.text(MARGIN, middle, name, va="center", size=SMALL, weight=weight)
        style = {"ha": "right", "va": "center", "size": SMALL, "weight": weight, "color": theme.ink}
        words.text(WIDTH - MARGIN, middle, _amount(row), **style)
        _bar(axes, span, middle, theme.ink if is_sum else _colour(row, theme), is_sum, theme)
        if not is_sum:
            axes.vlines(span[1], middle, middle + STEP, color=theme.muted, lw=0.7, zorder=1)


def _colour(row: Row, theme: Theme) -> str:
    return theme.accent if row["p50"] > 0.0 else theme.mark


def _bar(
    axes: Any, span: tuple[float, float, float, float], middle: float, colour: str, full: bool, theme: Theme
) -> None:
    start, end, low, high = span
    box = {"height": BAR, "left": min(start, end), "zorder": 3, "edgecolor": colour, "linewidth": 1.0}
    axes.barh(middle, abs(end - start), facecolor=colour if full else _tint(colour), **box)
    axes.hlines(middle, low, high, color=theme.muted if full else colour, lw=1.4, zorder=4)


def _tint(colour: str) -> tuple[str, float]:
    """The same colour, half transparent: the line of nine tenths stays visible on it."""
    return colour, 0.35
