"""How closely the performance of processors followed their clock rates, until clocks stood still.

A point is a date at which processors came out: the mean logarithm of their performance, and of their
clock rates, so that nothing has to be known about which rate goes with which figure. The elasticity is
the slope of one on the other; growth is the slope of each on the date. How sure they are comes from
drawing the dates anew, with repetition: all columns of a draw rest on the same dates.
"""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from jouletrace.experiments.task import Found, Task
from jouletrace.registry.rows import Row

Array = NDArray[np.float64]
PERFORMANCE, CLOCK = "processor_performance_count", "processor_clock_count_per_s"
#: How a series begins: the date that it has in common with others.
LABEL = "1995-w22"
WEEKS_IN_A_YEAR = 52.0


def points(rows: tuple[Row, ...]) -> Array:
    """Date, mean logarithm of the clock rate and of performance, a row for each date."""
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in rows:
        found[row.quantity, row.series[: len(LABEL)]].append(np.log(row.value))
    dates = sorted({series for _, series in found})
    return np.array(
        [[_date(one), *(np.mean(found[name, one]) for name in (CLOCK, PERFORMANCE))] for one in dates]
    )


def _date(label: str) -> float:
    """Date of a label such as 1995-w22.

    >>> _date("1995-w26")
    1995.5
    """
    year, week = label.split("-w")
    return int(year) + int(week) / WEEKS_IN_A_YEAR


def slopes(x: Array, y: Array) -> Array:
    """Slope of y on x in each row."""
    there = x - x.mean(axis=1, keepdims=True)
    return np.asarray((there * y).sum(axis=1) / (there**2).sum(axis=1))


def fits(seen: Array, draws: int, rng: np.random.Generator) -> dict[str, Array]:
    """Elasticity, yearly growth of both, and the part of the clock in growth, for dates drawn anew."""
    again = seen[rng.integers(0, len(seen), (draws, len(seen)))]
    date, clock, performance = np.moveaxis(again, 2, 0)
    clock_rate, performance_rate = slopes(date, clock), slopes(date, performance)
    return {
        "elasticity": slopes(clock, performance),
        "clock-growth": np.expm1(clock_rate),
        "performance-growth": np.expm1(performance_rate),
        "clock-share": clock_rate / performance_rate,
    }


def run(task: Task) -> Found:
    """Joint draws by column: all years, and those before and from the year of the split."""
    draws = round(task.setting("bootstrap_draws_count"))
    split = task.setting("split_year")
    seen = points(task.tables["processor-trends"])
    parts = {"whole": seen, "early": seen[seen[:, 0] < split], "late": seen[seen[:, 0] >= split]}
    columns = {
        f"{name}-{what}": values
        for index, (name, part) in enumerate(parts.items())
        for what, values in fits(part, draws, np.random.default_rng([task.entry.seed, index])).items()
    }
    shown = {
        key: np.exp(seen[:, place] - seen[0, place]) for place, key in ((1, "clock"), (2, "performance"))
    }
    return Found(columns, {"points": {"year": seen[:, 0], **shown}}, draws)
