"""Computed datasets: found by what they were made from, never half written, read jointly."""

import math
import pickle
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from jouletrace import computed, heartbeat, kept, plan
from jouletrace.check import planned
from jouletrace.cli import main
from jouletrace.evidence import evidence
from jouletrace.experiments.task import Found
from jouletrace.explain import number_lines, trace_lines
from jouletrace.fingerprint import fingerprint
from jouletrace.numbers import numbers
from jouletrace.recompute import complete, missing, recompute
from jouletrace.registry import Problem, RegistryError, load
from jouletrace.tidying import tidy_tables

NAME = "tiny-joint"
ENTRY = "data/registry/computed.yaml"


def loaded(project):
    registry = load(project)
    return registry, tidy_tables(registry)


@pytest.fixture
def carried(joint):
    """The project with its dataset in data/computed."""
    recompute(NAME, *loaded(joint))
    return joint


def test_nothing_is_missing_once_it_is_computed(joint):
    registry, tables = loaded(joint)
    sign = computed.fingerprint(NAME, registry, tables)
    assert missing(registry, tables) == [(NAME, joint / kept.cache(NAME, sign))]
    assert complete(registry, tables, 1) == [f"{NAME}  {sign}  {kept.cache(NAME, sign)}"]
    assert missing(registry, tables) == []
    assert not (joint / kept.CARRIED).exists()


def test_the_cache_is_used_and_what_is_carried_goes_before_it(joint, monkeypatch):
    registry, tables = loaded(joint)
    lines = complete(registry, tables, 1)
    tiny = sys.modules["jouletrace.experiments.tiny"]
    run = tiny.run
    monkeypatch.setattr(tiny, "run", None)
    assert complete(registry, tables, 1) == lines
    monkeypatch.setattr(tiny, "run", run)
    recompute(NAME, registry, tables)
    assert complete(registry, tables, 1)[0].endswith(f"{kept.CARRIED}/{NAME}")


@pytest.mark.parametrize(
    ("file", "old", "new", "stale"),
    [
        (ENTRY, "value: 0.25", "value: 0.3", True),
        (ENTRY, "seed: 3", "seed: 4", True),
        ("data/registry/quantities/all.yaml", "mode: 4", "mode: 4.5", False),
        (ENTRY, "A whole and its part", "Other words", False),
        (ENTRY, "why: made for tests", "why: other words", False),
    ],
)
def test_what_changes_a_number_makes_it_stale_and_nothing_else(carried, edit, file, old, new, stale):
    edit(file, old, new)
    assert bool(missing(*loaded(carried))) is stale


def test_a_row_that_it_read_makes_it_stale(carried):
    registry, tables = loaded(carried)
    first, *rest = tables["generation"]
    moved = {"generation": (replace(first, value=81.0), *rest)}
    assert [name for name, _ in missing(registry, moved)] == [NAME]


def test_a_reverted_setting_finds_its_own_draws_again(carried, edit):
    edit(ENTRY, "value: 0.25", "value: 0.3")
    complete(*loaded(carried), 1)
    assert missing(*loaded(carried)) == []
    edit(ENTRY, "value: 0.3", "value: 0.25")
    assert complete(*loaded(carried), 1)[0].endswith(f"{kept.CARRIED}/{NAME}")


def fails(task):
    raise RuntimeError("the chains did not agree")


def writes_badly(task):
    return Found({"whole-2023": np.ones(3)}, {"points": {"series": [1, 2], "p50": [1]}}, effective_draws=3)


@pytest.mark.parametrize("run", [fails, writes_badly])
def test_an_experiment_that_fails_leaves_what_was_there(carried, monkeypatch, run):
    registry, tables = loaded(carried)
    folder = carried / kept.CARRIED / NAME
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setattr(sys.modules["jouletrace.experiments.tiny"], "run", run)
    with pytest.raises((RuntimeError, ValueError)):
        recompute(NAME, registry, tables)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    with pytest.raises((RuntimeError, ValueError)):
        recompute(NAME, registry, tables, path=carried / "elsewhere")
    assert list(carried.glob("elsewhere*")) == []


def test_the_same_seed_gives_the_same_bytes(joint):
    registry, tables = loaded(joint)
    one, two = (recompute(NAME, registry, tables, path=joint / name) for name in ("one", "two"))
    for name in (computed.DRAWS, "points.csv"):
        assert (one / name).read_bytes() == (two / name).read_bytes()


def test_a_record_that_cannot_be_read_counts_as_missing(carried):
    path = carried / kept.CARRIED / NAME / kept.RECORD
    path.write_text(path.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    assert [name for name, _ in missing(*loaded(carried))] == [NAME]


def test_a_claim_is_planned_before_its_draws_exist_and_then_says_what_to_type(joint):
    registry, tables = loaded(joint)
    assert len(fingerprint("tiny.T5", planned("tiny.T5", registry, tables))) == 64
    with pytest.raises(RegistryError, match=r"tiny-joint: is not computed .*type: make recompute \[J20\]"):
        evidence("tiny.T5", registry, tables, "x")


def test_the_evidence_of_a_claim_is_that_of_the_draws_it_read(carried, edit):
    def sign():
        return fingerprint("tiny.T5", planned("tiny.T5", *loaded(carried)))

    before = sign()
    edit(ENTRY, "value: 0.25", "value: 0.3")
    assert sign() != before


def test_draws_of_another_machine_are_other_evidence(carried):
    def sign():
        return fingerprint("tiny.T5", planned("tiny.T5", *loaded(carried)))

    before, sources = sign(), plan.sources_digest(carried)
    recompute(NAME, *loaded(carried))
    assert sign() == before
    path = carried / kept.CARRIED / NAME / kept.RECORD
    digest = kept.record(path.parent)["digest"]
    path.write_text(path.read_text(encoding="utf-8").replace(digest, "0" * 64), encoding="utf-8")
    assert sign() != before
    assert plan.sources_digest(carried) != sources


def test_a_column_that_is_not_there_is_one_clear_line(carried, edit):
    edit("data/registry/quantities/joint.yaml", "whole-{year}", "hole-{year}")
    with pytest.raises(RegistryError, match=r"hole-2023.*no such column.*did you mean `whole-2023`"):
        evidence("tiny.T5", *loaded(carried), "x")


def test_a_trace_says_who_computed_the_draws_and_from_what(carried):
    registry, tables = loaded(carried)
    found = evidence("tiny.T5", registry, tables, "x")
    made = "computed by this project from generation; 500 effective draws, seed 3"
    lines = [line for line in trace_lines(found) if "whole_electricity_j[year=2023]" in line]
    assert f"column whole-2023: {made}, fingerprint " in lines[0]
    told = list(number_lines("x", numbers(registry, tables, {"tiny.T5": found})["tiny.T5.V2.p50"], {}))
    assert f"  fitted: {made}" in told


def rows(project):
    return {row["label"]: row for row in evidence("tiny.T5", *loaded(project), "x")["rows"]}


def test_columns_stay_joint_and_the_error_is_that_of_the_effective_draws(carried):
    row = rows(carried)
    assert (row["V1"]["p05"], row["V1"]["p95"]) == pytest.approx((25.0, 25.0), rel=1e-4)
    assert row["V1"]["word"] == "true"
    p = row["V2"]["probability"]
    assert p == pytest.approx(0.5, abs=0.05)
    assert row["V2"]["monte_carlo_error"] == pytest.approx(math.sqrt(p * (1 - p) / 500), rel=0.05)
    low, middle, high = (row["V2"][key] for key in ("p05", "p50", "p95"))
    assert math.log(high / low) == pytest.approx(2 * 1.645 * 0.1, rel=0.1)
    assert middle == pytest.approx(80, rel=0.02)


def test_more_draws_than_the_chains_gave_make_no_smaller_error(carried, edit):
    before = rows(carried)
    edit("data/registry/settings.yaml", "draws: 4096", "draws: 16384")
    after = rows(carried)
    assert after["V2"]["monte_carlo_error"] == pytest.approx(before["V2"]["monte_carlo_error"], rel=0.05)


def test_the_command_computes_all_those_named_or_what_is_missing(joint, monkeypatch, capsys):
    monkeypatch.chdir(joint)
    (joint / "config.yaml").write_text("scenario: base\n", encoding="utf-8")
    assert main(["recompute", "--missing", "--cores", "1"]) == 0
    assert str(kept.CACHED) in capsys.readouterr().out
    assert main(["recompute", NAME, "--cores", "1"]) == 0
    assert capsys.readouterr().out == f"{NAME}: data/computed/{NAME}\n"
    assert main(["recompute", "tiny-joins"]) == 1
    assert "did you mean `tiny-joint`" in capsys.readouterr().err


def test_a_build_writes_into_the_cache_what_is_not_carried(carried):
    registry, tables = loaded(carried)
    signs = computed.fingerprints(registry, tables)
    assert kept.to_cache(carried, [signs, signs]) == []
    other = {NAME: "0" * 64}
    assert kept.to_cache(carried, [signs, other, other]) == [f".cache/computed/{NAME}-{'0' * 16}/record.json"]


def test_a_problem_keeps_its_lines_on_the_way_between_processes():
    error = RegistryError([Problem("a.yaml", "one", "J20", "is not computed", "type: make recompute")])
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_no_long_silence_while_it_runs(monkeypatch, capsys):
    monkeypatch.setattr(heartbeat, "BEAT_S", 0.1)
    with heartbeat.beating("chains"):
        time.sleep(0.35)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) in (2, 3)
    assert all(line.startswith("chains, 0.") for line in lines)
