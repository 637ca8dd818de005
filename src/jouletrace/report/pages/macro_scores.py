"""Macros of in-memory computing on the scoreboard: errors beside those of peers, and who is missed most."""

import math

from jouletrace.report.elements import Part, Tag, el, para, section, to
from jouletrace.report.page import Page
from jouletrace.report.pages.scoreboard import band, counts, figures
from jouletrace.report.store import Record
from jouletrace.report.tables import Cell, Line, table
from jouletrace.report.text import digits, slug

HEAD = ("By", "n", "Groups", "Typical", "Rms", "In two", "Inside", "Band")
EMPTY: Record = {"boards": [], "points": [], "missed": [], "missed_cells": []}
DATASET = "macro-fit"


def board(page: Page) -> list[Part]:
    """One table for each way to leave something out."""
    source = to("data", f"computed-{DATASET}", "where it was computed")
    parts: list[Part] = []
    for one in page.store.shown.get("macros", EMPTY)["boards"]:
        told = [_part(page, one, name) for name in dict.fromkeys(line["part"] for line in one["lines"])]
        parts.append(section(one["title"], f"macros-{slug(one['split'])}", *told, para(source)))
    return parts


def _part(page: Page, board: Record, name: str) -> Tag:
    """All rows of a board, or one kind of them: the model, then the others."""
    lines = [_line(page, line) for line in board["lines"] if line["part"] == name]
    words = "" if name == "all" else f": {name}"
    return table(HEAD, lines, f"Errors on chips that a fit has not seen{words}")


def _line(page: Page, one: Record) -> Line:
    figured = figures(page, one, DATASET)
    return Line([one["by"], *counts(page, one, DATASET), *figured, band(page, one, DATASET)])


def missed(page: Page) -> list[Part]:
    """The chips that are missed most, each by its worst point: in SRAM, and in memories that last."""
    found = page.store.shown.get("macros", EMPTY)
    words = "Energy of an operation on one bit by one bit, by a fit without the paper"
    titles = {"missed": f"In SRAM. {words}", "missed_cells": f"In non-volatile memories. {words}"}
    return [_missed(found[key], title) for key, title in titles.items() if found[key]]


def _missed(rows: list[Record], title: str) -> Tag:
    head = ("Chip, and why", "Published, fJ", "Predicted, fJ", "Expected, fJ", "Off by")
    lines = [Line([*_chip(one), _times(one["error"])]) for one in rows]
    return table(head, lines, title, cards=True)


def _why(one: Record) -> str | None:
    return ": ".join(part for part in (one["cell"], one["why"]) if part) or None


def _chip(one: Record) -> list[Cell]:
    expected = f"{digits(one['p05'])} to {digits(one['p95'])}"
    why = _why(one)
    reason = [el("br"), el("span", why, cls="jt-small")] if why else []
    return [
        [f"{one['publication']} ({one['year']})", *reason],
        digits(one["measured"]),
        digits(one["p50"]),
        expected if one["inside"] else f"{expected}, which misses it",
    ]


def _times(error: float) -> str:
    factor = math.exp(abs(error))
    return f"{digits(factor)} times too {'much' if error > 0.0 else 'little'}"
