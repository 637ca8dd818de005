"""A fork is one file: it changes what it names, and nothing else."""

import pytest

from jouletrace.check import check
from jouletrace.registry import RegistryError, load
from jouletrace.registry.load import from_resolved
from jouletrace.tidying import tidy_tables

S = "data/registry/scenarios/lower.yaml"


def prints(project, scenario):
    registry = load(project, scenario)
    return check(registry, tidy_tables(registry))


def test_exactly_the_claims_that_reach_the_change_get_a_new_fingerprint(project):
    base, fork = prints(project, "base"), prints(project, "lower")
    assert {claim for claim in base if base[claim] != fork[claim]} == {"tiny.T1"}


def test_a_change_of_one_line_moves_exactly_its_cone(project, edit):
    before = prints(project, "base")
    edit("data/registry/quantities/all.yaml", "max: 3}}", "max: 4}}")
    after = prints(project, "base")
    assert {claim for claim in before if before[claim] != after[claim]} == {"tiny.T2"}


def test_scenarios_stack(project):
    (project / "data/registry/scenarios/both.yaml").write_text(
        "schema_version: 1\nscenario:\n  title: both\n  why: x\n  base: lower\n  changes:\n    quantities:\n"
        "      electricity_growth_ratio: {cases: {any: {distribution: {uniform: {min: 2, max: 5}}}}}\n",
        encoding="utf-8",
    )
    base, both = prints(project, "base"), prints(project, "both")
    assert {claim for claim in base if base[claim] != both[claim]} == {"tiny.T1", "tiny.T2"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("stated_share_ratio:", "stated_shar_ratio:", "did you mean `stated_share_ratio`"),
        ("any:", "sum:", "there is no `sum` to change"),
        ("distribution:", "distributon:", "unknown key `distributon`"),
        ("mode: 2.5", "mode: 9", "min <= mode <= max"),
        ("title: A lower", "titel: A lower", "titel"),
    ],
)
def test_a_wrong_scenario_is_one_clear_line(project, edit, old, new, words):
    edit(S, old, new)
    with pytest.raises(RegistryError, match=words) as caught:
        load(project, "lower")
    assert "lower.yaml" in str(caught.value)


def test_a_scenario_that_stands_on_itself_is_refused(project, edit):
    edit(S, "  why:", "  base: lower\n  why:")
    with pytest.raises(RegistryError, match="stands on itself"):
        load(project, "lower")


def test_an_unknown_scenario_is_named_with_its_nearest(project):
    with pytest.raises(RegistryError, match="did you mean `lower`"):
        load(project, "lowr")


def test_the_resolved_registry_is_the_registry(project):
    registry = load(project, "lower")
    again = from_resolved(registry.resolved(), project)
    assert again.resolved() == registry.resolved()
    tables = tidy_tables(registry)
    assert check(again, tables) == check(registry, tables)
