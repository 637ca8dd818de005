"""M8: one macro of in-memory computing, from gates and converters: energy of a multiplication by part, time.

Capacitances are those of the reference node; the supply enters by its square, or by less of it near
threshold. Sums of logarithmic length stand for trees of adders.
"""

import jax.numpy as jnp
from jax import Array


def macro_voltage_ratio(
    macro_supply_v: Array,
    macro_reference_supply_v: Array,
    macro_voltage_exponent_ratio: Array,
    turn_on_v: Array,
    turn_on_width_v: Array,
) -> Array:
    r"""Energy at a supply over that at the reference supply.

    Formula: \left( \frac{V}{V_0} \right)^{n-1} \frac{q(V)}{q(V_0)},
    q(V) = w \ln\left( 1 + e^{(V - V_t)/w} \right)

    Boundary: a macro; with a threshold of zero a plain power of the supply.

    >>> round(float(macro_voltage_ratio(0.5, 1.0, 2.0, 0.0, 0.01)), 6)
    0.25
    """
    turned = _turned((macro_supply_v - turn_on_v) / turn_on_width_v)
    reference = _turned((macro_reference_supply_v - turn_on_v) / turn_on_width_v)
    relative = macro_supply_v / macro_reference_supply_v
    return relative ** (macro_voltage_exponent_ratio - 1.0) * turned / reference


def _turned(above: Array) -> Array:
    """ln(1 + exp(x)), also where the exponential has no end."""
    return jnp.maximum(above, 0.0 * above) + jnp.log1p(jnp.exp(-jnp.abs(above)))


def adder_capacitance_f(gate_capacitance_f: Array, xor_capacitance_ratio: Array) -> Array:
    r"""Capacitance of a full adder of one bit: three gates and two exclusive ors.

    Formula: C_+ = C_g (3 + 2 r_x)

    Boundary: logic at the reference node.

    >>> round(float(adder_capacitance_f(0.7, 1.5)), 6)
    4.2
    """
    return gate_capacitance_f * (3.0 + 2.0 * xor_capacitance_ratio)


def tree_adder_count(macro_accumulated_count: Array, macro_weight_bit_count: Array) -> Array:
    r"""Full adders of the tree below one column.

    Formula: n_+ = N (b_w + 1) - (b_w + \log_2 N + 1)

    Boundary: one output of a digital macro, one bit of the inputs.

    >>> float(tree_adder_count(2.0, 1.0))
    1.0
    """
    top = macro_weight_bit_count + jnp.log2(macro_accumulated_count) + 1.0
    return macro_accumulated_count * (macro_weight_bit_count + 1.0) - top


def digital_column_f(
    gate_capacitance_f: Array,
    adder_capacitance_f: Array,
    tree_adder_count: Array,
    macro_accumulated_count: Array,
    macro_weight_bit_count: Array,
    macro_activity_ratio: Array,
) -> Array:
    r"""Capacitance that one output of a digital macro switches for one bit of all its inputs.

    Formula: C = \alpha \left( \tfrac{1}{2} C_g b_w N + C_+ n_+ \right)

    Boundary: multipliers and the tree, without what keeps partial sums.

    >>> digital_column_f(2.0, 3.0, 4.0, 5.0, 1.0, 0.5)
    8.5
    """
    multipliers_f = 0.5 * gate_capacitance_f * macro_weight_bit_count * macro_accumulated_count
    return macro_activity_ratio * (multipliers_f + adder_capacitance_f * tree_adder_count)


def kept_sum_f(
    adder_capacitance_f: Array,
    gate_capacitance_f: Array,
    register_capacitance_ratio: Array,
    macro_input_bit_count: Array,
    macro_weight_bit_count: Array,
    macro_accumulated_count: Array,
) -> Array:
    r"""Capacitance of what adds a partial sum to those before, for inputs that come bit by bit.

    Formula: C_a = (C_+ + r_r C_g) (b_x + b_w + \log_2 N)

    Boundary: one output of a digital macro, one bit of the inputs.

    >>> float(kept_sum_f(3.0, 1.0, 2.0, 4.0, 4.0, 4.0))
    50.0
    """
    width = macro_input_bit_count + macro_weight_bit_count + jnp.log2(macro_accumulated_count)
    return (adder_capacitance_f + register_capacitance_ratio * gate_capacitance_f) * width


def digital_mac_energy_j(
    digital_column_f: Array,
    kept_sum_f: Array,
    macro_input_bit_count: Array,
    macro_accumulated_count: Array,
    macro_voltage_ratio: Array,
    macro_reference_supply_v: Array,
    macro_node_ratio: Array,
    digital_node_exponent_ratio: Array,
) -> Array:
    r"""Energy of a multiplication and addition in a digital macro whose inputs come bit by bit.

    Formula: E = \left( \frac{a}{a_0} \right)^{e} V_0^2 r_V \frac{b_x}{N} (C + C_a)

    Boundary: one macro; no buffers, no links.

    Scope: chip, site, per-unit

    >>> digital_mac_energy_j(1.0, 1.0, 8.0, 4.0, 0.5, 1.0, 1.0, 0.5)
    2.0
    """
    each_f = macro_input_bit_count * (digital_column_f + kept_sum_f) / macro_accumulated_count
    scale = macro_node_ratio**digital_node_exponent_ratio * macro_reference_supply_v**2
    return scale * macro_voltage_ratio * each_f


def macro_node_ratio(macro_node_m: Array, macro_reference_node_m: Array) -> Array:
    r"""Node over the one that constants are stated for.

    Formula: a / a_0

    Boundary: a name of a technology, no length in it.

    >>> macro_node_ratio(14e-9, 28e-9)
    0.5
    """
    return macro_node_m / macro_reference_node_m


def conversion_f(
    converter_linear_capacitance_f: Array,
    converter_quartic_capacitance_f: Array,
    macro_converter_bit_count: Array,
) -> Array:
    r"""Capacitance that one conversion charges.

    Formula: C = k_1 b + k_2 4^b

    Boundary: one converter of a column.

    >>> conversion_f(100.0, 1.0, 2.0)
    216.0
    """
    linear_f = converter_linear_capacitance_f * macro_converter_bit_count
    return linear_f + converter_quartic_capacitance_f * 4.0**macro_converter_bit_count


def converter_mac_energy_j(
    conversion_f: Array,
    macro_weight_bit_count: Array,
    macro_input_bit_count: Array,
    macro_accumulated_count: Array,
    macro_voltage_ratio: Array,
    macro_reference_supply_v: Array,
    macro_node_ratio: Array,
    converter_node_exponent_ratio: Array,
) -> Array:
    r"""Converters' part of a multiplication in an analog macro: a column for each bit of a weight.

    Formula: E = \left( \frac{a}{a_0} \right)^{e} V_0^2 r_V \frac{b_x b_w}{N} C

    Boundary: one macro whose inputs come bit by bit.

    Scope: chip, site, per-unit

    >>> converter_mac_energy_j(100.0, 8.0, 8.0, 64.0, 1.0, 1.0, 1.0, 1.0)
    100.0
    """
    conversions = macro_weight_bit_count * macro_input_bit_count / macro_accumulated_count
    scale = macro_node_ratio**converter_node_exponent_ratio * macro_reference_supply_v**2
    return scale * macro_voltage_ratio * conversions * conversion_f


def cell_mac_energy_j(
    gate_capacitance_f: Array,
    bit_line_capacitance_f: Array,
    macro_weight_bit_count: Array,
    macro_input_bit_count: Array,
    macro_voltage_ratio: Array,
    macro_reference_supply_v: Array,
    macro_node_ratio: Array,
    analog_node_exponent_ratio: Array,
) -> Array:
    r"""Cells' and bit lines' part of a multiplication in an analog macro.

    Formula: E = \left( \frac{a}{a_0} \right)^{e} V_0^2 r_V \, b_x b_w \left( \tfrac{1}{2} C_g + C_b \right)

    Boundary: one macro, without its converters.

    Scope: chip, site, per-unit

    >>> cell_mac_energy_j(1.0, 0.5, 8.0, 8.0, 1.0, 1.0, 1.0, 1.0)
    64.0
    """
    cell_f = 0.5 * gate_capacitance_f + bit_line_capacitance_f
    scale = macro_node_ratio**analog_node_exponent_ratio * macro_reference_supply_v**2
    return scale * macro_voltage_ratio * macro_input_bit_count * macro_weight_bit_count * cell_f


def analog_mac_energy_j(converter_mac_energy_j: Array, cell_mac_energy_j: Array) -> Array:
    r"""Energy of a multiplication and addition in an analog macro whose inputs come bit by bit.

    Formula: E = E_\mathrm{ADC} + E_\mathrm{cells}

    Boundary: one macro; without the digital sum of the columns of a weight.

    Scope: chip, site, per-unit

    >>> analog_mac_energy_j(1.0, 2.0)
    3.0
    """
    return converter_mac_energy_j + cell_mac_energy_j


def conversion_s(
    converter_delay_s: Array,
    converter_row_delay_s: Array,
    macro_accumulated_count: Array,
    macro_converter_bit_count: Array,
) -> Array:
    r"""Time of one conversion.

    Formula: t = b (d_1 N + d_2)

    Boundary: one converter of a column at the reference node.

    >>> conversion_s(1.0, 0.1, 10.0, 4.0)
    8.0
    """
    return macro_converter_bit_count * (converter_row_delay_s * macro_accumulated_count + converter_delay_s)
