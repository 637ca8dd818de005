"""Errors that estimates share, integrated out: the density of the estimates given the curves.

All shared errors (method, boundary, place, lineage, publication, scenario) are normal and add up, so
the estimates are jointly normal about the curves. Lineages share no error but the global ones, so
their covariance is a diagonal, plus a block for each lineage, plus a few global columns; the
determinant and the quadratic form follow from small Cholesky factors (Woodbury's identity). What does
not change from step to step, the products of the columns with one another, is formed once for each
class of estimates that share a variance.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.scipy.linalg import solve_triangular
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Indices = NDArray[np.int_]
#: Lineages are dealt into classes by how many effects of their own they have, so that little is
#: padding.
CLASSES = (2, 4, 6, 8, 12, 16, 24, 32, 1000)
#: Kind of an effect that only pads a block.
PADDING = -1


@dataclass(frozen=True)
class Blocks:
    """Lineages of one size, padded to one shape (lineage x effect).

    ``rows`` (lineage x row) are the estimates' indices and ``design`` (lineage x row x effect) is zero
    where there is none; ``kind`` (lineage x effect) says which scale an effect has. ``own``
    (variance x lineage x effect x effect) and ``onto`` (variance x lineage x effect x common) are the
    products of the columns over the estimates of one variance.
    """

    rows: Indices
    design: Numbers
    kind: Indices
    own: Numbers
    onto: Numbers


@dataclass(frozen=True)
class Shared:
    """All that estimates share: the class of variance of each, lineages, and the global columns."""

    variance: Indices
    of_lineages: list[Blocks]
    common: Numbers
    products: Numbers


def shared(
    lineage: Indices, effects: list[tuple[int, Numbers]], common: Numbers, variance: Indices
) -> Shared:
    """What estimates share. ``effects``: kind and column (one entry for each estimate) of each."""
    members = [np.flatnonzero(lineage == one) for one in range(int(lineage.max()) + 1)]
    own = [[(kind, column[rows]) for kind, column in effects if np.any(column[rows])] for rows in members]
    masks = np.stack([variance == one for one in range(int(variance.max()) + 1)]).astype(float)
    found, below = [], 0
    for limit in CLASSES:
        picked = [i for i, columns in enumerate(own) if below < len(columns) <= limit]
        below = limit
        if picked:
            found.append(_padded([(members[i], own[i]) for i in picked], common, masks))
    return Shared(variance, found, common, np.einsum("cr,ri,rj->cij", masks, common, common))


def _padded(
    lineages: list[tuple[Indices, list[tuple[int, Numbers]]]], common: Numbers, masks: Numbers
) -> Blocks:
    count = len(lineages)
    most_rows = max(len(rows) for rows, _ in lineages)
    most_effects = max(len(columns) for _, columns in lineages)
    rows = np.zeros((count, most_rows), dtype=int)
    design = np.zeros((count, most_rows, most_effects))
    kind = np.full((count, most_effects), PADDING)
    for i, (members, columns) in enumerate(lineages):
        rows[i, : len(members)] = members
        for j, (of_kind, column) in enumerate(columns):
            design[i, : len(members), j] = column
            kind[i, j] = of_kind
    return Blocks(
        rows=rows,
        design=design,
        kind=kind,
        own=np.einsum("clr,lri,lrj->clij", masks[:, rows], design, design),
        onto=np.einsum("clr,lri,lrk->clik", masks[:, rows], design, common[rows]),
    )


def log_density(
    residual: Array, variance: Array, those: Shared, kind_variance: Array, common_variance: Array
) -> Array:
    """ln density of residuals about the curves, all shared errors integrated out.

    Formula: r ~ N(0, V + Z_g D_g Z_g' + sum over lineages of Z_l D_l Z_l').
    ``residual``: one for each estimate; ``variance``: one for each class of them; ``kind_variance``:
    of each kind of effect of a lineage; ``common_variance``: of each global effect.
    """
    weight = 1.0 / variance
    scaled = residual * weight[those.variance]
    total = residual.shape[0] * jnp.log(2.0 * jnp.pi) + jnp.log(variance)[those.variance].sum()
    square = residual @ scaled
    cross = scaled @ those.common
    gram = jnp.tensordot(weight, those.products, 1)
    for block in those.of_lineages:
        scale = jnp.where(block.kind == PADDING, 0.0, jnp.sqrt(kind_variance)[block.kind])
        inner = jnp.tensordot(weight, block.own, 1) * scale[:, :, None] * scale[:, None, :]
        moved = jnp.einsum("lri,lr->li", block.design, scaled[block.rows])[:, :, None]
        onto = jnp.concatenate([moved, jnp.tensordot(weight, block.onto, 1)], axis=2) * scale[:, :, None]
        more, removed = eliminated(inner + jnp.eye(inner.shape[-1]), onto)
        square, cross, gram = square - removed[0, 0], cross - removed[0, 1:], gram - removed[1:, 1:]
        total = total + more
    spread = jnp.sqrt(common_variance)
    factor = jnp.linalg.cholesky(gram * spread[:, None] * spread[None, :] + jnp.eye(spread.shape[0]))
    solved = solve_triangular(factor, cross * spread, lower=True)
    total = total + 2.0 * jnp.log(jnp.diagonal(factor)).sum()
    return -0.5 * (total + square - solved @ solved)


@jax.custom_vjp
def eliminated(inner: Array, onto: Array) -> tuple[Array, Array]:
    """Sum over blocks of ln det A, and of B' inv(A) B, for A (block x n x n) and B (block x n x m).

    The derivative is written out: it needs inv(A) once, where that of a Cholesky factor and of a
    triangular solution would solve many more systems.
    """
    return _eliminated(inner, onto)[0]


def _eliminated(inner: Array, onto: Array) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    factor = jnp.linalg.cholesky(inner)
    solved = solve_triangular(factor, onto, lower=True)
    flat = solved.reshape(-1, onto.shape[-1])
    determinant = 2.0 * jnp.log(jnp.diagonal(factor, axis1=1, axis2=2)).sum()
    return (determinant, flat.T @ flat), (factor, solved)


def _slopes(kept: tuple[Array, Array], slope: tuple[Array, Array]) -> tuple[Array, Array]:
    """d ln det A = tr(inv(A) dA);  d (B' inv(A) B) = dB' X + X' dB - X' dA X with X = inv(A) B."""
    factor, solved = kept
    identity = jnp.broadcast_to(jnp.eye(factor.shape[-1]), factor.shape)
    root = solve_triangular(factor, identity, lower=True)
    inverse = jnp.einsum("lki,lkj->lij", root, root)
    found = jnp.einsum("lki,lkm->lim", root, solved)
    both = found @ (slope[1] + slope[1].T)
    return slope[0] * inverse - 0.5 * jnp.einsum("lim,ljm->lij", both, found), both


eliminated.defvjp(_eliminated, _slopes)
