"""How the measured energy of an image grows with the batch and with the steps of its making.

Two regressions on the logarithms of measured joules per image. The batch exponent compares
configurations of one model on one GPU, so that all else is equal. The step exponent can only compare
models, each of which was run with one number of steps; their size is held fixed. Intervals resample
whole models, since configurations of one model are no independent evidence.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

Array = NDArray[np.float64]
Names = NDArray[np.str_]
RESAMPLES = 2000
INTERVAL = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Exponent:
    """An exponent with its 90 % interval, and what it was fitted on."""

    low: float
    middle: float
    high: float
    rows: int
    models: int


def batch_exponent(energy: Array, batch: Array, model: Names, gpu: Names, seed: int) -> Exponent:
    """Slope of ln(energy per image) on ln(batch) within each model and GPU.

    The middle is the least-squares slope; the interval is a bootstrap over models.
    """
    group = np.char.add(np.char.add(model, "@"), gpu)
    x, y = _centred(np.log(batch), group), _centred(np.log(energy), group)
    names = np.unique(model)
    products = np.array([x[model == name] @ y[model == name] for name in names])
    squares = np.array([x[model == name] @ x[model == name] for name in names])
    picks = np.random.default_rng(seed).integers(len(names), size=(RESAMPLES, len(names)))
    slopes = products[picks].sum(axis=1) / squares[picks].sum(axis=1)
    low, _, high = np.quantile(slopes, INTERVAL)
    middle = products.sum() / squares.sum()
    return Exponent(float(low), float(middle), float(high), len(energy), len(names))


def step_exponent(energy: Array, steps: Array, parameters: Array) -> Exponent:
    """Slope of ln(energy per image) on ln(steps) between models, at a fixed number of parameters.

    One row for each model; the interval is Student's, with as many degrees of freedom as are left.
    """
    design = np.column_stack([np.ones(len(energy)), np.log(steps), np.log(parameters)])
    y = np.log(energy)
    beta, *_ = np.linalg.lstsq(design, y, rcond=None)
    free = len(y) - design.shape[1]
    variance = float((y - design @ beta) @ (y - design @ beta)) / free
    error = np.sqrt(variance * np.linalg.inv(design.T @ design)[1, 1])
    reach = float(student.ppf(INTERVAL[2], free) * error)
    return Exponent(float(beta[1]) - reach, float(beta[1]), float(beta[1]) + reach, len(y), len(y))


def _centred(values: Array, group: Names) -> Array:
    """Values less the mean of their group."""
    found = values.copy()
    for name in np.unique(group):
        found[group == name] -= values[group == name].mean()
    return found
