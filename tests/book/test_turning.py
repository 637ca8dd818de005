"""What a page says of a reading whose nearest joint change was not found, and notes that are said once."""

from pathlib import Path
from typing import Any

import pytest

from jouletrace.numbers import _of_row as numbers_of_row
from jouletrace.report.elements import words
from jouletrace.report.page import ClaimPage
from jouletrace.report.pages.explain import flip
from jouletrace.report.pages.matrix import matrix
from jouletrace.report.store import Store

from .fixture import CLAIM, ledger, one_claim


def page(evidence: dict[str, Any]) -> ClaimPage:
    store = Store(Path(), ledger(), {CLAIM: evidence})
    return ClaimPage(store, CLAIM, "claims/a1/C01", Path(), None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"break_even": 1.4, "outside": False}, "Each of these changes alone turns this reading"),
        (
            {"break_even": 5.0, "outside": True},
            "No input alone turns this reading unless it leaves the range",
        ),
        ({"break_even": -5.0, "outside": True}, "No input alone turns this reading, whatever its value"),
        ({"break_even": None, "outside": None}, "No input alone turns this reading, whatever its value"),
    ],
)
def test_without_a_joint_change_single_inputs_are_told(changes: dict[str, Any], said: str) -> None:
    evidence = one_claim()
    row = evidence["rows"][0]
    row["flip"] = None
    row["drivers"][0] |= changes
    told = " ".join(words(part) for part in flip(page(evidence), row))
    assert said in told
    assert "did not settle" in told
    assert ("to  1.4 TWh" in told.replace("\u00a0", " ")) == (changes["break_even"] == 1.4)


def test_a_variant_does_not_repeat_the_note_of_its_reading() -> None:
    evidence = one_claim()
    for row in evidence["rows"]:
        row["note"] = "said once"
    assert matrix(page(evidence)).astext().count("said once") == 1
    evidence["rows"][1]["note"] = "another"
    told = matrix(page(evidence)).astext()
    assert told.count("said once") == told.count("another") == 1


@pytest.mark.parametrize(
    ("asked", "says", "is_said"),
    [("about", "It says so.", True), ("above", "It says so.", False), ("above", "{num:C01.V1.stated}", True)],
)
def test_an_edge_is_the_articles_own_figure_only_where_the_article_says_it(
    asked: str, says: str, is_said: bool
) -> None:
    evidence = one_claim()
    evidence["claim"]["says"]["en"] = says
    evidence["claim"] |= {"location": ["S1.P1"]}
    row = evidence["rows"][0]
    row["proposition"] |= {"is": asked, "value": "3"}
    found = numbers_of_row(CLAIM, evidence, row | {"node": None})[f"{CLAIM}.V1.stated"]
    assert found["said"] is is_said
    assert found["text"] == "3 %"
    assert ("article" in found["title"]) is is_said
    assert bool(found["sources"]) is is_said
