"""How a quantity moves over the years: a fan of its draws, the article's values, the published views."""

from typing import Any

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from jouletrace.figures import views as published
from jouletrace.figures.style import (
    MARGIN,
    SMALL,
    TEXT,
    WIDTH,
    Theme,
    amount,
    axis_label,
    below,
    canvas,
    frame,
    leading,
    numbered,
    sheet,
    wrap,
)

TALL, TOP, TICKS, HEADROOM = 185.0, 36.0, 26.0, 0.16
Y_TICKS, BETWEEN, RIGHT = 26.0, 34.0, 14.0
NOTE = "line: median · dark band: middle half of the draws · light band: nine tenths"
NOTE_POINT = "diamond: what the article states"
NOTE_COUNTS = " · upright bar: what still counts as it"
NOTE_VIEWS = "thin grey lines: published views, with a dot where a figure is printed"
#: Up to this many years each has its label; beyond, those that stand this far apart.
ALL_YEARS, APART = 8, 3
Point = dict[str, Any]


def figure(evidence: dict[str, Any], views: list[dict[str, Any]], theme: Theme) -> Figure:
    """A panel for each series of the path, side by side on one scale."""
    spec = evidence["claim"]["figure"]
    fans = {name: _fan(evidence["path"], name) for name in spec["series"]}
    stated = {name: _stated(evidence, name) for name in spec["series"]}
    label, note = wrap(axis_label(spec), WIDTH - 2 * MARGIN, SMALL), _note(stated, views)
    start = TOP + (len(label) - 1) * leading(SMALL)
    drawn = sheet(start + TALL + TICKS + len(note) * leading(SMALL))
    words = canvas(drawn)
    below(words, 2.0, label, [], theme)
    below(words, start + TALL + TICKS, [], note, theme)
    top = _highest(fans, stated, views)
    for index, (name, left, wide) in enumerate(_panels(list(fans), bool(views))):
        axes = frame(drawn, left, start, wide, TALL)
        words.text(left, start - 4.0, name, size=TEXT, weight="bold", va="bottom")
        _scale(axes, fans[name]["year"], stated[name], top, index == 0)
        _band(axes, fans[name], theme)
        published.draw(axes, views, theme)
        for point in stated[name]:
            _point(axes, point, fans[name], theme)
    return drawn


def _note(stated: dict[str, list[Point]], views: list[dict[str, Any]]) -> list[str]:
    points = [point for some in stated.values() for point in some]
    counts = NOTE_COUNTS if any(len(point["edges"]) > 1 for point in points) else ""
    return [NOTE, *([NOTE_POINT + counts] if points else []), *([NOTE_VIEWS] if views else [])]


def _panels(names: list[str], has_views: bool) -> list[tuple[str, float, float]]:
    """Name, left edge and width of each panel in points."""
    room = WIDTH - 2 * MARGIN - Y_TICKS - (published.ROOM if has_views else RIGHT)
    wide = (room - BETWEEN * (len(names) - 1)) / len(names)
    return [(name, MARGIN + Y_TICKS + index * (wide + BETWEEN), wide) for index, name in enumerate(names)]


def _fan(path: dict[str, dict[str, float]], name: str) -> dict[str, list[float]]:
    """Years of a series and its quantiles, as columns."""
    rows = sorted((int(key.split("@")[1]), at) for key, at in path.items() if key.split("@")[0] == name)
    columns = {key: [at[key] for _, at in rows] for key in ("p05", "p25", "p50", "p75", "p95")}
    return {"year": [float(year) for year, _ in rows], **columns}


def _stated(evidence: dict[str, Any], name: str) -> list[Point]:
    """What the article states about the series: a year, a value, and what counts as it."""
    label = evidence["claim"]["figure"]["series"][name]
    (row,) = [row for row in evidence["rows"] if row["label"] == label]
    asked, first_last = row["proposition"], evidence["claim"]["figure"]["years"]
    year = asked["at"].get("year")
    if asked["value"] is None or year is None or not first_last[0] <= year <= first_last[1]:
        return []
    beyond = "" if asked["is"] in ("about", "between") else f"{asked['is']} "
    said = f"article: {beyond}{amount(asked['value'], row['unit'])}"
    return [{"year": year, "value": float(asked["value"]), "edges": row["edges"], "text": said}]


def _highest(
    fans: dict[str, dict[str, list[float]]], stated: dict[str, list[Point]], views: list[dict[str, Any]]
) -> float:
    bands = [value for fan in fans.values() for value in fan["p95"]]
    points = [
        edge for some in stated.values() for point in some for edge in (point["value"], *point["edges"])
    ]
    seen = [value for view in views for _, value, _ in view["points"]]
    return max(*bands, *points, *seen) * (1 + HEADROOM)


def _scale(axes: Any, years: list[float], points: list[Point], top: float, first: bool) -> None:
    axes.set(xlim=(years[0], years[-1]), ylim=(0.0, top))
    axes.set_xticks(_year_ticks([int(year) for year in years], [point["year"] for point in points]))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    numbered(axes.yaxis)
    axes.grid(axis="y", lw=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0, labelleft=first)
    sns.despine(ax=axes, left=True)


def _year_ticks(years: list[int], stated: list[int]) -> list[int]:
    if len(years) <= ALL_YEARS:
        return years
    kept = {years[0], years[-1], *stated}
    fives = [year for year in years if year % 5 == 0 and all(abs(year - one) >= APART for one in kept)]
    return sorted({*kept, *fives})


def _band(axes: Any, fan: dict[str, list[float]], theme: Theme) -> None:
    for low, high, depth in (("p05", "p95", 0.18), ("p25", "p75", 0.38)):
        axes.fill_between(fan["year"], fan[low], fan[high], color=theme.mark, alpha=depth, lw=0)
        for edge in (low, high) if low == "p05" else ():
            sns.lineplot(x=fan["year"], y=fan[edge], ax=axes, color=theme.mark, lw=0.8)
    sns.lineplot(x=fan["year"], y=fan["p50"], ax=axes, color=theme.mark, lw=2.6, zorder=5)


def _point(axes: Any, point: Point, fan: dict[str, list[float]], theme: Theme) -> None:
    """A diamond at the stated value, a bar over what counts as it, its words above everything near."""
    year, (first, last) = point["year"], axes.get_xlim()
    if len(point["edges"]) > 1:
        axes.vlines(year, *point["edges"], color=theme.accent, lw=2.0, zorder=6, clip_on=False)
    dot = {"s": 60, "color": theme.accent, "marker": "D", "edgecolor": theme.page, "zorder": 7}
    sns.scatterplot(x=[year], y=[point["value"]], ax=axes, clip_on=False, **dot)
    part = (year - first) / (last - first)
    side = "left" if part < 0.25 else "center" if part < 0.75 else "right"
    near = [y for x, y in zip(fan["year"], fan["p95"], strict=True) if abs(x - year) <= (last - first) / 2]
    y = max(*near, point["value"], *point["edges"])
    style = {"size": SMALL, "weight": "bold", "color": theme.accent, "zorder": 8}
    line = {"arrowstyle": "-", "color": theme.accent, "lw": 0.8, "shrinkA": 0, "shrinkB": 0}
    place = {"xytext": (0, 7), "textcoords": "offset points", "ha": side, "va": "bottom"}
    axes.annotate(point["text"], (year, y), **place, **style)
    axes.annotate("", (year, point["value"]), (year, y), arrowprops=line)
