"""Results as a node of the graph: a build with an impossible result is not a build.

Physics and bookkeeping only. No verdict is expected here, so that a fork may turn any of them.
"""

import json
import os
from pathlib import Path
from statistics import NormalDist

import pytest

RESULTS = Path(os.environ.get("JOULETRACE_RESULTS", "results"))
FILES = sorted((RESULTS / "evidence").glob("*.json"))
pytestmark = pytest.mark.skipif(not FILES, reason="no results yet: make book builds them")


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def evidence(request):
    return json.loads(request.param.read_text(encoding="utf-8"))


def rows(evidence):
    return [row for row in evidence["rows"] if row["kind"] == "numbers"]


def test_exactly_one_headline(evidence):
    assert sum(row["is_headline"] for row in evidence["rows"]) == 1


def test_quantiles_are_ordered(evidence):
    for row in [*rows(evidence), *evidence["context"]]:
        found = list((row.get("quantiles") or {}).values())
        assert found == sorted(found)


def test_probabilities_are_probabilities(evidence):
    for row in evidence["rows"]:
        assert row["probability"] is None or 0.0 <= row["probability"] <= 1.0
        assert row["probability_text"] not in ("0", "1", "0.00", "1.00")


def test_first_order_flips_agree_with_sampling(evidence):
    """Both probabilities of the other side; far out, where a surface bends, only how far it lies.

    A sentence with two conditions fails on either, and the nearest point tells of one.
    """
    for row in rows(evidence):
        flip = row.get("flip")
        if flip and flip["crossing_sampled"] > 1e-12:
            form, sampled = flip["crossing_form"], flip["crossing_sampled"]
            apart = abs(NormalDist().inv_cdf(form) - NormalDist().inv_cdf(sampled))
            assert apart < 0.6 if sampled < 0.01 else 0.3 < form / sampled < 1.45, (row["label"], flip)


def test_every_leaf_has_a_source(evidence):
    for name, node in evidence["nodes"].items():
        if node["kind"] == "input":
            assert node["why"] if node["grade"] == "judgement" else node["cite"] and node["locator"], name
        if node["kind"] == "table":
            assert all(row["cite"] and row["locator"] for row in node["rows"]), name


def test_energies_and_counts_are_positive(evidence):
    """Nothing is moved, or changes, where weights stay in place."""
    for name, node in evidence["nodes"].items():
        if node["name"].endswith(("_j", "_person", "_w")) and "_change_" not in node["name"]:
            assert node["p05"] > 0.0 or (node["p05"] == 0.0 and "_transfer_" in node["name"]), name


def test_a_part_is_not_larger_than_the_whole(evidence):
    """Data centres below electricity, electricity below final energy, at their medians."""
    nodes = {node["name"]: node["p50"] for node in evidence["nodes"].values() if not node["base"]}
    chain = ["data_centre_electricity_j", "electricity_final_consumption_j", "electricity_generation_j"]
    known = [nodes[name] for name in chain if name in nodes]
    assert known == sorted(known)
