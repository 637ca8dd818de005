"""Cards that compute in their memory against GPUs: which takes less energy, what is removed, how it grows."""

from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

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

Record = dict[str, Any]
LEFT, GAP, TITLE, TICKS, TALL = 44.0, 12.0, 18.0, 34.0, 150.0
LEVELS = (0.05, 0.25, 0.75, 0.95)
STYLES = ("solid", (0, (5, 2)), (0, (1, 1.5)))
USERS = "users served at once"
PARITY = (
    "thick line: parity where all weights stay on the cards; dashed and dotted: where a tenth and a half of "
    "them are loaded in each pass · shade: part of the draws in which cards take less energy, from below 5 % "
    "(none) in steps of 25 and 75 to above 95 % (darkest) · cards win towards the upper "
    "left, and below a second thick line at the foot"
)
BANDS = "lines: middle of the draws · bands: nine tenths of them"


def parity(shown: Record, theme: Theme) -> Figure:
    """Users and length of texts at which a token takes as much energy on cards as on GPUs."""
    maps = shown["in_memory"]
    note = wrap(PARITY, WIDTH - 2 * MARGIN, SMALL)
    drawn = sheet(TITLE + TALL + TICKS + len(note) * leading(SMALL) + 8.0)
    words = canvas(drawn)
    below(words, TITLE + TALL + TICKS + 4.0, [], note, theme)
    for index, (axes, model) in enumerate(zip(_panels(drawn), _models(maps), strict=True)):
        _title(words, index, f"{model['title']} parameters", theme)
        x, y = np.array(maps["texts"]), np.array(maps["users"])
        wins, gain = np.array(model["wins"]), np.array(model["gain"])
        shades = [(theme.mark, alpha) for alpha in (0.0, 0.12, 0.28, 0.46, 0.66)]
        axes.contourf(x, y, wins[:, :, 0], levels=(-0.01, *LEVELS, 1.01), colors=shades)
        for k, style in enumerate(STYLES):
            lines = {"levels": [0.0], "colors": [theme.accent], "linestyles": [style]}
            if gain[:, :, k].min() < 1.0 < gain[:, :, k].max():
                axes.contour(x, y, np.log(gain[:, :, k]), linewidths=2.2 if k == 0 else 1.4, **lines)
        _logs(axes, "tokens behind each", index)
        axes.set_ylim(y[0], y[-1])
        axes.set_xlim(x[0], x[-1])
        axes.set_xticks([128, 2048, 32768], ["128", "2k", "33k"])
        axes.set_yticks([1, 4, 16, 64, 256, 1024])
        if index == 0:
            axes.set_ylabel(USERS, labelpad=2.0)
    return drawn


def removed(shown: Record, theme: Theme) -> Figure:
    """Share of energy that cards remove against GPUs: of transfer, of devices, of the site; over users."""
    colours = {"transfer": theme.mark, "devices": theme.accent, "site": theme.third}
    names = {"transfer": "of all transfer", "devices": "of all that devices draw", "site": "of the site"}
    note = f"{BANDS} · what lies below the frame is not drawn"
    return _lines(shown["in_memory"], "removed", colours, names, "energy removed, %", theme, True, note)


def seconds(shown: Record, theme: Theme) -> Figure:
    """Time of a token on cards and on GPUs, over users."""
    colours = {"cards": theme.mark, "GPUs": theme.accent}
    return _lines(
        shown["in_memory"],
        "seconds",
        colours,
        {"cards": "cards", "GPUs": "GPUs"},
        "time of a token, ms",
        theme,
    )


def _lines(
    maps: Record,
    key: str,
    colours: Record,
    names: Record,
    label: str,
    theme: Theme,
    linear: bool = False,
    said: str = BANDS,
) -> Figure:
    note = wrap(said, WIDTH - 2 * MARGIN, SMALL)
    head = len(names) * leading(SMALL) + 4.0
    drawn = sheet(head + TITLE + TALL + TICKS + len(note) * leading(SMALL) + 8.0)
    words = canvas(drawn)
    styles = dict(zip(names, STYLES, strict=False))
    for row, (name, text) in enumerate(names.items()):
        y = row * leading(SMALL)
        words.plot(
            [MARGIN, MARGIN + 22], [y + SMALL / 2 + 1] * 2, color=colours[name], lw=2.0, ls=styles[name]
        )
        words.text(MARGIN + 28, y, text, va="top", size=SMALL, color=colours[name])
    below(words, head + TITLE + TALL + TICKS + 4.0, [], note, theme)
    ends = [
        x[q]
        for one in maps["models"].values()
        for line in one[key].values()
        for x in line
        for q in ("p05", "p95")
    ]
    for index, (axes, model) in enumerate(zip(_panels(drawn, head), _models(maps), strict=True)):
        _title(words, index, f"{model['title']} parameters", theme, head)
        for name, line in model[key].items():
            low, middle, high = (np.array([one[q] for one in line]) for q in ("p05", "p50", "p95"))
            axes.fill_between(maps["users"], low, high, color=colours[name], alpha=0.16, lw=0)
            axes.plot(maps["users"], middle, color=colours[name], lw=1.9, ls=styles[name])
        _logs(axes, USERS, index, linear)
        axes.set_xlim(maps["users"][0], maps["users"][-1])
        axes.set_xticks([1, 16, 256], ["1", "16", "256"])
        if linear:
            axes.set_ylim(-200.0, 105.0)
            axes.axhline(0.0, color=theme.ink, lw=0.8)
        else:
            axes.set_ylim(min(ends) / 1.3, max(ends) * 1.3)
        axes.grid(axis="y", lw=0.6)
        if index == 0:
            axes.set_ylabel(label, labelpad=2.0)
    return drawn


def growth(shown: Record, theme: Theme) -> Figure:
    """Cards, and where the energy of the site goes, against the size of the model."""
    sizes = shown["in_memory"]["sizes"]
    note = wrap(
        f"{BANDS} · what is left to the whole is hosts, hours without work, and cooling",
        WIDTH - 2 * MARGIN,
        SMALL,
    )
    head = TITLE + 3.0
    drawn = sheet(head + TALL + TICKS + len(note) * leading(SMALL) + 8.0)
    words = canvas(drawn)
    below(words, head + TALL + TICKS + 4.0, [], note, theme)
    wide = (WIDTH - 2 * MARGIN - 2 * LEFT - GAP) / 2
    left = frame(drawn, MARGIN + LEFT, head, wide, TALL)
    right = frame(drawn, MARGIN + 2 * LEFT + wide + GAP, head, wide, TALL)
    x = np.array([one["parameters"] for one in sizes]) / 1e9
    words.text(MARGIN + LEFT, 2.0, "cards that hold the model", va="top", size=TEXT, color=theme.ink)
    words.text(
        MARGIN + 2 * LEFT + wide + GAP,
        2.0,
        "of the energy of the site, %",
        va="top",
        size=TEXT,
        color=theme.ink,
    )
    _band(left, x, [one["cards"] for one in sizes], theme.mark, "solid")
    parts = {
        "cards that run or wait": theme.accent,
        "transfer on and off the chips": theme.mark,
        "products": theme.third,
    }
    texts = ("cards that run or wait", "transfer", "products")
    for (name, colour), style, text in zip(parts.items(), STYLES, texts, strict=True):
        line = [one["shares"][name] for one in sizes]
        _band(right, x, line, colour, style)
        place = {"xytext": (2, 5), "textcoords": "offset points", "size": SMALL, "color": colour}
        right.annotate(text, (x[0], line[0]["p50"] * (1.5 if text != "products" else 0.12)), **place)
    _band(right, x, [one["links"] for one in sizes], theme.fourth, (0, (4, 1, 1, 1)))
    right.annotate(
        "links",
        (x[len(x) // 2], sizes[len(x) // 2]["links"]["p50"]),
        xytext=(2, 5),
        textcoords="offset points",
        size=SMALL,
        color=theme.fourth,
    )
    for axes in (left, right):
        _logs(axes, "parameters, billions", 0)
        axes.set_xticks([1, 10, 100], ["1", "10", "100"])
        axes.grid(axis="y", lw=0.6)
    right.set_ylim(1e-4, 130)
    return drawn


def _band(axes: Any, x: Any, line: list[Record], colour: str, style: Any) -> None:
    low, middle, high = (np.array([one[q] for one in line]) for q in ("p05", "p50", "p95"))
    axes.fill_between(x, np.maximum(low, 1e-9), np.maximum(high, 1e-9), color=colour, alpha=0.15, lw=0)
    axes.plot(x, np.maximum(middle, 1e-9), color=colour, lw=1.9, ls=style)


def fall(shown: Record, theme: Theme) -> Figure:
    """Operations for a joule, from an array to a rack at work: measured, stated by vendors, modelled."""
    rows = shown["in_memory"]["fall"]
    note = (
        "filled: measured by those who made it · open: figures of a vendor, or rated power · line with a "
        "stroke: modelled here, nine tenths of the draws · orange: a GPU"
    )
    return _dots(rows, "useful operations for a joule, trillions", note, theme, _mark_of_fall)


def levers(shown: Record, theme: Theme) -> Figure:
    """Gains of single levers in one currency, energy of the same service before over after."""
    rows = sorted(shown["in_memory"]["levers"], key=lambda one: -one["p50"])
    note = (
        "dots: middle of the draws, or the figure of a report · lines: nine tenths of the draws · orange: "
        "computing in memory"
    )
    return _dots(rows, "energy before over after, times", note, theme, _mark_of_lever, edge=1.0)


def _mark_of_fall(row: Record, theme: Theme) -> Record:
    vendor = "vendor" in row["text"] or "corsair-card" in row["name"] or row["name"] == "fall-h100"
    modelled = row["p05"] != row["p95"]
    colour = theme.accent if "h100" in row["name"] else theme.mark
    return {"color": colour, "open": vendor, "stroke": modelled}


def _mark_of_lever(row: Record, theme: Theme) -> Record:
    ours = row["name"].startswith("imc") or row["name"] == "bound"
    return {"color": theme.accent if ours else theme.mark, "open": False, "stroke": False}


def _dots(
    rows: list[Record], label: str, note: str, theme: Theme, mark: Any, edge: float | None = None
) -> Figure:
    room = 190.0
    texts = [wrap(row["text"], room - 10.0, SMALL) for row in rows]
    tops, y = [], 2.0
    for lines in texts:
        tops.append(y)
        y += len(lines) * leading(SMALL) + 4.0
    foot = wrap(label, WIDTH - 2 * MARGIN, SMALL)
    notes = wrap(note, WIDTH - 2 * MARGIN, SMALL)
    drawn = sheet(y + 20.0 + (len(foot) + len(notes)) * leading(SMALL) + 6.0)
    words = canvas(drawn)
    below(words, y + 20.0, foot, notes, theme)
    axes = frame(drawn, MARGIN + room, 0.0, WIDTH - 2 * MARGIN - room - 8.0, y)
    axes.set(xscale="log", ylim=(y, 0.0))
    for row, top, lines in zip(rows, tops, texts, strict=True):
        for k, text in enumerate(lines):
            words.text(MARGIN, top + k * leading(SMALL), text, va="top", size=SMALL, color=theme.ink)
        look, at = mark(row, theme), top + len(lines) * leading(SMALL) / 2
        if row["p05"] != row["p95"]:
            axes.plot([row["p05"], row["p95"]], [at, at], color=look["color"], lw=2.0)
        style = (
            {"marker": "|", "ms": 11, "mew": 2.4}
            if look["stroke"]
            else {"marker": "o", "ms": 6.0, "mew": 1.5}
        )
        face = theme.page if look["open"] else look["color"]
        axes.plot([row["p50"]], [at], color=look["color"], markerfacecolor=face, ls="none", **style)
    if edge:
        axes.axvline(edge, color=theme.ink, lw=0.9)
    axes.xaxis.set_major_locator(LogLocator(numticks=8))
    numbered(axes.xaxis)
    axes.set_yticks([])
    axes.grid(axis="x", lw=0.6)
    axes.set_axisbelow(True)
    sns.despine(ax=axes, left=True)
    return drawn


def _models(maps: dict[str, Any]) -> list[dict[str, Any]]:
    """Models from the smallest on; a file has them by name."""
    return sorted(maps["models"].values(), key=lambda one: int(one["order"]))


def _panels(drawn: Figure, head: float = 0.0) -> list[Any]:
    wide = _wide()
    return [frame(drawn, MARGIN + LEFT + k * (wide + GAP), head + TITLE, wide, TALL) for k in range(3)]


def _wide() -> float:
    return (WIDTH - 2 * MARGIN - LEFT - 2 * GAP) / 3


def _title(words: Any, index: int, text: str, theme: Theme, head: float = 0.0) -> None:
    words.text(
        MARGIN + LEFT + index * (_wide() + GAP), head + 2.0, text, va="top", size=SMALL, color=theme.ink
    )


def _logs(axes: Any, label: str, index: int, linear: bool = False) -> None:
    axes.set_xscale("log")
    axes.set_yscale("linear" if linear else "log")
    axes.xaxis.set_minor_locator(NullLocator())
    numbered(axes.yaxis)
    if index:
        axes.set_yticklabels([])
    axes.set_xlabel(label, labelpad=2.0)
    axes.set_axisbelow(True)
    sns.despine(ax=axes)
