"""The scoreboard: predicted against measured, what was left out, and what others would have said."""

from jouletrace.report.elements import Part, Tag, num, para, section, to
from jouletrace.report.page import Page
from jouletrace.report.store import Record
from jouletrace.report.tables import Cell, Line, table
from jouletrace.report.text import share, slug, whole

FIGURES = {"Typical": "median_ln", "Rms": "rms_ln", "In two": "factor_two", "Inside": "coverage"}
EMPTY: Record = {"lines": [], "groups": []}


def board(page: Page) -> list[Part]:
    """One table for each thing that is predicted: each split and each forecaster a line."""
    lines = page.store.shown.get("scoreboard", EMPTY)["lines"]
    parts: list[Part] = []
    for what in dict.fromkeys(one["what"] for one in lines):
        rows = [one for one in lines if one["what"] == what]
        head = ("By", "n", "Groups", *FIGURES, "Band")
        told = table(head, [_line(page, one) for one in rows], "Errors on runs that a fit has not seen")
        title = f"{what[0].upper()}{what[1:]}"
        parts.append(section(title, f"board-{slug(what)}", told, _source(rows[0]["dataset"])))
    return parts


def _source(dataset: str) -> Tag:
    return para(to("data", f"computed-{slug(dataset)}", "where it was computed"))


def _line(page: Page, one: Record) -> Line:
    without = f", without {one['left_out']}" if one["left_out"] else ""
    part = "" if one["rows_of"] == "all" else f" ({one['part']})"
    return Line([f"{one['by']}{without}{part}", *_counts(one), *_figures(page, one)])


def _counts(one: Record) -> list[Cell]:
    return [str(one["n"]), str(one["groups"])]


def _figures(page: Page, one: Record) -> list[Cell]:
    """Figures as numbers that lead to where they come from, and the band of a right forecaster."""
    found: list[Cell] = [
        num(page.store.number(f"{one['dataset']}.{one['id']}.{name}.p50")) if one[name] is not None else None
        for name in FIGURES.values()
    ]
    low, high = one["band"]
    return [*found, f"{whole(low)} to {share(high)}" if one["coverage"] is not None else None]


def groups(page: Page) -> list[Part]:
    """What is missed most: one figure of each fit by group."""
    parts: list[Part] = []
    for one in page.store.shown.get("scoreboard", EMPTY)["groups"]:
        head = ("Group", "n", "Groups", "On the whole", *FIGURES, "Band")
        lines = [
            Line([line["group"], *_counts(line), _way(line["bias_ln"]), *_figures(page, line)])
            for line in one["lines"]
        ]
        parts.append(table(head, lines, one["title"]))
    return parts


def _way(bias: float) -> str:
    return "too high" if bias > 0.0 else "too low"
