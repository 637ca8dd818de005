"""The one engine of all fits: what is simulated is found again, and what was not seen lies in its intervals."""

import math
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from jouletrace.experiments import chains, laplace
from jouletrace.experiments.laplace import Components, Fit, Prior, Seen, Trust

PRIOR = Prior(("level", "slope"), np.zeros(2), np.full(2, 3.0), np.array([False, True]))
TRUST = Trust(0.15, 0.25, np.full(3, 0.1), np.full(3, 0.7))


def straight(value, inputs):
    return jnp.stack([jnp.log(value["level"]) + value["slope"] * inputs])


def simulated(seed: int, families: int = 12) -> Seen:
    """Rows of four configurations in each family, with residuals of 0.2, 0.1 and 0.05."""
    rng = np.random.default_rng(seed)
    family = np.repeat(np.arange(families), 24)
    one = np.repeat(np.arange(4 * families), 6)
    x = rng.uniform(0.0, 2.0, len(family))
    shared = 0.2 * rng.standard_normal(families)[family] + 0.1 * rng.standard_normal(4 * families)[one]
    logs = np.log(3.0) + 0.6 * x + shared + 0.05 * rng.standard_normal(len(x))
    levels = {"family": family.astype(str), "configuration": one.astype(str)}
    return Seen(x, logs[None], ("y",), levels, levels["family"])


def fit_of(seen: Seen) -> Fit:
    return Fit(straight, PRIOR, seen, TRUST)


def test_parameters_and_sizes_are_found_again() -> None:
    found = fit_of(simulated(1)).posterior()
    value = PRIOR.values(jnp.asarray(found.mode))
    assert float(value["level"]) == pytest.approx(3.0, rel=0.15)
    assert float(value["slope"]) == pytest.approx(0.6, abs=0.1)
    np.testing.assert_allclose(np.exp(found.sizes[0]), [0.2, 0.1, 0.05], rtol=0.45)


def test_what_was_measured_beside_the_rows_counts_as_by_hand() -> None:
    """Prior N(0, 9) of the logarithm and one figure 2 with error 1.5: the mean of both, by their weights."""
    beside = laplace.Beside(
        lambda value: jnp.log(value["level"])[None], np.array([2.0]), np.array([[1 / 1.5]])
    )
    seen = simulated(1)
    fit = Fit(straight, PRIOR, seen, TRUST, beside)
    none = np.zeros_like(seen.logs, dtype=bool)
    mode = fit._mode(none, PRIOR.centre)
    weight = (1 / 1.5**2) / (1 / 1.5**2 + 1 / 9.0)
    assert mode == pytest.approx([2.0 * weight, 0.0], abs=1e-3)
    spread = np.sqrt(np.diag(fit._covariance(mode, none)))
    assert spread == pytest.approx([1.0 / np.sqrt(1 / 1.5**2 + 1 / 9.0), 3.0], rel=1e-3)


def test_a_figure_beside_the_rows_moves_a_fit_as_far_as_it_is_sure() -> None:
    seen = simulated(1)
    modes = []
    for error in (10.0, 0.001):
        beside = laplace.Beside(
            lambda value: jnp.log(value["level"])[None], np.array([0.5]), np.array([[1.0 / error]])
        )
        modes.append(Fit(straight, PRIOR, seen, TRUST, beside).posterior().mode[0])
    alone = fit_of(seen).posterior().mode[0]
    assert modes == pytest.approx([alone, 0.5], abs=0.01)


def test_intervals_of_new_families_hold_what_they_promise() -> None:
    inside = []
    for seed in range(6):
        seen = simulated(seed)
        new = np.isin(seen.whole, ["0", "1", "2"])
        fit = fit_of(seen)
        low, _, high = fit.bounds(fit.posterior(~new), new, 400, np.random.default_rng(seed))
        inside.append(np.mean((low[0] <= seen.logs[0, new]) & (seen.logs[0, new] <= high[0])))
    # Six times three families: 18 independent groups.
    assert 0.78 <= np.mean(inside) <= 1.0


def test_scores_count_what_lies_inside_by_group() -> None:
    seen = simulated(2, 16)
    bounds = laplace.left_out(fit_of(seen), 400, np.random.default_rng(2))
    lines = laplace.scores(seen, bounds, "family", laplace.parts_of(seen.whole))
    assert [line["rows"] for line in lines] == [384, *[24] * 16]
    assert lines[0]["coverage_ratio"] == pytest.approx(np.mean([one["coverage_ratio"] for one in lines[1:]]))
    # Rows of a family are not independent: the band is that of 16 families.
    assert abs(lines[0]["coverage_ratio"] - 0.9) <= 1.96 * math.sqrt(0.09 / 16)


def test_a_group_left_out_does_not_reach_its_own_fit() -> None:
    seen = simulated(3)
    rows = seen.whole != "5"
    other = replace(seen, logs=np.where(rows, seen.logs, seen.logs + 50.0))
    ours, theirs = (fit_of(one).posterior(rows) for one in (seen, other))
    assert theirs.mode == pytest.approx(ours.mode)
    assert theirs.sizes == pytest.approx(ours.sizes)


def test_one_family_far_off_moves_the_rest_little() -> None:
    seen = simulated(3)
    far = np.where(seen.whole == "5", 2.0, 0.0)
    calm, moved = (fit_of(replace(seen, logs=seen.logs + more)).posterior().mode for more in (0.0, far))
    assert abs(moved[0] - calm[0]) < 0.5 * 2.0 / 12.0 + 0.05


def test_the_density_of_residuals_is_that_of_their_covariance() -> None:
    rng = np.random.default_rng(4)
    group = np.array(["a", "a", "b", "b", "b"])
    apart, sizes = rng.standard_normal(5), np.log([0.3, 0.2])
    trust = Trust(0.1, 1.0, np.exp(sizes), np.ones(2))
    same = group[:, None] == group
    covariance = 0.09 * same + 0.04 * np.eye(5)
    byhand = 0.5 * (apart @ np.linalg.solve(covariance, apart) + np.linalg.slogdet(covariance)[1])
    assert Components(apart, [group], trust).objective(sizes) == pytest.approx(byhand)


def test_chains_agree_where_the_density_is_nearly_normal() -> None:
    seen = simulated(5)
    fit = fit_of(seen)
    posterior = fit.posterior()
    places = chains.drawn(fit, posterior, np.ones(len(seen.whole), dtype=bool), (2, 150, 500), 7)
    wide = np.sqrt(np.diag(posterior.covariance))
    assert (places.mean(axis=(0, 1)) - posterior.mode) / wide == pytest.approx(np.zeros(2), abs=0.2)
    assert places.std(axis=(0, 1)) / wide == pytest.approx(np.ones(2), abs=0.15)
