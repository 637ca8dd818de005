"""What the pages may quote: the ledger and the evidence files, read once for each build."""

import json
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from jouletrace.present import printed
from jouletrace.report.text import interval, show, slug

Record = dict[str, Any]


@dataclass(frozen=True)
class Number:
    """A number on a page: what it says, and what its popover tells."""

    text: str
    title: str = ""
    interval: str = ""
    unit: str = ""
    boundary: str = ""
    sources: tuple[str, ...] = ()
    href: str = ""
    scope: str = ""

    def popover(self) -> str:
        """The record that the page carries, as JSON."""
        shown = {
            "title": self.title,
            "interval": self.interval,
            "unit": self.unit,
            "boundary": self.boundary,
            "counts": self.scope,
            "sources": list(self.sources),
        }
        return json.dumps({k: v for k, v in shown.items() if v}, ensure_ascii=False, sort_keys=True)


@dataclass
class Store:
    """The ledger, and evidence on demand."""

    folder: Path
    ledger: Record
    _evidence: dict[str, Record] = field(default_factory=dict)

    @cached_property
    def shown(self) -> Record:
        """What the pages of the reconstruction show; empty where there is none."""
        path = self.folder / "reconstruction.json"
        content: Record = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return content

    def __getattr__(self, name: str) -> Record:
        """Sections of the ledger by name."""
        try:
            return self.ledger[name]
        except KeyError as error:
            raise AttributeError(name) from error

    def evidence_path(self, claim: str) -> Path:
        """File with the evidence of a claim."""
        return self.folder / "evidence" / f"{claim}.json"

    def evidence(self, claim: str) -> Record:
        """Evidence of a claim."""
        if claim not in self._evidence:
            self._evidence[claim] = json.loads(self.evidence_path(claim).read_text(encoding="utf-8"))
        return self._evidence[claim]

    def resolve(self, number: str, article: str = "") -> str | None:
        """Full id of a number; registry text leaves the article out."""
        known = self.ledger["numbers"]
        return next((one for one in (number, f"{article}.{number}") if one in known), None)

    def number(self, number: str) -> Number:
        """A number of the ledger by its full id."""
        raw = self.ledger["numbers"][number]
        return Number(
            text=raw["text"],
            title=raw.get("title") or "",
            interval=interval(raw.get("p05"), raw.get("p95"), _unit(raw)),
            unit="" if raw.get("kind") == "probability" else raw["unit"],
            boundary=(raw.get("boundary") or "").replace(".;", ";"),
            scope=raw.get("scope") or "",
            sources=self.sources(raw.get("sources") or ()),
            href=raw.get("href") or "",
        )

    def sources(self, found: Any) -> tuple[str, ...]:
        """Sources as one line each: work, locator, grade, licence; equal works come together."""
        lines = [self.source(**one) for one in found]
        return tuple(dict.fromkeys(line for line in lines if line))

    def source(
        self,
        cite: str | None = None,
        locator: str | None = None,
        grade: str | None = None,
        licence: str | None = None,
        **_: Any,
    ) -> str:
        """One source in one line."""
        work = self.work(cite) if cite else "our judgement" if grade == "judgement" else ""
        parts = [work, locator or "", grade_word(grade or ""), licence or ""]
        return ", ".join(part for part in parts if part)

    def work(self, cite: str) -> str:
        """A cited work as short as a reader can use."""
        entry = self.ledger["bibliography"].get(cite)
        if not entry:
            return cite
        first = entry["author"].split(";")[0].split(",")[0].strip()
        more = " et al." if ";" in entry["author"] else ""
        return f"{first}{more} {entry['year']}"

    def node_number(self, node: Record, href: str) -> Number:
        """A node of a trace as a number with its popover."""
        return Number(
            text=show(node["p50"], node["unit"]),
            title=node["title"],
            interval=interval(node["p05"], node["p95"], node["unit"]),
            unit=printed(node["unit"]),
            boundary=node["boundary"] or "",
            scope=node.get("scope") or "",
            sources=self.sources(node_sources(node)),
            href=href,
        )


def _unit(raw: Record) -> str:
    """Unit of a ledger's number as `span` wants it; only a year has four digits in one piece."""
    year = raw["text"].isdigit() and len(raw["text"]) == 4
    return "calendar_year" if year else str(raw["unit"])


def grade_word(grade: str) -> str:
    """A grade as the end of a source line; a judgement has said so already."""
    return "" if grade in ("", "judgement") else f"grade: {grade}"


def node_sources(node: Record) -> list[Record]:
    """Sources of a leaf: its own, or those of its rows."""
    if node.get("rows"):
        return [
            {key: row.get(key) for key in ("cite", "locator", "grade", "licence")} for row in node["rows"]
        ]
    return [{key: node.get(key) for key in ("cite", "locator", "grade")}] if node.get("grade") else []


def load(folder: Path) -> Store:
    """The store of a results folder, read again only when the ledger has changed."""
    path = folder / "ledger.json"
    return _load(folder, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _load(folder: Path, _changed: int) -> Store:
    return Store(folder, json.loads((folder / "ledger.json").read_text(encoding="utf-8")))


def claim_doc(claim: Record) -> str:
    """Page of a claim."""
    return f"claims/{claim['article']}/{claim['short']}"


def anchor(kind: str, label: str) -> str:
    """Anchor of a row, a trace or an input on the page of its claim."""
    return f"{kind}-{slug(label)}"
