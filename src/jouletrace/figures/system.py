"""Statements that bind each other: variables as boxes, the relations between them, and what contradicts."""

from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from jouletrace.figures.style import (
    MARGIN,
    SMALL,
    TEXT,
    WIDTH,
    Theme,
    amount,
    canvas,
    leading,
    sheet,
    width,
    wrap,
)

BOX, BOX_HEIGHT, GAP = 150.0, 40.0, 54.0
#: Left edges of the reasons between boxes and of the lane for relations that skip a box.
REASON, LANE, LANE_STEP = MARGIN + BOX / 2 + 50.0, 278.0, 12.0
DASHES = (0, (4, 2))
SIGNS = {"<=": "≤", ">=": "≥"}
Constraint = dict[str, Any]


def figure(evidence: dict[str, Any], views: list[dict[str, Any]], theme: Theme) -> Figure:
    """The first system among the rows of a claim, from the first variable down to the last."""
    (row, *_) = [row for row in evidence["rows"] if row["kind"] == "system"]
    system = row["system"]
    title = wrap(system["title"], WIDTH - 2 * MARGIN, TEXT, "bold")
    start = len(title) * leading(TEXT) + 12.0
    tops = {name: start + index * (BOX_HEIGHT + GAP) for index, name in enumerate(system["variables"])}
    end = max(tops.values()) + BOX_HEIGHT + 14.0
    said = wrap(row["text"], WIDTH - 2 * MARGIN - width(row["word"], TEXT, "bold") - 12.0, TEXT)
    drawn = sheet(end + len(said) * leading(TEXT) + 4.0)
    axes = canvas(drawn)
    _lines(axes, MARGIN, 2.0, title, size=TEXT, weight="bold", color=theme.ink)
    _lines(axes, MARGIN, end, said, size=TEXT, color=theme.ink)
    axes.text(WIDTH - MARGIN, end, row["word"], ha="right", va="top", weight="bold", color=theme.ink)
    for name, text in system["variables"].items():
        _box(axes, tops[name], text, theme)
    _relations(axes, row, tops, theme)
    return drawn


def _lines(axes: Any, x: float, top: float, lines: list[str], **style: Any) -> None:
    for index, text in enumerate(lines):
        axes.text(x, top + index * leading(style["size"]), text, va="top", **style)


def _box(axes: Any, top: float, text: str, theme: Theme) -> None:
    shape = FancyBboxPatch(
        (MARGIN, top), BOX, BOX_HEIGHT, "round,pad=0,rounding_size=4", fc="none", ec=theme.mark, lw=1.4
    )
    axes.add_patch(shape)
    lines = wrap(text, BOX - 12.0, TEXT)
    first = top + (BOX_HEIGHT - len(lines) * leading(TEXT)) / 2 + 1.0
    _lines(axes, MARGIN + BOX / 2, first, lines, size=TEXT, ha="center", color=theme.ink)


def _relations(axes: Any, row: dict[str, Any], tops: dict[str, float], theme: Theme) -> None:
    """Relations of neighbours stand between their boxes, all others in lanes at the right."""
    order, lane = list(tops), 0
    for name, one in row["system"]["constraints"].items():
        colour = theme.accent if name in row["conflict"] else theme.ink
        if order.index(one["right"]) - order.index(one["left"]) == 1:
            _between(axes, one, tops[one["right"]] - GAP / 2, theme)
        else:
            _beside(axes, one, (tops[one["left"]], tops[one["right"]]), lane, colour, theme)
            lane += 1


def _between(axes: Any, one: Constraint, middle: float, theme: Theme) -> None:
    x = MARGIN + BOX / 2
    axes.text(x, middle, relation(one), ha="center", va="center", size=TEXT, weight="bold", color=theme.ink)
    reason = wrap(one["because"], LANE - REASON - 8.0, SMALL)
    _lines(axes, REASON, middle - len(reason) * leading(SMALL) / 2, reason, size=SMALL, color=theme.muted)


def _beside(
    axes: Any, one: Constraint, ends: tuple[float, float], lane: int, colour: str, theme: Theme
) -> None:
    x, (start, stop) = LANE + lane * LANE_STEP, (top + BOX_HEIGHT / 2 for top in ends)
    axes.plot([MARGIN + BOX, x, x], [start, start, stop], color=colour, lw=1.4, ls=DASHES)
    arrow = {"arrowstyle": "-|>", "color": colour, "lw": 1.4, "ls": DASHES, "shrinkA": 0, "shrinkB": 1}
    axes.annotate("", (MARGIN + BOX, stop), (x, stop), arrowprops=arrow)
    reason = wrap(one["because"], WIDTH - MARGIN - x - 8.0, SMALL)
    top = (start + stop - (len(reason) + 1.4) * leading(SMALL)) / 2
    axes.text(x + 8.0, top, relation(one), va="top", size=TEXT, weight="bold", color=colour)
    _lines(axes, x + 8.0, top + 1.4 * leading(SMALL), reason, size=SMALL, color=theme.muted)


def relation(one: Constraint) -> str:
    """The sign of a relation, and the factor of its right side unless it is one.

    >>> relation({"relation": "<=", "factor": 1.0}), relation({"relation": "=", "factor": 0.25})
    ('≤', '= 25 % of')
    """
    sign, factor = SIGNS.get(one["relation"], str(one["relation"])), one["factor"]
    if factor == 1.0:
        return sign
    return f"{sign} {amount(100 * factor, 'percent')} of" if factor < 1.0 else f"{sign} {factor:g} times"
