"""Physics of the models: scaling, order, limits; and each against something that was measured."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jouletrace import numerics  # noqa: F401  (float64)
from jouletrace.models import data_centres as dc
from jouletrace.models import electricity as el
from jouletrace.models import people as pe
from jouletrace.registry import load
from jouletrace.tidying import tidy_tables

ROOT = Path(__file__).parent.parent.parent
POSITIVE = st.floats(1e-3, 1e6)
SHARE = st.floats(0.01, 0.99)
YEAR_S = 8760.0 * 3600.0


@pytest.fixture(scope="module")
def tables():
    return tidy_tables(load(ROOT))


def value(tables, dataset, row_id):
    return next(row.value for row in tables[dataset] if row.id == row_id)


@given(people=POSITIVE, power=POSITIVE, factor=POSITIVE)
def test_metabolism_is_proportional_to_people_power_and_time(people, power, factor):
    one = pe.workers_metabolism_j(people, power, YEAR_S)
    assert pe.workers_metabolism_j(factor * people, power, YEAR_S) == pytest.approx(factor * one)
    assert pe.workers_metabolism_j(people, factor * power, YEAR_S) == pytest.approx(factor * one)
    assert pe.workers_metabolism_j(people, power, factor * YEAR_S) == pytest.approx(factor * one)


@given(workers=POSITIVE, others=POSITIVE, energy=POSITIVE)
def test_the_workers_share_is_less_than_the_whole(workers, others, energy):
    share = pe.workers_share_of_final_energy_j(energy, workers, workers + others)
    assert 0.0 < share < energy


@given(start=POSITIVE, factor=st.floats(1.01, 1e3), growth=st.floats(0.01, 2.0))
def test_the_year_of_overtaking_is_when_growth_has_made_up_the_gap(start, factor, growth):
    year = pe.ai_overtakes_workers_year(start, factor * start, growth, 2025.0)
    assert start * (1.0 + growth) ** float(year - 2025.0) == pytest.approx(factor * start, rel=1e-6)


@given(first=POSITIVE, last=POSITIVE, way=SHARE)
def test_a_path_stays_between_its_estimates_and_meets_them(first, last, way):
    between = dc.anchored_data_centre_electricity_j(first, last, 2010.0, 2020.0, 2010.0 + 10.0 * way, 1.0)
    assert min(first, last) * (1 - 1e-9) <= between <= max(first, last) * (1 + 1e-9)
    assert dc.anchored_data_centre_electricity_j(first, last, 2010.0, 2020.0, 2010.0, 1.0) == pytest.approx(
        first
    )
    assert dc.anchored_data_centre_electricity_j(first, last, 2010.0, 2020.0, 2020.0, 1.0) == pytest.approx(
        last
    )


@given(first=POSITIVE, last=POSITIVE, form=st.floats(0.5, 2.0))
def test_the_form_of_a_path_matters_between_estimates_only(first, last, form):
    ends = [
        dc.anchored_data_centre_electricity_j(first, last, 2010.0, 2020.0, year, form)
        for year in (2010.0, 2020.0)
    ]
    assert ends == [pytest.approx(first), pytest.approx(last)]
    middle = dc.anchored_data_centre_electricity_j(first, last, 2010.0, 2020.0, 2015.0, form)
    assert middle == pytest.approx(form * (first * last) ** 0.5)


@given(first=POSITIVE, growth=st.floats(-0.2, 0.5), years=st.integers(1, 20))
def test_growth_undoes_carrying_forward(first, growth, years):
    later = el.electricity_generation_j(first, growth, 2020.0 + years, 2020.0)
    assert el.grid_growth_ratio(later, first, 2020.0 + years, 2020.0) == pytest.approx(growth, abs=1e-9)


@given(generated=POSITIVE, share=SHARE)
def test_final_consumption_is_less_than_generation(generated, share):
    assert el.electricity_final_consumption_j(generated, share) < generated


@given(centres=POSITIVE, networks=POSITIVE, devices=POSITIVE, mining=POSITIVE)
def test_scopes_contain_each_other(centres, networks, devices, mining):
    both = dc.data_centres_and_networks_electricity_j(centres, networks)
    assert centres < both < dc.ict_electricity_j(both, devices)
    assert both < dc.data_centres_networks_and_mining_electricity_j(both, mining)


@given(before=POSITIVE, growth=POSITIVE, share=SHARE, rest=POSITIVE)
def test_a_part_that_is_all_the_growth_has_the_whole_share(before, growth, share, rest):
    ai, base_ai = rest + share * growth, rest
    found = dc.ai_increment_share_ratio(ai, base_ai, before + growth, before)
    assert found == pytest.approx(share, rel=1e-3)


@given(share=SHARE, energy=POSITIVE, growth=st.floats(0.01, 1.0))
def test_an_implied_energy_grows_back_into_the_prediction(share, energy, growth):
    implied = pe.implied_ai_electricity_j(share, energy, growth, 2030.0, 2025.0)
    assert implied * (1.0 + growth) ** 5 == pytest.approx(share * energy)


def test_a_body_at_2500_kcal_a_day():
    """Measured: 2,500 kcal a day are 10.46 MJ a day, hence 121 W."""
    power = 2500 * 4184.0 / 86400.0
    assert pe.workers_metabolism_j(1.0, power, 86400.0) == pytest.approx(10.46e6, rel=1e-3)


def test_the_path_predicts_a_year_that_it_did_not_see(tables):
    """Measured against the IEA's own value for 2023, from its values for 2020 and 2024."""
    first, last, seen = (
        value(tables, "data-centre-estimates", f"iea-2025-world-{year}") for year in (2020, 2024, 2023)
    )
    assert dc.anchored_data_centre_electricity_j(first, last, 2020.0, 2024.0, 2023.0, 1.0) == pytest.approx(
        seen, rel=0.05
    )


def test_carrying_forward_predicts_reported_generation(tables):
    """Measured: the growth of the registry (2.7 %) from 2016 on, against what 2024 reported."""
    start = value(tables, "electricity-generation", "owid-2025-world-2016")
    seen = value(tables, "electricity-generation", "owid-2025-world-2024")
    assert el.electricity_generation_j(start, 0.027, 2024.0, 2016.0) == pytest.approx(seen, rel=0.03)


def test_population_is_carried_forward_as_counted(tables):
    start, seen = (
        next(row.value for row in tables["population"] if row.region == "world" and row.year == year)
        for year in (2020, 2024)
    )
    assert pe.population_person(start, 0.009, 2024.0, 2020.0) == pytest.approx(seen, rel=0.005)


def test_final_consumption_as_the_iea_measured_it(tables):
    """Measured: 22,848 TWh reached consumers in 2019 (IEA 2021)."""
    generated = value(tables, "electricity-generation", "owid-2025-world-2019")
    assert el.electricity_final_consumption_j(generated, 0.848) == pytest.approx(22848.0, rel=0.01)


def test_the_iea_share_of_2025_is_reproduced(tables):
    """Measured: 485 TWh of 31,734 TWh are 1.5 % (Our World in Data says about 1.5 %)."""
    used = value(tables, "data-centre-estimates", "iea-2026-world-2025")
    made = el.electricity_generation_j(
        value(tables, "electricity-generation", "owid-2025-world-2024"), 0.027, 2025.0, 2024.0
    )
    assert used / made == pytest.approx(0.0153, rel=0.02)
