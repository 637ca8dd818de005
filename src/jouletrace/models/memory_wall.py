"""M9a: the memory wall as its authors drew it, and what clock rates had to do with performance."""

import jax.numpy as jnp
from jax import Array


def speed_gap_growth_ratio(processor_speed_growth_ratio: Array, memory_speed_growth_ratio: Array) -> Array:
    r"""Factor by which processors outgrow memory in a year.

    Formula: \gamma = \frac{1 + g_p}{1 + g_m}

    Boundary: speed of processors against the access time of memory.

    >>> speed_gap_growth_ratio(0.5, 0.0)
    1.5
    """
    return (1.0 + processor_speed_growth_ratio) / (1.0 + memory_speed_growth_ratio)


def average_access_count(
    cache_hit_ratio: Array,
    first_memory_cycle_count: Array,
    speed_gap_growth_ratio: Array,
    calendar_year: Array,
    first_gap_year: Array,
) -> Array:
    r"""Cycles of the processor that an access to memory takes on average.

    Formula: t = p + (1 - p) \, R \, \gamma^{y - y_0}

    Boundary: one cache, that answers in a cycle, before one memory.

    Holds: while both grow at steady rates and the cache hits as often as before.

    >>> average_access_count(0.5, 4.0, 2.0, 1996.0, 1995.0)
    4.5
    """
    cycle_count = first_memory_cycle_count * speed_gap_growth_ratio ** (calendar_year - first_gap_year)
    return cache_hit_ratio + (1.0 - cache_hit_ratio) * cycle_count


def memory_wall_year(
    cache_hit_ratio: Array,
    first_memory_cycle_count: Array,
    speed_gap_growth_ratio: Array,
    first_gap_year: Array,
    wall_cycle_count: Array,
) -> Array:
    r"""Year in which an average access takes more cycles than a program has work for.

    Formula: y = y_0 + \frac{\ln \frac{N - p}{(1 - p) R}}{\ln \gamma}

    Boundary: one cache before one memory, steady growth.

    >>> round(float(memory_wall_year(0.5, 4.0, 2.0, 1995.0, 4.5)), 6)
    1996.0
    """
    missed_cycle_count = jnp.abs(jnp.divide(wall_cycle_count - cache_hit_ratio, 1.0 - cache_hit_ratio))
    gap_ratio = missed_cycle_count / first_memory_cycle_count
    return first_gap_year + jnp.log(gap_ratio) / jnp.log(speed_gap_growth_ratio)


def bandwidth_gap_growth_ratio(arithmetic_growth_ratio: Array, memory_growth_ratio: Array) -> Array:
    r"""Factor by which arithmetic outgrows the bandwidth of memory in a year.

    Formula: \left( \frac{g_f}{g_b} \right)^{1/2}

    Boundary: peak hardware of servers; growth in two years each.

    >>> float(bandwidth_gap_growth_ratio(8.0, 2.0))
    2.0
    """
    return jnp.sqrt(arithmetic_growth_ratio / memory_growth_ratio)


def reported_clock_share_ratio(spec_growth_ratio: Array, spec_clock_growth_ratio: Array) -> Array:
    r"""Part of the growth of performance that the clock rate accounts for, in logarithms.

    Formula: \frac{\ln(1 + g_f)}{\ln(1 + g_p)}

    Boundary: processors of record; what is left came from all else, compilers included.

    >>> round(float(reported_clock_share_ratio(3.0, 1.0)), 6)
    0.5
    """
    return jnp.log1p(spec_clock_growth_ratio) / jnp.log1p(spec_growth_ratio)


def clock_elasticity_off_ratio(clock_elasticity_ratio: Array) -> Array:
    r"""Factor by which the elasticity of performance to the clock rate is off one, to either side.

    Formula: e^{\left| \ln \epsilon \right|}

    Boundary: as the elasticity.

    >>> round(float(clock_elasticity_off_ratio(0.8)), 6), round(float(clock_elasticity_off_ratio(1.25)), 6)
    (1.25, 1.25)
    """
    return jnp.maximum(clock_elasticity_ratio, 1.0 / clock_elasticity_ratio)
