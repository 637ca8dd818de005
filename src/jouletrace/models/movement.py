"""M7, M9: what moving data takes of time, beside the arithmetic that it is moved for.

One pass of a language model over its weights: decoding adds one token to each of the sequences served at
once, reading a prompt passes all its tokens. Activations stay on the chip and are left out.
"""

import jax.numpy as jnp
from jax import Array


def touched_routed_parameter(
    model_routed_parameter: Array,
    model_expert: Array,
    model_active_expert: Array,
    served_batch_count: Array,
) -> Array:
    r"""Parameters of experts that one decoding pass reads: each expert that some token is sent to.

    Formula: P_x = P_r \left[ 1 - \left( 1 - \frac{k}{E} \right)^B \right]

    Boundary: one pass over B sequences; nothing in a model without experts.

    Holds: when tokens choose experts evenly and independently of each other.

    >>> float(touched_routed_parameter(80.0, 8.0, 2.0, 1.0))
    20.0
    """
    missed_ratio = jnp.abs(1.0 - model_active_expert / jnp.maximum(model_expert, 1.0))
    return model_routed_parameter * (1.0 - missed_ratio**served_batch_count)


def touched_parameter(model_shared_parameter: Array, touched_routed_parameter: Array) -> Array:
    r"""Parameters that one decoding pass reads: all shared ones, and those of experts that are asked.

    Formula: P_t = P_s + P_x

    Boundary: one pass over B sequences; of the lookup table a token reads one row, which is nothing.

    >>> touched_parameter(10.0, 20.0)
    30.0
    """
    return model_shared_parameter + touched_routed_parameter


def attended_token(
    model_attention_layer: Array, model_windowed_layer: Array, model_window_token: Array, context_token: Array
) -> Array:
    r"""Tokens that a new token attends to, summed over the layers.

    Formula: c_L = L_f c + L_w \min(c, c_w)

    Boundary: one sequence; layers with a window see only the last tokens.

    >>> float(attended_token(2.0, 2.0, 100.0, 1000.0))
    2200.0
    """
    near = jnp.minimum(context_token, model_window_token)
    return model_attention_layer * context_token + model_windowed_layer * near


def sequence_cache_b(
    attended_token: Array, model_kv_head: Array, model_head_size: Array, cache_value_b_per_token: Array
) -> Array:
    r"""Keys and values of one sequence.

    Formula: v = 2 c_L n_{kv} d_h w_{kv}

    Boundary: memory beside the processor; one sequence.

    >>> float(sequence_cache_b(100.0, 2.0, 8.0, 2.0))
    6400.0
    """
    return 2.0 * attended_token * model_kv_head * model_head_size * cache_value_b_per_token


def decode_b(
    touched_parameter: Array, weight_value_b: Array, served_batch_count: Array, sequence_cache_b: Array
) -> Array:
    r"""Bytes that one decoding pass reads from memory: the weights once for all sequences, the cache of each.

    Formula: b = w P_t + B v

    Boundary: memory beside the processor, all devices of one copy of the model.

    >>> float(decode_b(10.0, 2.0, 4.0, 5.0))
    40.0
    """
    return weight_value_b * touched_parameter + served_batch_count * sequence_cache_b


def weights_flop(
    served_batch_count: Array,
    model_active_parameter: Array,
    parameter_flop_per_token: Array,
    pass_token: Array,
) -> Array:
    r"""Operations of one decoding pass with weights.

    Formula: f_w = 2 B P_a

    Boundary: useful operations; one token for each of B sequences.

    >>> weights_flop(2.0, 100.0, 2.0, 1.0)
    400.0
    """
    return served_batch_count * parameter_flop_per_token * pass_token * model_active_parameter


def attention_flop(
    served_batch_count: Array,
    attended_token: Array,
    attention_flop_per_token: Array,
    model_head: Array,
    model_head_size: Array,
) -> Array:
    r"""Operations of one decoding pass with keys and values.

    Formula: f_a = 4 B c_L n_h d_h

    Boundary: useful operations; softmax and norms are left out.

    >>> attention_flop(2.0, 10.0, 4.0, 1.0, 5.0)
    400.0
    """
    return served_batch_count * attention_flop_per_token * attended_token * model_head * model_head_size


def decode_flop(weights_flop: Array, attention_flop: Array) -> Array:
    r"""Operations of one decoding pass.

    Formula: f = f_w + f_a

    Boundary: useful operations; one token for each sequence.

    >>> decode_flop(400.0, 400.0)
    800.0
    """
    return weights_flop + attention_flop


def decode_intensity_flop_per_b(decode_flop: Array, decode_b: Array) -> Array:
    r"""Arithmetic intensity of decoding: operations for each byte that is moved from memory.

    Formula: I = \frac{f}{b}

    Boundary: one pass; memory beside the processor.

    >>> float(decode_intensity_flop_per_b(80.0, 40.0))
    2.0
    """
    return decode_flop / decode_b


def machine_balance_flop_per_b(
    device_peak_fp16_flop_per_s: Array, device_memory_bandwidth_b_per_s: Array
) -> Array:
    r"""Operations that a device could do in the time in which its memory delivers a byte.

    Formula: M = \frac{F}{\beta}

    Boundary: data sheet of one device, half precision, dense.

    >>> machine_balance_flop_per_b(300.0, 2.0)
    150.0
    """
    return device_peak_fp16_flop_per_s / device_memory_bandwidth_b_per_s


def decode_to_balance_ratio(decode_intensity_flop_per_b: Array, machine_balance_flop_per_b: Array) -> Array:
    r"""Intensity of decoding over the balance of the machine: the share of peak that memory allows.

    Formula: r = \frac{I}{M}

    Boundary: one pass, one kind of device; below one, memory is the roof.

    >>> decode_to_balance_ratio(3.0, 300.0)
    0.01
    """
    return decode_intensity_flop_per_b / machine_balance_flop_per_b


def prefill_intensity_flop_per_b(
    model_shared_parameter: Array,
    model_routed_parameter: Array,
    model_active_parameter: Array,
    weight_value_b: Array,
    served_batch_count: Array,
    prompt_token: Array,
    parameter_flop_per_token: Array,
    cache_value_b_per_token: Array,
    model_attention_layer: Array,
    model_windowed_layer: Array,
    model_kv_head: Array,
    model_head_size: Array,
) -> Array:
    r"""Arithmetic intensity of reading prompts: all their tokens share one pass over the weights.

    Formula: I = \frac{2 P_a B n}{w (P_s + P_r) + 2 B n (L_f + L_w) n_{kv} d_h w_{kv}}

    Boundary: one pass over B prompts of n tokens; keys and values are written.

    Holds: as a lower bound: attention within the prompt, which adds operations and few bytes, is left out.

    >>> float(prefill_intensity_flop_per_b(10.0, 0.0, 10.0, 2.0, 1.0, 100.0, 2.0, 2.0, 1.0, 0.0, 0.0, 0.0))
    100.0
    """
    flop = parameter_flop_per_token * model_active_parameter * served_batch_count * prompt_token
    kept_layers = model_attention_layer + model_windowed_layer
    written_b = (
        2.0
        * served_batch_count
        * prompt_token
        * kept_layers
        * model_kv_head
        * model_head_size
        * cache_value_b_per_token
    )
    return flop / (weight_value_b * (model_shared_parameter + model_routed_parameter) + written_b)


def prefill_to_balance_ratio(prefill_intensity_flop_per_b: Array, machine_balance_flop_per_b: Array) -> Array:
    r"""Intensity of reading prompts over the balance of the machine.

    Formula: r = \frac{I}{M}

    Boundary: one pass, one kind of device; above one, arithmetic is the roof.

    >>> prefill_to_balance_ratio(600.0, 300.0)
    2.0
    """
    return prefill_intensity_flop_per_b / machine_balance_flop_per_b


def training_intensity_flop_per_b(
    model_total_parameter: Array,
    model_active_parameter: Array,
    model_layer: Array,
    model_width: Array,
    parameter_flop_per_token: Array,
    training_to_forward_ratio: Array,
    training_reuse_count: Array,
    pass_token: Array,
    training_state_byte_per_count: Array,
    training_activation_b_per_token: Array,
) -> Array:
    r"""Arithmetic intensity of a training step on one device.

    Formula: I = \frac{3 \cdot 2 P_a T}{2 s P + T L d a}

    Boundary: one step over T tokens; all that training holds for a parameter is read and written once, and
    what each layer holds of a token is written and read.

    >>> float(training_intensity_flop_per_b(10.0, 10.0, 1.0, 1.0, 2.0, 3.0, 40.0, 1.0, 4.0, 1.0))
    20.0
    """
    token = training_reuse_count * pass_token
    flop = training_to_forward_ratio * parameter_flop_per_token * model_active_parameter * token
    state_b = 2.0 * training_state_byte_per_count * model_total_parameter
    return flop / (state_b + token * model_layer * model_width * training_activation_b_per_token)


def training_to_balance_ratio(
    training_intensity_flop_per_b: Array, machine_balance_flop_per_b: Array
) -> Array:
    r"""Intensity of training over the balance of the machine.

    Formula: r = \frac{I}{M}

    Boundary: one step, one kind of device; above one, arithmetic is the roof.

    >>> training_to_balance_ratio(600.0, 300.0)
    2.0
    """
    return training_intensity_flop_per_b / machine_balance_flop_per_b


def device_count(
    model_total_parameter: Array,
    weight_value_b: Array,
    served_batch_count: Array,
    sequence_cache_b: Array,
    device_memory_b: Array,
    usable_memory_ratio: Array,
) -> Array:
    r"""Devices that hold a copy of the model and the caches of its sequences, not rounded up.

    Formula: N = \max \left( 1, \frac{w P + B v}{u C} \right)

    Boundary: one copy of the model.

    Holds: as the least number; whole devices are a few more, which share the same bytes.

    >>> float(device_count(100.0, 2.0, 10.0, 4.0, 60.0, 1.0))
    4.0
    """
    held_b = weight_value_b * model_total_parameter + served_batch_count * sequence_cache_b
    return jnp.maximum(1.0, held_b / (usable_memory_ratio * device_memory_b))


def weights_memory_s(
    model_shared_parameter: Array,
    touched_routed_parameter: Array,
    weight_value_b: Array,
    device_count: Array,
    device_memory_bandwidth_b_per_s: Array,
    gpu_bandwidth_efficiency_ratio: Array,
    gpu_expert_efficiency_ratio: Array,
) -> Array:
    r"""Time in which the memories deliver the weights that one decoding pass reads.

    Formula: t_w = \frac{w \left( P_s + P_x / \eta_x \right)}{N \beta \eta_b}

    Boundary: all devices of one copy of the model together, each expert sliced over all of them.

    >>> weights_memory_s(30.0, 10.0, 2.0, 2.0, 50.0, 0.5, 0.5)
    2.0
    """
    rate_b_per_s = device_count * device_memory_bandwidth_b_per_s * gpu_bandwidth_efficiency_ratio
    alike_parameter = model_shared_parameter + touched_routed_parameter / gpu_expert_efficiency_ratio
    return weight_value_b * alike_parameter / rate_b_per_s


def cache_memory_s(
    served_batch_count: Array,
    sequence_cache_b: Array,
    device_count: Array,
    device_memory_bandwidth_b_per_s: Array,
    gpu_bandwidth_efficiency_ratio: Array,
    gpu_context_efficiency_ratio: Array,
) -> Array:
    r"""Time in which the memories deliver the keys and values that one decoding pass reads.

    Formula: t_{kv} = \frac{B v}{N \beta \eta_b \eta_c}

    Boundary: all devices of one copy of the model together.

    >>> cache_memory_s(2.0, 25.0, 2.0, 50.0, 0.5, 0.5)
    2.0
    """
    rate_b_per_s = device_count * device_memory_bandwidth_b_per_s * gpu_bandwidth_efficiency_ratio
    return served_batch_count * sequence_cache_b / (rate_b_per_s * gpu_context_efficiency_ratio)


def decode_memory_s(weights_memory_s: Array, cache_memory_s: Array) -> Array:
    r"""Time in which the memories deliver what one decoding pass reads.

    Formula: t_m = t_w + t_{kv}

    Boundary: all devices of one copy of the model together.

    >>> decode_memory_s(2.0, 1.0)
    3.0
    """
    return weights_memory_s + cache_memory_s


def attainable_flop_per_s(
    device_count: Array, device_peak_fp16_flop_per_s: Array, gpu_compute_efficiency_ratio: Array
) -> Array:
    r"""Rate of arithmetic that devices reach where nothing else holds them up.

    Formula: R = N F \eta_f

    Boundary: all devices of one copy of the model together, half precision.

    >>> attainable_flop_per_s(2.0, 50.0, 0.5)
    50.0
    """
    return device_count * device_peak_fp16_flop_per_s * gpu_compute_efficiency_ratio


def decode_arithmetic_s(decode_flop: Array, attainable_flop_per_s: Array) -> Array:
    r"""Time that the arithmetic of one decoding pass would take with its data at hand.

    Formula: t_c = \frac{f}{R}

    Boundary: all devices of one copy of the model together.

    >>> decode_arithmetic_s(100.0, 50.0)
    2.0
    """
    return decode_flop / attainable_flop_per_s


def memory_to_arithmetic_ratio(decode_memory_s: Array, decode_arithmetic_s: Array) -> Array:
    r"""Time of moving data over time of arithmetic, in one decoding pass.

    Formula: \frac{t_m}{t_c}

    Boundary: memory beside the processor, read in order.

    >>> memory_to_arithmetic_ratio(6.0, 2.0)
    3.0
    """
    return decode_memory_s / decode_arithmetic_s


def link_to_other_roofs_ratio(
    decode_memory_s: Array, decode_arithmetic_s: Array, bandwidth_beyond_link_ratio: Array
) -> Array:
    r"""Time of the link between memory and processor over the longer of what banks and arithmetic need.

    Formula: \frac{t_m}{\max \left( t_m / (1 + g), \, t_c \right)}

    Boundary: one decoding pass; the link at the rate that software reaches.

    Holds: above one, the link is the roof that binds. Banks are built to fill their link, so they are no
    slower than it.

    >>> float(link_to_other_roofs_ratio(8.0, 1.0, 3.0)), float(link_to_other_roofs_ratio(8.0, 16.0, 3.0))
    (4.0, 0.5)
    """
    return decode_memory_s / jnp.maximum(
        decode_memory_s / (1.0 + bandwidth_beyond_link_ratio), decode_arithmetic_s
    )


def decode_overhead_s(
    gpu_iteration_overhead_s: Array,
    gpu_layer_overhead_s: Array,
    gpu_expert_layer_overhead_s: Array,
    gpu_parallel_overhead_s: Array,
    gpu_link_latency_s: Array,
    gpu_sequence_overhead_s: Array,
    model_layer: Array,
    model_routed_parameter: Array,
    device_count: Array,
    served_batch_count: Array,
) -> Array:
    r"""Time of a decoding pass that neither memory nor arithmetic accounts for.

    Formula: t_o = t_0 + L \left( t_L + [P_r > 0] \, t_x \right) + B t_B
    + \min(N - 1, 1) \left( t_1 + 2 L t_l \right)

    Boundary: launches, waiting for other devices twice in a layer, work on each sequence.

    Holds: while what devices send each other is small beside what they read.

    >>> float(decode_overhead_s(1.0, 0.5, 0.25, 2.0, 0.125, 0.5, 2.0, 0.0, 1.5, 4.0))
    5.25
    """
    together = jnp.minimum(device_count - 1.0, 1.0)
    experts_s = jnp.where(model_routed_parameter > 0.0, gpu_expert_layer_overhead_s, 0.0)
    several_s = together * (gpu_parallel_overhead_s + 2.0 * model_layer * gpu_link_latency_s)
    layers_s = model_layer * (gpu_layer_overhead_s + experts_s)
    return gpu_iteration_overhead_s + layers_s + several_s + served_batch_count * gpu_sequence_overhead_s


def roof_s(
    weights_memory_s: Array,
    cache_memory_s: Array,
    weights_flop: Array,
    attention_flop: Array,
    attainable_flop_per_s: Array,
    decode_overhead_s: Array,
) -> Array:
    r"""Time of a decoding pass if power were no bound: products with weights, attention, overhead in turn.

    Formula: t_r = \max \left( t_w, \frac{f_w}{R} \right) + \max \left( t_{kv}, \frac{f_a}{R} \right) + t_o

    Boundary: one pass.

    >>> float(roof_s(3.0, 1.0, 20.0, 20.0, 10.0, 1.0))
    6.0
    """
    weights_s = jnp.maximum(weights_memory_s, weights_flop / attainable_flop_per_s)
    attention_s = jnp.maximum(cache_memory_s, attention_flop / attainable_flop_per_s)
    return weights_s + attention_s + decode_overhead_s


def attained_ratio(
    decode_flop: Array, decode_s: Array, device_count: Array, device_peak_fp16_flop_per_s: Array
) -> Array:
    r"""Share of peak arithmetic that decoding attains.

    Formula: \frac{f}{t N F}

    Boundary: all devices of one copy of the model, while they decode.

    >>> attained_ratio(100.0, 2.0, 5.0, 100.0)
    0.1
    """
    return decode_flop / (decode_s * device_count * device_peak_fp16_flop_per_s)


def decade_lag_ratio(links_growth_ratio: Array, arithmetic_growth_ratio: Array) -> Array:
    r"""Bandwidth of links over peak arithmetic after ten years, if both are one at the start.

    Formula: \left( \frac{g_l}{g_f} \right)^5

    Boundary: peak hardware of servers; growth in two years each.

    >>> decade_lag_ratio(1.0, 2.0)
    0.03125
    """
    return (links_growth_ratio / arithmetic_growth_ratio) ** 5
