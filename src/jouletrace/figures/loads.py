"""How a quantity moves with the number of users served at once: a line for each member of a table.

The columns of the table are asked at loads whose names end in that number. A line goes through the
middles of all draws; the widest line of each group is the middle of its members.
"""

from statistics import median
from typing import Any

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

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

TALL, TICKS, Y_TICKS, RIGHT, SAMPLE, HEADROOM = 240.0, 36.0, 34.0, 8.0, 16.0, 1.5
TABLE = "loads"
STYLES = ("solid", (0, (4, 2)))
NOTE = "thin lines: models at the middle of all draws · thick lines: middle of the models"
Line = dict[str, Any]


def figure(evidence: dict[str, Any], views: list[dict[str, Any]], theme: Theme) -> Figure:
    """The table ``loads`` over the users that its columns are asked for, on logarithmic axes."""
    spec, asked = evidence["claim"]["figure"], evidence["claim"]["members"][TABLE]
    lines = [line for line in evidence["members"] if line["table"] == TABLE]
    counts = ((count(one["proposition"]), column) for column, one in asked["columns"].items())
    users = {column: many for many, column in sorted(counts)}
    groups = asked["groups"]
    label = wrap(axis_label(spec), WIDTH - 2 * MARGIN, SMALL)
    note = [part for text in (NOTE, spec["note"]) for part in wrap(text, WIDTH - 2 * MARGIN, SMALL)]
    top = (len(label) + len(groups)) * leading(SMALL) + 8.0
    drawn = sheet(top + TALL + TICKS + len(note) * leading(SMALL))
    words = canvas(drawn)
    below(words, 2.0, label, [], theme)
    below(words, top + TALL + TICKS, [], note, theme)
    _key(words, list(groups.values()), 4.0 + len(label) * leading(SMALL), theme)
    axes = frame(drawn, MARGIN + Y_TICKS, top, WIDTH - 2 * MARGIN - Y_TICKS - RIGHT, TALL)
    _scale(axes, list(users.values()), [one["p50"] for line in lines for one in line["columns"].values()])
    _threshold(axes, evidence, theme)
    for index, group in enumerate(groups):
        _group(axes, [line for line in lines if line["group"] == group], users, index, theme)
    return drawn


def count(asked: dict[str, Any]) -> int:
    """Users of a load.

    >>> count({"at": {"load": "batch-16"}})
    16
    """
    return int(str(asked["at"]["load"]).rpartition("-")[2])


def _colours(theme: Theme) -> tuple[str, str]:
    return theme.mark, theme.accent


def _key(words: Any, names: list[str], top: float, theme: Theme) -> None:
    for index, text in enumerate(names):
        y = top + index * leading(SMALL)
        style = {"color": _colours(theme)[index], "lw": 2.2, "ls": STYLES[index]}
        words.plot([MARGIN, MARGIN + SAMPLE], [y + SMALL / 2 + 1.0] * 2, **style)
        words.text(MARGIN + SAMPLE + 6.0, y, text, va="top", size=SMALL, color=_colours(theme)[index])


def _scale(axes: Any, users: list[int], values: list[float]) -> None:
    axes.set(xscale="log", yscale="log")
    axes.set(xlim=(min(users), max(users) * 1.02), ylim=(min(values) / HEADROOM, max(values) * HEADROOM))
    axes.set_xticks(users)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_locator(LogLocator(numticks=12))
    axes.yaxis.set_minor_locator(NullLocator())
    for side in (axes.xaxis, axes.yaxis):
        numbered(side)
    axes.set_xlabel("users served at once", labelpad=2.0)
    axes.grid(axis="y", lw=0.7)
    axes.set_axisbelow(True)
    sns.despine(ax=axes)


def _threshold(axes: Any, evidence: dict[str, Any], theme: Theme) -> None:
    """Where the headline's edge lies, if it is in the unit of the figure."""
    row = next(row for row in evidence["rows"] if row["is_headline"])
    if row["unit"] != evidence["claim"]["figure"]["unit"] or not row["edges"]:
        return
    edge = row["edges"][0]
    axes.axhline(edge, color=theme.ink, lw=1.0, ls=(0, (1, 2)), zorder=2)
    place = {"xytext": (4, 3), "textcoords": "offset points", "size": SMALL, "color": theme.ink}
    axes.annotate("edge of the claim", (axes.get_xlim()[0], edge), **place)


def _group(axes: Any, lines: list[Line], users: dict[str, int], index: int, theme: Theme) -> None:
    colour, x = _colours(theme)[index], list(users.values())
    for line in lines:
        y = [line["columns"][column]["p50"] for column in users]
        axes.plot(x, y, color=colour, lw=0.7, alpha=0.6, ls=STYLES[index], zorder=3)
    middle = [median(line["columns"][column]["p50"] for line in lines) for column in users]
    axes.plot(x, middle, color=colour, lw=2.4, ls=STYLES[index], marker="o", ms=4.0, zorder=5)
