"""M8, M18: cards that compute in their memory against GPUs, at equal model, batch and precision.

What is asked for with ``base_`` is the conventional machine: GPUs with stacked memory beside them.
"""

import jax.numpy as jnp
from jax import Array


def weight_moving_j(gpu_byte_energy_j_per_b: Array, touched_parameter: Array, weight_value_b: Array) -> Array:
    r"""Energy of moving the weights from memory in one decoding pass of GPUs.

    Formula: E_w = e_b w P_t

    Boundary: devices; memory, its link, and the path on the processor that each byte takes once.

    Scope: device, site, per-unit

    >>> weight_moving_j(2.0, 10.0, 0.5)
    10.0
    """
    return gpu_byte_energy_j_per_b * weight_value_b * touched_parameter


def removed_weight_transfer_ratio(imc_weight_transfer_j: Array, base_weight_moving_j: Array) -> Array:
    r"""Share of the energy of moving weights that computing in memory removes.

    Formula: 1 - \frac{E_r}{E_w}

    Boundary: devices; transfer of weights alone, one pass.

    >>> removed_weight_transfer_ratio(2.0, 10.0)
    0.8
    """
    return 1.0 - imc_weight_transfer_j / base_weight_moving_j


def removed_transfer_ratio(imc_transfer_j: Array, imc_operand_j: Array, base_moving_j: Array) -> Array:
    r"""Share of the energy of all transfer that computing in memory removes.

    Formula: 1 - \frac{E_t}{E_b + E_i}

    Boundary: devices, one pass: weights, keys and values, links, and the inputs and sums of products, which
    move on both machines and are counted the same.

    >>> removed_transfer_ratio(6.0, 2.0, 10.0)
    0.5
    """
    return 1.0 - imc_transfer_j / (base_moving_j + imc_operand_j)


def removed_memory_transfer_ratio(
    imc_transfer_j: Array, imc_operand_j: Array, base_engine_dram_j: Array
) -> Array:
    r"""The same share where only memory and its link count on the GPU, without the way through the processor.

    Formula: 1 - \frac{E_t}{E_m + E_i}

    Boundary: devices, one pass; figures of the memory alone.

    >>> removed_memory_transfer_ratio(6.0, 2.0, 10.0)
    0.5
    """
    return 1.0 - imc_transfer_j / (base_engine_dram_j + imc_operand_j)


def removed_device_ratio(imc_device_j: Array, base_device_j: Array) -> Array:
    r"""Share of all that devices draw that computing in memory removes.

    Formula: 1 - \frac{E_{imc}}{E_{gpu}}

    Boundary: cards and GPUs while they serve; negative where cards draw more.

    >>> removed_device_ratio(5.0, 10.0)
    0.5
    """
    return 1.0 - imc_device_j / base_device_j


def removed_serving_ratio(removed_device_ratio: Array, accelerator_active_share_ratio: Array) -> Array:
    r"""Share of all energy of serving that goes when the energy of accelerators falls and nothing else does.

    Formula: a \left( 1 - \frac{E_{imc}}{E_{gpu}} \right)

    Boundary: a site that serves a large model; hosts, idle machines, cooling and supply stay as they are.

    >>> removed_serving_ratio(0.5, 0.6)
    0.3
    """
    return accelerator_active_share_ratio * removed_device_ratio


def imc_gain_ratio(imc_site_energy_j_per_token: Array, base_site_energy_j_per_token: Array) -> Array:
    r"""Energy of a token on GPUs over that on cards which compute in their memory.

    Formula: G = \frac{E_{gpu}}{E_{imc}}

    Boundary: a site with cooling and supply; the same model, batch and precision.

    >>> imc_gain_ratio(2.0, 10.0)
    5.0
    """
    return base_site_energy_j_per_token / imc_site_energy_j_per_token


def standing_gain_ratio(imc_site_energy_j_per_token: Array, site_energy_j_per_token: Array) -> Array:
    r"""The same gain where both machines stand at one place of the graph, so that loads can be compared.

    Formula: G = \frac{E_{gpu}}{E_{imc}}

    Boundary: a site with cooling and supply; the same model, batch and precision.

    >>> standing_gain_ratio(2.0, 10.0)
    5.0
    """
    return site_energy_j_per_token / imc_site_energy_j_per_token


def imc_latency_ratio(imc_pass_s: Array, base_decode_s: Array) -> Array:
    r"""Time of a token on cards which compute in their memory over that on GPUs.

    Formula: \frac{t_{imc}}{t_{gpu}}

    Boundary: time between two tokens of a sequence, hops between cards and links included.

    >>> imc_latency_ratio(1.0, 4.0)
    0.25
    """
    return imc_pass_s / base_decode_s


def gpu_matched_count(
    imc_pass_s: Array,
    base_roof_s: Array,
    base_decode_overhead_s: Array,
    base_device_count: Array,
    server_device_count: Array,
) -> Array:
    r"""GPUs that share a model so that a token takes as long as on the cards, as far as one server goes.

    Formula: N = \min \left( \max \left( N_0 \frac{t_r - t_o}{t_{imc} - t_o}, N_0 \right),
    \max(N_s, N_0) \right)

    Boundary: one copy of the model; where overheads alone take longer, a whole server, which is slower then.

    >>> float(gpu_matched_count(3.0, 9.0, 1.0, 1.0, 8.0)), float(gpu_matched_count(0.5, 9.0, 1.0, 1.0, 8.0))
    (4.0, 8.0)
    """
    left_s = imc_pass_s - base_decode_overhead_s
    most = jnp.maximum(server_device_count, base_device_count)
    wanted = (
        base_device_count
        * (base_roof_s - base_decode_overhead_s)
        / jnp.where(left_s > 0.0, left_s, imc_pass_s)
    )
    return jnp.clip(jnp.where(left_s > 0.0, wanted, most), base_device_count, most)


def gpu_matched_s(
    gpu_matched_count: Array,
    base_roof_s: Array,
    base_decode_overhead_s: Array,
    base_device_count: Array,
    base_dynamic_j: Array,
    base_device_tdp_w: Array,
    base_gpu_running_power_ratio: Array,
) -> Array:
    r"""Time of a token on so many GPUs.

    Formula: t = \max \left( (t_r - t_o) \frac{N_0}{N} + t_o, \frac{E_d}{N (P_{TDP} - P_t)} \right)

    Boundary: one decoding pass; GPUs share its bytes and its operations evenly, and more of them take no more
    overhead, which is kind to them.

    Scope: device, site, per-unit

    >>> float(gpu_matched_s(4.0, 9.0, 1.0, 1.0, 20.0, 10.0, 0.5))
    3.0
    """
    shared_s = (base_roof_s - base_decode_overhead_s) * base_device_count / gpu_matched_count
    free_w = gpu_matched_count * base_device_tdp_w * (1.0 - base_gpu_running_power_ratio)
    return jnp.maximum(shared_s + base_decode_overhead_s, base_dynamic_j / free_w)


def gpu_matched_energy_j_per_token(
    gpu_matched_count: Array,
    gpu_matched_s: Array,
    base_dynamic_j: Array,
    base_device_tdp_w: Array,
    base_gpu_running_power_ratio: Array,
    base_host_power_w: Array,
    base_device_idle_power_w: Array,
    serving_time_ratio: Array,
    model_site_pue_ratio: Array,
    served_batch_count: Array,
    pass_token: Array,
) -> Array:
    r"""Energy of the site for a token of GPUs that are made as fast as the cards, as far as they go.

    Formula: \frac{PUE}{B} \left( E_d + N t
    \left[ P_t + \frac{P_h}{u} + \left( \frac{1}{u} - 1 \right) P_i \right] \right)

    Boundary: a site with cooling and supply, hours without work counted.

    Scope: facility, site, per-unit

    Converts: devices and servers to the site, by what stands around them

    >>> float(gpu_matched_energy_j_per_token(4.0, 1.0, 20.0, 10.0, 0.5, 5.0, 2.0, 0.5, 1.5, 2.0, 1.0))
    66.0
    """
    unused_ratio = 1.0 / serving_time_ratio - 1.0
    each_w = base_gpu_running_power_ratio * base_device_tdp_w + unused_ratio * base_device_idle_power_w
    each_w = each_w + base_host_power_w / serving_time_ratio
    inside_j = base_dynamic_j + gpu_matched_count * gpu_matched_s * each_w
    return model_site_pue_ratio * inside_j / (served_batch_count * pass_token)


def matched_gain_ratio(imc_site_energy_j_per_token: Array, gpu_matched_energy_j_per_token: Array) -> Array:
    r"""Energy of a token on GPUs made as fast as the cards, over that on the cards.

    Formula: G = \frac{E_{gpu}(N)}{E_{imc}}

    Boundary: a site with cooling and supply; the same model, batch and precision, and latency as far as
    GPUs go.

    >>> matched_gain_ratio(2.0, 10.0)
    5.0
    """
    return gpu_matched_energy_j_per_token / imc_site_energy_j_per_token


def bus_weight_ratio(imc_reloaded_b: Array, base_touched_parameter: Array, weight_value_b: Array) -> Array:
    r"""Weights that cross the edge of a chip with computing in memory, over those that do without it.

    Formula: \frac{R}{w P_t}

    Boundary: one decoding pass.

    >>> bus_weight_ratio(5.0, 10.0, 2.0)
    0.25
    """
    return imc_reloaded_b / (base_touched_parameter * weight_value_b)


def bus_ratio(imc_outside_b: Array, base_decode_b: Array) -> Array:
    r"""Bytes that cross the edge of a chip with computing in memory, over those from memory without it.

    Formula: \frac{b_o}{b}

    Boundary: one decoding pass: weights, keys and values, and what cards hand to each other.

    >>> bus_ratio(5.0, 20.0)
    0.25
    """
    return imc_outside_b / base_decode_b


def pim_removed_ratio(pim_path_energy_j_per_b: Array, memory_energy_j_per_b: Array) -> Array:
    r"""Share of the energy of a byte from DRAM that computing inside the memory removes.

    Formula: 1 - \frac{e_p}{e_m}

    Boundary: the dynamic energy of memory; what it draws without traffic, and arithmetic, stay.

    >>> pim_removed_ratio(1.0, 4.0)
    0.75
    """
    return 1.0 - pim_path_energy_j_per_b / memory_energy_j_per_b


def weight_write_to_read_ratio(imc_pass_s: Array, model_life_s: Array, serving_time_ratio: Array) -> Array:
    r"""Writes of a weight for each time that it is used.

    Formula: \frac{t}{u \, T}

    Boundary: a copy of a model that serves until it is replaced; one use in each pass.

    >>> weight_write_to_read_ratio(1.0, 100.0, 0.5)
    0.02
    """
    return imc_pass_s / (model_life_s * serving_time_ratio)


def imc_server_resident_ratio(
    imc_memory_b: Array, imc_usable_ratio: Array, imc_server_card_count: Array, imc_weights_b: Array
) -> Array:
    r"""Share of the weights of a model that the cards of one server keep.

    Formula: \min \left( \frac{c \, u \, M}{W}, 1 \right)

    Boundary: one server full of cards, keys and values left out.

    >>> float(imc_server_resident_ratio(10.0, 0.5, 8.0, 80.0))
    0.5
    """
    return jnp.minimum(imc_memory_b * imc_usable_ratio * imc_server_card_count / imc_weights_b, 1.0)


def imc_worn_count(imc_endurance_count: Array, imc_resident_ratio: Array) -> Array:
    r"""Passes until cells are worn out, where weights that do not stay take turns in all of them.

    Formula: N_w \frac{r}{1 - r}

    Boundary: arrays of all cards; written evenly, which wears them least.

    >>> float(imc_worn_count(10.0, 0.5))
    10.0
    """
    return imc_endurance_count * imc_resident_ratio / (1.0 - imc_resident_ratio)


def changing_operand_ratio(
    served_batch_count: Array, sequence_cache_b: Array, touched_parameter: Array, weight_value_b: Array
) -> Array:
    r"""Share of the operands of a pass that change with every token: keys and values.

    Formula: \frac{B v}{w P_t + B v}

    Boundary: one decoding pass, by bytes.

    >>> changing_operand_ratio(2.0, 5.0, 15.0, 2.0)
    0.25
    """
    changing_b = served_batch_count * sequence_cache_b
    return changing_b / (touched_parameter * weight_value_b + changing_b)


def imc_parameter_energy_j_per_token(
    imc_site_energy_j_per_token: Array, model_total_parameter: Array
) -> Array:
    r"""Energy of a token for each parameter of the model.

    Formula: \frac{E}{P}

    Boundary: a site with cooling and supply.

    Scope: facility, site, per-unit

    >>> imc_parameter_energy_j_per_token(10.0, 5.0)
    2.0
    """
    return imc_site_energy_j_per_token / model_total_parameter


def imc_bought_b(imc_card_count: Array, imc_memory_b: Array, model_total_parameter: Array) -> Array:
    r"""Computing memory that is bought for each parameter of a model; silicon costs in proportion to it.

    Formula: \frac{n M}{P}

    Boundary: memory of all cards of one copy of the model, the unused part counted.

    >>> imc_bought_b(2.0, 10.0, 5.0)
    4.0
    """
    return imc_card_count * imc_memory_b / model_total_parameter


def imc_bound_ratio(accelerator_active_share_ratio: Array) -> Array:
    r"""Most that serving could gain if accelerators drew nothing and all else stayed.

    Formula: \frac{1}{1 - a}

    Boundary: a site that serves a large model.

    >>> float(imc_bound_ratio(0.5))
    2.0
    """
    return jnp.divide(1.0, jnp.abs(1.0 - accelerator_active_share_ratio))


def batching_gain_ratio(site_energy_j_per_token: Array, base_site_energy_j_per_token: Array) -> Array:
    r"""Energy of a token at one way of serving over that at another, on the same GPUs.

    Formula: \frac{E_0}{E}

    Boundary: a site with cooling and supply.

    >>> batching_gain_ratio(2.0, 10.0)
    5.0
    """
    return base_site_energy_j_per_token / site_energy_j_per_token


def siting_gain_ratio(serving_pue_ratio: Array, base_serving_pue_ratio: Array) -> Array:
    r"""Energy at one site over that at another, for the same computers.

    Formula: \frac{PUE_0}{PUE}

    Boundary: a site with cooling and supply.

    >>> siting_gain_ratio(1.25, 1.5)
    1.2
    """
    return base_serving_pue_ratio / serving_pue_ratio


def system_energy_j_per_token(system_power_w: Array, system_token_per_s: Array) -> Array:
    r"""Energy of a token of a published system.

    Formula: \frac{P}{r}

    Boundary: what the power of the row counts: cards alone, or a rack with its hosts.

    Scope: server, site, per-unit

    >>> system_energy_j_per_token(30.0, 10.0)
    3.0
    """
    return system_power_w / system_token_per_s


def card_efficiency_flop_per_j(imc_peak_flop_per_s: Array, imc_card_power_w: Array) -> Array:
    r"""Operations for a joule of a card at its peak and its rated power.

    Formula: \frac{F}{P}

    Boundary: data sheet of one card, 8 bits.

    Scope: device, site, per-unit

    >>> card_efficiency_flop_per_j(400.0, 50.0)
    8.0
    """
    return imc_peak_flop_per_s / imc_card_power_w


def attained_efficiency_flop_per_j(
    system_power_w: Array, system_token_per_s: Array, system_parameter: Array, parameter_flop_per_token: Array
) -> Array:
    r"""Useful operations for a joule of a published system at work.

    Formula: \frac{2 P_a r}{P}

    Boundary: what the power of the row counts: cards alone, or a rack with its hosts.

    Scope: server, site, per-unit

    >>> attained_efficiency_flop_per_j(40.0, 2.0, 5.0, 2.0)
    0.5
    """
    return system_token_per_s * system_parameter * parameter_flop_per_token / system_power_w


def gpu_work_efficiency_flop_per_j(decode_flop: Array, facility_j: Array) -> Array:
    r"""Useful operations for a joule of the site where GPUs write.

    Formula: \frac{f}{E_s}

    Boundary: a site with cooling and supply, hours without work counted.

    Scope: facility, site, per-unit

    >>> gpu_work_efficiency_flop_per_j(10.0, 5.0)
    2.0
    """
    return decode_flop / facility_j


def imc_work_efficiency_flop_per_j(decode_flop: Array, imc_facility_j: Array) -> Array:
    r"""Useful operations for a joule of the site where cards that compute in their memory write.

    Formula: \frac{f}{E_s}

    Boundary: a site with cooling and supply, hours without work counted.

    Scope: facility, site, per-unit

    >>> imc_work_efficiency_flop_per_j(10.0, 5.0)
    2.0
    """
    return decode_flop / imc_facility_j
