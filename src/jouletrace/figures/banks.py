"""Memory that computes at its banks against GPUs: energy of a token over users, model by model."""

from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

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
LEFT, GAP, TITLE, TICKS, TALL = 44.0, 12.0, 16.0, 24.0, 140.0
STYLES: dict[str, Any] = {
    "gpu": "solid",
    "bank": "solid",
    "bank-group": (0, (5, 2)),
    "buffer-die": (0, (1, 1.5)),
    "aimx": (0, (4, 1, 1, 1)),
}
LEAD = {"gpu": "GPUs, memory beside them", "bank": "arithmetic in memory, at banks"}
NOTE = (
    "short texts: a thousand tokens behind each that is written; long ones: 33 thousand · lines: middle of "
    "the draws · bands: nine tenths of them, not drawn for the card · stacks are simulated, the card drawn "
    "from figures of its maker · weights and values in half precision on all machines"
)


def figure(shown: Record, theme: Theme) -> Figure:
    """Joules of a token at the site over users, for short and long texts and two models."""
    found = shown["banks"]
    note = wrap(NOTE, WIDTH - 2 * MARGIN, SMALL)
    head = 2.0 + (len(STYLES) + 1) // 2 * leading(SMALL) + 4.0
    row = TITLE + TALL + TICKS
    drawn = sheet(head + 2 * row + (len(note) + 1) * leading(SMALL) + 8.0)
    words = canvas(drawn)
    below(words, head + 2 * row + 2.0, ["users served at once"], note, theme)
    colours = _colours(theme)
    _key(words, found["titles"], colours, theme)
    wide = (WIDTH - 2 * MARGIN - LEFT - GAP) / 2
    for place, panel in enumerate(found["panels"]):
        left, top = MARGIN + LEFT + place % 2 * (wide + GAP), head + place // 2 * row
        title = f"{panel['title']} parameters, {panel['text']} texts"
        words.text(left, top + 2.0, title, va="top", size=SMALL, color=theme.ink)
        axes = frame(drawn, left, top + TITLE, wide, TALL)
        for name, style in STYLES.items():
            _line(axes, panel, name, colours[name], style)
        _framed(axes, found["panels"], place)
    return drawn


def _colours(theme: Theme) -> dict[str, str]:
    first = {"gpu": theme.accent, "bank": theme.mark, "bank-group": theme.mark, "buffer-die": theme.mark}
    return {**first, "aimx": theme.third}


def _key(words: Any, titles: dict[str, str], colours: dict[str, str], theme: Theme) -> None:
    for place, (name, style) in enumerate(STYLES.items()):
        x, y = MARGIN + place // 3 * WIDTH / 2, 2.0 + place % 3 * leading(SMALL)
        words.plot([x, x + 26], [y + SMALL / 2 + 1] * 2, color=colours[name], lw=2.0, ls=style)
        words.text(x + 32, y, LEAD.get(name, titles[name]), va="top", size=SMALL, color=theme.ink)


def _line(axes: Any, panel: Record, name: str, colour: str, style: Any) -> None:
    line = panel["joules"][name]
    low, middle, high = (np.array([one[q] for one in line]) for q in ("p05", "p50", "p95"))
    if name != "aimx":
        axes.fill_between(panel["users"], low, high, color=colour, alpha=0.11, lw=0)
    axes.plot(panel["users"], middle, color=colour, lw=1.9, ls=style)


def _framed(axes: Any, panels: list[Record], place: int) -> None:
    ends = [
        one[q]
        for panel in panels
        for line in panel["joules"].values()
        for one in line
        for q in ("p05", "p95")
    ]
    most = max(panel["users"][-1] for panel in panels)
    axes.set(xscale="log", yscale="log", xlim=(1.0, most), ylim=(min(ends) / 1.2, max(ends) * 1.2))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks([1, 16, 256], ["1", "16", "256"])
    numbered(axes.yaxis)
    if place % 2:
        axes.set_yticklabels([])
    else:
        axes.set_ylabel("energy of a token, J", labelpad=2.0)
    axes.grid(axis="y", lw=0.6)
    axes.set_axisbelow(True)
    sns.despine(ax=axes)
