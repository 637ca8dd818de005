"""What made a column of joint draws, in a few lines with links."""

from jouletrace.report.elements import Child, el, to
from jouletrace.report.page import ClaimPage
from jouletrace.report.store import Record
from jouletrace.report.text import slug

SHORT = 16  # characters of a fingerprint that are shown


def origin(page: ClaimPage, node: Record) -> list[list[Child]]:
    """Where a column of joint draws comes from, in lines: its dataset, what that read, its code."""
    name = node["computed"]
    one = page.store.ledger["computed"][name]
    return [
        [
            "computed by this project: ",
            to("data", f"computed-{slug(name)}", one["title"]),
            ", column ",
            el("code", node["column"]),
        ],
        ["from ", *tables(node["reads"])],
        [
            el("span", f"{node['effective_draws']:,} effective draws, seed {node['seed']}", cls="jt-data"),
            ", fingerprint ",
            el("code", node["fingerprint"][:SHORT]),
        ],
        ["by ", to("data", f"code-{slug(name)}", el("code", place(one)))],
    ]


def place(one: Record) -> str:
    """File and line at which an experiment starts."""
    return f"src/jouletrace/experiments/{one['experiment']}.py, line {one['line']}"


def tables(names: list[str]) -> list[Child]:
    """Links to tables of figures, with commas between them."""
    found: list[Child] = []
    for name in names:
        found += [", "] if found else []
        found.append(to("data", f"dataset-{slug(name)}", name))
    return found or ["no table"]
