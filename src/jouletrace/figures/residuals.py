"""Who was high and who was low: each publication's figures as multiples of the reconstruction."""

from typing import Any

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from jouletrace.figures.dots import key, key_height, look
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

NAMES, GAP, APART, TICKS = 178.0, 3.0, 5.0, 30.0
PAD = 1.15
NOTE = (
    "one line for each publication: every figure as a dot, open where it was a projection when published · "
    "upright stroke: their median · faint line: from the lowest 5 to the highest 95 percent point of its "
    "figures · studies that go back to one model stand together, under its name"
)
AXIS = "times the reconstruction"
Record = dict[str, Any]


def centres(shown: Record, theme: Theme) -> Figure:
    """All estimates of data-centre electricity."""
    return _drawn([one for one in shown["publications"] if one["level"] == "data centres"], theme)


def ai(shown: Record, theme: Theme) -> Figure:
    """All figures of AI."""
    return _drawn([one for one in shown["publications"] if one["level"] == "AI"], theme)


def _drawn(rows: list[Record], theme: Theme) -> Figure:
    methods = list(dict.fromkeys(one["method"] for row in rows for one in row["figures"]))
    placed, bottom = _placed(rows, key_height(methods) + TICKS)
    note = wrap(NOTE, WIDTH - 2 * MARGIN, SMALL)
    drawn = sheet(bottom + TICKS + len(note) * leading(SMALL) + 4.0)
    words = canvas(drawn)
    key(words, methods, 0.0, theme)
    below(words, bottom + TICKS, [], note, theme)
    start = key_height(methods) + TICKS
    left = MARGIN + NAMES
    axes = frame(drawn, left, start, WIDTH - MARGIN - left, bottom - start)
    _scale(axes, rows, (bottom, start), theme)
    for row, lines, top in placed:
        for index, line in enumerate(lines):
            is_name = not row.get("figures")
            x, y = (MARGIN if is_name else MARGIN + 8.0), top + index * leading(SMALL)
            style = {"weight": "bold", "color": theme.muted} if is_name else {"color": theme.ink}
            words.text(x, y, line, va="top", size=SMALL, **style)
        if row.get("figures"):
            _row(axes, row, top + len(lines) * leading(SMALL) / 2 - 1.0, theme)
    return drawn


def _placed(rows: list[Record], start: float) -> tuple[list[tuple[Record, list[str], float]], float]:
    """Rows with the lines of their names and their tops; a lineage of several has a line of its own."""
    found: list[tuple[Record, list[str], float]] = []
    top, before = start + 2.0, None
    for row in rows:
        if row["lineage"] != before:
            top += APART
            if sum(one["lineage"] == row["lineage"] for one in rows) > 1:
                found.append(({}, [f"lineage {row['lineage'].replace('-', ' ')}"], top))
                top += leading(SMALL) + GAP
        before = row["lineage"]
        lines = wrap(row["publication"], NAMES - 14.0, SMALL)
        found.append((row, lines, top))
        top += len(lines) * leading(SMALL) + GAP
    return found, top + 2.0


def _scale(axes: Any, rows: list[Record], ends: tuple[float, float], theme: Theme) -> None:
    axes.set_xscale("log")
    low, high = min(row["low"] for row in rows), max(row["high"] for row in rows)
    axes.set(xlim=(min(low, 0.5) / PAD, max(high, 2.0) * PAD), ylim=ends)
    axes.axvline(1.0, color=theme.mark, lw=1.4, zorder=2)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=30))
    numbered(axes.xaxis)
    axes.grid(axis="x", lw=0.7)
    axes.set_axisbelow(True)
    axes.set_yticks([])
    axes.tick_params(axis="x", top=True, labeltop=True, length=3)
    axes.set_xlabel(AXIS, color=theme.ink, size=SMALL, labelpad=2.0)
    sns.despine(ax=axes, left=True, top=False)


def _row(axes: Any, row: Record, y: float, theme: Theme) -> None:
    axes.hlines(y, row["low"], row["high"], color=theme.muted, lw=0.8, alpha=0.75, zorder=3)
    for one in row["figures"]:
        style = look(one["method"], one["ahead"] > 0, theme)
        axes.scatter([one["p50"]], [y], zorder=5, **style)
    axes.vlines(row["p50"], y - 5.5, y + 5.5, color=theme.mark, lw=2.0, zorder=4)
