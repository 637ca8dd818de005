"""Readings that no number decides: records of who said what, dated facts, and systems of statements."""

from jouletrace.report.elements import Child, Part, Tag, el, para, section
from jouletrace.report.page import ClaimPage
from jouletrace.report.store import Record, anchor
from jouletrace.report.tables import dl
from jouletrace.report.words import grade_badge, word_badge

#: Words with which names of elements ask.
QUESTIONS = ("what ", "where ", "who ", "when ", "how ", "whether ")
RELATIONS = {"<": "is less than", "<=": "is at most", "=": "equals", ">": "is more than", ">=": "is at least"}


def questions(page: ClaimPage) -> Part | None:
    """One part for each reading that rests on records or on a system; it is also its trace."""
    seen: set[str] = set()
    parts = [
        _reading(page, row, seen)
        for row in page.evidence["rows"]
        if row["kind"] in ("facts", "attributions", "system")
    ]
    return section("Readings that rest on records", "records", *parts) if parts else None


def also_on_record(page: ClaimPage) -> Part | None:
    """Facts that bear on the claim without deciding a reading of it."""
    deciding = {key for row in page.evidence["rows"] for key in row.get("deciding") or {}}
    named = [key for key in page.claim["facts"] if key not in deciding]
    parts = [_record(page, key, page.store.facts[key], set()) for key in named]
    return section("Also on record", "also", *parts) if parts else None


def _reading(page: ClaimPage, row: Record, seen: set[str]) -> Tag:
    inside = _system(page, row["system"], row) if row["kind"] == "system" else _records(page, row, seen)
    head = el(
        "p",
        el("strong", row["label"], cls="jt-label"),
        " ",
        *page.rich(row["text"]),
        ": ",
        word_badge(row["word"]),
    )
    return el("div", head, *inside, ids=anchor("trace", row["label"]), cls="jt-record")


def _records(page: ClaimPage, row: Record, seen: set[str]) -> list[Tag]:
    parts: list[Tag] = [_record(page, key, one, seen) for key, one in row["deciding"].items()]
    if not parts:
        parts.append(para("No record was found."))
    if row.get("flip_text"):
        parts.append(el("p", "The verdict ", el("span", row["flip_text"], cls="jt-data"), ".", cls="jt-flip"))
    return parts


def _record(page: ClaimPage, key: str, one: Record, seen: set[str]) -> Tag:
    if key in seen:
        return para("The record ", el("code", key), " above decides this too.")
    seen.add(key)
    told: list[tuple[str, Child | list[Child]]] = [
        ("Record", [el("code", key), " ", grade_badge(one["grade"])]),
        ("Who", one.get("speaker") or one.get("subject")),
        ("When", el("span", one.get("day") or one.get("valid_from") or "", cls="jt-data")),
        ("What the article says", one.get("content")),
        ("What was found", one.get("located") or _fact(one)),
    ]
    told += [(_headed(name), _element(pair)) for name, pair in (one.get("elements") or {}).items()]
    source: list[Child] = [
        page.work(one["cite"]),
        f", {one['locator']}",
    ]
    return dl(*told, ("Source", source), cls="jt-data")


def _headed(name: str) -> str:
    """Head of an element: its name, unless that asks a question.

    >>> _headed("object"), _headed("what it is")
    ('Its object', 'What it is')
    """
    return f"{name[0].upper()}{name[1:]}" if name.startswith(QUESTIONS) else f"Its {name}"


def _fact(one: Record) -> str:
    return f"{one['predicate']}: {one['value']}" if one.get("predicate") else ""


def _element(pair: Record) -> str:
    article, source = (pair.get(key) or "missing" for key in ("article", "source"))
    return f"“{article}” in the article, “{source}” in the source"


def _system(page: ClaimPage, system: Record, row: Record) -> list[Tag]:
    names = system["variables"]
    held = {key: _constraint(key, one, names) for key, one in system["constraints"].items()}
    parts: list[Tag] = [
        el("p", f"{system['title']}. The statements, as constraints on positive quantities:"),
        el("ul", *(el("li", *text) for text in held.values()), cls="jt-data"),
    ]
    if row["conflict"]:
        parts += [
            el("p", "These cannot all hold together; without any one of them the rest can:"),
            _names(row["conflict"]),
        ]
        parts += [el("p", "Giving up one of these repairs the whole:"), _names(row["repairs"])]
    else:
        parts.append(el("p", "Values exist for which all of them hold."))
    return parts


def _names(keys: list[str]) -> Tag:
    return el("ul", *(el("li", el("code", key)) for key in keys))


def _constraint(key: str, one: Record, names: dict[str, str]) -> list[Child]:
    factor = f"{one['factor']:g} times " if one["factor"] != 1.0 else ""
    said = f": {names[one['left']]} {RELATIONS[one['relation']]} {factor}{names[one['right']]}"
    return [el("code", key), said, el("span", f"because {one['because']}", cls="jt-small jt-block")]
