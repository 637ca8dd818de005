"""Ranks of a known truth: uniform where density and simulation agree, and not where they do not."""

from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.scipy.stats import norm

from jouletrace.computed import settings
from jouletrace.experiments import calibration
from jouletrace.experiments.joint import Data, Space
from jouletrace.experiments.task import Task
from jouletrace.registry import load
from jouletrace.tidying import tidy_tables

ROOT = Path(__file__).parents[2]
PLACES, RUNS = 20, 600


class Toy:
    """One figure, a normal one about a normal truth; the density may be told a wrong error."""

    def __init__(self, error: float) -> None:
        self.error = error

    def potential(self, data, place):
        return -norm.logpdf(place[0]) - norm.logpdf(data.log_energy, place[0], self.error)

    def ranked(self, place):
        return place


def ranks(density_error: float, step: float) -> np.ndarray:
    """Ranks where figures have an error of 0.5, and chains start at the truth."""
    rng = np.random.default_rng(7)
    plan = calibration.Schedule(PLACES, step, 0.5, 3, RUNS, 1, 7)
    truth = rng.standard_normal((RUNS, 1))
    figures = truth[:, 0] + 0.5 * rng.standard_normal(RUNS)
    chain = partial(calibration.around, Toy(density_error), jnp.eye(1), plan)
    keys = jax.random.split(jax.random.key(7), RUNS)
    truth_at = jnp.asarray(rng.integers(PLACES, size=RUNS))
    found, true, *_ = jax.jit(jax.vmap(chain))(jnp.asarray(truth), Data(jnp.asarray(figures)), truth_at, keys)
    pairs = zip(np.asarray(true), np.asarray(found), strict=True)
    return np.stack([calibration.rank(one, of, rng)[:1] for one, of in pairs])


@pytest.mark.parametrize("step", [0.6, 0.005])
def test_ranks_are_uniform_where_the_density_is_right_however_slowly_the_chain_moves(step):
    table = calibration.uniformity(ranks(0.5, step), PLACES)
    assert table["p_value"][0] > 0.01
    assert abs(table["coverage"][0] - 0.9) < 0.04


@pytest.mark.parametrize("error", [0.2, 1.0])
def test_a_wrong_error_in_the_density_shows(error):
    assert calibration.uniformity(ranks(error, 0.6), PLACES)["p_holm"][0] < 1e-4


def test_chi_square_by_hand():
    ranks = np.repeat([0, 10, 20, 30, 40, 50, 60, 70, 80, 80], 10)[:, None]
    table = calibration.uniformity(ranks, 100)
    assert table["chi2"][0] == pytest.approx(20.0)
    assert table["coverage"][0] == pytest.approx(0.9)
    assert table["mean_rank"][0] == pytest.approx(0.445)


def test_a_tie_goes_either_way():
    rng = np.random.default_rng(1)
    found = [int(calibration.rank(np.zeros(1), np.zeros((3, 1)), rng)[0]) for _ in range(200)]
    assert set(found) == {0, 1, 2, 3}


def real_design() -> calibration.Design:
    registry = load(ROOT)
    tables = tidy_tables(registry)
    entry = registry.computed["calibration"]
    entry = entry.model_copy(update={"settings": settings("calibration", registry)})
    used = {name: registry.quantities[name] for name in entry.uses}
    return calibration.design(Task(entry, {name: tables[name] for name in entry.reads}, used))


def test_figures_simulated_effect_by_effect_have_the_covariance_of_the_density():
    """Two ways to write down the same model: effects drawn one by one, and integrated out."""
    known = real_design()
    space = Space(known.seen)
    truth = jax.jit(space.truth)(jax.random.key(3))
    rng = np.random.default_rng(5)
    figures = np.stack([np.concatenate(calibration.simulated(known, truth, rng)) for _ in range(200)])
    place = space.place(truth)
    count = len(known.seen.estimates.log_energy)
    density = jax.jit(jax.vmap(lambda one: space.potential(Data(one[:count], one[count:]), place)))
    quadratic = np.asarray(density(jnp.asarray(figures)))
    # - ln density of n normal figures spreads by sqrt(n / 2), whatever their covariance.
    assert quadratic.std() == pytest.approx(np.sqrt(figures.shape[1] / 2.0), rel=0.15)
