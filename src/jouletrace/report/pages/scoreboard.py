"""The scoreboard: predicted against measured, what was left out, and what others would have said."""

from jouletrace.report.elements import Part, para, to
from jouletrace.report.page import Page
from jouletrace.report.store import Record
from jouletrace.report.tables import Line, table
from jouletrace.report.text import digits, slug

HEAD = ("Predicted", "Rows", "By", "Left out of the fit", "n", "Groups", "Typical", "Rms", "In two", "Inside")


def board(page: Page) -> list[Part]:
    """One line for each thing that is predicted, each split and each forecaster."""
    found = page.store.shown.get("scoreboard")
    if not found or not found["lines"]:
        return []
    lines = [_line(one) for one in found["lines"]]
    return [
        table(HEAD, lines, "Errors of predictions of runs that a fit has not seen", "jt-sortable"),
        para(
            "Typical and Rms: the median and the root mean square of the natural logarithm of predicted over "
            "measured; a tenth is about ten percent. In two: the part of runs predicted within a factor of "
            "two. Inside: the part that fell into the nine-tenths interval; peers give none."
        ),
    ]


def _line(one: Record) -> Line:
    name = to("data", f"computed-{slug(one['dataset'])}", one["what"])
    counts = (str(one["n"]), str(one["groups"]))
    return Line([name, one["part"], one["by"], one["left_out"] or None, *counts, *_figures(one)])


def _figures(one: Record) -> list[str | None]:
    return [digits(one["median_ln"]), digits(one["rms_ln"]), _part(one["factor_two"]), _part(one["coverage"])]


def _part(value: float | None) -> str | None:
    return None if value is None else f"{100 * value:.0f} %"


def families(page: Page) -> list[Part]:
    """Energy of a token by family of models."""
    found = page.store.shown.get("scoreboard")
    if not found or not found["families"]:
        return []
    lines = [
        Line([one["family"], str(one["n"]), _way(one["bias"]), *_figures(one)]) for one in found["families"]
    ]
    head = ("Family", "n", "On the whole", *HEAD[6:])
    return [table(head, lines, "Energy of an output token, each family predicted without it")]


def _way(bias: float) -> str:
    return "too high" if bias > 0.0 else "too low"
