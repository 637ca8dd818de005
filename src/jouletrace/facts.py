"""Propositions on facts: small queries to dated rows, and to what was said where.

A fact has no probability; the evidence grade of the deciding row stands in its place, and a
deciding row that is only recalled caps the word at "leans".
"""

from dataclasses import dataclass

from jouletrace.registry.schema import Attribution, AttributionQuery, Fact, FactQuery
from jouletrace.verdict import capped


@dataclass(frozen=True)
class Answer:
    """The word, the rows that decide it, and what would turn it."""

    word: str
    rows: tuple[str, ...]
    grade: str | None
    flip: str


def ask_facts(query: FactQuery, facts: dict[str, Fact]) -> Answer:
    """Answer to a query on facts.yaml."""
    found = {
        key: fact
        for key, fact in facts.items()
        if fact.predicate == query.predicate and query.subject in (None, fact.subject)
    }
    passing = {key: fact for key, fact in found.items() if _passes(query, fact)}
    needed = query.count if query.check == "count_at_least" else 1
    word = "true" if len(passing) >= needed else "false"
    return _answer(word, passing or found, needed, len(passing))


def _passes(query: FactQuery, fact: Fact) -> bool:
    if query.check == "before":
        return bool(query.day and fact.valid_from and fact.valid_from <= query.day)
    if query.check == "equals":
        return fact.value == query.value
    return True


def _rows(count: int, known: int) -> str:
    """Rows in words, as a subject with its verb.

    >>> _rows(1, 1), _rows(1, 3), _rows(4, 4), _rows(2, 3)
    ('this row were', 'one of these rows were', 'all of these rows were', '2 of these rows were')
    """
    if count == known:
        return "this row were" if known == 1 else "all of these rows were"
    return f"{'one' if count == 1 else count} of these rows were"


def _answer(word: str, deciding: dict[str, Fact], needed: int, passing: int) -> Answer:
    grades = {fact.grade for fact in deciding.values()}
    firm = sum(fact.grade != "recalled" for fact in deciding.values())
    recalled = word == "true" and firm < needed
    weakest = "recalled" if "recalled" in grades else next(iter(sorted(grades)), None)
    if word == "true":
        wrong = passing - needed + 1
        flip = f"would be false if {_rows(wrong, passing)} wrong"
    else:
        flip = f"would be true if {needed - passing} more such rows were found"
    return Answer(capped(word) if recalled else word, tuple(deciding), weakest, flip)


def ask_attribution(query: AttributionQuery, known: dict[str, Attribution]) -> Answer:
    """Answer to a query on attributions.yaml."""
    one = known[query.id]
    if query.check == "located":
        found = one.status == "located"
        word = "located" if found else "not located"
        flip = "would turn if the cited text were not the source" if found else "one located text"
        return Answer(word, (query.id,), one.grade, flip)
    sides = one.elements[query.element or ""]
    in_source = sides.get("source") is not None
    same = in_source and sides["source"] == sides.get("article")
    passed = in_source if query.check == "element_in_source" else same
    word = "true" if passed else "false"
    word = capped(word) if one.grade == "recalled" else word
    flip = f"would turn if the source were worded otherwise in one thing: {query.element}"
    return Answer(word, (query.id,), one.grade, flip)
