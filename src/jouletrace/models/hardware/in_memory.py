"""Machines that compute where weights lie: what a pass through their chips costs, and both kinds at once.

A chip keeps weights in its arrays and multiplies there. What does not fit takes more chips, or is loaded
again in every pass. Keys and values stay beside the arrays or in DRAM; activations, sums and what chips
hand on still move. The same tuples say what a memory is that computes at its banks: there one read of a
weight serves few products and costs what its way to the unit costs. Models and loads are those of GPUs.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jouletrace.models.hardware import workloads
from jouletrace.models.hardware.iteration import decode, held_b, larger, prefill, touched, whole
from jouletrace.models.hardware.state import (
    ADC,
    COOLING,
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
    Cost,
    Link,
    Load,
    Machine,
    Model,
    Work,
)

#: What inputs add to a pass that takes place in any case.
ADDED = ("kv_b", "activation_b", "flop", "exchanged_b", "attention_flop")


class Chip(NamedTuple):
    """One chip, or one card of chips, at the precision that is used.

    ``memory_b`` is where weights are computed with, ``array_bandwidth_b_per_s`` how fast products can take
    them, ``reuse_count`` how many products one read serves. ``running_w`` is drawn while a token is in the
    chip, whatever it does, ``waiting_w`` while none is, and ``idle_w`` in hours without work.
    """

    memory_b: Array
    array_bandwidth_b_per_s: Array
    peak_flop_per_s: Array
    reuse_count: Array
    dram_b: Array
    dram_bandwidth_b_per_s: Array
    write_bandwidth_b_per_s: Array
    running_w: Array
    waiting_w: Array
    idle_w: Array
    tdp_w: Array


class Energies(NamedTuple):
    """Energy of each thing that is done, beside the power of a chip that runs.

    Of one product with its sum: arithmetic, and converters on both sides of an analog array. Of a byte
    read from an array of DRAM, from memory beside the arrays, across a chip, from DRAM, and written into
    an array. ``digital_j_per_flop`` is for products of tokens with each other, ``operand_b`` the bytes of
    inputs and sums that a product moves. ``banked_ratio`` is one where arrays are banks of DRAM.
    """

    mac_j: Array
    adc_j: Array
    dac_j: Array
    digital_j_per_flop: Array
    operand_b: Array
    array_j_per_b: Array
    sram_j_per_b: Array
    wire_j_per_b: Array
    dram_j_per_b: Array
    write_j_per_b: Array
    banked_ratio: Array | float = 0.0


class Layout(NamedTuple):
    """How a model lies on chips, and what stands around them.

    ``resident_ratio`` of the weights stays on chips that are filled to ``usable_ratio``; ``dram_kv_ratio``
    of keys and values lies in DRAM. ``group_chips`` share each layer and add up in a ring; groups follow
    each other as a pipeline. ``host_power_w`` is that for one chip. There are never fewer than
    ``least_chips``.
    """

    resident_ratio: Array
    usable_ratio: Array
    dram_kv_ratio: Array
    group_chips: Array
    layer_overhead_s: Array
    host_power_w: Array
    pue_ratio: Array
    used_time_ratio: Array
    least_chips: Array | float = 1.0


class Design(NamedTuple):
    """All of the hardware of a machine that computes in its memory."""

    chip: Chip
    energies: Energies
    link: Link
    layout: Layout


def lying_b(model: Model, load: Load, layout: Layout) -> tuple[Array, Array]:
    r"""Bytes that have to lie on chips and in DRAM: weights that stay or are loaded, keys and values.

    Formula: C = r w P + (1 - \kappa) KV, \quad D = (1 - r) w P + \kappa KV
    """
    weights = held_b(model, load._replace(batch=jnp.zeros_like(load.batch)))
    kv = held_b(model, load) - weights
    near = layout.resident_ratio * weights + (1.0 - layout.dram_kv_ratio) * kv
    return near, weights + kv - near


def chips_needed(model: Model, load: Load, design: Design, smooth: float | None = None) -> Array:
    r"""Chips that hold what has to lie on them, and whose DRAM holds the rest.

    Formula: n = \max \left( \left\lceil \frac{C}{M u} \right\rceil, \left\lceil \frac{D}{M_d} \right\rceil,
    n_0 \right)
    """
    chip, layout = design.chip, design.layout
    near, far = lying_b(model, load, layout)
    inside = whole(near / (chip.memory_b * layout.usable_ratio), smooth)
    # A byte of rounding is no demand, and what has no DRAM is asked for none.
    outside = jnp.where(far > 1.0, whole(far / jnp.maximum(chip.dram_b, 1.0), smooth), 0.0)
    return jnp.maximum(jnp.maximum(inside, outside), jnp.maximum(layout.least_chips, 1.0))


class Pipeline(NamedTuple):
    """Chips as a pipeline of groups: what is in a stage at a time, in how many turns, and how empty it is.

    ``cache_reads``: how often keys and values on the chips are read for one token.
    """

    chips: Array
    group: Array
    stages: Array
    tokens: Array
    turns: Array
    bubble: Array
    cache_reads: Array | float = 1.0


def pipeline(chips: Array, group_chips: Array, tokens: Array) -> Pipeline:
    r"""Tokens spread over stages: at least one at a time in a stage, so that few tokens leave stages empty.

    Formula: s = n / g, \quad m = \max(T / s, 1), \quad T / m = \min(T, s), \quad b = \max(s / T, 1)
    """
    group = jnp.minimum(group_chips, chips)
    stages = chips / group
    each = jnp.maximum(tokens / stages, 1.0)
    return Pipeline(chips, group, stages, each, tokens / each, jnp.maximum(stages / tokens, 1.0))


def linked(line: Pipeline, work: Work) -> Array:
    r"""Bytes over links: each token from stage to stage, and sums around the chips of a group.

    Formula: b_l = (s - 1) T d a + 2 (g - 1) b_x
    """
    handed = (line.stages - 1.0) * work.activation_b / work.layers
    return handed + 2.0 * (line.group - 1.0) * work.exchanged_b


def reads_count(chip: Chip, line: Pipeline) -> Array:
    r"""How often a stage reads its weights for the tokens that are in it at a time.

    Formula: \max(1, m / q)
    """
    return jnp.maximum(line.tokens / chip.reuse_count, 1.0)


def cache_reads_count(chip: Chip, model: Model) -> Array:
    r"""How often a token reads the keys and values on the chips: heads of queries share them, as reads allow.

    Formula: \max \left( 1, \frac{h}{h_{kv} d_h q} \right) with h the attention width

    Holds: a read serves as many products here as it does of weights.
    """
    kept = model.kv_heads * model.head_size
    shared = jnp.where(kept > 0.0, model.attention_width / jnp.where(kept > 0.0, kept, 1.0), 1.0)
    return jnp.maximum(shared / chip.reuse_count, 1.0)


def least_s(design: Design, line: Pipeline, turn_b: Array, work: Work, smooth: float | None = None) -> Array:
    r"""Time in which every token passes all stages, if power were no bound.

    Formula: t = \max \left( s \frac{W(\min(m, q))}{n \beta_a} \max \left( 1, \frac{m}{q} \right),
    b \frac{f}{n F}, b \frac{KV r_{kv}}{n \beta}, \frac{(1 - r) W(T)}{n \min(\beta_d, \beta_w)} \right)
    + L t_L + (s - 1) t_l + b \frac{b_l}{n \beta_l}

    Holds: when stages share the work evenly, and loading goes on beside the products.
    """
    chip, layout, link = design.chip, design.layout, design.link
    reads = line.stages * reads_count(chip, line)
    arrays_s = reads * turn_b / (line.chips * chip.array_bandwidth_b_per_s)
    flop = work.flop + work.attention_flop
    products_s = line.bubble * flop / (line.chips * chip.peak_flop_per_s)
    near_b = line.cache_reads * (1.0 - layout.dram_kv_ratio) * work.kv_b
    near_s = near_b / chip.array_bandwidth_b_per_s
    far_s = layout.dram_kv_ratio * work.kv_b / chip.dram_bandwidth_b_per_s
    kv_s = line.bubble * (near_s + far_s) / line.chips
    loading = jnp.minimum(chip.dram_bandwidth_b_per_s, chip.write_bandwidth_b_per_s)
    loading_s = reloaded_b(layout, work) / (line.chips * loading)
    busy_s = larger(larger(arrays_s, products_s, smooth), larger(kv_s, loading_s, smooth), smooth)
    together = jnp.clip(line.group - 1.0, 0.0, 1.0)
    waits = line.stages - 1.0 + together * work.exchanges_count
    wire_s = line.bubble * linked(line, work) / (line.chips * link.bandwidth_b_per_s)
    return busy_s + work.layers * layout.layer_overhead_s + waits * link.latency_s + wire_s


def reloaded_b(layout: Layout, work: Work) -> Array:
    """Weights that a pass loads from DRAM because they do not stay."""
    return (1.0 - layout.resident_ratio) * work.weight_b


def dynamic_j(design: Design, line: Pipeline, turn_b: Array, work: Work) -> dict[int, Array]:
    r"""Energy of what is done, by part.

    Formula: E_d = \frac{f}{2} (e_{mac} + e_{adc} + e_{dac} + o (e_s + e_w)) + e_f f_a
    + e_a W(\min(m, q)) \max(1, m / q) T / m + KV ((1 - \kappa) r_{kv} e_s + \kappa e_d)
    + (1 - r) W(T) (e_d + e_{wr}) + e_l b_l
    """
    energies, layout = design.energies, design.layout
    macs = 0.5 * work.flop
    operand_b = macs * energies.operand_b
    near_j = energies.sram_j_per_b * line.cache_reads * (1.0 - layout.dram_kv_ratio) * work.kv_b
    banks_j = energies.array_j_per_b * turn_b * line.turns * reads_count(design.chip, line)
    loaded_b = reloaded_b(layout, work)
    outside_j = energies.dram_j_per_b * (layout.dram_kv_ratio * work.kv_b + loaded_b)
    return {
        DRAM: outside_j + banks_j + energies.banked_ratio * near_j,
        SRAM: energies.sram_j_per_b * operand_b + (1.0 - energies.banked_ratio) * near_j,
        WIRES: energies.wire_j_per_b * operand_b,
        LINKS: design.link.energy_j_per_b * linked(line, work),
        MAC: energies.mac_j * macs + energies.digital_j_per_flop * work.attention_flop,
        ADC: energies.adc_j * macs,
        DAC: energies.dac_j * macs,
        REWRITE: energies.write_j_per_b * loaded_b,
    }


def charged(
    design: Design, line: Pipeline, least_s: Array, dynamic: dict[int, Array], smooth: float | None = None
) -> Cost:
    r"""What a pass draws at the facility: chips that work or wait, what is done, hosts, and cooling.

    Formula: E = PUE \left( n \left[ P_w + \frac{P_r - P_w}{b} \right] t + E_d + \frac{n P_h t}{u}
    + \left( \frac{1}{u} - 1 \right) n P_i t \right)
    """
    chip, layout = design.chip, design.layout
    used_j = sum(dynamic.values(), start=jnp.zeros_like(line.chips))
    drawn_w = chip.waiting_w + (chip.running_w - chip.waiting_w) / line.bubble
    time_s = larger(least_s, used_j / (line.chips * (chip.tdp_w - drawn_w)), smooth)
    running_j = line.chips * drawn_w * time_s
    idle_j = (1.0 / layout.used_time_ratio - 1.0) * line.chips * chip.idle_w * time_s
    host_j = line.chips * layout.host_power_w * time_s / layout.used_time_ratio
    inside_j = running_j + idle_j + used_j + host_j
    around = {STATIC: running_j + idle_j, HOST: host_j, COOLING: (layout.pue_ratio - 1.0) * inside_j}
    parts = {**dynamic, **around}
    return Cost(time_s, jnp.stack([parts[place] for place in range(len(PARTS))]), idle_j)


def passed(
    design: Design, model: Model, load: Load, tokens: Array, work: Work, smooth: float | None = None
) -> Cost:
    """Cost of a pass of some tokens whose work is known, on as many chips as the model and load need."""
    line = pipeline(chips_needed(model, load, design, smooth), design.layout.group_chips, tokens)
    line = line._replace(cache_reads=cache_reads_count(design.chip, model))
    # Tokens that share a read share the experts that it brings; others bring their own.
    some = touched(model, jnp.minimum(line.tokens, design.chip.reuse_count))
    turn_b = model.weight_b * (some.shared + model.expert_bytes_ratio * some.experts)
    time_s = least_s(design, line, turn_b, work, smooth)
    return charged(design, line, time_s, dynamic_j(design, line, turn_b, work), smooth)


def step(design: Design, model: Model, load: Load, smooth: float | None = None) -> Cost:
    """One decoding pass in the middle of the output: a token for every sequence."""
    return passed(design, model, load, load.batch, workloads.token_work(model, load), smooth)


def decoded_token(design: Design, model: Model, load: Load, smooth: float | None = None) -> Cost:
    """One output token, without the prefill of its request; time is the machine's for one token."""
    return workloads.times(step(design, model, load, smooth), 1.0 / load.batch)


def served(design: Design, model: Model, load: Load, smooth: float | None = None) -> Cost:
    r"""One pass when requests join and leave: a token for every sequence, and the inputs of those that join.

    Formula: T = B + \lambda n_{in}, \quad \lambda = B / n_{out}

    Holds: as for GPUs, weights are read for both at once; inputs follow each other through the stages.
    """
    one = jnp.ones_like(load.batch)
    extra = prefill(model, load._replace(batch=one))
    joining = load.batch / load.output_tokens
    work = workloads.token_work(model, load)
    added = {name: getattr(work, name) + joining * getattr(extra, name) for name in ADDED}
    tokens = load.batch + joining * load.input_tokens
    return passed(design, model, load, tokens, work._replace(**added), smooth)


def token(design: Design, model: Model, load: Load, smooth: float | None = None) -> Cost:
    """One output token with its share of the input, when requests join and leave the batch."""
    return workloads.times(served(design, model, load, smooth), 1.0 / load.batch)


class Rewriting(NamedTuple):
    """Energy, time and share of a life that writing all weights once takes."""

    energy_j: Array
    time_s: Array
    wear_ratio: Array


def rewriting(design: Design, weights_b: Array, chips: Array, endurance_count: Array) -> Rewriting:
    r"""Writing all weights into their arrays once, as when a model is replaced.

    Formula: E = e_{wr} w P, \quad t = \frac{w P}{n \beta_w}, \quad 1 / N_w
    """
    rate = chips * design.chip.write_bandwidth_b_per_s
    return Rewriting(design.energies.write_j_per_b * weights_b, weights_b / rate, 1.0 / endurance_count)


def reloading_writes_count(layout: Layout) -> Array:
    r"""How often a pass writes each cell, where weights that do not stay take turns in the same cells.

    Formula: \frac{1 - r}{r}

    Holds: when all cells take their turn, which wears them least.
    """
    return (1.0 - layout.resident_ratio) / layout.resident_ratio


class Joint(NamedTuple):
    """A machine of either kind: ``in_memory_ratio`` is zero where memory lies beside processors, else one."""

    in_memory_ratio: Array
    machine: Machine
    design: Design


def _either(joint: Joint, beside: Cost, inside: Cost) -> Cost:
    return jax.tree.map(lambda one, other: jnp.where(joint.in_memory_ratio > 0.5, other, one), beside, inside)


def either_step(joint: Joint, model: Model, load: Load, smooth: float | None = None) -> Cost:
    """One decoding pass on a machine of either kind."""
    beside = workloads.cost(joint.machine, decode(model, load, workloads.mean_context(load)), smooth)
    return _either(joint, beside, step(joint.design, model, load, smooth))


def either_token(joint: Joint, model: Model, load: Load, smooth: float | None = None) -> Cost:
    """One output token with its share of the input, on a machine of either kind."""
    beside = workloads.token(joint.machine, model, load, smooth)
    return _either(joint, beside, token(joint.design, model, load, smooth))
