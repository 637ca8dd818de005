"""Roles: what a sentence may quote. An unknown id is a warning with file and line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

from jouletrace.report.elements import Part, el, num, wrapped
from jouletrace.report.store import Number, Store, load
from jouletrace.report.tokens import claim_link, number_node, rich, unknown, written_for

Made = Part
Builder = Callable[[Store, str, Any], Made]


def store_of(env: Any) -> Store:
    """The store of a build; the page depends on the ledger from here on."""
    store = load(Path(env.config.jouletrace_results))
    env.note_dependency(str(store.folder / "ledger.json"))
    return store


def role(build: Builder) -> SphinxRole:
    """A role whose nodes ``build`` makes from the store, the text and its place."""

    class Quoting(SphinxRole):
        def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
            made = build(store_of(self.env), self.text.strip(), self.get_location())
            return [wrapped(made)], []

    return Quoting()


def number(store: Store, text: str, location: Any) -> Made:
    """``{num}`ID` ``: a number of the ledger with its popover."""
    return number_node(store, text, "", location)


def claim(store: Store, text: str, location: Any) -> Made:
    """``{claim}`51cto-2023.C12` ``: a claim with its word, linked to its page."""
    return claim_link(store, text) if text in store.claims else unknown("claim", text, store.claims, location)


def finding(store: Store, text: str, location: Any) -> Made:
    """``{finding}`51cto-2023.C12` ``: the finding of a claim, with a note where its verdict turned."""
    if text not in store.claims:
        return unknown("claim", text, store.claims, location)
    entry = store.claims[text]
    note = written_for(entry["word"], entry["written_for"])
    return el("span", *rich(store, entry["finding"], entry["article"], location), note)


def asserts(store: Store, text: str, location: Any) -> Made:
    """``{asserts}`CLAIM.ROW|true|sentence` ``: a sentence that fits one word of a reading only."""
    where, _, rest = text.partition("|")
    word, _, sentence = rest.partition("|")
    claim_id, row = _row(store, where.strip())
    if row is None:
        return unknown("reading", where, _readings(store, claim_id), location)
    article = store.claims[claim_id]["article"]
    return el(
        "span", *rich(store, sentence.strip(), article, location), written_for(row["word"], word.strip())
    )


def _row(store: Store, where: str) -> tuple[str, dict[str, Any] | None]:
    claim_id = next((one for one in store.claims if where.startswith(f"{one}.")), "")
    rows = store.evidence(claim_id)["rows"] if claim_id else []
    return claim_id, next((row for row in rows if f"{claim_id}.{row['label']}" == where), None)


def _readings(store: Store, claim_id: str) -> list[str]:
    if not claim_id:
        return list(store.claims)
    return [f"{claim_id}.{row['label']}" for row in store.evidence(claim_id)["rows"]]


def setting(store: Store, text: str, location: Any) -> Made:
    """``{setting}`thresholds.true_from` ``: a setting of the registry."""
    value: Any = store.settings
    for key in text.split("."):
        if not isinstance(value, dict) or key not in value:
            return unknown("setting", text, store.settings, location)
        value = value[key]
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, int) and text != "seed":
        shown = f"{value:,}"
    return num(
        Number(
            shown,
            f"Setting of the registry: {text}",
            sources=("data/registry/settings.yaml",),
            href="methods.html",
        )
    )


def claim_title(store: Store, text: str, location: Any) -> Made:
    """Heading of the page of a claim."""
    if text not in store.claims:
        return unknown("claim", text, store.claims, location)
    return nodes.inline("", f"{store.claims[text]['short']}: {store.claims[text]['title']['en']}")


def article_title(store: Store, text: str, location: Any) -> Made:
    """Heading of the page of an article."""
    if text not in store.articles:
        return unknown("article", text, store.articles, location)
    return nodes.inline("", store.articles[text]["title"]["en"])


def model_title(store: Store, text: str, location: Any) -> Made:
    """Heading of the page of a model file."""
    words = text.replace("_", " ")
    return nodes.inline("", "AI" + words[2:] if words.startswith("ai ") else words.capitalize())


ROLES: dict[str, Builder] = {
    "num": number,
    "claim": claim,
    "finding": finding,
    "asserts": asserts,
    "setting": setting,
    "claim-title": claim_title,
    "article-title": article_title,
    "model-title": model_title,
}


def setup(app: Sphinx) -> None:
    """Register the roles."""
    for name, build in ROLES.items():
        app.add_role(name, role(build))
