"""The readings of a claim that has nothing to plot: their texts and verdicts."""

from typing import Any

from matplotlib.figure import Figure

from jouletrace.figures import listing
from jouletrace.figures.style import Theme, canvas, sheet


def figure(evidence: dict[str, Any], views: list[dict[str, Any]], theme: Theme) -> Figure:
    """A list of all rows with the word of each verdict."""
    placed, height = listing.lay_out(evidence["rows"], strip=0.0)
    drawn = sheet(height)
    listing.write(canvas(drawn), placed, theme)
    return drawn
