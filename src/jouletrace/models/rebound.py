"""M18: demand against efficiency, rebound, and how much single methods gain.

Energy is demand over efficiency, E = D / eta, so ln D grows faster than ln eta exactly where E grows.
"""

import jax.numpy as jnp
from jax import Array


def demand_over_efficiency_ratio(
    ai_electricity_j: Array, base_ai_electricity_j: Array, calendar_year: Array, base_calendar_year: Array
) -> Array:
    r"""Factor per year by which demand for AI outgrew its efficiency: that of its electricity.

    Formula: \left( \frac{D(t) / D(t_0)}{\eta(t) / \eta(t_0)} \right)^{1 / (t - t_0)} =
    \left( \frac{E(t)}{E(t_0)} \right)^{1 / (t - t_0)}

    Boundary: world, electricity of AI in calendar years; demand is all that AI is asked to do, weighed
    by the energy that it took in the first year.

    Holds: always, since E = D / eta defines efficiency; above one where demand wins.

    >>> demand_over_efficiency_ratio(400.0, 100.0, 2025.0, 2023.0)
    2.0
    """
    return (ai_electricity_j / base_ai_electricity_j) ** (1.0 / (calendar_year - base_calendar_year))


def reported_demand_over_efficiency_ratio(yearly_energy_growth_ratio: Array) -> Array:
    r"""The same factor from a growth of electricity that a source prints.

    Formula: \frac{D(t) / D(t_0)}{\eta(t) / \eta(t_0)} = 1 + g_E

    Boundary: that of the source, one year.

    >>> reported_demand_over_efficiency_ratio(0.5)
    1.5
    """
    return 1.0 + yearly_energy_growth_ratio


def token_growth_ratio(
    served_token_per_s: Array, base_served_token_per_s: Array, calendar_year: Array, base_calendar_year: Array
) -> Array:
    r"""Factor per year by which the tokens grow that a firm processes.

    Formula: \left( D(t) / D(t_0) \right)^{1 / (t - t_0)}

    Boundary: all tokens that the firm counts, in and out; one token is not always the same work.

    >>> token_growth_ratio(400.0, 100.0, 2025.0, 2023.0)
    2.0
    """
    return (served_token_per_s / base_served_token_per_s) ** (1.0 / (calendar_year - base_calendar_year))


def message_growth_ratio(
    served_message_per_s: Array,
    base_served_message_per_s: Array,
    calendar_year: Array,
    base_calendar_year: Array,
) -> Array:
    r"""Factor per year by which the messages grow that people send to a service.

    Formula: \left( D(t) / D(t_0) \right)^{1 / (t - t_0)}

    Boundary: messages of people, whatever the work that an answer takes.

    >>> message_growth_ratio(400.0, 100.0, 2025.0, 2023.0)
    2.0
    """
    return (served_message_per_s / base_served_message_per_s) ** (1.0 / (calendar_year - base_calendar_year))


def user_growth_ratio(
    weekly_user_person: Array, base_weekly_user_person: Array, calendar_year: Array, base_calendar_year: Array
) -> Array:
    r"""Factor per year by which the people grow that use a service in a week.

    Formula: \left( D(t) / D(t_0) \right)^{1 / (t - t_0)}

    Boundary: people or accounts, whatever they ask for.

    >>> user_growth_ratio(400.0, 100.0, 2025.0, 2023.0)
    2.0
    """
    return (weekly_user_person / base_weekly_user_person) ** (1.0 / (calendar_year - base_calendar_year))


def needed_efficiency_gain_ratio(efficiency_gain_ratio: Array, demand_over_efficiency_ratio: Array) -> Array:
    r"""Gain of efficiency per year that would have held the electricity of AI flat.

    Formula: \eta'_\mathrm{flat} = \eta' \, E' , \text{ since } E' = D' / \eta'

    Boundary: one year; demand as it was. The gain is that of one service, taken for all.

    >>> needed_efficiency_gain_ratio(10.0, 1.5)
    15.0
    """
    return efficiency_gain_ratio * demand_over_efficiency_ratio


def saving_without_rebound_ratio(half_year_saving_ratio: Array, half_year_count: Array) -> Array:
    r"""Part of the power that steps of optimisation save together while the service stays the same.

    Formula: s_0 = 1 - (1 - s)^n

    Boundary: one firm's fleet, unchanged service.

    Holds: for savings below one.

    Worked by hand: four half-years that save a fifth each leave 0.8^4 = 0.4096 of the power.

    >>> round(float(saving_without_rebound_ratio(0.2, 4.0)), 4)
    0.5904
    """
    return 1.0 - jnp.abs(1.0 - half_year_saving_ratio) ** half_year_count


def rebound_ratio(reported_saving_ratio: Array, saving_without_rebound_ratio: Array) -> Array:
    r"""Part of the possible saving that growth of the service takes back.

    Formula: R = 1 - s / s_0

    Boundary: that of the two savings. Zero: all is saved; one: nothing; above one: more power than before.

    Holds: as the rebound that efficiency causes, if s is counted against what would have been without
    the gains; as an upper bound of it, if s is counted against the start, for then growth that would
    have come anyway is charged to efficiency too.

    Worked by hand: 28.5 % saved of 59.04 % leaves a rebound of 1 - 0.4827 = 0.5173.

    >>> round(rebound_ratio(0.285, 0.5904), 4)
    0.5173
    """
    return 1.0 - reported_saving_ratio / saving_without_rebound_ratio


def implied_service_growth_ratio(reported_saving_ratio: Array, saving_without_rebound_ratio: Array) -> Array:
    r"""Factor by which the service grew, if a saving without growth became the reported one.

    Formula: g = \frac{1 - s}{1 - s_0}

    Boundary: one firm's fleet, over the whole period.

    Worked by hand: 0.715 / 0.4096 = 1.7456.

    >>> round(implied_service_growth_ratio(0.285, 0.5904), 4)
    1.7456
    """
    return (1.0 - reported_saving_ratio) / (1.0 - saving_without_rebound_ratio)


def charged_rebound_ratio(
    ai_electricity_j: Array,
    base_ai_electricity_j: Array,
    efficiency_gain_ratio: Array,
    calendar_year: Array,
    base_calendar_year: Array,
) -> Array:
    r"""Rebound of all AI if every bit of its growth were charged to efficiency: an upper bound.

    Formula: R = 1 - \frac{1 - E(t) / E(t_0)}{1 - \eta'^{-(t - t_0)}}

    Boundary: world, electricity of AI; gain of one service per year, taken for all.

    Worked by hand: energy doubles in a year while efficiency doubles: 1 - (1 - 2) / (1 - 1/2) = 3.

    >>> charged_rebound_ratio(200.0, 100.0, 2.0, 2025.0, 2024.0)
    3.0
    """
    actual_ratio = 1.0 - ai_electricity_j / base_ai_electricity_j
    possible_ratio = 1.0 - efficiency_gain_ratio ** (base_calendar_year - calendar_year)
    return 1.0 - actual_ratio / possible_ratio


def firm_charged_rebound_ratio(
    firm_electricity_j: Array,
    base_firm_electricity_j: Array,
    half_year_saving_ratio: Array,
    calendar_year: Array,
    base_calendar_year: Array,
) -> Array:
    r"""Rebound of a firm if all growth of all its electricity were charged to efficiency.

    Formula: R = 1 - \frac{1 - E(t) / E(t_0)}{1 - (1 - s)^{2 (t - t_0)}}

    Boundary: all electricity of the firm, of which its AI fleet, that the saving is of, is a part.

    Holds: for savings below one; an upper bound of what efficiency causes.

    Worked by hand: energy grows by a quarter in a year of two steps that save a half each:
    1 - (1 - 1.25) / (1 - 0.25) = 4/3.

    >>> round(float(firm_charged_rebound_ratio(125.0, 100.0, 0.5, 2021.0, 2020.0)), 4)
    1.3333
    """
    half_years_ratio = 2.0 * (calendar_year - base_calendar_year)
    possible_ratio = 1.0 - jnp.abs(1.0 - half_year_saving_ratio) ** half_years_ratio
    return 1.0 - (1.0 - firm_electricity_j / base_firm_electricity_j) / possible_ratio


def lever_log_ratio(lever_gain_ratio: Array) -> Array:
    r"""Gain of one method in log points, which add up where gains multiply.

    Formula: l = \ln f

    Boundary: one service, energy before over energy after.

    Worked by hand: ln 10.1 = 2.3125, that is 231 log points.

    >>> round(float(lever_log_ratio(10.1)), 4)
    2.3125
    """
    return jnp.log(lever_gain_ratio)


def levers_together_ratio(mean_lever_gain_ratio: Array, lever_count: Array) -> Array:
    r"""Gain of several methods one on top of the other: the product of their gains.

    Formula: f = \prod_i f_i = \bar{f}^{\,n}, \text{ with the geometric mean } \bar{f}

    Boundary: one service; each gain was measured on top of those before it.

    Worked by hand: 10 x 10 x 10 = 1000.

    >>> levers_together_ratio(10.0, 3.0)
    1000.0
    """
    return mean_lever_gain_ratio**lever_count


def fleet_log_ratio(saving_without_rebound_ratio: Array) -> Array:
    r"""Gain of all methods on a whole fleet in log points, while the service stays the same.

    Formula: l = -\ln (1 - s_0)

    Boundary: one firm's fleet, over the whole period.

    Holds: for savings below one.

    Worked by hand: -ln 0.4096 = 0.8926, that is 89 log points.

    >>> round(float(fleet_log_ratio(0.5904)), 4)
    0.8926
    """
    return -jnp.log(jnp.abs(1.0 - saving_without_rebound_ratio))
