"""The stock of accelerators: sums over chips by hand, errors that last, and what others published."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jouletrace import tables
from jouletrace.experiments.stock import QUANTITIES, Fleet
from jouletrace.experiments.task import Task
from jouletrace.registry import load
from jouletrace.registry.distribution import Exact
from jouletrace.tidying import tidy_tables

REGISTRY = load(Path(__file__).parents[2])
ENTRY = REGISTRY.computed["reconstruction"]
DRAWS = 20_000
YEARS = (2022, 2023, 2024, 2025)


@pytest.fixture(scope="module")
def task() -> Task:
    rows = tidy_tables(REGISTRY)
    read = {name: rows[name] for name in ENTRY.reads}
    return Task(ENTRY, read, {name: REGISTRY.quantities[name] for name in ENTRY.uses})


@pytest.fixture(scope="module")
def fleet(task: Task) -> Fleet:
    return Fleet(task, DRAWS)


def exact(name: str, value: float):
    """A quantity of the registry whose every case is one value, in the unit of the registry."""
    quantity = REGISTRY.quantities[name]
    cases = {
        key: one.model_copy(update={"distribution": Exact(value=value)})
        for key, one in quantity.cases.items()
    }
    return quantity.model_copy(update={"cases": cases})


#: In the units of the registry: earlier power in GW, the year in hours.
KNOWN = {
    "accelerator_it_to_tdp_ratio": 2.0,
    "accelerator_counted_share_ratio": 0.5,
    "earlier_accelerator_it_power_w": 0.0,
    "accelerator_running_share_ratio": 0.8,
    "accelerator_utilisation_ratio": 0.5,
    "ai_site_pue_ratio": 1.25,
    "calendar_year_s": 8760.0,
}


def by_hand(task: Task, counts: tuple[float, ...], **changes: float) -> Fleet:
    """A fleet of one chip of 500 W with known counts at the end of each quarter, and nothing uncertain."""
    row = next(row for row in task.tables["accelerator-stock-nvidia"] if row.series.endswith("-q4"))
    chip = row.series.removesuffix("-q4")
    rows = [
        replace(
            row, series=f"{chip}-q{(k - 1) % 4 + 1}", year=2024 if k else 2023, value=one, low=one, high=one
        )
        for k, one in enumerate(counts)
    ]
    power = [row for row in task.tables["accelerator-power"] if row.quantity == "accelerator_tdp_w"]
    rated = next(row for row in power if row.series == chip)
    told = {name: exact(name, value) for name, value in (KNOWN | changes).items()}
    read = {"accelerator-power": (replace(rated, value=500.0),), "accelerator-stock-nvidia": tuple(rows)}
    return Fleet(Task(ENTRY, read, told), 3)


def test_one_chip_by_hand(task: Task) -> None:
    """1,000 chips at the end of 2023 and 5,000 a year later, evenly added: 3,000 on average.

    3,000 x 500 W x 2 / 0.5 = 6 MW rated; 0.8 run, at half of that: 2.4 MW; 8,760 h: 21.024 GWh.
    """
    found = by_hand(task, (1000.0, 2000.0, 3000.0, 4000.0, 5000.0))
    assert found.it_electricity_twh(2024) == pytest.approx(0.021024)
    assert found.electricity_twh(2024) == pytest.approx(0.02628)
    assert found.year_end_power_gw(2024) == pytest.approx(0.005)
    assert found.rated_power_gw(2024) == pytest.approx(0.0125)


def test_earlier_chips_are_added_to_those_counted_by_hand(task: Task) -> None:
    """1,000 chips are 2 MW with those that are not counted; 1 MW of earlier ones makes it half as much again."""
    counts = (1000.0,) * 5
    more = by_hand(task, counts, earlier_accelerator_it_power_w=0.001)
    assert more.electricity_twh(2024) == pytest.approx(1.5 * by_hand(task, counts).electricity_twh(2024))


def test_what_is_named_is_all_that_is_used() -> None:
    assert set(QUANTITIES) == set(KNOWN) <= set(ENTRY.uses)


def test_every_figure_keeps_its_order_in_every_draw(fleet: Fleet) -> None:
    """Servers below sites; what is drawn below what is rated; each year more than the one before."""
    for year in YEARS:
        assert (fleet.it_electricity_twh(year) < fleet.electricity_twh(year)).all()
        assert (fleet.year_end_power_gw(year) <= fleet.rated_power_gw(year)).all()
        assert (fleet.electricity_twh(year) < 8.76 * fleet.year_end_power_gw(year)).all()
    totals = np.stack([fleet.electricity_twh(year) for year in YEARS])
    assert (np.diff(np.median(totals, axis=1)) > 0).all()


def test_errors_last_from_one_year_to_the_next(fleet: Fleet) -> None:
    logs = np.log(np.stack([fleet.electricity_twh(year) for year in YEARS]))
    together = np.corrcoef(logs)
    assert together[-1, -2] > 0.8
    assert (together[-1] <= together[-1, -1] + 1e-12).all()
    assert logs.std(axis=1)[-1] < 0.6


def test_draws_depend_on_the_seed_alone(task: Task) -> None:
    one, two = (Fleet(task, 200).electricity_twh(2024) for _ in range(2))
    assert (one == two).all()
    other = Fleet(replace(task, entry=ENTRY.model_copy(update={"seed": 1})), 200).electricity_twh(2024)
    assert (one != other).any()


# --- beside the published totals -------------------------------------------------------------------


def points(values: np.ndarray) -> np.ndarray:
    """5 %, 50 % and 95 % points."""
    return np.percentile(values, [5, 50, 95])


@pytest.fixture(scope="module")
def found(fleet: Fleet) -> dict[int, dict[str, np.ndarray]]:
    """Servers and facility in TWh, the end of the year in GW."""
    return {
        year: {
            "servers": points(fleet.it_electricity_twh(year)),
            "facility": points(fleet.electricity_twh(year)),
            "end": points(fleet.year_end_power_gw(year)),
            "rated": points(fleet.rated_power_gw(year)),
        }
        for year in (2023, 2024, 2025)
    }


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    dataset = REGISTRY.datasets["ai-electricity-estimates"]
    return tables.read_table(REGISTRY.root / dataset.snapshot.path, dataset).set_index("id")


def test_2025_agrees_with_the_published_totals_of_its_boundary(found, published) -> None:
    low, _, high = found[2025]["servers"]
    assert low < published.loc["gartner-2025-ai-world-2025", "value"] < high
    supply = published.loc["devries-gao-2025-ai-world-2025"]
    assert low < supply["high"]
    assert supply["low"] < high
    sites = published.loc["iea-2026-ai-world-2025", "value"]
    assert found[2025]["facility"][1] < sites < 1.1 * found[2025]["facility"][2]


def test_the_end_of_2025_agrees_with_the_published_powers(found, published) -> None:
    low, middle, high = found[2025]["end"]
    assert middle < published.loc["devries-gao-2025-power-world-2025", "value"] < high
    low, _, high = found[2025]["rated"]
    assert low < published.loc["epoch-2026-power-world-2025", "value"] < high


def test_2024_lies_below_the_iea_but_not_beyond_its_error(found, published) -> None:
    """The IEA models shipments of servers, with every kind of accelerator; the counts hold the large ones.

    A fifth is allowed for the IEA, which prints no error: its figure is a share of 15 % without digits.
    """
    low, middle, high = found[2024]["servers"]
    seen = published.loc["iea-2025-ai-servers-world-2024", "value"]
    assert middle < seen
    assert low < seen / 1.2 < high


def test_2023_contradicts_the_american_figure(found, published) -> None:
    """LBNL has more in American servers alone than all chips of the world would draw here.

    Both cannot hold: whoever fits them together must give one of them a bias.
    """
    assert found[2023]["servers"][2] < published.loc["lbnl-2024-ai-united-states-2023", "value"]
