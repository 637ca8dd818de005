"""AI's part: inside data centres in every draw, and each kind of figure read as what it says."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpyro.infer.util import log_density
from scipy.stats import multivariate_normal

from jouletrace.experiments import ai_part
from jouletrace.experiments.ai_part import (
    ENERGY,
    FIRST_YEAR,
    POWER,
    REGIONS,
    SERIES,
    SHARE,
    published,
    usable,
)
from jouletrace.numerics import jax, jnp
from jouletrace.registry import load
from jouletrace.registry.rows import Row
from jouletrace.tidying import tidy_tables

REGISTRY = load(Path(__file__).parents[2])
ENTRY = REGISTRY.computed["reconstruction"].settings
VALUE = {name: one.value for name, one in ENTRY.items()}
STOCK = {
    2023: np.exp(np.random.default_rng(1).normal(3.0, 0.3, 500)),
    2024: np.exp(np.random.default_rng(2).normal(3.5, 0.3, 500)),
}
PLAIN = Row(
    **{"id": "a", "quantity": ENERGY, "region": "world", "year": 2024, "series": "ai-servers", "value": 50.0},
    **{
        "low": None,
        "high": None,
        "unit": "TWh",
        "boundary": "ai-servers",
        "method": "model",
    },
    **{"publication": "Study 2024", "published_year": 2024, "lineage": "study", "cite": "a2024"},
    **{"locator": "p. 1", "licence": "CC0", "grade": "read", "note": ""},
)
POWER_ROW = replace(PLAIN, id="p", quantity=POWER, value=10.0, unit="GW", boundary="ai-servers-year-end")
SHARE_ROW = replace(PLAIN, id="s", quantity=SHARE, value=15.0, unit="percent")
YEARS = 6
inside = jax.jit(ai_part.log_energy)


REAL = (st.floats(0.0, 9.0), st.floats(-8.0, -0.01), st.floats(-30.0, 10.0), st.floats(-3.0, 3.0))


def of_regions(world: float, part: float, logit: float, offset: float) -> tuple[np.ndarray, np.ndarray]:
    """TWh of AI in America and elsewhere, and that of all data centres there."""
    log_world = jnp.full(1, world)
    found = np.exp(inside(log_world, log_world + part, jnp.full(1, logit), jnp.asarray(offset)))[:, 0]
    return np.array([found[1], found[0] - found[1]]), np.exp(world) * np.array(
        [np.exp(part), -np.expm1(part)]
    )


@settings(max_examples=200)
@given(*REAL)
def test_ai_is_never_more_than_all_data_centres_of_a_region(world, part, logit, offset):
    ai, data_centres = of_regions(world, part, logit, offset)
    assert (ai <= data_centres * (1.0 + 1e-9)).all()
    assert (ai >= -1e-9 * data_centres).all()


@settings(max_examples=200)
@given(st.floats(0.0, 9.0), st.floats(-4.0, -0.1), st.floats(-6.0, 6.0), st.floats(-3.0, 3.0))
def test_the_offset_is_the_ratio_of_the_odds_of_ai_in_america_and_elsewhere(world, part, logit, offset):
    ai, data_centres = of_regions(world, part, logit, offset)
    odds = ai / (data_centres - ai)
    assert np.log(odds[0] / odds[1]) == pytest.approx(offset, abs=1e-6)


def test_a_threefold_odds_ratio_by_hand():
    """Data centres 40 in America and 60 elsewhere; AI 20 and 15 of them: odds of 1 and 1/3, ratio 3."""
    ai, _ = of_regions(np.log(100.0), np.log(0.4), np.log(0.35 / 0.65), np.log(3.0))
    assert ai == pytest.approx([20.0, 15.0])


@given(st.floats(-8.0, -0.01), st.floats(-10.0, 10.0))
def test_without_an_offset_america_has_the_part_in_ai_that_it_has_in_data_centres(part, logit):
    log_world = jnp.full(1, 5.0)
    found = np.asarray(inside(log_world, log_world + part, jnp.full(1, logit), jnp.asarray(0.0)))
    assert found[1, 0] - found[0, 0] == pytest.approx(part, abs=1e-9)


def seen(*rows: Row) -> ai_part.Seen:
    return published(rows, ENTRY, STOCK).seen


LOG_ALL = jnp.log(jnp.asarray([[200.0, 210, 220, 230, 240, 250, 260, 270, 280, 300], [80.0] * 10]))
LOG_AI = jnp.log(jnp.asarray([[2.0, 3, 4, 6, 8, 11, 15, 21, 30, 45], [1.0, 1, 2, 3, 4, 5, 7, 10, 15, 24]]))


def expected(*rows: Row) -> np.ndarray:
    return np.exp(np.asarray(ai_part.expected(LOG_AI, LOG_ALL, seen(*rows))))[: len(rows)]


def test_an_energy_a_share_and_a_region_are_read_as_they_say():
    american = replace(PLAIN, id="u", region="united-states")
    assert expected(PLAIN, american, SHARE_ROW) == pytest.approx([45.0, 24.0, 45 / 300])


def test_the_end_of_a_year_lies_between_the_years():
    end = replace(POWER_ROW, year=2022)
    assert expected(end) == pytest.approx(np.sqrt(21.0 * 30.0))
    assert 21.0 < expected(end)[0] < 30.0
    assert expected(replace(POWER_ROW, year=2024)) == pytest.approx(45.0)


def test_a_power_is_the_energy_of_a_year_at_that_power():
    assert seen(POWER_ROW).log_value[0] == pytest.approx(np.log(10 * 8.76), rel=1e-3)
    assert seen(SHARE_ROW).log_value[0] == pytest.approx(np.log(0.15))


def test_the_totals_from_the_stock_come_last_with_their_own_covariance():
    found = seen(PLAIN, SHARE_ROW)
    logs = np.log(np.stack(list(STOCK.values())))
    assert found.log_value[2:] == pytest.approx(logs.mean(axis=1))
    block = found.stock_covariance[2:, 2:]
    assert block == pytest.approx(np.cov(logs) + VALUE["stock_year_error_ratio"] ** 2 * np.eye(2))
    assert not found.stock_covariance[:2].any()
    assert not found.design[2:].any()
    whole = np.exp(np.asarray(ai_part.expected(LOG_AI, LOG_ALL, found)))
    assert whole[2:] == pytest.approx([30.0, 45.0])


def test_figures_of_one_lineage_are_wrong_together_and_the_stock_with_nobody():
    rows = (PLAIN, replace(PLAIN, id="b", year=2026), replace(PLAIN, id="c", lineage="other"))
    found = seen(*rows)
    whole = np.asarray(ai_part.covariance(*map(jnp.asarray, (0.2, 0.5, 0.1)), found))
    common = VALUE["ai_servers_spread_ratio"] ** 2
    assert whole[0, 1] == pytest.approx(0.5**2 + common)
    assert whole[0, 2] == pytest.approx(common)
    assert whole[1, 1] == pytest.approx(0.2**2 + VALUE["rounding_ratio"] ** 2 + 0.5**2 + 0.1**2 * 4 + common)
    assert not whole[:3, 3:].any()
    assert (np.linalg.eigvalsh(whole) > 0).all()


def test_a_share_whose_energy_the_same_publication_gives_is_left_out():
    energy, share = PLAIN, SHARE_ROW
    elsewhere = [
        replace(share, publication="Another"),
        replace(share, year=2025),
        replace(share, region="united-states"),
    ]
    assert usable([energy, share]) == [energy]
    assert usable([POWER_ROW, share]) == [POWER_ROW]
    assert usable([energy, *elsewhere]) == [energy, *elsewhere]
    assert usable([share]) == [share]


def test_what_is_no_power_drawn_by_all_ai_is_left_out():
    assert usable([replace(PLAIN, series="chips-of-one-maker"), replace(PLAIN, year=FIRST_YEAR - 1)]) == []


def test_one_end_of_a_range_says_on_which_side_the_truth_lies():
    least, most = replace(PLAIN, low=50.0), replace(PLAIN, high=50.0)
    both = replace(PLAIN, low=40.0, high=60.0)
    found = seen(least, most, both, PLAIN)
    assert found.side.tolist() == [-1.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    assert found.width[2] > found.width[0] == found.width[3] == VALUE["rounding_ratio"]


def density(row: Row, beyond: float) -> float:
    """Density of one figure where AI uses 50 TWh in its year, and the figure lies so far from that."""
    prior = ai_part.prior(ENTRY)
    found = seen(row)
    log_all = jnp.log(jnp.stack([jnp.full(prior.years, 400.0), jnp.full(prior.years, 150.0)]))
    logit = np.log(50.0 / 350.0)
    at_mode = {"ai_error": 0.1, "ai_level": 0.1, "ai_drift": 0.05, "ai_change": 0.1, "ai_offset": 0.0}
    params = {
        **{name: jnp.asarray(one) for name, one in at_mode.items()},
        "ai_start": jnp.asarray((logit - prior.start) / prior.start_spread),
        "ai_growth": jnp.asarray(-prior.growth / prior.growth_spread),
        "ai_steps": jnp.zeros(prior.years - 2),
        **({"ai_beyond": jnp.full(1, beyond)} if found.side.any() else {}),
    }
    given_ = (prior, found, log_all, jnp.asarray(found.log_value))
    _, sites = log_density(ai_part.model, given_, {}, params)
    return float(sites["ai_figures"]["fn"].log_factor)


def test_at_least_means_that_the_truth_lies_above_and_up_to_that_it_lies_below():
    printed = replace(PLAIN, value=50.0 * np.exp(VALUE["ai_servers_ratio"]))
    least = replace(printed, low=printed.value, value=printed.value * np.exp(-0.3))
    most = replace(printed, high=printed.value, value=printed.value * np.exp(0.3))
    for row in (least, most):
        assert density(row, 0.3) > density(row, 0.01)
        assert density(row, 0.3) == pytest.approx(density(printed, 0.0), abs=1e-6)


def test_all_rows_of_the_table_are_read():
    rows = usable(tidy_tables(REGISTRY)["ai-electricity-estimates"])
    found = published(rows, ENTRY, STOCK)
    assert {REGIONS[one] for one in found.seen.region} == set(REGIONS)
    assert set(found.common) == set(SERIES)
    assert found.seen.design.sum(axis=1).tolist() == [1.0] * len(rows) + [0.0] * len(STOCK)
    assert np.isfinite(found.seen.log_value).all()
    whole = np.asarray(ai_part.covariance(*map(jnp.asarray, (0.2, 0.5, 0.05)), found.seen))
    assert np.isfinite(multivariate_normal(np.zeros(len(whole)), whole).logpdf(np.zeros(len(whole))))
