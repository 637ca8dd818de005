"""M2 and M3: electricity of data centres, its scopes, and the part of artificial intelligence."""

from jax import Array


def anchored_data_centre_electricity_j(
    earlier_estimate_j: Array,
    later_estimate_j: Array,
    earlier_estimate_year: Array,
    later_estimate_year: Array,
    calendar_year: Array,
    path_form_ratio: Array,
) -> Array:
    r"""Electricity of data centres on a line through two chosen estimates, in the logarithm.

    Formula: E(t) = E_0 \, (E_1 / E_0)^{w} \, d^{4 w (1 - w)}, \quad w = \frac{t - t_0}{t_1 - t_0}

    Boundary: data centres with their cooling and power supply, site electricity, calendar year;
    no networks, no crypto-currency mining, no user devices.

    Scope: sector, site, calendar-year

    Holds: between two estimates; growth is taken as even in between, and d is how wrong that may
    be half-way. At the estimates themselves d has no effect.

    >>> anchored_data_centre_electricity_j(100.0, 400.0, 2016.0, 2020.0, 2018.0, 1.0)
    200.0
    """
    way_ratio = (calendar_year - earlier_estimate_year) / (later_estimate_year - earlier_estimate_year)
    form_ratio = path_form_ratio ** (4.0 * way_ratio * (1.0 - way_ratio))
    return earlier_estimate_j * (later_estimate_j / earlier_estimate_j) ** way_ratio * form_ratio


def data_centres_and_networks_electricity_j(
    data_centre_electricity_j: Array, network_electricity_j: Array
) -> Array:
    r"""Electricity of data centres and of data networks.

    Formula: E = E_\mathrm{DC} + E_\mathrm{net}

    Boundary: data centres, and fixed and mobile data transmission networks.

    Scope: sector, site, calendar-year

    >>> data_centres_and_networks_electricity_j(200.0, 250.0)
    450.0
    """
    return data_centre_electricity_j + network_electricity_j


def data_centres_networks_and_mining_electricity_j(
    data_centres_and_networks_electricity_j: Array, mining_electricity_j: Array
) -> Array:
    r"""Electricity of data centres, data networks and crypto-currency mining.

    Formula: E = E_\mathrm{DC} + E_\mathrm{net} + E_\mathrm{mine}

    Boundary: data centres, data networks, mining of crypto-currencies.

    Scope: sector, site, calendar-year

    >>> data_centres_networks_and_mining_electricity_j(450.0, 20.0)
    470.0
    """
    return data_centres_and_networks_electricity_j + mining_electricity_j


def ict_electricity_j(
    data_centres_and_networks_electricity_j: Array, user_device_electricity_j: Array
) -> Array:
    r"""Electricity of information technology as a whole, while it is used.

    Formula: E = E_\mathrm{DC} + E_\mathrm{net} + E_\mathrm{dev}

    Boundary: data centres, data networks, phones and computers; no televisions, no mining.

    Scope: sector, site, calendar-year

    >>> ict_electricity_j(450.0, 400.0)
    850.0
    """
    return data_centres_and_networks_electricity_j + user_device_electricity_j


def data_centre_share_growth_ratio(
    data_centre_electricity_j: Array,
    base_data_centre_electricity_j: Array,
    electricity_generation_j: Array,
    base_electricity_generation_j: Array,
) -> Array:
    r"""Factor by which the share of data centres in electricity grows between two years.

    Formula: f = \frac{E_\mathrm{DC}(t) / E_\mathrm{el}(t)}{E_\mathrm{DC}(t_0) / E_\mathrm{el}(t_0)}

    Boundary: as the shares; a final-consumption share grows by the same factor.

    >>> data_centre_share_growth_ratio(4.0, 2.0, 200.0, 200.0)
    2.0
    """
    now = data_centre_electricity_j / electricity_generation_j
    return now / (base_data_centre_electricity_j / base_electricity_generation_j)


def data_centres_and_telecom_electricity_j(
    published_view_electricity_j: Array, telecom_electricity_j: Array
) -> Array:
    r"""Electricity of data centres and of telecom rooms with their base stations.

    Formula: E = E_\mathrm{DC} + E_\mathrm{tel}

    Boundary: data centres, and the base stations and rooms of telecom operators.

    Scope: sector, site, calendar-year

    >>> data_centres_and_telecom_electricity_j(300.0, 100.0)
    400.0
    """
    return published_view_electricity_j + telecom_electricity_j


def average_view_and_telecom_electricity_j(
    average_view_electricity_j: Array, telecom_electricity_j: Array
) -> Array:
    r"""As data centres and telecom rooms, with the average of the published views.

    Formula: E = \bar{E}_\mathrm{DC} + E_\mathrm{tel}

    Boundary: data centres, and the base stations and rooms of telecom operators.

    Scope: sector, site, calendar-year

    >>> average_view_and_telecom_electricity_j(300.0, 100.0)
    400.0
    """
    return average_view_electricity_j + telecom_electricity_j


def ai_increment_share_ratio(
    ai_electricity_j: Array,
    base_ai_electricity_j: Array,
    data_centre_electricity_j: Array,
    base_data_centre_electricity_j: Array,
) -> Array:
    r"""Part of the growth of data-centre electricity that is growth of artificial intelligence.

    Formula: s = \frac{E_\mathrm{AI}(t) - E_\mathrm{AI}(t_0)}{E_\mathrm{DC}(t) - E_\mathrm{DC}(t_0)}

    Boundary: world, site electricity, between two calendar years.

    >>> ai_increment_share_ratio(120.0, 20.0, 500.0, 300.0)
    0.5
    """
    increment_j = ai_electricity_j - base_ai_electricity_j
    return increment_j / (data_centre_electricity_j - base_data_centre_electricity_j)


def firm_growth_ratio(
    firm_electricity_j: Array,
    base_firm_electricity_j: Array,
    calendar_year: Array,
    base_calendar_year: Array,
) -> Array:
    r"""Yearly growth of the electricity that a firm reports, between two years.

    Formula: g = \left( E(t) / E(t_0) \right)^{1 / (t - t_0)} - 1

    Boundary: all electricity of the firm, as it reports it.

    >>> firm_growth_ratio(400.0, 100.0, 2022.0, 2020.0)
    1.0
    """
    factor = firm_electricity_j / base_firm_electricity_j
    return factor ** (1.0 / (calendar_year - base_calendar_year)) - 1.0
