"""Models of measurements that come in groups: fitted, and asked about a group that they have not seen.

What a model leaves over is partly common to a group (a diffusion model, a server) and partly the row's
own; both sizes are learned. The posterior is Laplace's: a normal distribution around its mode, in the
logarithms of parameters that are all positive. For each group in turn everything is fitted without it,
sizes of residuals included, and its rows are predicted as rows of a new group.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray
from scipy.optimize import minimize

from jouletrace import numerics as _doubles  # noqa: F401
from jouletrace.experiments.task import Table, Task

Numbers = NDArray[np.float64]
Names = NDArray[np.str_]
#: Logarithms of what is measured, a row for each output, from parameters by name and the inputs.
Predict = Callable[[Mapping[str, Array], Any], Array]
INTERVAL = (0.05, 0.5, 0.95)
FACTOR_TWO = np.log(2.0)
#: Sizes of residuals, as parameters: common to a group, and of a row alone.
GROUP, ROW = "group_residual_ratio", "row_residual_ratio"
SPREAD = "_spread_ratio"
#: How often parameters and sizes of residuals are fitted in turn.
ROUNDS = 2
#: Most steps of a search, most halvings of a step, and the gain that ends it.
STEPS, HALVINGS, ENOUGH = 60, 12, 1e-3


@dataclass(frozen=True)
class Prior:
    """Normal distributions of the logarithms of positive parameters."""

    names: tuple[str, ...]
    centre: Numbers
    spread: Numbers

    def part(self, places: NDArray[np.int_]) -> "Prior":
        """Some of the parameters."""
        return Prior(tuple(self.names[place] for place in places), self.centre[places], self.spread[places])

    def values(self, theta: Array) -> dict[str, Array]:
        """Parameters by name."""
        return {name: jnp.exp(theta[place]) for place, name in enumerate(self.names)}


@dataclass(frozen=True)
class Seen:
    """Measurements: inputs of the model by row, logarithms by output and row, and groups of rows.

    A logarithm that is not a number was not measured. Rows of a ``group`` share a residual; what is
    left out together is ``whole``, the group itself unless said.
    """

    inputs: Any
    logs: Numbers
    group: Names
    outputs: tuple[str, ...]
    whole: Names | None = None

    @property
    def left_out(self) -> Names:
        """What is left out together, by row."""
        return self.group if self.whole is None else self.whole


@dataclass(frozen=True)
class Posterior:
    """A normal distribution of the logarithms of parameters, and the names of these."""

    prior: Prior
    mode: Numbers
    covariance: Numbers

    def draws(self, count: int, rng: np.random.Generator) -> Numbers:
        """Logarithms of parameters, a row for each draw."""
        return rng.multivariate_normal(self.mode, self.covariance, count)


def prior_of(task: Task, effects: Mapping[str, tuple[str, ...]], outputs: tuple[str, ...]) -> Prior:
    """Every setting with a ``_spread_ratio`` beside it is a parameter.

    ``effects``: names of parameters that share a setting, such as one for each workload. Sizes of
    residuals exist for each output.
    """
    own = [name for name in task.entry.settings if f"{name}{SPREAD}" in task.entry.settings]
    named: dict[str, tuple[str, ...]] = {name: (name,) for name in own}
    named |= {size: tuple(f"{size} {output}" for output in outputs) for size in (GROUP, ROW)}
    named |= dict(effects)
    pairs = [(one, setting) for setting, several in named.items() for one in several]
    return Prior(
        tuple(one for one, _ in pairs),
        np.log([task.setting(setting) for _, setting in pairs]),
        np.array([task.setting(f"{setting}{SPREAD}") for _, setting in pairs]),
    )


class Fit:
    """A model with its measurements; compiled once, and fitted with any groups left out.

    Sizes of residuals are those that make the measurements most probable with all other parameters
    integrated out, on the model made linear at its mode: a mode in all of them together would take
    what many parameters can follow for certainty.
    """

    def __init__(self, predict: Predict, prior: Prior, seen: Seen) -> None:
        self.predict, self.seen = predict, seen
        sizes = np.array([name.startswith((GROUP, ROW)) for name in prior.names])
        self.prior = prior.part(np.concatenate([np.flatnonzero(~sizes), np.flatnonzero(sizes)]))
        self.inner = prior.part(np.flatnonzero(~sizes))
        self.sizes = prior.part(np.flatnonzero(sizes))
        names, self._place = np.unique(seen.group, return_inverse=True)
        self.groups = tuple(str(name) for name in np.unique(seen.left_out))
        self._count = len(names)
        self._member = (self._place[:, None] == np.arange(len(names))).astype(float)
        self._known = np.isfinite(seen.logs)
        self._predicted = jax.jit(self._at)
        self._many = jax.jit(jax.vmap(self._at))
        self._slopes = jax.jit(jax.jacfwd(self._at))

    def _at(self, theta: Array) -> Array:
        return self.predict(self.inner.values(theta), self.seen.inputs)

    def posterior(self, without: str = "", begin: Posterior | None = None) -> Posterior:
        """Fitted to all groups but one; the search begins at the centre of the prior, or at a mode."""
        used = self._known & (self.seen.left_out != without)
        theta, sizes = self.inner.centre, self.sizes.centre
        if begin is not None:
            theta, sizes = np.split(begin.mode, [len(theta)])
        for _ in range(ROUNDS):
            theta = self._mode(theta, sizes, used)
            sums = self._sums(theta, used)
            sizes = np.asarray(minimize(self._evidence, sizes, (sums,), "BFGS", options={"gtol": 1e-3}).x)
        precision = self._quadratic(sizes, sums)[0][:-1, :-1]
        covariance = np.zeros((len(theta) + len(sizes),) * 2)
        covariance[: len(theta), : len(theta)] = np.linalg.inv(precision)
        bends = _curvature(lambda one: self._evidence(one, sums), sizes)
        covariance[len(theta) :, len(theta) :] = np.linalg.inv(bends)
        return Posterior(self.prior, np.concatenate([theta, sizes]), covariance)

    def _size(self, output: int, sizes: Numbers) -> tuple[float, float]:
        """Sizes of the residuals of an output: common to a group, and of a row alone."""
        name = self.seen.outputs[output]
        shared, own = (self.sizes.names.index(f"{size} {name}") for size in (GROUP, ROW))
        return float(np.exp(sizes[shared])), float(np.exp(sizes[own]))

    def _mode(self, theta: Numbers, sizes: Numbers, used: NDArray[np.bool_]) -> Numbers:
        """Most probable parameters, given the sizes of residuals: steps of Gauss-Newton, halved at need."""
        loss = self._loss(theta, sizes, used)
        for _ in range(STEPS):
            whole, _wide = self._quadratic(sizes, self._sums(theta, used))
            step = self.inner.centre + np.linalg.solve(whole[:-1, :-1], whole[:-1, -1]) - theta
            for _ in range(HALVINGS):
                found = self._loss(theta + step, sizes, used)
                if found <= loss:
                    break
                step = 0.5 * step
            else:
                return theta
            theta, gained, loss = theta + step, loss - found, found
            if gained < ENOUGH:
                return theta
        return theta

    def _loss(self, theta: Numbers, sizes: Numbers, used: NDArray[np.bool_]) -> float:
        """Minus the logarithm of the posterior density of parameters, given the sizes of residuals."""
        apart = np.nan_to_num(self.seen.logs) - np.asarray(self._predicted(theta))
        square = float(np.sum(((theta - self.inner.centre) / self.inner.spread) ** 2))
        for place, kept in enumerate(used):
            shared, own = self._size(place, sizes)
            rows, member = apart[place][kept], self._member[kept]
            totals, count = member.T @ rows, member.sum(axis=0)
            common = np.sum(shared**2 / (own**2 + count * shared**2) * totals**2)
            square += float(rows @ rows - common) / own**2
        return 0.5 * square

    def _sums(self, theta: Numbers, used: NDArray[np.bool_]) -> list[tuple[Numbers, Numbers, Numbers]]:
        """Of slopes and residuals of the linear model, by output: products, sums and counts of groups."""
        slopes = np.asarray(self._slopes(theta))
        apart = np.nan_to_num(self.seen.logs) - np.asarray(self._predicted(theta))
        apart = apart + slopes @ (theta - self.inner.centre)
        found = []
        for place, kept in enumerate(used):
            both = np.column_stack([slopes[place], apart[place]])[kept]
            member = self._member[kept]
            found.append((both.T @ both, member.T @ both, member.sum(axis=0)))
        return found

    def _quadratic(
        self, sizes: Numbers, sums: list[tuple[Numbers, Numbers, Numbers]]
    ) -> tuple[Numbers, float]:
        """Precision of parameters and residuals together, and the log of how wide residuals are."""
        whole = np.diag([*self.inner.spread**-2.0, 0.0])
        wide = 0.0
        for place, (products, totals, count) in enumerate(sums):
            shared, own = self._size(place, sizes)
            total = own**2 + count * shared**2
            common = (shared**2 / total)[:, None]
            whole += (products - totals.T @ (common * totals)) / own**2
            some = count > 0
            wide += float(np.sum((count[some] - 1) * np.log(own**2) + np.log(total[some])))
        return whole, wide

    def _evidence(self, sizes: Numbers, sums: list[tuple[Numbers, Numbers, Numbers]]) -> float:
        """Minus the logarithm of how probable sizes of residuals are, parameters integrated out."""
        whole, wide = self._quadratic(sizes, sums)
        precision, pull = whole[:-1, :-1], whole[:-1, -1]
        fits = whole[-1, -1] - float(pull @ np.linalg.solve(precision, pull))
        prior = (sizes - self.sizes.centre) / self.sizes.spread
        return 0.5 * (fits + wide + float(np.linalg.slogdet(precision)[1]) + float(prior @ prior))

    def predictive(self, posterior: Posterior, draws: int, rng: np.random.Generator) -> Numbers:
        """Draws of the measured logarithms, each group taken as new: by draw, output and row."""
        theta = posterior.draws(draws, rng)
        inner = len(self.inner.names)
        found = np.array(self._many(theta[:, :inner]))
        for number, output in enumerate(self.seen.outputs):
            shared, own = (
                np.exp(theta[:, inner + self.sizes.names.index(f"{size} {output}")])[:, None]
                for size in (GROUP, ROW)
            )
            common = rng.standard_normal((draws, self._count))[:, self._place]
            alone = rng.standard_normal((draws, len(self._place)))
            found[:, number] += shared * common + own * alone
        return found


def _curvature(value: Callable[[Numbers], float], at: Numbers, step: float = 0.05) -> Numbers:
    """Second derivatives by differences, no direction less curved than a unit normal distribution."""
    size = len(at)
    steps = step * np.eye(size)
    found = np.zeros((size, size))
    for i in range(size):
        for j in range(i + 1):
            corners = [
                value(at + a * steps[i] + b * steps[j]) for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))
            ]
            found[i, j] = found[j, i] = (corners[0] - corners[1] - corners[2] + corners[3]) / (4 * step**2)
    bends, ways = np.linalg.eigh(found)
    return (ways * np.maximum(bends, 1.0)) @ ways.T


@dataclass(frozen=True)
class Predicted:
    """Predictions of rows by fits that have not seen their group: logarithms at 5, 50 and 95 %.

    ``known`` tells which of all rows these are.
    """

    measured: Numbers
    bounds: Numbers
    group: Names
    known: NDArray[np.bool_]

    @property
    def error(self) -> Numbers:
        """Logarithm of predicted over measured."""
        return self.bounds[1] - self.measured

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Whether a measurement lies in its 90 % interval."""
        return (self.bounds[0] <= self.measured) & (self.measured <= self.bounds[2])


def left_out(
    fit: Fit, weights: Mapping[str, Numbers], draws: int, rng: np.random.Generator
) -> dict[str, Predicted]:
    """Every group predicted by a fit without it.

    ``weights``: what is predicted, by name: a sum of outputs with these weights, as the logarithm of
    an energy is that of a power and that of a time.
    """
    bounds = {name: np.zeros((len(INTERVAL), len(fit.seen.group))) for name in weights}
    whole = fit.posterior()
    for group in fit.groups:
        rows = fit.seen.left_out == group
        sample = fit.predictive(fit.posterior(group, whole), draws, rng)[:, :, rows]
        for name, weight in weights.items():
            bounds[name][:, rows] = np.quantile(np.tensordot(sample, weight, (1, 0)), INTERVAL, axis=0)
    return {name: measured(fit.seen, weight, bounds[name]) for name, weight in weights.items()}


def measured(seen: Seen, weight: Numbers, bounds: Numbers) -> Predicted:
    """Predictions of a sum of outputs beside its measurements, where these are."""
    logs = np.where(weight[:, None] == 0.0, 0.0, seen.logs)
    total = weight @ logs
    known = np.isfinite(total)
    return Predicted(total[known], bounds[:, known], seen.left_out[known], known)


def regressed(design: Numbers, logs: Numbers, group: Names) -> Numbers:
    """Logarithms predicted by least squares on some columns, every group by a fit without it."""
    found = np.zeros_like(logs)
    for one in np.unique(group):
        rows = group == one
        slopes, *_ = np.linalg.lstsq(design[~rows], logs[~rows], rcond=None)
        found[rows] = design[rows] @ slopes
    return found


def score(error: Numbers, inside: NDArray[np.bool_] | None, groups: int) -> dict[str, float]:
    """How far predictions are from measurements, in logarithms."""
    size = np.abs(error)
    return {
        "rows": float(len(error)),
        "groups": float(groups),
        "median_ln_ratio": float(np.median(size)),
        "rms_ln_ratio": float(np.sqrt(np.mean(error * error))),
        "bias_ln_ratio": float(np.median(error)),
        "factor_two_ratio": float(np.mean(size <= FACTOR_TWO)),
        "coverage_ratio": float("nan") if inside is None else float(np.mean(inside)),
    }


def scores(name: str, found: Predicted, parts: Mapping[str, NDArray[np.bool_]]) -> list[dict[str, Any]]:
    """Scores of all rows, of named parts of them, and of each group."""
    masks = {"all": np.ones(len(found.group), dtype=bool)}
    masks |= {label: mask[found.known] for label, mask in parts.items()}
    masks |= {f"group {one}": found.group == one for one in np.unique(found.group)}
    return [
        {"predicted": name, "rows_of": label}
        | score(found.error[mask], found.inside[mask], len(np.unique(found.group[mask])))
        for label, mask in masks.items()
        if mask.any()
    ]


def plain(name: str, label: str, error: Numbers, group: Names) -> dict[str, Any]:
    """Scores of a baseline that gives no interval."""
    return {"predicted": name, "rows_of": label} | score(error, None, len(np.unique(group)))


def columns(rows: list[dict[str, Any]]) -> Table:
    """Rows of a table as columns."""
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}
