"""Latent curves of data-centre electricity, and how a published estimate comes to differ from them.

The world's electricity has a growth rate that wanders from year to year; the parts of the United
States, China, Europe and the rest in it shift slowly. An estimate is the curve at its region and year,
times what its boundary adds, times errors that it shares with its method, its lineage (the study or
model that it goes back to) and its publication, times an error of its own. A projection also drifts:
with each year that it looks ahead its lineage may be further off, and with each year away from its
publication its scenario, so that it counts less the further it looks.
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax import Array
from numpy.typing import NDArray

from jouletrace.experiments.effects import Shared, log_density

REGIONS = ("united-states", "china", "europe", "rest")
FIRST_YEAR = 2000
LAST_YEAR = 2030
#: Kinds of effects that a lineage has for itself: level, drift, levels and drifts below it.
LEVEL, DRIFT, PUBLICATION, SERIES = range(4)


@dataclass(frozen=True)
class Observations:
    """Published estimates as arrays, one entry for each.

    ``log_energy`` is ln of TWh; ``year`` counts from the first year; ``share`` (row x region) says
    which curves it adds up. Estimates of one class share a variance: ``method`` and ``width`` (the
    standard deviation of ln that the source's own range and its rounding stand for) are those of the
    classes. ``middle`` and ``spread`` are the prior of what methods, boundaries and places do.
    """

    log_energy: NDArray[np.float64]
    width: NDArray[np.float64]
    year: NDArray[np.int_]
    share: NDArray[np.float64]
    method: NDArray[np.int_]
    middle: NDArray[np.float64]
    spread: NDArray[np.float64]
    those: Shared


@dataclass(frozen=True)
class Prior:
    """Scales of the prior; every number stands, with its reason, in computed.yaml.

    ``parts`` are the regions' parts of the world in the first year, in the order of `REGIONS`.
    """

    years: int
    start_twh: float
    start_spread: float
    growth: float
    growth_spread: float
    growth_change: float
    parts: tuple[float, ...]
    part_spread: float
    part_trend: float
    part_change: float
    knot_years: int
    methods: int
    error: float
    level: tuple[float, ...]


def curves(prior: Prior) -> Array:
    """ln of TWh for each region and year (region x year), as NumPyro sites."""
    return world(prior)[None, :] + parts(prior)


def world(prior: Prior) -> Array:
    """ln of the world's TWh: its growth rate is a random walk."""
    start = numpyro.sample("start", dist.Normal(0.0, 1.0))
    growth = numpyro.sample("growth", dist.Normal(0.0, 1.0))
    change = numpyro.sample("change", dist.HalfNormal(prior.growth_change))
    steps = numpyro.sample("steps", dist.Normal(jnp.zeros(prior.years - 2), 1.0))
    first = prior.growth + prior.growth_spread * growth
    rates = first + jnp.concatenate([jnp.zeros(1), jnp.cumsum(change * steps)])
    level = jnp.log(prior.start_twh) + prior.start_spread * start
    return level + jnp.concatenate([jnp.zeros(1), jnp.cumsum(rates)])


def parts(prior: Prior) -> Array:
    """ln of each region's part of the world: log ratios to the first region walk between knots."""
    others = len(prior.parts) - 1
    knots = -(-(prior.years - 1) // prior.knot_years)
    start = numpyro.sample("part", dist.Normal(jnp.zeros(others), 1.0))
    trend = numpyro.sample("part_trend", dist.Normal(jnp.zeros(others), 1.0))
    change = numpyro.sample("part_change", dist.HalfNormal(prior.part_change))
    steps = numpyro.sample("part_steps", dist.Normal(jnp.zeros((others, knots)), 1.0))
    usual = jnp.log(jnp.asarray(prior.parts[1:]) / prior.parts[0])
    yearly = prior.part_trend * trend[:, None] + change * steps / jnp.sqrt(1.0 * prior.knot_years)
    walk = jnp.cumsum(jnp.repeat(yearly, prior.knot_years, axis=1)[:, : prior.years - 1], axis=1)
    ratio = (usual + prior.part_spread * start)[:, None] + jnp.pad(walk, ((0, 0), (1, 0)))
    return jax.nn.log_softmax(jnp.pad(ratio, ((1, 0), (0, 0))), axis=0)


def expected(log_curves: Array, seen: Observations) -> Array:
    """ln of TWh where each estimate lies if nothing but its boundary's usual effect moves it."""
    energy = (jnp.exp(log_curves)[:, seen.year].T * jnp.asarray(seen.share)).sum(axis=1)
    return jnp.log(energy) + jnp.asarray(seen.those.common) @ jnp.asarray(seen.middle)


def model(prior: Prior, seen: Observations, log_energy: Any) -> Array:
    """The joint density of curves and estimates; returns ln of TWh (region x year)."""
    log_curves = numpyro.deterministic("log_curves", curves(prior))
    error = numpyro.sample("error", dist.HalfNormal(prior.error * jnp.ones(prior.methods)))
    level = numpyro.sample("level", dist.HalfNormal(jnp.asarray(prior.level)))
    residual = log_energy - expected(log_curves, seen)
    variance = error[seen.method] ** 2 + jnp.asarray(seen.width) ** 2
    density = log_density(residual, variance, seen.those, level**2, jnp.asarray(seen.spread) ** 2)
    numpyro.factor("estimates", density)
    return log_curves
