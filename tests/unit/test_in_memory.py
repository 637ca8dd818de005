"""Machines that compute in their memory: hand-worked cases, invariants, and what is published of them."""

import csv
import math
from pathlib import Path

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jouletrace import numerics as _doubles  # noqa: F401
from jouletrace.models import in_memory as named
from jouletrace.models import in_memory_against as against
from jouletrace.models import movement
from jouletrace.models.hardware import in_memory as im
from jouletrace.models.hardware import workloads
from jouletrace.models.hardware.state import (
    ADC,
    DAC,
    DRAM,
    HOST,
    LINKS,
    MAC,
    PARTS,
    REWRITE,
    SRAM,
    STATIC,
    WIRES,
    Device,
    Link,
    Load,
    Machine,
    Model,
    System,
    Traits,
)

SMOOTH = 8.0
CHIP = im.Chip(2e9, 1.5e14, 2.4e15, 1e30, 2.56e11, 4e11, 1e12, 300.0, 150.0, 60.0, 600.0)
ENERGIES = im.Energies(2e-13, 5e-14, 2e-14, 5e-13, 0.02, 0.0, 4e-12, 6e-12, 4e-11, 1e-13)
LINK = Link(3e-11, 6.4e10, 1e-6)
LAYOUT = im.Layout(1.0, 0.8, 0.0, 2.0, 2.5e-5, 150.0, 1.2, 0.5)
DESIGN = im.Design(CHIP, ENERGIES, LINK, LAYOUT)
DENSE = Model(
    *(8e9, 8e9, 8e9, 0.0, 32.0, 4096.0, 4096.0, 32.0, 0.0, 0.0, 8.0, 128.0, 0.0, 1.0, 1.0, 1.0),
)
EXPERTS = DENSE._replace(total_parameters=30e9, active_parameters=3e9, shared_parameters=1.5e9)
LOAD = Load(16.0, 500.0, 999.0)
STEP = jax.jit(im.step, static_argnums=3)
TOKEN = jax.jit(im.token, static_argnums=3)
SHARE = st.floats(0.05, 1.0)
SYSTEMS = Path(__file__).parents[2] / "data" / "snapshot" / "imc-systems.csv"


def floats(value):
    """The same tuple with arrays for leaves, as vmap needs them."""
    return jax.tree.map(lambda x: jnp.asarray(x, dtype=float), value)


@st.composite
def designs(draw, resident: st.SearchStrategy[float] = SHARE):
    def about(x: float) -> float:
        return x * 10.0 ** draw(st.floats(-1.0, 1.0))

    running = draw(st.floats(0.1, 0.8)) * CHIP.tdp_w
    waiting = running * draw(SHARE)
    chip = CHIP._replace(
        **{name: about(getattr(CHIP, name)) for name in CHIP._fields[:7] if name != "reuse_count"},
        reuse_count=draw(st.sampled_from((1.0, 8.0, 1e30))),
        running_w=running,
        waiting_w=waiting,
        idle_w=waiting * draw(SHARE),
    )
    energies = im.Energies(*(about(x) for x in ENERGIES[:10]), draw(st.sampled_from((0.0, 1.0))))
    link = Link(*(about(x) for x in LINK))
    layout = im.Layout(
        *(draw(resident), draw(SHARE), draw(st.sampled_from((0.0, 0.5, 1.0)))),
        *(draw(st.sampled_from((1.0, 2.0, 8.0))), about(2.5e-5), about(150.0)),
        *(1.0 + draw(SHARE), draw(SHARE)),
    )
    return im.Design(chip, energies, link, layout)


MODELS = st.sampled_from((DENSE, EXPERTS, DENSE._replace(window_layers=16.0, attention_layers=16.0)))
LOADS = st.builds(Load, st.floats(1.0, 500.0), st.floats(1.0, 3e4), st.floats(1.0, 3e4))


def total(cost) -> float:
    return float(cost.energy_j.sum())


# --- by hand ---------------------------------------------------------------------------------------


def test_a_decode_step_by_hand() -> None:
    """Eight billion weights of one byte, 16 users, 1,000 tokens behind each: every term by hand."""
    cost = STEP(DESIGN, DENSE, LOAD)
    # weights 8e9, caches at the end 16 x 1499 x 2 x 8 x 128 x 32; a card takes 1.6e9
    held = 8e9 + 16 * 1499 * 65536
    chips = math.ceil(held / 1.6e9)
    assert chips == 6
    assert float(im.chips_needed(DENSE, LOAD, DESIGN)) == chips
    # three stages of two cards hold 16 users: none is empty
    kv = 16 * 1000 * 65536
    macs, attention = 8e9 * 16, 4 * 16 * 1000 * 32 * 4096
    arrays = 3 * 8e9 / (6 * 1.5e14)
    products = (2 * macs + attention) / (6 * 2.4e15)
    linked = 2 * 16 * 4096 + 2 * 1 * 2 * 16 * 32 * 4096
    busy = max(arrays, products, kv / (6 * 1.5e14))
    time = busy + 32 * 2.5e-5 + (2 + 64) * 1e-6 + linked / (6 * 6.4e10)
    assert float(cost.time_s) == pytest.approx(time)
    part = {name: float(x) for name, x in zip(PARTS, cost.energy_j, strict=True)}
    assert part["mac"] == pytest.approx(2e-13 * macs + 5e-13 * attention)
    assert part["adc"] == pytest.approx(5e-14 * macs)
    assert part["dac"] == pytest.approx(2e-14 * macs)
    assert part["sram"] == pytest.approx(4e-12 * (0.02 * macs + kv))
    assert part["wires"] == pytest.approx(6e-12 * 0.02 * macs)
    assert part["links"] == pytest.approx(3e-11 * linked)
    assert part["dram"] == part["rewrite"] == 0.0
    assert part["static"] == pytest.approx(6 * (300 + 60) * time)
    assert part["host"] == pytest.approx(6 * 150 * time / 0.5)
    inside = sum(part.values()) - part["cooling"]
    assert part["cooling"] == pytest.approx(0.2 * inside)


@pytest.mark.parametrize(
    ("capacity_b", "usable", "weight_b", "chips"),
    [
        (224e6, 1.0, 0.5, 391),
        (224e6, 1.0, 1.0, 782),
        (224e6, 0.54, 0.5, 724),
        (224e6, 0.54, 1.0, 1447),
        (2e9, 1.0, 0.5, 44),
        (2e9, 1.0, 1.0, 88),
        (4.2e6, 1.0, 1.0, 41667),
        (80e9, 1.0, 2.0, 5),
    ],
)
def test_chips_for_175_billion_parameters(capacity_b, usable, weight_b, chips) -> None:
    """Chips that hold GPT-3: the table of published capacities."""
    model = DENSE._replace(
        total_parameters=175e9, active_parameters=175e9, shared_parameters=175e9, weight_b=weight_b
    )
    design = DESIGN._replace(
        chip=CHIP._replace(memory_b=capacity_b), layout=LAYOUT._replace(usable_ratio=usable)
    )
    assert float(im.chips_needed(model, Load(0.0, 1.0, 1.0), design)) == chips


def test_one_token_keeps_one_stage_busy() -> None:
    """Of four stages three wait while one user is served, and none once four are."""
    chips = DESIGN._replace(layout=LAYOUT._replace(group_chips=1.0, least_chips=4.0, used_time_ratio=1.0))
    small = DENSE._replace(total_parameters=1e9, active_parameters=1e9, shared_parameters=1e9)
    one, four = (STEP(chips, small, Load(batch, 10.0, 10.0)) for batch in (1.0, 4.0))
    drawn = [float(cost.energy_j[STATIC] / cost.time_s) for cost in (one, four)]
    assert drawn[0] == pytest.approx(300.0 + 3 * 150.0)
    assert drawn[1] == pytest.approx(4 * 300.0)


def test_a_memory_that_computes_reads_weights_once_for_few_users() -> None:
    """Banks that use a read for 8 products read all weights twice for 16 users; their path is all it costs."""
    chip = CHIP._replace(memory_b=8e10, reuse_count=8.0)
    energies = ENERGIES._replace(array_j_per_b=4.4e-12, mac_j=0.0, banked_ratio=1.0)
    design = DESIGN._replace(chip=chip, energies=energies, layout=LAYOUT._replace(group_chips=1.0))
    cost = STEP(design, DENSE, LOAD)
    kv = 16 * 1000 * 65536
    assert float(cost.energy_j[DRAM]) == pytest.approx(2 * 4.4e-12 * 8e9 + 4e-12 * kv)


def test_a_model_that_takes_turns_wears_its_cells() -> None:
    """Half of the weights in turns in the place of the other half: each cell is written once in a pass."""
    assert float(im.reloading_writes_count(LAYOUT._replace(resident_ratio=0.5))) == 1.0
    assert float(im.reloading_writes_count(LAYOUT)) == 0.0
    found = im.rewriting(DESIGN, 8e9, 10.0, 1e6)
    assert float(found.energy_j) == pytest.approx(8e-4)
    assert float(found.time_s) == pytest.approx(8e-4)
    assert float(found.wear_ratio) == pytest.approx(1e-6)


# --- the functions by name are the kernel ---------------------------------------------------------------


def by_name(design: im.Design, model: Model, load: Load) -> tuple[float, float]:
    """Energy of a token at the site and time of a pass, through the functions that claims are traced by."""
    chip, energies, link, layout = design
    routed = model.total_parameters - model.shared_parameters
    known = {
        "model_total_parameter": model.total_parameters,
        "model_active_parameter": model.active_parameters,
        "model_shared_parameter": model.shared_parameters,
        "model_routed_parameter": routed,
        "model_expert": 128.0 if routed else 0.0,
        "model_active_expert": 128.0 * (model.active_parameters - model.shared_parameters) / routed
        if routed
        else 0.0,
        "model_attention_layer": model.attention_layers,
        "model_windowed_layer": model.window_layers,
        "model_window_token": model.window_tokens,
        "model_kv_head": model.kv_heads,
        "model_head": model.attention_width / model.head_size,
        "model_head_size": model.head_size,
        "model_layer": model.layers,
        "model_width": model.width,
        "weight_value_b": model.weight_b,
        "cache_value_b_per_token": model.kv_b,
        "served_batch_count": load.batch,
        "context_token": load.input_tokens + load.output_tokens,
        "parameter_flop_per_token": 2.0,
        "attention_flop_per_token": 4.0,
        "pass_token": 1.0,
        "imc_memory_b": chip.memory_b,
        "imc_array_bandwidth_b_per_s": chip.array_bandwidth_b_per_s,
        "imc_peak_flop_per_s": chip.peak_flop_per_s,
        "imc_card_power_w": chip.tdp_w,
        "imc_dram_b": chip.dram_b,
        "imc_dram_bandwidth_b_per_s": chip.dram_bandwidth_b_per_s,
        "imc_server_card_count": 8.0,
        "imc_link_bandwidth_b_per_s": link.bandwidth_b_per_s,
        "imc_usable_ratio": layout.usable_ratio,
        "imc_resident_ratio": layout.resident_ratio,
        "imc_cache_in_dram_ratio": layout.dram_kv_ratio,
        "imc_group_card_count": layout.group_chips,
        "imc_layer_overhead_s": layout.layer_overhead_s,
        "imc_hop_s": link.latency_s,
        "imc_link_energy_j_per_b": link.energy_j_per_b,
        "imc_array_energy_j_per_flop": 0.5 * (energies.mac_j + energies.adc_j + energies.dac_j),
        "imc_attention_energy_j_per_flop": energies.digital_j_per_flop,
        "imc_operand_b_per_flop": 0.5 * energies.operand_b,
        "engine_sram_energy_j_per_b": energies.sram_j_per_b,
        "imc_wire_energy_j_per_b": energies.wire_j_per_b,
        "imc_dram_energy_j_per_b": energies.dram_j_per_b,
        "imc_write_energy_j_per_b": energies.write_j_per_b,
        "imc_running_ratio": chip.running_w / chip.tdp_w,
        "imc_waiting_ratio": chip.waiting_w / chip.running_w,
        "imc_idle_ratio": chip.idle_w / chip.running_w,
        "server_host_power_w": 8.0 * layout.host_power_w,
        "serving_time_ratio": layout.used_time_ratio,
        "model_site_pue_ratio": layout.pue_ratio,
    }

    def value(name: str):
        if name not in known:
            function = next(
                getattr(module, name) for module in (named, movement, against) if hasattr(module, name)
            )
            code = function.__code__
            known[name] = function(*(value(one) for one in code.co_varnames[: code.co_argcount]))
        return known[name]

    return float(value("imc_site_energy_j_per_token")), float(value("imc_pass_s"))


@given(designs(), MODELS, st.floats(1.0, 300.0), st.floats(100.0, 1e4))
@settings(max_examples=60, deadline=None)
def test_functions_by_name_agree_with_the_kernel(design, model, batch, context) -> None:
    """The kernel asks for room for whole texts and reads half; functions take one context for both."""
    energies = design.energies._replace(array_j_per_b=0.0, banked_ratio=0.0)
    chip = design.chip._replace(reuse_count=1e30, write_bandwidth_b_per_s=1e30)
    design = design._replace(chip=chip, energies=energies)
    load = Load(batch, context, 1e-9)
    work = workloads.decode(model, load, context)
    cost = im.passed(design, model, load, batch, work)
    energy, time = by_name(design, model, load)
    assert time == pytest.approx(float(cost.time_s), rel=1e-6)
    assert energy == pytest.approx(total(cost) / batch, rel=1e-6)


# --- invariants -----------------------------------------------------------------------------------------


@given(designs(), MODELS, LOADS)
@settings(max_examples=80, deadline=None)
def test_energies_are_finite_and_time_keeps_its_floors(design, model, load) -> None:
    cost = STEP(design, model, load)
    chips = float(im.chips_needed(model, load, design))
    assert chips >= 1.0
    assert chips == int(chips)
    assert np.isfinite(cost.energy_j).all()
    assert float(cost.energy_j.min()) >= 0.0
    work = workloads.token_work(model, load)
    flop = float(work.flop + work.attention_flop)
    assert float(cost.time_s) * (1 + 1e-9) >= flop / (chips * design.chip.peak_flop_per_s)
    inside = total(cost) / design.layout.pue_ratio
    assert total(cost) == pytest.approx(float(cost.energy_j[:-1].sum()) * design.layout.pue_ratio, rel=1e-6)
    at_chips = inside - float(cost.energy_j[HOST]) - float(cost.idle_j)
    assert at_chips / float(cost.time_s) <= chips * design.chip.tdp_w * (1 + 1e-9)


@given(designs(), MODELS, LOADS)
@settings(max_examples=40, deadline=None)
def test_energy_stays_above_that_of_erasing_its_bits(design, model, load) -> None:
    """kT ln 2 at 300 K for each bit of each sum."""
    work = workloads.token_work(model, load)
    bits = 8.0 * float(work.flop) / 2.0
    assert total(STEP(design, model, load)) > bits * 2.87e-21


@given(designs(resident=st.just(1.0)), LOADS)
@settings(max_examples=40, deadline=None)
def test_one_chip_has_no_links_and_no_reload_wears_nothing(design, load) -> None:
    roomy = design._replace(
        chip=design.chip._replace(memory_b=1e15, dram_b=1e15), layout=design.layout._replace(group_chips=8.0)
    )
    cost = STEP(roomy, DENSE, load)
    assert float(im.chips_needed(DENSE, load, roomy)) == 1.0
    assert float(cost.energy_j[LINKS]) == 0.0
    assert float(cost.energy_j[REWRITE]) == 0.0
    assert float(im.reloading_writes_count(roomy.layout)) == 0.0


RISING = {
    "chip": ("running_w", "waiting_w", "idle_w"),
    "energies": im.Energies._fields[:10],
    "link": ("energy_j_per_b", "latency_s"),
    "layout": ("layer_overhead_s", "host_power_w", "pue_ratio"),
}


@given(designs(), MODELS, LOADS, st.sampled_from([(g, n) for g, names in RISING.items() for n in names]))
@settings(max_examples=80, deadline=None)
def test_more_of_anything_costs_no_less(design, model, load, which) -> None:
    group, name = which
    tuple_ = getattr(design, group)
    more = design._replace(**{group: tuple_._replace(**{name: getattr(tuple_, name) * 1.1})})
    if name == "running_w" and more.chip.running_w >= more.chip.tdp_w:
        return
    assert total(STEP(more, model, load)) >= total(STEP(design, model, load)) * (1 - 1e-9)


@given(designs(), MODELS, LOADS)
@settings(max_examples=40, deadline=None)
def test_chips_fall_with_capacity_and_with_narrower_weights(design, model, load) -> None:
    chips = float(im.chips_needed(model, load, design))
    larger = design._replace(chip=design.chip._replace(memory_b=design.chip.memory_b * 1.3))
    assert float(im.chips_needed(model, load, larger)) <= chips
    assert float(im.chips_needed(model._replace(weight_b=0.5), load, design)) <= chips
    assert float(im.chips_needed(model, load, design, SMOOTH)) <= chips + 1e-9


@given(designs(), LOADS)
@settings(max_examples=40, deadline=None)
def test_loading_weights_from_dram_never_saves_transfer(design, load) -> None:
    """The more of the weights is loaded in a pass, the more DRAM and writing take."""
    more, less = (
        STEP(design._replace(layout=design.layout._replace(resident_ratio=r)), DENSE, load)
        for r in (0.4, 0.8)
    )
    for part in (DRAM, REWRITE):
        assert float(more.energy_j[part]) >= float(less.energy_j[part]) * (1 - 1e-9)


def test_units_only_scale() -> None:
    """A thousand times every energy and power is a thousand times the total, and no other time."""
    power = ("running_w", "waiting_w", "idle_w", "tdp_w")
    chip = CHIP._replace(**{name: 1e3 * getattr(CHIP, name) for name in power})
    energies = ENERGIES._replace(
        **{name: 1e3 * getattr(ENERGIES, name) for name in im.Energies._fields if "_j" in name}
    )
    scaled = DESIGN._replace(
        chip=chip,
        energies=energies,
        link=LINK._replace(energy_j_per_b=3e-8),
        layout=LAYOUT._replace(host_power_w=1.5e5),
    )
    one, other = STEP(DESIGN, DENSE, LOAD), STEP(scaled, DENSE, LOAD)
    assert total(other) == pytest.approx(1e3 * total(one))
    assert float(other.time_s) == pytest.approx(float(one.time_s))


def test_gradients_are_those_of_differences() -> None:
    """Slopes of all inputs, and differences of 1e-5 of each, in the smooth version."""
    energies = ENERGIES._replace(array_j_per_b=1e-12, banked_ratio=0.3)
    layout = LAYOUT._replace(resident_ratio=0.7, dram_kv_ratio=0.3)
    chip = CHIP._replace(reuse_count=3.0)
    design = floats(im.Design(chip, energies, LINK, layout))
    flat, back = jax.flatten_util.ravel_pytree(design)

    def energy(x):
        return im.token(back(x), floats(EXPERTS), floats(LOAD), SMOOTH).energy_j.sum()

    slope = np.asarray(jax.jit(jax.grad(energy))(flat))
    assert np.isfinite(slope).all()
    asked = jax.jit(energy)
    least = 1e-9 * float(asked(flat))
    for k, x in enumerate(np.asarray(flat)):
        h = 1e-5 * abs(x)
        up, down = (float(asked(flat.at[k].set(x + d))) for d in (h, -h))
        assert slope[k] == pytest.approx((up - down) / (2 * h), rel=2e-4, abs=least / abs(x))


def test_smooth_is_never_below_exact_where_chips_are_given() -> None:
    design = DESIGN._replace(layout=LAYOUT._replace(least_chips=40.0))
    exact, smooth = STEP(design, DENSE, LOAD), STEP(design, DENSE, LOAD, SMOOTH)
    assert 1.0 - 1e-9 <= float(smooth.time_s / exact.time_s) < 1.1


def test_points_are_mapped_alone() -> None:
    """A map over points is a loop over them."""
    random = np.random.default_rng(3)
    designs_ = jax.tree.map(lambda x: x * np.exp(0.2 * random.standard_normal(7)), DESIGN)
    layout = designs_.layout._replace(
        resident_ratio=np.linspace(0.5, 1.0, 7), pue_ratio=np.full(7, 1.2), used_time_ratio=np.full(7, 0.7)
    )
    designs_ = designs_._replace(layout=layout)
    model, load = floats(DENSE), floats(LOAD)
    mapped = jax.vmap(lambda one: im.token(one, model, load))(designs_)
    for k in range(7):
        alone = im.token(jax.tree.map(lambda x, k=k: jnp.asarray(x[k]), designs_), model, load)
        np.testing.assert_allclose(mapped.energy_j[k], alone.energy_j, rtol=1e-12)


def test_one_function_is_both_machines() -> None:
    """The joint model is the model of GPUs at zero and that of cards at one, in one map."""
    beside = Machine(Device(1e15, 3e12, 8e10, 700.0, 70.0), TRAITS, LINK, System(1.0, 150.0, 1.2, 0.5))
    joint = im.Joint(jnp.asarray([0.0, 1.0]), beside, DESIGN)
    axes = im.Joint(0, None, None)
    for either, gpu, card in (
        (im.either_token, workloads.token, im.token),
        (im.either_step, lambda m, *a: workloads.cost(m, workloads.token_work(*a)), im.step),
    ):
        found = jax.vmap(either, in_axes=(axes, None, None))(joint, DENSE, LOAD)
        expected = [gpu(beside, DENSE, LOAD), card(DESIGN, DENSE, LOAD)]
        for k in range(2):
            np.testing.assert_allclose(found.energy_j[k], expected[k].energy_j, rtol=1e-12)
            np.testing.assert_allclose(found.time_s[k], expected[k].time_s, rtol=1e-12)


def test_analog_converters_and_wires_are_told_apart() -> None:
    cost = STEP(DESIGN, DENSE, LOAD)
    assert float(cost.energy_j[ADC]) > float(cost.energy_j[DAC]) > 0.0
    assert float(cost.energy_j[MAC]) > 0.0
    assert float(cost.energy_j[WIRES]) > 0.0
    assert float(cost.energy_j[SRAM]) > 0.0


# --- the same, by number of users, of what stays, of hops and of capacity ------------------------------


def given_chips(design: im.Design, **layout: float) -> im.Design:
    """The same design on so many chips that neither weights nor caches ask for more."""
    chip = design.chip._replace(memory_b=1e14, dram_b=1e14)
    return design._replace(chip=chip, layout=design.layout._replace(**{"least_chips": 48.0} | layout))


def uncapped(design: im.Design) -> im.Design:
    """The same chips with all the power that they ask for."""
    return design._replace(chip=design.chip._replace(tdp_w=1e9))


SHARES = st.sampled_from(("all", "some"))
FACTOR = st.floats(1.0, 8.0)


@given(designs(), MODELS, LOADS, FACTOR, SHARES)
@settings(max_examples=100, deadline=None)
def test_a_token_is_no_dearer_with_more_users_on_the_same_chips(design, model, load, factor, stays) -> None:
    """Given chips, power that is no bound, and either weights that stay or none that only some tokens ask for.

    What is read once serves more tokens, what chips draw by waiting falls to more of them, and every other
    term is at most proportional to the users.
    """
    kept = {"resident_ratio": 1.0} if stays == "all" or model is EXPERTS else {}
    same = uncapped(given_chips(design, **kept))
    more = load._replace(batch=load.batch * factor)
    few, many = (STEP(same, model, one) for one in (load, more))
    assert total(many) / more.batch <= total(few) / load.batch * (1 + 1e-9)
    assert float(many.time_s) / more.batch <= float(few.time_s) / load.batch * (1 + 1e-9)


@given(designs(resident=st.just(1.0)), MODELS, LOADS, FACTOR)
@settings(max_examples=60, deadline=None)
def test_power_that_binds_raises_no_token_once_every_stage_has_work(design, model, load, factor) -> None:
    """With empty stages left, a chip that has work gets more of the power, and that is another matter."""
    same = given_chips(design)
    stages = 48.0 / design.layout.group_chips
    load = load._replace(batch=load.batch + stages)
    more = load._replace(batch=load.batch * factor)
    few, many = (total(STEP(same, model, one)) / one.batch for one in (load, more))
    assert many <= few * (1 + 1e-9)


def test_another_user_who_needs_another_chip_makes_a_token_dearer() -> None:
    """Room for caches: one more user than fits takes one more chip, whose power all the others share."""
    alone = DESIGN._replace(layout=LAYOUT._replace(group_chips=1.0))
    long = Load(16.0, 1000.0, 1000.0)
    counts = [float(im.chips_needed(DENSE, long._replace(batch=float(b)), alone)) for b in range(16, 40)]
    first = 16 + next(k for k in range(1, len(counts)) if counts[k] > counts[k - 1])
    fits, over = (long._replace(batch=float(b)) for b in (first - 1, first))
    dearer = total(STEP(alone, DENSE, over)) / first
    assert dearer > total(STEP(alone, DENSE, fits)) / (first - 1)
    # on chips that had the room all along the same user makes it cheaper
    room = given_chips(alone, least_chips=counts[first - 16])
    assert total(STEP(room, DENSE, over)) / first < total(STEP(room, DENSE, fits)) / (first - 1)


def test_experts_that_are_loaded_for_one_user_each_keep_the_others_waiting() -> None:
    """While stages are empty, each user brings other experts from DRAM, and a pass takes longer for all."""
    slow = CHIP._replace(dram_bandwidth_b_per_s=1e10, waiting_w=1.0, idle_w=0.1, tdp_w=1e9)
    design = given_chips(
        DESIGN._replace(chip=slow), resident_ratio=0.1, group_chips=1.0, host_power_w=0.0, used_time_ratio=1.0
    )
    few, many = (total(STEP(design, EXPERTS, LOAD._replace(batch=b))) / b for b in (8.0, 16.0))
    assert many > few
    few, many = (total(STEP(design, DENSE, LOAD._replace(batch=b))) / b for b in (8.0, 16.0))
    assert many < few


def test_power_that_binds_while_stages_are_empty_makes_a_token_dearer() -> None:
    """Chips with work draw more by running; what is left for products is less, and a pass takes longer."""
    tight = CHIP._replace(running_w=500.0, waiting_w=10.0, idle_w=1.0, tdp_w=510.0, memory_b=1e14)
    hungry = ENERGIES._replace(mac_j=1e-9)
    layout = LAYOUT._replace(group_chips=1.0, least_chips=48.0, host_power_w=0.0, used_time_ratio=1.0)
    design = im.Design(tight, hungry, LINK, layout)
    few, many = (total(STEP(design, DENSE, LOAD._replace(batch=b))) / b for b in (24.0, 48.0))
    assert many > few


@given(designs(), MODELS, LOADS, FACTOR)
@settings(max_examples=60, deadline=None)
def test_more_users_cost_more_in_all_on_the_same_chips(design, model, load, factor) -> None:
    same = given_chips(design)
    few, many = (STEP(same, model, load._replace(batch=load.batch * k)) for k in (1.0, factor))
    assert total(many) >= total(few) * (1 - 1e-9)
    assert float(many.time_s) >= float(few.time_s) * (1 - 1e-9)


@given(designs(), MODELS, LOADS, SHARE, SHARE)
@settings(max_examples=60, deadline=None)
def test_fewer_weights_that_stay_never_make_a_pass_cheaper_or_faster(design, model, load, one, other) -> None:
    """On the same chips: what does not stay is loaded and written, and takes energy, time and life."""
    least, most = sorted((one, other))
    less, more = (STEP(given_chips(design, resident_ratio=r), model, load) for r in (least, most))
    assert total(less) >= total(more) * (1 - 1e-9)
    assert float(less.time_s) >= float(more.time_s) * (1 - 1e-9)
    assert float(less.energy_j[REWRITE]) >= float(more.energy_j[REWRITE]) * (1 - 1e-9)
    layout = design.layout._replace(resident_ratio=least)
    writes = float(im.reloading_writes_count(layout))
    assert writes >= float(im.reloading_writes_count(layout._replace(resident_ratio=most)))
    if least < 1.0:
        # cells of an endurance of so many writes last for as many passes as the page of claims says
        worn = float(against.imc_worn_count(1e6, least))
        assert worn * writes == pytest.approx(1e6)


@given(designs(), MODELS, LOADS)
@settings(max_examples=60, deadline=None)
def test_more_hops_never_make_a_pass_faster(design, model, load) -> None:
    """Chips cut in two, each half with half of everything: the same silicon in twice as many stages."""
    whole = uncapped(given_chips(design, group_chips=1.0))
    chip = whole.chip
    halves = ("array_bandwidth_b_per_s", "peak_flop_per_s", "dram_bandwidth_b_per_s")
    halves += ("write_bandwidth_b_per_s", "memory_b", "dram_b", "running_w", "waiting_w", "idle_w", "tdp_w")
    link = whole.link._replace(bandwidth_b_per_s=0.5 * whole.link.bandwidth_b_per_s)
    layout = whole.layout._replace(least_chips=96.0, host_power_w=0.5 * whole.layout.host_power_w)
    cut = im.Design(
        chip._replace(**{name: 0.5 * getattr(chip, name) for name in halves}), whole.energies, link, layout
    )
    one, two = STEP(whole, model, load), STEP(cut, model, load)
    assert float(two.time_s) >= float(one.time_s) * (1 - 1e-9)
    assert float(two.energy_j[LINKS]) >= float(one.energy_j[LINKS])
    slower = whole._replace(link=whole.link._replace(latency_s=2.0 * whole.link.latency_s))
    assert float(STEP(slower, model, load).time_s) >= float(one.time_s)


FASTER = {
    "chip": (
        *("array_bandwidth_b_per_s", "peak_flop_per_s", "dram_bandwidth_b_per_s"),
        *("write_bandwidth_b_per_s", "reuse_count"),
    ),
    "link": ("bandwidth_b_per_s",),
    "layout": ("used_time_ratio",),
}


@given(designs(), MODELS, LOADS, st.sampled_from([(g, n) for g, names in FASTER.items() for n in names]))
@settings(max_examples=80, deadline=None)
def test_more_of_what_helps_never_costs_more(design, model, load, which) -> None:
    group, name = which
    parts = getattr(design, group)
    value = getattr(parts, name) * 1.5
    value = min(value, 1.0) if name == "used_time_ratio" else value
    more = design._replace(**{group: parts._replace(**{name: value})})
    before, after = STEP(design, model, load), STEP(more, model, load)
    assert total(after) <= total(before) * (1 + 1e-9)
    assert float(after.time_s) <= float(before.time_s) * (1 + 1e-9)


BYTES = ("weight_b", "kv_b", "activation_b", "kv_heads", "width")
OPERATIONS = ("active_parameters", "attention_width", "layers")


@given(designs(), MODELS, LOADS, st.sampled_from(BYTES + OPERATIONS))
@settings(max_examples=60, deadline=None)
def test_more_bytes_or_operations_cost_more_on_the_same_chips(design, model, load, name) -> None:
    if name == "active_parameters" and model is not EXPERTS:
        return
    same = given_chips(design)
    more = model._replace(**{name: 1.2 * getattr(model, name)})
    before, after = STEP(same, model, load), STEP(same, more, load)
    assert total(after) >= total(before) * (1 - 1e-9)
    assert float(after.time_s) >= float(before.time_s) * (1 - 1e-9)


@given(designs(), MODELS, LOADS)
@settings(max_examples=60, deadline=None)
def test_a_site_draws_no_less_than_its_chips_and_arrays_are_read_no_faster_than_they_can(
    design, model, load
) -> None:
    cost = STEP(design, model, load)
    sums = [float(workloads.boundary(cost, name).sum()) for name in ("dynamic", "device", "facility")]
    assert 0.0 < sums[0] <= sums[1] * (1 + 1e-9)
    assert sums[1] <= sums[2] * (1 + 1e-9)
    chips = float(im.chips_needed(model, load, design))
    work = workloads.token_work(model, load)
    # Every weight of every stage is read at least once for what is in it at a time.
    once = float(workloads.token_work(model, load._replace(batch=1.0)).weight_b)
    assert float(cost.time_s) * (1 + 1e-9) >= once / (chips * design.chip.array_bandwidth_b_per_s)
    reloaded = (1.0 - design.layout.resident_ratio) * float(work.weight_b)
    assert float(cost.time_s) * (1 + 1e-9) >= reloaded / (chips * design.chip.dram_bandwidth_b_per_s)


@given(st.floats(1.0, 500.0), st.floats(1.0, 500.0), st.sampled_from((1.0, 8.0, 1e30)))
@settings(max_examples=60, deadline=None)
def test_experts_that_arrays_read_lie_between_those_of_one_token_and_of_each(users, more, reuse) -> None:
    """A read serves ``reuse`` tokens: never fewer weights than one pass of one token, never more than of all."""
    energies = im.Energies(*(0.0,) * 5, 1.0, *(0.0,) * 5)
    design = given_chips(DESIGN._replace(energies=energies), group_chips=48.0)
    design = design._replace(chip=design.chip._replace(reuse_count=reuse))

    def read_b(model: Model, batch: float) -> float:
        return float(STEP(design, model, LOAD._replace(batch=batch)).energy_j[DRAM])

    few, many = read_b(EXPERTS, users), read_b(EXPERTS, users + more)
    active = EXPERTS.active_parameters * EXPERTS.weight_b
    assert active * (1 - 1e-6) <= few <= many * (1 + 1e-9) <= (users + more) * active * (1 + 1e-6)
    assert few <= EXPERTS.total_parameters * max(1.0, users / reuse) * (1 + 1e-9)
    # the same weights for everyone are read as often as reads do not reach
    assert read_b(DENSE, users) == pytest.approx(8e9 * max(1.0, users / reuse))


@given(LOADS, st.floats(0.1, 10.0), st.floats(0.1, 10.0))
@settings(max_examples=40, deadline=None)
def test_one_bare_chip_is_the_roofline(load, bandwidth, peak) -> None:
    """Without hops, overheads and bounds of power: the slowest of weights, caches and products."""
    bandwidth, peak = 1e14 * bandwidth, 1e15 * peak
    chip = CHIP._replace(memory_b=1e15, array_bandwidth_b_per_s=bandwidth, peak_flop_per_s=peak, tdp_w=1e9)
    design = im.Design(chip, ENERGIES, LINK, LAYOUT._replace(layer_overhead_s=0.0))
    work = workloads.token_work(DENSE, load)
    flop = float(work.flop + work.attention_flop)
    floor = max(float(work.weight_b) / bandwidth, float(work.kv_b) / bandwidth, flop / peak)
    assert float(STEP(design, DENSE, load).time_s) == pytest.approx(floor, rel=1e-9)


@given(designs(), MODELS, LOADS, st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
@settings(max_examples=40, deadline=None)
def test_units_of_energy_and_time_scale_out(design, model, load, joules, seconds) -> None:
    """All energies in other joules and all times in other seconds: ratios stay."""
    watts = joules / seconds

    def scaled(part, name, value):
        rate = {"chip": 1.0 / seconds, "link": 1.0 / seconds}
        if name.endswith("_per_s"):
            return value * rate.get(part, 1.0)
        if name.endswith("_w"):
            return value * watts
        if name.endswith("_s"):
            return value * seconds
        return value * (joules if "_j" in name else 1.0)

    other = design._replace(
        **{
            part: one._replace(**{name: scaled(part, name, value) for name, value in one._asdict().items()})
            for part, one in design._asdict().items()
        }
    )
    before, after = STEP(design, model, load), STEP(other, model, load)
    np.testing.assert_allclose(after.energy_j, np.asarray(before.energy_j) * joules, rtol=1e-9)
    assert float(after.time_s) == pytest.approx(float(before.time_s) * seconds, rel=1e-9)


def log_cost(moves, at, model):
    """Logarithms of energy and time of a token on a machine of either kind, inputs moved each in its own."""
    joint, load = jax.tree.map(lambda move, x: x * jnp.exp(move), moves, at)
    found = [im.either_token(joint, model, load, SMOOTH), im.either_step(joint, model, load, SMOOTH)]
    return sum(jnp.log(one.energy_j.sum()) + jnp.log(one.time_s) for one in found)


SLOPES = jax.jit(jax.grad(log_cost))
MOVED = jax.jit(jax.vmap(log_cost, in_axes=(0, None, None)))
TRAITS = Traits(0.7, 0.5, 1e-3, 2e-6, 1e-3, 2e-5, 0.4, 3e-11, 5e-13, 8.0)


@given(designs(), MODELS, st.builds(Load, *(st.floats(2.0, 500.0),) * 3), st.sampled_from((0.0, 1.0)))
@settings(max_examples=40, deadline=None)
def test_gradients_of_the_joint_function_are_finite_differences(design, model, load, kind) -> None:
    """Relative steps of every input of machine, design and load, at both kinds of machine."""
    layout = design.layout._replace(group_chips=2.0)
    design = design._replace(layout=layout)
    # Differences mean something between kinks: where a stage just fills, a read just serves, or a chip more
    # is begun, there is a slope on each side.
    tokens = load.batch * np.array([1.0, 1.0 + load.input_tokens / load.output_tokens])
    near, far = (float(x) for x in im.lying_b(model, load, layout))
    chips = float(im.chips_needed(model, load, design, SMOOTH))
    filled = near / (design.chip.memory_b * layout.usable_ratio), far / design.chip.dram_b
    kinks = [*(2.0 * tokens / chips), *(2.0 * tokens / chips / design.chip.reuse_count), chips / 2.0, chips]
    kinks += [filled[0] / filled[1]] if filled[1] > 0.0 else []
    if any(abs(x - 1.0) < 1e-3 for x in kinks) or any(abs(x - round(x)) < 1e-3 for x in filled):
        return
    beside = Machine(Device(1e15, 3e12, 8e10, 700.0, 70.0), TRAITS, LINK, System(2.0, 150.0, 1.2, 0.5, 2.0))
    at = floats((im.Joint(kind, beside, design), load))
    flat, shape = jax.flatten_util.ravel_pytree(at)
    slopes, _ = jax.flatten_util.ravel_pytree(SLOPES(shape(0.0 * flat), at, floats(model)))
    assert np.all(np.isfinite(slopes))
    step = 1e-5
    moves = jax.vmap(shape)(step * jnp.eye(len(flat)))
    back = jax.tree.map(jnp.negative, moves)
    both = MOVED(moves, at, floats(model)) - MOVED(back, at, floats(model))
    np.testing.assert_allclose(slopes, both / (2 * step), rtol=2e-4, atol=2e-5)
    # what belongs to the other kind has no slope
    ours = shape(slopes)[0]
    other = ours.machine if kind else ours.design
    assert not np.any(jax.flatten_util.ravel_pytree(other)[0])


@given(st.lists(LOADS, min_size=2, max_size=5), st.randoms())
@settings(max_examples=20, deadline=None)
def test_an_order_of_points_is_only_an_order(loads, random) -> None:
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *map(floats, loads))
    mapped = jax.vmap(lambda load: im.token(floats(DESIGN), floats(EXPERTS), load).energy_j)
    order = np.array(random.sample(range(len(loads)), len(loads)))
    again = mapped(jax.tree.map(lambda leaf: leaf[order], stacked))
    np.testing.assert_allclose(again, mapped(stacked)[order], rtol=1e-12)


# --- what is published ----------------------------------------------------------------------------------


def published(series: str) -> dict[str, float]:
    with SYSTEMS.open(encoding="utf-8") as file:
        return {
            row["quantity"]: float(row["value"]) for row in csv.DictReader(file) if row["series"] == series
        }


@pytest.mark.parametrize(("series", "users", "layers"), [("northpole-8b-rack", 28, 40)])
def test_a_measured_rack_lies_within_a_factor_two(series, users, layers) -> None:
    """NorthPole with 8 billion parameters in 4 bits: middle values of the registry, against the rack."""
    chip = im.Chip(224e6, 1.285e13, 4e14, 1e30, 0.0, 1e9, 1e12, 42.0, 42.0, 42.0, 55.0)
    layout = im.Layout(1.0, 0.45, 0.0, 1.0, 4e-5, 60.0, 1.0, 1.0)
    design = im.Design(chip, ENERGIES, Link(3e-11, 1.6e10, 1e-6), layout)
    model = DENSE._replace(layers=layers, attention_layers=layers, weight_b=0.5)
    cost = STEP(design, model, Load(users, 1024.0, 1023.0))
    told = published(series)
    energy = told["system_power_w"] / told["system_token_per_s"]
    assert 0.5 < total(cost) / users / energy < 2.0
    assert 0.4 < float(cost.time_s) * 1e3 / told["system_user_s"] < 1.5


@given(st.floats(0.01, 1.0), st.floats(0.0, 1.0), st.floats(1.0, 8.0), st.floats(1.0, 100.0))
@settings(max_examples=40, deadline=None)
def test_gpus_that_need_not_hurry_are_those_of_the_first_comparison(roof, overhead, devices, dynamic) -> None:
    """With all the time there is, GPUs made as fast are GPUs as slow as suits them, in time and energy."""
    overhead = overhead * roof
    count = against.gpu_matched_count(1e9, roof, overhead, devices, 8.0)
    assert float(count) == pytest.approx(devices)
    time = against.gpu_matched_s(count, roof, overhead, devices, dynamic, 700.0, 0.5)
    assert float(time) == pytest.approx(max(roof, dynamic / (devices * 350.0)))
    energy = against.gpu_matched_energy_j_per_token(
        count, time, dynamic, 700.0, 0.5, 150.0, 70.0, 0.5, 1.2, 4.0, 1.0
    )
    running = dynamic + devices * 350.0 * float(time)
    around = devices * (150.0 / 0.5 + 70.0) * float(time)
    assert float(energy) == pytest.approx(1.2 * (running + around) / 4.0)


@given(st.floats(1e-4, 1.0), st.floats(0.01, 1.0), st.floats(0.0, 1.0), st.floats(1.0, 8.0))
@settings(max_examples=40, deadline=None)
def test_matched_gpus_are_as_fast_as_one_server_allows(target, roof, overhead, devices) -> None:
    overhead = overhead * roof
    count = against.gpu_matched_count(target, roof, overhead, devices, 8.0)
    assert devices * (1 - 1e-9) <= float(count) <= 8.0 * (1 + 1e-9)
    time = float(against.gpu_matched_s(count, roof, overhead, devices, 0.0, 700.0, 0.5))
    assert time <= roof * (1 + 1e-9)
    assert time <= target * (1 + 1e-9) or float(count) == pytest.approx(8.0)
