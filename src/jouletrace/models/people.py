"""M1: what artificial intelligence uses, beside what people use.

Every reading of "more energy than human beings" is one energy over one calendar year.
"""

import jax.numpy as jnp
from jax import Array


def workers_metabolism_j(
    employed_person: Array, metabolic_power_w_per_person: Array, calendar_year_s: Array
) -> Array:
    r"""Energy that the bodies of all employed people turn over in a year, day and night.

    Formula: E = N_\mathrm{work} \, p_{24} \, t_\mathrm{year}

    Boundary: bodies of employed people, world, all hours of the year; food energy in.

    Scope: world, site, calendar-year

    Worked by hand: 3.55e9 people x 116 W x 3.1536e7 s = 1.2987e19 J.

    >>> f"{workers_metabolism_j(3.55e9, 116.0, 3.1536e7):.4e}"
    '1.2987e+19'
    """
    return employed_person * metabolic_power_w_per_person * calendar_year_s


def labour_force_metabolism_j(
    reported_labour_force_person: Array,
    metabolic_power_w_per_person: Array,
    calendar_year_s: Array,
) -> Array:
    r"""Energy that the bodies of the labour force turn over in a year, day and night.

    Formula: E = N_\mathrm{force} \, p_{24} \, t_\mathrm{year}

    Boundary: bodies of people in work or looking for it, all hours of the year; a check of the
    energy of employed people against an independent count.

    Scope: world, site, calendar-year

    >>> labour_force_metabolism_j(2.0, 100.0, 10.0)
    2000.0
    """
    return reported_labour_force_person * metabolic_power_w_per_person * calendar_year_s


def workers_food_chain_j(workers_metabolism_j: Array, food_chain_ratio: Array) -> Array:
    r"""Energy that the food chain spends to feed the bodies of employed people for a year.

    Formula: E = k_\mathrm{food} \, E_\mathrm{body}

    Boundary: farm to plate, energy put in for the food energy of employed people.

    Scope: world, primary, calendar-year

    Converts: food energy into all energy that was put in to bring it to the plate.

    >>> workers_food_chain_j(10.0, 4.0)
    40.0
    """
    return workers_metabolism_j * food_chain_ratio


def workers_metabolism_in_paid_hours_j(
    employed_person: Array, working_metabolic_power_w_per_person: Array, paid_time_s: Array
) -> Array:
    r"""Energy that the bodies of employed people turn over while they are paid to work.

    Formula: E = N_\mathrm{work} \, p_\mathrm{work} \, t_\mathrm{paid}

    Boundary: bodies of employed people, world, paid hours of one year.

    Scope: world, site, calendar-year

    >>> workers_metabolism_in_paid_hours_j(2.0, 180.0, 100.0)
    36000.0
    """
    return employed_person * working_metabolic_power_w_per_person * paid_time_s


def workers_extra_metabolism_j(
    employed_person: Array, extra_metabolic_power_w_per_person: Array, paid_time_s: Array
) -> Array:
    r"""Energy that the bodies of employed people turn over because they work, above rest.

    Formula: E = N_\mathrm{work} \, p_\mathrm{extra} \, t_\mathrm{paid}

    Boundary: bodies of employed people, world, paid hours, metabolism at rest taken off.

    Scope: world, site, calendar-year

    >>> workers_extra_metabolism_j(2.0, 80.0, 100.0)
    16000.0
    """
    return employed_person * extra_metabolic_power_w_per_person * paid_time_s


def workers_mechanical_work_j(
    employed_person: Array, mechanical_power_w_per_person: Array, paid_time_s: Array
) -> Array:
    r"""Mechanical work that the muscles of employed people deliver in a year.

    Formula: E = N_\mathrm{work} \, p_\mathrm{mech} \, t_\mathrm{paid}

    Boundary: work delivered by muscles in paid hours, world.

    Scope: world, site, calendar-year

    >>> workers_mechanical_work_j(2.0, 25.0, 100.0)
    5000.0
    """
    return employed_person * mechanical_power_w_per_person * paid_time_s


def workers_brain_in_paid_hours_j(
    employed_person: Array, brain_power_w_per_person: Array, paid_time_s: Array
) -> Array:
    r"""Energy that the brains of employed people turn over while they are paid to work.

    Formula: E = N_\mathrm{work} \, p_\mathrm{brain} \, t_\mathrm{paid}

    Boundary: brains of employed people, world, paid hours of one year.

    Scope: world, site, calendar-year

    >>> workers_brain_in_paid_hours_j(2.0, 20.0, 100.0)
    4000.0
    """
    return employed_person * brain_power_w_per_person * paid_time_s


def workers_brain_j(employed_person: Array, brain_power_w_per_person: Array, calendar_year_s: Array) -> Array:
    r"""Energy that the brains of employed people turn over in a year, day and night.

    Formula: E = N_\mathrm{work} \, p_\mathrm{brain} \, t_\mathrm{year}

    Boundary: brains of employed people, world, all hours of the year.

    Scope: world, site, calendar-year

    >>> workers_brain_j(2.0, 20.0, 100.0)
    4000.0
    """
    return employed_person * brain_power_w_per_person * calendar_year_s


def people_metabolism_j(
    population_person: Array, metabolic_power_w_per_person: Array, calendar_year_s: Array
) -> Array:
    r"""Energy that the bodies of all people turn over in a year.

    Formula: E = N_\mathrm{people} \, p_{24} \, t_\mathrm{year}

    Boundary: bodies of all people, world, all hours of the year; food energy in.

    Scope: world, site, calendar-year

    >>> people_metabolism_j(2.0, 100.0, 10.0)
    2000.0
    """
    return population_person * metabolic_power_w_per_person * calendar_year_s


def workers_share_of_final_energy_j(
    final_energy_j: Array, employed_person: Array, population_person: Array
) -> Array:
    r"""Part of the world's final energy that falls to employed people, head by head.

    Formula: E = E_\mathrm{final} \, N_\mathrm{work} / N_\mathrm{people}

    Boundary: final energy of all kinds, world, calendar year, shared equally by heads.

    Scope: world, site, calendar-year

    >>> workers_share_of_final_energy_j(100.0, 2.0, 8.0)
    25.0
    """
    return final_energy_j * employed_person / population_person


def population_person(
    reported_population_person: Array,
    population_growth_ratio: Array,
    calendar_year: Array,
    reported_population_year: Array,
) -> Array:
    r"""People alive in a year: the last reported count, carried forward by its growth.

    Formula: N(t) = N(t_0) \, (1 + g)^{t - t_0}

    Boundary: all people of the region, mid-year. In a reported year the growth has no effect.

    >>> population_person(100.0, 0.01, 2024.0, 2024.0)
    100.0
    """
    years_ratio = calendar_year - reported_population_year
    return reported_population_person * (1.0 + population_growth_ratio) ** years_ratio


def ai_year_end_power_as_energy_j(ai_year_end_power_w: Array, calendar_year_s: Array) -> Array:
    r"""Energy of a year in which artificial intelligence draws its year-end power all the time.

    Formula: E = P_\mathrm{AI,end} \, t_\mathrm{year}

    Boundary: AI systems, world; an upper view, since the power at the end of a year of growth
    stands for the whole year.

    Scope: sector, site, calendar-year

    Converts: power at the end of a year into the energy of a year, as if it had been drawn all
    year.

    Worked by hand: 23 GW x 8760 h = 201.5 TWh = 7.253e17 J.

    >>> f"{ai_year_end_power_as_energy_j(23e9, 3.1536e7):.4e}"
    '7.2533e+17'
    """
    return ai_year_end_power_w * calendar_year_s


def ai_overtakes_workers_year(
    ai_electricity_j: Array,
    workers_metabolism_j: Array,
    ai_growth_ratio: Array,
    calendar_year: Array,
) -> Array:
    r"""Year in which growing AI electricity reaches the metabolism of all employed people.

    Formula: t^* = t + \ln(E_\mathrm{body} / E_\mathrm{AI}) / \ln(1 + g)

    Boundary: as the two energies; holds only while the growth stays the same.

    >>> float(ai_overtakes_workers_year(1.0, 4.0, 1.0, 2025.0))
    2027.0
    """
    return calendar_year + _years_to_reach(ai_electricity_j, workers_metabolism_j, ai_growth_ratio)


def ai_overtakes_people_year(
    ai_electricity_j: Array,
    people_metabolism_j: Array,
    ai_growth_ratio: Array,
    calendar_year: Array,
) -> Array:
    r"""Year in which growing AI electricity reaches the metabolism of all people.

    Formula: t^* = t + \ln(E_\mathrm{body} / E_\mathrm{AI}) / \ln(1 + g)

    Boundary: as the two energies; holds only while the growth stays the same.

    >>> float(ai_overtakes_people_year(1.0, 8.0, 1.0, 2025.0))
    2028.0
    """
    return calendar_year + _years_to_reach(ai_electricity_j, people_metabolism_j, ai_growth_ratio)


def ai_overtakes_final_energy_year(
    ai_electricity_j: Array,
    final_energy_j: Array,
    ai_growth_ratio: Array,
    calendar_year: Array,
) -> Array:
    r"""Year in which growing AI electricity reaches all final energy that people use today.

    Formula: t^* = t + \ln(E_\mathrm{final} / E_\mathrm{AI}) / \ln(1 + g)

    Boundary: as the two energies; holds only while the growth stays the same.

    >>> float(ai_overtakes_final_energy_year(1.0, 2.0, 1.0, 2025.0))
    2026.0
    """
    return calendar_year + _years_to_reach(ai_electricity_j, final_energy_j, ai_growth_ratio)


def _years_to_reach(start_j: Array, goal_j: Array, growth_ratio: Array) -> Array:
    return jnp.log(goal_j / start_j) / jnp.log(1.0 + growth_ratio)


def implied_ai_electricity_j(
    predicted_share_ratio: Array,
    electricity_generation_j: Array,
    ai_growth_ratio: Array,
    calendar_year: Array,
    base_calendar_year: Array,
) -> Array:
    r"""AI electricity in an earlier year that a predicted later share of electricity implies.

    Formula: E_\mathrm{AI}(t_0) = s \, E_\mathrm{el}(t) \, (1 + g)^{-(t - t_0)}

    Boundary: world, calendar year, electricity generated; AI grows at one rate between.

    Scope: sector, site, calendar-year

    >>> implied_ai_electricity_j(0.5, 64.0, 1.0, 2030.0, 2025.0)
    1.0
    """
    years_ratio = calendar_year - base_calendar_year
    return predicted_share_ratio * electricity_generation_j * (1.0 + ai_growth_ratio) ** -years_ratio


def implied_ai_power_w_per_person(
    implied_ai_electricity_j: Array, base_employed_person: Array, calendar_year_s: Array
) -> Array:
    r"""Average power of that AI electricity for each employed person, over the whole year.

    Formula: p = E_\mathrm{AI} / (N_\mathrm{work} \, t_\mathrm{year})

    Boundary: world, all hours of the year.

    Scope: world, site, per-unit

    >>> implied_ai_power_w_per_person(200.0, 2.0, 10.0)
    10.0
    """
    return implied_ai_electricity_j / base_employed_person / calendar_year_s


def implied_ai_power_in_paid_hours_w_per_person(
    implied_ai_electricity_j: Array, base_employed_person: Array, paid_time_s: Array
) -> Array:
    r"""Average power of that AI electricity for each employed person, over paid hours only.

    Formula: p = E_\mathrm{AI} / (N_\mathrm{work} \, t_\mathrm{paid})

    Boundary: world, paid hours of one year.

    Scope: world, site, per-unit

    >>> implied_ai_power_in_paid_hours_w_per_person(200.0, 2.0, 10.0)
    10.0
    """
    return implied_ai_electricity_j / base_employed_person / paid_time_s
