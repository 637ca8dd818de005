"""Macros of in-memory computing: energy as published against energy as predicted without the paper."""

from typing import Any

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from jouletrace.figures.style import (
    MARGIN,
    SMALL,
    WIDTH,
    Theme,
    below,
    canvas,
    frame,
    leading,
    numbered,
    sheet,
    wrap,
)

LEFT, TALL, TICKS = 46.0, 330.0, 22.0
PAD = 1.6
LABEL = "published, fJ for an operation on one bit by one bit (across); predicted without the paper (upwards)"
NOTE = (
    "dots with the interval from the lowest 5 to the highest 95 percent point · line: both agree · thin "
    "lines: a factor of two · hollow: the interval misses the published figure"
)
#: Marker of each family, in the order of the key.
MARKS = {"digital": "s", "charge": "o", "other analog": "^", "non-volatile": "D", "accelerator": "v"}
Record = dict[str, Any]


def figure(shown: Record, theme: Theme) -> Figure:
    """All points that a fit was asked about without their paper."""
    points = shown["macros"]["points"]
    lines = wrap(LABEL, WIDTH - 2 * MARGIN, SMALL)
    note = wrap(NOTE, WIDTH - 2 * MARGIN, SMALL)
    top = leading(SMALL) + 8.0
    bottom = top + TALL + TICKS
    drawn = sheet(bottom + len(lines + note) * leading(SMALL) + 4.0)
    words = canvas(drawn)
    below(words, bottom, lines, note, theme)
    colours = dict(
        zip(MARKS, (theme.mark, theme.third, theme.accent, theme.fourth, theme.muted), strict=True)
    )
    _key(words, colours)
    axes = frame(drawn, LEFT, top, WIDTH - MARGIN - LEFT, TALL)
    _scale(axes, points, theme)
    for family, marker in MARKS.items():
        for one in (one for one in points if one["family"] == family):
            _point(axes, one, marker, colours[family], theme)
    return drawn


def _key(words: Any, colours: dict[str, str]) -> None:
    step = (WIDTH - 2 * MARGIN) / len(MARKS)
    for index, (family, marker) in enumerate(MARKS.items()):
        left = MARGIN + index * step
        words.scatter([left + 4.0], [leading(SMALL) / 2], marker=marker, s=26, color=colours[family], lw=0)
        words.text(left + 11.0, leading(SMALL) / 2, family, va="center", size=SMALL)


def _scale(axes: Any, points: list[Record], theme: Theme) -> None:
    low = min(min(one["measured"], one["p50"]) for one in points) / PAD
    high = max(max(one["measured"], one["p50"]) for one in points) * PAD
    axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high), xlabel="", ylabel="")
    for factor, wide in ((1.0, 1.2), (2.0, 0.6), (0.5, 0.6)):
        axes.plot([low, high], [factor * low, factor * high], color=theme.muted, lw=wide, zorder=1)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(numticks=12))
        numbered(axis)
    axes.grid(lw=0.5)
    axes.set_axisbelow(True)
    sns.despine(ax=axes)


def _point(axes: Any, one: Record, marker: str, colour: str, theme: Theme) -> None:
    x = one["measured"]
    axes.vlines(x, one["p05"], one["p95"], color=colour, lw=0.6, alpha=0.5, zorder=2)
    face = colour if one["inside"] else theme.page
    axes.scatter([x], [one["p50"]], marker=marker, s=22, color=face, edgecolors=colour, lw=0.9, zorder=4)
