"""Every input of a claim: judgements first, since they are the first that may be wrong."""

from jouletrace.report.elements import Child, Part, el, num, para, section, to, web
from jouletrace.report.page import ClaimPage, small, title_of
from jouletrace.report.pages.origin import origin
from jouletrace.report.store import Record, anchor
from jouletrace.report.tables import Line, spaced, table
from jouletrace.report.text import digits, show, slug
from jouletrace.report.words import grade_badge

LEAVES = ("input", "table", "draws")
ORDER = ("judgement", "recalled", "fitted", "secondary", "measured", "read")


def inputs(page: ClaimPage) -> Part | None:
    """The table of inputs, worst grade first."""
    leaves = {key: node for key, node in page.graph.items() if node["kind"] in LEAVES}
    if not leaves:
        return None
    order = sorted(leaves, key=lambda key: (_rank(leaves[key]), leaves[key]["title"], key))
    lines = [_line(page, key, leaves[key]) for key in order]
    head = ("Input and boundary", "Value, range, grade", "Source and licence")
    return section(
        "Inputs",
        "inputs",
        para("Our own judgements come first: they are the first things that could be wrong."),
        table(head, lines, "Inputs of this claim, judgements first", "jt-inputs"),
    )


def _rank(node: Record) -> tuple[bool, int]:
    grades = [ORDER.index(one) for one in node["grades"] if one in ORDER]
    return node["unit"] == "calendar_year", min(grades, default=len(ORDER))


def _line(page: ClaimPage, key: str, node: Record) -> Line:
    number = page.store.node_number(node, page.leaf(key))
    name: list[Child] = [
        title_of(node),
        small(node["boundary"]),
        small(f"counts {node['scope']}" if node.get("scope") else ""),
        el("code", node["name"], cls="jt-name jt-block"),
    ]
    grades = el("span", *spaced(map(grade_badge, node["grades"])), cls="jt-block")
    value: list[Child] = [num(number, small(number.interval)), grades]
    return Line([name, value, _source(page, node)], ids=anchor("input", key))


def _source(page: ClaimPage, node: Record) -> list[Child]:
    cited = origin(page, node) if node.get("computed") else _cited(page, node)
    parts: list[Child] = [el("span", *line, cls="jt-block") for line in cited]
    parts += [el("span", one, cls="jt-small jt-block") for one in (node.get("why"), node.get("note")) if one]
    error = node.get("error")
    if error:
        reason = f"error of the figure, {distribution(error['distribution'])}; {error.get('why') or ''}"
        parts.append(el("span", grade_badge(error["grade"]), " ", reason, cls="jt-small jt-block"))
    if node.get("distribution"):
        parts.append(el("span", distribution(node["distribution"], node["unit"]), cls="jt-small jt-block"))
    if node.get("dataset"):
        parts.append(
            el(
                "span",
                "from ",
                to("data", f"dataset-{slug(node['dataset'])}", node["dataset"]),
                cls="jt-small jt-block",
            )
        )
    licence = sorted({row["licence"] for row in node.get("rows", []) if row.get("licence")})
    return [*parts, small("licence: " + "; ".join(licence)) if licence else None]


def _cited(page: ClaimPage, node: Record) -> list[list[Child]]:
    """Each work once, with all its locators, linked to the list of works and to the work itself."""
    locators: dict[str, dict[str, None]] = {}
    for one in node.get("rows") or [node]:
        if one.get("cite"):
            locators.setdefault(one["cite"], {})[one.get("locator") or ""] = None
    return [[page.work(cite), ", ", "; ".join(found), *_out(page, cite)] for cite, found in locators.items()]


def _out(page: ClaimPage, cite: str) -> list[Child]:
    url = page.store.bibliography.get(cite, {}).get("url")
    return [" ", web(url, "↗")] if url else []


def distribution(given: Record, unit: str = "ratio") -> str:
    """A distribution in words.

    >>> distribution({"triangular": {"min": 2.0, "mode": 2.7, "max": 4.0}})
    'triangular, 2 to 4, most likely 2.7'
    """
    kinds = [name for name, value in given.items() if isinstance(value, dict)]
    kind, numbers = (kinds[0], given[kinds[0]]) if kinds else ("", given)
    if "exact" in given:
        return f"exact, {show(given['exact'], unit)}"
    if {"min", "mode", "max"} <= numbers.keys():
        ends = f"{digits(numbers['min'])} to {digits(numbers['max'])}"
        return f"{kind}, {ends}, most likely {digits(numbers['mode'])}"
    if {"p05", "p50", "p95"} <= numbers.keys():
        ends = f"{digits(numbers['p05'])} to {digits(numbers['p95'])}"
        return f"{(kind or 'lognormal').replace('_', ' ')}, middle {digits(numbers['p50'])}, 5 to 95 % {ends}"
    if {"min", "max"} <= numbers.keys():
        return f"{kind}, {digits(numbers['min'])} to {digits(numbers['max'])}"
    return ", ".join(given)
