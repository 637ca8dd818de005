"""The engine against answers that are known by hand: products of lognormals."""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from jouletrace.evaluate import Machine, target
from jouletrace.evidence import evidence
from jouletrace.graph import Plan
from jouletrace.numerics import jnp
from jouletrace.registry import load
from jouletrace.rows import rows
from jouletrace.sampling import inputs_of
from jouletrace.streams import Streams, standard_normal
from jouletrace.tidying import tidy_tables

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def judged(project, edit):
    """T1 with two lognormal inputs: the total is lognormal, and everything has a closed form."""
    edit(
        "data/registry/quantities/all.yaml",
        "{triangular: {min: 3, mode: 4, max: 5}}",
        "{lognormal: {p05: 3.2, p50: 4, p95: 5}}",
    )
    edit("data/registry/settings.yaml", "draws: 4096", "draws: 131072")
    registry = load(project)
    return evidence("tiny.T1", registry, tidy_tables(registry), "x")


def sigma(low, high):
    return math.log(high / low) / (2 * norm.ppf(0.95))


SPREAD = math.hypot(sigma(300, 533.33), sigma(3.2, 5))


def row(judged, label):
    return next(one for one in judged["rows"] if one["label"] == label)


@pytest.mark.parametrize(("label", "edge"), [("V1", 8000.0), ("V1/edge=higher", 12000.0)])
def test_probability(judged, label, edge):
    expected = norm.sf(math.log(edge / 10000.0) / SPREAD)
    assert row(judged, label)["probability"] == pytest.approx(expected, abs=4 * 0.0014)


def test_quantiles(judged):
    found = row(judged, "V1")
    assert found["p50"] == pytest.approx(10000.0, rel=0.005)
    assert found["p95"] == pytest.approx(10000.0 * math.exp(SPREAD * norm.ppf(0.95)), rel=0.01)
    assert found["unit"] == "TWh"


def test_elasticities_are_plus_and_minus_one_and_shares_follow_the_variances(judged):
    found = {one["input"]: one for one in row(judged, "V1")["drivers"]}
    energy, share = found["stated_data_centre_electricity_j"], found["stated_share_ratio"]
    assert (energy["elasticity"], share["elasticity"]) == (pytest.approx(1.0), pytest.approx(-1.0))
    assert energy["share"] == pytest.approx((sigma(300, 533.33) / SPREAD) ** 2, abs=0.01)


def test_break_even_is_where_the_edge_is_met(judged):
    found = {one["input"]: one["break_even"] for one in row(judged, "V1")["drivers"]}
    assert found["stated_data_centre_electricity_j"] == pytest.approx(8000 * 0.04, rel=0.005)
    assert found["stated_share_ratio"] == pytest.approx(100 * 400 / 8000, rel=0.005)


def test_the_flip_is_the_nearest_point_of_the_edge(judged):
    flip = row(judged, "V1")["flip"]
    distance = math.log(10000 / 8000) / SPREAD
    assert flip["distance"] == pytest.approx(distance, rel=0.01)
    assert flip["crossing_form"] == pytest.approx(norm.sf(distance), rel=0.03)
    assert flip["crossing_sampled"] == pytest.approx(norm.sf(distance), rel=0.05)
    moved = {one["input"]: one["to"] / one["from"] for one in flip["moves"]}
    assert moved["stated_data_centre_electricity_j"] / moved["stated_share_ratio"] == pytest.approx(
        0.8, rel=0.01
    )


def test_a_recalled_input_is_tested_by_a_factor_of_two(judged):
    found = row(judged, "V1")
    assert "unverified" in found["flags"]
    assert found["robustness"]["survives"] is False


def test_streams_depend_on_their_name_alone():
    a, b = standard_normal("one", 7, 1000), standard_normal("two", 7, 1000)
    assert (a == standard_normal("one", 7, 1000)).all()
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.1


def test_a_new_input_does_not_move_the_others(project, edit):
    def t2():
        registry = load(project)
        found = evidence("tiny.T2", registry, tidy_tables(registry), "x")
        return next(iter(found["rows"]))["quantiles"]

    before = t2()
    edit("data/registry/quantities/all.yaml", "p05: 300", "p05: 310")
    edit("data/registry/quantities/all.yaml", "p95: 533.33", "p95: 516.13")
    assert t2() == before


def test_facts_and_systems_are_judged_without_probability(project):
    registry = load(project)
    tables = tidy_tables(registry)
    fact = evidence("tiny.T3", registry, tables, "x")["rows"][0]
    system = evidence("tiny.T4", registry, tables, "x")["rows"][0]
    assert (fact["word"], fact["probability"]) == ("true", None)
    assert (system["word"], set(system["conflict"])) == ("false", {"inside", "outside"})


def test_rows_of_one_wiring_are_mapped_over_as_if_each_were_alone():
    """C24 asks one question at three loads, and another of two groups of devices."""
    registry = load(ROOT)
    plan = Plan(registry, tidy_tables(registry))
    asked = rows(registry.claims["51cto-2023.C24"])
    found = [
        target(plan, label, one.proposition, registry.settings, label)
        for label, one in asked
        if one.proposition
    ]
    machine = Machine(plan, found)
    streams = Streams([inputs_of(plan, machine.nodes.values())[name] for name in machine.inputs])
    edges = [(i, edge) for i, one in enumerate(found) for edge in one.edges]
    x = streams.made(streams.drawn(seed=7, draws=len(edges))).T
    alone = [float(edge.margin(machine.rows(jnp.asarray(x[k]))[i])) for k, (i, edge) in enumerate(edges)]
    together = machine.edge_values(lambda u: u)(jnp.asarray(x))
    assert len({machine._wiring(found[i]) for i, _ in edges}) < len(edges)
    np.testing.assert_allclose(together, alone, rtol=1e-12)


def test_a_turn_that_the_first_search_misses_is_found_from_the_draws():
    """C23 in a new process: the iteration ran to a point twice as far as the nearest."""
    registry = load(ROOT)
    found = evidence("51cto-2023.C23", registry, tidy_tables(registry), "x")
    flip = row(found, "V1/process=new")["flip"]
    assert flip["crossing_form"] == pytest.approx(flip["crossing_sampled"], rel=0.3)
