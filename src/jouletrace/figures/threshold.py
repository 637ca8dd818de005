"""What the article states, or what must be passed, over the bars of the rows that are held against it."""

from typing import Any

from jouletrace.figures.listing import HEAD, Line, starts_run
from jouletrace.figures.style import MARGIN, SMALL, Theme, amount, number, width


def draw(axes: Any, words: Any, placed: list[Line], strip: float, theme: Theme) -> None:
    """The edges over each bar, and their words above each run of rows that share them."""
    for index, line in enumerate(placed):
        edges = line.row["edges"]
        if not edges:
            continue
        _edges(axes, line.middle, edges, strip, theme)
        if starts_run(placed[:index], line.row):
            _label(axes, words, line, theme)


def _edges(axes: Any, middle: float, edges: list[float], strip: float, theme: Theme) -> None:
    low, high = middle - strip / 2, middle + strip / 2
    if len(edges) > 1:
        axes.fill_betweenx([low, high], *edges, color=theme.accent, alpha=0.2, lw=0, zorder=1)
    axes.vlines(edges, low, high, color=theme.accent, lw=1.5, zorder=4, label="_threshold")


def _label(axes: Any, words: Any, line: Line, theme: Theme) -> None:
    """Above the run, centred on the edges as far as the margins of the plot allow."""
    said, edges = text(line.row), line.row["edges"]
    half = width(said, SMALL, "bold") / 2
    left, right = MARGIN + half, _place(axes, words, axes.get_xlim()[1]) - half
    x = min(max(_place(axes, words, sum(edges) / len(edges)), left), right)
    style = {"ha": "center", "va": "top", "size": SMALL, "weight": "bold", "color": theme.accent}
    words.text(x, line.top - HEAD + 2.0, said, **style)


def _place(axes: Any, words: Any, value: float) -> float:
    """Where a value lies on the canvas, in points from the left."""
    pixels = axes.transData.transform((value, 0.0))
    return float(words.transData.inverted().transform(pixels)[0])


def text(row: dict[str, Any]) -> str:
    """The value that the article states with what counts as it, or the edges that a rule sets."""
    asked, edges, unit = row["proposition"], row["edges"], row["unit"]
    if asked["is"] == "about":
        counts = f"{number(edges[0])} to {number(edges[1])}"
        return f"article: {amount(asked['value'], unit)} ({counts} counts)"
    if asked["is"] == "between":
        ends = f"{asked['value']} to {amount(asked['upper'], unit)}"
        counts = f"({number(edges[0])} to {number(edges[1])} counts)"
        return f"article: {ends} {counts}" if asked.get("tolerance") else f"holds from {ends}"
    unit = "ratio" if edges[0] == 1.0 and unit == "times" else unit
    return f"holds {asked['is']} {amount(edges[0], unit)}"
