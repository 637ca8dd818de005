"""What a page builder is given: the store, what the page is about, and where it is asked for."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from jouletrace.present import printed
from jouletrace.report.elements import Child, Tag, el, num, to
from jouletrace.report.store import Number, Record, Store, anchor
from jouletrace.report.text import interval, show, slug
from jouletrace.report.tokens import plain, rich


@dataclass
class Page:
    """One directive on one page."""

    store: Store
    name: str
    doc: str
    srcdir: Path
    location: Any

    def work(self, cite: str) -> Tag:
        """A cited work, linked to the list of works."""
        name = self.store.work(cite)
        return (
            to("sources", f"bib-{slug(cite)}", name) if cite in self.store.bibliography else el("span", name)
        )


@dataclass
class ClaimPage(Page):
    """The page of a claim."""

    @property
    def entry(self) -> Record:
        """The claim in the ledger."""
        return self.store.claims[self.name]

    @property
    def article(self) -> str:
        """Id of the article."""
        return self.entry["article"]

    @cached_property
    def evidence(self) -> Record:
        """The evidence file."""
        return self.store.evidence(self.name)

    @property
    def claim(self) -> Record:
        """The entry of the registry, as evidence carries it."""
        return self.evidence["claim"]

    @property
    def headline(self) -> Record:
        """The row that the verdict rests on."""
        return next(row for row in self.evidence["rows"] if row["is_headline"])

    @property
    def graph(self) -> Record:
        """Every node of the trace."""
        return self.evidence["nodes"]

    def rich(self, text: str) -> list[Child]:
        """Registry text with its numbers."""
        return rich(self.store, text, self.article, self.location)

    def plain(self, text: str) -> str:
        """Registry text as a string."""
        return plain(self.store, text, self.article)

    def figure(self, row: Record, part: str, with_interval: bool = False) -> Tag | None:
        """A number of a row, from the ledger where it has it, else from the evidence."""
        extra = small(self.span(row)) if with_interval and row.get(part) is not None else None
        full = f"{self.name}.{row['label']}.{part}"
        if full in self.store.numbers:
            return num(self.store.number(full), extra)
        if row.get(part) is None:
            return None
        text = row["probability_text"] if part == "probability" else show(row[part], row["unit"])
        where = self.trace(row["label"])
        return num(Number(text, row["text"], self.span(row), printed(row["unit"]), href=where), extra)

    def made(
        self, text: str, title: str, row: Record, boundary: str = "", sources: tuple[str, ...] = ()
    ) -> Tag:
        """A number that belongs to a row and has no id of its own."""
        return num(Number(text, title, "", row.get("unit", ""), boundary, sources, self.trace(row["label"])))

    def trace(self, label: str) -> str:
        """Address of the trace of a row."""
        return f"{self.doc}.html#{anchor('trace', label)}"

    def span(self, row: Record) -> str:
        """The 5 to 95 % interval of a row."""
        return interval(row.get("p05"), row.get("p95"), row["unit"])

    def leaf(self, node_id: str) -> str:
        """Address of an input on this page."""
        return f"{self.doc}.html#{self._place(node_id)}"

    def node_link(self, node_id: str) -> Tag:
        """Title and coordinates of an input, linked to its line in the table of inputs."""
        node = self.graph[node_id]
        return to(self.doc, self._place(node_id), title_of(node), cls="jt-data")

    def _place(self, node_id: str) -> str:
        """Anchor of an input; an error stands with the first figure that carries it."""
        covers = self.graph[node_id].get("covers")
        return anchor("input", covers[0] if covers else node_id)

    def node_value(self, node_id: str, value: float | None = None) -> Tag:
        """A value of an input as a control: its median, or another value of it."""
        node = self.graph[node_id]
        known = self.store.node_number(node, self.leaf(node_id))
        return num(known if value is None else replace(known, text=show(value, node["unit"])))


def small(text: str) -> Tag | None:
    """A second, smaller line, or nothing."""
    return el("span", text, cls="jt-small jt-block") if text else None


def title_of(node: Record) -> str:
    """Title of a node with its coordinates."""
    where = [
        str(node["at"][key]).replace("-", " ")
        for key in ("region", "series", "device", "load", "year")
        if key in node["at"]
    ]
    since = [f"since {node['base']['year']}"] if node.get("base", {}).get("year") else []
    return node["title"] + (f" ({', '.join([*where, *since])})" if where or since else "")
