"""Macros of in-memory computing on the scoreboard: errors beside those of peers, and who is missed most."""

import math

from jouletrace.report.elements import Part, para, section, to
from jouletrace.report.page import Page
from jouletrace.report.store import Record
from jouletrace.report.tables import Line, table
from jouletrace.report.text import digits, share, slug

HEAD = ("By", "n", "Groups", "Typical", "Rms", "In two", "Inside")
EMPTY: Record = {"boards": [], "points": [], "missed": []}
DATASET = "macro-fit"


def board(page: Page) -> list[Part]:
    """One table for each way to leave something out."""
    source = to("data", f"computed-{DATASET}", "where it was computed")
    parts: list[Part] = []
    for one in page.store.shown.get("macros", EMPTY)["boards"]:
        told = table(HEAD, [_line(line) for line in one["lines"]], "Errors on chips that a fit has not seen")
        parts.append(section(one["title"], f"macros-{slug(one['split'])}", told, para(source)))
    return parts


def _line(one: Record) -> Line:
    part = "" if one["part"] == "all" else f" ({one['part']})"
    figures = (
        digits(one["median_ln"]),
        digits(one["rms_ln"]),
        _part(one["factor_two"]),
        _part(one["coverage"]),
    )
    return Line([f"{one['by']}{part}", str(one["n"]), str(one["groups"]), *figures])


def _part(value: float | None) -> str | None:
    return None if value is None else share(value)


def missed(page: Page) -> list[Part]:
    """The chips that are missed most, each by its worst point."""
    found = page.store.shown.get("macros", EMPTY)["missed"]
    if not found:
        return []
    head = ("Chip", "Year", "Published, fJ", "Predicted, fJ", "Expected, fJ", "Off by", "Why")
    lines = [Line([*_chip(one), _times(one["error"]), one["why"] or None]) for one in found]
    return [table(head, lines, "Energy of an operation on one bit by one bit, by a fit without the paper")]


def _chip(one: Record) -> list[str]:
    expected = f"{digits(one['p05'])} to {digits(one['p95'])}"
    return [
        one["publication"],
        str(one["year"]),
        digits(one["measured"]),
        digits(one["p50"]),
        expected if one["inside"] else f"{expected}, which misses it",
    ]


def _times(error: float) -> str:
    factor = math.exp(abs(error))
    return f"{digits(factor)} times too {'much' if error > 0.0 else 'little'}"
