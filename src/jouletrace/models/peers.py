"""What peers say about the same deployments: EcoLogits' published regression, and a plain roofline."""

import jax.numpy as jnp
from jax import Array


def ecologits_energy_j_per_token(
    active_parameter: Array,
    running_sequences_count: Array,
    serving_devices_count: Array,
    ecologits_energy_slope_j_per_token: Array,
    ecologits_batch_exponent_ratio: Array,
    ecologits_energy_level_j_per_token: Array,
) -> Array:
    r"""Energy of an output token on GPUs, by the regression of EcoLogits.

    Formula: E = N \left( \alpha e^{\beta B} P_a + \gamma \right)

    Boundary: the GPUs that serve; no host, no cooling.

    Scope: device, site, per-unit

    Holds: as published, for H100 and half precision; the package itself fixes B at 64.

    Worked by hand, one device, 14 billion parameters, coefficients of nearly (3e-12, -0.01, 0.1):

    >>> round(float(ecologits_energy_j_per_token(1.4e10, 0.0, 2.0, 3e-12, -0.01, 0.1)), 3)
    0.284
    """
    growth = jnp.exp(ecologits_batch_exponent_ratio * running_sequences_count)
    one = ecologits_energy_slope_j_per_token * growth * active_parameter + ecologits_energy_level_j_per_token
    return serving_devices_count * one


def ecologits_latency_s(
    active_parameter: Array,
    running_sequences_count: Array,
    ecologits_latency_slope_s: Array,
    ecologits_latency_sequence_s: Array,
    ecologits_latency_level_s: Array,
) -> Array:
    r"""Time between two tokens of one sequence, by the regression of EcoLogits.

    Formula: t = \alpha_t P_a + \beta_t B + \gamma_t

    Boundary: one replica, whatever the number of its devices.

    >>> round(float(ecologits_latency_s(1e10, 10.0, 7e-13, 3e-4, 0.02)), 4)
    0.03
    """
    parameters_s = ecologits_latency_slope_s * active_parameter
    return parameters_s + ecologits_latency_sequence_s * running_sequences_count + ecologits_latency_level_s


def roofline_s(
    iteration_moved_b: Array,
    iteration_flop: Array,
    rated_memory_bandwidth_b_per_s: Array,
    rated_peak_flop_per_s: Array,
    serving_devices_count: Array,
) -> Array:
    r"""Least time of an iteration that data sheets allow.

    Formula: t = \max\left( \frac{b}{N B}, \frac{f}{N F} \right)

    Boundary: the devices that serve; no overhead, no link.

    >>> float(roofline_s(16e9, 1e12, 3.2e12, 1e15, 1.0))
    0.005
    """
    moving_s = iteration_moved_b / (serving_devices_count * rated_memory_bandwidth_b_per_s)
    computing_s = iteration_flop / (serving_devices_count * rated_peak_flop_per_s)
    return jnp.maximum(moving_s, computing_s)


def roofline_energy_j_per_token(
    roofline_s: Array, rated_tdp_w: Array, serving_devices_count: Array, iteration_token: Array
) -> Array:
    r"""Energy of an output token at rated power for the least time that data sheets allow.

    Formula: E = \frac{N P_\mathrm{TDP} \, t}{B}

    Boundary: the devices that serve; no host, no cooling.

    Scope: device, site, per-unit

    >>> roofline_energy_j_per_token(0.005, 700.0, 1.0, 10.0)
    0.35
    """
    return serving_devices_count * rated_tdp_w * roofline_s / iteration_token
