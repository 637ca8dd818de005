"""M4: what efficiency took off the growth of data-centre electricity, and what siting could.

Energy is service, times the energy of servers for one unit of it, times the overhead of the
building. The logarithm of a product is a sum, so the growth of each factor is its part of the
growth of energy (logarithmic mean Divisia index, without a remainder).
"""

import jax.numpy as jnp
from jax import Array


def data_centre_growth_ratio(
    data_centre_electricity_j: Array,
    base_data_centre_electricity_j: Array,
    calendar_year: Array,
    base_calendar_year: Array,
) -> Array:
    r"""Yearly growth of the electricity of data centres, between two years.

    Formula: g = \left( E(t) / E(t_0) \right)^{1 / (t - t_0)} - 1

    Boundary: data centres with their cooling and power supply, site electricity.

    Holds: as an average over the years; it says nothing of the path between them.

    >>> data_centre_growth_ratio(400.0, 100.0, 2012.0, 2010.0)
    1.0
    """
    factor = data_centre_electricity_j / base_data_centre_electricity_j
    return factor ** (1.0 / (calendar_year - base_calendar_year)) - 1.0


def survey_pue_ratio(
    earlier_pue_ratio: Array,
    later_pue_ratio: Array,
    earlier_pue_year: Array,
    later_pue_year: Array,
    calendar_year: Array,
) -> Array:
    r"""Power usage effectiveness of the sites that answer a survey, on a line between two surveys.

    Formula: P(t) = P_0 \, (P_1 / P_0)^{(t - t_0) / (t_1 - t_0)}

    Boundary: energy of the building over energy of its computers; average of sites, not of energy.

    Holds: between two surveys, in the logarithm.

    >>> survey_pue_ratio(4.0, 1.0, 2008.0, 2012.0, 2010.0)
    2.0
    """
    way_ratio = (calendar_year - earlier_pue_year) / (later_pue_year - earlier_pue_year)
    return earlier_pue_ratio * (later_pue_ratio / earlier_pue_ratio) ** way_ratio


def facility_pue_ratio(survey_pue_ratio: Array, pue_weighting_ratio: Array) -> Array:
    r"""Power usage effectiveness that the energy meets, up to a factor that is the same in all years.

    Formula: P = P_\mathrm{survey} \, v

    Boundary: energy of the building over energy of its computers, weighted by energy; only its change counts.

    >>> facility_pue_ratio(1.5, 0.9)
    1.35
    """
    return survey_pue_ratio * pue_weighting_ratio


def energy_part_ratio(
    data_centre_electricity_j: Array,
    base_data_centre_electricity_j: Array,
    calendar_year: Array,
    base_calendar_year: Array,
) -> Array:
    r"""Growth of the electricity of data centres, in log points a year.

    Formula: e = \frac{\ln \left( E(t) / E(t_0) \right)}{t - t_0}

    Boundary: data centres with their cooling and power supply, site electricity.

    >>> f"{energy_part_ratio(2.718281828459045, 1.0, 2014.0, 2010.0):.2f}"
    '0.25'
    """
    factor = data_centre_electricity_j / base_data_centre_electricity_j
    return jnp.log(factor) / (calendar_year - base_calendar_year)


def service_part_ratio(service_factor_ratio: Array, calendar_year: Array, base_calendar_year: Array) -> Array:
    r"""What growing service adds to the growth of electricity, in log points a year.

    Formula: s = \frac{\ln f_S}{t - t_0}, \quad f_S = \frac{S(t)}{S(t_0)}

    Boundary: the service that the series counts, which stands in the row.

    >>> f"{service_part_ratio(2.718281828459045, 2014.0, 2010.0):.2f}"
    '0.25'
    """
    return jnp.log(service_factor_ratio) / (calendar_year - base_calendar_year)


def facility_part_ratio(
    facility_pue_ratio: Array,
    base_facility_pue_ratio: Array,
    calendar_year: Array,
    base_calendar_year: Array,
) -> Array:
    r"""What a leaner building adds to the growth of electricity, in log points a year; mostly negative.

    Formula: p = \frac{\ln \left( P(t) / P(t_0) \right)}{t - t_0}

    Boundary: cooling, power supply and lighting, per unit of energy of the computers.

    >>> f"{facility_part_ratio(1.0, 2.718281828459045, 2014.0, 2010.0):.2f}"
    '-0.25'
    """
    return jnp.log(facility_pue_ratio / base_facility_pue_ratio) / (calendar_year - base_calendar_year)


def server_part_ratio(
    energy_part_ratio: Array, service_part_ratio: Array, facility_part_ratio: Array
) -> Array:
    r"""What leaner computing adds to the growth of electricity, in log points a year; the rest.

    Formula: u = e - s - p

    Boundary: servers, storage and networks inside the building, per unit of service: better chips,
    fuller machines and better software together.

    Holds: as a remainder; an error of the growth of service enters it whole, with the sign turned.

    >>> server_part_ratio(0.125, 0.5, -0.125)
    -0.25
    """
    return energy_part_ratio - service_part_ratio - facility_part_ratio


def efficiency_offset_ratio(energy_part_ratio: Array, service_part_ratio: Array) -> Array:
    r"""Part of the growth of service that efficiency kept from becoming growth of electricity.

    Formula: o = -\frac{u + p}{s} = 1 - \frac{e}{s}

    Boundary: all efficiency, of computing and of buildings, in log points.

    Holds: where service grows. One means that electricity stood still, zero that nothing was saved.

    >>> efficiency_offset_ratio(0.25, 1.0)
    0.75
    """
    return 1.0 - energy_part_ratio / service_part_ratio


def server_offset_ratio(server_part_ratio: Array, service_part_ratio: Array) -> Array:
    r"""Part of the growth of service that leaner computing alone kept from becoming electricity.

    Formula: o_u = -u / s

    Boundary: servers, storage and networks inside the building; what buildings saved is left out.

    >>> server_offset_ratio(-0.75, 1.0)
    0.75
    """
    return -server_part_ratio / service_part_ratio


def unimproved_electricity_j(base_data_centre_electricity_j: Array, service_factor_ratio: Array) -> Array:
    r"""Electricity that today's service would take at the efficiency of the base year.

    Formula: E' = E(t_0) \, f_S, \quad f_S = S(t) / S(t_0)

    Boundary: data centres with their cooling and power supply, site electricity, calendar year.

    Scope: sector, site, calendar-year

    Holds: as a measure of what was avoided. Dear service would not have grown as much, so nobody
    would have met this bill.

    >>> unimproved_electricity_j(200.0, 6.0)
    1200.0
    """
    return base_data_centre_electricity_j * service_factor_ratio


def _mean_j(one_j: Array, other_j: Array) -> Array:
    """Logarithmic mean L of two energies, by its series where they nearly agree."""
    gap = jnp.log(one_j / other_j)
    near = jnp.abs(gap) < 1e-4
    apart = jnp.where(near, 1.0, gap)
    return other_j * jnp.where(near, 1.0 + gap / 2.0 + gap**2 / 6.0, jnp.expm1(apart) / apart)


def service_change_j(
    data_centre_electricity_j: Array,
    base_data_centre_electricity_j: Array,
    service_factor_ratio: Array,
) -> Array:
    r"""What growing service added to the electricity of data centres between two years.

    Formula: \Delta_s = L(E(t), E(t_0)) \, \ln f_S, \quad L(a, b) = \frac{a - b}{\ln (a / b)}

    Boundary: site electricity, yearly use at the end less yearly use at the start.

    Scope: sector, site, calendar-year

    Worked by hand: from 200 J to 200 J the mean is 200 J, and ln 1.1 is 0.09531.

    >>> f"{service_change_j(200.0, 200.0, 1.1):.3f}"
    '19.062'
    """
    mean_j = _mean_j(data_centre_electricity_j, base_data_centre_electricity_j)
    return mean_j * jnp.log(service_factor_ratio)


def facility_change_j(
    data_centre_electricity_j: Array,
    base_data_centre_electricity_j: Array,
    facility_pue_ratio: Array,
    base_facility_pue_ratio: Array,
) -> Array:
    r"""What leaner buildings added to the electricity of data centres between two years; mostly negative.

    Formula: \Delta_p = L(E(t), E(t_0)) \, \ln \frac{P(t)}{P(t_0)}, \quad L(a, b) = \frac{a - b}{\ln (a / b)}

    Boundary: site electricity, yearly use at the end less yearly use at the start.

    Scope: sector, site, calendar-year

    >>> f"{facility_change_j(200.0, 200.0, 1.0, 1.1):.3f}"
    '-19.062'
    """
    mean_j = _mean_j(data_centre_electricity_j, base_data_centre_electricity_j)
    return mean_j * jnp.log(facility_pue_ratio / base_facility_pue_ratio)


def server_change_j(
    data_centre_electricity_j: Array,
    base_data_centre_electricity_j: Array,
    service_change_j: Array,
    facility_change_j: Array,
) -> Array:
    r"""What leaner computing added to the electricity of data centres between two years; the rest.

    Formula: \Delta_u = E(t) - E(t_0) - \Delta_s - \Delta_p

    Boundary: site electricity, yearly use at the end less yearly use at the start.

    Scope: sector, site, calendar-year

    >>> server_change_j(205.0, 194.0, 370.0, -60.0)
    -299.0
    """
    change_j = data_centre_electricity_j - base_data_centre_electricity_j
    return change_j - service_change_j - facility_change_j


def pue_change_ratio(fleet_pue_ratio: Array, base_fleet_pue_ratio: Array) -> Array:
    r"""Factor by which the power usage effectiveness of one operator changed between two years.

    Formula: c = P(t) / P(t_0)

    Boundary: fleet of the operator, as it reports it; below one is an improvement.

    >>> pue_change_ratio(1.5, 2.0)
    0.75
    """
    return fleet_pue_ratio / base_fleet_pue_ratio


def whole_moved_ratio(usual_pue_ratio: Array, cold_pue_ratio: Array) -> Array:
    r"""Electricity after everything moved to a cold site with good cooling, over that before.

    Formula: q = P_\mathrm{new} / P_\mathrm{old}

    Boundary: facility, per unit of energy of the computers.

    Holds: while the computers themselves use the same energy in both places.

    >>> whole_moved_ratio(2.0, 1.5)
    0.75
    """
    return cold_pue_ratio / usual_pue_ratio


def part_moved_ratio(whole_moved_ratio: Array, movable_share_ratio: Array) -> Array:
    r"""Electricity after that part of the load moved which can move, over that before.

    Formula: q_m = 1 - m \, (1 - q)

    Boundary: facility, per unit of energy of the computers.

    >>> part_moved_ratio(0.75, 0.5)
    0.875
    """
    return 1.0 - movable_share_ratio * (1.0 - whole_moved_ratio)


def whole_saving_ratio(whole_moved_ratio: Array) -> Array:
    r"""Part of the electricity that moving everything to a cold site saves, once.

    Formula: v = 1 - q = 1 - \frac{P_\mathrm{new}}{P_\mathrm{old}}

    Boundary: facility, per unit of energy of the computers.

    >>> whole_saving_ratio(0.75)
    0.25
    """
    return 1.0 - whole_moved_ratio


def siting_saving_ratio(part_moved_ratio: Array) -> Array:
    r"""Part of the electricity that moving what can move to a cold site saves, once.

    Formula: v_m = 1 - q_m = m \left( 1 - \frac{P_\mathrm{new}}{P_\mathrm{old}} \right)

    Boundary: facility, per unit of energy of the computers.

    >>> siting_saving_ratio(0.875)
    0.125
    """
    return 1.0 - part_moved_ratio


def absorption_time_s(
    part_moved_ratio: Array, observed_ai_growth_ratio: Array, calendar_year_s: Array
) -> Array:
    r"""Time in which growth uses up the saving of moving what can move.

    Formula: \tau = \frac{-\ln q_m}{\ln (1 + g)} \, t_\mathrm{year}, \quad q_m = 1 - v_m

    Boundary: the same load before and after; growth at a steady rate.

    Worked by hand: half the electricity, at a growth of 100 % a year, is back after one year.

    >>> f"{absorption_time_s(0.5, 1.0, 1.0):.1f}"
    '1.0'
    """
    return -jnp.log(part_moved_ratio) / jnp.log1p(observed_ai_growth_ratio) * calendar_year_s


def whole_absorption_time_s(
    whole_moved_ratio: Array, observed_ai_growth_ratio: Array, calendar_year_s: Array
) -> Array:
    r"""Time in which growth uses up the saving of moving everything.

    Formula: \tau = \frac{-\ln q}{\ln (1 + g)} \, t_\mathrm{year}

    Boundary: the same load before and after; growth at a steady rate.

    >>> f"{whole_absorption_time_s(0.5, 1.0, 1.0):.1f}"
    '1.0'
    """
    return -jnp.log(whole_moved_ratio) / jnp.log1p(observed_ai_growth_ratio) * calendar_year_s


def site_electricity_j(computer_electricity_j: Array, usual_pue_ratio: Array) -> Array:
    r"""Electricity of a site for a load of its computers, whoever supplies it.

    Formula: E = E_\mathrm{IT} \, P

    Boundary: facility; the supply of electricity does not enter.

    Scope: facility, site, per-unit

    Converts: energy of the computers into that of the facility, by the overhead of a usual site.

    >>> site_electricity_j(100.0, 1.5)
    150.0
    """
    return computer_electricity_j * usual_pue_ratio


def supply_carbon_kg(site_electricity_j: Array, grid_carbon_kg_per_j: Array) -> Array:
    r"""Greenhouse gases of the electricity of a site, at the intensity of its supply.

    Formula: m = E \, c

    Boundary: average intensity of the supply over the life of its plants, as carbon dioxide.

    >>> supply_carbon_kg(100.0, 0.5)
    50.0
    """
    return site_electricity_j * grid_carbon_kg_per_j
