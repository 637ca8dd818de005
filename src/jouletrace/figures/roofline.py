"""Workloads under the roof of a machine: operations for each byte against the share of peak attained.

The roof rises in step with intensity, as memory allows, up to the peak; where it bends is the balance of the
machine. Other machines bend elsewhere; each is drawn against its own peak.
"""

from typing import Any

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from jouletrace.figures.loads import count
from jouletrace.figures.style import (
    MARGIN,
    SMALL,
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

TALL, TICKS, Y_TICKS = 260.0, 36.0, 34.0
TABLE = "roofline"
#: A column ``intensity-n`` stands beside the column ``attained-n``.
X, Y = "intensity-", "attained-"
MARKS = ("o", "s", "^")
STYLES = ("solid", (0, (5, 2)), (0, (1, 2)), (0, (5, 2, 1, 2)))
NOTE = (
    "marks: models on the first machine, at the middle of all draws; full: without experts, open: with "
    "experts · lines: roofs, each against its own peak"
)
Row = dict[str, Any]


def figure(evidence: dict[str, Any], views: list[dict[str, Any]], theme: Theme) -> Figure:
    """Points of the table ``roofline`` and a roof for each balance of the context."""
    spec, asked = evidence["claim"]["figure"], evidence["claim"]["members"][TABLE]
    lines = [line for line in evidence["members"] if line["table"] == TABLE]
    roofs = [row for row in evidence["context"] if row["label"].startswith("balance-")]
    loads = {name.removeprefix(X): one for name, one in asked["columns"].items() if name.startswith(X)}
    label = wrap(axis_label(spec), WIDTH - 2 * MARGIN, SMALL)
    note = [part for text in (NOTE, spec["note"]) for part in wrap(text, WIDTH - 2 * MARGIN, SMALL)]
    top = len(label) * leading(SMALL) + (len(loads) + len(roofs)) * leading(SMALL) + 8.0
    drawn = sheet(top + TALL + TICKS + len(note) * leading(SMALL))
    words = canvas(drawn)
    below(words, 2.0, label, [], theme)
    below(words, top + TALL + TICKS, [], note, theme)
    _key(words, loads, roofs, 4.0 + len(label) * leading(SMALL), theme)
    axes = frame(drawn, MARGIN + Y_TICKS, top, WIDTH - 2 * MARGIN - Y_TICKS, TALL)
    points = [(line, load) for line in lines for load in loads]
    seen = [line["columns"][X + load]["p50"] for line, load in points]
    low = min(line["columns"][Y + load]["p50"] for line, load in points)
    _scale(axes, (min(seen) / 1.6, 3.0 * max(row["p50"] for row in roofs)), low / 1.6)
    for index, row in enumerate(roofs):
        _roof(axes, row["p50"], index, theme)
    groups = list(asked["groups"])
    for line, load in points:
        mark = MARKS[list(loads).index(load)]
        _point(axes, line["columns"], load, mark, groups.index(line["group"]) == 0, theme)
    return drawn


def _colours(theme: Theme) -> tuple[str, str, str, str]:
    return theme.ink, theme.third, theme.fourth, theme.accent


def _key(words: Any, loads: dict[str, Row], roofs: list[Row], top: float, theme: Theme) -> None:
    """Marks of the loads, then the lines of the roofs."""
    for index, one in enumerate(loads.values()):
        y = top + index * leading(SMALL)
        users = count(one["proposition"])
        words.plot([MARGIN + 8.0], [y + SMALL / 2 + 1.0], MARKS[index], color=theme.mark, ms=5.0)
        text = "one user" if users == 1 else f"{users} users at once"
        words.text(MARGIN + 22.0, y, text, va="top", size=SMALL)
    for index, row in enumerate(roofs):
        y = top + (len(loads) + index) * leading(SMALL)
        style = {"color": _colours(theme)[index], "lw": 1.6, "ls": STYLES[index]}
        words.plot([MARGIN, MARGIN + 16.0], [y + SMALL / 2 + 1.0] * 2, **style)
        words.text(MARGIN + 22.0, y, f"roof: {row['text']}", va="top", size=SMALL)


def _scale(axes: Any, reach: tuple[float, float], low: float) -> None:
    axes.set(xscale="log", yscale="log", xlim=reach, ylim=(low, 140.0))
    for side in (axes.xaxis, axes.yaxis):
        side.set_major_locator(LogLocator(numticks=12))
        numbered(side)
    axes.set_xlabel("operations for each byte from memory", labelpad=2.0)
    axes.grid(lw=0.6)
    axes.set_axisbelow(True)
    sns.despine(ax=axes)


def _roof(axes: Any, balance: float, index: int, theme: Theme) -> None:
    first, last = axes.get_xlim()
    x = [first, balance, last]
    y = [100.0 * min(1.0, one / balance) for one in x]
    axes.plot(x, y, color=_colours(theme)[index], lw=1.6, ls=STYLES[index], zorder=2)


def _point(axes: Any, columns: Row, load: str, mark: str, full: bool, theme: Theme) -> None:
    x, y = columns[X + load]["p50"], columns[Y + load]["p50"]
    face = theme.mark if full else theme.page
    axes.plot([x], [y], mark, ms=5.0, color=face, mec=theme.mark, mew=1.1, zorder=4)
