"""Efficiency, siting, supply: parts that make a whole, savings that last as long as stated, published rates."""

import os
from itertools import pairwise
from math import exp, expm1, log
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import linregress

from jouletrace import (
    numerics,  # noqa: F401  (float64)
    sources,
    tables,
)
from jouletrace.models import efficiency as ef
from jouletrace.registry import load
from jouletrace.sources import owid_carbon_intensity
from jouletrace.tidying import tidy_tables

ROOT = Path(__file__).parents[2]
MIRROR = os.environ.get("JOULETRACE_MIRROR", "")
needs_mirror = pytest.mark.skipif(
    not MIRROR, reason="JOULETRACE_MIRROR is not set: no publishers' files here"
)
ENERGY = st.floats(1e-3, 1e6)
FACTOR = st.floats(0.02, 50.0)
PUE = st.floats(1.0, 3.0)
YEARS = st.integers(1, 30)
GROWTH = st.floats(0.01, 2.0)


@pytest.fixture(scope="module")
def registry():
    return load(ROOT)


@pytest.fixture(scope="module")
def rows(registry):
    return {name: {row.id: row.value for row in table} for name, table in tidy_tables(registry).items()}


def parts(energy, base, service, pue, base_pue, years):
    """Parts of service, computing and buildings, and the growth that they explain."""
    when = (2000.0 + years, 2000.0)
    total = ef.energy_part_ratio(energy, base, *when)
    by_service = ef.service_part_ratio(service, *when)
    by_facility = ef.facility_part_ratio(pue, base_pue, *when)
    by_server = ef.server_part_ratio(total, by_service, by_facility)
    return tuple(float(one) for one in (by_service, by_server, by_facility, total))


def changes(energy, base, service, pue, base_pue):
    by_service = ef.service_change_j(energy, base, service)
    by_facility = ef.facility_change_j(energy, base, pue, base_pue)
    by_server = ef.server_change_j(energy, base, by_service, by_facility)
    return tuple(float(one) for one in (by_service, by_server, by_facility))


def test_a_worked_example():
    """Service times 8, computing a quarter per service, building 2 to 1.5: energy times 1.5."""
    assert 8.0 * 0.25 * 1.5 / 2.0 == 1.5
    found = parts(1.5, 1.0, 8.0, 1.5, 2.0, 2)
    assert found == pytest.approx((log(8.0) / 2, log(0.25) / 2, log(0.75) / 2, log(1.5) / 2))
    assert ef.efficiency_offset_ratio(found[3], found[0]) == pytest.approx(1 - log(1.5) / log(8.0))


@given(ENERGY, FACTOR, FACTOR, PUE, PUE, YEARS)
def test_log_points_sum_to_the_growth_of_energy(base, factor, service, pue, base_pue, years):
    by_service, by_server, by_facility, total = parts(factor * base, base, service, pue, base_pue, years)
    assert by_service + by_server + by_facility == pytest.approx(total, abs=1e-12)
    assert base * exp(years * (by_service + by_server + by_facility)) == pytest.approx(factor * base)


@given(ENERGY, FACTOR, FACTOR, PUE, PUE)
def test_energies_sum_to_the_change_and_share_the_signs_of_their_logs(base, factor, service, pue, base_pue):
    found = changes(factor * base, base, service, pue, base_pue)
    scale = (1.0 + factor) * base
    assert sum(found) == pytest.approx((factor - 1.0) * base, abs=1e-9 * scale)
    in_logs = parts(factor * base, base, service, pue, base_pue, 1)
    weight = base if abs(log(factor)) < 1e-9 else (factor - 1.0) * base / log(factor)
    for change, part in zip(found, in_logs, strict=False):
        assert change == pytest.approx(weight * part, rel=1e-6, abs=1e-6 * scale)


@given(ENERGY, st.floats(-1e-3, 1e-3), FACTOR)
def test_the_logarithmic_mean_is_smooth_where_energy_stands_still(base, tiny, service):
    still = float(ef.service_change_j(base, base, service))
    assert still == pytest.approx(base * log(service), rel=1e-9, abs=1e-12)
    assert ef.service_change_j(base * (1.0 + tiny), base, service) == pytest.approx(
        still * (1.0 + tiny / 2.0), rel=1e-6, abs=1e-9 * base
    )


@given(ENERGY, FACTOR, FACTOR, PUE, PUE)
def test_turning_time_round_turns_the_signs(base, factor, service, pue, base_pue):
    there = changes(factor * base, base, service, pue, base_pue)
    back = changes(base, factor * base, 1.0 / service, base_pue, pue)
    turned = [-one for one in there]
    assert list(back) == pytest.approx(turned, rel=1e-6, abs=1e-7 * (1.0 + factor) * base)


@given(ENERGY, st.floats(1.1, 50.0), YEARS)
def test_an_offset_of_one_means_that_energy_stood_still(base, service, years):
    by_service, _, _, total = parts(base, base, service, 1.5, 1.5, years)
    assert ef.efficiency_offset_ratio(total, by_service) == pytest.approx(1.0)
    by_service, by_server, _, total = parts(service * base, base, service, 1.5, 1.5, years)
    assert ef.efficiency_offset_ratio(total, by_service) == pytest.approx(0.0, abs=1e-9)
    assert ef.server_offset_ratio(by_server, by_service) == pytest.approx(0.0, abs=1e-9)


@given(ENERGY, FACTOR, YEARS)
def test_yearly_growth_compounds_to_the_whole(base, factor, years):
    growth = ef.data_centre_growth_ratio(factor * base, base, 2000.0 + years, 2000.0)
    assert base * (1.0 + growth) ** years == pytest.approx(factor * base)


@given(st.floats(0.0, 1.0), PUE, PUE)
def test_a_move_saves_no_more_than_the_overhead(movable, one, other):
    low, high = sorted((one, other))
    whole = ef.whole_moved_ratio(high, low)
    saving = ef.siting_saving_ratio(ef.part_moved_ratio(whole, movable))
    assert saving == pytest.approx(movable * (1.0 - low / high), abs=1e-12)
    assert 0.0 <= ef.whole_saving_ratio(whole) <= 1.0 - 1.0 / high + 1e-12
    assert saving <= ef.whole_saving_ratio(whole) + 1e-12


@given(st.floats(0.1, 0.999), GROWTH)
def test_growth_makes_up_for_the_saving_in_the_time_stated(left, growth):
    years = float(ef.absorption_time_s(left, growth, 1.0))
    assert left * (1.0 + growth) ** years == pytest.approx(1.0)
    assert ef.whole_absorption_time_s(left, growth, 1.0) == pytest.approx(years)


@given(st.floats(0.1, 0.95), GROWTH, GROWTH)
def test_faster_growth_takes_less_time(left, one, other):
    assume(abs(one - other) > 1e-3)
    slow, fast = sorted((one, other))
    assert ef.absorption_time_s(left, fast, 1.0) < ef.absorption_time_s(left, slow, 1.0)


@given(ENERGY, PUE, st.floats(1e-9, 1e-6), st.floats(1e-9, 1e-6))
def test_another_supply_changes_carbon_and_not_energy(load_j, pue, grid, renewable):
    """The site's energy has no argument that knows its supply; its gases follow the supply alone."""
    energy = ef.site_electricity_j(load_j, pue)
    before, after = (ef.supply_carbon_kg(energy, supply) for supply in (grid, renewable))
    assert energy == pytest.approx(load_j * pue)
    assert after - before == pytest.approx(energy * (renewable - grid), abs=1e-12 * energy)


def test_the_survey_between_two_years_is_where_the_survey_of_that_year_found_it(rows):
    pue = rows["pue"]
    line = ef.survey_pue_ratio(pue["uptime-2020"], pue["uptime-2022"], 2020.0, 2022.0, 2021.0)
    assert line == pytest.approx(pue["uptime-2021"], rel=0.01)


def test_the_published_fall_of_energy_intensity(rows):
    """Published: Masanet et al. 2020 put the fall of energy per compute instance at 20 % a year."""
    estimates = rows["data-centre-estimates"]
    _, by_server, by_facility, _ = parts(
        estimates["masanet-2020-world-2018"], estimates["masanet-2020-world-2010"], 6.5, 1.58, 2.1, 8
    )
    assert expm1(by_server + by_facility) == pytest.approx(-0.20, abs=0.01)


def test_growth_after_2018_is_significant_in_the_series_of_the_laboratory(rows):
    """The rule of C20 as a regression. The series is modelled, so this tests its trend, not its truth."""
    estimates = rows["data-centre-estimates"]
    years = range(2018, 2024)
    trend = linregress(years, [log(estimates[f"lbnl-2024-united-states-{year}"]) for year in years])
    assert expm1(trend.slope) == pytest.approx(0.18, abs=0.02)  # published: 18 % a year
    assert trend.pvalue < 0.05


def test_the_vendors_improved_and_the_survey_stalled(rows):
    pue = rows["pue"]
    assert ef.pue_change_ratio(pue["google-2024"], pue["google-2008"]) < 0.95
    before, after = pue["uptime-2007"] / pue["uptime-2018"], pue["uptime-2018"] / pue["uptime-2024"]
    assert before > 1.5
    assert after == pytest.approx(1.0, abs=0.05)


def test_every_factor_of_service_grows_with_the_reach_of_its_measure(registry):
    cases = registry.quantities["service_factor_ratio"].cases
    middles = [cases[f"{name}-2010-2018"].distribution.stated for name in ("instances", "traffic", "storage")]
    assert all(low[1] < high[0] for low, high in pairwise(middles))


@pytest.mark.parametrize("extra", ["", ",oil"])
def test_carbon_intensity_of_publisher_and_of_mirror(tmp_path: Path, extra: str) -> None:
    lines = [f"country,year,iso_code,carbon_intensity_elec{extra}"]
    lines += [f"Sweden,2024,SWE,35.824{extra}", f"World,2009,,550.0{extra}", f"World,2025,,{extra}"]
    path = tmp_path / "owid.csv"
    path.write_text("\n".join(lines))
    table = sources.tidy("owid_carbon_intensity", path)
    assert table[["id", "value"]].values.tolist() == [["owid-2025-sweden-2024", 35.824]]


def test_a_renamed_column_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "owid.csv"
    path.write_text("country,year,intensity\nWorld,2024,1\n")
    with pytest.raises(ValueError, match="carbon_intensity_elec is gone"):
        owid_carbon_intensity.tidy(path)


@needs_mirror
def test_mirror_gives_the_carbon_intensities_of_the_snapshot(registry) -> None:
    dataset = registry.datasets["grid-carbon-intensity"]
    carried = tables.read_table(ROOT / dataset.snapshot.path, dataset)
    fresh = sources.tidy(dataset.tidy, Path(MIRROR) / dataset.mirror.path)
    pd.testing.assert_frame_equal(fresh, carried)


@needs_mirror
def test_mirror_has_the_same_survey_averages(rows) -> None:
    table = pd.read_csv(Path(MIRROR) / "grid/pue_by_year.csv")
    survey = table[table["entity"] == "World survey average (Uptime)"].set_index("year")["pue"]
    carried = {int(name[7:]): value for name, value in rows["pue"].items() if name.startswith("uptime-")}
    assert len(carried) == 10
    assert all(survey[year] == value for year, value in carried.items())
