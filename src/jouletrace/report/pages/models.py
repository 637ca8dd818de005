"""The source of a model file, function by function, each with its own anchor."""

from docutils import nodes

from jouletrace.report.elements import Part, Tag, el, para, section, to
from jouletrace.report.mathml import formula
from jouletrace.report.page import Page
from jouletrace.report.pages.registers import used_by
from jouletrace.report.store import Record
from jouletrace.report.tables import dl


def modules(functions: Record) -> list[str]:
    """Names of the model files."""
    return sorted({one["module"] for one in functions.values()})


def model(page: Page) -> list[Part]:
    """Every function of a model file, in the order of the file."""
    found = {key: one for key, one in page.store.functions.items() if one["module"] == page.name}
    order = sorted(found, key=lambda key: found[key]["line"])
    return [_function(page, key, found[key]) for key in order]


def _function(page: Page, name: str, one: Record) -> Part:
    code = nodes.literal_block(one["source"], one["source"], language="python", linenos=True)
    code["highlight_args"] = {"linenostart": one["line"]}
    return section(
        one["title"],
        f"fn-{name}",
        el("p", formula(one["formula"]), cls="jt-math") if one["formula"] else None,
        dl(
            ("Boundary", one["boundary"]),
            ("Counts", one.get("scope")),
            ("Converts", one.get("converts")),
            ("Holds", one.get("holds")),
            ("Needs", el("span", *_needs(page, one["args"]))),
            ("Used by", used_by(page, one["used_by"])),
            ("File", el("code", f"src/jouletrace/models/{page.name}.py, line {one['line']}")),
            cls="jt-data",
        ),
        code,
    )


def _needs(page: Page, args: list[str]) -> list[Tag | str]:
    parts: list[Tag | str] = []
    for name in args:
        parts += [", "] if parts else []
        known = page.store.functions.get(name.removeprefix("base_"))
        parts.append(
            to(f"models/{known['module']}", f"fn-{name.removeprefix('base_')}", el("code", name))
            if known
            else el("code", name)
        )
    return parts


def models(page: Page) -> list[Part]:
    """List of the model files."""
    found = [
        el("li", to(f"models/{name}", "", name), f": {_titles(page, name)}")
        for name in modules(page.store.functions)
    ]
    return [
        para("Each function is named after what it returns, its arguments after what they are."),
        el("ul", *found),
    ]


def _titles(page: Page, name: str) -> str:
    count = sum(one["module"] == name for one in page.store.functions.values())
    return "one function" if count == 1 else f"its {_count(count)}functions"


def _count(count: int) -> str:
    words = (
        "",
        "",
        "two ",
        "three ",
        "four ",
        "five ",
        "six ",
        "seven ",
        "eight ",
        "nine ",
        "ten ",
        "eleven ",
        "twelve ",
    )
    return words[count] if count < len(words) else ""
