"""M8: decoding on cards that compute where weights lie, step by step, in the words of the other machines.

A card keeps weights in its arrays. What does not fit takes more cards, or is loaded again in each pass.
The kernel in ``hardware/in_memory.py`` is the same model for maps; a test holds the two together.
"""

import jax.numpy as jnp
from jax import Array


def imc_weights_b(model_total_parameter: Array, weight_value_b: Array) -> Array:
    r"""Memory that the weights of a model take.

    Formula: W = w P

    Boundary: one copy of the model, all experts.

    >>> imc_weights_b(100.0, 2.0)
    200.0
    """
    return model_total_parameter * weight_value_b


def imc_near_b(
    imc_weights_b: Array,
    imc_resident_ratio: Array,
    served_batch_count: Array,
    sequence_cache_b: Array,
    imc_cache_in_dram_ratio: Array,
) -> Array:
    r"""Bytes that have to lie on the cards themselves: weights that stay, and keys and values.

    Formula: C = r W + (1 - \kappa) B v

    Boundary: memory on the chips of all cards of one copy of the model.

    >>> imc_near_b(200.0, 0.5, 4.0, 10.0, 0.25)
    130.0
    """
    caches_b = served_batch_count * sequence_cache_b
    return imc_resident_ratio * imc_weights_b + (1.0 - imc_cache_in_dram_ratio) * caches_b


def imc_card_count(
    imc_near_b: Array,
    imc_weights_b: Array,
    imc_resident_ratio: Array,
    imc_cache_in_dram_ratio: Array,
    served_batch_count: Array,
    sequence_cache_b: Array,
    imc_memory_b: Array,
    imc_usable_ratio: Array,
    imc_dram_b: Array,
) -> Array:
    r"""Cards that one copy of a model needs, whole ones.

    Formula: n = \max \left( \left\lceil \frac{C}{u M} \right\rceil,
    \left\lceil \frac{(1 - r) W + \kappa B v}{M_d} \right\rceil, 1 \right)

    Boundary: one copy of the model with the caches of its sequences.

    >>> float(imc_card_count(130.0, 200.0, 0.5, 0.25, 4.0, 10.0, 20.0, 0.5, 1000.0))
    13.0
    """
    far_b = (1.0 - imc_resident_ratio) * imc_weights_b
    far_b = far_b + imc_cache_in_dram_ratio * served_batch_count * sequence_cache_b
    inside = jnp.ceil(imc_near_b / (imc_memory_b * imc_usable_ratio))
    outside = jnp.where(far_b > 1.0, jnp.ceil(far_b / jnp.maximum(imc_dram_b, 1.0)), 0.0)
    return jnp.maximum(jnp.maximum(inside, outside), 1.0)


def imc_stage_count(imc_card_count: Array, imc_group_card_count: Array) -> Array:
    r"""Stages of the pipeline in which groups of cards follow each other.

    Formula: s = \frac{n}{\min(g, n)}

    Boundary: one copy of the model; the cards of a group share each layer.

    >>> float(imc_stage_count(12.0, 4.0)), float(imc_stage_count(2.0, 4.0))
    (3.0, 1.0)
    """
    return imc_card_count / jnp.minimum(imc_group_card_count, imc_card_count)


def imc_empty_ratio(imc_stage_count: Array, served_batch_count: Array) -> Array:
    r"""Stages over those that hold a token: one token keeps one stage busy, and the others wait.

    Formula: b = \max \left( \frac{s}{B}, 1 \right)

    Boundary: one copy of the model while it decodes.

    >>> float(imc_empty_ratio(12.0, 4.0)), float(imc_empty_ratio(2.0, 4.0))
    (3.0, 1.0)
    """
    return jnp.maximum(imc_stage_count / served_batch_count, 1.0)


def imc_turn_b(
    model_shared_parameter: Array,
    model_routed_parameter: Array,
    model_expert: Array,
    model_active_expert: Array,
    served_batch_count: Array,
    imc_stage_count: Array,
    weight_value_b: Array,
) -> Array:
    r"""Weights that are used for the tokens that are in a stage at a time, summed over the stages.

    Formula: W(m) = w \left( P_s + P_r \left[ 1 - \left( 1 - \frac{k}{E} \right)^m \right] \right), \quad
    m = \max \left( \frac{B}{s}, 1 \right)

    Boundary: one copy of the model; all weights where it has no experts.

    >>> float(imc_turn_b(10.0, 80.0, 8.0, 2.0, 4.0, 4.0, 2.0))
    60.0
    """
    missed_ratio = jnp.abs(1.0 - model_active_expert / jnp.maximum(model_expert, 1.0))
    each = jnp.maximum(served_batch_count / imc_stage_count, 1.0)
    return weight_value_b * (model_shared_parameter + model_routed_parameter * (1.0 - missed_ratio**each))


def imc_weight_flop(
    served_batch_count: Array,
    model_active_parameter: Array,
    parameter_flop_per_token: Array,
    pass_token: Array,
) -> Array:
    r"""Operations with weights in one decoding pass: those that arrays do.

    Formula: f_w = 2 P_a B

    Boundary: one pass; attention is left to units beside the arrays.

    >>> imc_weight_flop(4.0, 10.0, 2.0, 1.0)
    80.0
    """
    return served_batch_count * model_active_parameter * parameter_flop_per_token * pass_token


def imc_reloaded_b(touched_parameter: Array, weight_value_b: Array, imc_resident_ratio: Array) -> Array:
    r"""Weights that a pass loads from DRAM because they do not stay on the cards.

    Formula: R = (1 - r) w P_t

    Boundary: one pass; all cards of one copy of the model.

    >>> imc_reloaded_b(100.0, 2.0, 0.75)
    50.0
    """
    return (1.0 - imc_resident_ratio) * weight_value_b * touched_parameter


def imc_linked_b(
    served_batch_count: Array,
    model_layer: Array,
    model_width: Array,
    weight_value_b: Array,
    imc_stage_count: Array,
    imc_card_count: Array,
) -> Array:
    r"""Bytes over links between cards in one pass: tokens from stage to stage, and sums within a group.

    Formula: b_l = B d a (s - 1) + 4 B L d a \left( \frac{n}{s} - 1 \right)

    Boundary: all links of one copy of the model; values as wide as weights.

    Holds: none for one card.

    >>> imc_linked_b(2.0, 3.0, 5.0, 1.0, 4.0, 8.0), imc_linked_b(2.0, 3.0, 5.0, 1.0, 1.0, 1.0)
    (150.0, 0.0)
    """
    token_b = served_batch_count * model_width * weight_value_b
    group = imc_card_count / imc_stage_count
    return token_b * (imc_stage_count - 1.0) + 4.0 * model_layer * token_b * (group - 1.0)


def imc_outside_b(
    imc_reloaded_b: Array,
    imc_linked_b: Array,
    imc_cache_in_dram_ratio: Array,
    served_batch_count: Array,
    sequence_cache_b: Array,
) -> Array:
    r"""Bytes that cross the edge of a chip in one pass: loaded weights, caches in DRAM, what cards hand on.

    Formula: b_o = R + b_l + \kappa B v

    Boundary: all cards of one copy of the model.

    >>> imc_outside_b(50.0, 10.0, 0.5, 4.0, 10.0)
    80.0
    """
    return imc_reloaded_b + imc_linked_b + imc_cache_in_dram_ratio * served_batch_count * sequence_cache_b


def imc_operand_b(imc_weight_flop: Array, imc_operand_b_per_flop: Array) -> Array:
    r"""Bytes of inputs and sums that arrays take and give in one pass.

    Formula: b_i = o f_w

    Boundary: between arrays and the memory beside them.

    >>> imc_operand_b(80.0, 0.5)
    40.0
    """
    return imc_weight_flop * imc_operand_b_per_flop


def imc_residual_b(
    imc_outside_b: Array,
    imc_operand_b: Array,
    served_batch_count: Array,
    sequence_cache_b: Array,
    imc_cache_in_dram_ratio: Array,
) -> Array:
    r"""Bytes that a pass still moves although weights stay: inputs, sums, caches, what cards hand on.

    Formula: b = b_o + b_i + (1 - \kappa) B v

    Boundary: between arrays, the memory beside them, DRAM and cards.

    >>> imc_residual_b(80.0, 40.0, 4.0, 10.0, 0.5)
    140.0
    """
    near_b = (1.0 - imc_cache_in_dram_ratio) * served_batch_count * sequence_cache_b
    return imc_outside_b + imc_operand_b + near_b


def imc_product_j(
    imc_weight_flop: Array,
    imc_array_energy_j_per_flop: Array,
    decode_flop: Array,
    imc_attention_energy_j_per_flop: Array,
) -> Array:
    r"""Energy of the products of one pass: in arrays with their converters, and of attention beside them.

    Formula: E_p = f_w e_m + (f - f_w) e_a

    Boundary: arrays with all that reads them, and units for attention; data on their way to them are apart.

    Scope: device, site, per-unit

    Converts: parts of a chip count for the device that holds it

    >>> imc_product_j(80.0, 0.5, 100.0, 0.5)
    50.0
    """
    attention_flop = decode_flop - imc_weight_flop
    return imc_weight_flop * imc_array_energy_j_per_flop + attention_flop * imc_attention_energy_j_per_flop


def imc_operand_j(
    imc_operand_b: Array, engine_sram_energy_j_per_b: Array, imc_wire_energy_j_per_b: Array
) -> Array:
    r"""Energy of moving inputs and sums on the chips in one pass.

    Formula: E_i = b_i (e_s + e_w)

    Boundary: memory beside the arrays, and wires to it.

    Scope: device, site, per-unit

    Converts: parts of a chip count for the device that holds it

    >>> imc_operand_j(40.0, 0.5, 0.25)
    30.0
    """
    return imc_operand_b * (engine_sram_energy_j_per_b + imc_wire_energy_j_per_b)


def imc_cache_j(
    served_batch_count: Array,
    sequence_cache_b: Array,
    imc_cache_in_dram_ratio: Array,
    engine_sram_energy_j_per_b: Array,
    imc_dram_energy_j_per_b: Array,
) -> Array:
    r"""Energy of reading keys and values in one pass.

    Formula: E_v = B v \left( (1 - \kappa) e_s + \kappa e_d \right)

    Boundary: memory beside the arrays, and DRAM beside the chips.

    Scope: device, site, per-unit

    Converts: parts of a chip count for the device that holds it

    >>> imc_cache_j(4.0, 10.0, 0.5, 0.5, 2.0)
    50.0
    """
    near = (1.0 - imc_cache_in_dram_ratio) * engine_sram_energy_j_per_b
    return served_batch_count * sequence_cache_b * (near + imc_cache_in_dram_ratio * imc_dram_energy_j_per_b)


def imc_weight_transfer_j(
    imc_reloaded_b: Array, imc_dram_energy_j_per_b: Array, imc_write_energy_j_per_b: Array
) -> Array:
    r"""Energy of loading weights that do not stay, and of writing them into their arrays, in one pass.

    Formula: E_r = R (e_d + e_{wr})

    Boundary: DRAM beside the chips, its link, and arrays.

    Scope: device, site, per-unit

    Converts: parts of a chip count for the device that holds it

    >>> imc_weight_transfer_j(50.0, 2.0, 0.5)
    125.0
    """
    return imc_reloaded_b * (imc_dram_energy_j_per_b + imc_write_energy_j_per_b)


def imc_link_j(imc_linked_b: Array, imc_link_energy_j_per_b: Array) -> Array:
    r"""Energy of links between cards in one pass.

    Formula: E_l = b_l e_l

    Boundary: both ends of each link.

    Scope: device, site, per-unit

    >>> imc_link_j(10.0, 3.0)
    30.0
    """
    return imc_linked_b * imc_link_energy_j_per_b


def imc_transfer_j(
    imc_operand_j: Array, imc_cache_j: Array, imc_weight_transfer_j: Array, imc_link_j: Array
) -> Array:
    r"""Energy of all transfer in one pass on cards that compute in their memory.

    Formula: E_t = E_i + E_v + E_r + E_l

    Boundary: devices; inside arrays nothing counts as transfer.

    Scope: device, site, per-unit

    >>> imc_transfer_j(30.0, 50.0, 125.0, 30.0)
    235.0
    """
    return imc_operand_j + imc_cache_j + imc_weight_transfer_j + imc_link_j


def imc_dynamic_j(imc_transfer_j: Array, imc_product_j: Array) -> Array:
    r"""Energy of one pass that grows with what is done.

    Formula: E_d = E_t + E_p

    Boundary: devices, without what they draw by running at all.

    Scope: device, site, per-unit

    >>> imc_dynamic_j(235.0, 65.0)
    300.0
    """
    return imc_transfer_j + imc_product_j


def imc_busy_s(
    imc_turn_b: Array,
    imc_stage_count: Array,
    imc_card_count: Array,
    imc_array_bandwidth_b_per_s: Array,
    imc_empty_ratio: Array,
    decode_flop: Array,
    imc_peak_flop_per_s: Array,
    served_batch_count: Array,
    sequence_cache_b: Array,
    imc_cache_in_dram_ratio: Array,
    imc_dram_bandwidth_b_per_s: Array,
    imc_reloaded_b: Array,
) -> Array:
    r"""Time that arrays, products, caches or loading take in one pass: the longest of the four.

    Formula: t_b = \max \left( s \frac{W(m)}{n \beta_a}, b \frac{f}{n F}, b \frac{B v}{n}
    \left( \frac{1 - \kappa}{\beta_a} + \frac{\kappa}{\beta_d} \right), \frac{R}{n \beta_d} \right)

    Boundary: all cards of one copy of the model, loading beside the products.

    >>> float(imc_busy_s(10.0, 2.0, 2.0, 5.0, 1.0, 80.0, 10.0, 4.0, 10.0, 0.5, 20.0, 50.0))
    4.0
    """
    arrays_s = imc_stage_count * imc_turn_b / imc_array_bandwidth_b_per_s
    products_s = imc_empty_ratio * decode_flop / imc_peak_flop_per_s
    byte_s = (1.0 - imc_cache_in_dram_ratio) / imc_array_bandwidth_b_per_s
    byte_s = byte_s + imc_cache_in_dram_ratio / imc_dram_bandwidth_b_per_s
    caches_s = imc_empty_ratio * served_batch_count * sequence_cache_b * byte_s
    loading_s = imc_reloaded_b / imc_dram_bandwidth_b_per_s
    longest_s = jnp.maximum(jnp.maximum(arrays_s, products_s), jnp.maximum(caches_s, loading_s))
    return longest_s / imc_card_count


def imc_handing_s(
    imc_stage_count: Array,
    imc_card_count: Array,
    model_layer: Array,
    imc_hop_s: Array,
    imc_empty_ratio: Array,
    imc_linked_b: Array,
    imc_link_bandwidth_b_per_s: Array,
) -> Array:
    r"""Time that hops between cards take in one pass.

    Formula: t_h = \left( s - 1 + 2 L \min(g - 1, 1) \right) t_l + b \frac{b_l}{n \beta_l}

    Boundary: all links of one copy of the model.

    >>> float(imc_handing_s(4.0, 4.0, 10.0, 2.0, 1.0, 80.0, 10.0))
    8.0
    """
    together = jnp.clip(imc_card_count / imc_stage_count - 1.0, 0.0, 1.0)
    waits = imc_stage_count - 1.0 + 2.0 * model_layer * together
    return waits * imc_hop_s + imc_empty_ratio * imc_linked_b / (imc_card_count * imc_link_bandwidth_b_per_s)


def imc_layers_s(model_layer: Array, imc_layer_overhead_s: Array) -> Array:
    r"""Time that layers take beside their products: attention's norms, sums, and starting the next layer.

    Formula: t_o = L t_L

    Boundary: one token through all layers.

    >>> imc_layers_s(32.0, 0.5)
    16.0
    """
    return model_layer * imc_layer_overhead_s


def imc_running_w(imc_card_power_w: Array, imc_running_ratio: Array) -> Array:
    r"""Power that a card draws while a token is in it, whatever it does.

    Formula: P_r = \rho P

    Boundary: one card; clocks, leakage, regulators.

    Scope: device, site, per-unit

    >>> imc_running_w(600.0, 0.5)
    300.0
    """
    return imc_card_power_w * imc_running_ratio


def imc_drawn_w(imc_running_w: Array, imc_waiting_ratio: Array, imc_empty_ratio: Array) -> Array:
    r"""Power that a card draws by running at all, in the mean over stages with a token and those that wait.

    Formula: P_c = P_r \left( \omega + \frac{1 - \omega}{b} \right)

    Boundary: one card; weights have to be kept, so waiting is not free.

    Scope: device, site, per-unit

    >>> imc_drawn_w(300.0, 0.5, 3.0)
    200.0
    """
    return imc_running_w * (imc_waiting_ratio + (1.0 - imc_waiting_ratio) / imc_empty_ratio)


def imc_pass_s(
    imc_busy_s: Array,
    imc_layers_s: Array,
    imc_handing_s: Array,
    imc_dynamic_j: Array,
    imc_card_count: Array,
    imc_card_power_w: Array,
    imc_drawn_w: Array,
) -> Array:
    r"""Time between two tokens of a sequence, stretched where cards would draw more than they may.

    Formula: t = \max \left( t_b + t_o + t_h, \frac{E_d}{n (P - P_c)} \right)

    Boundary: one decoding pass of all sequences.

    Scope: device, site, per-unit

    >>> float(imc_pass_s(3.0, 16.0, 1.0, 300.0, 2.0, 600.0, 200.0))
    20.0
    """
    free_w = imc_card_count * (imc_card_power_w - imc_drawn_w)
    return jnp.maximum(imc_busy_s + imc_layers_s + imc_handing_s, imc_dynamic_j / free_w)


def imc_running_j(imc_pass_s: Array, imc_card_count: Array, imc_drawn_w: Array) -> Array:
    r"""Energy that cards draw in one pass by running or waiting at all.

    Formula: E_c = n P_c t

    Boundary: all cards of one copy of the model.

    Scope: device, site, per-unit

    >>> imc_running_j(2.0, 3.0, 50.0)
    300.0
    """
    return imc_card_count * imc_drawn_w * imc_pass_s


def imc_device_j(imc_dynamic_j: Array, imc_running_j: Array) -> Array:
    r"""Energy of one pass at the cards.

    Formula: E = E_d + E_c

    Boundary: all cards of one copy of the model while they serve.

    Scope: device, site, per-unit

    >>> imc_device_j(100.0, 300.0)
    400.0
    """
    return imc_dynamic_j + imc_running_j


def imc_around_j(
    imc_pass_s: Array,
    imc_card_count: Array,
    server_host_power_w: Array,
    imc_server_card_count: Array,
    imc_running_w: Array,
    imc_idle_ratio: Array,
    serving_time_ratio: Array,
) -> Array:
    r"""Energy around the cards in one pass: their hosts, and both while they wait for work.

    Formula: E_o = n t \left( \frac{P_H}{c u} + \left( \frac{1}{u} - 1 \right) \iota P_r \right)

    Boundary: servers without their cards at work.

    Scope: server, site, per-unit

    Converts: idle cards are counted with the servers that hold them

    >>> imc_around_j(1.0, 2.0, 800.0, 8.0, 100.0, 0.5, 0.5)
    500.0
    """
    host_w = server_host_power_w / (imc_server_card_count * serving_time_ratio)
    idle_w = (1.0 / serving_time_ratio - 1.0) * imc_idle_ratio * imc_running_w
    return imc_card_count * imc_pass_s * (host_w + idle_w)


def imc_facility_j(imc_device_j: Array, imc_around_j: Array, model_site_pue_ratio: Array) -> Array:
    r"""Energy of one pass at the site.

    Formula: E_s = PUE \, (E + E_o)

    Boundary: a site with cooling and supply.

    Scope: facility, site, per-unit

    Converts: devices and servers to the site, by what stands around them

    >>> imc_facility_j(400.0, 600.0, 1.5)
    1500.0
    """
    return model_site_pue_ratio * (imc_device_j + imc_around_j)


def imc_site_energy_j_per_token(imc_facility_j: Array, served_batch_count: Array, pass_token: Array) -> Array:
    r"""Energy of the site for each token that cards with computing memory write.

    Formula: \frac{E_s}{B}

    Boundary: a site with cooling and supply, hours without work counted.

    Scope: facility, site, per-unit

    >>> imc_site_energy_j_per_token(1500.0, 3.0, 1.0)
    500.0
    """
    return imc_facility_j / (served_batch_count * pass_token)
