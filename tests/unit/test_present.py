"""Printed numbers: a part is never the whole, nothing is nothing alone, and digits say what they round."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jouletrace.present import MINUS, amount, digits, figure, printed, share, span, whole

UNITS = [
    "percent",
    "count",
    "ratio",
    "J",
    "FLOP / s",
    "B / s",
    "1 / cm ** 2",
    "pJ / bit",
    "us",
    "byte / token",
]
RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
WORDS = {"trillion": 1e12, "billion": 1e9, "million": 1e6}


def value_of(text: str) -> float:
    """The number that a text says."""
    text = text.replace(MINUS, "-").replace(",", "")
    factor = next((scale for word, scale in WORDS.items() if word in text), 1.0)
    front, _, power = re.sub("[a-z ]+$", "", text).partition(" × 10")
    return float(front) * factor * 10.0 ** int(power.translate(RAISED) or 0)


@given(st.floats(1e-9, 100.0, exclude_max=True))
def test_a_part_is_neither_all_nor_nothing(percent: float) -> None:
    text = amount(percent, "percent", 2)
    if 100.0 - percent > 1e-8:
        assert value_of(text) < 100.0
    assert value_of(text) > 0.0


@given(st.floats(100.0, 110.0))
def test_more_than_the_whole_is_not_the_whole(percent: float) -> None:
    if percent - 100.0 > 1e-8:
        assert value_of(amount(percent, "percent", 2)) > 100.0


@pytest.mark.parametrize("count", [2, 3])
def test_the_whole_and_nothing_are_said_of_themselves(count: int) -> None:
    assert figure(100.0, "percent", count) == "100 %"
    assert figure(0.0, "percent", count) == "0 %"
    assert (share(1.0), share(0.0)) == ("100 %", "0 %")


@given(st.floats(0.0, 1.0))
def test_whole_percents_are_right_within_one_half(part: float) -> None:
    text = whole(part)
    if text.startswith("<"):
        assert 0.0 < part < 0.01
    elif text.startswith(">"):
        assert 0.99 < part < 1.0
    else:
        assert abs(float(text) - 100.0 * part) <= 0.5 + 1e-9


@given(st.floats(-1e24, 1e24).filter(lambda value: abs(value) > 1e-24), st.sampled_from(UNITS))
def test_a_printed_number_is_the_number_to_three_digits(value: float, unit: str) -> None:
    assert value_of(amount(value, unit)) == pytest.approx(value, rel=0.00501)


@given(st.floats(-1e24, 1e24))
def test_numbers_are_written_for_people(value: float) -> None:
    text = digits(value)
    assert "e" not in text
    assert "-" not in text
    assert len(text) < 24


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_that_is_printed_stays_as_it_is(unit: str) -> None:
    assert printed(printed(unit)) == printed(unit)
    assert not re.search(r"[*/_]", printed(unit))


def test_counts_have_no_unit_and_large_ones_have_words() -> None:
    assert figure(57.0, "count") == "57"
    assert figure(70.6e9, "count") == "70.6 billion"
    assert figure(999_999_999.0, "count") == "1 billion"
    assert span(1.41e6, 7.07e8, "count") == "1.41 million to 707 million"
    assert figure(2.039e12, "B / s") == "2.04 trillion bytes per s"
