"""What a service gains when one part of the energy of its accelerators falls: a panel for each part."""

from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from jouletrace.figures.style import (
    MARGIN,
    SMALL,
    TEXT,
    WIDTH,
    Theme,
    below,
    canvas,
    frame,
    leading,
    numbered,
    sheet,
    width,
    wrap,
)

Record = dict[str, Any]
#: Of a name from its dot.
ASIDE, UNDER = 4.0, 5.0
LEFT, GAP, TITLE, TICKS, TALL = 22.0, 14.0, 18.0, 22.0, 112.0
NOTE = (
    "line: middle of the draws · band: nine tenths of them, in the first panel those of other sites, as "
    "modelled · dashed: most that the service can gain by this part, and nine tenths of it · marks: how far "
    "machines get, with nine tenths of the draws: cards against GPUs as modelled, and chips against an H100 "
    "by operations for a joule at their peak; open: as a vendor states it"
)
LABEL = "across: how many times less that part takes · upwards: energy of the service before over after"


def site(shown: Record, theme: Theme) -> Figure:
    """Gain of the service over the fall of a part, with machines that have been built."""
    found = shown["in_memory"]["site_gain"]
    room = WIDTH - 2 * MARGIN
    label, note = wrap(LABEL, room, SMALL), wrap(NOTE, room, SMALL)
    tall = TITLE + TALL + TICKS
    drawn = sheet(2 * tall + (len(label) + len(note)) * leading(SMALL) + 10.0)
    words = canvas(drawn)
    below(words, 2 * tall + 4.0, label, note, theme)
    wide = (room - 2 * (LEFT + GAP)) / 2
    colours = (theme.accent, theme.mark, theme.mark, theme.third)
    parts = sorted(found["parts"].items(), key=lambda one: one[1]["order"])
    least, most = _range(found)
    for index, (key, part) in enumerate(parts):
        across, down = index % 2, index // 2
        left, top = MARGIN + LEFT + across * (wide + LEFT + GAP), down * tall + TITLE
        words.text(left, top - TITLE + 2.0, part["title"], va="top", size=TEXT, color=theme.ink)
        axes = frame(drawn, left, top, wide, TALL)
        axes.set(xscale="log", yscale="log", xlim=(found["falls"][0], found["falls"][-1]), ylim=(least, most))
        _line(axes, found["falls"], part, colours[index], theme)
        machines = sorted(
            (one for one in found["machines"] if one["part"] == key), key=lambda one: one["p50"]
        )
        for one, drop in zip(machines, _drops(machines, axes, wide), strict=True):
            _mark(axes, one, drop, theme)
        _ticks(axes)
    return drawn


def _range(found: Record) -> tuple[float, float]:
    """Least and most of all bands, with room for words above."""
    points = [x for part in found["parts"].values() for x in (*part["gain"], *part.get("sites", ()))]
    gains = [x[q] for x in points for q in ("p05", "p95")]
    return min(gains) / 1.05, max(gains) * 1.3


def _line(axes: Any, falls: list[float], part: Record, colour: str, theme: Theme) -> None:
    middle = [one["p50"] for one in part["gain"]]
    low, high = (np.array([one[q] for one in part.get("sites") or part["gain"]]) for q in ("p05", "p95"))
    axes.fill_between(falls, low, high, color=colour, alpha=0.2, lw=0)
    axes.plot(falls, middle, color=colour, lw=2.0)
    axes.axhline(1.0, color=theme.ink, lw=0.7)
    bound = part["most"]["p50"]
    axes.plot([1.0, falls[-1]], [bound, bound], color=theme.ink, lw=1.0, ls=(0, (4, 3)))
    ends = part["sites"][-1] if "sites" in part else part["most"]
    text = f"at most {bound:.1f} ({ends['p05']:.1f} to {ends['p95']:.1f})"
    place = {"xytext": (0, 3), "textcoords": "offset points", "size": SMALL, "color": theme.ink}
    axes.annotate(text, (falls[-1], max(bound, high[-1])), ha="right", va="bottom", **place)


def _drops(machines: list[Record], axes: Any, wide: float) -> list[float]:
    """How far under its dot each name stands, in points: one that would meet another goes below it."""
    (left, right), (foot, top) = np.log(axes.get_xlim()), np.log(axes.get_ylim())
    taken: list[tuple[float, float, float]] = []
    drops = []
    for one in machines:
        x = wide * (np.log(one["p50"]) - left) / (right - left) + ASIDE
        y = TALL * (np.log(one["gain"]) - foot) / (top - foot)
        end, drop = x + width(one["words"], SMALL) + 2 * ASIDE, UNDER
        while any(x < b and a < end and abs(y - drop - at) < leading(SMALL) for a, b, at in taken):
            drop += 1.0
        taken.append((x, end, y - drop))
        drops.append(drop)
    return drops


def _mark(axes: Any, one: Record, drop: float, theme: Theme) -> None:
    at, face = (one["p50"], one["gain"]), theme.page if one["vendor"] else theme.ink
    if one["p05"] != one["p95"]:
        axes.plot([one["p05"], one["p95"]], [at[1]] * 2, color=theme.ink, lw=1.0)
    look = {"marker": "o", "ms": 5.0, "mew": 1.3, "color": theme.ink, "markerfacecolor": face}
    axes.plot(*([x] for x in at), ls="none", zorder=5, **look)
    place = {"xytext": (ASIDE, -drop), "textcoords": "offset points", "va": "top"}
    axes.annotate(one["words"], at, size=SMALL, color=theme.ink, **place)


def _ticks(axes: Any) -> None:
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks([1, 10, 100, 1000])
    axes.set_yticks([0.5, 1, 2])
    numbered(axes.xaxis)
    numbered(axes.yaxis)
    axes.grid(axis="y", lw=0.6)
    axes.set_axisbelow(True)
    sns.despine(ax=axes)
