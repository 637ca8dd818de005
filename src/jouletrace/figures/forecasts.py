"""Forecasting the past: how often later figures fell inside what was forecast, and how far off it was."""

from typing import Any

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, LogLocator, NullLocator

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

NAMES, BETWEEN, LINE, HEAD, TITLES, TICKS = 158.0, 20.0, 17.0, 24.0, 30.0, 22.0
NOTE = (
    "left: part of the figures published later that fell inside the nine-tenths interval; pale: where that "
    "part lies for a right forecaster; line: nine tenths · right: half of them were nearer than this"
)
FACTORS = (1.0, 1.1, 1.2, 1.5, 2.0, 3.0, 5.0, 10.0)
Record = dict[str, Any]


def figure(shown: Record, theme: Theme) -> Figure:
    """A block for each year of the cut, a line for each forecaster, two scales side by side."""
    scores, own = shown["backtest"]["shared"], shown["backtest"]["own"]
    cutoffs = list(dict.fromkeys(one["cutoff"] for one in scores))
    bottom = TITLES + len(cutoffs) * HEAD + len(scores) * LINE
    note = wrap(NOTE, WIDTH - 2 * MARGIN, SMALL)
    drawn = sheet(bottom + TICKS + len(note) * leading(SMALL) + 4.0)
    words = canvas(drawn)
    below(words, bottom + TICKS, [], note, theme)
    wide = (WIDTH - 2 * MARGIN - NAMES - BETWEEN - 8.0) / 2
    lefts = MARGIN + NAMES, MARGIN + NAMES + wide + BETWEEN
    cover, error = (frame(drawn, left, TITLES, wide, bottom - TITLES) for left in lefts)
    for axes, left, title in (
        (cover, lefts[0], "inside, percent"),
        (error, lefts[1], "typical error, factor"),
    ):
        words.text(left, 4.0, title, va="top", size=SMALL, weight="bold")
        axes.set(ylim=(bottom, TITLES), yticks=[])
        sns.despine(ax=axes, left=True)
    _scales(cover, error, scores, theme)
    y = TITLES
    for cutoff in cutoffs:
        words.text(MARGIN, y + 6.0, f"seen up to {cutoff}", va="top", size=TEXT, weight="bold")
        y += HEAD
        for one in (score for score in scores if score["cutoff"] == cutoff):
            _line(words, cover, error, one, y + LINE / 2, one["forecaster"] == own, theme)
            y += LINE
    return drawn


def _scales(cover: Any, error: Any, scores: list[Record], theme: Theme) -> None:
    cover.set(xlim=(0.0, 104.0))
    cover.axvline(90.0, color=theme.mark, lw=1.2, zorder=1)
    cover.xaxis.set_major_locator(FixedLocator([0, 50, 90]))
    error.set_xscale("log")
    error.set_xlim(1.0, max(one["error"] for one in scores) * 1.15)
    error.xaxis.set_major_locator(FixedLocator(_apart(error.get_xlim()[1])))
    error.xaxis.set_minor_locator(NullLocator())
    for axes in (cover, error):
        numbered(axes.xaxis)
        axes.grid(axis="x", lw=0.7)
        axes.set_axisbelow(True)


def _apart(last: float) -> list[float]:
    """Ticks that do not meet."""
    inside = [factor for factor in FACTORS if factor <= last]
    return (
        inside if len(inside) <= 4 else [factor for factor in inside if factor in (1.0, 1.5, 2.0, 5.0, 10.0)]
    )


def _line(words: Any, cover: Any, error: Any, one: Record, y: float, is_own: bool, theme: Theme) -> None:
    colour, weight = (theme.mark, "bold") if is_own else (theme.muted, "normal")
    name = wrap(one["forecaster"], NAMES - 14.0, SMALL)[0]
    words.text(MARGIN + 8.0, y, name, va="center", size=SMALL, weight=weight, color=theme.ink)
    look = {
        "s": 34,
        "color": colour,
        "marker": "o" if is_own else "D",
        "lw": 0,
        "zorder": 5,
        "clip_on": False,
    }
    cover.hlines(y, 100 * one["band_low"], 100 * one["band_high"], color=theme.mark, alpha=0.3, lw=5.0)
    cover.scatter([100 * one["coverage"]], [y], **look)
    error.hlines(y, 1.0, one["error"], color=colour, lw=1.2)
    error.scatter([one["error"]], [y], **look)


FUNNEL, FOOT = 120.0, 20.0
NOTE_FUNNEL = (
    "every figure that was published later, as a multiple of the middle of its forecast, the surest forecast "
    "at the left · band: nine-tenths interval · figures outside it are drawn strongly"
)


def funnel(shown: Record, theme: Theme) -> Figure:
    """Later figures within the intervals of their forecasts, a panel for each year of the cut."""
    points = shown["backtest"]["points"]
    cutoffs = list(dict.fromkeys(one["cutoff"] for one in points))
    high = HEAD + FUNNEL + FOOT
    note = wrap(NOTE_FUNNEL, WIDTH - 2 * MARGIN, SMALL)
    drawn = sheet(len(cutoffs) * high + len(note) * leading(SMALL) + 2.0)
    words = canvas(drawn)
    below(words, len(cutoffs) * high - 4.0, [], note, theme)
    most = max(max(one["value"], 1.0 / one["value"], one["p95"], 1.0 / one["p05"]) for one in points) * 1.1
    for index, cutoff in enumerate(cutoffs):
        rows = sorted(
            (one for one in points if one["cutoff"] == cutoff), key=lambda one: one["p95"] / one["p05"]
        )
        top = index * high + HEAD
        words.text(MARGIN, top - 6.0, f"seen up to {cutoff}", va="bottom", size=TEXT, weight="bold")
        _funnel(frame(drawn, MARGIN + 26.0, top, WIDTH - 2 * MARGIN - 30.0, FUNNEL), rows, most, theme)
    return drawn


def _funnel(axes: Any, rows: list[Record], most: float, theme: Theme) -> None:
    axes.set_yscale("log")
    axes.set(xlim=(-1.5, len(rows) + 0.5), ylim=(1.0 / most, most), xticks=[])
    places = list(range(len(rows)))
    axes.fill_between(
        places, [one["p05"] for one in rows], [one["p95"] for one in rows], color=theme.mark, alpha=0.18, lw=0
    )
    axes.axhline(1.0, color=theme.mark, lw=1.2)
    for is_inside, colour, marker in ((True, theme.muted, "o"), (False, theme.accent, "D")):
        kept = [
            (place, one["value"])
            for place, one in zip(places, rows, strict=True)
            if one["inside"] == is_inside
        ]
        axes.scatter(
            [x for x, _ in kept], [y for _, y in kept], s=13, color=colour, marker=marker, lw=0, zorder=5
        )
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if most < 12.0 else (1,), numticks=30))
    numbered(axes.yaxis)
    axes.grid(axis="y", lw=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    sns.despine(ax=axes, left=True, bottom=True)
