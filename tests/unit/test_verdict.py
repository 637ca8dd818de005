from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jouletrace.verdict import borderline, capped, depends_on_reading, monte_carlo_error, printed, word


@dataclass(frozen=True)
class At:
    true_from: float = 0.90
    leans_true_from: float = 0.66
    undetermined_from: float = 0.34
    leans_false_above: float = 0.10


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        (1.0, "true"),
        (0.90, "true"),
        (0.8999, "leans true"),
        (0.66, "leans true"),
        (0.6599, "undetermined"),
        (0.34, "undetermined"),
        (0.3399, "leans false"),
        (0.1001, "leans false"),
        (0.10, "false"),
        (0.0, "false"),
    ],
)
def test_words_change_at_the_thresholds(p, expected):
    assert word(p, At()) == expected


@given(st.floats(0, 1))
def test_what_is_printed_never_contradicts_the_word(p):
    text = printed(p, At())
    assert text not in ("0.00", "1.00", "0", "1")
    if text[0] not in "<>":
        assert word(float(text), At()) == word(p, At())
    else:
        assert word(p, At()) in ("true", "false")


def test_borderline_is_two_monte_carlo_errors():
    n = 131072
    error = monte_carlo_error(0.9, n)
    assert borderline(0.9 + 1.9 * error, n, At())
    assert not borderline(0.9 + 2.2 * error, n, At())


def test_a_recalled_row_only_leans():
    assert [capped(w) for w in ("true", "false", "located")] == ["leans true", "leans false", "located"]


def test_depends_on_reading_needs_both_sides():
    assert depends_on_reading([(0.2, "false"), (0.9, "true")])
    assert depends_on_reading([(None, "false"), (None, "leans true")])
    assert depends_on_reading([(0.6, "undetermined"), (None, "leans false")])
    assert not depends_on_reading([(0.2, "false"), (0.3, "leans false"), (0.5, "undetermined")])
    assert not depends_on_reading([(None, "true"), (None, "undetermined"), (0.9, "true")])
    assert not depends_on_reading([])
