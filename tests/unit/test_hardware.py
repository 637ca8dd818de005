"""The kernel of energy and time: hand-worked cases, and the invariants that hold for every machine."""

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jouletrace import numerics as _doubles  # noqa: F401
from jouletrace.models.hardware import iteration as one
from jouletrace.models.hardware import workloads
from jouletrace.models.hardware.state import (
    BOUNDARIES,
    DRAM,
    HOST,
    LINKS,
    MAC,
    PARTS,
    STATIC,
    Device,
    Link,
    Load,
    Machine,
    Model,
    System,
    Traits,
    Work,
)

SMOOTH = 8.0
DEVICE = Device(1e15, 3e12, 8e10, 700.0, 70.0)
TRAITS = Traits(0.7, 0.5, 1e-3, 2e-6, 1e-3, 2e-5, 0.4, 3e-11, 5e-13, 8.0)
LINK = Link(1e-11, 4e11, 1e-5)
SYSTEM = System(2.0, 300.0, 1.2, 0.5)
MACHINE = Machine(DEVICE, TRAITS, LINK, SYSTEM)
PLAIN = Traits(1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
DENSE = Model(8e9, 8e9, 8e9, 0.5e9, 32.0, 4096.0, 4096.0, 32.0, 0.0, 0.0, 8.0, 128.0, 0.0, 2.0, 2.0, 2.0)
EXPERTS = DENSE._replace(total_parameters=30e9, active_parameters=3e9, shared_parameters=1.5e9)
LOAD = Load(16.0, 500.0, 300.0)
COST = jax.jit(workloads.cost, static_argnums=2)
REQUEST = jax.jit(workloads.request, static_argnums=3)
DECODED = jax.jit(workloads.decoded_token)
POSITIVE = st.floats(0.01, 100.0)
SHARE = st.floats(0.05, 1.0)


def floats(value):
    """The same tuple with arrays for leaves, as vmap needs them."""
    return jax.tree.map(jnp.asarray, value)


@st.composite
def machines(draw, devices: tuple[float, ...] = (1.0, 2.0, 8.0)):
    def about(x: float) -> float:
        return x * 10.0 ** draw(st.floats(-1.5, 1.5))

    device = Device(*(about(x) for x in DEVICE))
    traits = Traits(
        *(draw(SHARE), draw(SHARE)),
        *(about(x) for x in TRAITS[2:6]),
        *(draw(st.floats(0.05, 0.95)), about(TRAITS[7]), about(TRAITS[8]), TRAITS[9]),
    )
    link = Link(*(about(x) for x in LINK))
    system = System(draw(st.sampled_from(devices)), about(300.0), 1.0 + draw(SHARE), draw(SHARE))
    return Machine(device, traits, link, system)


@st.composite
def models(draw):
    total = draw(st.floats(1e8, 1e12))
    shared = total * draw(st.floats(0.05, 0.9))
    active = shared + (total - shared) * draw(st.floats(0.01, 1.0))
    window = draw(st.sampled_from((0.0, 16.0)))
    return DENSE._replace(
        total_parameters=total,
        active_parameters=active,
        shared_parameters=shared,
        lookup_parameters=shared * draw(st.floats(0.0, 0.5)),
        window_layers=window,
        attention_layers=32.0 - window,
        window_tokens=512.0,
        state_b=draw(st.sampled_from((0.0, 1e7))),
        kv_heads=draw(st.sampled_from((1.0, 8.0, 32.0))),
    )


LOADS = st.builds(Load, st.floats(1.0, 1000.0), st.floats(1.0, 1e5), st.floats(1.0, 1e5))


def total(cost) -> float:
    return float(cost.energy_j.sum())


# --- by hand ---------------------------------------------------------------------------------------


def test_a_decode_step_by_hand() -> None:
    """An 8 B model at 16 bit on one device, 16 sequences, 1,000 tokens behind each, every term by hand."""
    machine = MACHINE._replace(system=System(1.0, 300.0, 1.2, 0.5))
    work = one.decode(DENSE, LOAD, 1000.0)
    # weights: 7.5e9 x 2; a token has 2 x 8 x 128 x 2 = 4,096 bytes in each of 32 layers
    assert float(work.weight_b) == pytest.approx(15.0e9)
    assert float(work.kv_b) == pytest.approx(16 * 1000 * 131072)
    # 2 x 7.5e9 x 16, and 4 x 16 x 1000 x 32 x 4096 for attention
    assert float(work.flop) == pytest.approx(2.4e11 + 8.388608e9)
    moved = 15.0e9 + 2.097152e9 + 8 * 16 * 32 * 4096 * 2
    time = moved / 2.1e12 + 1e-3 + 64e-6 + 320e-6
    found = workloads.cost(machine, work)
    assert float(found.time_s) == pytest.approx(time)
    running, idle = 280.0 * time, 70.0 * time
    assert float(found.energy_j[STATIC]) == pytest.approx(running + idle)
    assert float(found.energy_j[DRAM]) == pytest.approx(3e-11 * moved)
    assert float(found.energy_j[MAC]) == pytest.approx(5e-13 * (2.4e11 + 8.388608e9))
    assert float(found.energy_j[HOST]) == pytest.approx(300.0 * time / 0.5)
    device = running + 3e-11 * moved + 5e-13 * float(work.flop)
    assert float(workloads.boundary(found, "device").sum()) == pytest.approx(device)
    assert total(found) == pytest.approx(1.2 * (device + idle + 600.0 * time))


def test_horowitz_table() -> None:
    """Fetching an operand from memory costs hundreds of times what computing with it does.

    Horowitz (2014), 45 nm: a 32 bit multiplication and addition 3.7 and 0.9 pJ; 64 bit from DRAM 1.3 to 2.6 nJ.
    """
    traits = PLAIN._replace(byte_energy_j_per_b=1.3e-9 / 8.0, flop_energy_j_per_flop=4.6e-12 / 2.0)
    machine = Machine(DEVICE, traits, LINK, System(1.0, 0.0, 1.0, 1.0))
    work = Work(8.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0)
    found = workloads.cost(machine, work)
    assert float(found.energy_j[DRAM]) == pytest.approx(1.3e-9)
    assert float(found.energy_j[MAC]) == pytest.approx(4.6e-12)
    assert total(found) == pytest.approx(1.3046e-9)
    assert float(found.energy_j[DRAM] / found.energy_j[MAC]) == pytest.approx(282.6, rel=1e-3)


@pytest.mark.parametrize(
    ("capacity", "bits", "usable", "chips"),
    [
        *((224e6, 4, 1.0, 391), (224e6, 8, 1.0, 782), (224e6, 4, 0.54, 724), (224e6, 8, 0.54, 1447)),
        *[(2e9, 4, 1.0, 44), (2e9, 8, 1.0, 88), (80e9, 16, 1.0, 5)],
    ],
)
def test_chips_of_a_large_model(capacity: float, bits: int, usable: float, chips: int) -> None:
    """Chips that hold 175 billion weights, counted by hand from their capacity."""
    model = DENSE._replace(total_parameters=175e9, weight_b=bits / 8)
    device = DEVICE._replace(memory_b=capacity)
    assert float(one.chips_needed(model, Load(0.0, 0.0, 0.0), device, usable)) == chips


def test_the_sum_over_a_request_is_what_its_mean_context_says() -> None:
    contexts = 500.0 + jnp.arange(1.0, 301.0)
    decoding = jax.vmap(lambda c: workloads.cost(MACHINE, one.decode(DENSE, LOAD, c)).energy_j.sum())
    first = total(workloads.cost(MACHINE, one.prefill(DENSE, LOAD)))
    byhand = (float(decoding(contexts).sum()) + first) / 16.0
    assert total(workloads.request(MACHINE, DENSE, LOAD)) == pytest.approx(byhand, rel=1e-9)
    assert total(workloads.token(MACHINE, DENSE, LOAD)) == pytest.approx(byhand / 300.0, rel=1e-9)


def test_a_window_bounds_what_is_read() -> None:
    windowed = DENSE._replace(attention_layers=8.0, window_layers=24.0, window_tokens=128.0)
    work = one.decode(windowed, LOAD, 1000.0)
    assert float(work.kv_b) == pytest.approx(16 * 4096 * (8 * 1000 + 24 * 128))


def test_an_iteration_with_prefill_reads_weights_once() -> None:
    apart = one.decode(DENSE, LOAD, 600.0), one.prefill(DENSE, LOAD)
    merged = workloads.together(*apart, 0.01)
    assert float(merged.weight_b) == float(apart[0].weight_b)
    assert float(merged.flop) == pytest.approx(float(apart[0].flop + 0.01 * apart[1].flop))


# --- other workloads --------------------------------------------------------------------------------


def test_an_image_costs_its_steps() -> None:
    nothing = Work(*(0.0,) * 8)
    machine = MACHINE._replace(traits=TRAITS._replace(overhead_s=0.0, parallel_overhead_s=0.0))
    once = workloads.image(machine, DENSE, LOAD, 1.0, nothing)
    many = workloads.image(machine, DENSE, LOAD, 25.0, nothing)
    assert total(many) == pytest.approx(25.0 * total(once))
    # every token attends to every other: 4 x n^2 x width in each layer
    work = one.encode(DENSE, LOAD)
    assert float(work.flop) == pytest.approx(2 * 7.5e9 * 8000 + 4 * 16 * 500.0**2 * 32 * 4096)


def test_a_recommendation_reads_rows_and_not_tables() -> None:
    tables = DENSE._replace(
        total_parameters=1e11, active_parameters=1e11, shared_parameters=1e11, lookup_parameters=1e11 - 1e7
    )
    machine = Machine(DEVICE, PLAIN._replace(byte_energy_j_per_b=1.0), LINK, System(1.0, 0.0, 1.0, 1.0))
    found = workloads.recommendation(machine, tables, LOAD, 26.0, 512.0)
    assert total(found) == pytest.approx(2e7 / 16 + 26 * 512)


def test_beams_multiply_the_sequences_of_the_decoder_only() -> None:
    alone = workloads.translation(MACHINE, DENSE, DENSE, LOAD, 1.0)
    four = workloads.translation(MACHINE, DENSE, DENSE, LOAD, 4.0)
    wide = workloads.cost(MACHINE, one.decode(DENSE, LOAD._replace(batch=64.0), workloads.mean_context(LOAD)))
    narrow = workloads.cost(MACHINE, workloads.token_work(DENSE, LOAD))
    assert total(four) - total(alone) == pytest.approx(300.0 / 16.0 * (total(wide) - total(narrow)))


def test_a_convolutional_network_by_hand() -> None:
    """Numbers of the size of a ResNet-50: 25.6 million weights, 4.1 billion products, 11 million activations."""
    work = workloads.convolutional(25.6e6, 4.1e9, 11e6, 50.0, 32.0, 2.0)
    assert float(work.moved_b) == pytest.approx(51.2e6 + 2 * 32 * 11e6 * 2)
    assert float(work.flop) == pytest.approx(2 * 32 * 4.1e9)
    machine = Machine(DEVICE, PLAIN, LINK, System(1.0, 0.0, 1.0, 1.0))
    assert float(workloads.inference(machine, work, 32.0).time_s) == pytest.approx(1459.2e6 / 3e12 / 32)


# --- invariants -------------------------------------------------------------------------------------


@given(machines(), models(), LOADS)
def test_parts_are_not_negative_and_sum_to_the_total_at_three_boundaries(machine, model, load) -> None:
    found = REQUEST(machine, model, load)
    sums = [float(workloads.boundary(found, name).sum()) for name in BOUNDARIES]
    assert found.energy_j.shape == (len(PARTS),)
    assert float(found.time_s) > 0.0
    assert np.all(np.isfinite(found.energy_j))
    assert np.all(np.asarray(found.energy_j) >= 0.0)
    assert 0.0 < sums[0] <= sums[1] <= sums[2]
    pue = machine.system.pue_ratio
    inside = total(found) / pue
    assert float(found.energy_j[-1]) == pytest.approx((pue - 1.0) * inside, rel=1e-6)
    assert inside == pytest.approx(sums[1] + float(found.idle_j + found.energy_j[HOST]), rel=1e-6)


def test_a_boundary_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no boundary is called rack"):
        workloads.boundary(REQUEST(MACHINE, DENSE, LOAD), "rack")


@given(machines(), models(), LOADS)
def test_time_and_power_keep_within_their_bounds(machine, model, load) -> None:
    for work in (workloads.token_work(model, load), one.prefill(model, load), one.encode(model, load)):
        found = COST(machine, work)
        devices = machine.system.devices
        time = float(found.time_s)
        moved = float(one.moved(machine.traits, work))
        assert time * (1 + 1e-9) >= moved / machine.device.memory_bandwidth_b_per_s / devices
        assert time * (1 + 1e-9) >= float(work.flop) / machine.device.peak_flop_per_s / devices
        power = float(workloads.boundary(found, "device").sum()) / time
        assert power <= devices * machine.device.tdp_w * (1 + 1e-9)


UP = ["tdp_w", "idle_power_w", "overhead_s", "layer_overhead_s", "sequence_overhead_s", "byte_energy_j_per_b"]
UP += ["flop_energy_j_per_flop", "latency_s", "energy_j_per_b", "host_power_w", "pue_ratio"]
DOWN = ["memory_bandwidth_b_per_s", "peak_flop_per_s", "bandwidth_efficiency_ratio", "used_time_ratio"]
DOWN += ["compute_efficiency_ratio"]


def changed(machine: Machine, name: str, factor: float) -> Machine:
    for place, part in enumerate(machine):
        if name in part._fields and not (name == "energy_j_per_b" and place != 2):
            new = part._replace(**{name: getattr(part, name) * factor})
            return machine._replace(**{machine._fields[place]: new})
    raise KeyError(name)


@given(machines(), models(), LOADS, st.sampled_from(UP[1:] + DOWN), st.sampled_from([None, SMOOTH]))
def test_energy_goes_up_with_what_costs_and_down_with_what_helps(machine, model, load, name, smooth) -> None:
    more = changed(machine, name, 1.0 / 1.5 if name in DOWN else 1.5)
    before, after = (total(REQUEST(one, model, load, smooth)) for one in (machine, more))
    assert after >= before * (1 - 1e-9)


@given(machines(), models(), LOADS, st.floats(1.0, 4.0))
def test_more_sequences_cost_more_in_all(machine, model, load, factor) -> None:
    more = load._replace(batch=load.batch * factor)
    work = [workloads.token_work(model, one) for one in (load, more)]
    costs = [COST(machine, one) for one in work]
    assert total(costs[1]) >= total(costs[0]) * (1 - 1e-9)
    assert float(costs[1].time_s) >= float(costs[0].time_s) * (1 - 1e-9)


@given(machines(), models(), LOADS, st.floats(1.0, 4.0))
def test_a_token_is_no_dearer_in_a_larger_batch_before_other_bounds_bind(
    machine, model, load, factor
) -> None:
    """Every term is at most proportional to the batch: a token never costs more in a larger one."""
    more = load._replace(batch=load.batch * factor)
    few, many = (total(DECODED(machine, model, one)) for one in (load, more))
    assert many <= few * (1 + 1e-9)


@given(models(), LOADS, POSITIVE, SHARE)
def test_chips_are_whole_and_fewer_where_more_fits(model, load, factor, usable) -> None:
    device = DEVICE._replace(memory_b=DEVICE.memory_b * factor)
    chips = float(one.chips_needed(model, load, device, usable))
    assert chips >= 1.0
    assert chips == round(chips)
    larger = device._replace(memory_b=device.memory_b * 1.7)
    assert float(one.chips_needed(model, load, larger, usable)) <= chips
    assert float(one.chips_needed(model._replace(weight_b=1.0), load, device, usable)) <= chips
    assert abs(float(one.chips_needed(model, load, device, usable, 40.0)) - chips) <= 1.0


@given(models(), LOADS)
def test_energy_is_far_above_the_least_for_what_is_erased(model, load) -> None:
    """Landauer: k T ln 2 for each bit that is overwritten; every byte that moves overwrites a register."""
    floor = 1.380649e-23 * 300.0 * np.log(2.0) * 8.0 * float(workloads.token_work(model, load).moved_b)
    assert total(COST(MACHINE, workloads.token_work(model, load))) >= floor


@given(machines(), models(), LOADS, POSITIVE)
def test_units_of_energy_and_time_scale_out(machine, model, load, factor) -> None:
    """Joules and seconds in other units: energies scale, times scale, and ratios stay."""
    device, traits, link, system = machine
    watts = factor
    scaled = Machine(
        device._replace(tdp_w=device.tdp_w * watts, idle_power_w=device.idle_power_w * watts),
        traits._replace(
            byte_energy_j_per_b=traits.byte_energy_j_per_b * factor,
            flop_energy_j_per_flop=traits.flop_energy_j_per_flop * factor,
        ),
        link._replace(energy_j_per_b=link.energy_j_per_b * factor),
        system._replace(host_power_w=system.host_power_w * watts),
    )
    before, after = (REQUEST(one, model, load) for one in (machine, scaled))
    np.testing.assert_allclose(after.energy_j, np.asarray(before.energy_j) * factor, rtol=1e-9)
    assert float(after.time_s) == pytest.approx(float(before.time_s), rel=1e-9)


@given(machines(devices=(1.0,)), models(), LOADS)
def test_one_device_uses_no_link_and_rewrites_nothing(machine, model, load) -> None:
    found = REQUEST(machine, model, load)
    other = REQUEST(machine._replace(link=Link(1.0, 1.0, 1.0)), model, load)
    assert float(found.energy_j[LINKS]) == 0.0
    assert float(found.energy_j[PARTS.index("rewrite")]) == 0.0
    np.testing.assert_array_equal(found.energy_j, other.energy_j)


@given(models(), LOADS)
def test_weights_that_tokens_touch_lie_between_active_and_all(model, load) -> None:
    active = (model.active_parameters - model.lookup_parameters) * model.weight_b
    everything = (model.total_parameters - model.lookup_parameters) * model.weight_b
    one_token = float(one.weights_b(model, 1.0))
    some, more = (float(one.weights_b(model, load.batch * k)) for k in (1.0, 2.0))
    assert one_token == pytest.approx(active, rel=1e-6)
    assert active * (1 - 1e-6) <= some <= more * (1 + 1e-9) <= everything * (1 + 1e-6)
    dense = model._replace(total_parameters=1e9, active_parameters=1e9, shared_parameters=1e9)
    assert float(one.weights_b(dense._replace(lookup_parameters=0.0), 1.0)) == pytest.approx(2e9)


@given(models(), LOADS)
def test_without_overheads_it_is_the_roofline(model, load) -> None:
    machine = Machine(DEVICE, PLAIN, LINK, System(1.0, 0.0, 1.0, 1.0))
    work = workloads.token_work(model, load)
    least = max(float(work.weight_b + work.kv_b) / 3e12, float(work.flop) / 1e15)
    assert float(COST(machine, work).time_s) == pytest.approx(least, rel=1e-9)


@given(st.floats(0.0, 1e9), st.floats(0.0, 1e9))
def test_the_smooth_maximum_is_never_below_and_close(x, y) -> None:
    exact, smooth = float(one.larger(x, y)), float(one.larger(x, y, SMOOTH))
    assert exact <= smooth * (1 + 1e-12)
    assert smooth <= exact * 2.0 ** (1 / SMOOTH) * (1 + 1e-12)
    if min(x, y) <= 0.5 * max(x, y):
        assert smooth <= exact * 1.001


@given(machines(), models(), LOADS)
def test_smooth_and_exact_costs_are_close_and_ordered(machine, model, load) -> None:
    exact, smooth = (total(REQUEST(machine, model, load, how)) for how in (None, SMOOTH))
    assert exact * (1 - 1e-9) <= smooth <= exact * 2.0 ** (2 / SMOOTH) * (1 + 1e-9)


@given(machines(devices=(2.0, 8.0)), models(), st.builds(Load, *(st.floats(2.0, 500.0),) * 3))
def test_gradients_are_finite_differences(machine, model, load) -> None:
    """Relative steps of every input: what a percentage change of it does to the energy and the time."""
    flat, shape = jax.flatten_util.ravel_pytree(floats((machine, load)))

    def energy(move):
        at, asked = shape(flat * jnp.exp(move))
        found = REQUEST(at, floats(model), asked, SMOOTH)
        return jnp.log(found.energy_j.sum()) + jnp.log(found.time_s)

    # Shares that reach one, a PUE below one and a context at its window are kinks.
    gradient = jax.grad(energy)(jnp.zeros_like(flat))
    assert np.all(np.isfinite(gradient))
    step = 1e-5
    moves = step * jnp.eye(len(flat))
    both = jax.vmap(energy)(moves) - jax.vmap(energy)(-moves)
    np.testing.assert_allclose(gradient, both / (2 * step), rtol=1e-4, atol=1e-5)


@given(st.lists(LOADS, min_size=2, max_size=5), st.randoms())
def test_points_are_computed_each_for_itself(loads, random) -> None:
    def cost(load):
        return REQUEST(floats(MACHINE), floats(EXPERTS), load).energy_j

    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *map(floats, loads))
    mapped = jax.vmap(cost)(stacked)
    np.testing.assert_allclose(mapped, np.stack([cost(one) for one in loads]), rtol=1e-12)
    order = np.array(random.sample(range(len(loads)), len(loads)))
    again = jax.vmap(cost)(jax.tree.map(lambda leaf: leaf[order], stacked))
    np.testing.assert_allclose(again, mapped[order], rtol=1e-12)
