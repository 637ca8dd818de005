"""Measurements as published and as brought to one boundary, joined by a line, group by group.

An open mark is the figure as published, its shape the boundary: a square at the device, a triangle at
the server. A full dot is the same figure at the facility, with nine tenths of the draws. A figure that
was published for the facility has the dot alone; one whose boundary nobody states has a cross.
"""

from itertools import groupby
from typing import Any

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

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
    wrap,
)

#: Height of a row and of the heading of a group, the space of the ticks, and the width for texts.
ROW, HEAD, TICKS, NAMES = 15.0, 21.0, 24.0, 172.0
MARKS = {"device": "s", "server": "^", "not-stated": "x"}
LEGEND = (
    ("device", "as published, at the accelerators"),
    ("server", "as published, at the server"),
    ("facility", "at the facility; bar: nine tenths of the draws"),
    ("not-stated", "boundary not stated: not converted"),
)
Measured = dict[str, Any]


def figure(evidence: dict[str, Any], views: list[Measured], theme: Theme) -> Figure:
    """One row for each measurement, under the heading of its unit."""
    places, bottom = _lay_out(views)
    label = wrap(axis_label(evidence["claim"]["figure"]), WIDTH - 2 * MARGIN, SMALL)
    start = _legend_height()
    drawn = sheet(start + bottom + TICKS + len(label) * leading(SMALL))
    words = canvas(drawn)
    _legend(words, theme)
    below(words, start + bottom + TICKS, label, [], theme)
    axes = frame(drawn, MARGIN + NAMES, start, WIDTH - 2 * MARGIN - NAMES - 6.0, bottom)
    _scale(axes, views, bottom, theme)
    for view, (head, middle) in zip(views, places, strict=True):
        if head is not None:
            words.text(MARGIN, start + head, view["group"], size=TEXT, weight="bold", va="center")
        _name(words, view, start + middle, theme)
        _draw(axes, view, middle, theme)
    return drawn


def _lay_out(views: list[Measured]) -> tuple[list[tuple[float | None, float]], float]:
    """Of each row the middle, and of the first of a group also that of its heading; the height used."""
    places: list[tuple[float | None, float]] = []
    top = 0.0
    for _, group in groupby(views, key=lambda view: view["group"]):
        for index, _ in enumerate(group):
            head = top + HEAD - 9.0 if index == 0 else None
            top += HEAD if index == 0 else 0.0
            places.append((head, top + ROW / 2))
            top += ROW
    return places, top


def _legend_height() -> float:
    return len(LEGEND) * leading(SMALL) + 6.0


def _legend(words: Any, theme: Theme) -> None:
    for index, (level, text) in enumerate(LEGEND):
        y = (index + 0.5) * leading(SMALL) + 1.0
        _mark(words, level, MARGIN + 5.0, y, theme)
        words.text(MARGIN + 15.0, y, text, size=SMALL, color=theme.muted, va="center")


def _mark(axes: Any, level: str, x: float, y: float, theme: Theme) -> None:
    """The mark of a boundary: open where it is not the facility's."""
    if level == "facility":
        axes.plot([x], [y], "o", ms=6.0, color=theme.mark, mec=theme.page, mew=0.8, zorder=5)
    elif level == "not-stated":
        axes.plot([x], [y], "x", ms=5.5, color=theme.accent, mew=1.6, zorder=5)
    else:
        axes.plot([x], [y], MARKS[level], ms=5.0, color=theme.page, mec=theme.second, mew=1.2, zorder=4)


def _scale(axes: Any, views: list[Measured], bottom: float, theme: Theme) -> None:
    ends = [value for view in views for value in (view["before"], view["p05"], view["p95"]) if value]
    axes.set_xscale("log")
    axes.set(xlim=(min(ends) / 1.5, max(ends) * 1.5), ylim=(bottom, 0.0))
    axes.xaxis.set_major_locator(LogLocator(numticks=12))
    numbered(axes.xaxis)
    axes.yaxis.set_major_locator(NullLocator())
    axes.grid(axis="x", lw=0.6, color=theme.faint)
    axes.set_axisbelow(True)
    sns.despine(ax=axes, left=True)


def _name(words: Any, view: Measured, middle: float, theme: Theme) -> None:
    """What was measured; the unit, which stands before the colon, is the heading of its group."""
    text = view["text"].partition(": ")[2] or view["text"]
    words.text(
        MARGIN, middle, text, size=SMALL, va="center", color=theme.mark if view["modelled"] else theme.ink
    )


def _draw(axes: Any, view: Measured, middle: float, theme: Theme) -> None:
    """A line from the published figure to the facility, the bar of nine tenths, and the two marks."""
    if view["level"] == "not-stated":
        _mark(axes, "not-stated", view["p50"], middle, theme)
        return
    axes.plot([view["p05"], view["p95"]], [middle] * 2, color=theme.mark, lw=2.6, alpha=0.45, zorder=3)
    if view["before"]:
        axes.plot([view["before"], view["p50"]], [middle] * 2, color=theme.second, lw=1.1, zorder=2)
        _mark(axes, view["level"], view["before"], middle, theme)
    _mark(axes, "facility", view["p50"], middle, theme)
