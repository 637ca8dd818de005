"""The companion space of flips: each input normal, or lognormal where it is positive.

It keeps the 5 % and the 95 % point of the input and is unbounded, so that a flip always has a
distance. Independent standard normal coordinates are called u.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from jouletrace.numerics import jax, jnp
from jouletrace.registry.distribution import Z95

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Companion:
    """x = exp(middle + spread u) where ``positive``, else middle + spread u; one entry an input."""

    middle: Array
    spread: Array
    positive: NDArray[np.bool_]

    def x(self, u: jax.Array) -> jax.Array:
        """Inputs at a point (or at many points) of the companion space."""
        line = jnp.asarray(self.middle) + jnp.asarray(self.spread) * u
        return jnp.where(jnp.asarray(self.positive), jnp.exp(line), line)

    @cached_property
    def center(self) -> Array:
        """Inputs at u = 0."""
        return np.asarray(self.x(jnp.zeros(len(self.middle))))


def companion(draws: Array) -> Companion:
    """Companion of some draws (input x draw)."""
    p05, p95 = np.quantile(draws, [0.05, 0.95], axis=1)
    positive = p05 > 0.0
    low = np.where(positive, np.log(np.where(positive, p05, 1.0)), p05)
    high = np.where(positive, np.log(np.where(positive, p95, 1.0)), p95)
    return Companion(0.5 * (low + high), (high - low) / (2.0 * Z95), positive)
