"""What drives a row: elasticities by gradient, shares of the spread, and break-even values."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jouletrace.companion import Companion
from jouletrace.evaluate import Machine, with_slopes
from jouletrace.numerics import jax, jnp

Array = NDArray[np.float64]
POINTS = 241
DECADES = 6.0


@dataclass(frozen=True)
class Drivers:
    """For each row and handle: d ln row / d ln value, and the handle's part of the spread."""

    elasticity: Array
    share: Array


def drivers(machine: Machine, space: Companion) -> Drivers:
    """Elasticities at the medians, and first-order shares of the variance of ln(row).

    A share is a term of the variance a' C a, a being the slopes in widths and C the correlation of
    the parts: what two figures share, and what cancels between them, drives nothing.
    """
    streams = space.streams
    center = jnp.asarray(space.center)
    both = jax.jit(with_slopes(machine.each(machine.targets, lambda parts: streams.made(parts, jnp))))
    values, slope = (np.asarray(one) for one in both(jnp.tile(center, (len(machine.targets), 1))))
    relative = slope / np.where(values == 0.0, 1.0, values)[:, None]
    along = np.where(space.positive, space.center, 1.0) * space.spread
    onto = np.zeros((len(streams.parts), len(streams.handles)))
    onto[np.arange(len(streams.parts)), streams.handle] = 1.0
    slopes = relative * along
    parts = (slopes * (slopes @ space.weights @ space.weights.T)) @ onto
    total = np.maximum(parts.sum(axis=1, keepdims=True), 1e-300)
    return Drivers((relative * space.center) @ onto, parts / total)


def break_even(machine: Machine, space: Companion) -> Array:
    """Value of each handle at which a row flips, the others at their medians; NaN if none does.

    A grid of six decades to both sides (for what can be negative: a thousand widths), refined
    about the crossing nearest to the median. Every edge is bracketed by itself, so that a narrow
    "about" is not stepped over.
    """
    streams = space.streams
    found = np.full((len(machine.targets), len(streams.handles)), np.nan)
    for column in range(len(streams.handles)):
        moving = np.flatnonzero(streams.handle == column)
        grid = _wide(space, int(moving[0]))
        values = _values(machine, space, moving, grid)
        for row, one in enumerate(machine.targets):
            crossings = [
                _refined(machine, space, moving, grid, np.asarray(edge.margin(values[row])), (row, k))
                for k, edge in enumerate(one.edges)
            ]
            found[row, column] = _nearest(crossings, space.center[moving[0]])
    return found


def _wide(space: Companion, part: int) -> Array:
    middle = space.center[part]
    if space.positive[part]:
        return middle * 10.0 ** np.linspace(-DECADES, DECADES, POINTS)
    width = max(space.spread[part], 0.01 * abs(middle), 1e-6)
    return middle + width * np.sinh(np.linspace(-8.0, 8.0, POINTS))


def _values(machine: Machine, space: Companion, moving: NDArray[np.int_], grid: Array) -> Array:
    """Rows (row x grid) with one handle moved; further parts of it keep their ratio to the first."""
    parts = np.repeat(space.center[:, None], len(grid), axis=1)
    first = space.center[moving[0]]
    for part in moving:
        parts[part] = grid if first == 0.0 else grid * (space.center[part] / first)
    return np.asarray(machine.values(jnp.asarray(space.streams.made(parts))))


def _refined(
    machine: Machine,
    space: Companion,
    moving: NDArray[np.int_],
    grid: Array,
    margin: Array,
    place: tuple[int, int],
) -> float:
    row, k = place
    for _ in range(3):
        left = _nearest_crossing(margin, grid, space.center[moving[0]])
        if left is None:
            return float("nan")
        grid = np.linspace(grid[left], grid[left + 1], POINTS)
        values = _values(machine, space, moving, grid)[row]
        margin = np.asarray(machine.targets[row].edges[k].margin(values))
    return float(grid[int(np.argmin(np.abs(margin)))])


def _nearest_crossing(margin: Array, grid: Array, middle: float) -> int | None:
    finite = np.isfinite(margin[:-1]) & np.isfinite(margin[1:])
    crossing = np.flatnonzero(finite & (np.sign(margin[:-1]) != np.sign(margin[1:])))
    if len(crossing) == 0:
        return None
    home = int(np.argmin(np.abs(grid - middle)))
    return int(crossing[np.argmin(np.abs(crossing - home))])


def _nearest(values: list[float], middle: float) -> float:
    found = [value for value in values if np.isfinite(value)]
    return min(found, key=lambda value: abs(value - middle), default=float("nan"))
