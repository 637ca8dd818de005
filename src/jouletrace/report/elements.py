"""HTML elements as plain data, written in one place, where everything is escaped.

A page has thousands of elements, and every transform of Sphinx walks every node. So a tree of
elements travels as one node, `html_tree`, with its text for the search beside it.
"""

import re
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import urlsplit

from docutils import nodes
from sphinx.application import Sphinx

from jouletrace.report.store import Number

CHINESE = re.compile("[\u4e00-\u9fff]")
VOID = frozenset({"br", "hr", "wbr", "input", "img"})
#: Elements whose text is printed as it stands.
EXACT = frozenset({"code", "pre", "math"})


@dataclass(slots=True)
class Tag:
    """An HTML element. ``doc`` makes it a link to that page of the book, at ``target``."""

    name: str
    attributes: tuple[tuple[str, str], ...]
    children: "tuple[str | Tag, ...]"
    doc: str | None = None
    target: str = ""


Child = str | Tag | None
Part = Tag | nodes.Node


class html_tree(nodes.General, nodes.Inline, nodes.Element):
    """A tree of elements; its only child is its text, which the search reads."""


def el(name: str, *children: Child, cls: str = "", ids: str = "", **attributes: str) -> Tag:
    """An element; None and empty text disappear, ``data_x`` becomes ``data-x``."""
    return Tag(name, _attributes(cls, ids, attributes), _kept(children))


def to(doc: str, target: str, *children: Child, cls: str = "", **attributes: str) -> Tag:
    """A link inside the book."""
    return Tag("a", _attributes(cls, "", attributes), _kept(children), doc, target)


def href(address: str, *children: Child, cls: str = "", **attributes: str) -> Tag:
    """A link inside the book from the ledger's form, ``folder/page.html#anchor``."""
    page, _, fragment = address.partition("#")
    return to(page.removesuffix(".html"), fragment, *children, cls=cls, **attributes)


def _attributes(cls: str, ids: str, others: dict[str, str]) -> tuple[tuple[str, str], ...]:
    named = {"class": cls, "id": ids}
    given = {key.rstrip("_").replace("_", "-"): value for key, value in others.items()}
    return tuple((key, value) for key, value in named.items() if value) + tuple(given.items())


def _kept(children: tuple[Child, ...]) -> tuple[str | Tag, ...]:
    return tuple(child for child in children if child)


def web(url: str, text: str) -> Tag:
    """A link out of the book, or its text alone where the address is not http or https."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.netloc or any(c in url for c in "\"'<>\\ \t\n"):
        return el("span", text)
    return el("a", text, cls="jt-web", href=url.strip(), rel="noopener noreferrer")


def num(number: Number, extra: Tag | None = None) -> Tag:
    """A number: a link to its trace, which the script makes into a button with a popover."""
    below = (el("br"), extra) if extra else ()
    return href(number.href, number.text, *below, cls="jt-num", data_jt=number.popover())


def titled(title: str, name: str = "cite") -> Tag:
    """The title of a work, marked as Chinese where it is."""
    return el(name, title, lang="zh") if CHINESE.search(title) else el(name, title)


def para(*children: Child, cls: str = "") -> Tag:
    """A paragraph."""
    return el("p", *children, cls=cls)


def section(title: str, ids: str, *parts: Tag | nodes.Node | None) -> nodes.section:
    """A section with a heading and an anchor."""
    node = nodes.section("", nodes.title("", title), ids=[ids], names=[ids])
    node += [wrapped(part) for part in parts if part is not None]
    return node


def wrapped(part: Tag | nodes.Node) -> nodes.Node:
    """A node of docutils, whatever it was."""
    if isinstance(part, Tag):
        return html_tree("", nodes.Text(words(part)), tree=part)
    return part


def words(part: str | Tag) -> str:
    """The text of a tree, for the search; of a closed part only its heading."""
    if isinstance(part, str):
        return part
    shown = part.children[:1] if part.name == "details" else part.children
    return " ".join(map(words, shown))


def curly(text: str) -> str:
    r"""Typographic quotation marks and apostrophes.

    >>> curly('the "workforce", people\'s')
    'the “workforce”, people’s'
    """
    if '"' not in text and "'" not in text:
        return text
    text = re.sub(r'(^|[\s(\[])"(?=\w)', r"\1“", text).replace('"', "”")
    return re.sub(r"(^|[\s(\[“])'(?=\w)", r"\1‘", text).replace("'", "’")


def written(part: str | Tag, builder: Any, page: str, exact: bool = False) -> str:
    """The markup of a tree, on a page; ``exact`` inside code."""
    if isinstance(part, str):
        return escape(part if exact else curly(part), quote=False)
    exact = exact or part.name in EXACT
    attributes = part.attributes
    if part.doc is not None:
        attributes = (("href", _address(part, builder, page)), *attributes)
    shown = "".join(f' {key}="{escape(value)}"' for key, value in attributes)
    inside = "".join(written(child, builder, page, exact) for child in part.children)
    return f"<{part.name}{shown}>" if part.name in VOID else f"<{part.name}{shown}>{inside}</{part.name}>"


def _address(part: Tag, builder: Any, page: str) -> str:
    there = "" if part.doc in ("", page) else builder.get_relative_uri(page, part.doc)
    return f"{there}#{part.target}" if part.target else there or "#"


def _visit(self: Any, node: html_tree) -> None:
    self.body.append(written(node["tree"], self.builder, self.builder.current_docname))
    raise nodes.SkipNode


def _text_alone(self: Any, node: html_tree) -> None:
    """Other builders print the text."""


def setup(app: Sphinx) -> None:
    """Register the node."""
    others: Any = {name: (_text_alone, _text_alone) for name in ("latex", "text", "man", "texinfo")}
    app.add_node(html_tree, html=(_visit, None), **others)
