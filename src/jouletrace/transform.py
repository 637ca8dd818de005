"""x = T(z): from a standard normal number to the value of an input.

T is monotone, except where a table is drawn row by row: there it is a choice of a row. The same T
serves Monte Carlo, robustness and sensitivity.
"""

from functools import singledispatch

import jax.numpy as jnp
from jax import Array
from jax.scipy.special import ndtr

from jouletrace.registry.distribution import (
    Empirical,
    Exact,
    Joint,
    Kind,
    Lognormal,
    Loguniform,
    SplitLognormal,
    Triangular,
    Uniform,
)


@singledispatch
def transform(kind: Kind, z: Array) -> Array:
    """Values of an input, one for each standard normal number (any shape)."""
    raise TypeError(f"no transform for {type(kind).__name__}")


@transform.register
def _exact(kind: Exact, z: Array) -> Array:
    return jnp.full_like(z, kind.value)


@transform.register
def _uniform(kind: Uniform, z: Array) -> Array:
    """x = min + (max - min) Phi(z)."""
    return kind.min + (kind.max - kind.min) * ndtr(z)


@transform.register
def _loguniform(kind: Loguniform, z: Array) -> Array:
    """x = min (max / min)^Phi(z)."""
    return kind.min * (kind.max / kind.min) ** ndtr(z)


@transform.register
def _triangular(kind: Triangular, z: Array) -> Array:
    """Inverse of the triangular distribution function at Phi(z)."""
    u, span = ndtr(z), kind.max - kind.min
    rise = kind.min + jnp.sqrt(u * span * (kind.mode - kind.min))
    fall = kind.max - jnp.sqrt((1.0 - u) * span * (kind.max - kind.mode))
    return jnp.where(u * span < kind.mode - kind.min, rise, fall)


@transform.register
def _lognormal(kind: Lognormal, z: Array) -> Array:
    """x = p50 exp(sigma z)."""
    return kind.p50 * jnp.exp(kind.sigma * z)


@transform.register
def _split_lognormal(kind: SplitLognormal, z: Array) -> Array:
    """x = p50 exp(sigma z), with one sigma below the median and another above it."""
    below, above = kind.sigmas
    return kind.p50 * jnp.exp(jnp.where(z < 0.0, below, above) * z)


@transform.register
def _empirical(kind: Empirical, z: Array) -> Array:
    """The value whose rank is floor(n Phi(z)): no smoothing, ties allowed."""
    return _picked(jnp.asarray(sorted(kind.values)), z)


@transform.register
def _joint(kind: Joint, z: Array) -> Array:
    """The value of row floor(n Phi(z)) of the table: columns that share z stay joint."""
    return _picked(jnp.asarray(kind.values), z)


def _picked(values: Array, z: Array) -> Array:
    index = jnp.floor(len(values) * ndtr(z)).astype(int)
    return values[jnp.clip(index, 0, len(values) - 1)]
