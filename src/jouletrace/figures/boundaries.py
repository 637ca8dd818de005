"""The share of moving data at three boundaries: one block each, a line for each load, and its verdict."""

from typing import Any

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

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
    wrap,
)

NAMES, WORDS, HEAD, LINE, TICKS, REACH = 172.0, 84.0, 24.0, 16.0, 32.0, 6.0
NOTE = (
    "dot: median share of moving data, percent · line: nine tenths of the draws · upright line: half of the "
    "energy · right: verdict on “more than half”"
)
Record = dict[str, Any]


def figure(shown: Record, theme: Theme) -> Figure:
    """Blocks one below the other on one scale."""
    blocks = shown["boundaries"]
    bottom = sum(HEAD + LINE * len(one["lines"]) for one in blocks) + 4.0
    note = wrap(NOTE, WIDTH - 2 * MARGIN, SMALL)
    drawn = sheet(bottom + TICKS + len(note) * leading(SMALL) + 6.0)
    words = canvas(drawn)
    below(words, bottom + TICKS - 8.0, [], note, theme)
    axes = frame(drawn, MARGIN + NAMES, 0.0, WIDTH - 2 * MARGIN - NAMES - WORDS, bottom)
    axes.set(xlim=(0.0, 100.0), ylim=(bottom, 0.0), yticks=[])
    axes.axvline(50.0, color=theme.ink, lw=1.0, zorder=2)
    axes.xaxis.set_major_locator(FixedLocator([0, 25, 50, 75, 100]))
    numbered(axes.xaxis)
    axes.grid(axis="x", lw=0.7)
    axes.set_axisbelow(True)
    sns.despine(ax=axes, left=True)
    y = 0.0
    for one in blocks:
        words.text(MARGIN, y + REACH, one["title"], va="top", size=TEXT, weight="bold")
        y += HEAD
        for line in one["lines"]:
            _line(words, axes, line, y + LINE / 2, theme)
            y += LINE
    return drawn


def _line(words: Any, axes: Any, line: Record, y: float, theme: Theme) -> None:
    words.text(MARGIN + REACH, y, line["text"], va="center", size=SMALL, color=theme.ink)
    axes.hlines(y, line["p05"], line["p95"], color=theme.mark, lw=1.6, zorder=4)
    axes.scatter([line["p50"]], [y], s=28, color=theme.mark, lw=0, zorder=5, clip_on=False)
    words.text(WIDTH - MARGIN, y, line["word"], va="center", ha="right", size=SMALL, color=theme.muted)
