"""AI from its chips: the source's files and the physics. The sums over chips are in test_stock."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jouletrace import refresh, sources, tables
from jouletrace.models import ai_power as ai
from jouletrace.registry import load

ROOT = Path(__file__).parents[2]
REGISTRY = load(ROOT)
MIRROR = os.environ.get("JOULETRACE_MIRROR", "")
MAKERS = ("nvidia", "google", "amazon", "amd")
YEAR_S = 8760.0 * 3600.0
POSITIVE = st.floats(1e-3, 1e6)
SHARE = st.floats(0.05, 1.0)
NVIDIA = "Chip type,Chip manufacturer,Start date,End date,Number of units (median)"
NVIDIA += ",Number of units (5th percentile),Number of units (95th percentile),Notes\n"


def carried(name: str) -> pd.DataFrame:
    return tables.read_table(ROOT / REGISTRY.datasets[name].snapshot.path, REGISTRY.datasets[name])


# --- the source's files ---------------------------------------------------------------------------


@pytest.mark.skipif(not MIRROR, reason="JOULETRACE_MIRROR is not set: no publishers' files here")
@pytest.mark.parametrize("maker", MAKERS)
def test_the_publishers_file_gives_the_snapshot(maker: str, tmp_path: Path) -> None:
    name = f"accelerator-stock-{maker}"
    said = list(refresh.check(name, REGISTRY.datasets[name], ROOT, "mirror", MIRROR, tmp_path))
    assert [line.split(" between")[0] for line in said] == [f"{name}: 0 differences"]


def test_two_spellings_of_the_columns_are_one_table(tmp_path: Path) -> None:
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    line = "Instinct MI300X,AMD,1/1/2024,9/30/2024,210610,168973,259997,Estimates\n"
    one.write_text(NVIDIA + line)
    other.write_text(NVIDIA.replace("units", "Units").replace(" (median)", "") + line)
    table = sources.tidy("epoch_chips", one)
    row = table.iloc[0]
    assert (row["id"], row["series"], row["year"]) == ("epoch-2026-amd-mi300x-2024-q3", "mi300x-q3", 2024)
    assert (row["low"], row["value"], row["high"]) == (168973.0, 210610.0, 259997.0)
    pd.testing.assert_frame_equal(sources.tidy("epoch_chips", other), table)


def test_incomplete_quarters_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "chips.csv"
    path.write_text(NVIDIA + "H100,Nvidia,1/1/2022,3/31/2026,5,4,6,Incomplete: based on two months\n")
    assert sources.tidy("epoch_chips", path).empty


def test_a_date_inside_a_quarter_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chips.csv"
    path.write_text(NVIDIA + "H100,Nvidia,1/1/2022,1/31/2024,5,4,6,Estimates\n")
    with pytest.raises(ValueError, match="does not end a quarter"):
        sources.tidy("epoch_chips", path)


@pytest.mark.parametrize("maker", MAKERS)
def test_sales_are_counted_in_every_quarter_and_never_fall(maker: str) -> None:
    table = carried(f"accelerator-stock-{maker}")
    parts = table["series"].str.extract(r"^(?P<chip>.+)-q(?P<quarter>[1-4])$")
    table = table.assign(chip=parts["chip"], when=4 * table["year"] + parts["quarter"].astype(int))
    for _, group in table.sort_values("when").groupby("chip"):
        assert set(group["when"].diff().dropna()) <= {1.0}
        assert group["value"].is_monotonic_increasing


def test_chips_times_their_rated_power_are_the_publishers_own_power() -> None:
    """Published: the power of each maker's chips at each end of year, in the same works."""
    rated = carried("accelerator-power").query("quantity == 'accelerator_tdp_w'").set_index("series")["value"]
    published = carried("ai-electricity-estimates").set_index("id")["value"]
    for maker in MAKERS:
        table = carried(f"accelerator-stock-{maker}")
        end = table[table["series"].str.endswith("-q4")]
        power = (end["value"] * end["series"].str.removesuffix("-q4").map(rated)).groupby(end["year"]).sum()
        for year, watts in power.items():
            # Their file has the median of the sum, ours is the sum of the medians
            assert watts / 1e9 == pytest.approx(published[f"epoch-2026-power-{maker}-{year}"], rel=0.035)


# --- the physics ----------------------------------------------------------------------------------


@given(level=POSITIVE)
def test_the_mean_of_a_constant_stock_is_the_stock(level: float) -> None:
    assert ai.accelerator_mean_stock_count(*[level] * 5) == pytest.approx(level)


@given(start=POSITIVE, steps=st.lists(POSITIVE, min_size=4, max_size=4))
def test_the_mean_stock_lies_between_the_ends_of_the_year(start: float, steps: list[float]) -> None:
    stock = np.cumsum([start, *steps])
    assert stock[0] < ai.accelerator_mean_stock_count(*stock) < stock[-1]


@given(counted=POSITIVE, share=SHARE, earlier=POSITIVE, running=SHARE, use=SHARE, pue=st.floats(1.0, 2.0))
def test_no_more_is_drawn_than_is_rated(counted, share, earlier, running, use, pue) -> None:
    rated = ai.ai_rated_it_power_w(counted, share, earlier)
    drawn = ai.stock_ai_it_power_w(rated, running, use)
    assert drawn <= rated
    assert ai.stock_ai_year_end_power_w(drawn, pue) <= ai.stock_ai_rated_power_w(rated, pue)
    energy = ai.stock_ai_electricity_j(drawn, pue, YEAR_S)
    assert energy / YEAR_S == pytest.approx(ai.stock_ai_year_end_power_w(drawn, pue))


def test_a_cluster_of_meta_fits_into_its_site() -> None:
    """Published: 83,000 GB200 in a site of 150 MW (Ardestani et al. 2026).

    At 80 % of the rated power, as Meta runs them, and with little cooling.
    """
    it_w = ai.counted_it_power_w(83_000.0, 1200.0, 1.742)
    drawn = ai.stock_ai_year_end_power_w(ai.stock_ai_it_power_w(it_w, 1.0, 0.8), 1.08)
    assert drawn == pytest.approx(150e6, rel=0.03)


def test_colossus_of_xai_as_its_site_was_estimated() -> None:
    """Published: 150,000 H100 and 50,000 H200 in 361 MW (Epoch AI, February 2025)."""
    rated = ai.counted_it_power_w(200_000.0, 700.0, 2.076)
    assert ai.stock_ai_rated_power_w(rated, 1.2) == pytest.approx(361e6, rel=0.05)
