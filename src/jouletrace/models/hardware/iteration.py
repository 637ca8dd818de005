"""One iteration: what it moves and computes, how long that takes, and what it draws.

``smooth`` is the exponent of the norms that stand for maxima when gradients are wanted; without it
maxima are exact. The smooth value is never below the exact one.
"""

import jax
import jax.numpy as jnp
from jax import Array

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
    Device,
    Link,
    Load,
    Model,
    System,
    Traits,
    Work,
)


def larger(x: Array, y: Array, smooth: float | None = None) -> Array:
    r"""The larger of two numbers that are not negative, or their norm.

    Formula: \max(x, y) \approx (x^p + y^p)^{1/p}

    >>> float(larger(3.0, 4.0)), float(larger(3.0, 4.0, 2.0))
    (4.0, 5.0)
    """
    most = jnp.maximum(x, y)
    if smooth is None:
        return most
    least = jnp.minimum(x, y)
    share = least / jnp.where(most > 0.0, most, 1.0)
    return most * (1.0 + share**smooth) ** (1.0 / smooth)


def whole(x: Array, smooth: float | None = None) -> Array:
    r"""The next whole number, or a staircase with round edges for gradients (steeper as ``smooth`` grows).

    Formula: \lceil x \rceil \approx \lfloor x \rfloor + \frac{\sigma(p f) - \sigma(0)}{\sigma(p) - \sigma(0)}
    with f the fraction of x and \sigma the logistic function

    >>> float(whole(2.2)), float(whole(3.0)), round(float(whole(2.9, 8.0)), 3)
    (3.0, 3.0, 2.999)
    """
    if smooth is None:
        return jnp.ceil(x)
    below = jnp.floor(x)
    first, last = jax.nn.sigmoid(0.0), jax.nn.sigmoid(smooth)
    return below + (jax.nn.sigmoid(smooth * (x - below)) - first) / (last - first)


def weights_b(model: Model, tokens: Array) -> Array:
    r"""Bytes of weights that some tokens touch: all that are shared, and experts that a token is sent to.

    Formula: W(T) = w \left( P_s - P_l + (P - P_s) \left[ 1 - \left( 1 - \frac{P_a - P_s}{P - P_s}
    \right)^T \right] \right)

    Holds: when tokens choose experts evenly and independently of each other.
    """
    experts = model.total_parameters - model.shared_parameters
    chosen = (model.active_parameters - model.shared_parameters) / jnp.where(experts > 0.0, experts, 1.0)
    missed = jnp.clip(1.0 - chosen, 0.0, 1.0)
    # A power of zero has no gradient: the logarithm is kept finite.
    touched = -jnp.expm1(tokens * jnp.log(jnp.maximum(missed, jnp.finfo(jnp.result_type(float)).tiny)))
    always = model.shared_parameters - model.lookup_parameters
    return model.weight_b * (always + jnp.where(experts > 0.0, experts * touched, 0.0))


def _token_kv_b(model: Model) -> Array:
    """Bytes of keys and values of one token in one layer."""
    return 2.0 * model.kv_heads * model.head_size * model.kv_b


def _passing(model: Model, tokens: Array, sequences: Array, kv_b: Array, attended: Array) -> Work:
    """Work on some tokens, given bytes of keys and values and pairs of tokens that attend to each other."""
    dense = 2.0 * (model.active_parameters - model.lookup_parameters) * tokens
    return Work(
        weight_b=weights_b(model, tokens),
        kv_b=kv_b,
        activation_b=tokens * model.layers * model.width * model.activation_b,
        flop=dense + 4.0 * attended * model.attention_width,
        exchanged_b=2.0 * model.layers * tokens * model.width * model.activation_b,
        exchanges_count=2.0 * model.layers,
        layers=model.layers,
        sequences=sequences,
    )


def decode(model: Model, load: Load, context_tokens: Array) -> Work:
    r"""Work of one decode iteration: one token for each of B sequences with some tokens behind it.

    Formula: b = W(B) + 2 B n_{kv} d_h w_{kv} (L_f c + L_w \min(c, c_w)) + 2 B S,
    f = 2 P_a B + 4 B h (L_f c + L_w \min(c, c_w)) with h the attention width
    """
    near = jnp.minimum(context_tokens, model.window_tokens)
    behind = model.attention_layers * context_tokens + model.window_layers * near
    kv_b = load.batch * (behind * _token_kv_b(model) + 2.0 * model.state_b)
    return _passing(model, load.batch, load.batch, kv_b, load.batch * behind)


def prefill(model: Model, load: Load) -> Work:
    r"""Work of the pass over all input tokens of B sequences; keys and values are written.

    Formula: b = W(Bn) + 2 B n n_{kv} d_h w_{kv} (L_f + L_w) + B S,
    f = 2 P_a B n + 4 B n h (L_f n / 2 + L_w \min(n / 2, c_w))
    """
    half = 0.5 * load.input_tokens
    behind = model.attention_layers * half + model.window_layers * jnp.minimum(half, model.window_tokens)
    tokens = load.batch * load.input_tokens
    layers = model.attention_layers + model.window_layers
    kv_b = tokens * layers * _token_kv_b(model) + load.batch * model.state_b
    return _passing(model, tokens, load.batch, kv_b, tokens * behind)


def encode(model: Model, load: Load) -> Work:
    r"""Work of a pass in which every input token attends to every other; nothing is kept.

    Formula: b = W(Bn), f = 2 P_a B n + 4 B n^2 h L_f
    """
    tokens = load.batch * load.input_tokens
    behind = model.attention_layers * load.input_tokens
    return _passing(model, tokens, load.batch, 0.0 * tokens, tokens * behind)


def iteration(
    device: Device, traits: Traits, link: Link, system: System, work: Work, smooth: float | None = None
) -> Cost:
    r"""Time and energy of one iteration of N devices.

    Formula: t_r = \max\left( \frac{b}{N B \eta_b}, \frac{f}{N F \eta_f} \right) + t_0 + L t_L + S t_B
    + [N > 1] (t_1 + 2 L t_l) + \frac{b_l}{N B_l},
    E_d = e_b b + e_f f + e_l b_l,
    t = \max\left( t_r, \frac{E_d}{N (P_{TDP} - P_t)} \right),
    E = PUE \left( N P_t t + E_d + \frac{P_h t}{u} + \left( \frac{1}{u} - 1 \right) t N P_i \right)

    Holds: when devices share the work evenly, and one of memory and arithmetic waits for the other.
    """
    devices = system.devices
    moved_b = moved(traits, work)
    linked_b = linked(system, work)
    moving_s = moved_b / (device.memory_bandwidth_b_per_s * traits.bandwidth_efficiency_ratio * devices)
    computing_s = work.flop / (device.peak_flop_per_s * traits.compute_efficiency_ratio * devices)
    least_s = larger(moving_s, computing_s, smooth) + overheads_s(traits, link, system, work)
    dram_j = traits.byte_energy_j_per_b * moved_b
    mac_j = traits.flop_energy_j_per_flop * work.flop
    links_j = link.energy_j_per_b * linked_b
    running_w = traits.running_power_ratio * device.tdp_w
    capped_s = (dram_j + mac_j + links_j) / (devices * (device.tdp_w - running_w))
    time_s = larger(least_s, capped_s, smooth)
    return _site(device, system, time_s, devices * running_w * time_s, dram_j, mac_j, links_j)


def moved(traits: Traits, work: Work) -> Array:
    """Bytes to and from memory; activations pass several times."""
    return work.weight_b + work.kv_b + traits.activation_accesses_count * work.activation_b


def linked(system: System, work: Work) -> Array:
    r"""Bytes over links when devices add up in a ring what each computed.

    Formula: b_l = 2 (N - 1) b_x
    """
    return 2.0 * (system.devices - 1.0) * work.exchanged_b


def overheads_s(traits: Traits, link: Link, system: System, work: Work) -> Array:
    """Time of an iteration that neither memory nor arithmetic accounts for."""
    together = jnp.clip(system.devices - 1.0, 0.0, 1.0)
    several_s = together * (traits.parallel_overhead_s + work.exchanges_count * link.latency_s)
    linking_s = linked(system, work) / (system.devices * link.bandwidth_b_per_s)
    each_s = work.layers * traits.layer_overhead_s + work.sequences * traits.sequence_overhead_s
    return traits.overhead_s + each_s + several_s + linking_s


def _site(
    device: Device,
    system: System,
    time_s: Array,
    running_j: Array,
    dram_j: Array,
    mac_j: Array,
    links_j: Array,
) -> Cost:
    """Energy at the facility by part, from what the devices draw while they serve."""
    unused = 1.0 / system.used_time_ratio - 1.0
    idle_j = unused * time_s * system.devices * device.idle_power_w
    host_j = system.host_power_w * time_s / system.used_time_ratio
    inside_j = running_j + idle_j + dram_j + mac_j + links_j + host_j
    zero = jnp.zeros_like(inside_j)
    parts = {
        STATIC: running_j + idle_j,
        DRAM: dram_j,
        SRAM: zero,
        WIRES: zero,
        LINKS: links_j,
        MAC: mac_j,
        ADC: zero,
        DAC: zero,
        REWRITE: zero,
        HOST: host_j,
        COOLING: (system.pue_ratio - 1.0) * inside_j,
    }
    return Cost(time_s, jnp.stack([parts[place] for place in range(len(PARTS))]), idle_j)


def chips_needed(
    model: Model, load: Load, device: Device, usable_ratio: Array, smooth: float | None = None
) -> Array:
    r"""Devices that hold the weights and, at the end of their output, the keys and values of all sequences.

    Formula: n = \left\lceil \frac{w P + KV}{C u_c} \right\rceil
    """
    held = held_b(model, load)
    return jnp.maximum(whole(held / (device.memory_b * usable_ratio), smooth), 1.0)


def held_b(model: Model, load: Load) -> Array:
    """Bytes of weights, and of keys and values at the end of the output."""
    context = load.input_tokens + load.output_tokens
    near = jnp.minimum(context, model.window_tokens)
    kept = model.attention_layers * context + model.window_layers * near
    kv_b = load.batch * (kept * _token_kv_b(model) + model.state_b)
    return model.weight_b * model.total_parameters + kv_b
