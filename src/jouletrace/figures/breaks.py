"""Where a trend bends: points of each series on a logarithmic scale, and the two lines through them.

Panels stand two in a row. The date of the best break is marked in each; it is printed strongly only
where even growth would hardly show so clear a break.
"""

from typing import Any

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from jouletrace.figures.selection import fitted
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
    number,
    sheet,
    wrap,
)

COLUMNS = 2
TALL, TICKS, BETWEEN, LEFT, RIGHT = 96.0, 22.0, 14.0, 36.0, 12.0
TOP = 2.0
#: Lines above each panel: its name, and what was found.
NAME_LINES, FOUND_LINES = 2, 1
HEAD = NAME_LINES * leading(TEXT) + FOUND_LINES * leading(SMALL) + 4.0
CLEAR = 0.05
DECADES_DENSE = 1.6
NOTE = (
    "points: yearly figures, first = 1 · lines: one trend with one break · dashed: date of the break · "
    "p: chance of so clear a break where growth is even"
)


def figure(evidence: dict[str, Any], views: list[dict[str, Any]], theme: Theme) -> Figure:
    """A panel for each series that the figure of the claim names."""
    found, label = fitted(evidence), axis_label(evidence["claim"]["figure"])
    lines, note = wrap(label, WIDTH - 2 * MARGIN, SMALL), wrap(NOTE, WIDTH - 2 * MARGIN, SMALL)
    high = HEAD + TALL + TICKS + 6.0
    count = -(-len(found) // COLUMNS)
    bottom = TOP + count * high
    drawn = sheet(bottom + len(lines + note) * leading(SMALL) + 2.0)
    words = canvas(drawn)
    below(words, bottom, lines, note, theme)
    room = (WIDTH - 2 * MARGIN - (COLUMNS - 1) * BETWEEN) / COLUMNS
    for index, one in enumerate(found):
        left = MARGIN + (index % COLUMNS) * (room + BETWEEN)
        top = TOP + index // COLUMNS * high
        _words(words, one, left, top, room, theme)
        _panel(frame(drawn, left + LEFT, top + HEAD, room - LEFT - RIGHT, TALL), one, theme)
    return drawn


def _words(words: Any, one: dict[str, Any], left: float, top: float, room: float, theme: Theme) -> None:
    """Name of the series, and the date and the chance of its break below it."""
    lines = wrap(one["name"], room, TEXT, "bold")
    start = top + (NAME_LINES - len(lines)) * leading(TEXT)
    for index, line in enumerate(lines):
        words.text(left, start + index * leading(TEXT), line, va="top", size=TEXT, weight="bold")
    chance = one["chance"]["p50"]
    p = "p < 0.01" if chance < 0.01 else f"p = {chance:.2f}"
    said = f"bends about {one['year']['p50']:.0f}, {p}" if _clear(one) else f"no clear break, {p}"
    colour = theme.accent if _clear(one) else theme.muted
    style = {"va": "top", "size": SMALL, "weight": "bold" if _clear(one) else "normal", "color": colour}
    words.text(left, top + NAME_LINES * leading(TEXT), said, **style)


def _clear(one: dict[str, Any]) -> bool:
    return bool(one["chance"]["p50"] < CLEAR)


def _panel(axes: Any, one: dict[str, Any], theme: Theme) -> None:
    years = [point["year"] for point in one["points"]]
    known = [point for point in one["points"] if point["value"] is not None]
    axes.set_yscale("log")
    colour = theme.accent if _clear(one) else theme.muted
    axes.axvline(one["year"]["p50"], color=colour, lw=1.0, ls=(0, (4, 3)), zorder=1)
    lines = {"color": theme.mark, "lw": 1.8, "zorder": 3}
    sns.lineplot(x=years, y=[point["line"] for point in one["points"]], ax=axes, **lines)
    dots = {"s": 22, "color": theme.ink, "edgecolor": theme.page, "linewidth": 0.6, "zorder": 4}
    values = [point["value"] for point in known]
    sns.scatterplot(x=[point["year"] for point in known], y=values, ax=axes, **dots)
    _ticks(axes, values)
    axes.set(xlabel="", ylabel="")
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    sns.despine(ax=axes, left=True)


def _ticks(axes: Any, values: list[float]) -> None:
    dense = max(values) / min(values) < 10.0**DECADES_DENSE
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if dense else (1,), numticks=6))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
    axes.grid(axis="y", lw=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)


def _short(value: float) -> str:
    """A multiple as an axis shows it; from a million on in words that fit."""
    for size, word in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if value >= size:
            return f"{number(value / size)} {word}"
    return number(value)
