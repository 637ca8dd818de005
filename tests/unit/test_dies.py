"""Dies, chiplets and merged processes; clock rates against performance; the memory wall as it was first drawn."""

from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jouletrace import (
    computed,
    numerics,  # noqa: F401  (float64)
)
from jouletrace.experiments import clock_and_performance as cp
from jouletrace.experiments.task import Task
from jouletrace.facts import ask_attribution, ask_facts
from jouletrace.kept import CARRIED
from jouletrace.models import dies, memory_wall
from jouletrace.registry import load
from jouletrace.registry.schema import AttributionQuery
from jouletrace.tidying import tidy_tables

ROOT = Path(__file__).parent.parent.parent
MM2, CM2 = 1e-6, 1e-4
AREA = st.floats(10.0, 850.0)
DEFECTS = st.floats(0.01, 1.0)
CLUSTERING = st.floats(0.5, 20.0)
WAFER = 0.3


@pytest.fixture(scope="module")
def registry():
    return load(ROOT)


@pytest.fixture(scope="module")
def tables(registry):
    return tidy_tables(registry)


def good_cost(area_mm2, defects_per_cm2, clustering=3.0, cost=1.0):
    """Cost of good silicon in dies of an area, with the edge of the wafer."""
    works = dies.die_yield_ratio(area_mm2 * MM2, defects_per_cm2 / CM2, clustering)
    return dies.good_silicon_cost_usd_per_sqm(cost, dies.wafer_usable_ratio(area_mm2 * MM2, WAFER), works)


def chiplets(
    area_mm2, parts, defects_per_cm2, link=0.1, packaging=0.0, bonding=1.0, clustering=3.0, cost=1.0
):
    """Cost of a die in parts over that of the die in one piece."""
    density, whole = defects_per_cm2 / CM2, area_mm2 * MM2
    part = dies.chiplet_area_sqm(whole, parts, link)
    silicon = dies.chiplet_silicon_cost_usd_per_sqm(cost, part, WAFER, density, clustering)
    joined = dies.assembly_yield_ratio(bonding, parts)
    one = good_cost(area_mm2, defects_per_cm2, clustering, cost)
    return float(dies.chiplet_cost_ratio(silicon, one, part, parts, whole, packaging, joined))


def test_a_worked_example():
    """A die of 8 cm2 at 0.1 defects for each cm2, clustering 2: 1.4 ** -2; 75 % of the wafer is covered."""
    assert float(dies.die_yield_ratio(800 * MM2, 0.1 / CM2, 2.0)) == pytest.approx(1 / 1.96)
    assert float(dies.wafer_usable_ratio(800 * MM2, WAFER)) == pytest.approx(1 - 80 / 300)
    price = dies.silicon_cost_usd_per_sqm(17000.0, WAFER) * MM2
    assert float(price) == pytest.approx(0.2405, rel=1e-3)
    assert float(good_cost(800.0, 0.1, 2.0, price)) == pytest.approx(0.2405 * 1.96 / (1 - 80 / 300), rel=1e-3)


@given(AREA, st.floats(1.01, 5.0), DEFECTS, CLUSTERING)
def test_yield_falls_and_cost_rises_with_area(area, factor, defects, clustering):
    small, large = (dies.die_yield_ratio(a * MM2, defects / CM2, clustering) for a in (area, factor * area))
    assert 0.0 < large < small < 1.0
    assert good_cost(min(factor * area, 2000.0), defects, clustering) > good_cost(area, defects, clustering)


@given(AREA, DEFECTS, CLUSTERING)
def test_defects_that_cluster_leave_more_dies_whole(area, defects, clustering):
    apart = dies.die_yield_ratio(area * MM2, defects / CM2, 2.0 * clustering)
    assert apart < dies.die_yield_ratio(area * MM2, defects / CM2, clustering)
    assert apart > jnp.exp(-area * MM2 * defects / CM2)


@given(AREA, DEFECTS)
def test_one_chiplet_is_the_die_in_one_piece(area, defects):
    assert chiplets(area, 1.0, defects, link=0.1, packaging=1e9, bonding=1.0) == pytest.approx(1.0)


@given(AREA, DEFECTS, st.floats(0.9, 0.999), st.floats(0.01, 0.2))
def test_joints_links_and_packages_only_cost(area, defects, bonding, more):
    bare = chiplets(area, 4.0, defects, link=0.05)
    assert chiplets(area, 4.0, defects, link=0.05 + more) > bare
    assert chiplets(area, 4.0, defects, link=0.05, bonding=bonding) == pytest.approx(bare / bonding**4)
    assert chiplets(area, 4.0, defects, link=0.05, packaging=more) > bare


@given(AREA, st.integers(2, 16), DEFECTS)
def test_parts_without_links_are_never_dearer_than_the_whole(area, parts, defects):
    assert chiplets(area, float(parts), defects, link=0.0) < 1.0


def test_the_first_server_with_four_dies(registry):
    """AMD at Hot Chips 2017: four dies of 213 mm2 cost 0.59 of one of 777 mm2, before the package."""
    cases = registry.quantities["defect_density_count_per_sqm"].cases["any"].distribution
    low, middle, high = (
        chiplets(777.0, 4.0, defects, link=4 * 213 / 777 - 1) for defects in (cases.p95, cases.p50, cases.p05)
    )
    assert low < 0.59 < high
    assert middle == pytest.approx(0.59, abs=0.06)


def test_a_published_cost_model_of_chiplets():
    """Chiplet Actuary: 5 nm, 0.11 defects for each cm2, level 10; a die of 800 mm2 yields 43 %."""
    assert float(dies.die_yield_ratio(800 * MM2, 0.11 / CM2, 10.0)) == pytest.approx((1 + 0.088) ** -10)
    assert chiplets(800.0, 4.0, 0.11, link=0.1, bonding=0.99, clustering=10.0) < 0.7
    assert chiplets(100.0, 4.0, 0.11, link=0.1, bonding=0.99, clustering=10.0) > 1.0


@given(st.floats(0.01, 0.9), st.floats(0.001, 0.9))
def test_the_rule_on_chiplets_asks_for_both(saving, penalty):
    met = dies.chiplet_rule_ratio(saving, penalty, 0.2, 0.1) > 1.0
    assert met == (saving > 0.2 and penalty < 0.1)


@given(AREA, AREA, st.floats(1.0, 6.0), st.floats(1.0, 2.0), DEFECTS)
def test_merging_gains_nothing_by_itself(logic, memory, penalty, steps, defects):
    """In the same process, with cells of the same size and no second package, two dies yield no less than one."""
    given_to_both = (defects / CM2, 3.0)
    merged = dies.merged_silicon_sqm(logic, memory, penalty, steps, 1.0, *given_to_both)
    apart = dies.separate_silicon_sqm(logic, memory, 1.0, 1.0, 1.0, 0.0, *given_to_both)
    assert dies.merged_to_separate_ratio(merged, apart) >= 1.0


def test_merging_pays_where_a_second_chip_is_mostly_wasted():
    merged = dies.merged_silicon_sqm(20 * MM2, 3 * MM2, 2.5, 1.2, 0.2, 0.3 / CM2, 3.0)
    apart = dies.separate_silicon_sqm(20 * MM2, 3 * MM2, 10.0, 0.8, 0.2, 0.3, 0.3 / CM2, 3.0)
    assert dies.merged_to_separate_ratio(merged, apart) < 1.0


def test_a_byte_on_a_chip():
    """Cells of 0.021 um2 that cover 70 %: 31.8 Mibit for each mm2, as the foundry says; at 0.7 USD for each mm2."""
    cell = 8 * 0.021e-12
    per_mm2 = MM2 * 0.7 / cell
    assert per_mm2 * 8 / 2**20 == pytest.approx(31.8, rel=2e-3)
    assert float(dies.sram_cost_usd_per_b(cell, 0.7, 0.7 / MM2)) * per_mm2 == pytest.approx(0.7)


@given(st.floats(0.5, 0.999), st.floats(2.0, 50.0), st.floats(1.05, 2.0), st.floats(2.0, 40.0))
def test_the_wall_is_where_the_average_access_says(hits, cycles, growth, wall):
    year = memory_wall.memory_wall_year(hits, cycles, growth, 1995.0, wall)
    there = memory_wall.average_access_count(hits, cycles, growth, year, 1995.0)
    assert float(there) == pytest.approx(wall)


@pytest.mark.parametrize(("year", "cycles"), [(2000.0, 1.52), (2005.0, 8.25), (2010.0, 98.8)])
def test_the_figures_of_wulf_and_mckee(year, cycles):
    """Cycles of an average access in their note, from memory: 99 % hits, four cycles, 80 % against 7 % a year."""
    growth = memory_wall.speed_gap_growth_ratio(0.8, 0.07)
    found = memory_wall.average_access_count(0.99, 4.0, growth, year, 1995.0)
    assert float(found) == pytest.approx(cycles, rel=0.01)


def test_an_elasticity_that_is_known_is_found():
    rng = np.random.default_rng(1)
    date = np.linspace(1990.0, 2004.0, 200)
    clock = 0.3 * (date - 1990.0) + rng.normal(0.0, 0.2, date.size)
    seen = np.stack([date, clock, 1.2 * clock + rng.normal(0.0, 0.1, date.size)], axis=1)
    found = cp.fits(seen, 2000, rng)
    assert np.median(found["elasticity"]) == pytest.approx(1.2, abs=0.03)
    assert np.median(found["clock-share"]) == pytest.approx(1 / 1.2, abs=0.03)
    assert np.median(found["clock-growth"]) == pytest.approx(np.expm1(0.3), abs=0.02)


def test_each_date_has_clock_rates_and_performance(tables):
    seen = cp.points(tables["processor-trends"])
    assert len(seen) == 33
    assert np.isfinite(seen).all()
    assert (np.diff(seen[:, 0]) > 0).all()
    first = np.exp(seen[0, 1:])
    assert first == pytest.approx([40.3152, 83.5363])


def test_growth_is_that_of_a_published_analysis(registry, tables):
    """Ekman, Warg and Nilsson 2004: performance grew 41 % a year from 1996 to 2004, clock rates 29 %."""
    folder, _ = computed.found("clock-and-performance", registry, tables)
    performance = computed.column(folder, "late-performance-growth")
    clock = computed.column(folder, "late-clock-growth")
    assert np.median(performance) == pytest.approx(0.41, abs=0.02)
    assert np.quantile(clock, 0.025) < 0.29 < np.quantile(clock, 0.975)


def test_what_is_kept_is_what_the_experiment_finds(registry, tables):
    folder, record = computed.found("clock-and-performance", registry, tables)
    assert folder == ROOT / CARRIED / "clock-and-performance"
    assert record["effective_draws"] >= 10000
    found = cp.run(Task(registry.computed["clock-and-performance"], tables, {}))
    for name, values in found.draws.items():
        assert computed.column(folder, name) == pytest.approx(values, rel=1e-4)


def test_facts_that_decide_keep_makers_apart(registry):
    readings = registry.claims["51cto-2023.C54"].readings
    answers = {name: ask_facts(one.fact, registry.facts) for name, one in readings.items()}
    assert {one.word for one in answers.values()} == {"true"}
    assert answers["V2"].rows == ("pim-upmem-energy",)
    assert not set(answers["V2"].rows) & set(answers["V2-maker"].rows)


def test_the_definition_of_the_article_is_not_that_of_its_authors(registry):
    ask = AttributionQuery(id="wulf-memory-wall", check="element_unchanged", element="what it is")
    assert ask_attribution(ask, registry.attributions).word == "false"
    where = ask.model_copy(update={"element": "where it is"})
    assert ask_attribution(where, registry.attributions).word == "true"
