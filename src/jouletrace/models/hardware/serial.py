"""How a macro's energy and time change with bits and supply, one chip against itself.

Inputs enter bit by bit. A digital array keeps a product with its sum in a group of columns; a pipeline of
registers cuts the ripple through its rows. What a device conducts follows the square of its charge.
"""

import jax.numpy as jnp
from jax import Array

from jouletrace.models.hardware.macro import Tech, voltage_v2

#: Gates that a carry passes from one cell to the next.
CARRY_GATES = 2.0


def groups(columns: Array, rows: Array, weight_bits: Array) -> Array:
    r"""Dot products that an array holds side by side, each as wide as a weight and the growth of its sum.

    Formula: g = \left\lfloor \frac{n}{b_w + \log_2 N} \right\rfloor

    >>> float(groups(128.0, 128.0, 8.0))
    8.0
    """
    return jnp.floor(columns / (weight_bits + jnp.log2(rows)))


def ripple(rows: Array, weight_bits: Array, registers: Array, register_gates: Array) -> Array:
    r"""Carries of one cycle: rows between two registers, the width of the sum, and a register.

    A carry passes two gates; a register is taken for as many gates in a row as it is worth by area.

    Formula: r = \frac{N}{R} + b_w + \log_2 N + \frac{n_r}{2}

    >>> float(ripple(128.0, 1.0, 4.0, 6.0))
    43.0
    """
    return rows / registers + weight_bits + jnp.log2(rows) + register_gates / CARRY_GATES


def pulses(input_bits: Array) -> Array:
    r"""Pulses of a row for an input with a sign: one for each bit of its magnitude, at least one.

    Formula: p = \max(b_x - 1, 1)

    >>> float(pulses(4.0)), float(pulses(1.0))
    (3.0, 1.0)
    """
    return jnp.maximum(input_bits - 1.0, 1.0)


def speed(tech: Tech) -> Array:
    r"""What frequency follows: the current of a device over the charge that it moves.

    Formula: f \propto \frac{q(V)^2}{V}, the voltage factor of energy with an exponent of one being q

    Holds: where speed is not limited by saturation of carriers.
    """
    charge = voltage_v2(tech._replace(voltage_exponent=jnp.ones(())))
    return charge**2 / tech.supply_v
