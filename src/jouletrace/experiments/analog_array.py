"""A matrix in an analog array: cells of few levels that are off, and converters of few bits behind rows.

A weight is one cell (a pair for its sign) whose range is ``clip`` of its column. Cells have levels and a
lasting error with a standard deviation of ``noise`` times their range: y = x (W + noise ||W|| E), with ||W||
the range of cells, column by column. All bits of an input are applied at once, and the sum over the rows
of an array is converted at once; sums of several arrays are added as numbers.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

#: Ranges that are tried for cells and converters, as parts of the largest value.
CLIPS = np.geomspace(0.2, 1.0, 14)


class Setting(NamedTuple):
    """Noise as a part of the range of cells; levels on one side of zero of weights and of converters."""

    noise: Array | float
    weight_levels: Array | float
    adc_levels: Array | float


class Layer(NamedTuple):
    """A matrix as it lies in arrays: cells (array, row, column) with all that is wrong with them."""

    cells: Array
    input_low: Array
    input_high: Array
    adc_range: Array


def levels(bits: float) -> float:
    """Levels on one side of zero of a signed number.

    >>> levels(2), levels(8)
    (1.0, 127.0)
    """
    return 2.0 ** (bits - 1.0) - 1.0


def quantised(value: Array, clip: Array | float, steps: Array | float) -> Array:
    """The nearest of ``steps`` levels on each side of zero, the outermost at ``clip``."""
    step = clip / steps
    rounded = jnp.where(jnp.isinf(steps), value, jnp.round(value / step) * step)
    return jnp.clip(rounded, -clip, clip)


def best_clip(value: Array, steps: Array | float, noise: Array | float = 0.0) -> Array:
    """The range with the least mean squared error, noise in proportion to the range among it."""
    largest = jnp.max(jnp.abs(value)) + 1e-12

    def error(part: Array) -> Array:
        clip = part * largest
        return jnp.mean((quantised(value, clip, steps) - value) ** 2) + (noise * clip) ** 2

    return largest * jnp.asarray(CLIPS)[jnp.argmin(jax.vmap(error)(jnp.asarray(CLIPS)))]


def written(weight: Array, setting: Setting) -> tuple[Array, Array]:
    """Weights at the levels of their cells, and the range of the cells of each column.

    The range makes levels and noise together least harmful.
    """
    clip = jax.vmap(best_clip, in_axes=(1, None, None))(weight, setting.weight_levels, setting.noise)
    return quantised(weight, clip, setting.weight_levels), clip


def split(value: Array, rows: int) -> Array:
    """The last axis as arrays of so many rows, the last one filled up with zeros: (..., array, row)."""
    arrays = -(-value.shape[-1] // rows)
    filled = jnp.pad(value, [(0, 0)] * (value.ndim - 1) + [(0, arrays * rows - value.shape[-1])])
    return filled.reshape(*value.shape[:-1], arrays, rows)


def sums(layer: Layer, value: Array, input_levels: float) -> Array:
    """What each array adds up for an input, before it is converted: (..., array, column)."""
    half = (layer.input_high - layer.input_low) / 2.0
    middle = layer.input_low + half
    taken = quantised(value - middle, half, input_levels / 2.0) + middle
    return jnp.einsum("...ar,arc->...ac", split(taken, layer.cells.shape[1]), layer.cells)


def product(layer: Layer, value: Array, setting: Setting, input_levels: float) -> Array:
    """Input times matrix, as arrays and converters give it; a converter of infinite bits cuts nothing off."""
    found = sums(layer, value, input_levels)
    read = quantised(found, layer.adc_range, setting.adc_levels)
    return jnp.where(jnp.isinf(setting.adc_levels), found, read).sum(axis=-2)


def placed(
    weight: Array, seen: Array, setting: Setting, rows: int, input_levels: float, errors: Array
) -> Layer:
    """A matrix put into arrays; ranges of inputs and converters from inputs that were ``seen`` in training.

    ``errors`` of its cells are standard normal numbers. Converters are set with cells that have no error:
    nobody measures each chip for it.
    """
    ends = jnp.minimum(jnp.min(seen), 0.0), jnp.max(seen)
    exact, clip = written(weight, setting)
    layer = Layer(_in_arrays(exact, rows), *ends, jnp.ones(()))
    adc_range = best_clip(sums(layer, seen, input_levels), setting.adc_levels)
    return Layer(_in_arrays(exact + setting.noise * clip * errors, rows), *ends, adc_range)


def _in_arrays(weight: Array, rows: int) -> Array:
    return jnp.moveaxis(split(weight.T, rows), 0, -1)
