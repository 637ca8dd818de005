"""Demand against efficiency, rebound, levers, and breaks in a trend: physics, known cases, published figures."""

import math
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jouletrace import computed, numerics, sources  # noqa: F401  (numerics: float64)
from jouletrace.contract import records
from jouletrace.experiments import structural_break as sb
from jouletrace.experiments.task import Task
from jouletrace.kept import CARRIED
from jouletrace.models import rebound as rb
from jouletrace.registry import load
from jouletrace.sources import epoch_training
from jouletrace.tidying import tidy_tables

ROOT = Path(__file__).parents[2]
MIRROR = os.environ.get("JOULETRACE_MIRROR", "")
POSITIVE = st.floats(1e-3, 1e6)
FACTOR = st.floats(1.01, 100.0)
SAVING = st.floats(0.01, 0.95)


@pytest.fixture(scope="module")
def registry():
    return load(ROOT)


@pytest.fixture(scope="module")
def tables(registry):
    return tidy_tables(registry)


def value(tables, row_id):
    return next(row.value for row in tables["service-growth"] if row.id == row_id)


@given(demand=FACTOR, efficiency=FACTOR, energy=POSITIVE, years=st.integers(1, 5))
def test_energy_grows_exactly_where_demand_outgrows_efficiency(demand, efficiency, energy, years):
    later = energy * (demand / efficiency) ** years
    growth = rb.demand_over_efficiency_ratio(later, energy, 2020.0 + years, 2020.0)
    assert growth == pytest.approx(demand / efficiency)
    needed = rb.needed_efficiency_gain_ratio(efficiency, growth)
    assert needed == pytest.approx(demand)


@given(level=POSITIVE, growth=FACTOR, years=st.integers(1, 5))
def test_yearly_growth_compounds_to_the_growth_of_the_whole_time(level, growth, years):
    for function in (rb.token_growth_ratio, rb.message_growth_ratio, rb.user_growth_ratio):
        found = function(level * growth**years, level, 2020.0 + years, 2020.0)
        assert found == pytest.approx(growth)


@given(possible=SAVING, part=st.floats(-2.0, 1.0))
def test_rebound_is_what_is_missing_from_the_possible_saving(possible, part):
    rebound = rb.rebound_ratio(part * possible, possible)
    assert rebound == pytest.approx(1.0 - part, abs=1e-9)
    growth = rb.implied_service_growth_ratio(part * possible, possible)
    assert growth * (1.0 - possible) == pytest.approx(1.0 - part * possible)
    if abs(rebound) > 1e-9:  # nearer to zero the last bit decides
        assert (growth > 1.0) == (rebound > 0.0)


@given(step=SAVING, steps=st.integers(1, 8))
def test_savings_of_steps_add_up_in_logarithms(step, steps):
    together = rb.saving_without_rebound_ratio(step, float(steps))
    assert step <= together * (1 + 1e-12)
    assert together < 1.0
    assert float(rb.fleet_log_ratio(together)) == pytest.approx(-steps * math.log(1.0 - step))


@given(energy=POSITIVE, growth=st.floats(0.2, 5.0), gain=FACTOR)
def test_with_all_growth_charged_rebound_passes_the_whole_exactly_where_energy_grew(energy, growth, gain):
    found = rb.charged_rebound_ratio(growth * energy, energy, gain, 2025.0, 2024.0)
    assert (found > 1.0) == (growth * energy > energy)
    unchanged_demand = rb.charged_rebound_ratio(energy / gain, energy, gain, 2025.0, 2024.0)
    assert unchanged_demand == pytest.approx(0.0, abs=1e-9)


@given(energy=POSITIVE, growth=st.floats(0.5, 3.0), step=st.floats(0.05, 0.5))
def test_the_two_bounds_agree_for_the_same_gain(energy, growth, step):
    gain = (1.0 - step) ** -2.0
    firm = rb.firm_charged_rebound_ratio(growth * energy, energy, step, 2021.0, 2020.0)
    world = rb.charged_rebound_ratio(growth * energy, energy, gain, 2021.0, 2020.0)
    assert firm == pytest.approx(world, rel=1e-6, abs=1e-9)


def test_facebook_as_computed_by_hand(tables):
    step = value(tables, "meta-half-year-2021") / 100.0
    saved = value(tables, "meta-two-years-2021") / 100.0
    possible = rb.saving_without_rebound_ratio(step, 4.0)
    assert possible == pytest.approx(0.5904)
    assert rb.rebound_ratio(saved, possible) == pytest.approx(0.51728, abs=1e-5)
    assert rb.implied_service_growth_ratio(saved, possible) == pytest.approx(1.74561, abs=1e-5)


def test_levers_multiply_to_what_the_paper_prints(tables):
    gains = [row.value for row in tables["service-growth"] if row.quantity == "lever_gain_ratio"]
    together = rb.levers_together_ratio(math.exp(np.mean(np.log(gains))), float(len(gains)))
    assert 800.0 < together < 850.0  # "over 800", from factors of two digits
    logs = [float(rb.lever_log_ratio(gain)) for gain in gains]
    assert sum(logs) == pytest.approx(math.log(together))


def test_growth_of_services_as_their_publishers_print_it(tables):
    tokens = rb.token_growth_ratio(
        value(tables, "google-tokens-april-2025"), value(tables, "google-tokens-april-2024"), 2025.0, 2024.0
    )
    assert tokens == pytest.approx(50.0, rel=0.05)  # the keynote says 50 times
    messages = rb.message_growth_ratio(
        value(tables, "chatgpt-messages-june-2025"),
        value(tables, "chatgpt-messages-june-2024"),
        2025.0,
        2024.0,
    )
    assert messages == pytest.approx(5.8, rel=0.02)  # the authors say 5.8 times


def bent(year: float, before: float, after: float, noise: float, seed: int = 7):
    years = np.arange(2005.0, 2025.0)
    line = before * (years - year) + (after - before) * np.maximum(years - year, 0.0)
    return years, line + noise * np.random.default_rng(seed).standard_normal(len(years))


@pytest.mark.parametrize("year", [2010.0, 2014.5, 2019.0])
def test_a_known_break_is_found_with_its_growths(year):
    years, logs = bent(year, 0.05, 0.40, noise=0.05)
    search = sb.Search(years, 2, 0.1)
    found = search.best(logs)
    assert found.year == pytest.approx(year, abs=1.0)
    assert (found.before, found.after) == (pytest.approx(0.05, abs=0.03), pytest.approx(0.40, abs=0.05))
    assert sb.chance(search, logs, 200, np.random.default_rng(1)) == 0
    dates = [one.year for one in sb.fits(search, logs, 200, np.random.default_rng(2))]
    assert np.quantile(dates, 0.01) <= year <= np.quantile(dates, 0.99)


def test_without_noise_the_two_lines_come_back_exactly():
    years, logs = bent(2015.0, 0.1, 0.3, noise=0.0)
    found = sb.Search(years, 2, 0.5).best(logs + 1e-9 * np.sin(years))
    assert found.year == 2015.0
    assert found.line(years) == pytest.approx(logs, abs=1e-6)


def test_even_growth_is_called_broken_as_seldom_as_the_p_value_says():
    rng = np.random.default_rng(3)
    years = np.arange(2010.0, 2024.0)
    search = sb.Search(years, 2, 0.25)
    lines = 0.3 * years + rng.standard_normal((200, len(years)))
    seldom = sum(sb.chance(search, logs, 199, rng) + 1 <= 0.1 * 200 for logs in lines)
    assert 8 <= seldom <= 34  # 95 % of a binomial with n = 200, p = 0.1, and a little more


def test_the_break_of_data_centres_has_the_growths_that_its_report_prints(tables):
    years, logs = sb.series(tables, "data-centres")
    assert (years[0], years[-1]) == (2014.0, 2023.0)
    found = sb.Search(years, 2, 0.1).best(logs)
    assert 2016.0 <= found.year <= 2018.5
    assert math.expm1(found.before) < 0.08  # printed: 7 % a year from 2014 to 2018, flat until 2016
    assert math.expm1(found.after) == pytest.approx(0.18, abs=0.015)


def test_the_kept_dataset_is_that_of_this_registry_and_comes_back_the_same(registry, tables):
    folder, record = computed.found("structural-breaks", registry, tables)
    assert folder == ROOT / CARRIED / "structural-breaks"
    assert record["seed"] == registry.computed["structural-breaks"].seed
    found = sb.run(Task(registry.computed["structural-breaks"], tables, {}))
    draws, points = found.draws, found.tables["points"]
    assert record["effective_draws"] == len(draws["data-centres-break-year"])
    for name, column in draws.items():
        kept = computed.column(folder, name)
        error = 3.0 * np.std(column) / math.sqrt(len(column)) + 1e-6 * abs(np.mean(column))
        assert np.mean(kept) == pytest.approx(np.mean(column), abs=error), name
    kept_points = computed.table(folder)
    assert [one["series"] for one in kept_points] == list(points["series"])
    kept_values = [np.nan if one["value"] is None else one["value"] for one in kept_points]
    assert kept_values == pytest.approx(list(points["value"]), rel=1e-6, nan_ok=True)
    breaks = [one["year"] for one in kept_points if one["value"] is None]
    assert len(breaks) == len(sb.SERIES)  # the lines meet there, and nothing was measured


MODELS = (
    "Model,Publication date,Training compute (FLOP),Notability criteria\n"
    + "".join(f"M{year}{k},{year}-03-01,1e{15 + k},SOTA\n" for year in epoch_training.YEARS for k in range(6))
    + "Small,2020-01-01,1.0,\nUnknown,2020-01-01,,SOTA\nLater,2025-01-01,1e30,SOTA\n"
)


def test_only_notable_models_with_a_figure_count(tmp_path):
    path = tmp_path / "models.csv"
    path.write_text(MODELS)
    rows = {row["id"]: row for row in records(sources.tidy("epoch_training", path))}
    assert len(rows) == 2 * len(epoch_training.YEARS)
    assert rows["epoch-2025-notable-frontier-2020"]["value"] == pytest.approx(1e18)
    assert rows["epoch-2025-notable-median-2020"]["value"] == pytest.approx(0.5 * (1e17 + 1e18))
    assert rows["epoch-2025-notable-median-2020"]["note"].startswith("6 notable models")


def test_too_few_models_are_refused(tmp_path):
    path = tmp_path / "models.csv"
    path.write_text(MODELS.replace("2016-03-01", "2015-03-01"))
    with pytest.raises(ValueError, match="2016: 0 notable models"):
        epoch_training.tidy(path)


@pytest.mark.skipif(not MIRROR, reason="JOULETRACE_MIRROR is not set: no publishers' files here")
def test_the_publishers_file_gives_the_rows_of_the_snapshot(registry, tables):
    dataset = registry.datasets["training-compute"]
    fresh = sources.tidy("epoch_training", Path(MIRROR) / dataset.mirror.path)
    kept = {row.id: row.value for row in tables["training-compute"]}
    assert dict(zip(fresh["id"], fresh["value"], strict=True)) == kept
