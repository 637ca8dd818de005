"""Memory that computes at its banks, and what an analog array's converters take: by hand, invariants, silicon."""

import csv
import re
from pathlib import Path

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jouletrace import banks, told
from jouletrace import numerics as _doubles  # noqa: F401
from jouletrace.models.hardware import in_memory as im
from jouletrace.models.hardware import workloads
from jouletrace.models.hardware.iteration import held_b
from jouletrace.models.hardware.state import ADC, DAC, DRAM, MAC, Link, Load, Model
from jouletrace.predict import arrays, cards, predict
from jouletrace.predict.catalogue import ARRAYS, REFUSED
from jouletrace.predict.priors import Source, ready
from jouletrace.registry import Registry, load
from jouletrace.tidying import tidy_tables

ROOT = Path(__file__).parents[2]
STEP = jax.jit(im.step)
#: A card of 80 GB that reads 30 TB/s, one operation for each byte; 0.55 pJ for a bit from its cell.
CHIP = im.Chip(8e10, 3e13, 3e13, 1.0, 0.0, 1.0, 1.0, 30.0, 15.0, 9.0, 1e4)
ENERGIES = im.Energies(6.4e-13, 0.0, 0.0, 3.2e-13, 0.125, 4.4e-12, 4.4e-12, 8e-12, 3.6e-11, 4.4e-12, 1.0)
LAYOUT = im.Layout(1.0, 0.9, 0.0, 1.0, 2.5e-5, 150.0, 1.2, 1.0)
DESIGN = im.Design(CHIP, ENERGIES, Link(3e-11, 6.4e10, 1e-6), LAYOUT)
#: Eight billion parameters of two bytes; four heads of queries share each head of keys.
DENSE = Model(*(8e9, 8e9, 8e9, 0.0, 32.0, 4096.0, 4096.0, 32.0, 0.0, 0.0, 8.0, 128.0, 0.0, 2.0, 2.0, 2.0))
USERS = st.integers(1, 256).map(float)
PATHS = st.floats(1e-12, 5e-11)
CACHE_B = 2 * 8 * 128 * 2 * 32


def load_of(users: float, text: float = 1000.0) -> Load:
    return Load(users, text, 1e-9)


def banked(path: float, reuse: float = 1.0) -> im.Design:
    energies = ENERGIES._replace(array_j_per_b=path, sram_j_per_b=path)
    return DESIGN._replace(chip=CHIP._replace(reuse_count=reuse), energies=energies)


def dram(design: im.Design, users: float, text: float = 1000.0) -> float:
    return float(STEP(design, DENSE, load_of(users, text)).energy_j[DRAM])


# --- by hand ---------------------------------------------------------------------------------------------


def test_a_step_at_the_banks_by_hand() -> None:
    """Four users: 16 GB read four times, and caches of 1,000.5 tokens four times each for heads of queries."""
    cost = STEP(DESIGN, DENSE, load_of(4.0))
    caches = 4 * (1000.0 + 0.5) * CACHE_B
    assert float(cost.energy_j[DRAM]) == pytest.approx(4.4e-12 * (4 * 16e9 + 4 * caches), rel=1e-6)
    macs, attention = 4 * 8e9, 4 * 4 * 1000.5 * 32 * 4096
    assert float(cost.energy_j[MAC]) == pytest.approx(6.4e-13 * macs + 3.2e-13 * attention, rel=1e-6)
    assert float(cost.energy_j[ADC]) == float(cost.energy_j[DAC]) == 0.0
    # arithmetic takes a little longer than reading 64 GB at 30 TB/s; and 32 layers of 25 us
    assert float(cost.time_s) == pytest.approx((2 * macs + attention) / 3e13 + 32 * 2.5e-5, rel=1e-6)


def test_arrays_that_serve_all_with_one_read_share_keys_as_well() -> None:
    assert float(im.cache_reads_count(CHIP, DENSE)) == 4.0
    assert float(im.cache_reads_count(CHIP._replace(reuse_count=2.0), DENSE)) == 2.0
    assert float(im.cache_reads_count(CHIP._replace(reuse_count=1e30), DENSE)) == 1.0
    assert float(im.cache_reads_count(CHIP, DENSE._replace(kv_heads=0.0))) == 1.0


# --- invariants ------------------------------------------------------------------------------------------


@given(PATHS, st.floats(0.01, 1.0), USERS, st.floats(1.0, 3e4))
@settings(max_examples=60, deadline=None)
def test_a_shorter_way_removes_no_more_than_its_part(path, part, users, text) -> None:
    """Of the energy of DRAM at most 1 - e / e0 goes, against a memory that is read once for as many users."""
    near = dram(banked(part * path), users, text)
    far = dram(banked(path, reuse=1e30), users, text)
    assert 1.0 - near / far <= 1.0 - part + 1e-9
    assert near == pytest.approx(part * dram(banked(path), users, text), rel=1e-9)


@given(USERS, st.sampled_from((1.0, 2.0, 8.0)))
@settings(max_examples=40, deadline=None)
def test_energy_of_weights_is_flat_in_users_beyond_reuse(users, reuse) -> None:
    """A read serves so many users and no more: then each further one costs a whole read of its part."""
    design = banked(4.4e-12, reuse)
    caches = im.cache_reads_count(design.chip, DENSE) * users * 1000.5 * CACHE_B
    weights = dram(design, users) - 4.4e-12 * float(caches)
    assert weights / users == pytest.approx(4.4e-12 * 16e9 / min(users, reuse), rel=1e-6)


@given(USERS, PATHS, st.floats(1.0, 3e4))
@settings(max_examples=40, deadline=None)
def test_energy_is_never_below_that_of_its_arithmetic(users, path, text) -> None:
    cost = STEP(banked(path), DENSE, load_of(users, text))
    work = workloads.token_work(DENSE, load_of(users, text))
    least = 0.5 * float(work.flop) * 6.4e-13 + float(work.attention_flop) * 3.2e-13
    assert float(cost.energy_j.sum()) > least
    chips = float(im.chips_needed(DENSE, load_of(users, text), DESIGN))
    assert chips * 8e10 >= float(held_b(DENSE, load_of(users, text)))
    # A read serves one product: two operations for two bytes, so that arithmetic and reads take as long.
    assert float(cost.time_s) >= users * 16e9 / (chips * 3e13)


# --- the registry ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load(ROOT)


@pytest.fixture(scope="module")
def tables(registry):
    return tidy_tables(registry)


@pytest.fixture(scope="module")
def found(registry, tables) -> dict:
    return banks.banks(registry, tables)


@pytest.fixture(scope="module")
def shares(registry, tables) -> arrays.Shares:
    return arrays.Shares(registry, tables, Source(registry, tables))


def panel(found: dict, model: str, text: str) -> dict:
    return next(one for one in found["panels"] if (one["model"], one["text"]) == (model, text))


@pytest.mark.parametrize("model", banks.COMPARED)
def test_banks_win_for_one_user_and_lose_for_many(found, model) -> None:
    one = panel(found, model, "short")
    assert one["wins"]["bank"][0] == 1.0
    assert one["wins"]["bank"][banks.USERS.index(256.0)] == 0.0
    middle = {name: [x["p50"] for x in line] for name, line in one["joules"].items()}
    for near, far in (("bank", "bank-group"), ("bank-group", "buffer-die")):
        assert all(x < y for x, y in zip(middle[near], middle[far], strict=True))
        assert one["until"][near]["site"]["p50"] > one["until"][far]["site"]["p50"]
    # Users share reads on GPUs and none at banks.
    assert max(middle["gpu"]) / min(middle["gpu"]) > 20.0
    assert max(middle["bank"][4:]) / min(middle["bank"][4:]) < 1.05


@pytest.mark.parametrize("model", banks.COMPARED)
def test_long_texts_favour_banks(found, model) -> None:
    short, long = panel(found, model, "short"), panel(found, model, "long")
    place = long["users"].index(64.0)
    assert long["gain"]["bank"]["site"][place]["p50"] > 2.0 * short["gain"]["bank"]["site"][place]["p50"]


def test_two_simulators_agree_on_the_way_from_a_bank(registry) -> None:
    """Stacked DRAM by one, graphics memory by the other: each middle lies in the other's range."""
    cases = registry.quantities["pim_path_energy_j_per_b"].cases
    for one, other in (("bank", "gddr6-bank"), ("gddr6-bank", "bank")):
        low, high = cases[one].distribution.p05, cases[one].distribution.p95
        assert low < cases[other].distribution.p50 < high


def test_the_fit_to_silicon_is_consistent_with_a_chip_that_it_has_not_seen(found) -> None:
    """HERMES: core and chip within nine tenths of the draws; the chip is never more frugal than its core."""
    over = found["arrays"]["over"]
    for name in banks.HERMES:
        assert over[name]["p05"] < 1.0 < over[name]["p95"]
    assert 0.5 < over["hermes-core"]["p50"] < 2.0
    stated = found["arrays"]["stated"]
    assert stated["hermes-core"] <= stated["hermes-fast"] < stated["hermes-exact"]


def test_parts_of_arrays_are_shares_of_each_draw(shares) -> None:
    for array in ARRAYS.values():
        parts = shares(array)
        np.testing.assert_allclose(parts.sum(axis=0), 1.0, rtol=1e-12)
        assert parts.min() > 0.0
        assert np.ptp(parts[1]) > 0.1


def test_the_whole_of_a_product_is_kept_and_digital_cards_convert_nothing(registry, tables, shares) -> None:
    source = shares.source
    known, _ = ready(registry, tables)
    for name, card in known.cards.items():
        if card.place:
            continue
        energies = cards._arrays(card, lambda what, key=name: source.of_card(what, key), shares)
        whole = 2.0 * source.of_card("imc_array_energy_j_per_flop", name)
        np.testing.assert_allclose(energies.mac_j + energies.adc_j + energies.dac_j, whole, rtol=1e-12)
        converted = np.asarray(energies.adc_j + energies.dac_j)
        assert converted.min() > 0.0 if card.array else not converted.any()


def test_numbers_that_the_page_quotes_are_there(found) -> None:
    numbers = told.Numbers(banks.NAME, {"boundary": "", "fingerprint": "", "seed": 1})
    banks.count(found, numbers)
    page = (ROOT / "book/in-memory.md").read_text(encoding="utf-8") + str(banks.captions())
    asked = set(re.findall(r"(?:\{num\}`|\{num:)(banks\.[\w.-]+)", page))
    assert len(asked) > 20
    assert asked <= set(numbers.found)


# --- the command -----------------------------------------------------------------------------------------

HEADER = "device,devices,model,params_total,weight_bits,batch,input_tokens,output_tokens,boundary,scenario"
ROWS = (
    "HBM3-PIM bank,1,Llama 3.1 8B,,16,1,1000,500,gpu,offline",
    "HBM3-PIM bank,1,Llama 3.1 8B,,16,32,1000,500,gpu,offline",
    "SK hynix AiMX,5,Llama 3.1 70B,,16,4,1000,500,facility,serving",
    "Samsung HBM-PIM,16,Llama 3.1 8B,,16,1,1000,500,gpu,offline",
    "hermes,64,,0.2,8,1,100,100,gpu,offline",
    "Mythic M1076,110,Llama 3.1 8B,,8,1,500,500,gpu,offline",
    "corsair,8,Llama 3.1 8B,,8,1,500,500,gpu,offline",
    "HBM3-PIM,1,Llama 3.1 8B,,16,1,1000,500,gpu,offline",
    "AiMX,1,Llama 3.1 8B,,8,1,1000,500,gpu,offline",
    "AiMX,4,Llama 3.1 70B,,16,1,1000,500,gpu,offline",
    "EN100,1,Llama 3.1 8B,,8,1,500,500,gpu,offline",
    "Axelera Metis,1,Llama 3.1 8B,,8,1,500,500,gpu,offline",
)


@pytest.fixture(scope="module")
def written(tmp_path_factory, registry, tables) -> tuple[list[dict[str, str]], list[str]]:
    folder = tmp_path_factory.mktemp("banks")
    source, out = folder / "in.csv", folder / "out.csv"
    source.write_text("\n".join((HEADER, *ROWS)) + "\n", encoding="utf-8")
    _, problems = predict(source, out, lambda: ready(registry, tables))
    with out.open(encoding="utf-8") as file:
        return list(csv.DictReader(file)), problems


def part(row: dict[str, str], name: str) -> float:
    return float(row[f"energy_{name}_j_per_token"])


def test_rows_of_memory_that_computes_say_what_they_rest_on(written) -> None:
    one, many, aimx, stack = written[0][:4]
    assert "simulated" in one["assumed"]
    assert "prototype" in aimx["assumed"]
    assert "not counted" in stack["assumed"]
    assert all("read from its bank again for every token" in row["assumed"] for row in (one, aimx, stack))
    for row in (one, aimx, stack):
        assert part(row, "adc") == part(row, "dac") == 0.0
    # 16 GB at 0.55 pJ a bit for each token, however many users: the cache adds a little
    assert 0.05 < part(many, "dram") < 0.1
    assert part(many, "dram") == pytest.approx(part(one, "dram"), rel=0.1)


def test_converters_of_analog_cards_are_told_from_their_cells(written) -> None:
    hermes, mythic, corsair = written[0][4:7]
    for row in (hermes, mythic):
        assert part(row, "adc") > 0.0
        assert part(row, "dac") > 0.0
        assert "by the fit to published silicon" in row["assumed"]
    assert "adc_bits" in mythic["assumed"]
    assert "adc_bits" not in hermes["assumed"]
    assert part(corsair, "adc") == part(corsair, "dac") == 0.0
    assert "published silicon" not in corsair["assumed"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (8, ("hbm3-pim-bank, hbm3-pim-bank-group, hbm3-pim-buffer-die", "write one of them")),
        (9, ("weight_bits 8", "in 16 bits; write 16")),
        (10, ("do not fit", "4 x 32 GB of aimx", "at least 5 devices")),
        (11, ("EN100", REFUSED["en100"])),
        (12, ("Metis", REFUSED["metis"])),
    ],
)
def test_what_cannot_be_is_said_in_one_line_with_its_row(written, row, words) -> None:
    (line,) = [one for one in written[1] if f"row {row} (line {row + 1})" in one]
    assert all(word in line for word in words)
    assert "\n" not in line
