"""What drives a row: elasticities by gradient, shares of the spread, and break-even values."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jouletrace.companion import Companion
from jouletrace.evaluate import Machine
from jouletrace.numerics import jax, jnp

Array = NDArray[np.float64]
POINTS = 241
DECADES = 6.0


@dataclass(frozen=True)
class Drivers:
    """For each row and input: d ln row / d ln input, and the input's part of the spread."""

    elasticity: Array
    share: Array


def drivers(machine: Machine, space: Companion) -> Drivers:
    """Elasticities at the medians, and first-order shares of the variance of ln(row)."""
    center = jnp.asarray(space.center)
    values = np.asarray(machine.values(center[:, None]))[:, 0]
    slope = np.asarray(jax.jit(jax.jacfwd(machine._rows))(center))
    relative = slope / np.where(values == 0.0, 1.0, values)[:, None]
    along = np.where(space.positive, space.center, 1.0) * space.spread
    parts = (relative * along) ** 2
    total = np.maximum(parts.sum(axis=1, keepdims=True), 1e-300)
    return Drivers(relative * space.center, parts / total)


def break_even(machine: Machine, space: Companion) -> Array:
    """Value of each input at which a row flips, the others at their medians; NaN if none does.

    A grid of six decades to both sides (for inputs that can be negative: a thousand widths),
    refined twice about the crossing nearest to the median.
    """
    rows = [i for i, one in enumerate(machine.targets) if one.edges]
    found = np.full((len(machine.targets), len(space.middle)), np.nan)
    for column in range(len(space.middle)):
        grid = _wide(space, column)
        margins = _margins(machine, space, column, grid)
        for row in rows:
            found[row, column] = _refined(machine, space, row, column, grid, margins[row])
    return found


def _wide(space: Companion, column: int) -> Array:
    middle = space.center[column]
    if space.positive[column]:
        return middle * 10.0 ** np.linspace(-DECADES, DECADES, POINTS)
    width = max(space.spread[column], 0.01 * abs(middle), 1e-6)
    return middle + width * np.sinh(np.linspace(-8.0, 8.0, POINTS))


def _margins(machine: Machine, space: Companion, column: int, grid: Array) -> Array:
    """Smallest margin of each row (row x grid), with one input moved along the grid."""
    x = np.repeat(space.center[:, None], len(grid), axis=1)
    x[column] = grid
    values = np.asarray(machine.values(jnp.asarray(x)))
    margins = np.full(values.shape, np.nan)
    for row, one in enumerate(machine.targets):
        edges = [np.asarray(edge.margin(values[row])) for edge in one.edges]
        if edges:
            margins[row] = np.min(edges, axis=0)
    return margins


def _refined(machine: Machine, space: Companion, row: int, column: int, grid: Array, margin: Array) -> float:
    for _ in range(3):
        bracket = _nearest_crossing(margin, grid, space.center[column])
        if bracket is None:
            return float("nan")
        left = bracket
        grid = np.linspace(grid[left], grid[left + 1], POINTS)
        margin = _margins(machine, space, column, grid)[row]
    return float(grid[int(np.argmin(np.abs(margin)))])


def _nearest_crossing(margin: Array, grid: Array, middle: float) -> int | None:
    finite = np.isfinite(margin[:-1]) & np.isfinite(margin[1:])
    crossing = np.flatnonzero(finite & (np.sign(margin[:-1]) != np.sign(margin[1:])))
    if len(crossing) == 0:
        return None
    home = int(np.argmin(np.abs(grid - middle)))
    return int(crossing[np.argmin(np.abs(crossing - home))])
