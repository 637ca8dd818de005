"""Did growth change its pace? One break in the trend of a logarithm, searched over all dates.

The logarithm of a series is fitted by a straight line, and by two lines that meet at a break. The
F statistic of the second against the first is computed for every date on a grid; its largest value
is the statistic (sup-F, after Chow 1960, Andrews 1993, Bai and Perron 1998), and the date where it
is reached is the estimate. Since the date was searched for, the usual F table does not hold: the
p-value is the share of straight lines with independent normal errors of the observed size that
reach the statistic by chance. How sure the date and the two growths are comes from fits to the two
lines with such errors. Errors that hang together from year to year would make p too small.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jouletrace.experiments.task import Found, Task
from jouletrace.registry.rows import Row

Array = NDArray[np.float64]
#: Name of a series in the result, and where it is read: dataset, region, series, start of the ids.
SERIES = {
    "training-median": ("training-compute", "world", "notable-median", ""),
    "training-frontier": ("training-compute", "world", "notable-frontier", ""),
    "data-centres": ("data-centre-estimates", "united-states", "", "lbnl-2024-united-states-"),
    "investment": ("ai-investment", "world", "five-firms", ""),
}


@dataclass(frozen=True)
class Break:
    """Best break of a series: its date, sup-F, and the lines before and after (per year, in ln)."""

    year: float
    statistic: float
    level: float
    before: float
    after: float

    def line(self, years: Array) -> Array:
        """The two lines at some dates, as logarithms."""
        kink = np.maximum(years - self.year, 0.0)
        return self.level + self.before * (years - self.year) + (self.after - self.before) * kink


class Search:
    """The search for a break among given years; what depends on the years alone is made once."""

    def __init__(self, years: Array, least: int, step_year: float) -> None:
        self.years = years
        first, last = years[least - 1], years[-least]
        self.dates = first + step_year * np.arange(round((last - first) / step_year) + 1)
        ones = np.ones_like(years)
        self.straight = np.stack([ones, years - years.mean()], axis=1)
        since = years - self.dates[:, None]
        self.broken = np.stack([np.ones_like(since), np.minimum(since, 0.0), np.maximum(since, 0.0)], axis=2)
        self._solve = np.linalg.pinv(self.broken)
        self._keep = np.eye(len(years)) - self.broken @ self._solve
        self._keep_straight = np.eye(len(years)) - self.straight @ np.linalg.pinv(self.straight)

    def statistics(self, logs: Array) -> Array:
        """F of each date (last axis) for one series or many (rows of ``logs``)."""
        without = _squares(logs @ self._keep_straight)
        with_break = np.stack([_squares(logs @ keep) for keep in self._keep], axis=-1)
        return (without[..., None] - with_break) / (with_break / (len(self.years) - 3))

    def best(self, logs: Array) -> Break:
        """The break with the largest F."""
        found = self.statistics(logs)
        k = int(np.argmax(found))
        level, before, after = self._solve[k] @ logs
        return Break(float(self.dates[k]), float(found[k]), float(level), float(before), float(after))

    def straight_line(self, logs: Array) -> tuple[Array, float]:
        """The straight line through the logarithms, and the size of what it leaves."""
        left = self._keep_straight @ logs
        return logs - left, float(np.sqrt(_squares(left) / (len(logs) - 2)))


def _squares(left: Array) -> Array:
    return np.asarray(np.sum(left * left, axis=-1))


def chance(search: Search, logs: Array, draws: int, rng: np.random.Generator) -> int:
    """How many of ``draws`` straight lines with errors reach the statistic of the series."""
    line, size = search.straight_line(logs)
    lines = line + size * rng.standard_normal((draws, len(logs)))
    return int(np.sum(search.statistics(lines).max(axis=-1) >= search.best(logs).statistic))


def fits(search: Search, logs: Array, draws: int, rng: np.random.Generator) -> list[Break]:
    """Breaks found in series made of the two fitted lines with errors of the size that they leave."""
    line = search.best(logs).line(search.years)
    size = float(np.sqrt(_squares(logs - line) / (len(logs) - 4)))
    return [search.best(line + size * rng.standard_normal(len(logs))) for _ in range(draws)]


def series(tables: dict[str, tuple[Row, ...]], name: str) -> tuple[Array, Array]:
    """Years and logarithms of a series, in the order of the years; ranges and forecasts are left out."""
    dataset, region, label, start = SERIES[name]
    rows = [row for row in tables[dataset] if row.region == region and row.series == label]
    kept = sorted((row.year, row.value) for row in rows if row.id.startswith(start) and row.low is None)
    years, values = zip(*kept, strict=True)
    return np.array(years, dtype=float), np.log(np.array(values))


def run(task: Task) -> Found:
    """Joint draws by column, and the fitted series as columns of a small table.

    Columns of a series: ``-break-year``; ``-before`` and ``-after``, growth per year;
    ``-chance``, the p-value with the error of a finite simulation.
    """
    draws = round(task.setting("bootstrap_draws_count"))
    least = round(task.setting("least_points_count"))
    step_year = task.setting("grid_step_year")
    columns: dict[str, Array] = {}
    shown: list[tuple[str, float, float, float]] = []
    for index, name in enumerate(SERIES):
        rng = np.random.default_rng([task.entry.seed, index])
        years, logs = series(task.tables, name)
        search = Search(years, least, step_year)
        columns |= _columns(name, fits(search, logs, draws, rng))
        reached = chance(search, logs, draws, rng)
        columns[f"{name}-chance"] = rng.beta(reached + 1, draws - reached + 1, draws)
        shown += _points(name, search, logs)
    names = ("series", "year", "value", "line")
    points = {key: np.array(cells) for key, cells in zip(names, zip(*shown, strict=True), strict=True)}
    return Found(columns, {"points": points}, draws)


def _columns(name: str, found: list[Break]) -> dict[str, Array]:
    return {
        f"{name}-break-year": np.array([one.year for one in found]),
        f"{name}-before": np.expm1([one.before for one in found]),
        f"{name}-after": np.expm1([one.after for one in found]),
    }


def _points(name: str, search: Search, logs: Array) -> Iterable[tuple[str, float, float, float]]:
    """Each year of a series, and the date of its break, with its value and the two lines.

    Both are multiples of the first value; there is no value at the break.
    """
    best = search.best(logs)
    shown = sorted([*zip(search.years, logs, strict=True), (best.year, np.nan)])
    years, values = (np.array(column) for column in zip(*shown, strict=True))
    line = best.line(years)
    for year, value, fit in zip(years, values - logs[0], line - logs[0], strict=True):
        yield name, float(year), float(np.exp(value)), float(np.exp(fit))
