"""Predicted against measured: groups about the perfect line, and whole systems run by run."""

from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, LogLocator

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

NAMES, LINE, HEAD, TICKS, TALL, LEFT = 150.0, 15.0, 24.0, 30.0, 330.0, 52.0
FACTORS = (0.25, 0.5, 0.7, 1.0, 1.4, 2.0, 4.0)
BAND = 0.16
NOTE = (
    "dot: median of predicted over measured · bar: one root mean square of the errors about it · line: as "
    "measured · band: within a factor of two · strong: groups whose median is off by more than a fifth"
)
NOTE_SERVERS = (
    "each dot a run, predicted by a fit that has not seen its system · line: as measured · band: within a "
    "factor of two · strong: outside the nine-tenths interval"
)
OFF = np.log(1.2)
Record = dict[str, Any]


def groups(shown: Record, theme: Theme) -> Figure:
    """A line for each group, under what was left out with it."""
    blocks = [one for one in shown["scoreboard"]["groups"] if one["lines"]]
    heads = [wrap(one["title"], WIDTH - 2 * MARGIN, SMALL, "bold") for one in blocks]
    high = [len(head) * leading(SMALL) + 8.0 for head in heads]
    bottom = sum(high) + LINE * sum(len(one["lines"]) for one in blocks) + 4.0
    note = wrap(NOTE, WIDTH - 2 * MARGIN, SMALL)
    drawn = sheet(bottom + TICKS + len(note) * leading(SMALL) + 6.0)
    words = canvas(drawn)
    words.set_zorder(2.0)
    below(words, bottom + TICKS, [], note, theme)
    axes = frame(drawn, MARGIN + NAMES, 0.0, WIDTH - 2 * MARGIN - NAMES, bottom)
    _ratios(axes, [line for one in blocks for line in one["lines"]], bottom, theme)
    y = 0.0
    for one, head, tall in zip(blocks, heads, high, strict=True):
        for index, line in enumerate(head):
            top = y + 5.0 + index * leading(SMALL)
            back = {"facecolor": theme.page, "edgecolor": "none", "pad": 0.5}
            words.text(MARGIN, top, line, va="top", size=SMALL, weight="bold", zorder=9, bbox=back)
        y += tall
        for line in one["lines"]:
            name = wrap(line["group"].replace("-", " "), NAMES - 12.0, SMALL)[0]
            words.text(MARGIN + 8.0, y + LINE / 2, name, va="center", size=SMALL, color=theme.ink)
            _group(axes, line, y + LINE / 2, theme)
            y += LINE
    return drawn


def _group(axes: Any, line: Record, y: float, theme: Theme) -> None:
    middle = line["bias_ln"]
    spread = np.sqrt(max(line["rms_ln"] ** 2 - middle**2, 0.0))
    colour = theme.accent if abs(middle) > OFF else theme.mark
    axes.hlines(y, np.exp(middle - spread), np.exp(middle + spread), color=colour, lw=1.6, zorder=4)
    axes.scatter([np.exp(middle)], [y], s=26, color=colour, lw=0, zorder=5)


def _ratios(axes: Any, lines: list[Record], bottom: float, theme: Theme) -> None:
    axes.set_xscale("log")
    reach = max(abs(one["bias_ln"]) + one["rms_ln"] for one in lines)
    end = np.exp(max(reach, np.log(2.3)))
    axes.set(xlim=(1.0 / end, end), ylim=(bottom, 0.0), yticks=[])
    axes.axvspan(0.5, 2.0, color=theme.mark, alpha=BAND, lw=0, zorder=0)
    axes.axvline(1.0, color=theme.ink, lw=1.0, zorder=2)
    axes.xaxis.set_major_locator(FixedLocator([one for one in FACTORS if 1.0 / end < one < end]))
    numbered(axes.xaxis)
    axes.set_xlabel("times what was measured", size=SMALL, labelpad=2.0)
    sns.despine(ax=axes, left=True)


def servers(shown: Record, theme: Theme) -> Figure:
    """Watts of whole systems, predicted against measured."""
    rows = shown["scoreboard"]["servers"]
    note = wrap(NOTE_SERVERS, WIDTH - 2 * MARGIN, SMALL)
    drawn = sheet(TALL + 40.0 + len(note) * leading(SMALL) + 6.0)
    words = canvas(drawn)
    below(words, TALL + 40.0, [], note, theme)
    axes = frame(drawn, LEFT, HEAD, WIDTH - MARGIN - LEFT, TALL - HEAD)
    words.text(MARGIN, 4.0, "predicted, W", va="top", size=SMALL)
    keys = ("measured_w", "p05_w", "p50_w", "p95_w")
    measured, low, middle, high = (np.array([one[key] for one in rows]) for key in keys)
    ends = 0.7 * min(measured.min(), middle.min()), 1.4 * max(measured.max(), middle.max())
    axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends)
    line = np.array(ends)
    axes.fill_between(line, 0.5 * line, 2.0 * line, color=theme.mark, alpha=BAND, lw=0, zorder=0)
    axes.plot(line, line, color=theme.ink, lw=1.0, zorder=2)
    inside = (low <= measured) & (measured <= high)
    for mask, colour, size in ((inside, theme.mark, 7.0), (~inside, theme.accent, 11.0)):
        axes.scatter(measured[mask], middle[mask], s=size, color=colour, lw=0, alpha=0.7, zorder=3)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(numticks=8))
        numbered(axis)
    axes.set_xlabel("measured, W", size=SMALL, labelpad=2.0)
    sns.despine(ax=axes)
    return drawn
