"""The companion space of flips: each part normal, or lognormal where it cannot be negative.

It keeps the 5 % and the 95 % point of the part and is unbounded, so that a flip always has a
distance. Its coordinates u are independent standard normals, one for each stream.
"""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jouletrace.numerics import jax, jnp
from jouletrace.registry.distribution import Z95
from jouletrace.streams import Part, Streams, ends

Array = NDArray[np.float64]


class Companion:
    """Part = exp(middle + spread u) where ``positive``, else middle + spread u."""

    def __init__(self, streams: Streams) -> None:
        self.streams = streams
        lines = [_line(part) for part in streams.parts]
        self.middle = np.array([line[0] for line in lines])
        self.spread = np.array([line[1] for line in lines])
        self.positive = np.array([line[2] for line in lines], dtype=bool)

    def parts(self, u: jax.Array) -> jax.Array:
        """Values of the parts at a point of the space."""
        line = jnp.asarray(self.middle) + jnp.asarray(self.spread) * u[self.streams.column]
        return jnp.where(jnp.asarray(self.positive), jnp.exp(line), line)

    def x(self, u: jax.Array) -> Any:
        """Inputs at a point of the space."""
        return self.streams.made(self.parts(u), jnp)

    @cached_property
    def center(self) -> Array:
        """Values of the parts at u = 0."""
        return np.where(self.positive, np.exp(np.where(self.positive, self.middle, 0.0)), self.middle)


def _line(part: Part) -> tuple[float, float, bool]:
    low, _, high = ends(part.kind)
    positive = low > 0.0 and not part.signed
    if positive:
        low, high = np.log(low), np.log(high)
    return 0.5 * (low + high), (high - low) / (2.0 * Z95), positive
