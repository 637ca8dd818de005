"""What is largest: a bar for each question of the context, the longest first, with its value at its end.

A text may begin with the group that it belongs to, before a colon; the groups have colours of their own.
"""

from typing import Any

import seaborn as sns
from matplotlib.figure import Figure

from jouletrace.figures.selection import ranked
from jouletrace.figures.style import (
    MARGIN,
    SMALL,
    TEXT,
    WIDTH,
    Theme,
    amount,
    axis_label,
    below,
    canvas,
    frame,
    leading,
    sheet,
    width,
    wrap,
)

TOP, BAR, GAP, AFTER = 2.0, 13.0, 10.0, 6.0


def figure(evidence: dict[str, Any], views: list[dict[str, Any]], theme: Theme) -> Figure:
    """Bars from zero, on one linear scale, each below its text."""
    rows, label = ranked(evidence), axis_label(evidence["claim"]["figure"])
    texts = [wrap(row["text"], WIDTH - 2 * MARGIN, TEXT) for row in rows]
    heights = [len(lines) * leading(TEXT) + BAR + GAP for lines in texts]
    tops = [TOP + sum(heights[:index]) for index in range(len(rows))]
    bottom = TOP + sum(heights)
    note = wrap(label, WIDTH - 2 * MARGIN, SMALL)
    drawn = sheet(bottom + len(note) * leading(SMALL) + 2.0)
    words = canvas(drawn)
    below(words, bottom, note, [], theme)
    values = [amount(f"{row['p50']:.0f}", row["unit"]) for row in rows]
    room = WIDTH - 2 * MARGIN - AFTER - max(width(value, TEXT, "bold") for value in values)
    axes = frame(drawn, MARGIN, 0.0, room, bottom)
    _bars(axes, rows, [top + high - GAP - BAR / 2 for top, high in zip(tops, heights, strict=True)], theme)
    axes.set(xlim=(0.0, max(row["p50"] for row in rows)), ylim=(bottom, 0.0))
    for row, lines, top, high, value in zip(rows, texts, tops, heights, values, strict=True):
        for index, line in enumerate(lines):
            words.text(MARGIN, top + index * leading(TEXT), line, va="top", size=TEXT)
        x = MARGIN + room * row["p50"] / rows[0]["p50"] + AFTER
        middle = top + high - GAP - BAR / 2
        words.text(x, middle, value, va="center_baseline", size=TEXT, weight="bold")
    return drawn


def _bars(axes: Any, rows: list[dict[str, Any]], middles: list[float], theme: Theme) -> None:
    groups = list(dict.fromkeys(row["text"].partition(":")[0] for row in rows if ":" in row["text"]))
    colours = [theme.mark, theme.accent, theme.second]
    for row, middle in zip(rows, middles, strict=True):
        group = row["text"].partition(":")[0]
        colour = colours[groups.index(group) % len(colours)] if group in groups else theme.mark
        axes.barh(middle, row["p50"], height=BAR, color=colour, lw=0)
    axes.set_xticks([])
    axes.set_yticks([])
    sns.despine(ax=axes, left=True, bottom=True)
