"""One macro of in-memory computing: energy of a multiplication by part, time and area.

Logic is counted in gates of two inputs. A digital macro multiplies bit by bit and adds in a tree below
every column; an analog one adds charge or current on a bit line and converts it. Constants are those of
one node and supply, and are carried to others by two laws. Accumulation length may be any real number.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

#: Kinds of macros: logic in SRAM, analog in SRAM, analog in non-volatile memory.
DIGITAL, ANALOG, NONVOLATILE = 0.0, 1.0, 2.0
#: Of the ``cycle_bits`` of an input, Booth's recoding of radix four takes two at once.
RADIX_BITS = 2.0


class Tech(NamedTuple):
    """A technology: constants at the reference node and supply, and how they change away from there.

    ``*_f`` are capacitances: of a gate; of a cell with its part of the bit line, for each bit of a weight;
    of a converter by its bits, and by four to the power of them; of the driver of a row by bits. Ratios say
    how many gates an exclusive or, or a register, is worth. Converters follow the node with an exponent
    of their own. Below ``turn_on_v`` devices hardly conduct; with zero there energy is a plain power of the
    supply. ``counted_ratio``: the part of the accumulators that is counted; ``delay_ratio``: how much slower
    everything is than at the reference.
    """

    node_m: Array
    reference_node_m: Array
    supply_v: Array
    reference_supply_v: Array
    node_exponent: Array
    converter_node_exponent: Array
    voltage_exponent: Array
    turn_on_v: Array
    turn_on_width_v: Array
    gate_f: Array
    cell_f: Array
    converter_linear_f: Array
    converter_quartic_f: Array
    driver_f: Array
    xor_capacitance_ratio: Array
    register_capacitance_ratio: Array
    gate_delay_s: Array
    xor_delay_ratio: Array
    converter_delay_s: Array
    converter_row_delay_s: Array
    gate_area_sqm: Array
    xor_area_ratio: Array
    register_area_ratio: Array
    converter_area_sqm: Array
    converter_area_growth_ratio: Array
    counted_ratio: Array | float = 1.0
    delay_ratio: Array | float = 1.0


class Macro(NamedTuple):
    """A macro: what one column adds up, at which precision, and how it is read.

    ``accumulated`` products are added in a column, ``cycle_bits`` of an input at a time. ``conversions`` are
    those of one output in one cycle: one for every bit of a weight, or one if these are merged before. An
    ``accumulator_bits`` of zero is as wide as sums ask for.
    """

    kind: Array
    accumulated: Array
    columns: Array
    weight_bits: Array
    input_bits: Array
    cycle_bits: Array
    converter_bits: Array
    conversions: Array
    activity: Array | float = 1.0
    booth: Array | float = 0.0
    accumulator_bits: Array | float = 0.0


class MacroEnergy(NamedTuple):
    """Energy of one multiplication and addition at the bits of input and weight, by part."""

    mac_j: Array
    adc_j: Array
    dac_j: Array


class _Counts(NamedTuple):
    """Adders and registers of one output."""

    products: Array
    sum_bits: Array
    tree: Array
    merge: Array
    accumulator: Array
    serial: Array
    merged: Array


def voltage_v2(tech: Tech) -> Array:
    r"""What a capacitance is multiplied with: the square of the supply, or less of it near threshold.

    Formula: V_0^2 \left( \frac{V}{V_0} \right)^{n-1} \frac{q(V)}{q(V_0)},
    q(V) = w \ln\left( 1 + e^{(V - V_t)/w} \right)
    """

    def charge(supply: Array) -> Array:
        return tech.turn_on_width_v * jax.nn.softplus((supply - tech.turn_on_v) / tech.turn_on_width_v)

    relative = tech.supply_v / tech.reference_supply_v
    turned = charge(tech.supply_v) / charge(tech.reference_supply_v)
    return tech.reference_supply_v**2 * relative ** (tech.voltage_exponent - 1.0) * turned


def _counts(macro: Macro) -> _Counts:
    digital = macro.kind == DIGITAL
    products = jnp.where(macro.booth > 0.0, macro.cycle_bits / RADIX_BITS, macro.cycle_bits)
    operand = macro.weight_bits + macro.booth
    growth = jnp.log2(macro.accumulated)
    sum_bits = operand + growth
    tree = macro.accumulated * (operand + 1.0) - (sum_bits + 1.0)
    several = jnp.where(digital, products, macro.conversions)
    width = jnp.where(digital, sum_bits, macro.converter_bits)
    # Where nothing is merged the logarithm is that of one, so that gradients stay finite.
    safe = jnp.maximum(several, 1.0)
    # Between one and two, where the count is no count, it is never below none.
    merge = jnp.maximum(width * (safe - 1.0) + safe * (jnp.log2(safe) - 0.5), 0.0)
    asked = macro.input_bits + macro.weight_bits + jnp.where(digital, growth, macro.converter_bits)
    accumulator = jnp.where(macro.accumulator_bits > 0.0, macro.accumulator_bits, asked)
    serial = jnp.where(macro.input_bits > macro.cycle_bits, 1.0, 0.0)
    return _Counts(products, sum_bits, jnp.where(digital, tree, 0.0), merge, accumulator, serial, several)


def mac_energy(tech: Tech, macro: Macro) -> MacroEnergy:
    r"""Energy of a multiplication with its addition: logic and cells, converters, drivers of rows.

    Formula: E = \frac{b_x}{b_c N} \left( E_\mathrm{logic} + E_\mathrm{ADC} + E_\mathrm{DAC} \right), each a
    sum of capacitances times the square of the supply (`voltage_v2`), with the gates and converters that
    ZigZag counts.
    """
    digital = macro.kind == DIGITAL
    counts = _counts(macro)
    adder_f = tech.gate_f * (3.0 + 2.0 * tech.xor_capacitance_ratio)
    register_f = tech.gate_f * tech.register_capacitance_ratio
    multipliers_f = 0.5 * tech.gate_f * macro.weight_bits * macro.accumulated * counts.products
    logic_f = macro.activity * (multipliers_f + adder_f * counts.tree * counts.products)
    cells_f = macro.activity * tech.cell_f * macro.weight_bits * macro.accumulated
    kept_f = counts.serial * tech.counted_ratio * (adder_f + register_f) * counts.accumulator
    own_f = jnp.where(digital, logic_f, cells_f) + adder_f * counts.merge + kept_f
    bits = macro.converter_bits
    conversion_f = tech.converter_linear_f * bits + tech.converter_quartic_f * 4.0**bits
    driver_f = tech.driver_f * macro.cycle_bits * macro.accumulated / macro.columns
    driven = jnp.where(digital | (macro.cycle_bits <= 1.0), 0.0, driver_f)
    relative = tech.node_m / tech.reference_node_m
    each = voltage_v2(tech) * macro.input_bits / (macro.cycle_bits * macro.accumulated)
    adc_f = jnp.where(digital, 0.0, macro.conversions * conversion_f)
    return MacroEnergy(
        each * relative**tech.node_exponent * own_f,
        each * relative**tech.converter_node_exponent * adc_f,
        each * driven,
    )


def operation_energy_j(tech: Tech, macro: Macro) -> Array:
    r"""Energy of an operation on one bit by one bit, two of which make a multiplication and addition.

    Formula: E_1 = \frac{E_\mathrm{MAC}}{2 b_x b_w}
    """
    total = sum(mac_energy(tech, macro))
    return jnp.asarray(total / (2.0 * macro.input_bits * macro.weight_bits))


def clock_s(tech: Tech, macro: Macro) -> Array:
    r"""Time of one cycle: multiply, convert, add in the tree, merge, accumulate.

    Formula: t = t_g + t_\mathrm{ADC} + t_\mathrm{tree} + t_\mathrm{merge} + t_\mathrm{acc}
    """
    digital = macro.kind == DIGITAL
    counts = _counts(macro)
    xor_s = tech.gate_delay_s * tech.xor_delay_ratio
    to_sum_s, to_carry_s = 2.0 * xor_s, xor_s + 2.0 * tech.gate_delay_s
    carry_s = 2.0 * tech.gate_delay_s
    convert_s = macro.converter_bits * (
        tech.converter_row_delay_s * macro.accumulated + tech.converter_delay_s
    )
    depth = jnp.log2(macro.accumulated)
    tree_s = (depth - 1.0) * to_sum_s + to_carry_s + (counts.sum_bits - 2.0) * carry_s
    safe = jnp.maximum(counts.merged, 1.0)
    merging = (jnp.log2(safe) - 1.0) * to_sum_s + to_carry_s + (safe - 1.0) * carry_s
    merge_s = jnp.where(counts.merged > 1.0, merging, 0.0)
    entering = jnp.where(digital, counts.sum_bits, macro.converter_bits)
    entering = entering + jnp.where(counts.merged > 1.0, counts.merged, 0.0)
    keep_s = counts.serial * (to_carry_s + (counts.accumulator - entering - 1.0) * carry_s)
    own_s = jnp.where(digital, tree_s, convert_s)
    return tech.delay_ratio * (tech.gate_delay_s + own_s + merge_s + keep_s)


def product_s(tech: Tech, macro: Macro) -> Array:
    r"""Time of one product of a matrix and a vector, all bits of the inputs.

    Formula: t_\mathrm{MVM} = t \frac{b_x}{b_c}
    """
    return clock_s(tech, macro) * macro.input_bits / macro.cycle_bits


def area_sqm(tech: Tech, macro: Macro) -> Array:
    r"""Area of all columns without their cells: multipliers, adders, registers, converters.

    Formula: A = n \left( A_g b_w N b_c + A_+ n_+ + (A_+ + A_r) b_a + n_\mathrm{ADC} A_0 g^b \right)
    """
    digital = macro.kind == DIGITAL
    counts = _counts(macro)
    adder = tech.gate_area_sqm * (3.0 + 2.0 * tech.xor_area_ratio)
    register = tech.gate_area_sqm * tech.register_area_ratio
    products = jnp.where(digital, macro.cycle_bits, 1.0)
    multipliers = tech.gate_area_sqm * macro.weight_bits * macro.accumulated * products
    adders = adder * (counts.tree * counts.products + counts.merge)
    kept = counts.serial * (adder + register) * counts.accumulator
    converter = tech.converter_area_sqm * tech.converter_area_growth_ratio**macro.converter_bits
    converting = (~digital) & (macro.converter_bits > 1.0)
    converters = jnp.where(converting, macro.conversions * converter, 0.0)
    return macro.columns * (multipliers + adders + kept + converters)
