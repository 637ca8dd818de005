"""Service against training over the life of models: a line each, where they are even, published splits.

At an even volume the ratio grows in step with the days, so on logarithmic axes every model is a line of
the same slope, and only the day on which it crosses one tells them apart.
"""

from math import atan2, degrees
from typing import Any

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import LogLocator

from jouletrace.figures.style import (
    MARGIN,
    SMALL,
    WIDTH,
    Theme,
    axis_label,
    below,
    canvas,
    frame,
    leading,
    numbered,
    sheet,
    wrap,
)
from jouletrace.figures.views import spread

TALL, TICKS, Y_TICKS, LANE = 292.0, 36.0, 34.0, 152.0
SAMPLE = 16.0
#: Where each split leaves the plot, turns towards its name, and has it, in points from the plot.
TICK, TURN, WORDS = 5.0, 14.0, 17.0
FIRST_DAY, HEADROOM = 1.0, 1.6
STYLES = ("solid", "solid", (0, (4, 2)))
NOTE = "lines: models at the middle of all assumptions, up to the end of a life · dots: where both are even"
NOTE_LANE = "at the right: published splits, inference over training"
Line = dict[str, Any]


def figure(evidence: dict[str, Any], views: list[dict[str, Any]], theme: Theme) -> Figure:
    """Lines of the table ``models``, and ticks of the table ``splits`` at the right."""
    spec, tables = evidence["claim"]["figure"], evidence["claim"]["members"]
    models = [line for line in evidence["members"] if line["table"] == "models"]
    splits = [line for line in evidence["members"] if line["table"] == "splits"]
    groups = tables["models"]["groups"]
    label = wrap(axis_label(spec), WIDTH - 2 * MARGIN, SMALL)
    note = [part for text in (NOTE, NOTE_LANE) for part in wrap(text, WIDTH - 2 * MARGIN, SMALL)]
    top = (len(label) + len(groups)) * leading(SMALL) + 10.0
    drawn = sheet(top + TALL + TICKS + len(note) * leading(SMALL))
    words = canvas(drawn)
    below(words, 2.0, label, [], theme)
    below(words, top + TALL + TICKS, [], note, theme)
    _key(words, groups, 2.0 + len(label) * leading(SMALL) + 2.0, theme)
    axes = frame(drawn, MARGIN + Y_TICKS, top, WIDTH - 2 * MARGIN - Y_TICKS - LANE, TALL)
    _scale(axes, models, theme)
    for line in models:
        _line(axes, line, list(groups).index(line["group"]), theme)
    for line, is_above in _named(models):
        _name(axes, line, is_above, theme)
    _splits(axes, splits, theme)
    return drawn


def _colours(theme: Theme) -> tuple[str, str, str]:
    return theme.mark, theme.accent, theme.muted


def _key(words: Any, groups: dict[str, str], top: float, theme: Theme) -> None:
    for index, text in enumerate(groups.values()):
        y = top + index * leading(SMALL)
        style = {"color": _colours(theme)[index], "lw": 1.6, "ls": STYLES[index]}
        words.plot([MARGIN, MARGIN + SAMPLE], [y + SMALL / 2 + 1.0] * 2, **style)
        words.text(MARGIN + SAMPLE + 6.0, y, text, va="top", size=SMALL, color=_colours(theme)[index])


def _life(line: Line) -> float:
    """Days of the life of a model: its ratio at the end over its ratio of one day."""
    return float(line["columns"]["ratio"]["p50"] * line["columns"]["crossing"]["p50"])


def _scale(axes: Any, models: list[Line], theme: Theme) -> None:
    crossings = [line["columns"]["crossing"]["p50"] for line in models]
    ends = [line["columns"]["ratio"]["p50"] for line in models]
    axes.set(xscale="log", yscale="log")
    axes.set_xlim(FIRST_DAY, max(_life(line) for line in models) * 1.12)
    axes.set_ylim(0.8 * FIRST_DAY / max(crossings), sorted(ends)[-2] * HEADROOM)
    axes.axhline(1.0, color=theme.ink, lw=1.2, zorder=3)
    for side in (axes.xaxis, axes.yaxis):
        side.set_major_locator(LogLocator(numticks=12))
        numbered(side)
    axes.set_xlabel("days of service", color=theme.ink, labelpad=2.0)
    sns.despine(ax=axes)


def _line(axes: Any, line: Line, index: int, theme: Theme) -> None:
    crossing, life = line["columns"]["crossing"]["p50"], _life(line)
    colour = _colours(theme)[index]
    days = [FIRST_DAY, life]
    axes.plot(days, [day / crossing for day in days], color=colour, lw=0.9, ls=STYLES[index], zorder=2)
    if crossing >= FIRST_DAY:
        dot = {"s": 14, "color": colour, "edgecolor": theme.page, "linewidth": 0.5, "zorder": 4}
        sns.scatterplot(x=[crossing], y=[1.0], ax=axes, **dot)


def _named(models: list[Line]) -> list[tuple[Line, bool]]:
    """Above their lines the first model to cross, and the first of the first group; below, the last."""
    ranked = sorted(models, key=lambda line: line["columns"]["crossing"]["p50"])
    own = next(line for line in ranked if line["group"] == models[0]["group"])
    above = [ranked[0]] if own is ranked[0] else [ranked[0], own]
    return [*((line, True) for line in above), (ranked[-1], False)]


def _name(axes: Any, line: Line, is_above: bool, theme: Theme) -> None:
    """The name of a model along its line."""
    crossing, start = line["columns"]["crossing"]["p50"], 1.3 * FIRST_DAY
    text = {"size": SMALL, "color": theme.ink, "zorder": 6, "ha": "left"}
    halo = [withStroke(linewidth=2.2, foreground=theme.page)]
    turned = {"rotation": _slope(axes), "rotation_mode": "anchor", "va": "bottom" if is_above else "top"}
    y = start / crossing * (1.08 if is_above else 0.92)
    axes.text(start, y, line["name"], path_effects=halo, **text, **turned)


def _slope(axes: Any) -> float:
    """Angle in degrees of a line that grows tenfold while the days do."""
    (x0, y0), (x1, y1) = axes.transData.transform([(1.0, 1.0), (10.0, 10.0)])
    return degrees(atan2(y1 - y0, x1 - x0))


def _splits(axes: Any, splits: list[Line], theme: Theme) -> None:
    """A tick and a name for each split, in a lane of its own, moved apart where they would meet."""
    ranked = sorted(splits, key=lambda line: line["columns"]["ratio"]["p50"])
    values = [line["columns"]["ratio"]["p50"] for line in ranked]
    centres = [_height(axes, value) for value in values]
    tops = spread(centres, [leading(SMALL) + 1.0] * len(ranked))
    wide = axes.get_position().width * WIDTH
    inside = {"transform": axes.transAxes, "color": theme.muted}
    for line, value, centre, top in zip(ranked, values, centres, tops, strict=True):
        days = [1.0, 1.0 + TICK / wide, 1.0 + TURN / wide]
        axes.plot(days, [centre / TALL, centre / TALL, top / TALL], lw=0.8, clip_on=False, **inside)
        text = f"{value:.1f}  {line['name']}"
        axes.text(1.0 + WORDS / wide, top / TALL, text, va="center", size=SMALL, **inside)


def _height(axes: Any, value: float) -> float:
    """How far a ratio lies above the foot of the plot, in points."""
    pixels = axes.transData.transform((FIRST_DAY, value))
    return float(axes.transAxes.inverted().transform(pixels)[1]) * TALL
