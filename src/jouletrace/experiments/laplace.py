"""Models of measurements that come in groups: fitted, and asked about groups that they have not seen.

Parameters have normal priors on a scale on which they are free, and are those that are most probable when
every row counts in part, as rows of one group say much the same, and when large errors count by their
size, not its square. A model that is wrong in detail then meets the level of all groups; taking residuals
of a group for a constant of its own would fit slopes within groups instead. The posterior is Laplace's, a
normal distribution around the mode.

What is left over is split into parts that a row shares with the groups that it is in, and its own. Their
sizes are those of predictions: they make the residuals most probable that are left when one group after
the other is left out once more. A row of a group that was not seen gets residuals of all levels anew.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
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
Rows = NDArray[np.bool_]
#: Logarithms of what is measured, a row for each output, from parameters by name and the inputs.
Predict = Callable[[Mapping[str, Array], Any], Array]
INTERVAL = (0.05, 0.5, 0.95)
FACTOR_TWO = np.log(2.0)
#: The level of residuals that no two rows share.
RUN = "run"
SPREAD, RESIDUAL = "_spread_ratio", "residual_ratio"
#: Most steps of a search, and how often one is shortened; it ends when a step gains less.
STEPS, SHORTER, ENOUGH = 60, 20, 1e-3
#: Most parts in which groups are left out to learn sizes of residuals.
PARTS = 10


@dataclass(frozen=True)
class Prior:
    """Normal distributions of free parameters: logarithms, or logits of ``shares`` between zero and one."""

    names: tuple[str, ...]
    centre: Numbers
    spread: Numbers
    shares: Rows

    def values(self, place: Array) -> dict[str, Array]:
        """Parameters by name, on their own scale."""
        shown = jnp.where(self.shares, jax.nn.sigmoid(place), jnp.exp(jnp.where(self.shares, 0.0, place)))
        return {name: shown[i] for i, name in enumerate(self.names)}


@dataclass(frozen=True)
class Seen:
    """Measurements: inputs by row, and logarithms of the outputs (output x row, nan where not measured).

    ``levels``: groups of rows that share a residual, by level, the widest first, and no name where a row
    has none of that level; a residual of the run alone comes on top. ``whole``: what is left out
    together, by row.
    """

    inputs: Any
    logs: Numbers
    outputs: tuple[str, ...]
    levels: Mapping[str, Names]
    whole: Names


@dataclass(frozen=True)
class Trust:
    """How far rows are believed: the error at which they begin to count less, and the part of each.

    ``sizes`` and ``sizes_spread``: prior of the sizes of residuals by level, a run's own last, and of
    their logarithms.
    """

    error: float
    part: float
    sizes: Numbers
    sizes_spread: Numbers


@dataclass(frozen=True)
class Beside:
    """What other measurements found of things that the parameters determine, normal errors given.

    ``of``: these things from parameters by name. ``white``: what turns errors into independent ones of
    scale one, the inverse of the root of their covariance.
    """

    of: Callable[[Mapping[str, Array]], Array]
    found: Numbers
    white: Numbers


#: Nothing was measured beside the rows.
NOTHING = Beside(lambda value: jnp.zeros(0), np.zeros(0), np.zeros((0, 0)))


@dataclass(frozen=True)
class Posterior:
    """Mode and covariance of the parameters, and of the logarithms of the sizes (output x level)."""

    mode: Numbers
    covariance: Numbers
    sizes: Numbers
    sizes_covariance: Numbers


def prior_of(
    task: Task, effects: Mapping[str, Sequence[str]] | None = None, shares: Sequence[str] = ()
) -> Prior:
    """Every setting with a spread beside it is a parameter, but for the sizes of residuals.

    ``effects``: parameters that a setting is the prior of, such as one for each workload, where it is
    not one of its own name.
    """
    settings, owned = task.entry.settings, effects or {}
    own = [name for name in settings if f"{name}{SPREAD}" in settings and not name.endswith(RESIDUAL)]
    pairs = [(one, name) for name in own for one in owned.get(name, (name,))]
    centre = np.array([task.setting(name) for _, name in pairs])
    spread = np.array([task.setting(f"{name}{SPREAD}") for _, name in pairs])
    is_share = np.isin([one for one, _ in pairs], shares)
    free = np.log(centre) - np.where(is_share, np.log1p(-np.where(is_share, centre, 0.0)), 0.0)
    return Prior(tuple(one for one, _ in pairs), free, spread, is_share)


def trust_of(task: Task, levels: Iterable[str]) -> Trust:
    """What settings say of residuals."""
    names = [f"{level}_{RESIDUAL}" for level in (*levels, RUN)]
    sizes = np.array([task.setting(name) for name in names])
    spread = np.array([task.setting(f"{name}{SPREAD}") for name in names])
    return Trust(task.setting("row_error_ratio"), task.setting("row_part_ratio"), sizes, spread)


class Components:
    """Residuals of one output, and how probable sizes of their levels are."""

    def __init__(self, apart: Numbers, levels: Iterable[Names], trust: Trust) -> None:
        blocks = [names[:, None] == named(names) for names in levels]
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
    """A model with its measurements: compiled once, fitted to any rows, and always to what is ``beside``."""

    def __init__(
        self, predict: Predict, prior: Prior, seen: Seen, trust: Trust, beside: Beside = NOTHING
    ) -> None:
        self.prior, self.seen, self.trust = prior, seen, trust

        def at(place: Array) -> Array:
            return predict(prior.values(place), seen.inputs)

        def potential(place: Array, used: Array) -> Array:
            pulls, apart = (place - prior.centre) / prior.spread, elsewhere(place)
            rows = trust.part * jnp.sum(jnp.sqrt(1.0 + errors(place, used) ** 2) - 1.0)
            return rows + 0.5 * (pulls @ pulls + apart @ apart)

        def errors(place: Array, used: Array) -> Array:
            return jnp.where(used, jnp.nan_to_num(seen.logs) - at(place), 0.0) / trust.error

        def elsewhere(place: Array) -> Array:
            return jnp.asarray(beside.white) @ (beside.found - beside.of(prior.values(place)))

        def step(place: Array, used: Array) -> tuple[Array, Array]:
            apart = errors(place, used).reshape(-1)
            ways = jnp.where(used[..., None], jax.jacfwd(at)(place), 0.0) / trust.error
            ways = ways.reshape(-1, len(place))
            weight, own = trust.part / jnp.sqrt(1.0 + apart**2), prior.spread**-2.0
            further, beyond = elsewhere(place), -jax.jacfwd(elsewhere)(place)
            bends = ways.T @ (ways * weight[:, None]) + beyond.T @ beyond + jnp.diag(own)
            return bends, ways.T @ (weight * apart) + beyond.T @ further + own * (prior.centre - place)

        self.at, self.many, self.potential = jax.jit(at), jax.jit(jax.vmap(at)), jax.jit(potential)
        self._step, self._bends = jax.jit(step), jax.jit(jax.hessian(potential))

    def posterior(self, rows: Rows | None = None) -> Posterior:
        """Fitted to some rows, or to all; the search begins at the centre of the prior."""
        used = np.isfinite(self.seen.logs) & (True if rows is None else rows)
        place = self._mode(used, self.prior.centre)
        apart, levels = self._left_out(used, place), self.seen.levels.values()
        found = [
            Components(one[kept], [names[kept] for names in levels], self.trust).fitted()
            for one, kept in zip(apart, used, strict=True)
        ]
        sizes, spreads = (np.stack(one) for one in zip(*found, strict=True))
        return Posterior(place, self._covariance(place, used), sizes, spreads)

    def _covariance(self, place: Numbers, used: Rows) -> Numbers:
        """The inverse of the curvature, nowhere wider than the prior."""
        wide = np.diag(self.prior.spread)
        bends = least_one(wide @ np.asarray(self._bends(place, used)) @ wide)
        return np.asarray(wide @ np.linalg.inv(bends) @ wide)

    def _left_out(self, used: Rows, place: Numbers) -> Numbers:
        """Measured less predicted, of each group by a fit to the others."""
        apart = self.seen.logs - np.asarray(self.at(place))
        names = np.unique(self.seen.whole[used.any(axis=0)])
        count = min(len(names), PARTS)
        for part in range(count) if count > 1 else ():
            rows = np.isin(self.seen.whole, names[part::count])
            found = np.asarray(self.at(self._mode(used & ~rows, place)))
            apart[:, rows] = (self.seen.logs - found)[:, rows]
        return apart

    def _mode(self, used: Rows, place: Numbers) -> Numbers:
        """Most probable parameters, by steps that are shortened until they help.

        A step takes the loss of an error for a square that lies nowhere below it.
        """
        damping = 1e-3
        value = float(self.potential(place, used))
        for _ in range(STEPS):
            bends, pull = (np.asarray(one) for one in self._step(place, used))
            for _ in range(SHORTER):
                step = np.linalg.solve(bends + damping * np.diag(np.diag(bends)), pull)
                found = float(self.potential(place + step, used))
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
        for level, names in enumerate(self.seen.levels.values()):
            member = names[rows][:, None] == named(names[rows])
            common = rng.standard_normal((count, sizes.shape[1], member.shape[1]))
            found = found + sizes[:, :, level, None] * (common @ member.T)
        return plain, found

    def bounds(self, posterior: Posterior, rows: Rows, count: int, rng: np.random.Generator) -> Numbers:
        """Logarithms of rows of new groups at 5, 50 and 95 %, the middle as the model gives it."""
        plain, found = self.predictive(posterior, rows, count, rng)
        low, high = np.quantile(found, (INTERVAL[0], INTERVAL[2]), axis=0)
        return np.stack([low, np.median(plain, axis=0), high])

    def columns(self, posterior: Posterior, count: int, rng: np.random.Generator) -> dict[str, Numbers]:
        """Joint draws by name: parameters, and sizes of residuals by output and level."""
        places, sizes = self.draws(posterior, count, rng)
        shown = jax.vmap(self.prior.values)(jnp.asarray(places))
        return {name.replace(" ", "-"): np.asarray(shown[name]) for name in self.prior.names} | {
            f"{output}-{level}-{RESIDUAL}": sizes[:, i, j]
            for i, output in enumerate(self.seen.outputs)
            for j, level in enumerate((*self.seen.levels, RUN))
        }

    def parameters(self, posterior: Posterior) -> Table:
        """Middle and 90 % interval of every parameter, beside those of its prior."""
        both = {
            "prior": (self.prior.centre, self.prior.spread),
            "posterior": (posterior.mode, np.sqrt(np.diag(posterior.covariance))),
        }
        table: Table = {"parameter": np.array(self.prior.names)}
        for name, (centre, spread) in both.items():
            for level, way in (("p05", -1.645), ("p50", 0.0), ("p95", 1.645)):
                shown = self.prior.values(jnp.asarray(centre + way * spread))
                table[f"{name}_{level}"] = np.array([float(shown[key]) for key in self.prior.names])
        return table


def _curvature(value: Callable[[Numbers], float], at: Numbers, step: float = 0.05) -> Numbers:
    """Second derivatives by differences, of what is at least as curved as a unit normal distribution."""
    size = len(at)
    steps = step * np.eye(size)
    found = np.zeros((size, size))
    for i in range(size):
        for j in range(i + 1):
            near = [value(at + a * steps[i] + b * steps[j]) for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
            found[i, j] = found[j, i] = (near[0] - near[1] - near[2] + near[3]) / (4 * step**2)
    return least_one(found)


def named(names: Names) -> Names:
    """Names that occur, once each."""
    return np.unique(names[names != ""])


def least_one(matrix: Numbers) -> Numbers:
    """A curvature that is one at least in every direction."""
    bends, ways = np.linalg.eigh(matrix)
    return np.asarray((ways * np.maximum(bends, 1.0)) @ ways.T)


def left_out(
    fit: Fit, count: int, rng: np.random.Generator, splits: Iterable[tuple[Rows, Rows]] | None = None
) -> Numbers:
    """Logarithms of rows at 5, 50 and 95 %, each by a fit without it (level x output x row).

    ``splits``: rows to fit and rows to predict; one group after the other unless said.
    """
    whole = fit.seen.whole
    found = np.full((len(INTERVAL), *fit.seen.logs.shape), np.nan)
    for seen, asked in splits or [(whole != name, whole == name) for name in np.unique(whole)]:
        found[:, :, asked] = fit.bounds(fit.posterior(seen), asked, count, rng)
    return found


def scores(
    seen: Seen, bounds: Numbers, split: str, parts: Mapping[str, Rows], groups: Names | None = None
) -> list[dict[str, Any]]:
    """Scores of predictions, for each output and each part of the rows.

    ``groups``: what counts as one independent group, what is left out together unless said.
    """
    whole = seen.whole if groups is None else groups
    known = np.isfinite(seen.logs) & np.isfinite(bounds[1])
    inside = (bounds[0] <= seen.logs) & (seen.logs <= bounds[2])
    return [
        {"model": "this", "split": split, "rows_of": part, "figure": output}
        | score(bounds[1, i, rows] - seen.logs[i, rows], len(np.unique(whole[rows])), inside[i, rows])
        for part, mask in parts.items()
        for i, output in enumerate(seen.outputs)
        if (rows := mask & known[i]).any()
    ]


def peer(
    model: str, split: str, part: str, figure: str, error: Numbers, group: Names, rows: Rows | None = None
) -> dict[str, Any]:
    """Scores of somebody who gives no interval."""
    kept = np.ones(len(error), dtype=bool) if rows is None else rows
    told = {"model": model, "split": split, "rows_of": part, "figure": figure}
    return told | score(error[kept], len(np.unique(group[kept])))


def score(error: Numbers, groups: int, inside: Rows | None = None) -> dict[str, float]:
    """How far predictions are from measurements, in logarithms."""
    size = np.abs(error)
    return {
        "rows": len(error),
        "groups": groups,
        "median_ln_ratio": float(np.median(size)),
        "rms_ln_ratio": float(np.sqrt(np.mean(error**2))),
        "bias_ln_ratio": float(np.median(error)),
        "factor_two_ratio": float(np.mean(size < FACTOR_TWO)),
        "coverage_ratio": float("nan") if inside is None else float(np.mean(inside)),
    }


def parts_of(names: Names) -> dict[str, Rows]:
    """All rows, and those of each name."""
    return {"all": np.ones(len(names), dtype=bool)} | {str(one): names == one for one in np.unique(names)}


def regressed(design: Numbers, logs: Numbers, group: Names) -> Numbers:
    """Logarithms predicted by least squares on some columns, every group by a fit without it."""
    found = np.zeros_like(logs)
    for one in np.unique(group):
        rows = group == one
        slopes, *_ = np.linalg.lstsq(design[~rows], logs[~rows], rcond=None)
        found[rows] = design[rows] @ slopes
    return found


def columns(lines: list[dict[str, Any]]) -> Table:
    """A table from its lines."""
    return {key: np.array([line[key] for line in lines]) for key in lines[0]}
