"""Inputs as draws: each input, and each error, has its own stream, keyed by its name.

A new input therefore does not move the others, and two claims see the same draw of an input.
"""

import hashlib
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from jouletrace.graph import Node
from jouletrace.numerics import jax, jnp
from jouletrace.registry import Registry
from jouletrace.registry.distribution import Empirical, Exact, Kind
from jouletrace.registry.schema import Lookup
from jouletrace.transform import transform
from jouletrace.units import to_coherent

Array = NDArray[np.float64]
Stress = Literal["stated", "doubled", "dependent"]


@dataclass(frozen=True)
class Part:
    """One random factor of an input: its distribution, its stream, and how it is known."""

    kind: Kind
    stream: str
    grade: str


@dataclass(frozen=True)
class Input:
    """An input as the product of its parts (a figure, and the error of that figure)."""

    id: str
    parts: tuple[Part, ...]

    @property
    def uncertain(self) -> bool:
        """Whether any part varies."""
        return not all(isinstance(part.kind, Exact) for part in self.parts)

    @property
    def grades(self) -> set[str]:
        """Evidence grades of the parts."""
        return {part.grade for part in self.parts}

    @property
    def stated(self) -> tuple[float, float]:
        """Range that the sources state, in coherent units."""
        low = high = 1.0
        for part in self.parts:
            low, high = low * part.kind.stated[0], high * part.kind.stated[1]
        return low, high


def inputs_of(nodes: list[Node], registry: Registry) -> dict[str, Input]:
    """Inputs among some nodes, in their order."""
    return {node.id: _input(node, registry) for node in nodes if node.kind in ("input", "table")}


def _input(node: Node, registry: Registry) -> Input:
    quantity = registry.quantities[node.name]
    if node.case:
        factor = to_coherent(1.0, quantity.unit, node.name)
        return Input(node.id, (Part(node.case.distribution.scaled(factor), node.id, node.case.grade),))
    assert quantity.lookup is not None
    if quantity.lookup.column == "year":
        return Input(node.id, (Part(Exact(value=float(node.rows[0].year)), node.id, "read"),))
    values = tuple(to_coherent(row.value, row.unit, node.name) for row in node.rows)
    parts = [_figure(values, node, quantity.lookup)]
    if quantity.error:
        row = node.rows[0]
        shared = {"lineage": row.lineage, "row": row.id, "all": node.name}[quantity.error.shared_by]
        name = f"error.{quantity.lookup.dataset}.{shared}"
        parts.append(Part(quantity.error.distribution, name, quantity.error.grade))
    return Input(node.id, tuple(parts))


def _figure(values: tuple[float, ...], node: Node, lookup: Lookup) -> Part:
    """The figure itself: one row; one of several, drawn once for the table; or their average."""
    grade = _weakest(row.grade for row in node.rows)
    if lookup.several == "sample":
        stream = f"{lookup.dataset}.{node.at.get('region', '')}"
        return Part(Empirical(values=_one_vote_a_lineage(values, node)), stream, grade)
    middle = math.exp(sum(map(math.log, values)) / len(values)) if len(values) > 1 else values[0]
    return Part(Exact(value=middle), node.id, grade)


def _one_vote_a_lineage(values: tuple[float, ...], node: Node) -> tuple[float, ...]:
    """Values repeated so that each lineage, not each of its scenarios, is equally likely."""
    groups: dict[str, list[float]] = {}
    for row, value in zip(node.rows, values, strict=True):
        groups.setdefault(row.lineage, []).append(value)
    whole = math.lcm(*(len(group) for group in groups.values()))
    return tuple(v for group in groups.values() for v in group * (whole // len(group)))


def _weakest(grades: object) -> str:
    order = ["recalled", "judgement", "secondary", "fitted", "read", "measured"]
    found = set(grades)  # type: ignore[call-overload]
    return next(grade for grade in order if grade in found)


@lru_cache(maxsize=512)
def standard_normal(stream: str, seed: int, draws: int) -> Array:
    """Draws of one stream: a function of its name and the seed, and of nothing else."""
    word = int.from_bytes(hashlib.sha256(stream.encode()).digest()[:4], "big")
    key = jax.random.fold_in(jax.random.key(seed), word)
    return np.asarray(jax.random.normal(key, (draws,), dtype=jnp.float64))


def draw(one: Input, seed: int, draws: int, stress: Stress = "stated", sign: float = 1.0) -> Array:
    """Values of an input for each draw.

    ``doubled``: judged parts spread twice as far from their median, in the logarithm where they
    are positive. ``dependent``: judged parts move together, in the direction of ``sign``.
    """
    value = np.ones(draws)
    for part in one.parts:
        judged = part.grade == "judgement" and not isinstance(part.kind, Exact)
        together = judged and stress == "dependent"
        z = standard_normal("judgements" if together else part.stream, seed, draws)
        drawn = np.asarray(transform(part.kind, jnp.asarray(sign * z if together else z)))
        if judged and stress == "doubled":
            drawn = _doubled(drawn, median(part.kind))
        value = value * drawn
    return value


def _doubled(values: Array, middle: float) -> Array:
    if middle > 0.0 and values.min() > 0.0:
        return middle * (values / middle) ** 2
    return middle + 2.0 * (values - middle)


def median(kind: Kind) -> float:
    """T(0), or the middle of a list of values."""
    if isinstance(kind, Empirical):
        return float(np.median(kind.values))
    return float(transform(kind, jnp.zeros(())))


def median_of(one: Input) -> float:
    """Product of the medians of the parts."""
    return float(np.prod([median(part.kind) for part in one.parts]))
