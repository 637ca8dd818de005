"""The companion space of flips: each part normal, or lognormal where it cannot be negative.

It keeps the 5 % and the 95 % point of the part and is unbounded, so that a flip always has a
distance. Its coordinates u are independent standard normals: one for each stream, and for a table
that is drawn row by row as many as it has columns, mixed so that the columns keep the correlation
of their normal scores (a Gaussian copula).
"""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

from jouletrace.numerics import jax, jnp
from jouletrace.registry.distribution import Z95
from jouletrace.streams import Part, Streams, ends

Array = NDArray[np.float64]


class Companion:
    """Part = exp(middle + spread d) where ``positive``, else middle + spread d; d = weights u."""

    def __init__(self, streams: Streams) -> None:
        self.streams = streams
        lines = [_line(part) for part in streams.parts]
        self.middle = np.array([line[0] for line in lines])
        self.spread = np.array([line[1] for line in lines])
        self.positive = np.array([line[2] for line in lines], dtype=bool)
        self.coordinates, self.weights = _mixed(streams)

    def parts(self, u: jax.Array) -> jax.Array:
        """Values of the parts at a point of the space."""
        line = jnp.asarray(self.middle) + jnp.asarray(self.spread) * (jnp.asarray(self.weights) @ u)
        return jnp.where(jnp.asarray(self.positive), jnp.exp(line), line)

    def x(self, u: jax.Array) -> Any:
        """Inputs at a point of the space."""
        return self.streams.made(self.parts(u), jnp)

    @cached_property
    def center(self) -> Array:
        """Values of the parts at u = 0."""
        return np.where(self.positive, np.exp(np.where(self.positive, self.middle, 0.0)), self.middle)


def _mixed(streams: Streams) -> tuple[list[str], Array]:
    """Names of the coordinates, and what each part takes of each (part x coordinate)."""
    names: list[str] = []
    columns: list[Array] = []
    for index, stream in enumerate(streams.names):
        members = np.flatnonzero(streams.column == index)
        block = np.zeros((len(streams.parts), 1))
        block[members] = 1.0
        if streams.parts[members[0]].of:
            block = np.zeros((len(streams.parts), len(members)))
            block[members] = _root([np.asarray(streams.parts[i].kind.values) for i in members])  # type: ignore[attr-defined]
        columns.append(block)
        names += [stream] if block.shape[1] == 1 else [f"{stream}.{k}" for k in range(block.shape[1])]
    return names, np.concatenate(columns, axis=1)


def _root(columns: list[Array]) -> Array:
    """A square root of the correlation of the columns' normal scores.

    Its rows have length one; that of a constant column has length zero.
    """
    scores = np.stack([ndtri((rankdata(one) - 0.5) / len(one)) for one in columns])
    with np.errstate(invalid="ignore"):
        correlation = np.atleast_2d(np.corrcoef(scores))
    values, vectors = np.linalg.eigh(np.where(np.isnan(correlation), 0.0, correlation))
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    length = np.linalg.norm(root, axis=1, keepdims=True)
    return np.asarray(root / np.where(length > 0.0, length, 1.0))


def _line(part: Part) -> tuple[float, float, bool]:
    low, _, high = ends(part.kind)
    positive = low > 0.0 and not part.signed
    if positive:
        low, high = np.log(low), np.log(high)
    return 0.5 * (low + high), (high - low) / (2.0 * Z95), positive
