"""Electricity of AI from the stock of accelerators: the sums over chips that the scalar models leave out.

Errors persist from year to year: each quantity of the registry follows one random number, the same
in all years, and the counts of chips share most of their error.
"""

import math
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jax import Array

from jouletrace.experiments.task import Numbers, Task
from jouletrace.models import ai_power
from jouletrace.registry.distribution import Z95
from jouletrace.registry.rows import Row
from jouletrace.streams import standard_normal
from jouletrace.transform import transform
from jouletrace.units import to_coherent, to_reader

#: What the calculation needs of the registry.
QUANTITIES = (
    "accelerator_it_to_tdp_ratio",
    "accelerator_counted_share_ratio",
    "earlier_accelerator_it_power_w",
    "accelerator_running_share_ratio",
    "accelerator_utilisation_ratio",
    "ai_site_pue_ratio",
    "calendar_year_s",
)
STOCKS = "accelerator-stock-"


class Fleet:
    """Draws of what the stock of accelerators draws, for the years that are counted."""

    def __init__(self, task: Task, draws: int) -> None:
        self.task = task
        self.draws = draws
        self.makers = {name: rows for name, rows in task.tables.items() if name.startswith(STOCKS)}
        self.rated_w = {
            row.series: jnp.asarray(row.value)
            for row in task.tables["accelerator-power"]
            if row.quantity == "accelerator_tdp_w"
        }

    def electricity_twh(self, year: int) -> Numbers:
        """Electricity of the world's AI in a year, with cooling."""
        mean_w, _ = self._it_power_w(year)
        pue, seconds = self._quantity("ai_site_pue_ratio", year), self._quantity("calendar_year_s", year)
        return np.asarray(
            to_reader(1.0, "x_j", "TWh") * ai_power.stock_ai_electricity_j(mean_w, pue, seconds)
        )

    def year_end_power_gw(self, year: int) -> Numbers:
        """Power of the world's AI at the end of a year, with cooling."""
        _, end_w = self._it_power_w(year)
        power = ai_power.stock_ai_year_end_power_w(end_w, self._quantity("ai_site_pue_ratio", year))
        return np.asarray(to_reader(1.0, "x_w", "GW") * power)

    def it_electricity_twh(self, year: int) -> Numbers:
        """Electricity of the world's AI servers in a year, without cooling."""
        mean_w, _ = self._it_power_w(year)
        return np.asarray(to_reader(1.0, "x_j", "TWh") * mean_w * self._quantity("calendar_year_s", year))

    def rated_power_gw(self, year: int) -> Numbers:
        """Power of all accelerators sold by the end of a year at rated maximum, with cooling."""
        _, counted = self._counted_w(year)
        pue = self._quantity("ai_site_pue_ratio", year)
        return np.asarray(
            ai_power.stock_ai_rated_power_w(self._rated(counted, year), pue) * to_reader(1.0, "x_w", "GW")
        )

    def _it_power_w(self, year: int) -> tuple[Array, Array]:
        """Mean power of a year and power at its end."""
        running = self._quantity("accelerator_running_share_ratio", year)
        use = self._quantity("accelerator_utilisation_ratio", year)
        mean, end = (
            ai_power.stock_ai_it_power_w(self._rated(counted, year), running, use)
            for counted in self._counted_w(year)
        )
        return mean, end

    def _rated(self, counted_w: Array, year: int) -> Array:
        share = self._quantity("accelerator_counted_share_ratio", year)
        earlier = self._quantity("earlier_accelerator_it_power_w", year)
        return ai_power.ai_rated_it_power_w(counted_w, share, earlier)

    def _counted_w(self, year: int) -> tuple[Array, Array]:
        """Rated IT power of the chips that are counted: mean of the year, and at its end."""
        mean_w, end_w = jnp.zeros(self.draws), jnp.zeros(self.draws)
        for maker, rows in self.makers.items():
            last = [row for row in rows if row.year == year and row.series.endswith("-q4")]
            for row in last:
                chip = row.series.removesuffix("-q4")
                stock = _stock(rows, chip, year)
                each = self._count_error(maker, chip, row) * self._quantity(
                    "accelerator_it_to_tdp_ratio", year, series=chip
                )
                mean = ai_power.accelerator_mean_stock_count(*stock)
                mean_w += ai_power.counted_it_power_w(mean, self.rated_w[chip], each)
                end_w += ai_power.counted_it_power_w(stock[-1], self.rated_w[chip], each)
        return mean_w, end_w

    def _count_error(self, maker: str, chip: str, row: Row) -> Array:
        """Factor by which a count is off: the source's range, most of it shared by all counts."""
        assert row.low is not None
        assert row.high is not None
        spread = math.log(row.high / row.low) / (2.0 * Z95)
        shared = self.task.setting("stock_error_shared_ratio")
        common, own = self._normal("accelerator_stock_count"), self._normal(f"{maker}.{chip}")
        return jnp.exp(spread * (math.sqrt(shared) * common + math.sqrt(1.0 - shared) * own))

    def _quantity(self, name: str, year: int, **at: str) -> Array:
        """Draws of a quantity of the registry, from the most specific case that fits."""
        quantity = self.task.quantities[name]
        here = {"region": "world", "year": year, **at}
        fitting = [case for case in quantity.cases.values() if case.at.items() <= here.items()]
        case = max(fitting, key=lambda one: len(one.at))
        stream = f"{name}.{at['series']}" if at else name
        drawn = transform(case.distribution, self._normal(stream))
        return drawn * to_coherent(1.0, quantity.unit, name)

    def _normal(self, stream: str) -> Array:
        return jnp.asarray(standard_normal(stream, self.task.entry.seed, self.draws))


def _stock(rows: Sequence[Row], chip: str, year: int) -> list[Array]:
    """Chips sold by the end of the year before, and by the end of each quarter."""
    count = {(row.series, row.year): row.value for row in rows}
    opening = count.get((f"{chip}-q4", year - 1), 0.0)
    stock = [opening, *(count.get((f"{chip}-q{quarter}", year), 0.0) for quarter in (1, 2, 3, 4))]
    return [jnp.asarray(one) for one in stock]
