"""Published figures as dots: shape and colour by how they were made, open where they looked ahead."""

from typing import Any

import numpy as np

from jouletrace.figures.style import MARGIN, SMALL, WIDTH, Theme, leading

SIZE, FILLED, EDGE = 15.0, 23.0, 0.9
#: Distance in points at which dots no longer touch, and by how much one moves aside.
APART, STEP = 4.6, 2.4
WORDS = {
    "bottom-up": "built up from servers and sites",
    "extrapolation": "carried forward",
    "counted": "counted or metered",
    "unstated": "does not say how",
}
SHAPES = {"bottom-up": "o", "extrapolation": "^", "counted": "s", "unstated": "P"}
SAMPLE = 12.0
COLUMNS = 2
Record = dict[str, Any]


def colour(method: str, theme: Theme) -> str:
    """Colour of a method; its shape says the same."""
    return {"bottom-up": theme.third, "counted": theme.ink, "unstated": theme.fourth}.get(method, theme.muted)


def look(method: str, is_ahead: bool, theme: Theme) -> dict[str, Any]:
    """How a dot is drawn."""
    face = theme.page if is_ahead else colour(method, theme)
    edge = colour(method, theme) if is_ahead else theme.page
    width = EDGE if is_ahead else 0.4
    size = SIZE if is_ahead else FILLED
    return {"marker": SHAPES[method], "s": size, "facecolor": face, "edgecolor": edge, "linewidth": width}


def scatter(axes: Any, rows: list[Record], size: tuple[float, float], theme: Theme) -> None:
    """Dots at their year, moved aside where they would meet. ``size`` of the axes in points."""
    places = [_place(axes, one["year"], one["shown"], size) for one in rows]
    moved = aside(places)
    first, last = axes.get_xlim()
    for one, (x, _) in zip(rows, moved, strict=True):
        year = first + x / size[0] * (last - first)
        style = look(one["method"], one["ahead"] > 0, theme)
        axes.scatter([year], [one["shown"]], zorder=6, clip_on=False, **style)


def _place(axes: Any, year: float, value: float, size: tuple[float, float]) -> tuple[float, float]:
    x, y = axes.transAxes.inverted().transform(axes.transData.transform((year, value)))
    return float(x) * size[0], float(y) * size[1]


def aside(places: list[tuple[float, float]], most: float = 5.0) -> list[tuple[float, float]]:
    """Places of dots moved sideways, by ``most`` points at the most, so that few touch.

    >>> aside([(0.0, 0.0), (0.0, 1.0), (0.0, 9.0)])
    [(0.0, 0.0), (4.8, 1.0), (0.0, 9.0)]
    """
    done: list[tuple[float, float]] = []
    steps = [sign * index * STEP for index in range(int(most // STEP) + 1) for sign in (1, -1)]
    for x, y in places:
        room = [min((np.hypot(x + step - a, y - b) for a, b in done), default=np.inf) for step in steps]
        free = [step for step, least in zip(steps, room, strict=True) if least >= APART]
        best = free[0] if free else steps[int(np.argmax(room))]
        done.append((x + best, y))
    return done


def key_height(methods: list[str]) -> float:
    """Height of the key in points."""
    return -(-len(methods) // COLUMNS) * leading(SMALL) + 5.0


def key(words: Any, methods: list[str], top: float, theme: Theme) -> None:
    """What shapes and colours stand for, two in a line."""
    for index, method in enumerate(sorted(methods, key=list(WORDS).index)):
        x = MARGIN + index % COLUMNS * (WIDTH - 2 * MARGIN) / COLUMNS
        y = top + index // COLUMNS * leading(SMALL)
        words.scatter([x + 4.0], [y + SMALL / 2 + 1.0], **look(method, False, theme))
        words.text(x + SAMPLE, y, WORDS[method], va="top", size=SMALL, color=colour(method, theme))
