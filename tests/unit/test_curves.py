"""Curves before any estimate: parts of a whole, and a future that is known less the further it is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpyro import handlers
from scipy.special import logsumexp

from jouletrace.experiments import curves
from jouletrace.experiments.curves import REGIONS
from jouletrace.experiments.observations import prior
from jouletrace.numerics import jax, jnp
from jouletrace.registry import load

PRIOR = prior(load(Path(__file__).parents[2]).computed["reconstruction"].settings)
DRAWS = 4000


@jax.jit
def one(key):
    """World and regions of one draw of the prior."""
    with handlers.seed(rng_seed=key):
        log_curves = curves.curves(PRIOR)
    with handlers.seed(rng_seed=key):
        log_world = curves.world(PRIOR)
    return log_world, log_curves


@pytest.fixture(scope="module")
def drawn():
    found = jax.vmap(one)(jax.random.split(jax.random.key(1), DRAWS))
    return [np.asarray(each) for each in found]


def test_regions_add_up_to_the_world_in_every_draw_and_year(drawn):
    log_world, log_curves = drawn
    assert log_curves.shape == (DRAWS, len(REGIONS), PRIOR.years)
    np.testing.assert_allclose(logsumexp(log_curves, axis=1), log_world, atol=1e-9)


def test_the_spread_of_the_prior_grows_with_the_years(drawn):
    log_world, log_curves = drawn
    assert (np.diff(log_world.std(axis=0)[::5]) > 0).all()
    assert (np.diff((log_curves[:, 1] - log_curves[:, 0]).std(axis=0)[::5]) > 0).all()


def test_the_first_year_is_the_prior_of_the_registry(drawn):
    log_world, log_curves = drawn
    error = 4 / np.sqrt(DRAWS)
    assert log_world[:, 0].mean() == pytest.approx(np.log(PRIOR.start_twh), abs=error * PRIOR.start_spread)
    assert log_world[:, 0].std() == pytest.approx(PRIOR.start_spread, rel=error)
    growth = log_world[:, 1] - log_world[:, 0]
    assert growth.mean() == pytest.approx(PRIOR.growth, abs=error * PRIOR.growth_spread)
    usual = np.median(np.exp(log_curves[:, :, 0] - log_world[:, :1]), axis=0)
    assert usual == pytest.approx(np.array(PRIOR.parts), rel=0.15)


def test_parts_walk_between_knots_and_so_change_evenly_within_them(drawn):
    _, log_curves = drawn
    ratio = log_curves[:, 1] - log_curves[:, 0]
    steps = np.diff(ratio, axis=1)
    within = PRIOR.knot_years
    np.testing.assert_allclose(steps[:, 0], steps[:, within - 1], atol=1e-9)
    assert (np.abs(steps[:, within - 1] - steps[:, within]) > 1e-9).all()


def seen(share, year):
    """One estimate without any effect of method or boundary."""
    empty = np.zeros((1, 1))
    those = curves.Shared(np.zeros(1, dtype=int), [], empty, np.zeros((1, 1, 1)))
    values = {"log_energy": np.zeros(1), "width": np.zeros(1), "method": np.zeros(1, dtype=int)}
    return curves.Observations(
        **values,
        year=np.array([year]),
        share=np.array([share]),
        middle=np.zeros(1),
        spread=np.zeros(1),
        those=those,
    )


@settings(max_examples=10)
@given(st.lists(st.floats(1.0, 500.0), min_size=8, max_size=8), st.integers(0, 1))
def test_an_estimate_adds_up_the_curves_of_its_region_in_its_year(energies, year):
    table = np.array(energies).reshape(4, 2)
    for share, total in (([1.0] * 4, table[:, year].sum()), ([0.0, 0.0, 1.0, 0.0], table[2, year])):
        found = curves.expected(jnp.log(jnp.asarray(table)), seen(share, year))
        assert float(np.exp(found[0])) == pytest.approx(total)


def test_a_usual_effect_of_a_boundary_moves_what_is_expected():
    plain = seen([1.0] * 4, 0)
    moved = replace(plain, middle=np.array([0.27]), those=replace(plain.those, common=np.ones((1, 1))))
    log_curves = jnp.log(jnp.full((4, 1), 100.0))
    assert float(curves.expected(log_curves, moved)[0]) == pytest.approx(np.log(400.0) + 0.27)
