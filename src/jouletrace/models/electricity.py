"""Electricity of a region and year: generated, used by the final consumer, used by a nation."""

from jax import Array


def electricity_generation_j(
    reported_electricity_generation_j: Array,
    electricity_growth_ratio: Array,
    calendar_year: Array,
    reported_generation_year: Array,
) -> Array:
    r"""Electricity generated in a region and year, carried forward past the last reported year.

    Formula: E(t) = E(t_0) \, (1 + g)^{t - t_0}

    Boundary: gross generation, before losses and the plants' own use. In a reported year the
    growth has no effect.

    Scope: country, site, calendar-year

    >>> electricity_generation_j(100.0, 0.03, 2017.0, 2017.0)
    100.0
    """
    years_ratio = calendar_year - reported_generation_year
    return reported_electricity_generation_j * (1.0 + electricity_growth_ratio) ** years_ratio


def electricity_final_consumption_j(
    electricity_generation_j: Array, final_to_generation_ratio: Array
) -> Array:
    r"""Electricity that reaches final consumers.

    Formula: E_\mathrm{final} = f \, E_\mathrm{gen}

    Boundary: after losses of the grid, the plants' own use and the energy sector's use.

    Scope: country, site, calendar-year

    >>> electricity_final_consumption_j(100.0, 0.85)
    85.0
    """
    return electricity_generation_j * final_to_generation_ratio


def electricity_use_j(
    reported_electricity_use_j: Array,
    electricity_growth_ratio: Array,
    calendar_year: Array,
    reported_use_year: Array,
) -> Array:
    r"""Electricity that a nation uses, as its statistics count it, carried forward by growth.

    Formula: E(t) = E(t_0) \, (1 + g)^{t - t_0}

    Boundary: national use including losses of the grid (the Chinese "whole society" total).

    Scope: country, site, calendar-year

    >>> electricity_use_j(100.0, 1.0, 2027.0, 2025.0)
    400.0
    """
    years_ratio = calendar_year - reported_use_year
    return reported_electricity_use_j * (1.0 + electricity_growth_ratio) ** years_ratio


def grid_growth_ratio(
    electricity_generation_j: Array,
    base_electricity_generation_j: Array,
    calendar_year: Array,
    base_calendar_year: Array,
) -> Array:
    r"""Yearly growth of the electricity generated in a region, between two years.

    Formula: g = \left( E(t) / E(t_0) \right)^{1 / (t - t_0)} - 1

    Boundary: gross generation.

    >>> grid_growth_ratio(400.0, 100.0, 2022.0, 2020.0)
    1.0
    """
    factor = electricity_generation_j / base_electricity_generation_j
    return factor ** (1.0 / (calendar_year - base_calendar_year)) - 1.0


def implied_national_electricity_j(
    stated_data_centre_electricity_j: Array, stated_share_ratio: Array
) -> Array:
    r"""National electricity that a stated energy and a stated share imply together.

    Formula: E = E_\mathrm{DC} / s

    Boundary: that of the two statements.

    Scope: country, site, calendar-year

    >>> implied_national_electricity_j(400.0, 0.04)
    10000.0
    """
    return stated_data_centre_electricity_j / stated_share_ratio
