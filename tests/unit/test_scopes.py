"""Boundaries as types: what may be compared, what must say that it converts, and in which words."""

from dataclasses import replace
from typing import get_args

import pytest

from jouletrace import scopes
from jouletrace.check import planned
from jouletrace.graph import functions
from jouletrace.registry import load
from jouletrace.registry.schema import Proposition, Scope
from jouletrace.tidying import tidy_tables

FACILITY = Scope(counts="facility", energy="site", period="calendar-year")


@pytest.fixture
def registry(project):
    return load(project)


def told(registry, monkeypatch, one, two, **asked):
    """Problems of a comparison of two quantities whose scopes are given."""
    known = {"one_j": one, "two_j": two}
    monkeypatch.setattr(scopes, "scope_of", lambda name, registry: known[name])
    question = {"quantity": "one_j", "is": "above", "value": "1", **asked}
    return [p.what for p in scopes.compared(Proposition.model_validate(question), registry, "tiny.T1/V1")]


LEVELS = ["chip", "device", "server", "facility"]
WIDER = ["facility", "fleet", "sector", "country", "world"]


@pytest.mark.parametrize("one", LEVELS)
@pytest.mark.parametrize("two", LEVELS)
def test_levels_of_measurement_do_not_compare(registry, monkeypatch, one, two):
    first, second = (FACILITY.model_copy(update={"counts": counts}) for counts in (one, two))
    found = told(registry, monkeypatch, first, second, than="two_j")
    assert found == ([] if one == two else [f"compares `one_j` with `two_j`: {one} against {two}"])


@pytest.mark.parametrize("one", WIDER)
@pytest.mark.parametrize("two", WIDER)
def test_from_the_site_on_all_stand_at_one_meter(registry, monkeypatch, one, two):
    first, second = (FACILITY.model_copy(update={"counts": counts}) for counts in (one, two))
    assert told(registry, monkeypatch, first, second, than="two_j") == []


@pytest.mark.parametrize("asked", ["of", "than"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"energy": "primary"}, "site against primary energy"),
        ({"period": "year-end-power"}, "calendar-year against year-end-power"),
        ({"period": "lifetime"}, "calendar-year against lifetime"),
        ({"period": "per-unit", "energy": "primary"}, "primary energy, calendar-year against per-unit"),
    ],
)
def test_energies_and_periods_must_match(registry, monkeypatch, asked, change, words):
    (line,) = told(registry, monkeypatch, FACILITY, FACILITY.model_copy(update=change), **{asked: "two_j"})
    assert words in line
    assert told(registry, monkeypatch, FACILITY, FACILITY.model_copy(update=change), across="asked so") == []


def test_a_part_counts_no_more_than_the_whole(registry, monkeypatch):
    sector = FACILITY.model_copy(update={"counts": "sector"})
    assert told(registry, monkeypatch, FACILITY, sector, of="two_j") == []
    (line,) = told(registry, monkeypatch, sector, FACILITY, of="two_j")
    assert "sector is no part of facility" in line
    chip = FACILITY.model_copy(update={"counts": "chip"})
    assert told(registry, monkeypatch, chip, FACILITY, of="two_j") == []


def test_a_reason_lets_unlike_things_be_compared(registry, monkeypatch):
    chip = FACILITY.model_copy(update={"counts": "chip"})
    asked = {"than": "two_j", "across": "the sentence itself does"}
    assert told(registry, monkeypatch, chip, FACILITY, **asked) == []


def silent(registry, monkeypatch, doc, **known):
    """Problems of the model of T1 with another docstring and with scopes for some names."""
    made = replace(functions()["implied_national_electricity_j"], doc=doc)
    monkeypatch.setattr(scopes, "scope_of", lambda name, registry: known.get(name))
    return [problem.what for problem in scopes._silent(made, registry)]


ARG, RESULT = "stated_data_centre_electricity_j", "implied_national_electricity_j"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"counts": "chip"}, "chip against facility"),
        ({"energy": "primary"}, "primary against site energy"),
        ({"period": "year-end-power"}, "year-end-power against calendar-year"),
    ],
)
def test_a_model_says_what_it_converts(registry, monkeypatch, change, words):
    other = {ARG: FACILITY.model_copy(update=change), RESULT: FACILITY}
    (line,) = silent(registry, monkeypatch, "Energy.", **other)
    assert words in line
    assert f"`{ARG}`" in line
    assert silent(registry, monkeypatch, "Energy.\n\nConverts: by a factor.", **other) == []


def test_a_number_of_units_needs_no_word_and_neither_does_a_wider_count(registry, monkeypatch):
    for change in ({"period": "per-unit"}, {"counts": "world"}):
        other = {ARG: FACILITY.model_copy(update=change), RESULT: FACILITY}
        assert silent(registry, monkeypatch, "Energy.", **other) == []


def test_a_line_of_a_docstring_is_a_scope_or_says_what_is_wrong():
    assert scopes.parse("facility, site, calendar-year.") == FACILITY
    with pytest.raises(ValueError, match="`facility, site` is no scope"):
        scopes.parse("facility, site")
    with pytest.raises(ValueError, match="is no scope: counts: Input should be 'chip'"):
        scopes.parse("facilty, site, per-unit")


def test_every_scope_has_words():
    for counts, said in scopes.COUNTS.items():
        found = scopes.words(Scope(counts=counts, energy="primary", period="lifetime"))
        assert found == f"{said}; with the energy spent to make it; over a whole life"
    assert set(scopes.COUNTS) == set(get_args(Scope.model_fields["counts"].annotation))
    assert scopes.words(None) == ""


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "is an energy or a power without `Scope:`; say in the docstring"),
        ("Scope: country, sites, calendar-year", "is no scope: energy: Input should be 'site' or 'primary'"),
    ],
)
def test_a_model_that_a_claim_reaches_says_what_it_counts(registry, monkeypatch, line, said):
    plan = planned("tiny.T1", registry, tidy_tables(registry))
    assert list(scopes.missing([plan], registry)) == []
    changed = {**functions(), RESULT: replace(functions()[RESULT], doc=f"National energy.\n\n{line}")}
    monkeypatch.setattr(scopes, "functions", lambda: changed)
    (problem,) = scopes.missing([plan], registry)
    assert (problem.file, problem.entry, problem.code) == (
        "src/jouletrace/models/electricity.py",
        RESULT,
        "J21",
    )
    assert said in str(problem)
    assert "\n" not in str(problem)
