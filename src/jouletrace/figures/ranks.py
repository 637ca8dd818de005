"""Ranks of the truth among draws of the posterior: a histogram for each quantity, with its band."""

from typing import Any

import seaborn as sns
from matplotlib.figure import Figure

from jouletrace.figures.style import (
    MARGIN,
    SMALL,
    WIDTH,
    Theme,
    below,
    canvas,
    frame,
    leading,
    sheet,
    wrap,
)

COLUMNS, BETWEEN, TALL, NAME_LINES, FOOT = 3, 14.0, 56.0, 2, 10.0
NOTE = (
    "bars: how often the truth had a rank, the lowest at the left · line: an even histogram · band: "
    "99 of 100 bars of an even histogram lie in it · bars outside it are drawn strongly"
)
Record = dict[str, Any]


def figure(shown: Record, theme: Theme) -> Figure:
    """Small panels, three in a row, all on one scale."""
    found = shown["calibration"]
    high = NAME_LINES * leading(SMALL) + TALL + FOOT
    lines = -(-len(found["histograms"]) // COLUMNS)
    note = wrap(NOTE, WIDTH - 2 * MARGIN, SMALL)
    drawn = sheet(lines * high + len(note) * leading(SMALL) + 6.0)
    words = canvas(drawn)
    below(words, lines * high + 2.0, [], note, theme)
    wide = (WIDTH - 2 * MARGIN - (COLUMNS - 1) * BETWEEN) / COLUMNS
    most = max(found["band"][1], *(max(bars) for bars in found["histograms"].values())) * 1.08
    for index, (name, bars) in enumerate(found["histograms"].items()):
        left, top = MARGIN + index % COLUMNS * (wide + BETWEEN), index // COLUMNS * high
        said = wrap(name, wide, SMALL)[:NAME_LINES]
        start = top + (NAME_LINES - len(said)) * leading(SMALL)
        for place, line in enumerate(said):
            words.text(left, start + place * leading(SMALL), line, va="top", size=SMALL, color=theme.ink)
        axes = frame(drawn, left, top + NAME_LINES * leading(SMALL) + 2.0, wide, TALL)
        _panel(axes, bars, found, most, theme)
    return drawn


def _panel(axes: Any, bars: list[int], found: Record, most: float, theme: Theme) -> None:
    low, high = found["band"]
    axes.axhspan(low, high, color=theme.mark, alpha=0.22, lw=0, zorder=3)
    axes.axhline(found["even"], color=theme.mark, lw=0.9)
    colours = [theme.muted if low <= bar <= high else theme.accent for bar in bars]
    axes.bar(range(len(bars)), bars, width=0.7, color=colours, lw=0)
    axes.set(xlim=(-0.6, len(bars) - 0.4), ylim=(0.0, most), xticks=[], yticks=[])
    sns.despine(ax=axes, left=True)
