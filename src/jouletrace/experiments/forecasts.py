"""Simple forecasts of data-centre electricity, and how forecasts are scored.

A baseline reads what was published up to a cutoff and gives ln of TWh, or nothing where it has too
little to go on. Boundaries are not told apart: that is what a simple forecast does. Its error is
lognormal; how wide is learned from the same earlier rows, each forecast from those before it.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, norm

from jouletrace.experiments.effects import Numbers
from jouletrace.registry.rows import Row

#: An exponential is laid through the estimates of so many years, and through at least so many of them.
TREND_YEARS = 10
LEAST_ESTIMATES = 3
#: The spread of a baseline's error is learned from forecasts of at least so many publications.
LEAST_PUBLICATIONS = 3
INTERVAL = 0.9
Baseline = Callable[[Sequence[Row], str, int], float | None]


def last_value(known: Sequence[Row], region: str, year: int) -> float | None:
    """The latest estimate of the region, and of those the latest published, carried forward flat."""
    rows = [row for row in estimates(known, region) if row.year <= year]
    if not rows:
        return None
    latest = max((row.year, row.published_year) for row in rows)
    return _middle([row for row in rows if (row.year, row.published_year) == latest])


def exponential(known: Sequence[Row], region: str, year: int) -> float | None:
    """A least-squares line in ln through the region's estimates of its last ten years."""
    rows = estimates(known, region)
    end = max((row.year for row in rows), default=0)
    rows = [row for row in rows if row.year > end - TREND_YEARS]
    years = np.array([float(row.year) for row in rows])
    if len(rows) < LEAST_ESTIMATES or len(set(years)) < LEAST_ESTIMATES:
        return None
    slope, level = np.polyfit(years - end, np.log([row.value for row in rows]), 1)
    return float(level + slope * (year - end))


def published_mean(known: Sequence[Row], region: str, year: int) -> float | None:
    """Geometric mean of the forecasts published for the region and year; between years, on a line in ln."""
    by_year = defaultdict(list)
    for row in known:
        if row.region == region and row.year > row.published_year:
            by_year[row.year].append(row)
    before = max((one for one in by_year if one <= year), default=None)
    after = min((one for one in by_year if one >= year), default=None)
    if before is None or after is None:
        return None
    ends = [_middle(by_year[before]), _middle(by_year[after])]
    return float(np.interp(year, [before, after], ends)) if before < after else ends[0]


BASELINES: dict[str, Baseline] = {
    "last value": last_value,
    "exponential": exponential,
    "mean of published forecasts": published_mean,
}


def estimates(known: Iterable[Row], region: str) -> list[Row]:
    """Figures of a region that are no forecasts."""
    return [row for row in known if row.region == region and row.year <= row.published_year]


def _middle(rows: Sequence[Row]) -> float:
    """ln of the geometric mean, each publication counted once."""
    return float(np.mean(list(by_publication([row.publication for row in rows], _logs(rows)).values())))


def _logs(rows: Sequence[Row]) -> list[float]:
    return [math.log(row.value) for row in rows]


def spread(known: Sequence[Row], baseline: Baseline) -> float | None:
    """Root mean square, over publications, of what the baseline missed: each from what was before it."""
    missed = []
    for row in known:
        forecast = baseline(
            [one for one in known if one.published_year < row.published_year], row.region, row.year
        )
        if forecast is not None:
            missed.append((row.publication, (math.log(row.value) - forecast) ** 2))
    squares = by_publication([name for name, _ in missed], [square for _, square in missed])
    if len(squares) < LEAST_PUBLICATIONS:
        return None
    return math.sqrt(np.mean(list(squares.values())))


def by_publication(names: Sequence[str], values: Iterable[float]) -> dict[str, float]:
    """The mean of each publication's values."""
    found = defaultdict(list)
    for name, value in zip(names, values, strict=True):
        found[name].append(value)
    return {name: float(np.mean(some)) for name, some in found.items()}


def mixture(log_value: Numbers, middle: Numbers, deviation: Numbers) -> tuple[Numbers, Numbers]:
    """ln density, and the probability below, of values under mixtures of normals (draw x value).

    >>> score, below = mixture(np.array([0.0]), np.zeros((2, 1)), np.ones((2, 1)))
    >>> round(float(score[0]), 4), float(below[0])
    (-0.9189, 0.5)
    """
    each = norm.logpdf(log_value, middle, deviation)
    top = each.max(axis=0)
    below = norm.cdf(log_value, middle, deviation).mean(axis=0)
    return top + np.log(np.exp(each - top).mean(axis=0)), below


def quantile(part: float, middle: Numbers, deviation: Numbers) -> Numbers:
    """Quantiles of mixtures of normals (draw x value), by halving."""
    low, high = (middle - 10 * deviation).min(axis=0), (middle + 10 * deviation).max(axis=0)
    for _ in range(60):
        half = 0.5 * (low + high)
        under = norm.cdf(half, middle, deviation).mean(axis=0) < part
        low, high = np.where(under, half, low), np.where(under, high, half)
    return 0.5 * (low + high)


def inside(below: Numbers) -> NDArray[np.bool_]:
    """Whether a value lies in the central interval, from the probability below it."""
    return np.abs(below - 0.5) <= INTERVAL / 2.0


def band(groups: int) -> tuple[float, float]:
    """Where the coverage of that many independent groups lies in 95 of 100 cases.

    >>> band(20)
    (0.75, 1.0)
    """
    low, high = binom.ppf([0.025, 0.975], groups, INTERVAL) / groups
    return float(low), float(high)
