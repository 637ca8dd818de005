"""Published views of a quantity as thin lines, each named at its end."""

from typing import Any

import seaborn as sns

from jouletrace.figures.style import SMALL, Theme, leading, wrap

#: Width kept free for the names, and where they begin, in points.
ROOM, OFFSET = 136.0, 16.0
PAD = 3.0


def draw(axes: Any, views: list[dict[str, Any]], theme: Theme) -> None:
    """The lines with a dot at each published figure, and the names, moved apart where they would meet."""
    for view in views:
        years, values, _ = zip(*view["points"], strict=True)
        sns.lineplot(x=years, y=values, ax=axes, color=theme.muted, lw=0.9, zorder=3)
        dots = [(year, value) for year, value, printed in view["points"] if printed]
        x, y = [year for year, _ in dots], [value for _, value in dots]
        sns.scatterplot(x=x, y=y, ax=axes, color=theme.muted, s=16, linewidth=0, zorder=4, clip_on=False)
    _names(axes, views, theme)


def _names(axes: Any, views: list[dict[str, Any]], theme: Theme) -> None:
    ranked = sorted(views, key=lambda view: (view["points"][-1][1], view["name"]))
    texts = [wrap(view["name"], ROOM - OFFSET, SMALL) for view in ranked]
    per_point = axes.get_ylim()[1] / (axes.get_position().height * axes.figure.get_figheight() * 72.0)
    ends = [view["points"][-1][1] / per_point for view in ranked]
    places = spread(ends, [len(text) * leading(SMALL) + PAD for text in texts])
    line = {
        "arrowstyle": "-",
        "color": theme.muted,
        "lw": 0.6,
        "shrinkA": 1,
        "shrinkB": 4,
        "relpos": (0, 0.5),
    }
    for view, text, place in zip(ranked, texts, places, strict=True):
        year, value, _ = view["points"][-1]
        name = {"size": SMALL, "color": theme.muted, "va": "center", "ha": "left", "linespacing": 1.0}
        at = {"xytext": (OFFSET, place - value / per_point), "textcoords": "offset points"}
        axes.annotate("\n".join(text), (year, value), **at, **name, arrowprops=line, annotation_clip=False)


def spread(centres: list[float], heights: list[float]) -> list[float]:
    """Places for labels of these heights, near their ascending centres, none over another.

    Labels that would meet form a block, and a block stands where its members want it on average.

    >>> spread([0.0, 1.0, 50.0], [10.0, 10.0, 10.0])
    [-4.5, 5.5, 50.0]
    """
    blocks: list[list[int]] = []
    for index in range(len(centres)):
        blocks.append([index])
        while len(blocks) > 1 and _start(blocks[-1], centres, heights) < _end(blocks[-2], centres, heights):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    places = []
    for block in blocks:
        top = _start(block, centres, heights)
        for index in block:
            places.append(top + heights[index] / 2)
            top += heights[index]
    return places


def _start(block: list[int], centres: list[float], heights: list[float]) -> float:
    before = [sum(heights[i] for i in block[:n]) + heights[index] / 2 for n, index in enumerate(block)]
    return sum(centres[index] - own for index, own in zip(block, before, strict=True)) / len(block)


def _end(block: list[int], centres: list[float], heights: list[float]) -> float:
    return _start(block, centres, heights) + sum(heights[index] for index in block)
