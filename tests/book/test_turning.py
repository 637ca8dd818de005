"""What a page says of a reading whose nearest joint change was not found, and notes that are said once."""

from pathlib import Path
from typing import Any

import pytest

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
