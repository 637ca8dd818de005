"""Moving data against arithmetic: intensity, roofs, the energy of transfer, and the claims that rest on them."""

import os
from itertools import pairwise
from pathlib import Path

import jax.numpy as jnp
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jouletrace import (
    numerics,  # noqa: F401  (float64)
    sources,
    tables,
)
from jouletrace.facts import ask_facts
from jouletrace.figures import loads, roofline, style
from jouletrace.models import movement as mo
from jouletrace.models import transfer as tr
from jouletrace.models.hardware.iteration import busy_s, decode, overheads_s
from jouletrace.models.hardware.state import Device, Link, Load, Model, System, Traits
from jouletrace.registry import load
from jouletrace.registry.schema import FactQuery
from jouletrace.sources import epoch_utilisation
from jouletrace.tidying import tidy_tables

ROOT = Path(__file__).parent.parent.parent
MIRROR = os.environ.get("JOULETRACE_MIRROR", "")
needs_mirror = pytest.mark.skipif(not MIRROR, reason="JOULETRACE_MIRROR is not set")
SHARE = st.floats(0.01, 0.99)
POSITIVE = st.floats(1e-2, 1e3)
BATCH = st.integers(1, 512)
GPUS = ("a100-sxm4-40gb", "a100-sxm4-80gb", "h100-sxm5-80gb", "h200-sxm-141gb")


@pytest.fixture(scope="module")
def registry():
    return load(ROOT)


@pytest.fixture(scope="module")
def shapes(registry):
    return _by_series(tidy_tables(registry)["model-shapes"])


@pytest.fixture(scope="module")
def devices(registry):
    return _by_series(tidy_tables(registry)["device-specs"])


def _by_series(rows):
    scale = {"GB / s": 1e9, "TFLOP / s": 1e12, "GB": 1e9}
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        found.setdefault(row.series, {})[row.quantity] = row.value * scale.get(row.unit, 1.0)
    return found


def work_of(shape, batch, context):
    """Bytes and operations of a decoding pass, through the public functions, in half precision."""
    cache = mo.sequence_cache_b(
        attended(shape, context), shape["model_kv_head"], shape["model_head_size"], 2.0
    )
    flop = mo.decode_flop(*operations(shape, batch, context))
    read = mo.touched_parameter(shape["model_shared_parameter"], routed(shape, batch))
    return float(mo.decode_b(read, 2.0, batch, cache)), float(flop)


def attended(shape, context):
    layers = ("model_attention_layer", "model_windowed_layer", "model_window_token")
    return mo.attended_token(*(shape[name] for name in layers), context)


def routed(shape, batch):
    names = ("model_routed_parameter", "model_expert", "model_active_expert")
    return mo.touched_routed_parameter(*(shape[name] for name in names), batch)


def operations(shape, batch, context):
    return (
        mo.weights_flop(batch, shape["model_active_parameter"], 2.0, 1.0),
        mo.attention_flop(
            batch, attended(shape, context), 4.0, shape["model_head"], shape["model_head_size"]
        ),
    )


def pass_s(shape, device, traits, latency_s, devices, batch, context):
    """Time of a decoding pass through the public functions."""
    cache = mo.sequence_cache_b(
        attended(shape, context), shape["model_kv_head"], shape["model_head_size"], 2.0
    )
    bandwidth = (devices, device["device_memory_bandwidth_b_per_s"], traits.bandwidth_efficiency_ratio)
    peak = device["device_peak_fp16_flop_per_s"]
    weights_s = mo.weights_memory_s(
        *(shape["model_shared_parameter"], routed(shape, batch), 2.0),
        *(*bandwidth, traits.expert_efficiency_ratio),
    )
    cache_s = mo.cache_memory_s(batch, cache, *bandwidth, traits.context_efficiency_ratio)
    overhead = mo.decode_overhead_s(
        *(traits.overhead_s, traits.layer_overhead_s, traits.expert_layer_overhead_s),
        *(traits.parallel_overhead_s, latency_s, traits.sequence_overhead_s),
        *(shape["model_layer"], shape["model_routed_parameter"], devices, batch),
    )
    rate = mo.attainable_flop_per_s(devices, peak, traits.compute_efficiency_ratio)
    return float(mo.roof_s(weights_s, cache_s, *operations(shape, batch, context), rate, overhead))


def kernel_model(shape):
    model = Model(
        total_parameters=shape["model_shared_parameter"] + shape["model_routed_parameter"],
        active_parameters=shape["model_active_parameter"],
        shared_parameters=shape["model_shared_parameter"],
        lookup_parameters=0.0,
        layers=shape["model_layer"],
        width=shape["model_width"],
        attention_width=shape["model_head"] * shape["model_head_size"],
        attention_layers=shape["model_attention_layer"],
        window_layers=shape["model_windowed_layer"],
        window_tokens=shape["model_window_token"],
        kv_heads=shape["model_kv_head"],
        head_size=shape["model_head_size"],
        state_b=0.0,
        weight_b=2.0,
        kv_b=2.0,
        activation_b=2.0,
        experts=shape["model_expert"],
    )
    return Model(*(jnp.asarray(float(leaf)) for leaf in model))


@pytest.fixture(scope="module")
def fitted():
    """Middles of the posterior of GPUs that serve: traits as the kernel takes them, latency of a link."""
    draws = pd.read_csv(ROOT / "data/computed/serving-fit/draws.csv.gz").median()
    alone = {name: float(draws[name]) for name in Traits._fields if name in draws}
    left_out = {"activation_accesses_count": 0.0, "logit_b": 0.0, "byte_energy_j_per_b": 0.0}
    return Traits(**{**alone, **left_out}), float(draws["link_latency_s"])


def balance(device):
    return device["device_peak_fp16_flop_per_s"] / device["device_memory_bandwidth_b_per_s"]


def test_a_worked_example(shapes, devices):
    """Llama 3.1 8B, one user, 1000 tokens: 15.0 GB of weights, 131 MB of cache, 15.0 and 0.5 GFLOP."""
    moved, flop = work_of(shapes["llama-3-1-8b"], 1.0, 1000.0)
    assert moved == pytest.approx(2 * 7.5047e9 + 32 * 1000 * 2 * 8 * 128 * 2, rel=1e-4)
    assert flop == pytest.approx(2 * 7.5047e9 + 4 * 32 * 1000 * 32 * 128, rel=1e-4)
    assert flop / moved == pytest.approx(1.026, rel=1e-3)
    assert flop / moved / balance(devices["h100-sxm5-80gb"]) == pytest.approx(1.026 / 295.3, rel=1e-3)


@pytest.mark.parametrize(
    "name", ["llama-3-1-8b", "gemma-3-27b", "mixtral-8x7b", "gpt-oss-120b", "qwen-3-235b-a22b"]
)
@pytest.mark.parametrize(("batch", "context"), [(1.0, 300.0), (16.0, 1300.0), (256.0, 6000.0)])
def test_the_functions_count_what_the_kernel_counts(shapes, name, batch, context):
    shape = shapes[name]
    model = kernel_model(shape)
    seen = decode(
        model, Load(jnp.asarray(batch), jnp.asarray(context), jnp.asarray(0.0)), jnp.asarray(context)
    )
    moved, flop = work_of(shape, batch, context)
    assert moved == pytest.approx(float(seen.weight_b + seen.kv_b), rel=2e-3)
    assert flop == pytest.approx(float(seen.flop + seen.attention_flop), rel=1e-6)


@pytest.mark.parametrize("name", ["llama-3-1-8b", "gemma-3-27b", "qwen-3-235b-a22b"])
@pytest.mark.parametrize(("devices_count", "batch"), [(1.0, 1.0), (8.0, 16.0), (8.0, 256.0)])
def test_the_functions_take_the_time_that_the_kernel_takes(
    shapes, devices, fitted, name, devices_count, batch
):
    """Links without end in bandwidth: what devices send each other is what the functions leave out."""
    (traits, latency_s), gpu = fitted, devices["h100-sxm5-80gb"]
    work = decode(kernel_model(shapes[name]), Load(batch, 1300.0, 0.0), jnp.asarray(1300.0))
    device = Device(
        *(gpu["device_peak_fp16_flop_per_s"], gpu["device_memory_bandwidth_b_per_s"]),
        *(gpu["device_memory_b"], gpu["device_tdp_w"], 0.0),
    )
    link, system = Link(0.0, jnp.inf, latency_s), System(devices_count, 0.0, 1.0, 1.0)
    seen = busy_s(device, traits, system, work) + overheads_s(traits, link, system, work)
    found = pass_s(shapes[name], gpu, traits, latency_s, devices_count, batch, 1300.0)
    assert found == pytest.approx(float(seen), rel=2e-3)


@given(one=BATCH, other=BATCH)
def test_users_share_the_weights(shapes, one, other):
    """More users move more bytes in a pass and fewer for each user; experts fill up to all of them."""
    few, many = sorted((float(one), float(other)))
    for name in ("llama-3-1-70b", "qwen-3-30b-a3b"):
        fewer, more = work_of(shapes[name], few, 1000.0), work_of(shapes[name], many, 1000.0)
        assert more[0] >= fewer[0] * (1.0 - 1e-9)
        assert more[0] / many <= fewer[0] / few * (1.0 + 1e-9)
        assert more[1] / more[0] >= fewer[1] / fewer[0] * (1.0 - 1e-9)


@given(shared=POSITIVE, routed=POSITIVE, experts=st.integers(2, 256), batch=BATCH)
def test_no_more_is_read_than_there_is(shared, routed, experts, batch):
    few = mo.touched_routed_parameter(routed, float(experts), 1.0, float(batch))
    read = mo.touched_parameter(shared, few)
    assert shared + routed / experts <= read * (1.0 + 1e-9)
    assert read <= (shared + routed) * (1.0 + 1e-9)
    every = mo.touched_routed_parameter(routed, float(experts), float(experts), float(batch))
    assert mo.touched_parameter(shared, every) == pytest.approx(shared + routed)


@given(memory=POSITIVE, arithmetic=POSITIVE, beyond=st.floats(0.01, 100.0))
def test_the_link_binds_exactly_where_memory_outlasts_arithmetic(memory, arithmetic, beyond):
    ratio = mo.link_to_other_roofs_ratio(memory, arithmetic, beyond)
    assert (ratio > 1.0) == (memory > arithmetic)
    assert ratio <= 1.0 + beyond + 1e-9 or ratio <= memory / arithmetic * (1.0 + 1e-9)


@given(work=st.tuples(POSITIVE, POSITIVE), share=SHARE, power=st.floats(0.3, 0.95))
def test_the_split_leaves_the_power_of_serving_alone(work, share, power):
    """Where memory is the roof, moving and running add up to what was measured, however they are split."""
    moved, tdp = work
    bandwidth, efficiency = 2e12, 0.6
    running = tr.gpu_running_power_ratio(power, share)
    energy = tr.gpu_byte_energy_j_per_b(power, running, tdp, bandwidth, efficiency)
    time = moved / (bandwidth * efficiency)
    drawn = tr.moving_j(energy, moved) + tr.running_j(time, 1.0, tdp, running)
    assert drawn == pytest.approx(power * tdp * time)
    assert energy > 0.0


@given(
    moving=POSITIVE,
    computing=POSITIVE,
    roof=POSITIVE,
    ratio=st.tuples(SHARE, SHARE),
    around=st.tuples(POSITIVE, st.floats(1.0, 100.0)),
    pue=st.floats(1.01, 2.0),
)
def test_a_wider_boundary_holds_more_and_transfer_is_a_smaller_part(
    moving, computing, roof, ratio, around, pue
):
    tdp, count = 700.0, 1.5
    dynamic = tr.dynamic_j(moving, computing)
    time = tr.decode_s(roof, dynamic, count, tdp, ratio[0])
    device = tr.device_j(dynamic, tr.running_j(time, count, tdp, ratio[0]))
    servers = tr.around_devices_j(time, count, around[0], around[1], ratio[1])
    site = tr.facility_j(device, servers, pue)
    assert dynamic < device < site
    assert device <= count * tdp * time * (1.0 + 1e-9)  # never above what the devices may draw
    parts = dynamic + (device - dynamic) + servers + tr.cooling_j(device, servers, pue)
    assert parts == pytest.approx(site)
    shares = (
        tr.moving_share_of_dynamic_ratio(moving, dynamic),
        tr.moving_share_of_device_ratio(moving, device),
        tr.moving_share_of_facility_ratio(moving, site),
    )
    assert all(wide < narrow for narrow, wide in pairwise(shares))


@given(moving=POSITIVE, computing=POSITIVE, memory=POSITIVE, arithmetic=POSITIVE, ratio=SHARE)
def test_data_at_hand_saves_at_least_the_transfer(moving, computing, memory, arithmetic, ratio):
    """The causal share holds the direct one, and what is drawn while waiting besides."""
    dynamic = tr.dynamic_j(moving, computing)
    roof = mo.roof_s(memory, 0.0, arithmetic, 0.0, 1.0, 0.001)
    time = tr.decode_s(roof, dynamic, 1.0, 700.0, ratio)
    device = tr.device_j(dynamic, tr.running_j(time, 1.0, 700.0, ratio))
    rest = tr.unhindered_j(arithmetic, 0.001, computing, 1.0, 700.0, ratio)
    caused = tr.caused_share_ratio(rest, device)
    assert caused >= tr.moving_share_of_device_ratio(moving, device) - 1e-9
    assert caused < 1.0


@given(bits=POSITIVE, flop=POSITIVE, dram=POSITIVE, sram=POSITIVE, mac=POSITIVE, feed=SHARE)
def test_parts_of_an_engine_sum_to_its_dynamic_energy(bits, flop, dram, sram, mac, feed):
    parts = (
        tr.engine_dram_j(dram, bits),
        tr.engine_sram_j(sram, bits, flop, feed),
        tr.engine_arithmetic_j(mac, flop),
    )
    outside = tr.engine_dram_share_ratio(*parts)
    assert 0.0 < outside < tr.engine_memory_share_ratio(*parts) < 1.0
    assert tr.engine_memory_share_ratio(*parts) == pytest.approx(1.0 - parts[2] / sum(parts))


@pytest.mark.parametrize(
    ("name", "gpus", "users", "measured_s"),
    [
        ("llama-3-1-8b", 1.0, 8.0, 0.00732),
        ("qwen-3-32b", 1.0, 8.0, 0.0252),
        ("llama-3-1-70b", 4.0, 8.0, 0.0166),
    ],
)
def test_the_time_of_a_pass_as_measured(shapes, devices, fitted, name, gpus, users, measured_s):
    """Measured: ML.ENERGY of 2025, median time between tokens on H100, against the middles of the posterior."""
    found = pass_s(shapes[name], devices["h100-sxm5-80gb"], *fitted, gpus, users, 1000.0)
    assert found == pytest.approx(measured_s, rel=0.12)


def test_balances_of_the_claims(devices):
    """Published: the machine balance of A100 and H100 is 150 to 300 operations for a byte."""
    assert all(150.0 <= balance(devices[name]) <= 300.0 for name in GPUS)
    assert balance(devices["epyc-9654"]) < 0.25 * min(balance(devices[name]) for name in GPUS)


def test_a_link_of_stacked_memory_is_a_small_part_and_a_bus_on_a_board_is_not(registry):
    """Published: 0.30 of 3.92 pJ for HBM2; most of the energy of memory on a board is in its interface."""
    assert tr.link_energy_share_ratio(0.30, 3.92) == pytest.approx(0.077, abs=0.001)
    board = registry.quantities["board_link_share_ratio"].cases["any"].distribution.stated
    assert board[0] < 50.0 < board[1]


def test_the_horizon_of_growth():
    """Published: 60,000 and 30 times in twenty years leave a thousandth to the link, 3.0 and 1.4 in two likewise."""
    assert mo.decade_lag_ratio(1.4, 3.0) ** 2 == pytest.approx(30.0 / 60000.0, rel=0.1)


def test_every_listed_engine_is_on_record(registry):
    reading = registry.claims["51cto-2023.C52"].readings
    for query in (reading["V1"].fact, reading["V2"].fact):
        answer = ask_facts(query, registry.facts)
        assert answer.word == "true"
        assert {registry.facts[key].subject.split(",")[0] for key in answer.rows} == {
            *("Apple", "NVIDIA", "Intel", "AMD", "Amazon")
        }
    fewer = FactQuery.model_validate({**reading["V2"].fact.model_dump(), "count": 6})
    assert ask_facts(fewer, registry.facts).word == "false"


def test_lists_of_models_are_whole(registry):
    groups = registry.datasets["model-shapes"].groups
    assert sorted(groups["open-models"]) == sorted([*groups["dense-models"], *groups["expert-models"]])


def test_runs_on_gpus_alone_and_no_slips(tmp_path: Path) -> None:
    head = "Model,Hardware utilization (MFU),Publication date,Training hardware,Domain,Organization"
    lines = [
        "One,0.4,2023-01-02,NVIDIA A100,Language,A",
        "Two,0.5,2023-01-02,Google TPU v4,Language,B",
        "Three,72.0,2023-01-02,NVIDIA A100,Language,C",
        "Four,0.3,2024-01-02,AMD Radeon Instinct MI250,Video,D",
        "Five,,2024-01-02,NVIDIA A100,Video,D",
    ]
    path = tmp_path / "models.csv"
    path.write_text("\n".join([head, *lines]))
    table = sources.tidy("epoch_utilisation", path)
    assert table[["id", "value", "series"]].values.tolist() == [
        ["mfu-four", 30.0, "seen"],
        ["mfu-one", 40.0, "read"],
    ]


def test_a_renamed_column_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "models.csv"
    path.write_text("Model,MFU\nOne,0.4\n")
    with pytest.raises(ValueError, match="is gone"):
        epoch_utilisation.tidy(path)


@needs_mirror
def test_mirror_gives_the_runs_of_the_snapshot(registry) -> None:
    dataset = registry.datasets["training-utilisation"]
    carried = tables.read_table(ROOT / dataset.snapshot.path, dataset)
    fresh = sources.tidy(dataset.tidy, Path(MIRROR) / dataset.mirror.path)
    pd.testing.assert_frame_equal(fresh, carried)


def _column(name, load_name, value):
    asked = {"proposition": {"at": {"load": load_name}}}
    return name, asked, {"p50": value}


def _evidence(table, columns, context=()):
    """As much of the evidence of a claim as a figure reads: two models, one of them with experts."""
    spec = {"label": "share", "unit": "percent", "note": ""}
    members = [
        {"table": table, "group": group, "columns": {name: seen for name, _, seen in columns}}
        for group in ("dense", "experts")
    ]
    asked = {"groups": {"dense": "dense", "experts": "with experts"}}
    asked["columns"] = {name: one for name, one, _ in columns}
    return {
        "claim": {"figure": spec, "members": {table: asked}},
        "members": members,
        "context": list(context),
        "rows": [{"is_headline": True, "unit": "percent", "edges": [10.0]}],
    }


def test_a_line_of_loads_has_a_point_for_each():
    by_name = (1, 16, 256, 4)  # as the columns stand in a file with sorted keys
    columns = [_column(f"users-{n}", f"batch-{n}", 0.1 * n) for n in by_name]
    theme = style.THEMES["light"]
    with style.applied(theme):
        drawn = loads.figure(_evidence("loads", columns), [], theme)
    curves = [line for line in drawn.axes[1].get_lines() if len(line.get_xdata()) == 4]
    assert len(curves) == 4  # one for each model, one for the middle of each group
    assert list(curves[0].get_xdata()) == [1, 4, 16, 256]


def test_no_point_of_the_claim_lies_above_its_roof():
    columns = [_column(f"intensity-{n}", f"batch-{n}", float(n)) for n in (1, 16)]
    columns += [_column(f"attained-{n}", f"batch-{n}", 0.2 * n) for n in (1, 16)]
    context = [{"label": "balance-gpu", "text": "GPU", "p50": 200.0}]
    theme = style.THEMES["dark"]
    with style.applied(theme):
        drawn = roofline.figure(_evidence("roofline", columns, context), [], theme)
    roof, *points = drawn.axes[1].get_lines()
    assert list(roof.get_xdata())[1] == 200.0
    assert list(roof.get_ydata())[1:] == [100.0, 100.0]
    assert len(points) == 4
    assert all(point.get_ydata()[0] < 100.0 * point.get_xdata()[0] / 200.0 for point in points)
