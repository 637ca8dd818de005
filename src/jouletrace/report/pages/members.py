"""Tables of members: the same quantities for each model, or each published figure, of a group."""

from jouletrace.report.elements import Child, Part, Tag, el, para, section
from jouletrace.report.page import ClaimPage
from jouletrace.report.store import Record, anchor
from jouletrace.report.tables import Line, table
from jouletrace.report.text import interval, show


def members(page: ClaimPage) -> Part | None:
    """One table for each that the claim asks for, closed at first where it is long."""
    asked = page.claim.get("members")
    if not asked:
        return None
    tables = [listed(page, name, spec) for name, spec in asked.items()]
    note = para(
        "Each line has the middle of all draws, and below it the 5 to 95 % interval. "
        "† marks a line that rests on a recalled figure."
    )
    return section("One by one", "members", note, *tables)


def listed(page: ClaimPage, name: str, spec: Record) -> Tag:
    """Members of one table, a line each."""
    lines = [line for line in page.evidence["members"] if line["table"] == name]
    head = (spec["title"], *(_capital(one["text"]) for one in spec["columns"].values()))
    made: list[Line] = []
    for line in lines:
        cells = [_cell(line["columns"][column]) for column in spec["columns"]]
        made.append(Line([_name(line, spec), *cells], ids=anchor("member", f"{name}-{line['series']}")))
    return table(head, made, spec["title"], "jt-members")


def _name(line: Record, spec: Record) -> list[Child]:
    mark = " †" if line["grade"] == "recalled" else ""
    group = spec["groups"][line["group"]]
    return [el("span", f"{line['name']}{mark}", cls="jt-data"), el("span", group, cls="jt-small jt-block")]


def _cell(value: Record) -> list[Child]:
    span = interval(value["p05"], value["p95"], value["unit"])
    return [
        el("span", show(value["p50"], value["unit"]), cls="jt-data"),
        el("span", span, cls="jt-data jt-small jt-block") if span else None,
    ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
