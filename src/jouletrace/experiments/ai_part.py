"""AI's part in data centres: a second level, tied to the first because AI runs inside them.

ln(part / (1 - part)) of the world wanders from year to year. It is seen by published energies, parts
and powers of AI, and by the electricity that the stock of accelerators is calculated to draw. Each
published figure is off by what its boundary leaves out, by an error that it shares with its lineage,
by a drift for each year that it looks ahead, and by an error of its own. A figure that is printed as
an end ("at least", "up to") lies on its side of the truth by an amount of its own.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax import Array
from numpy.typing import NDArray

from jouletrace.experiments.effects import Numbers
from jouletrace.registry.distribution import Z95
from jouletrace.registry.rows import Row
from jouletrace.registry.schema import Setting
from jouletrace.units import to_coherent, to_reader

FIRST_YEAR = 2015
LAST_YEAR = 2030
ENERGY, POWER, SHARE = "ai_electricity_estimate_j", "ai_power_estimate_w", "ai_share_estimate_ratio"
#: What a series of the table counts; a series that is not named here counts something else than the
#: power drawn by the AI of a region, such as chips of one maker or what was delivered in one year.
SERIES = {
    "servers": ("ai-servers", "ai-servers-lbnl", "ai-optimised-servers", "supply-chain", "ai-power-use"),
    "sites": ("ai-focused-sites",),
    "undefined": ("share-of-total", "ai-related", "ai-systems"),
}
REGIONS = ("world", "united-states")
NO_LINEAGE = -1
Settings = dict[str, Setting]


@dataclass(frozen=True)
class Prior:
    """Scales of the prior; every number stands, with its reason, in computed.yaml."""

    years: int
    start: float
    start_spread: float
    growth: float
    growth_spread: float
    growth_change: float
    offset: float
    offset_spread: float
    error: float
    level: float
    drift: float
    open_end: float


@dataclass(frozen=True)
class Seen:
    """Published figures as arrays, one entry for each, and then the totals from the stock.

    ``log_value``: ln of TWh (a power as the energy of a year) or of a part; ``is_share``; ``end``: the
    figure stands for the end of the year; ``side``: +1 where it is an upper end, -1 where a lower.
    ``lineage``, ``ahead``, ``design``, ``side`` and ``stock_covariance`` (zero but for them) have entries
    for the totals from the stock as well, which have no lineage: their covariance states all their errors.
    """

    log_value: Numbers
    width: Numbers
    year: NDArray[np.int_]
    region: NDArray[np.int_]
    is_share: NDArray[np.bool_]
    end: NDArray[np.bool_]
    side: Numbers
    ahead: Numbers
    lineage: NDArray[np.int_]
    design: Numbers
    middle: Numbers
    spread: Numbers
    stock_year: NDArray[np.int_]
    stock_covariance: Numbers


@dataclass(frozen=True)
class Published:
    """Rows in the order of the arrays, and the names of what they share."""

    rows: tuple[Row, ...]
    lineages: tuple[str, ...]
    common: tuple[str, ...]
    seen: Seen


def usable(rows: Iterable[Row]) -> list[Row]:
    """Figures of what AI draws; a part whose energy or power the same work gives is left out."""
    known = {name for names in SERIES.values() for name in names}
    kept = [row for row in rows if row.series in known and FIRST_YEAR <= row.year <= LAST_YEAR]
    stated = {(row.publication, row.region, row.year) for row in kept if row.quantity != SHARE}
    return [
        row for row in kept if row.quantity != SHARE or (row.publication, row.region, row.year) not in stated
    ]


def prior(settings: Settings) -> Prior:
    """Scales of the prior, from the entry in computed.yaml."""
    value = {name: one.value for name, one in settings.items()}
    return Prior(
        years=LAST_YEAR - FIRST_YEAR + 1,
        start=_logit(value["ai_start_part_ratio"]),
        start_spread=value["ai_start_spread_ratio"],
        growth=value["ai_growth_ratio"],
        growth_spread=value["ai_growth_spread_ratio"],
        growth_change=value["ai_growth_change_ratio"],
        offset=value["ai_united_states_ratio"],
        offset_spread=value["ai_united_states_spread_ratio"],
        error=value["ai_error_ratio"],
        level=value["ai_lineage_level_ratio"],
        drift=value["ai_lineage_drift_ratio"],
        open_end=value["ai_open_end_ratio"],
    )


def published(rows: Sequence[Row], settings: Settings, stock: dict[int, Numbers]) -> Published:
    """Arrays of some rows; ``stock`` has draws of TWh from the stock of accelerators, by year."""
    value = {name: one.value for name, one in settings.items()}
    lineages = tuple(sorted({row.lineage for row in rows}))
    logs = np.log(np.stack(list(stock.values())))
    common = [name for name in SERIES if any(row.series in SERIES[name] for row in rows)]
    spread = np.array([value[f"ai_{name}_spread_ratio"] for name in common])
    design = np.array([[float(row.series in SERIES[name]) for name in common] for row in rows])
    seen = Seen(
        log_value=np.concatenate([[_log_value(row) for row in rows], logs.mean(axis=1)]),
        width=np.array([_width(row, value["rounding_ratio"]) for row in rows]),
        year=np.array([row.year - FIRST_YEAR for row in rows]),
        region=np.array([REGIONS.index(row.region) for row in rows]),
        is_share=np.array([row.quantity == SHARE for row in rows]),
        end=np.array(["year-end" in row.boundary for row in rows]),
        side=np.array([_side(row) for row in rows] + [0.0] * len(stock)),
        ahead=np.array([float(max(row.year - row.published_year, 0)) for row in rows] + [0.0] * len(stock)),
        lineage=np.array([lineages.index(row.lineage) for row in rows] + [NO_LINEAGE] * len(stock)),
        design=np.concatenate([design, np.zeros((len(stock), len(common)))]),
        middle=np.array([value[f"ai_{name}_ratio"] for name in common]),
        spread=spread,
        stock_year=np.array(list(stock)) - FIRST_YEAR,
        stock_covariance=_corner(
            np.cov(logs) + value["stock_year_error_ratio"] ** 2 * np.eye(len(stock)), len(rows)
        ),
    )
    return Published(tuple(rows), lineages, tuple(common), seen)


def _corner(block: Numbers, before: int) -> Numbers:
    """A matrix that is zero but for a block in its last corner."""
    return np.pad(block, ((before, 0), (before, 0)))


def _log_value(row: Row) -> float:
    """ln of TWh a year, or of a part."""
    if row.quantity == POWER:
        watts = to_coherent(row.value, row.unit, "x_w")
        return math.log(to_reader(watts * to_coherent(1.0, "year", "x_s"), "x_j", "TWh"))
    if row.quantity == SHARE:
        return math.log(to_coherent(row.value, row.unit, "x_ratio"))
    return math.log(to_reader(to_coherent(row.value, row.unit, "x_j"), "x_j", "TWh"))


def _side(row: Row) -> float:
    """+1 for "up to", -1 for "at least": a range with one end only."""
    return float(row.low is None and row.high is not None) - float(row.high is None and row.low is not None)


def _width(row: Row, rounding: float) -> float:
    if row.low is None or row.high is None:
        return rounding
    return math.hypot(rounding, math.log(row.high / row.low) / (2.0 * Z95))


def _logit(part: float) -> float:
    return math.log(part / (1.0 - part))


def logit_parts(prior: Prior) -> Array:
    """ln(part / (1 - part)) of the world by year: its growth is a random walk."""
    start = numpyro.sample("ai_start", dist.Normal(0.0, 1.0))
    growth = numpyro.sample("ai_growth", dist.Normal(0.0, 1.0))
    change = numpyro.sample("ai_change", dist.HalfNormal(prior.growth_change))
    steps = numpyro.sample("ai_steps", dist.Normal(jnp.zeros(prior.years - 2), 1.0))
    first = prior.growth + prior.growth_spread * growth
    rates = first + jnp.concatenate([jnp.zeros(1), jnp.cumsum(change * steps)])
    level = prior.start + prior.start_spread * start
    return level + jnp.concatenate([jnp.zeros(1), jnp.cumsum(rates)])


def log_energy(log_world: Array, log_united_states: Array, logit: Array, offset: Array) -> Array:
    r"""ln of TWh of AI by region and year (region x year), in each region less than its data centres.

    ``offset`` is ln of how many times as high the odds of serving AI are in an American data centre as
    in one elsewhere. With the American part s and AI's part p in the world's data centres, that odds
    ratio ψ and S = 1 + (p + s)(ψ - 1), the part that is both is Plackett's.

    Formula: p_\mathrm{US} = \frac{2 \psi p s}{S + \sqrt{S^2 - 4 \psi (\psi - 1) p s}}
    """
    log_part = jax.nn.log_sigmoid(logit)
    log_american = log_united_states - log_world
    part, american, ratio = jnp.exp(log_part), jnp.exp(log_american), jnp.exp(offset)
    total = 1.0 + (part + american) * (ratio - 1.0)
    root = jnp.sqrt(total**2 - 4.0 * ratio * (ratio - 1.0) * part * american)
    world = log_world + log_part
    return jnp.stack([world, world + log_american + offset + jnp.log(2.0) - jnp.log(total + root)])


def expected(log_ai: Array, log_all: Array, seen: Seen) -> Array:
    """ln of what each figure, and then each total from the stock, would be without any error.

    At the end of a year that is midway to the next.
    """
    parts = log_ai - log_all
    energy = jnp.where(seen.is_share, parts[seen.region, seen.year], log_ai[seen.region, seen.year])
    after = jnp.minimum(seen.year + 1, log_ai.shape[1] - 1)
    later = jnp.where(seen.is_share, parts[seen.region, after], log_ai[seen.region, after])
    figures = jnp.where(seen.end, 0.5 * (energy + later), energy)
    return jnp.concatenate([figures, log_ai[0, seen.stock_year]])


def covariance(error: Array, level: Array, drift: Array, seen: Seen) -> Array:
    r"""Covariance of the logarithms of all figures, the totals from the stock last.

    Formula: V = \operatorname{diag}(e^2 + w^2) + V_\mathrm{stock} + Z D Z^\top
    + \lambda^2 S + \delta^2 (a a^\top) \circ S, with S_{ij} = 1 where i and j are of one lineage.
    """
    own = jnp.diag(
        jnp.concatenate([error**2 + jnp.asarray(seen.width) ** 2, jnp.zeros(len(seen.stock_year))])
    )
    common = jnp.asarray((seen.design * seen.spread**2) @ seen.design.T)
    of_a_lineage = seen.lineage != NO_LINEAGE
    same = jnp.asarray((seen.lineage[:, None] == seen.lineage[None, :]) & of_a_lineage)
    shared = common + same * (level**2 + drift**2 * jnp.asarray(np.outer(seen.ahead, seen.ahead)))
    return own + shared + jnp.asarray(seen.stock_covariance)


def model(prior: Prior, seen: Seen, log_all: Array, log_value: Array) -> Array:
    """Density of AI's figures given ln of TWh of all data centres (region x year, world first).

    ``log_value`` holds the totals from the stock last. An open end is a normal error and a half-normal
    one. Returns ln of TWh of AI (region x year).
    """
    logit = logit_parts(prior)
    offset = numpyro.sample("ai_offset", dist.Normal(0.0, 1.0))
    log_ai = log_energy(log_all[0], log_all[1], logit, prior.offset + prior.offset_spread * offset)
    numpyro.deterministic("log_ai", log_ai)
    error = numpyro.sample("ai_error", dist.HalfNormal(prior.error))
    level = numpyro.sample("ai_level", dist.HalfNormal(prior.level))
    drift = numpyro.sample("ai_drift", dist.HalfNormal(prior.drift))
    middle = expected(log_ai, log_all, seen) + seen.design @ seen.middle
    open_ends = np.flatnonzero(seen.side)
    if len(open_ends):
        beyond = numpyro.sample("ai_beyond", dist.HalfNormal(prior.open_end * jnp.ones(len(open_ends))))
        middle = middle.at[open_ends].add(seen.side[open_ends] * beyond)
    density = dist.MultivariateNormal(middle, covariance(error, level, drift, seen)).log_prob(log_value)
    numpyro.factor("ai_figures", density)
    return log_ai
