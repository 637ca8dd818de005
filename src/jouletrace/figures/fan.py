"""Fans of the reconstruction over the years, with every published figure as a dot beside them."""

from collections.abc import Sequence
from typing import Any

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MultipleLocator, NullLocator

from jouletrace.figures.dots import key, key_height, scatter
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

LEFT, RIGHT, TICKS = 30.0, 10.0, 24.0
HEAD = 20.0
#: Room on a logarithmic scale beyond what is drawn, as a factor.
PAD = 1.25
NOTE = (
    "line: median · dark band: middle half of the draws · light band: nine tenths · dots: published figures, "
    "open where they were projections when published, beside their year where they would meet"
)
NOTE_MARK = "large diamond: what the article's sentence comes to · upright bar: what still counts as it"
NOTE_SCALED = "EU-28, EU-27, EU-25 and Western Europe: scaled to all of Europe; single countries: left out"
NOTE_POWER = "a power is drawn as the energy of a year at that power"
Record = dict[str, Any]


def world(shown: Record, theme: Theme) -> Figure:
    """The world from the first year to the last, on a logarithmic scale."""
    panel = _panel_of(shown, "world", "data centres of the world, TWh a year", log=True)
    return _drawn([panel], [NOTE, NOTE_MARK], theme, tall=300.0)


def regions(shown: Record, theme: Theme) -> Figure:
    """A panel for each region, all on one logarithmic scale."""
    titles = {"united-states": "United States", "china": "China", "europe": "Europe"}
    panels = [_panel_of(shown, name, f"{title}, TWh a year", log=True) for name, title in titles.items()]
    limits = [edge for panel in panels for edge in panel["limits"]]
    for panel in panels:
        panel["limits"] = (min(limits), max(limits))
    return _drawn(panels, [NOTE, NOTE_SCALED], theme, tall=150.0)


def ai(shown: Record, theme: Theme) -> Figure:
    """AI in data centres: its electricity, and its part of all of theirs."""
    panels = [
        _panel_of(shown, "ai-world", "AI in data centres of the world, TWh a year", log=True),
        _panel_of(shown, "ai-part", "its part of all their electricity, percent", log=False),
    ]
    return _drawn(panels, [NOTE, NOTE_POWER, NOTE_MARK], theme, tall=190.0)


def _panel_of(shown: Record, series: str, title: str, log: bool) -> Record:
    fan, dots = shown["fans"][series], shown["dots"][series]
    marks = shown["marks"].get(series, [])
    seen = [one["shown"] for one in dots] + [one[key] for one in fan for key in ("p05", "p95")]
    seen += [value * PAD for one in marks for value in (one["value"], *one["edges"])]
    limits = (min(seen) / PAD, max(seen) * PAD) if log else (0.0, max(seen) * 1.08)
    return {"title": title, "fan": fan, "dots": dots, "marks": marks, "limits": limits, "log": log}


def _drawn(panels: Sequence[Record], notes: list[str], theme: Theme, tall: float) -> Figure:
    """Panels below each other, then the key of the dots and the notes."""
    methods = list(dict.fromkeys(one["method"] for panel in panels for one in panel["dots"]))
    lines = [line for note in notes for line in wrap(note, WIDTH - 2 * MARGIN, SMALL)]
    high = HEAD + tall + TICKS
    bottom = len(panels) * high
    drawn = sheet(bottom + key_height(methods) + len(lines) * leading(SMALL) + 4.0)
    words = canvas(drawn)
    for index, panel in enumerate(panels):
        top = index * high + HEAD
        words.text(MARGIN, top - 6.0, panel["title"], va="bottom", size=TEXT, weight="bold")
        wide = WIDTH - 2 * MARGIN - LEFT - RIGHT
        _panel(frame(drawn, MARGIN + LEFT, top, wide, tall), panel, wide, tall, theme)
    key(words, methods, bottom, theme)
    below(words, bottom + key_height(methods), [], lines, theme)
    return drawn


def _panel(axes: Any, panel: Record, wide: float, tall: float, theme: Theme) -> None:
    years = [one["year"] for one in panel["fan"]]
    if panel["log"]:
        axes.set_yscale("log")
    axes.set(xlim=(years[0] - 0.6, years[-1] + 0.6), ylim=panel["limits"])
    _ticks(axes, panel)
    for low, high, depth in (("p05", "p95", 0.18), ("p25", "p75", 0.38)):
        ends = [[one[end] for one in panel["fan"]] for end in (low, high)]
        axes.fill_between(years, *ends, color=theme.mark, alpha=depth, lw=0)
    sns.lineplot(x=years, y=[one["p50"] for one in panel["fan"]], ax=axes, color=theme.mark, lw=2.2, zorder=5)
    scatter(axes, panel["dots"], (wide, tall), theme)
    for mark in panel["marks"]:
        _mark(axes, mark, theme)
    axes.set(xlabel="", ylabel="")


def _ticks(axes: Any, panel: Record) -> None:
    axes.xaxis.set_major_locator(MultipleLocator(5))
    if panel["log"]:
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=30))
        axes.yaxis.set_minor_locator(NullLocator())
        if panel["limits"][1] / panel["limits"][0] > 1000.0:
            axes.yaxis.set_major_locator(LogLocator(numticks=12))
    numbered(axes.yaxis)
    axes.grid(axis="y", lw=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    sns.despine(ax=axes, left=True)


def _mark(axes: Any, mark: Record, theme: Theme) -> None:
    """A large diamond at what the article's sentence comes to, with its words beside it."""
    if len(mark["edges"]) > 1:
        axes.vlines(mark["year"], *mark["edges"], color=theme.accent, lw=2.4, zorder=8)
    look = {"s": 62, "color": theme.accent, "marker": "D", "edgecolor": theme.page, "zorder": 9}
    sns.scatterplot(x=[mark["year"]], y=[mark["value"]], ax=axes, **look)
    text = {"size": SMALL, "weight": "bold", "color": theme.accent, "zorder": 10}
    place = {"xytext": (-8, 0), "textcoords": "offset points", "ha": "right", "va": "center"}
    said = f"article: {mark['said']}" + (" of electricity" if mark["is"] == "about" else "")
    halo = {"boxstyle": "round,pad=0.15", "facecolor": theme.page, "edgecolor": "none", "alpha": 0.8}
    axes.annotate(said, (mark["year"], mark["value"]), bbox=halo, **place, **text)
