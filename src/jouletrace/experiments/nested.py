"""Fits to measurements in nested groups, and predictions of groups that were not seen.

Parameters have normal priors on a scale on which they are free, and are those that are most probable when
every row counts in part, as rows of one group say much the same, and when large errors count by their
size, not its square. A model that is wrong in detail then meets the level of all groups; taking residuals
of a group for a constant of its own would fit slopes within groups instead. What is left over is split into
parts that a family, a configuration and a row has of its own, with sizes that make the residuals most
probable. A row of a family that was not seen gets residuals of all levels anew.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray
from scipy.optimize import minimize

from jouletrace import numerics as _doubles  # noqa: F401

Numbers = NDArray[np.float64]
Names = NDArray[np.str_]
Rows = NDArray[np.bool_]
#: Most steps of a search, and how often one is shortened; it ends when a step gains less.
STEPS, SHORTER, ENOUGH = 60, 20, 1e-3


@dataclass(frozen=True)
class Prior:
    """Normal distributions of free parameters: centres and spreads; ``shares`` lie between zero and one."""

    names: tuple[str, ...]
    centre: Numbers
    spread: Numbers
    shares: NDArray[np.bool_]

    def values(self, place: Array) -> dict[str, Array]:
        """Parameters by name, on their own scale."""
        shown = jnp.where(self.shares, jax.nn.sigmoid(place), jnp.exp(jnp.where(self.shares, 0.0, place)))
        return {name: shown[i] for i, name in enumerate(self.names)}


@dataclass(frozen=True)
class Seen:
    """Logarithms of what was measured (output x row, nan where it was not), and the groups of each level.

    ``levels``: names of groups by row, the widest level first; that of the row alone is not among them.
    """

    logs: Numbers
    levels: tuple[Names, ...]


@dataclass(frozen=True)
class Trust:
    """How far rows are believed: the error at which they begin to count less, and the part of each.

    ``sizes`` and ``sizes_spread``: prior of the residuals' sizes by level, the row's last, and of
    their logarithms.
    """

    error: float
    part: float
    sizes: Numbers
    sizes_spread: Numbers


@dataclass(frozen=True)
class Posterior:
    """Mode and covariance of the parameters, and of the logarithms of the sizes (output x level)."""

    mode: Numbers
    covariance: Numbers
    sizes: Numbers
    sizes_covariance: Numbers


class Components:
    """Residuals of one output, and how probable sizes of their levels are."""

    def __init__(self, apart: Numbers, levels: tuple[Names, ...], trust: Trust) -> None:
        blocks = [names[:, None] == np.unique(names) for names in levels]
        self._of = np.concatenate([np.full(one.shape[1], i) for i, one in enumerate(blocks)])
        sums = np.concatenate(blocks, axis=1).astype(np.float64)
        self._gram, self._pull = sums.T @ sums, sums.T @ apart
        self._square, self._rows, self._trust = float(apart @ apart), len(apart), trust

    def objective(self, sizes: Numbers) -> float:
        r"""Minus the logarithm of the density.

        Formula: \frac{1}{2} \left( r' \Sigma^{-1} r + \ln |\Sigma| \right),
        \Sigma = \sigma^2 I + U D U'
        """
        own = np.exp(2.0 * sizes[-1])
        inner = self._gram + np.diag(own * np.exp(-2.0 * sizes[self._of]))
        fits = (self._square - float(self._pull @ np.linalg.solve(inner, self._pull))) / own
        free = self._rows - len(self._of)
        spread = float(np.linalg.slogdet(inner)[1] + np.sum(2.0 * sizes[self._of]) + 2.0 * free * sizes[-1])
        prior = (sizes - np.log(self._trust.sizes)) / self._trust.sizes_spread
        return 0.5 * (fits + spread + float(prior @ prior))

    def fitted(self) -> tuple[Numbers, Numbers]:
        """Logarithms of the most probable sizes, and their covariance."""
        found = np.asarray(minimize(self.objective, np.log(self._trust.sizes), method="L-BFGS-B").x)
        return found, np.asarray(np.linalg.inv(_curvature(self.objective, found)), dtype=np.float64)


class Fit:
    """A model with its measurements: compiled once, fitted to any rows.

    ``predict`` gives logarithms (output x row) from parameters by name and the inputs.
    """

    def __init__(
        self,
        predict: Callable[[dict[str, Array], Any], Array],
        inputs: Any,
        prior: Prior,
        seen: Seen,
        trust: Trust,
    ) -> None:
        self.prior, self.seen, self.trust = prior, seen, trust
        self.at = jax.jit(lambda place: predict(prior.values(place), inputs))
        self.slopes = jax.jit(jax.jacfwd(lambda place: predict(prior.values(place), inputs)))
        self.many = jax.jit(jax.vmap(lambda place: predict(prior.values(place), inputs)))

    def posterior(self, rows: Rows, whole: Names) -> Posterior:
        """Fitted to some rows, from the centre of the prior.

        Sizes of residuals are those of predictions: each of the groups in ``whole``, among these rows, is
        left out once more.
        """
        used = rows & np.isfinite(self.seen.logs)
        place = self._mode(used, self.prior.centre)
        precision, _ = self._normal(place, used)
        apart = self._left_out(used, place, whole)
        found = [
            Components(one[kept], tuple(names[kept] for names in self.seen.levels), self.trust).fitted()
            for one, kept in zip(apart, used, strict=True)
        ]
        sizes, spreads = (np.stack(one) for one in zip(*found, strict=True))
        covariance = np.asarray(np.linalg.inv(precision), dtype=np.float64)
        return Posterior(place, covariance, sizes, spreads)

    def _left_out(self, used: Rows, place: Numbers, whole: Names) -> Numbers:
        """Measured less predicted, of each group by a fit to the others."""
        apart = self.seen.logs - np.asarray(self.at(place))
        names = np.unique(whole[used.any(axis=0)])
        for name in names if len(names) > 1 else ():
            rows = whole == name
            found = np.asarray(self.at(self._mode(used & ~rows, place)))
            apart[:, rows] = (self.seen.logs - found)[:, rows]
        return apart

    def _errors(self, place: Numbers, used: Rows) -> Numbers:
        """Errors over the size at which they begin to count less."""
        apart = self.seen.logs - np.asarray(self.at(place))
        return np.where(used, apart, 0.0) / self.trust.error

    def _objective(self, place: Numbers, used: Rows) -> float:
        errors = self._errors(place, used)
        pulls = (place - self.prior.centre) / self.prior.spread
        return float(self.trust.part * np.sum(np.sqrt(1.0 + errors**2) - 1.0) + 0.5 * pulls @ pulls)

    def _normal(self, place: Numbers, used: Rows) -> tuple[Numbers, Numbers]:
        """Curvature of the objective, and minus its slope."""
        errors = self._errors(place, used)
        ways = np.where(used[:, :, None], np.asarray(self.slopes(place)), 0.0) / self.trust.error
        weight = self.trust.part / np.sqrt(1.0 + errors**2)
        precision = np.einsum("or,orp,orq->pq", weight, ways, ways) + np.diag(self.prior.spread**-2.0)
        pull = np.einsum("or,orp,or->p", weight, ways, errors)
        return precision, pull + (self.prior.centre - place) / self.prior.spread**2.0

    def _mode(self, used: Rows, place: Numbers) -> Numbers:
        """Most probable parameters, by steps that are shortened until they help."""
        damping = 1e-3
        value = self._objective(place, used)
        for _ in range(STEPS):
            precision, pull = self._normal(place, used)
            for _ in range(SHORTER):
                step = np.linalg.solve(precision + damping * np.diag(np.diag(precision)), pull)
                found = self._objective(place + step, used)
                if found <= value:
                    break
                damping *= 4.0
            else:
                break
            gain, place, value, damping = value - found, place + step, found, damping / 4.0
            if gain < ENOUGH:
                break
        return place

    def draws(self, posterior: Posterior, count: int, rng: np.random.Generator) -> tuple[Numbers, Numbers]:
        """Parameters on the free scale, and sizes of residuals (draw x output x level)."""
        places = rng.multivariate_normal(posterior.mode, posterior.covariance, count)
        sizes = [
            rng.multivariate_normal(one, spread, count)
            for one, spread in zip(posterior.sizes, posterior.sizes_covariance, strict=True)
        ]
        return places, np.exp(np.stack(sizes, axis=1))

    def predictive(
        self, posterior: Posterior, rows: Rows, count: int, rng: np.random.Generator
    ) -> tuple[Numbers, Numbers]:
        """Logarithms of rows of new groups, as the model gives them and as they would be measured."""
        places, sizes = self.draws(posterior, count, rng)
        plain = np.asarray(self.many(places))[:, :, rows]
        found = plain + sizes[:, :, -1:] * rng.standard_normal(plain.shape)
        for place, names in enumerate(self.seen.levels):
            _, group = np.unique(names[rows], return_inverse=True)
            common = rng.standard_normal((count, sizes.shape[1], group.max() + 1))
            found = found + sizes[:, :, place, None] * common[:, :, group]
        return plain, found


def _curvature(value: Callable[[Numbers], float], at: Numbers, step: float = 0.05) -> Numbers:
    """Second derivatives by differences; no direction is less curved than a unit normal distribution."""
    size = len(at)
    steps = step * np.eye(size)
    found = np.zeros((size, size))
    for i in range(size):
        for j in range(i + 1):
            near = [value(at + a * steps[i] + b * steps[j]) for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
            found[i, j] = found[j, i] = (near[0] - near[1] - near[2] + near[3]) / (4 * step**2)
    bends, ways = np.linalg.eigh(found)
    return np.asarray((ways * np.maximum(bends, 1.0)) @ ways.T)
