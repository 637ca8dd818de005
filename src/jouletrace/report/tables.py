"""Tables that stay tables for a screen reader and become cards, or scroll, on a phone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from jouletrace.report.elements import Child, Tag, el

Cell = Tag | str | None | Sequence[Child]


@dataclass
class Line:
    """A row of a table: its cells, its anchor, and what the filter of the table looks at."""

    cells: Sequence[Cell]
    ids: str = ""
    cls: str = ""
    data: dict[str, str] = field(default_factory=dict)


def table(
    head: Sequence[str], lines: Iterable[Line], caption: str, cls: str = "", cards: bool = False
) -> Tag:
    """A table made by the extension. ``cards``: on a phone each row becomes a card."""
    kind = "jt-cards" if cards else "jt-scroll"
    row = el("tr", *(el("th", title, scope="col", role="columnheader") for title in head), role="row")
    body = el("tbody", *(_line(head, line) for line in lines), role="rowgroup")
    made = el(
        "table",
        el("caption", caption),
        el("thead", row, role="rowgroup"),
        body,
        cls=f"jt-table {cls}",
        role="table",
    )
    if cards:
        return el("div", made, cls=f"jt-wrap {kind}")
    return el("div", made, cls=f"jt-wrap {kind}", role="region", tabindex="0", aria_label=caption)


def _line(head: Sequence[str], line: Line) -> Tag:
    cells = [
        _cell(title, cell, first=not i) for i, (title, cell) in enumerate(zip(head, line.cells, strict=True))
    ]
    return el("tr", *cells, cls=line.cls, ids=line.ids, role="row", **line.data)


def _cell(title: str, cell: Cell, first: bool) -> Tag:
    children: Any = cell if isinstance(cell, list | tuple) else [cell]
    name, attributes = ("th", {"scope": "row", "role": "rowheader"}) if first else ("td", {"role": "cell"})
    if not any(children):
        return el(name, "–", cls="jt-empty", data_label=title, **attributes)
    return el(name, *children, data_label=title, **attributes)


def dl(*pairs: tuple[str, Cell], cls: str = "") -> Tag:
    """A list of terms; pairs without content are left out."""
    parts = []
    for term, cell in pairs:
        children: Any = cell if isinstance(cell, list | tuple) else [cell]
        if any(child not in (None, "") for child in children):
            parts += [el("dt", term), el("dd", *children)]
    return el("dl", *parts, cls=f"jt-dl {cls}")


def spaced(items: Iterable[Child]) -> list[Child]:
    """Inline items with a space between them."""
    found: list[Child] = []
    for item in items:
        found += [" ", item] if found else [item]
    return found


def disclosure(
    title: Child | list[Child], *children: Child, ids: str = "", cls: str = "", **attributes: str
) -> Tag:
    """A part that opens by a click, closed at first."""
    head: Any = title if isinstance(title, list) else [title]
    inside = el("div", *children, cls="jt-inside")
    return el("details", el("summary", *head), inside, ids=ids, cls=f"jt-more {cls}".strip(), **attributes)
