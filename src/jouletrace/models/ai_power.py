"""Electricity of AI from the stock of accelerators: chips sold, their power, how much of it is used."""

from jax import Array


def accelerator_mean_stock_count(
    opening_stock_count: Array,
    first_quarter_stock_count: Array,
    second_quarter_stock_count: Array,
    third_quarter_stock_count: Array,
    closing_stock_count: Array,
) -> Array:
    r"""Mean over a year of a stock that is known at the ends of its quarters.

    Formula: \bar{N} = \frac{1}{4} \left( \frac{N_0}{2} + N_1 + N_2 + N_3 + \frac{N_4}{2} \right)

    Boundary: that of the stock.

    Holds: when the stock grows evenly within each quarter.

    >>> accelerator_mean_stock_count(0.0, 25.0, 50.0, 75.0, 100.0)
    50.0
    """
    inner_count = first_quarter_stock_count + second_quarter_stock_count + third_quarter_stock_count
    return (0.5 * (opening_stock_count + closing_stock_count) + inner_count) / 4.0


def counted_it_power_w(
    accelerator_stock_count: Array, accelerator_tdp_w: Array, accelerator_it_to_tdp_ratio: Array
) -> Array:
    r"""IT power of a stock of one kind of accelerator at rated maximum.

    Formula: P_\mathrm{IT} = N \, P_\mathrm{chip} \, k

    Boundary: accelerators with their share of server, network and storage; no cooling of the room.

    Scope: server, site, per-unit

    >>> counted_it_power_w(1000.0, 700.0, 2.0)
    1400000.0
    """
    return accelerator_stock_count * accelerator_tdp_w * accelerator_it_to_tdp_ratio


def ai_rated_it_power_w(
    counted_it_power_w: Array,
    accelerator_counted_share_ratio: Array,
    earlier_accelerator_it_power_w: Array,
) -> Array:
    r"""IT power of all accelerators at rated maximum, with those that the counts leave out.

    Formula: P = P_\mathrm{IT} / c + P_\mathrm{earlier}

    Boundary: accelerators of all makers with server, network and storage; no cooling of the room.

    Scope: server, site, calendar-year

    Holds: when what the counts leave out is rated and used as what they hold.

    >>> ai_rated_it_power_w(8.0, 0.8, 1.0)
    11.0
    """
    return counted_it_power_w / accelerator_counted_share_ratio + earlier_accelerator_it_power_w


def stock_ai_it_power_w(
    ai_rated_it_power_w: Array,
    accelerator_running_share_ratio: Array,
    accelerator_utilisation_ratio: Array,
) -> Array:
    r"""Mean power that AI servers draw.

    Formula: P_\mathrm{mean} = P \, r \, u

    Boundary: accelerators that run, with server, network and storage; no cooling of the room.

    Scope: server, site, calendar-year

    >>> stock_ai_it_power_w(10.0, 0.8, 0.5)
    4.0
    """
    return ai_rated_it_power_w * accelerator_running_share_ratio * accelerator_utilisation_ratio


def stock_ai_electricity_j(
    stock_ai_it_power_w: Array, ai_site_pue_ratio: Array, calendar_year_s: Array
) -> Array:
    r"""Electricity of AI in a year, from the mean stock of accelerators in that year.

    Formula: E = P_\mathrm{mean} \, \mathrm{PUE} \, T

    Boundary: accelerators of the world with server, network, storage and cooling. Servers without
    accelerators are left out, also those that stand in sites built for AI.

    Scope: facility, site, calendar-year

    >>> stock_ai_electricity_j(4.0, 1.25, 100.0)
    500.0
    """
    return stock_ai_it_power_w * ai_site_pue_ratio * calendar_year_s


def stock_ai_year_end_power_w(stock_ai_it_power_w: Array, ai_site_pue_ratio: Array) -> Array:
    r"""Power that AI draws at the end of a year, from the stock at that date.

    Formula: P_\mathrm{end} = P_\mathrm{mean} \, \mathrm{PUE}

    Boundary: as its electricity of a year; the stock is that of the end of the year.

    Scope: facility, site, year-end-power

    >>> stock_ai_year_end_power_w(4.0, 1.25)
    5.0
    """
    return stock_ai_it_power_w * ai_site_pue_ratio


def stock_ai_rated_power_w(ai_rated_it_power_w: Array, ai_site_pue_ratio: Array) -> Array:
    r"""Power that all accelerators would draw at the same time at rated maximum.

    Formula: P_\mathrm{rated} = P \, \mathrm{PUE}

    Boundary: all accelerators sold, running or not, with server, network, storage and cooling.

    Scope: facility, site, year-end-power

    >>> stock_ai_rated_power_w(20.0, 1.2)
    24.0
    """
    return ai_rated_it_power_w * ai_site_pue_ratio
