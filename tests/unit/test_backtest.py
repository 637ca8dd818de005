"""Scores of forecasts by hand, and the simple forecasts on a table of a few rows."""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from jouletrace.computed import settings
from jouletrace.experiments import backtest, forecasts
from jouletrace.registry import load
from jouletrace.registry.rows import Row


def row(year, value, published, publication="a", region="world"):
    words = dict.fromkeys(("id", "quantity", "series", "unit", "boundary", "method", "lineage"), "")
    words |= dict.fromkeys(("cite", "locator", "licence", "grade", "note"), "")
    place = {"region": region, "publication": publication, "published_year": published}
    return Row(year=year, value=value, low=None, high=None, **place, **words)


KNOWN = [
    row(2006, 100.0, 2007),
    row(2010, 200.0, 2011, "b"),
    row(2012, 400.0, 2013, "c"),
    row(2012, 100.0, 2013, "d"),
    row(2012, 300.0, 2012, "e"),
    row(2020, 800.0, 2013, "c"),
    row(2024, 3200.0, 2013, "c"),
    row(2020, 200.0, 2013, "d"),
    row(2012, 7.0, 2013, "c", "china"),
]


def test_last_value_is_the_latest_year_and_then_the_latest_publication():
    assert forecasts.last_value(KNOWN, "world", 2018) == pytest.approx(math.log(200.0))
    assert forecasts.last_value(KNOWN, "world", 2008) == pytest.approx(math.log(100.0))
    assert forecasts.last_value(KNOWN, "world", 2005) is None
    assert forecasts.last_value(KNOWN, "europe", 2018) is None


def test_exponential_goes_on_at_the_same_rate():
    known = [row(2000 + k, 50.0 * 1.1**k, 2001 + k) for k in range(15)]
    assert forecasts.exponential(known, "world", 2020) == pytest.approx(math.log(50.0 * 1.1**20))
    changed = [row(2000, 9.0, 2001), *known[1:]]
    assert forecasts.exponential(changed, "world", 2020) == pytest.approx(math.log(50.0 * 1.1**20))
    assert forecasts.exponential(known[:2], "world", 2020) is None


def test_mean_of_forecasts_lies_between_the_nearest_years():
    assert forecasts.published_mean(KNOWN, "world", 2020) == pytest.approx(math.log(400.0))
    assert forecasts.published_mean(KNOWN, "world", 2022) == pytest.approx(
        0.5 * (math.log(400.0) + math.log(3200.0))
    )
    assert forecasts.published_mean(KNOWN, "world", 2030) is None
    assert forecasts.published_mean(KNOWN, "world", 2012) is None


def test_spread_is_learned_from_earlier_rows_alone():
    known = [row(2010, 100.0, 2010, "a"), row(2012, 200.0, 2012, "b"), row(2014, 100.0, 2014, "c")]
    assert forecasts.spread(known, forecasts.last_value) is None
    known.append(row(2016, 200.0, 2016, "d"))
    assert forecasts.spread(known, forecasts.last_value) == pytest.approx(math.log(2.0))


def test_score_and_quantiles_of_a_known_normal():
    middle, deviation = np.full((5, 1), 2.0), np.full((5, 1), 0.5)
    score, below = forecasts.mixture(np.array([2.5]), middle, deviation)
    assert score[0] == pytest.approx(-0.5 - math.log(0.5 * math.sqrt(2.0 * math.pi)))
    assert below[0] == pytest.approx(0.8413447)
    assert forecasts.quantile(0.95, middle, deviation)[0] == pytest.approx(2.0 + 0.5 * 1.6448536)


def test_score_of_a_mixture_is_the_mean_density():
    score, below = forecasts.mixture(np.zeros(1), np.array([[-1.0], [1.0]]), np.ones((2, 1)))
    assert math.exp(score[0]) == pytest.approx(math.exp(-0.5) / math.sqrt(2.0 * math.pi))
    assert below[0] == pytest.approx(0.5)


def test_an_interval_covers_nine_tenths():
    assert forecasts.inside(np.array([0.04, 0.06, 0.5, 0.94, 0.96])).tolist() == [0, 1, 1, 1, 0]


def test_later_rows_given_earlier_ones_agree_with_the_joint_density():
    rng = np.random.default_rng(3)
    scaled, variance = rng.standard_normal((6, 4)), rng.uniform(0.1, 1.0, 6)
    residual = rng.standard_normal(6)
    joint = scaled @ scaled.T + np.diag(variance)
    middle, deviation = backtest.conditional(residual, scaled, variance, 5)
    both = multivariate_normal.logpdf(residual, cov=joint)
    first = multivariate_normal.logpdf(residual[:5], cov=joint[:5, :5])
    last, _ = forecasts.mixture(residual[5:], middle[None, :], deviation[None, :])
    assert last[0] == pytest.approx(both - first)


def test_rows_of_one_publication_count_as_one():
    rows = (row(2020, 1.0, 2020, "a"), row(2021, 1.0, 2020, "a"), row(2021, 1.0, 2021, "b"))
    score = np.array([0.0, -2.0, -4.0])
    below = np.array([0.5, 0.99, 0.5])
    one = backtest.Scored(2018, rows, {}, {"x": np.array([0.0, 0.2, 0.5])}, {"x": score}, {"x": below})
    line = backtest.score(one, "x", np.ones(3, dtype=bool))
    assert (line["publications"], line["n"]) == (2, 3)
    assert line["log_score"] == pytest.approx(-2.5)
    assert line["coverage"] == pytest.approx(0.75)
    assert line["median_abs_log_error"] == pytest.approx(0.3)


def test_an_entry_leans_on_the_settings_of_another_but_for_counts():
    registry = load(Path(__file__).parents[2])
    own, other = registry.computed["backtest"].settings, registry.computed["reconstruction"].settings
    found = settings("backtest", registry)
    assert found["start_twh"] == other["start_twh"]
    assert found["kept_count"] == own["kept_count"]
    assert not [name for name in settings("calibration", registry) if name == "kept_count"]
