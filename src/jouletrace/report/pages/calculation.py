"""The trace of each row: from the result through the functions down to rows, digests and files."""

from jouletrace.report.elements import Child, Part, Tag, el, num, para, section, to
from jouletrace.report.mathml import formula
from jouletrace.report.page import ClaimPage, title_of
from jouletrace.report.pages.origin import origin
from jouletrace.report.store import Record, anchor
from jouletrace.report.tables import disclosure, spaced
from jouletrace.report.text import show, slug
from jouletrace.report.words import grade_badge, word_badge

#: Rows of one table that a trace names.
SHOWN_ROWS = 6


def traces(page: ClaimPage) -> Part | None:
    """One closed block for each row that is computed; a number's address opens its own."""
    rows = [row for row in page.evidence["rows"] + page.evidence["context"] if row.get("node")]
    if not rows:
        return None
    lead = para(
        "From the result down to the rows of the tables. A function links to its source line, an "
        "input to its line in the table above, a table to its digest."
    )
    return section("Trace", "trace", lead, *(_trace(page, row) for row in rows))


def _trace(page: ClaimPage, row: Record) -> Tag:
    title: list[Child] = [
        el("strong", row["label"], cls="jt-label"),
        " ",
        *page.rich(row["text"]),
        ": ",
        el("span", show(row["p50"], row["unit"]), cls="jt-data"),
    ]
    seen: set[str] = set()
    roots = [key for key in (row["node"], row.get("than_node")) if key]
    asked = el("p", *_question(page, row), cls="jt-asked")
    tree = el("ul", *(_node(page, key, seen) for key in roots), cls="jt-tree")
    printed = {"data_print": "yes"} if row["is_headline"] else {}
    return disclosure(title, asked, tree, ids=anchor("trace", row["label"]), cls="jt-trace", **printed)


def _question(page: ClaimPage, row: Record) -> list[Child]:
    other = page.graph.get(row.get("than_node") or "")
    title = title_of(page.graph[row["node"]])
    what = f"{title}, divided by {title_of(other)}" if other else title
    named = el("span", what, cls="jt-data")
    parts: list[Child] = [el("strong", "Result: "), page.figure(row, "p50"), ", ", named, ". "]
    if row["word"] != "not judged":
        sign = "P " if row["probability_text"][:1] in "<>" else "P = "
        parts += [sign, page.figure(row, "probability"), ", hence ", word_badge(row["word"]), "."]
    return parts


def _node(page: ClaimPage, key: str, seen: set[str]) -> Tag:
    node = page.graph[key]
    if node["kind"] == "function":
        return _function(page, key, node, seen)
    if node["kind"] == "coordinate":
        return el(
            "li",
            "Year ",
            el("span", show(node["p50"], node["unit"]), cls="jt-data"),
            ", chosen by the reading",
            cls="jt-coordinate",
        )
    return _leaf(page, key, node)


def _function(page: ClaimPage, key: str, node: Record, seen: set[str]) -> Tag:
    name = to(f"models/{node['module']}", f"fn-{node['name']}", title_of(node))
    again = key in seen
    seen.add(key)
    head = el(
        "p",
        name,
        " = ",
        _value(page, key, node),
        el("span", " (as above)", cls="jt-small") if again else None,
    )
    if again:
        return el("li", head)
    counts = small_line(f"counts {node['scope']}") if node.get("scope") else None
    below = el("ul", *(_node(page, one, seen) for one in node["args"]))
    shown = el("p", formula(node["formula"]), cls="jt-math") if node["formula"] else None
    return el("li", head, counts, shown, below, cls="jt-function")


def _value(page: ClaimPage, key: str, node: Record) -> Tag:
    model = f"models/{node['module']}.html#fn-{node['name']}"
    return num(page.store.node_number(node, model))


def _leaf(page: ClaimPage, key: str, node: Record) -> Tag:
    rows = node.get("rows", [])
    dated = node.get("column") == "year"
    lines = [small_line(*_row(page, node, one)) for one in rows[:SHOWN_ROWS]]
    lines += [small_line("and more rows of the same table")] if len(rows) > SHOWN_ROWS else []
    grades = [] if dated else spaced(map(grade_badge, node["grades"]))
    lines += [small_line(*one) for one in origin(page, node)] if node.get("computed") else []
    head = el("p", page.node_link(key), " = ", page.node_value(key), " ", *grades)
    return el("li", head, *lines, None if dated else _file(node), cls="jt-leaf")


def small_line(*children: Child) -> Tag:
    """A smaller line of its own."""
    return el("span", *children, cls="jt-small jt-block")


def _file(node: Record) -> Tag:
    entry: list[Child] = ["entry in ", el("code", node["file"])]
    if not node.get("dataset"):
        return small_line(*entry)
    table = to("data", f"dataset-{slug(node['dataset'])}", node["dataset"])
    return small_line(*entry, "; table ", table, ", sha256 ", el("code", node["sha256"], cls="jt-digest"))


def _row(page: ClaimPage, node: Record, one: Record) -> list[Child]:
    named: list[Child] = ["row ", el("code", one["id"])]
    if node.get("column") == "year":
        return named
    value = one["value"] if one["value"] is not None else one["low"]
    source = page.store.source(one["cite"], one["locator"], one["grade"], one["licence"])
    return [*named, f": {show(value, one['unit'])}, {source}"]
