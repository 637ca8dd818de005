"""One iteration: what it moves and computes, how long that takes, and what it draws.

``smooth`` is the exponent of the norms that stand for maxima when gradients are wanted; without it
maxima are exact. The smooth value is never below the exact one.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.scipy.special import ndtri

from jouletrace.models.hardware.state import (
    COOLING,
    DRAM,
    HOST,
    LINKS,
    MAC,
    PARTS,
    SRAM,
    STATIC,
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


class Weights(NamedTuple):
    """Parameters that some tokens touch: shared ones, experts, and the share of the experts."""

    shared: Array
    experts: Array
    chosen_ratio: Array


def touched(model: Model, tokens: Array) -> Weights:
    r"""Parameters that some tokens touch: all that are shared, and experts that a token is sent to.

    Formula: W(T) = P_s - P_l + (P - P_s) \left[ 1 - \left( 1 - \frac{P_a - P_s}{P - P_s} \right)^T \right]

    Holds: when tokens choose experts evenly and independently of each other.
    """
    experts = model.total_parameters - model.shared_parameters
    chosen = (model.active_parameters - model.shared_parameters) / jnp.where(experts > 0.0, experts, 1.0)
    missed = jnp.clip(1.0 - chosen, 0.0, 1.0)
    # A power of zero has no gradient: the logarithm is kept finite.
    share = -jnp.expm1(tokens * jnp.log(jnp.maximum(missed, jnp.finfo(jnp.result_type(float)).tiny)))
    shared = model.shared_parameters - model.lookup_parameters
    return Weights(shared, jnp.where(experts > 0.0, experts * share, 0.0), share)


def _token_kv_b(model: Model) -> Array:
    """Bytes of keys and values of one token in one layer."""
    return 2.0 * model.kv_heads * model.head_size * model.kv_b


def _passing(model: Model, tokens: Array, sequences: Array, kv_b: Array, attended: Array) -> Work:
    """Work on some tokens, given bytes of keys and values and pairs of tokens that attend to each other."""
    weights = touched(model, tokens)
    routed = jnp.where(model.total_parameters > model.shared_parameters, 1.0, 0.0)
    activation_b = tokens * model.layers * model.width * model.activation_b
    operands = weights.shared + weights.experts
    return Work(
        weight_b=model.weight_b * operands,
        kv_b=kv_b,
        activation_b=activation_b,
        flop=2.0 * (model.active_parameters - model.lookup_parameters) * tokens,
        exchanged_b=2.0 * activation_b,
        exchanges_count=2.0 * model.layers,
        layers=model.layers,
        sequences=sequences,
        attention_flop=4.0 * attended * model.attention_width,
        expert_b=model.weight_b * weights.experts,
        experts=model.experts,
        chosen_ratio=weights.chosen_ratio,
        expert_layers=model.layers * routed,
        operand_b=operands * model.activation_b + kv_b * model.activation_b / model.kv_b,
        logits=sequences * model.vocabulary,
    )


def decode(model: Model, load: Load, context_tokens: Array) -> Work:
    r"""Work of one decode iteration: one token for each of B sequences with some tokens behind it.

    Formula: b = w W(B) + 2 B n_{kv} d_h w_{kv} (L_f c + L_w \min(c, c_w)) + 2 B S,
    f = 2 P_a B + 4 B h (L_f c + L_w \min(c, c_w)) with h the attention width
    """
    near = jnp.minimum(context_tokens, model.window_tokens)
    behind = model.attention_layers * context_tokens + model.window_layers * near
    kv_b = load.batch * (behind * _token_kv_b(model) + 2.0 * model.state_b)
    return _passing(model, load.batch, load.batch, kv_b, load.batch * behind)


def prefill(model: Model, load: Load) -> Work:
    r"""Work of the pass over all input tokens of B sequences; keys and values are written.

    Formula: b = w W(Bn) + 2 B n n_{kv} d_h w_{kv} (L_f + L_w) + B S,
    f = 2 P_a B n + 4 B n h (L_f n / 2 + L_w \min(n / 2, c_w))
    """
    half = 0.5 * load.input_tokens
    behind = model.attention_layers * half + model.window_layers * jnp.minimum(half, model.window_tokens)
    tokens = load.batch * load.input_tokens
    layers = model.attention_layers + model.window_layers
    kv_b = tokens * layers * _token_kv_b(model) + load.batch * model.state_b
    return _passing(model, tokens, load.batch, kv_b, tokens * behind)


def encode(model: Model, load: Load) -> Work:
    r"""Work of a pass in which every input token attends to every other; nothing is kept or chosen.

    Formula: b = w W(Bn), f = 2 P_a B n + 4 B n^2 h L_f
    """
    tokens = load.batch * load.input_tokens
    behind = model.attention_layers * load.input_tokens
    found = _passing(model, tokens, load.batch, 0.0 * tokens, tokens * behind)
    return found._replace(logits=0.0 * tokens)


def iteration(
    device: Device, traits: Traits, link: Link, system: System, work: Work, smooth: float | None = None
) -> Cost:
    r"""Time and energy of one iteration of N devices.

    Formula: t = \max\left( t_b + t_o, \frac{E_d}{N (P_{TDP} - P_t)} \right),
    E = PUE \left( N P_t t + E_d + \frac{P_h t}{u} + \left( \frac{1}{u} - 1 \right) t N P_i \right)
    with t_b the time that memory and arithmetic take, t_o overheads and E_d what bytes and products take

    Holds: when devices share the work evenly.
    """
    least_s = busy_s(device, traits, system, work, smooth) + overheads_s(traits, link, system, work)
    return charged(device, traits, system, least_s, dynamic_j(traits, link, system, work), smooth)


def busy_s(device: Device, traits: Traits, system: System, work: Work, smooth: float | None = None) -> Array:
    r"""Time of the two phases that follow each other in every layer: products with weights, and attention.

    Formula: t_b = \max\left( \frac{b_w + b_x r / \eta_x + b_a}{N B \eta_b}, \frac{f_w}{N F \eta_f} \right)
    + \max\left( \frac{b_{kv}}{N B \eta_b \eta_c}, \frac{f_a}{N F \eta_f} \right) + \frac{l v}{B \eta_b}
    with x experts and r how far the busiest device is above the mean, l logits and v bytes for each

    Holds: when in each phase one of memory and arithmetic waits for the other. One device chooses tokens.
    """
    rate_b_per_s = device.memory_bandwidth_b_per_s * traits.bandwidth_efficiency_ratio * system.devices
    rate_flop_per_s = device.peak_flop_per_s * traits.compute_efficiency_ratio * system.devices
    expert_b = work.expert_b * imbalance(system, work) / traits.expert_efficiency_ratio
    others_b = work.weight_b - work.expert_b + traits.activation_accesses_count * work.activation_b
    weights_s = larger((others_b + expert_b) / rate_b_per_s, work.flop / rate_flop_per_s, smooth)
    kv_s = work.kv_b / (rate_b_per_s * traits.context_efficiency_ratio)
    attention_s = larger(kv_s, work.attention_flop / rate_flop_per_s, smooth)
    choosing_s = work.logits * traits.logit_b / rate_b_per_s * system.devices
    return weights_s + attention_s + choosing_s


def imbalance(system: System, work: Work) -> Array:
    r"""Experts touched on the busiest of n devices that keep them whole, over the mean of all devices.

    Formula: \min\left( q + z_n \sqrt{\frac{q (1 - q)}{m}}, 1 \right) / q with m experts on a device and
    z_n = \Phi^{-1}\left( \frac{n}{n + 1} \right)

    Holds: when experts are touched independently; z_n stands for the largest of n normal numbers.
    """
    several = jnp.maximum(system.expert_devices, 1.0)
    each = jnp.maximum(work.experts / several, 1.0)
    share = jnp.clip(work.chosen_ratio, 0.0, 1.0)
    # The root of zero has no gradient, and where all or no experts are touched there is no spread.
    spread = share * (1.0 - share) / each
    root = jnp.sqrt(jnp.where(spread > 0.0, spread, 1.0)) * jnp.where(spread > 0.0, 1.0, 0.0)
    most = jnp.minimum(share + ndtri(several / (several + 1.0)) * root, 1.0)
    return jnp.where(
        (system.expert_devices > 1.0) & (share > 0.0), most / jnp.where(share > 0.0, share, 1.0), 1.0
    )


class Dynamic(NamedTuple):
    """Energy that goes with what is done, by part."""

    dram_j: Array
    sram_j: Array
    links_j: Array
    mac_j: Array


def dynamic_j(traits: Traits, link: Link, system: System, work: Work) -> Dynamic:
    r"""Energy of bytes, operands, products and links.

    Formula: E_d = e_b b + e_o b_o + e_f (f_w + f_a) + e_l b_l
    """
    operand_b = work.operand_b + traits.activation_accesses_count * work.activation_b
    return Dynamic(
        dram_j=traits.byte_energy_j_per_b * moved(traits, work),
        sram_j=traits.operand_energy_j_per_b * (operand_b + work.logits * traits.logit_b),
        links_j=link.energy_j_per_b * linked(system, work),
        mac_j=traits.flop_energy_j_per_flop * (work.flop + work.attention_flop),
    )


def moved(traits: Traits, work: Work) -> Array:
    """Bytes to and from memory; activations pass several times."""
    kept_b = work.weight_b + work.kv_b
    return kept_b + traits.activation_accesses_count * work.activation_b + work.logits * traits.logit_b


def linked(system: System, work: Work) -> Array:
    r"""Bytes over links when devices add up in a ring what each computed.

    Formula: b_l = 2 (N - 1) b_x
    """
    return 2.0 * (system.devices - 1.0) * work.exchanged_b


def overheads_s(traits: Traits, link: Link, system: System, work: Work) -> Array:
    r"""Time of an iteration that neither memory nor arithmetic accounts for.

    Formula: t_o = t_0 + L t_L + L_x t_x + S t_S + [N > 1] (t_1 + n_x t_l) + \frac{b_l}{N B_l}
    """
    together = jnp.clip(system.devices - 1.0, 0.0, 1.0)
    several_s = together * (traits.parallel_overhead_s + work.exchanges_count * link.latency_s)
    layers_s = work.layers * traits.layer_overhead_s + work.expert_layers * traits.expert_layer_overhead_s
    each_s = layers_s + work.sequences * traits.sequence_overhead_s
    return traits.overhead_s + each_s + several_s + linking_s(link, system, work)


def linking_s(link: Link, system: System, work: Work) -> Array:
    """Time for which links are busy."""
    return linked(system, work) / (system.devices * link.bandwidth_b_per_s)


def charged(
    device: Device,
    traits: Traits,
    system: System,
    least_s: Array,
    dynamic: Dynamic,
    smooth: float | None = None,
) -> Cost:
    """What is drawn, and how long it takes when power may not exceed the TDP: energy at the facility."""
    devices = system.devices
    running_w = traits.running_power_ratio * device.tdp_w
    used_j = dynamic.dram_j + dynamic.sram_j + dynamic.links_j + dynamic.mac_j
    time_s = larger(least_s, used_j / (devices * (device.tdp_w - running_w)), smooth)
    running_j = devices * running_w * time_s
    idle_j = (1.0 / system.used_time_ratio - 1.0) * time_s * devices * device.idle_power_w
    host_j = system.host_power_w * time_s / system.used_time_ratio
    inside_j = running_j + idle_j + used_j + host_j
    parts = {
        STATIC: running_j + idle_j,
        DRAM: dynamic.dram_j,
        SRAM: dynamic.sram_j,
        LINKS: dynamic.links_j,
        MAC: dynamic.mac_j,
        HOST: host_j,
        COOLING: (system.pue_ratio - 1.0) * inside_j,
    }
    zero = jnp.zeros_like(inside_j)
    return Cost(time_s, jnp.stack([parts.get(place, zero) for place in range(len(PARTS))]), idle_j)


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
