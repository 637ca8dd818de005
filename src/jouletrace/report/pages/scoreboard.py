"""The scoreboard: predicted against measured, what was left out, and what others would have said."""

from jouletrace.report.elements import Part, para, section, to
from jouletrace.report.page import Page
from jouletrace.report.store import Record
from jouletrace.report.tables import Line, table
from jouletrace.report.text import digits, slug

FIGURES = ("Typical", "Rms", "In two", "Inside")
EMPTY: Record = {"lines": [], "families": []}


def board(page: Page) -> list[Part]:
    """One table for each thing that is predicted: each split and each forecaster a line."""
    lines = page.store.shown.get("scoreboard", EMPTY)["lines"]
    parts: list[Part] = []
    for what in dict.fromkeys(one["what"] for one in lines):
        rows = [one for one in lines if one["what"] == what]
        source = to("data", f"computed-{slug(rows[0]['dataset'])}", "where it was computed")
        head = ("By", "n", "Groups", *FIGURES)
        told = table(head, [_line(one) for one in rows], "Errors on runs that a fit has not seen")
        parts.append(section(f"{what[0].upper()}{what[1:]}", f"board-{slug(what)}", told, para(source)))
    return parts


def _line(one: Record) -> Line:
    without = f", without {one['left_out']}" if one["left_out"] else ""
    part = "" if one["rows_of"] == "all" else f" ({one['part']})"
    return Line([f"{one['by']}{without}{part}", str(one["n"]), str(one["groups"]), *_figures(one)])


def _figures(one: Record) -> list[str | None]:
    return [digits(one["median_ln"]), digits(one["rms_ln"]), _part(one["factor_two"]), _part(one["coverage"])]


def _part(value: float | None) -> str | None:
    return None if value is None else f"{100 * value:.0f} %"


def families(page: Page) -> list[Part]:
    """Energy of a token by family of models."""
    found = page.store.shown.get("scoreboard", EMPTY)["families"]
    if not found:
        return []
    lines = [Line([one["family"], str(one["n"]), _way(one["bias"]), *_figures(one)]) for one in found]
    head = ("Family", "n", "On the whole", *FIGURES)
    return [table(head, lines, "Energy of an output token, each family predicted without it")]


def _way(bias: float) -> str:
    return "too high" if bias > 0.0 else "too low"
