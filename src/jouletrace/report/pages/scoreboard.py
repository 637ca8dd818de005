"""The scoreboard: predicted against measured, what was left out, and what others would have said."""

from jouletrace.report.elements import Part, Tag, num, para, section, to
from jouletrace.report.page import Page
from jouletrace.report.store import Record
from jouletrace.report.tables import Cell, Line, table
from jouletrace.report.text import slug

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
    dataset = one["dataset"]
    figured = (*counts(page, one, dataset), *figures(page, one, dataset), band(page, one, dataset))
    return Line([f"{one['by']}{without}{part}", *figured])


def counts(page: Page, one: Record, dataset: str) -> list[Cell]:
    """Runs and groups of a line, as numbers that lead to where they come from."""
    return [num(page.store.number(f"{dataset}.{one['id']}.{name}.p50")) for name in ("n", "groups")]


def figures(page: Page, one: Record, dataset: str) -> list[Cell]:
    """Figures of a line as such numbers, and nothing for those that a peer does not give."""
    return [
        num(page.store.number(f"{dataset}.{one['id']}.{name}.p50")) if one[name] is not None else None
        for name in FIGURES.values()
    ]


def band(page: Page, one: Record, dataset: str) -> Cell:
    """Where the part inside lies for a right forecaster, given the number of groups; on one line."""
    if one["coverage"] is None or not one["band"]:
        return None
    key = f"{dataset}.{one['id']}.band-"
    low, high = (num(page.store.number(f"{key}{end}.p50")) for end in ("p05", "p95"))
    return [low, "\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}", high]


def groups(page: Page) -> list[Part]:
    """What is missed most: one figure of each fit by group."""
    parts: list[Part] = []
    for one in page.store.shown.get("scoreboard", EMPTY)["groups"]:
        head = ("Group", "n", "Groups", "On the whole", *FIGURES, "Band")
        lines = [
            Line(
                [
                    *(line["group"], *counts(page, line, one["dataset"]), _way(line["bias_ln"])),
                    *(*figures(page, line, one["dataset"]), band(page, line, one["dataset"])),
                ]
            )
            for line in one["lines"]
        ]
        parts.append(table(head, lines, one["title"]))
    return parts


def _way(bias: float) -> str:
    return f"too\N{NO-BREAK SPACE}{'high' if bias > 0.0 else 'low'}"
