"""Streams: the independent random factors of a claim, and how its inputs are made of them.

An input is a constant times its parts (a figure, the error of that figure). Parts that share a
stream share its standard normal number, so two estimates of one lineage are wrong together:
in Monte Carlo, in flips and in what drives a result alike.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from jouletrace.numerics import jax, jnp
from jouletrace.registry.distribution import Z95, Empirical, Exact, Joint, Kind
from jouletrace.transform import transform

Array = NDArray[np.float64]
Stress = Literal["stated", "doubled", "dependent"]


@dataclass(frozen=True)
class Part:
    """One factor of an input: its distribution, its stream, how it is known, and its sign.

    ``signed``: it may be negative, as a growth rate may. ``of``: the input of which it is a column
    of a table that is drawn row by row.
    """

    kind: Kind
    stream: str
    grade: str
    signed: bool = False
    of: str = ""


@dataclass(frozen=True)
class Input:
    """An input as a constant times its parts; the grades are those of all that it is made of."""

    id: str
    constant: float
    parts: tuple[Part, ...]
    grades: frozenset[str]


class Streams:
    """The parts of some inputs, each once, in columns of their streams.

    A handle is what can be moved by itself: a stream, or one column of a table drawn row by row.
    """

    def __init__(self, inputs: Sequence[Input]) -> None:
        self.inputs = list(inputs)
        self.parts = list(dict.fromkeys(part for one in inputs for part in one.parts))
        self.names = list(dict.fromkeys(part.stream for part in self.parts))
        self.column = np.array([self.names.index(part.stream) for part in self.parts], dtype=int)
        self.handles = list(dict.fromkeys(part.of or part.stream for part in self.parts))
        self.handle = np.array([self.handles.index(part.of or part.stream) for part in self.parts], dtype=int)
        self.parts_of = [[self.parts.index(part) for part in one.parts] for one in self.inputs]

    def made(self, values: Any, xp: Any = np) -> Any:
        """Inputs (input x ...) from the values of the parts (part x ...)."""
        rows = []
        for one, parts in zip(self.inputs, self.parts_of, strict=True):
            x = xp.full_like(values[0], one.constant)
            for part in parts:
                x = x * values[part]
            rows.append(x)
        return xp.stack(rows)

    def drawn(self, seed: int, draws: int, stress: Stress = "stated", sign: float = 1.0) -> Array:
        """Values of the parts (part x draw).

        ``doubled``: judged parts spread twice as far from their median, in the logarithm where
        they are positive. ``dependent``: judged parts move together, in the direction of ``sign``.
        """
        return np.stack([_drawn(part, seed, draws, stress, sign) for part in self.parts])

    def at(self, z: Array) -> Array:
        """Values of the parts (part x draw) where each stream has the standard normal numbers ``z``."""
        moved = jnp.asarray(z)
        values = [transform(part.kind, moved[k]) for part, k in zip(self.parts, self.column, strict=True)]
        return np.stack([np.asarray(value) for value in values])

    @cached_property
    def judged(self) -> NDArray[np.bool_]:
        """Which parts are our own judgement."""
        return np.array([part.grade == "judgement" for part in self.parts])

    @cached_property
    def recalled(self) -> NDArray[np.bool_]:
        """Which parts are quoted from memory."""
        return np.array([part.grade == "recalled" for part in self.parts])


def _drawn(part: Part, seed: int, draws: int, stress: Stress, sign: float) -> Array:
    judged = part.grade == "judgement" and not isinstance(part.kind, Exact)
    together = judged and stress == "dependent"
    z = standard_normal("judgements" if together else part.stream, seed, draws)
    drawn = np.asarray(transform(part.kind, jnp.asarray(sign * z if together else z)))
    return _doubled(drawn, median(part.kind)) if judged and stress == "doubled" else drawn


def _doubled(values: Array, middle: float) -> Array:
    if middle > 0.0 and values.min() > 0.0:
        return middle * (values / middle) ** 2
    return middle + 2.0 * (values - middle)


@lru_cache(maxsize=512)
def standard_normal(stream: str, seed: int, draws: int) -> Array:
    """Draws of one stream: a function of its name and the seed, and of nothing else."""
    word = int.from_bytes(hashlib.sha256(stream.encode()).digest()[:4], "big")
    key = jax.random.fold_in(jax.random.key(seed), word)
    return np.asarray(jax.random.normal(key, (draws,), dtype=jnp.float64))


def median(kind: Kind) -> float:
    """T(0), or the middle of a list of values."""
    return ends(kind)[1]


def ends(kind: Kind) -> tuple[float, float, float]:
    """5 %, 50 % and 95 % points of a distribution."""
    if isinstance(kind, Empirical | Joint):
        low, middle, high = np.quantile(kind.values, [0.05, 0.5, 0.95])
    else:
        low, middle, high = np.asarray(transform(kind, jnp.asarray([-Z95, 0.0, Z95])))
    return float(low), float(middle), float(high)
