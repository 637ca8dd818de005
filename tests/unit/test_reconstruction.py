"""The reconstruction: what was put in comes out, effects given residuals, and the kept dataset."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import logsumexp

from jouletrace import computed, kept
from jouletrace.experiments import ai_part, curves, fit, observations
from jouletrace.experiments.joint import Seen, data_of
from jouletrace.experiments.reconstruction import _drawn, log_columns, points
from jouletrace.numerics import jax  # noqa: F401  (float64)
from jouletrace.recompute import DRAW_DIGITS
from jouletrace.registry import load
from jouletrace.registry.rows import Row
from jouletrace.tidying import tidy_tables

ROOT = Path(__file__).parents[2]
REGISTRY = load(ROOT)
ENTRY = REGISTRY.computed["reconstruction"]
YEARS = 8

# --- what was put in comes out ---------------------------------------------------------------------

PLAIN = Row(
    **{
        "id": "a",
        "quantity": observations.QUANTITY,
        "region": "world",
        "year": 2000,
        "series": "",
        "value": 1.0,
    },
    **{"low": None, "high": None, "unit": "TWh", "boundary": "data-centres-whole", "method": "bottom-up"},
    **{"publication": "", "published_year": 2007, "lineage": "", "cite": "a2007", "locator": "p. 1"},
    **{"licence": "CC0", "grade": "read", "note": ""},
)


def truth() -> np.ndarray:
    """ln of TWh (region x year): growth that slows, and parts that shift."""
    growth = np.concatenate([[0.0], np.linspace(0.18, 0.04, YEARS - 1)])
    world = np.log(70.0) + np.cumsum(growth)
    ratio = np.stack(
        [np.linspace(start, end, YEARS) for start, end in ((0, 0), (-1.8, -1.2), (-0.4, -0.5), (-0.5, -0.6))]
    )
    return world + ratio - logsumexp(ratio, axis=0)


def estimates(rng: np.random.Generator) -> list[Row]:
    """Sixteen studies, each wrong by a factor of its own, with a few figures each that are off a little."""
    log_curves = truth()
    regions = {"world": logsumexp(log_curves, axis=0), **dict(zip(curves.REGIONS, log_curves, strict=True))}
    rows = []
    for study in range(16):
        level = 0.15 * rng.standard_normal()
        for _ in range(5):
            region, year = rng.choice(list(regions)), int(rng.integers(0, YEARS))
            value = float(np.exp(regions[region][year] + level + 0.05 * rng.standard_normal()))
            name = f"study-{study}"
            row = {"id": f"{name}-{len(rows)}", "region": str(region), "year": 2000 + year, "value": value}
            row["published_year"] = row["year"]
            rows.append(replace(PLAIN, **row, publication=name, lineage=name))
    return rows


@pytest.fixture(scope="module")
def recovered() -> dict[str, np.ndarray]:
    """Draws of two short chains on what the truth gave."""
    prior = replace(observations.prior(ENTRY.settings), years=YEARS)
    known = observations.estimates(estimates(np.random.default_rng(11)), ENTRY.settings)
    seen = Seen(prior, known.seen)
    with fit.workers(2) as pool:
        found = fit.chains(seen, data_of(seen), fit.Schedule(150, 250), [5, 6], pool)
    return {name: one.reshape(-1, *one.shape[2:]) for name, one in found.items()}


def test_the_truth_lies_inside_the_intervals(recovered):
    log_world = logsumexp(recovered["log_curves"], axis=1)
    shown = {"world": (log_world, logsumexp(truth(), axis=0))}
    shown |= {name: (recovered["log_curves"][:, i], truth()[i]) for i, name in enumerate(curves.REGIONS)}
    inside = []
    for drawn, true in shown.values():
        low, high = np.quantile(drawn, [0.01, 0.99], axis=0)
        inside.append((low < true) & (true < high))
    assert np.mean(inside) > 0.9
    assert inside[0].all()


def test_the_intervals_are_narrow_enough_to_say_something(recovered):
    log_world = logsumexp(recovered["log_curves"], axis=1)
    # 16 studies of 0.15 leave 0.04; all of them may be wrong together by 0.1
    assert (log_world.std(axis=0) < 0.2).all()
    assert (log_world.std(axis=0) > 0.05).all()
    growth = np.diff(log_world, axis=1)
    assert (growth.std(axis=0) < 0.05).all()


def test_no_step_of_the_chain_diverged(recovered):
    assert recovered["diverging"].mean() < 0.02


def test_a_metric_is_learned_from_draws_and_held_to_the_one_before():
    """Draws of a known normal: many of them give its covariance, none leave the metric as it was."""
    rng = np.random.default_rng(2)
    root = np.array([[2.0, 0.0], [1.0, 0.1]])
    before = np.array([[1.0, 0.0], [0.3, 0.5]])
    factor = fit.learned(rng.standard_normal((200_000, 2)) @ root.T, before)
    assert factor @ factor.T == pytest.approx(root @ root.T, rel=0.02)
    few = fit.learned(np.array([[1.0, 2.0], [1.0, 2.0]]), before)
    assert few @ few.T == pytest.approx(0.5 * before @ before.T)


def test_the_factor_of_a_metric_is_a_root_of_the_inverse_curvature():
    curvature = np.array([[5.0, 2.0], [2.0, 4.0]])
    factor = fit.root_inverse(curvature)
    assert factor @ factor.T == pytest.approx(np.linalg.inv(curvature))
    assert np.abs(fit.root_inverse(np.diag([-3.0, 0.2]))) == pytest.approx(np.eye(2))


def test_columns_have_the_world_the_regions_and_ai_each_year():
    rng = np.random.default_rng(1)
    years = curves.LAST_YEAR - curves.FIRST_YEAR + 1
    ai_years = ai_part.LAST_YEAR - ai_part.FIRST_YEAR + 1
    samples = {
        "log_curves": rng.normal(size=(2, 5, len(curves.REGIONS), years)),
        "log_ai": rng.normal(size=(2, 5, len(ai_part.REGIONS), ai_years)),
    }
    found = log_columns(samples)
    assert len(found) == years * (1 + len(curves.REGIONS)) + ai_years * len(ai_part.REGIONS)
    whole = sum(np.exp(found[f"{name}-2010"]) for name in curves.REGIONS)
    np.testing.assert_allclose(np.exp(found["world-2010"]), whole)
    assert (found["ai-united-states-2016"] == samples["log_ai"][:, :, 1, 1]).all()
    table = pd.DataFrame(points(found))
    row = table[(table["series"] == "ai-world") & (table["year"] == 2030)].iloc[0]
    assert row["p50"] == pytest.approx(np.exp(np.median(samples["log_ai"][:, :, 0, -1])))
    assert (table[["p05", "p25", "p50", "p75", "p95"]].diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)


# --- effects given residuals -----------------------------------------------------------------------


def test_drawn_effects_have_the_conditional_mean_and_covariance_of_the_dense_normal():
    rng = np.random.default_rng(3)
    design = rng.normal(size=(5, 3))
    middle, spread = rng.normal(size=3), np.array([0.5, 1.0, 2.0])
    variance, residual = rng.uniform(0.2, 1.0, 5), rng.normal(size=5)
    apart = np.array([True, False, True])
    many = [_drawn(residual, design, middle, spread, variance, apart, rng) for _ in range(20_000)]
    effects, replicated = (np.stack([one[k] for one in many]) for k in (3, 2))

    prior = np.diag(spread**2)
    covariance = design @ prior @ design.T + np.diag(variance)
    gain = prior @ design.T @ np.linalg.inv(covariance)
    left = prior - gain @ design @ prior
    error = 5 / np.sqrt(len(many))
    assert effects.mean(axis=0) == pytest.approx(
        middle + gain @ (residual - design @ middle), abs=error * np.sqrt(np.diag(left).max())
    )
    np.testing.assert_allclose(np.cov(effects.T), left, atol=2 * error * np.diag(left).max())
    assert replicated.mean(axis=0) == pytest.approx(design @ middle, abs=error * np.sqrt(covariance.max()))
    np.testing.assert_allclose(np.cov(replicated.T), covariance, atol=2 * error * covariance.max())
    taken_off = residual - effects[0][apart] @ design[:, apart].T
    np.testing.assert_allclose(many[0][1], taken_off)
    assert (many[0][0] == residual).all()


# --- the kept dataset ------------------------------------------------------------------------------

FOLDER = ROOT / kept.CARRIED / "reconstruction"
carried = pytest.mark.skipif(not FOLDER.is_dir(), reason="data/computed/reconstruction is not there")


@pytest.fixture(scope="module")
def draws() -> pd.DataFrame:
    return pd.read_csv(FOLDER / computed.DRAWS)


@carried
def test_the_kept_dataset_is_that_of_this_registry():
    folder, record = computed.found("reconstruction", REGISTRY, tidy_tables(REGISTRY))
    assert folder == FOLDER
    assert record["settings"] == {name: one.value for name, one in ENTRY.settings.items()}


@carried
def test_the_chains_agree_and_are_worth_something(draws):
    record = kept.record(FOLDER)
    assert record["largest_r_hat"] < 1.01
    assert 0 < record["effective_draws"] <= len(draws) * 1.5
    assert len(draws) == record["draws"]
    table = pd.read_csv(FOLDER / "parameters.csv")
    assert (table["r_hat"].dropna() < 1.01).all()


@carried
def test_every_region_and_year_has_a_column_and_nothing_else(draws):
    wanted = [
        f"{name}-{year}"
        for name in ("world", *curves.REGIONS)
        for year in range(curves.FIRST_YEAR, curves.LAST_YEAR + 1)
    ]
    wanted += [
        f"ai-{name}-{year}"
        for name in ai_part.REGIONS
        for year in range(ai_part.FIRST_YEAR, ai_part.LAST_YEAR + 1)
    ]
    assert sorted(draws.columns) == sorted(wanted)
    assert np.isfinite(draws).all(axis=None)
    assert (draws > 0).all(axis=None)


@carried
def test_in_every_draw_regions_add_up_and_ai_is_inside_data_centres(draws):
    for year in range(curves.FIRST_YEAR, curves.LAST_YEAR + 1):
        whole = sum(draws[f"{name}-{year}"] for name in curves.REGIONS)
        np.testing.assert_allclose(whole, draws[f"world-{year}"], rtol=10.0 ** (1 - DRAW_DIGITS))
    for year in range(ai_part.FIRST_YEAR, ai_part.LAST_YEAR + 1):
        assert (draws[f"ai-world-{year}"] <= draws[f"world-{year}"]).all()
        assert (draws[f"ai-united-states-{year}"] <= draws[f"ai-world-{year}"]).all()


@carried
def test_the_points_are_those_of_the_draws(draws):
    table = pd.read_csv(FOLDER / "points.csv")
    assert len(table) == len(draws.columns)
    middle = dict(zip(table["series"] + "-" + table["year"].astype(str), table["p50"], strict=True))
    assert {name: draws[name].median() for name in draws} == pytest.approx(middle, rel=1e-4)


@carried
def test_every_estimate_that_was_used_has_its_residual():
    tables = tidy_tables(REGISTRY)
    used = [row.id for row in observations.usable(tables["data-centre-estimates"])]
    used += [row.id for row in ai_part.usable(tables["ai-electricity-estimates"])]
    table = pd.read_csv(FOLDER / "residuals.csv")
    assert table["id"].tolist() == used
    assert ((table["p05"] <= table["p50"]) & (table["p50"] <= table["p95"])).all()
    assert table["percentile"].between(0, 1).all()
    assert 0.3 < table["percentile"].mean() < 0.7
