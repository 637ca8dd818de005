"""Networks on analog arrays: what is lost against the energy of a product, and against effective bits."""

from collections.abc import Iterable
from typing import Any

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

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

Record = dict[str, Any]
LEFT, GAP, TITLE, TICKS, TALL = 34.0, 12.0, 18.0, 32.0, 170.0
NOISES = (0.0, 0.02, 0.05, 0.1)
STYLES: dict[float, Any] = {0.0: "solid", 0.02: (0, (5, 1.5)), 0.05: (0, (2.5, 1.5)), 0.1: (0, (1, 1.5))}
MARKS = {0.0: "o", 0.02: "^", 0.05: "s", 0.1: "D"}
#: Losses below this are drawn at it; in percent.
LEAST, MOST = 0.1, 90.0
#: Below this squares lie too close to each other for the bits of all.
CROWDED = 0.15
TICKED = (0.1, 1.0, 10.0)
EDGE = "level line: the loss that is called none; what lies lower than the frame is drawn on it"
ENERGY = (
    "lines: least loss for no more energy, over bits of converters (4 to 10) and of weights (2 to 8), "
    "learned with noise or without · dots: all these settings · green squares: logic in memory, with the "
    f"bits of its weights · {EDGE}"
)
BITS = (
    "each mark: one setting, mean of all seeds, learned without noise · upright line: the bits that suffice, "
    f"and their range over seeds · {EDGE}"
)


def energy(shown: Record, theme: Theme) -> Figure:
    """Loss against the energy of a product: arrays by the noise of their cells, and logic in memory."""
    found = shown["analog"]
    drawn, panels = _sheet(found, ENERGY, "energy of a product, fJ", theme)
    for axes, network in zip(panels, found["networks"], strict=True):
        full = [one for one in found["settings"] if (one["network"], one["rows"]) == (network, found["rows"])]
        for noise in NOISES:
            some = [one for one in full if one["noise"] == noise and one["adc_bits"] is not None]
            places = [(one["energy_fj"], _percent(one["loss"])) for one in some]
            axes.scatter(*zip(*places, strict=True), s=4.0, color=_colour(noise, theme), alpha=0.3, lw=0)
            style = {"color": _colour(noise, theme), "ls": STYLES[noise], "lw": 1.7, "zorder": 4}
            axes.step(*zip(*front(places), strict=True), where="post", **style)
        _logic(axes, found, full, theme)
        axes.axhline(100.0 * found["tolerance"], color=theme.ink, lw=0.8)
        axes.set(xscale="log", xlim=_span(found))
        axes.xaxis.set_major_locator(FixedLocator([1, 3, 10, 30, 100]))
        numbered(axes.xaxis)
    return drawn


def bits(shown: Record, theme: Theme) -> Figure:
    """Loss against effective bits of products."""
    found = shown["analog"]
    drawn, panels = _sheet(found, BITS, "effective bits", theme)
    for axes, network in zip(panels, found["networks"], strict=True):
        full = [one for one in found["settings"] if (one["network"], one["rows"]) == (network, found["rows"])]
        for noise in NOISES:
            some = [one for one in full if (one["noise"], one["training"]) == (noise, "exact")]
            places = [(one["effective_bits"], _percent(one["loss"])) for one in some]
            look = {"marker": MARKS[noise], "s": 9.0, "color": _colour(noise, theme), "lw": 0, "alpha": 0.8}
            axes.scatter(*zip(*places, strict=True), **look)
        for one in found["enough"]:
            if (one["network"], one["training"]) == (network, "exact"):
                axes.axvline(one["p50"], color=theme.mark, lw=1.2)
                axes.axvspan(one["p05"], one["p95"], color=theme.mark, alpha=0.15, lw=0)
        axes.axhline(100.0 * found["tolerance"], color=theme.ink, lw=0.8)
        axes.set(xlim=(0.5, 8.0), xticks=[2, 4, 6, 8])
    return drawn


def front(places: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """The least loss for no more energy, from the cheapest on.

    >>> front([(2.0, 5.0), (1.0, 7.0), (3.0, 6.0), (4.0, 1.0)])
    [(1.0, 7.0), (2.0, 5.0), (4.0, 1.0)]
    """
    found: list[tuple[float, float]] = []
    for energy, lost in sorted(places):
        if not found or lost < found[-1][1]:
            found.append((energy, lost))
    return found


def _logic(axes: Any, found: Record, full: list[Record], theme: Theme) -> None:
    """Logic adds exactly: no noise, no converter; however the network learned."""
    exact = [one for one in full if one["noise"] == 0.0 and one["adc_bits"] is None]
    bits = sorted({one["weight_bits"] for one in exact})
    least = [min(one["loss"] for one in exact if one["weight_bits"] == each) for each in bits]
    places = [
        (found["digital"][f"{each}"]["p50"], _percent(one)) for each, one in zip(bits, least, strict=True)
    ]
    axes.plot(*zip(*places, strict=True), color=theme.third, marker="s", ms=4.5, lw=0.9, zorder=5)
    side = {"ha": "left", "va": "center", "size": SMALL - 1.0, "color": theme.third}
    for place, each in zip(places, bits, strict=True):
        if place[1] < CROWDED and each != bits[-1]:
            continue
        axes.annotate(f"{each:.0f}", place, (4.0, 3.0), textcoords="offset points", **side)


def _span(found: Record) -> tuple[float, float]:
    costs = [one["energy_fj"] for one in found["settings"] if one["energy_fj"] is not None]
    most = max(one["p50"] for one in found["digital"].values())
    return min(costs) / 1.25, most * 1.6


def _percent(loss: float) -> float:
    return min(max(100.0 * loss, LEAST), MOST)


def _colour(noise: float, theme: Theme) -> str:
    return {0.0: theme.mark, 0.02: theme.fourth, 0.05: theme.accent}.get(noise, theme.muted)


def _sheet(found: Record, note: str, label: str, theme: Theme) -> tuple[Figure, list[Any]]:
    """Three panels beside each other under a key of noises, and the note below."""
    lines = wrap(note, WIDTH - 2 * MARGIN, SMALL)
    head = 2 * leading(SMALL) + 10.0
    bottom = head + TITLE + TALL + TICKS
    drawn = sheet(bottom + len(lines) * leading(SMALL) + 8.0)
    words = canvas(drawn)
    below(words, bottom + 4.0, [], lines, theme)
    _key(words, theme, "marker" if label.startswith("effective") else "line")
    wide = (WIDTH - 2 * MARGIN - LEFT - 2 * GAP) / 3
    panels = []
    for index, title in enumerate(found["networks"].values()):
        left = MARGIN + LEFT + index * (wide + GAP)
        words.text(left, head + 2.0, title, va="top", size=SMALL, color=theme.ink)
        axes = frame(drawn, left, head + TITLE, wide, TALL)
        axes.set(yscale="log", ylim=(LEAST / 1.1, 1.1 * MOST))
        axes.yaxis.set_major_locator(FixedLocator(TICKED))
        numbered(axes.yaxis)
        axes.set_xlabel(label, labelpad=2.0)
        axes.set_ylabel("" if index else "lost, %", labelpad=2.0)
        axes.tick_params(labelleft=not index)
        sns.despine(ax=axes)
        panels.append(axes)
    return drawn, panels


def _key(words: Any, theme: Theme, kind: str) -> None:
    words.text(MARGIN, 2.0, "cells off by this part of their range", va="top", size=SMALL, color=theme.ink)
    room = (WIDTH - 2 * MARGIN) / len(NOISES)
    for place, noise in enumerate(NOISES):
        x, y = MARGIN + place * room, leading(SMALL) + SMALL / 2 + 5.0
        colour = _colour(noise, theme)
        if kind == "line":
            words.plot([x, x + 22.0], [y, y], color=colour, lw=1.7, ls=STYLES[noise])
        else:
            words.scatter([x + 11.0], [y], marker=MARKS[noise], s=16.0, color=colour, lw=0)
        text = f"{100 * noise:.0f} %" if noise else "none"
        words.text(x + 28.0, leading(SMALL) + 4.0, text, va="top", size=SMALL, color=colour)
