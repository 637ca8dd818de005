"""What arrays of some accuracy cost: means over seeds, the cheapest that suffices, and energies of the kernel."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from jouletrace import analog, told
from jouletrace.kept import CARRIED
from jouletrace.registry import load

ROOT = Path(__file__).parents[2]
REGISTRY = load(ROOT)
ABOUT = {"boundary": "arrays", "fingerprint": "0" * 64, "seed": 1}
SHOWN = {name: ABOUT | {"folder": f"{CARRIED}/{name}"} for name in (analog.NAME, analog.FIT)}
COSTS = analog.Costs(REGISTRY, ROOT / CARRIED / analog.FIT)


@pytest.fixture(scope="module")
def found() -> dict:
    return analog.accuracy(REGISTRY, SHOWN)


def run(loss: float, **changes: float | str | None) -> dict:
    one = {"network": "digits-layers", "training": "exact", "rows": 256.0, "noise": 0.0}
    return one | {"adc_bits": 8.0, "weight_bits": 4.0, "loss": loss, "effective_bits": 5.0} | changes


def test_a_setting_is_the_mean_of_its_seeds_with_their_spread():
    told_of = analog.settings_of([run(0.01), run(0.03), run(0.5, noise=0.1), run(0.0, rows=None)])
    assert len(told_of) == 2
    assert told_of[0]["loss"] == pytest.approx(0.02)
    assert told_of[0]["spread"] == pytest.approx(0.01 * 2**0.5)
    assert told_of[0]["error"] == pytest.approx(0.01)


def test_the_cheapest_array_that_loses_nothing_stands_beside_such_logic():
    joules = {(8.0, 4.0): np.array([2e-15]), (6.0, 4.0): np.array([1e-15]), (8.0, 8.0): np.array([3e-15])}
    exact = {4.0: np.array([10e-15]), 8.0: np.array([20e-15])}
    runs = [run(0.005), run(0.02, adc_bits=6.0), run(0.0, weight_bits=8.0), run(0.004, adc_bits=None)]
    runs += [run(0.0, adc_bits=None, weight_bits=8.0), run(0.2, noise=0.1)]
    some = [one | {"error": 0.0} for one in runs]
    every = [one | {"network": name} for name in analog.NETWORKS for one in some]
    lines = [one for one in analog._best(every, joules, exact, 0.01) if one["network"] == "digits-layers"]
    assert [one["noise"] for one in lines] == [0.0, 0.1]
    assert (lines[0]["adc_bits"], lines[0]["weight_bits"], lines[0]["logic_bits"]) == (8.0, 4.0, 4.0)
    assert lines[0]["gain"]["p50"] == pytest.approx(5.0)
    assert "gain" not in lines[1]
    assert lines[1]["least_loss"] == 0.2


def test_energy_rises_with_bits_and_falls_with_rows_that_share_a_converter():
    by_adc = [np.median(COSTS.analog(256, bits, 4)) for bits in (4, 6, 8, 10)]
    by_weight = [np.median(COSTS.analog(256, 8, bits)) for bits in (2, 4, 8)]
    by_rows = [np.median(COSTS.analog(rows, 8, 4)) for rows in (256, 64, 16)]
    logic = [np.median(COSTS.digital(256, bits)) for bits in (2, 4, 8)]
    for values in (by_adc, by_weight, by_rows, logic):
        assert all(low < high for low, high in pairwise(values))


def test_a_converter_of_many_bits_costs_four_times_as_much_with_each():
    """Noise asks for four to the power of the bits, which is all that counts in the end."""
    found = [np.median(COSTS.analog(16, bits, 2)) for bits in (14, 15)]
    assert found[1] / found[0] == pytest.approx(4.0, rel=0.1)


def test_converters_take_more_of_the_energy_the_more_bits_they_have():
    shares = [np.median(COSTS.converters(256, bits, 4)) for bits in (4, 7, 10)]
    assert 0.0 < shares[0] < shares[1] < shares[2] < 1.0


def test_an_array_takes_less_than_the_chips_around_such_arrays():
    """HERMES: 9.76 TOPS/W for products of 8 bits, all of a chip; an array at 28 nm is a part of that."""
    chip_j = 2.0 / 9.76e12
    assert 0.01 * chip_j < np.median(COSTS.analog(256, 8, 8)) < chip_j


def test_what_is_told_is_what_the_runs_say(found):
    assert {one["network"] for one in found["best"]} == set(analog.NETWORKS)
    for one in found["best"]:
        assert ("gain" in one) == (one["least_loss"] <= found["tolerance"])
        if "gain" in one:
            assert one["loss"] <= found["tolerance"]
            assert one["gain"]["p05"] < one["gain"]["p50"] < one["gain"]["p95"]
    priced = [one for one in found["settings"] if one["energy_fj"] is not None]
    assert all(one["adc_bits"] is not None for one in priced)


def test_every_number_of_a_caption_is_known(found):
    numbers = told.Numbers(analog.NAME, SHOWN[analog.NAME])
    analog.count(found, numbers)
    for caption in analog.captions(found).values():
        for token in caption.split("{num:")[1:]:
            assert token.partition("}")[0] in numbers.found
    page = (ROOT / "book/analog.md").read_text(encoding="utf-8")
    for token in page.split("{num}`")[1:]:
        assert token.partition("`")[0] in numbers.found


def test_without_the_datasets_there_is_nothing():
    assert analog.accuracy(REGISTRY, {}) == {}
