"""How large the judged quantity is, reading by reading: a forest plot with the threshold of the claim.

A dot is the median of the draws, a thick bar their middle half, a thin bar nine tenths of them. Text stands
above its bar, not beside it, which leaves the bars the width of a narrow page.
"""

from math import log10
from typing import Any

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from jouletrace.figures import listing, threshold
from jouletrace.figures.selection import drawable
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

STRIP = 12.0
TICKS = 24.0
#: Decades that values may span on a linear axis.
LINEAR_DECADES = 1.5
#: Decades over which a logarithmic axis still has room for ticks at 2 and 5.
DENSE_DECADES = 2.5
NOTE = "dot: median · thick bar: middle half of the draws · thin bar: nine tenths"
NOTE_CUT = " · a bar that ends at the left edge goes on to zero"
NOTE_EXACT = "dot: computed value, the same in all draws"


def figure(evidence: dict[str, Any], views: list[dict[str, Any]], theme: Theme) -> Figure:
    """The forest plot of the readings that the figure of the claim names."""
    rows = drawable(evidence)
    placed, bottom = listing.lay_out(rows, STRIP)
    label = wrap(axis_label(evidence["claim"]["figure"]), WIDTH - 2 * MARGIN, SMALL)
    note = wrap(_note(rows), WIDTH - 2 * MARGIN, SMALL)
    drawn = sheet(bottom + TICKS + len(label + note) * leading(SMALL))
    words = canvas(drawn)
    listing.write(words, placed, theme)
    below(words, bottom + TICKS, label, note, theme)
    axes = frame(drawn, MARGIN, 0.0, WIDTH - 3 * MARGIN - listing.word_room(rows) - 6.0, bottom)
    _scale(axes, rows, bottom)
    _tracks(axes, placed, theme)
    threshold.draw(axes, words, placed, STRIP, theme)
    _bars(axes, placed, theme)
    _dots(axes, placed, theme)
    return drawn


def _scale(axes: Any, rows: list[dict[str, Any]], bottom: float) -> None:
    """Linear from zero, or logarithmic where the values span too many decades for that."""
    values = [value for row in rows for value in (row["p05"], row["p95"], *row["edges"])]
    low, high = min(values), max(values)
    decades = _decades(rows)
    axes.set_ylim(bottom, 0.0)
    if decades > LINEAR_DECADES:
        low = min(value for value in values if value > 0.0)
        axes.set_xscale("log")
        reach = (high / low) ** 0.04
        axes.set_xlim(low / reach, high * reach)
        axes.xaxis.set_major_locator(
            LogLocator(subs=(1, 2, 5) if decades < DENSE_DECADES else (1,), numticks=12)
        )
    else:
        reach = 0.06 * max(abs(low), abs(high))
        axes.set_xlim(low - reach if low < 0.0 else 0.0, high + reach if high > 0.0 else 0.0)
        axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    numbered(axes.xaxis)
    axes.yaxis.set_major_locator(NullLocator())
    sns.despine(ax=axes, left=True)


def _decades(rows: list[dict[str, Any]]) -> float:
    """Decades that the values above zero span; none where a middle is not above zero, or a value below."""
    values = [value for row in rows for value in (row["p05"], row["p95"], *row["edges"])]
    if min(values) < 0.0 or any(row["p50"] <= 0.0 for row in rows):
        return 0.0
    above = [value for value in values if value > 0.0]
    return log10(max(above) / min(above))


def _note(rows: list[dict[str, Any]]) -> str:
    """How to read the marks; on a logarithmic axis zero lies beyond the left edge."""
    if all(row["p05"] == row["p95"] for row in rows):
        return NOTE_EXACT
    is_cut = _decades(rows) > LINEAR_DECADES and any(row["p05"] == 0.0 for row in rows)
    return NOTE + NOTE_CUT if is_cut else NOTE


def _tracks(axes: Any, placed: list[listing.Line], theme: Theme) -> None:
    """A faint rule under each bar, with the ticks of the axis on it; texts stay free of lines."""
    left, right = axes.get_xlim()
    ticks = [tick for tick in axes.get_xticks() if left <= tick <= right]
    for line in placed:
        axes.hlines(line.middle, left, right, color=theme.faint, lw=0.7, zorder=0)
        axes.vlines(ticks, line.middle - 3.0, line.middle + 3.0, color=theme.faint, lw=0.7, zorder=0)


def _bars(axes: Any, placed: list[listing.Line], theme: Theme) -> None:
    for line in placed:
        spread, colour = line.row["quantiles"], theme.second if line.is_variant else theme.mark
        for low, high, thickness in (("p05", "p95", 1.4), ("p25", "p75", 3.5 if line.is_variant else 6.0)):
            ends = [spread[low], spread[high]]
            axes.plot(ends, [line.middle] * 2, color=colour, lw=thickness, solid_capstyle="butt", zorder=2)


def _dots(axes: Any, placed: list[listing.Line], theme: Theme) -> None:
    """Medians: full for readings, smaller and open for their variants."""
    for is_variant, size in ((False, 38), (True, 24)):
        chosen = [line for line in placed if line.is_variant is is_variant]
        fill, edge = (theme.page, theme.second) if is_variant else (theme.mark, theme.page)
        sns.scatterplot(
            x=[line.row["p50"] for line in chosen],
            y=[line.middle for line in chosen],
            **{"ax": axes, "s": size, "color": fill, "edgecolor": edge, "linewidth": 1.1, "zorder": 5},
        )
