"""Shapes, devices and measured tables: golden figures typed from the sources, sums and ranges.

Parameter counts are typed from what the makers state of their models, and the shapes must sum to them.
"""

import os
from pathlib import Path

import pandas as pd
import pytest

from jouletrace import registry, tables, units
from jouletrace.registry.distribution import middle
from jouletrace.sources._long import read_text_csv
from jouletrace.sources._names import MODELS, model_key

ROOT = Path(__file__).parents[2]
MIRROR = os.environ.get("JOULETRACE_MIRROR", "")
needs_mirror = pytest.mark.skipif(
    not MIRROR, reason="JOULETRACE_MIRROR is not set: no publishers' files here"
)
REGISTRY = registry.load(ROOT)
DATASETS, QUANTITIES = REGISTRY.datasets, REGISTRY.quantities
HARDWARE = sorted(
    name for name in QUANTITIES if REGISTRY.file_of("quantities", name).endswith("hardware.yaml")
)
#: Billions of parameters that the makers state, of the language model where they tell it apart.
STATED = {
    "llama-2-7b": 6.74,
    "llama-2-13b": 13.02,
    "llama-2-70b": 68.98,
    "llama-3-1-8b": 8.03,
    "llama-3-1-70b": 70.6,
    "llama-3-1-405b": 405.9,
    "llama-3-2-1b": 1.24,
    "llama-3-2-3b": 3.21,
    "llama-4-maverick": 400.7,
    "qwen-3-8b": 8.19,
    "qwen-3-14b": 14.8,
    "qwen-3-32b": 32.8,
    "qwen-3-30b-a3b": 30.5,
    "qwen-3-235b-a22b": 235.1,
    "gemma-2-9b": 9.24,
    "gemma-2-27b": 27.2,
    "gemma-3-27b": 27.0,
    "gpt-oss-120b": 116.8,
    "gpt-oss-20b": 20.9,
    "nemotron-nano-9b-v2": 8.89,
    "nemotron-nano-12b-v2": 12.31,
    "mistral-7b-v0-3": 7.25,
    "mistral-large-123b": 122.6,
    "mixtral-8x7b": 46.7,
    "mixtral-8x22b": 140.6,
    "phi-3-mini": 3.82,
    "phi-3-small": 7.39,
    "phi-3-medium": 14.0,
    "codellama-34b": 33.7,
    "starcoder-2-3b": 3.03,
    "starcoder-2-7b": 7.17,
    "starcoder-2-15b": 15.96,
    "chameleon-30b": 34.3,
    "falcon-7b": 6.92,
    "falcon-40b": 41.3,
    "gpt-j-6b": 6.05,
    "bloom-176b": 176.2,
    "gpt-3-175b": 174.6,
}
#: Billions that work on a token; OpenAI counts as is done here, without the table that is looked up.
ACTIVE = {"gpt-oss-120b": (5.13, 0.01), "gpt-oss-20b": (3.61, 0.01), "mixtral-8x7b": (12.9, 0.02)}


def carried(name: str) -> pd.DataFrame:
    return tables.read_table(ROOT / DATASETS[name].snapshot.path, DATASETS[name])


def wide(name: str) -> pd.DataFrame:
    """One row for each series, one column for each quantity."""
    return carried(name).pivot_table(index="series", columns="quantity", values="value", aggfunc="first")


@pytest.fixture(scope="module")
def shapes() -> pd.DataFrame:
    return wide("model-shapes")


@pytest.mark.parametrize("name", ["model-shapes", "device-specs"])
def test_every_unit_is_the_one_that_the_quantity_promises(name: str) -> None:
    for quantity, unit in carried(name)[["quantity", "unit"]].drop_duplicates().itertuples(index=False):
        assert units.to_coherent(1.0, "dimensionless" if unit == "count" else unit, quantity) > 0


@pytest.mark.parametrize("model", STATED)
def test_a_shape_sums_to_the_parameters_that_the_maker_states(shapes: pd.DataFrame, model: str) -> None:
    total = shapes.loc[model, "model_total_parameter"] / 1e9
    assert total == pytest.approx(STATED[model], rel=0.006)


@pytest.mark.parametrize("model", ACTIVE)
def test_active_parameters_are_those_that_the_maker_states(shapes: pd.DataFrame, model: str) -> None:
    stated, tolerance = ACTIVE[model]
    assert shapes.loc[model, "model_active_parameter"] / 1e9 == pytest.approx(stated, rel=tolerance)


def test_every_model_has_every_quantity(shapes: pd.DataFrame) -> None:
    assert not shapes.isna().any().any()


def test_parts_sum_to_total_and_active(shapes: pd.DataFrame) -> None:
    parts = shapes[[f"model_{part}_parameter" for part in ("shared", "routed", "lookup")]].sum(axis=1)
    assert (parts == shapes["model_total_parameter"]).all()
    experts = shapes["model_expert"].where(shapes["model_expert"] > 0, 1)
    chosen = shapes["model_routed_parameter"] * shapes["model_active_expert"] / experts
    assert (shapes["model_shared_parameter"] + chosen == shapes["model_active_parameter"]).all()


def test_layers_heads_and_windows_fit_together(shapes: pd.DataFrame) -> None:
    kept = shapes["model_attention_layer"] + shapes["model_windowed_layer"]
    assert (kept <= shapes["model_layer"]).all()
    assert ((shapes["model_windowed_layer"] > 0) == (shapes["model_window_token"] > 0)).all()
    assert ((shapes["model_expert"] > 0) == (shapes["model_routed_parameter"] > 0)).all()
    assert (shapes["model_head"] % shapes["model_kv_head"] == 0).all()
    assert ((kept < shapes["model_layer"]) == (shapes["model_state_value"] > 0)).all()


@pytest.mark.parametrize(
    ("model", "quantity", "value"),
    [
        ("llama-3-1-8b", "model_layer", 32),
        ("llama-3-1-8b", "model_kv_head", 8),
        ("llama-3-1-8b", "model_head_size", 128),
        ("qwen-3-235b-a22b", "model_layer", 94),
        ("qwen-3-235b-a22b", "model_kv_head", 4),
        ("gemma-3-27b", "model_attention_layer", 10),
        ("gemma-3-27b", "model_windowed_layer", 52),
        ("gpt-oss-120b", "model_windowed_layer", 18),
        ("gpt-oss-120b", "model_window_token", 128),
        ("nemotron-nano-9b-v2", "model_attention_layer", 4),
        ("nemotron-nano-12b-v2", "model_attention_layer", 6),
        ("mixtral-8x7b", "model_active_expert", 2),
        ("falcon-7b", "model_kv_head", 1),
    ],
)
def test_golden_shapes(shapes: pd.DataFrame, model: str, quantity: str, value: float) -> None:
    assert shapes.loc[model, quantity] == value


def test_every_named_model_has_a_shape(shapes: pd.DataFrame) -> None:
    assert set(MODELS.values()) <= set(shapes.index)


def test_an_unknown_model_is_named() -> None:
    with pytest.raises(ValueError, match=r"'acme/Big-1T' is no model whose shape is known"):
        model_key("acme/Big-1T")


@needs_mirror
@pytest.mark.parametrize(
    ("file", "column", "count", "within"),
    [
        ("inference/mlenergy/mlenergy_v3_llm_flat.csv", "model_id", "total_params_billions", 0.06),
        ("inference/mlenergy/mlenergy_v2_llm_flat.csv", "Model", "params_B", 0.31),
    ],
)
def test_every_model_of_the_leaderboards_has_a_shape_of_its_size(
    shapes: pd.DataFrame, file: str, column: str, count: str, within: float
) -> None:
    found = read_text_csv(Path(MIRROR) / file)[[column, count]].drop_duplicates()
    assert len(found) == 29
    for name, billions in found.itertuples(index=False):
        total = shapes.loc[model_key(name), "model_total_parameter"] / 1e9
        assert total == pytest.approx(float(billions), rel=within)


@pytest.fixture(scope="module")
def devices() -> pd.DataFrame:
    return wide("device-specs")


#: What a roofline needs, for every device.
NEEDED = ["device_peak_fp16_flop_per_s", "device_memory_bandwidth_b_per_s", "device_memory_b"]


@pytest.mark.parametrize(
    ("device", "quantity", "value"),
    [
        ("h100-sxm5-80gb", "device_peak_fp16_flop_per_s", 989.4),
        ("h100-sxm5-80gb", "device_peak_fp8_flop_per_s", 1979),
        ("h100-sxm5-80gb", "device_memory_bandwidth_b_per_s", 3350),
        ("h100-sxm5-80gb", "device_tdp_w", 700),
        ("h100-sxm5-80gb", "device_idle_power_w", 70.1),
        ("a100-sxm4-40gb", "device_memory_bandwidth_b_per_s", 1560),
        ("a100-sxm4-80gb", "device_peak_fp16_flop_per_s", 312),
        ("v100-sxm2-32gb", "device_peak_fp16_flop_per_s", 125),
        ("a40", "device_memory_bandwidth_b_per_s", 695.8),
        ("t4", "device_tdp_w", 70),
        ("l4", "device_tdp_w", 72),
        ("mi210-64gb", "device_peak_fp16_flop_per_s", 181),
        ("mi300x-192gb", "device_memory_b", 192),
        ("b200-sxm-192gb", "device_memory_bandwidth_b_per_s", 8000),
        ("inferentia-2", "device_peak_fp16_flop_per_s", 190),
        ("cloud-ai-100-pro", "device_memory_bandwidth_b_per_s", 137),
        ("tpu-v5e", "device_peak_int8_flop_per_s", 393),
        ("epyc-7742", "device_tdp_w", 225),
    ],
)
def test_golden_devices(devices: pd.DataFrame, device: str, quantity: str, value: float) -> None:
    assert devices.loc[device, quantity] == value


def test_every_device_has_what_a_roofline_needs(devices: pd.DataFrame) -> None:
    assert not devices[NEEDED].isna().any().any()


def test_known_errors_of_the_sources_are_not_carried(devices: pd.DataFrame) -> None:
    """The bandwidth of Trainium, sparse peaks of H100, FP16 accumulate of RTX 4090."""
    assert devices.loc["trainium-1", "device_memory_bandwidth_b_per_s"] < 1000
    assert devices.loc["gaudi-3", "device_peak_fp16_flop_per_s"] == 1835
    assert devices.loc["h100-nvl-94gb", "device_peak_fp16_flop_per_s"] < 990
    assert devices.loc["rtx-4090", "device_peak_fp16_flop_per_s"] == 165.2


def test_peaks_fall_with_the_bits_of_a_number(devices: pd.DataFrame) -> None:
    fp32, fp16, int8 = (devices[f"device_peak_{kind}_flop_per_s"] for kind in ("fp32", "fp16", "int8"))
    assert (fp16[fp32.notna()] >= fp32[fp32.notna()]).all()
    assert (int8[int8.notna()] >= fp16[int8.notna()]).all()


def test_a_device_that_idles_draws_less_than_half_of_its_rated_power(devices: pd.DataFrame) -> None:
    known = devices[["device_idle_power_w", "device_tdp_w"]].dropna()
    assert len(known) > 15
    assert (known["device_idle_power_w"] < 0.6 * known["device_tdp_w"]).all()


def test_machine_balance_is_that_of_real_machines(devices: pd.DataFrame) -> None:
    """Operations of the peak for a byte of the memory: 20 for a processor, 900 for a wide accelerator."""
    balance = 1e3 * devices["device_peak_fp16_flop_per_s"] / devices["device_memory_bandwidth_b_per_s"]
    assert balance.between(15, 1300).all()


def test_every_device_has_a_kind_and_a_memory(devices: pd.DataFrame) -> None:
    groups = DATASETS["device-specs"].groups
    kinds, chosen_for_claims = {"cpu", "gpu", "npu", "soc"}, {"listed-engines", "serving-gpus"}
    for chosen in (kinds, set(groups) - kinds - chosen_for_claims):
        assert sorted(key for name in chosen for key in groups[name]) == sorted(devices.index)


@needs_mirror
def test_rows_of_epoch_are_those_of_its_table() -> None:
    table = read_text_csv(Path(MIRROR) / "hardware/epoch_ml_hardware_selected.csv")
    table = table.set_index("Hardware name")
    rows = carried("device-specs")
    rows = rows[(rows["cite"] == "epoch2025hardware") & rows["locator"].str.contains("column")]
    scale = {"TFLOP / s": 1e12, "GB / s": 1e9, "GB": 1e9, "W": 1.0, "nm": 1.0}
    assert len(rows) > 100
    for row in rows.itertuples(index=False):
        device, column = row.locator.removeprefix("row ").split(", column ")
        found = table.loc[device, column]
        assert row.value * scale[row.unit] == pytest.approx(float(found)), row.id


@pytest.mark.parametrize(
    ("name", "series", "middle_si"),
    [
        ("memory_energy_j_per_b", "hbm2", 3.92e-12 * 8),
        ("memory_energy_j_per_b", "ddr3-45nm", 1950e-12 / 8),
        ("link_energy_j_per_b", "nvlink", 1.3e-12 * 8),
        ("prior_byte_energy_j_per_b", "any", 22.1e-12),
        ("prior_sequence_overhead_s", "any", 59e-6),
        ("server_host_power_w", "any", 1200),
    ],
)
def test_reference_energies_in_coherent_units(name: str, series: str, middle_si: float) -> None:
    entry = QUANTITIES[name]
    found = units.to_coherent(middle(entry.cases[series].distribution), entry.unit, name)
    assert found == pytest.approx(middle_si, rel=1e-3)


@pytest.mark.parametrize("name", HARDWARE)
def test_a_reference_has_a_range_unless_it_is_a_definition(name: str) -> None:
    for key, case in QUANTITIES[name].cases.items():
        low, high = case.distribution.stated
        starting_scale = name.endswith("residual_scale_ratio")
        exact = starting_scale or (low == high and name == "served_batch_count")
        assert (low < high) != exact, key
        assert case.grade != "recalled" or case.cite, key


def test_every_memory_of_a_device_has_an_energy() -> None:
    known = set(QUANTITIES["memory_energy_j_per_b"].cases)
    kinds = {"cpu", "gpu", "npu", "soc", "hbm", "listed-engines", "serving-gpus"}
    assert set(DATASETS["device-specs"].groups) - kinds <= known


def test_memory_further_away_takes_more_energy() -> None:
    """Stacks beside the die, boards, modules: as in every table since 2014."""
    levels = [
        ("memory_energy_j_per_b", "hbm3e"),
        ("memory_energy_j_per_b", "gddr6"),
        ("memory_energy_j_per_b", "ddr4"),
    ]
    found = [middle(QUANTITIES[name].cases[key].distribution) for name, key in levels]
    assert found == sorted(found)
