"""A physical mean with residuals in nested groups: what a group of points has in common, learned jointly.

The logarithm of an energy is that of the kernel, plus a smooth residual that points of like node, length
and bits share, plus what a paper, a design and a row has of its own. Papers and rows may lie far out: each
has a weight of its own, as under Student's t. All parameters and sizes have priors and are those that are
most probable together; their spread is that of a normal distribution around them. A paper that was not
seen gets residuals of all levels anew.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.scipy.linalg import cho_solve, solve_triangular
from scipy.optimize import minimize

from jouletrace import numerics as _doubles  # noqa: F401
from jouletrace.experiments.macro_rows import Names, Numbers

#: Sizes of residuals by level, and what the smooth residual is drawn by.
SIZES = ("design_size_ratio", "row_size_ratio", "processor_size_ratio")
SMOOTH, SIMILAR = "smooth_size_ratio", "similar_kinds_ratio"
#: No direction of the posterior is wider than this times its prior.
FLATTEST = 0.5
STEPS = 400


class Prior(NamedTuple):
    """Normal distributions of free parameters; ``shares`` lie between zero and one, others above zero."""

    names: tuple[str, ...]
    centre: Numbers
    spread: Numbers
    shares: Numbers

    def values(self, place: Array) -> dict[str, Array]:
        """Parameters by name on their own scale, from places in units of the prior."""
        free = jnp.asarray(self.centre) + jnp.asarray(self.spread) * place
        shown = jnp.where(self.shares > 0.0, jax.nn.sigmoid(free), jnp.exp(free))
        return {name: shown[i] for i, name in enumerate(self.names)}


class Seen(NamedTuple):
    """What is fitted: inputs of the mean, features of the smooth residual, logarithms, and groups.

    ``extra`` is variance that a point has because something about it is not stated.
    """

    inputs: Any
    features: Numbers
    kinds: Numbers
    processor: Numbers
    extra: Numbers
    logs: Numbers
    paper: Names
    same: Names


class Posterior(NamedTuple):
    """Mode in units of the prior, its covariance, and logarithms of the weights of papers and rows."""

    mode: Numbers
    covariance: Numbers
    papers: Numbers
    rows: Numbers


class Asked(NamedTuple):
    """Points that are asked for: what `Seen` has of them."""

    inputs: Any
    features: Any
    kinds: Any
    processor: Any
    extra: Any


class Process:
    """The model with its points, compiled once and fitted to any of them.

    ``mean`` gives logarithms from parameters by name and the inputs. ``apart`` marks kinds that share nothing
    smooth with others; ``family`` says to which of ``families`` a kind belongs (kind x family), and
    ``freedom`` how heavy the tails of papers and rows are.
    """

    def __init__(
        self,
        mean: Callable[[dict[str, Array], Any], Array],
        prior: Prior,
        seen: Seen,
        features: tuple[str, ...],
        apart: Numbers,
        families: tuple[str, ...],
        family: Numbers,
        freedom: float,
    ) -> None:
        self.mean, self.prior, self.seen, self.features = mean, prior, seen, features
        self.apart, self.families, self.family, self.freedom = apart, families, family, freedom
        _, self._paper = np.unique(seen.paper, return_inverse=True)
        _, self._same = np.unique(seen.same, return_inverse=True)
        self._papers = int(self._paper.max()) + 1
        self._slope = jax.jit(jax.value_and_grad(self._objective))
        self._bend = jax.jit(jax.hessian(self._fixed))
        self._many = jax.jit(jax.vmap(self._conditional, (0, None, None, None, None)))
        self._each = jax.jit(jax.vmap(self._conditional, (0, None, None, None, 0)))

    def _kernel(self, value: dict[str, Array], one: Any, other: Any) -> Array:
        """Covariance of the smooth residuals of two sets of points."""
        lengths = jnp.stack([value[f"{name}_length_ratio"] for name in self.features])
        x, y = one.features / lengths, other.features / lengths
        apart = jnp.sum((x[:, None, :] - y[None, :, :]) ** 2, axis=-1)
        alike = one.kinds @ other.kinds.T
        alone = jnp.abs((one.kinds @ self.apart)[:, None] - (other.kinds @ self.apart)[None, :])
        shared = (alike + (1.0 - alike) * value[SIMILAR]) * (1.0 - alone)
        return value[SMOOTH] ** 2 * jnp.exp(-0.5 * apart) * shared

    def _covariance(self, value: dict[str, Array], papers: Array, rows: Array) -> Array:
        seen = self.seen
        common = self._paper[:, None] == self._paper[None, :]
        alike = self._same[:, None] == self._same[None, :]
        own, row, processor = (value[name] ** 2 for name in SIZES)
        alone = row * jnp.exp(-rows) + processor * seen.processor + seen.extra
        paper = self._of_paper(value, seen.kinds) * jnp.exp(-0.5 * papers)[self._paper]
        between = common * paper[:, None] * paper[None, :]
        return self._kernel(value, seen, seen) + between + own * alike + jnp.diag(alone)

    def _of_paper(self, value: dict[str, Array], kinds: Any) -> Array:
        """Size of what a paper adds, for its family of kinds."""
        sizes = jnp.stack([value[f"{name}_paper_ratio"] for name in self.families])
        return jnp.asarray(kinds) @ jnp.asarray(self.family) @ sizes

    def _objective(self, place: Array, used: Array) -> Array:
        r"""Minus the logarithm of the density of parameters and weights, points not used left out.

        Formula: \frac{1}{2} \left( r' \Sigma^{-1} r + \ln |\Sigma| + |x|^2 \right)
        - \frac{\nu}{2} \sum (\ln w - w)
        """
        size = len(self.prior.names)
        weights = place[size:]
        papers, rows = jnp.split(weights, [self._papers])
        value = self.prior.values(place[:size])
        whole = self._covariance(value, papers, rows)
        whole = whole * used[:, None] * used[None, :] + jnp.diag(1.0 - used)
        apart = (self.seen.logs - self.mean(value, self.seen.inputs)) * used
        root = jnp.linalg.cholesky(whole)
        scaled = solve_triangular(root, apart, lower=True)
        spread = 2.0 * jnp.sum(jnp.log(jnp.diag(root)))
        far = 0.5 * self.freedom * jnp.sum(weights - jnp.exp(weights))
        return 0.5 * (scaled @ scaled + spread + place[:size] @ place[:size]) - far

    def _fixed(self, place: Array, weights: Array, used: Array) -> Array:
        return self._objective(jnp.concatenate([place, weights]), used)

    def posterior(self, used: Numbers, near: Posterior | None = None) -> Posterior:
        """Fitted to some points (ones, others zero); a near one shortens the search."""
        size, papers = len(self.prior.names), self._papers
        count = size + papers + len(self.seen.logs)
        start = np.zeros(count) if near is None else np.concatenate([near.mode, near.papers, near.rows])

        def downhill(place: Numbers) -> tuple[float, Numbers]:
            value, slope = self._slope(place, used)
            return float(value), np.asarray(slope, dtype=np.float64)

        found = minimize(downhill, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
        bend = np.asarray(self._bend(found[:size], found[size:], used))
        bends, ways = np.linalg.eigh(bend)
        covariance = (ways / np.maximum(bends, FLATTEST)) @ ways.T
        return Posterior(found[:size], covariance, found[size : size + papers], found[size + papers :])

    def _conditional(
        self, place: Array, papers: Array, rows: Array, used: Array, asked: Asked
    ) -> tuple[Array, Array, Array]:
        """Mean and variance of the smooth value of points, and the size of what a new paper adds."""
        value, seen = self.prior.values(place), self.seen
        whole = self._covariance(value, papers, rows)
        whole = whole * used[:, None] * used[None, :] + jnp.diag(1.0 - used)
        apart = (seen.logs - self.mean(value, seen.inputs)) * used
        cross = self._kernel(value, asked, seen) * used[None, :]
        solved = cho_solve((jnp.linalg.cholesky(whole), True), jnp.column_stack([apart, cross.T]))
        mean = self.mean(value, asked.inputs) + cross @ solved[:, 0]
        left = value[SMOOTH] ** 2 - jnp.sum(cross * solved[:, 1:].T, axis=1)
        design, row, processor = (value[name] for name in SIZES)
        own = design**2 + processor**2 * asked.processor + asked.extra
        paper = self._of_paper(value, asked.kinds)
        return mean, jnp.maximum(left, 0.0) + own, jnp.stack([paper, row + 0.0 * paper])

    def draws(self, posterior: Posterior, count: int, rng: np.random.Generator) -> Numbers:
        """Parameters in units of the prior (draw x parameter)."""
        return rng.multivariate_normal(posterior.mode, posterior.covariance, count)

    def conditional(
        self, posterior: Posterior, used: Numbers, asked: Asked, places: Numbers, each: bool = False
    ) -> tuple[Numbers, Numbers, Numbers]:
        """Mean and variance of points, and sizes of what a new paper and a row add (draw x point).

        One row for each place among ``places``; with ``each`` the points differ from draw to draw.
        """
        many = self._each if each else self._many
        mean, variance, sizes = many(places, posterior.papers, posterior.rows, used, asked)
        return np.asarray(mean), np.asarray(variance), np.asarray(sizes)

    def predictive(
        self,
        posterior: Posterior,
        used: Numbers,
        asked: Asked,
        places: Numbers,
        rng: np.random.Generator,
    ) -> tuple[Numbers, Numbers]:
        """Logarithms of points of new papers: as the model gives them, and as they would be published."""
        mean, variance, sizes = self.conditional(posterior, used, asked, places)
        scales = rng.gamma(0.5 * self.freedom, 2.0 / self.freedom, (2, *mean.shape))
        spread = np.sqrt(variance + np.sum(sizes.swapaxes(0, 1) ** 2 / scales, axis=0))
        return mean, mean + spread * rng.standard_normal(mean.shape)


def asked_of(seen: Seen) -> Asked:
    """The points that are seen, as points that are asked for."""
    return Asked(seen.inputs, seen.features, seen.kinds, seen.processor, seen.extra)
