"""Registry text: plain words in which ``{num:ID}`` stands for a number of the ledger."""

import re
from typing import Any

from sphinx.util import logging

from jouletrace.report.elements import Child, Tag, el, num, to
from jouletrace.report.store import Store, claim_doc
from jouletrace.report.words import word_badge

TOKEN = re.compile(r"\{num:([^{}]+)\}")
logger = logging.getLogger(__name__)


def unknown(what: str, name: str, known: Any, location: Any) -> Tag:
    """A warning with file and line, fatal in a strict build; the page shows that it is missing."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    logger.warning(f"unknown {what} `{name}`{hint}", location=location, type="jouletrace", subtype=what)
    return el("span", f"[unknown {what}]", cls="jt-unknown")


def number_node(store: Store, name: str, article: str, location: Any) -> Tag:
    """The control of a number, by full id or by an id without its article."""
    full = store.resolve(name, article)
    if full is None:
        return unknown("number", name, store.ledger["numbers"], location)
    return num(store.number(full))


def rich(store: Store, text: str, article: str, location: Any) -> list[Child]:
    """Registry text as nodes; nothing in it is markup but the number tokens."""
    parts: list[Child] = []
    for position, part in enumerate(TOKEN.split(text or "")):
        if position % 2:
            parts.append(number_node(store, part, article, location))
        elif part:
            parts.append(part)
    return parts


def plain(store: Store, text: str, article: str) -> str:
    """Registry text as a string, for alternative texts and titles."""

    def value(match: re.Match[str]) -> str:
        full = store.resolve(match[1], article)
        return store.number(full).text if full else match[0]

    return TOKEN.sub(value, text or "")


def written_for(word: str, asserted: str) -> Tag | None:
    """The note that a direction was written for another word, or nothing while it fits."""
    if word == asserted:
        return None
    return el(
        "span", f" (Written for the verdict “{asserted}”; here it is ", word_badge(word), ".)", cls="jt-note"
    )


def claim_link(store: Store, claim: str) -> Tag:
    """A claim's short id, title and word, linked to its page."""
    entry = store.ledger["claims"][claim]
    name = f"{entry['short']}, {entry['title']['en']}"
    return el("span", to(claim_doc(entry), "", name, cls="jt-claim"), " ", word_badge(entry["word"]))
