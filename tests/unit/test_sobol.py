"""Sobol indices against functions whose indices are known, and against SALib's own analysis."""

from types import SimpleNamespace

import numpy as np
import pytest
from SALib.analyze import sobol as salib
from SALib.sample import sobol as salib_sample

from jouletrace.companion import Companion
from jouletrace.evaluate import target
from jouletrace.evidence import evidence
from jouletrace.graph import Plan
from jouletrace.judge import _drivers, _moves
from jouletrace.numeric import Judged
from jouletrace.registry import load
from jouletrace.registry.distribution import Joint, Lognormal
from jouletrace.registry.schema import Proposition
from jouletrace.sobol import design, indices, sobol
from jouletrace.streams import Input, Part, Streams
from jouletrace.tidying import tidy_tables

ISHIGAMI = ([0.3139, 0.4424, 0.0], [0.5576, 0.4424, 0.2437])
G = np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0])


def ishigami(u):
    """Ishigami and Homma 1990 with a = 7 and b = 0.1."""
    x = np.pi * (2.0 * u - 1.0)
    return np.sin(x[:, 0]) * (1.0 + 0.1 * x[:, 2] ** 4) + 7.0 * np.sin(x[:, 1]) ** 2


def g_function(u):
    """Sobol's G: a product of factors, each with mean one."""
    return np.prod((np.abs(4.0 * u - 2.0) + G) / (1.0 + G), axis=1)


def g_indices():
    own = 1.0 / (3.0 * (1.0 + G) ** 2)
    whole = np.prod(1.0 + own) - 1.0
    return own / whole, own * np.prod(1.0 + own) / (1.0 + own) / whole


#: Each takes (draw x factor), is negative somewhere, and has indices that are known.
KNOWN = {
    "ishigami": (lambda u: ishigami(u) - 10.0, 3, ISHIGAMI),
    "g": (lambda u: -g_function(u), 8, g_indices()),
}


@pytest.mark.parametrize("seed", [0, 1, 2023])
@pytest.mark.parametrize("name", KNOWN)
def test_indices_are_within_two_hundredths_of_the_analytic_ones(name, seed):
    function, factors, (first, total) = KNOWN[name]
    found = indices(lambda u: function(u)[None], factors, seed)
    assert not found.logarithm[0]
    np.testing.assert_allclose(found.first[0], first, atol=0.02)
    np.testing.assert_allclose(found.total[0], total, atol=0.02)


@pytest.mark.parametrize("name", KNOWN)
def test_intervals_hold_the_analytic_values_and_first_shares_sum_to_one_at_most(name):
    function, factors, (first, total) = KNOWN[name]
    found = indices(lambda u: function(u)[None], factors, 2023)
    assert (np.abs(found.first[0] - first) <= found.first_half[0] + 1e-4).all()
    assert (np.abs(found.total[0] - total) <= found.total_half[0] + 1e-4).all()
    assert found.first.sum() <= 1.0 + 0.02
    assert found.total.sum() >= 1.0 - 0.02


def test_rows_at_once_are_what_salib_says_of_each():
    problem = {"num_vars": 3, "names": list("abc"), "bounds": [[0.0, 1.0]] * 3}
    sampled = salib_sample.sample(problem, 512, calc_second_order=False, seed=7)
    np.testing.assert_allclose(design(3, 7, 512).reshape(-1, 3), sampled, atol=1e-9)
    found = indices(lambda u: np.stack([ishigami(u), ishigami(u) * u[:, 1] - 3.0]), 3, 7, 512)
    for row, y in enumerate([ishigami(sampled), ishigami(sampled) * sampled[:, 1] - 3.0]):
        theirs = salib.analyze(
            problem, y, calc_second_order=False, num_resamples=200, seed=np.random.default_rng(7)
        )
        for mine, key in (
            ("first", "S1"),
            ("total", "ST"),
            ("first_half", "S1_conf"),
            ("total_half", "ST_conf"),
        ):
            np.testing.assert_allclose(getattr(found, mine)[row], theirs[key], atol=1e-6)


def test_a_positive_row_is_judged_by_its_logarithm():
    found = indices(lambda u: np.stack([np.exp(ishigami(u)), ishigami(u)]), 3, 5)
    assert found.logarithm.tolist() == [True, False]
    np.testing.assert_allclose(found.first[0], found.first[1], atol=1e-12)


def test_a_product_shares_its_logarithm_by_the_variances_and_without_interaction():
    found = indices(lambda u: (np.exp(3.0 * u[:, 0]) / np.exp(4.0 * u[:, 1]))[None], 2, 5)
    np.testing.assert_allclose(found.first[0], [0.36, 0.64], atol=0.005)
    np.testing.assert_allclose(found.total[0], [0.36, 0.64], atol=0.005)


def test_what_only_matters_together_has_no_first_share():
    found = indices(lambda u: ((u[:, 0] - 0.5) * (u[:, 1] - 0.5))[None], 2, 5)
    np.testing.assert_allclose(found.first[0], [0.0, 0.0], atol=0.02)
    np.testing.assert_allclose(found.total[0], [1.0, 1.0], atol=0.02)


def test_a_row_that_never_moves_has_no_shares_and_one_without_values_says_so():
    def rows(u):
        still = np.full(len(u), 1e20 / 3.0)
        return np.stack([still, np.where(u[:, 0] > 0.9, np.nan, u[:, 0]), u[:, 0]])

    found = indices(rows, 1, 5)
    assert found.first[0] == 0.0
    assert found.total_half[0] == 0.0
    assert np.isnan(found.first[1])
    assert found.first[2] == pytest.approx(1.0, abs=0.01)


def test_the_same_seed_gives_the_same_digits_and_another_seed_others():
    def first(seed):
        return indices(lambda u: ishigami(u)[None], 3, seed).first

    assert (first(5) == first(5)).all()
    assert (first(5) != first(6)).all()


@pytest.fixture
def drivers(project, edit):
    """Drivers of a total whose inputs are lognormal: shares follow the squared spreads exactly."""
    edit(
        "data/registry/quantities/all.yaml",
        "{triangular: {min: 3, mode: 4, max: 5}}",
        "{lognormal: {p05: 3.2, p50: 4, p95: 5}}",
    )
    registry = load(project)
    row = evidence("tiny.T1", registry, tidy_tables(registry), "x")["rows"][0]
    assert row["spread_of"] == "logarithm"
    return row["drivers"]


def test_the_evidence_of_a_row_has_both_indices_of_each_driver_strongest_first(drivers):
    squares = {"stated_data_centre_electricity_j": np.log(533.33 / 300.0) ** 2}
    squares["stated_share_ratio"] = np.log(5.0 / 3.2) ** 2
    assert [one["input"] for one in drivers] == list(squares)
    for one in drivers:
        expected = squares[one["input"]] / sum(squares.values())
        assert one["sobol_first"] == pytest.approx(expected, abs=0.01)
        assert one["sobol_total"] == pytest.approx(expected, abs=0.01)
        assert 0.0 < one["sobol_total_half"] < 0.06
        assert one["sobol_first"] == round(one["sobol_first"], 3)


def test_figures_that_are_wrong_together_are_one_factor_and_cancel(project):
    """Growth between two years: an error shared by both years drives nothing."""
    registry = load(project)
    tables = tidy_tables(registry)
    shared = registry.quantities["reported_electricity_generation_j"].error.model_copy(
        update={"shared_by": "all"}
    )
    quantity = registry.quantities["reported_electricity_generation_j"].model_copy(update={"error": shared})
    registry.quantities["reported_electricity_generation_j"] = quantity
    asked = Proposition.model_validate(
        {"quantity": "grid_growth_ratio", "is": "reported"}
        | {"at": {"region": "world", "year": 2024}, "base": {"region": "world", "year": 2023}}
    )
    plan = Plan(registry, tables)
    judged = Judged(plan, [target(plan, "g", asked, registry.settings, "t")], registry)
    assert judged.streams.names[0].startswith("error.")
    np.testing.assert_allclose(judged.sobol.total, 0.0, atol=1e-12)


def test_a_batch_changes_nothing(project):
    registry = load(project)
    plan = Plan(registry, tidy_tables(registry))
    reading = registry.claims["tiny.T2"].readings["V1"].proposition
    judged = Judged(plan, [target(plan, "V1", reading, registry.settings, "t")], registry)
    one = sobol(judged.machine, judged.streams, 3, 1 << 17)
    many = sobol(judged.machine, judged.streams, 3, 1000)
    np.testing.assert_allclose(one.first, many.first, atol=1e-12)


def a_table(*columns):
    """A table that is drawn row by row, in no order, beside a lognormal factor of spread 0.5."""
    tall = Lognormal(p05=np.exp(-1.645 * 0.5), p50=1.0, p95=np.exp(1.645 * 0.5))
    parts = [Part(Joint(values=tuple(one)), "draws.t", "fitted", of=f"c{k}") for k, one in enumerate(columns)]
    found = [Input(part.of, 1.0, (part,), frozenset()) for part in parts]
    return Streams([*found, Input("x", 1.0, (Part(tall, "x", "read"),), frozenset())])


def test_a_table_is_one_factor_and_its_columns_stay_joint():
    scores = np.random.default_rng(1).normal(size=20_000)
    streams = a_table(np.exp(0.5 * scores), np.exp(-0.5 * scores))
    machine = SimpleNamespace(
        values=lambda x: np.stack([x[0] * x[2], x[0] * x[1] * x[2], x[0] / x[1] * x[2]])
    )
    found = sobol(machine, streams, 2023, 1 << 16)
    assert found.first.shape == (3, 2)
    np.testing.assert_allclose(found.total, [[0.5, 0.5], [0.0, 1.0], [0.8, 0.2]], atol=0.03)
    np.testing.assert_allclose(found.first, [[0.5, 0.5], [0.0, 1.0], [0.8, 0.2]], atol=0.03)


def test_columns_of_one_table_share_one_line_of_indices():
    streams = a_table(np.exp([0.1, 0.2, 0.3]), np.exp([0.3, 0.1, 0.2]))
    machine = SimpleNamespace(values=lambda x: (x[0] * x[1] ** 2 * x[2])[None])
    numeric = SimpleNamespace(
        streams=streams,
        own=lambda row, handle: (streams.handles[handle], handle),
        drivers=SimpleNamespace(elasticity=np.array([[1.0, 2.0, 1.0]]), share=np.array([[0.01, 0.09, 0.9]])),
        sobol=sobol(machine, streams, 2023, 1 << 16),
        break_even=np.full((1, 3), np.nan),
        space=SimpleNamespace(center=np.ones(3)),
    )
    found = {one["input"]: one for one in _drivers(0, numeric)}
    assert list(found) == ["x", "c1", "c0"]
    assert (found["c1"]["counted_with"], found["c0"]["counted_with"]) == (None, "c1")
    assert found["c0"]["sobol_first"] is None
    assert found["x"]["sobol_first"] + found["c1"]["sobol_first"] == pytest.approx(1.0, abs=0.02)


def test_a_flip_does_not_name_a_column_that_the_row_does_not_read():
    scores = np.random.default_rng(1).normal(size=200)
    streams = a_table(np.exp(scores), np.exp(0.9 * scores))
    space = Companion(streams)
    u = 2.0 * space.weights[0]
    numeric = SimpleNamespace(
        streams=streams,
        space=space,
        own=lambda row, handle: (streams.handles[handle], handle) if handle != 1 else None,
        plan=SimpleNamespace(nodes={}),
    )
    moved = _moves(SimpleNamespace(u=u, row=0), np.asarray(space.parts(u)), numeric)
    assert [one["input"] for one in moved] == ["c0"]
    assert moved[0]["to"] == pytest.approx(space.center[0] * np.exp(2.0 * space.spread[0]), rel=1e-3)
