"""Errors that estimates share: the density without them is that of a dense normal distribution."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from jouletrace.experiments.effects import eliminated, log_density, shared
from jouletrace.numerics import jax, jnp

ROWS, LINEAGES, COMMON, KINDS = 14, 4, 3, 3
SEEDS = st.integers(0, 2**31 - 1)


class Design:
    """A random design: lineages with a level and a drift each, publications inside, global columns."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.lineage = np.concatenate([np.arange(LINEAGES), rng.integers(0, LINEAGES, ROWS - LINEAGES)])
        publication = self.lineage * 2 + rng.integers(0, 2, ROWS)
        self.variance = np.concatenate([[0, 1], rng.integers(0, 2, ROWS - 2)])
        ahead = rng.normal(size=ROWS)
        self.effects = [(0, (self.lineage == one).astype(float)) for one in range(LINEAGES)]
        self.effects += [(1, (self.lineage == one) * ahead) for one in range(LINEAGES)]
        self.effects += [(2, (publication == one).astype(float)) for one in sorted(set(publication))]
        self.common = rng.normal(size=(ROWS, COMMON))
        self.residual = rng.normal(size=ROWS)
        self.own, self.kinds, self.global_ = (rng.uniform(0.05, 2.0, n) for n in (2, KINDS, COMMON))

    def found(self) -> float:
        those = shared(self.lineage, self.effects, self.common, self.variance)
        return float(
            log_density(
                *map(jnp.asarray, (self.residual, self.own)),
                those,
                *map(jnp.asarray, (self.kinds, self.global_)),
            )
        )

    def dense(self) -> float:
        covariance = np.diag(self.own[self.variance]) + (self.common * self.global_) @ self.common.T
        for kind, column in self.effects:
            covariance += self.kinds[kind] * np.outer(column, column)
        return float(multivariate_normal(np.zeros(ROWS), covariance).logpdf(self.residual))


@settings(max_examples=12)
@given(SEEDS)
def test_the_density_is_that_of_the_dense_normal_distribution(seed):
    design = Design(seed)
    assert design.found() == pytest.approx(design.dense(), rel=1e-10, abs=1e-9)


def test_an_effect_without_spread_changes_nothing():
    one, two = Design(5), Design(5)
    one.kinds[1] = 0.0
    two.effects = [(kind, column) for kind, column in two.effects if kind != 1]
    assert one.found() == pytest.approx(two.found(), abs=1e-10)


def test_lineages_without_anything_in_common_are_independent():
    design = Design(6)
    design.global_ = np.zeros(COMMON)
    whole, parts = design.found(), 0.0
    for one in range(LINEAGES):
        rows = design.lineage == one
        covariance = np.diag(design.own[design.variance[rows]])
        for kind, column in design.effects:
            covariance += design.kinds[kind] * np.outer(column[rows], column[rows])
        parts += multivariate_normal(np.zeros(rows.sum()), covariance).logpdf(design.residual[rows])
    assert whole == pytest.approx(parts, abs=1e-9)


def blocks(seed: int) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(2, 3, 3))
    return root @ root.transpose(0, 2, 1) + 0.5 * np.eye(3), rng.normal(size=(2, 3, 2)), rng


def test_eliminated_is_a_determinant_and_a_product_with_the_inverse():
    inner, onto, _ = blocks(1)
    more, removed = eliminated(jnp.asarray(inner), jnp.asarray(onto))
    assert float(more) == pytest.approx(np.log(np.linalg.det(inner)).sum())
    products = sum(b.T @ np.linalg.inv(a) @ b for a, b in zip(inner, onto, strict=True))
    np.testing.assert_allclose(removed, products, rtol=1e-10)


@jax.jit
def weighed(inner, onto, weights):
    more, removed = eliminated(inner, onto)
    return 0.7 * more + (weights * removed).sum()


slopes = jax.jit(jax.grad(weighed, argnums=(0, 1)))


@settings(max_examples=20)
@given(SEEDS)
def test_the_gradient_of_eliminated_is_that_of_finite_differences(seed):
    inner, onto, rng = blocks(seed)
    weights = rng.normal(size=(2, 2))
    direction, other = rng.normal(size=inner.shape), rng.normal(size=onto.shape)
    direction = direction + direction.transpose(0, 2, 1)
    step = 1e-6
    ends = [weighed(inner + sign * step * direction, onto + sign * step * other, weights) for sign in (1, -1)]
    slope = slopes(inner, onto, weights)
    along = float((slope[0] * direction).sum() + (slope[1] * other).sum())
    assert along == pytest.approx(float(ends[0] - ends[1]) / (2 * step), rel=1e-4, abs=1e-5)


def test_the_gradient_of_the_density_is_that_of_finite_differences():
    design = Design(9)
    those = shared(design.lineage, design.effects, design.common, design.variance)
    given_ = [jnp.asarray(one) for one in (design.residual, design.own, design.kinds, design.global_)]

    @jax.jit
    def value(residual, own, kinds, common):
        return log_density(residual, own, those, kinds, common)

    slope = jax.jit(jax.grad(value, argnums=(0, 1, 2, 3)))(*given_)
    for which, one in enumerate(given_):
        for k in range(len(one)):
            ends = [value(*given_[:which], one.at[k].add(s * 1e-6), *given_[which + 1 :]) for s in (1, -1)]
            assert float(slope[which][k]) == pytest.approx(
                float(ends[0] - ends[1]) / 2e-6, rel=1e-4, abs=1e-6
            )
