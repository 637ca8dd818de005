"""Draws of all that a row on a macro leaves open, and its energy by the fit to published silicon.

What a row does not say is taken from a published macro of its kind, another one for each draw, so that
what is drawn fits together. Every row sees the same draws.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import gammaincinv, ndtr

from jouletrace import computed
from jouletrace.computed import settings
from jouletrace.experiments import macro_model, macro_rows
from jouletrace.experiments.macro_process import Asked, Posterior, Process
from jouletrace.experiments.macro_rows import Numbers, Points
from jouletrace.experiments.task import Task
from jouletrace.predict.macro import DIGITAL, KINDS, NUMBERS, Macro
from jouletrace.predict.priors import Source
from jouletrace.registry import Registry
from jouletrace.registry.rows import Row

FIT = "macro-fit"
#: Columns of a row and the figures of the fit that they give.
FIGURES = {
    "columns": "column_count",
    "node_nm": "node_m",
    "voltage_v": "supply_v",
    "input_bits": "cycle_bit_count",
    "weight_bits": "weight_bit_count",
    "adc_bits": "converter_bit_count",
    "accumulation_length": "accumulated_count",
}
NANO = 1e-9
#: Columns that are held against the range of what was fitted.
RANGES = ("node_nm", "voltage_v")
LEVELS = (0.05, 0.5, 0.95)
#: Published figures drawn for each draw of the parameters.
SAMPLES = 8


@dataclass(frozen=True)
class Predicted:
    """Joules of an operation on one bit by one bit at 5, 50 and 95 %, and what was assumed."""

    operation_j: tuple[float, float, float]
    assumed: str


@dataclass(frozen=True)
class Fitted:
    """The fit with its draws, and the published points that blanks are drawn from."""

    process: Process
    posterior: Posterior
    used: Numbers
    places: Numbers
    points: Points
    constants: Mapping[str, float]
    source: Source

    def predict(self, rows: Sequence[Macro]) -> list[Predicted]:
        """Energy of every row."""
        if not rows:
            return []
        drawn = [_Row(self, row) for row in rows]
        table = {name: np.stack([one.table[name] for one in drawn], axis=1) for name in macro_rows.ASKED}
        kind = np.stack([one.kind for one in drawn], axis=1)
        zero = np.zeros(kind.shape)
        design = macro_rows.design(table, kind, zero, zero)
        features = macro_model.features(design, self.constants)
        asked = Asked(design, features, design.kinds, zero, zero)
        found = self.process.conditional(self.posterior, self.used, asked, self.places, each=True)
        joules = np.exp(np.quantile(self._published(*found), LEVELS, axis=0)).T
        return [Predicted(tuple(one), row.assumed) for one, row in zip(joules.tolist(), drawn, strict=True)]

    def _published(self, mean: Numbers, variance: Numbers, sizes: Numbers) -> Numbers:
        """Logarithms as they would be published, several for each draw: those of all rows move alike."""
        half = 0.5 * self.process.freedom
        found = []
        for sample in range(SAMPLES):
            far = [
                gammaincinv(half, ndtr(self.source.normal(f"macro.{level}.{sample}"))) / half
                for level in ("paper", "row")
            ]
            added = sum(sizes[:, place] ** 2 / one[:, None] for place, one in enumerate(far))
            z = self.source.normal(f"macro.value.{sample}")[:, None]
            found.append(mean + np.sqrt(variance + added) * z)
        return np.concatenate(found)


class _Row:
    """One row, draw by draw: figures of the fit, kinds, and what was assumed."""

    def __init__(self, fitted: Fitted, row: Macro) -> None:
        points = fitted.points
        pool = np.flatnonzero(_pool(points, row))
        places = tuple(float(one) for one in pool)
        donors = fitted.source.one_of(f"macro.{row.held_in}.{row.digital}", places).astype(int)
        self.kind = points.kind[donors]
        known = _table(points)
        own = {name: np.asarray(column)[donors] for name, column in known.items()}
        table = dict(own)
        given = {FIGURES[name]: getattr(row, name) for name in FIGURES if getattr(row, name) is not None}
        if "node_m" in given:
            given["node_m"] *= NANO
        for name, value in given.items():
            table[name] = np.full(len(donors), float(value))
        if "supply_v" not in given:
            # A supply goes with its node.
            slope = np.polyfit(np.log(known["node_m"]), np.log(known["supply_v"]), 1)[0]
            table["supply_v"] = own["supply_v"] * (table["node_m"] / own["node_m"]) ** slope
        if "accumulated_count" not in given and row.rows is not None:
            table["accumulated_count"] = np.minimum(own["accumulated_count"], row.rows)
        table["input_bit_count"] = table["cycle_bit_count"] * own["input_bit_count"] / own["cycle_bit_count"]
        self.table: dict[str, Numbers] = table
        self.assumed = "; ".join([*_extrapolated(points, pool, row), *_assumed(row, self.kind)])


def _pool(points: Points, row: Macro) -> Any:
    """Published macros that a row may be one of."""
    survey = (points.source == "survey") & (points.design.processor == 0.0)
    if row.held_in != "sram":
        return survey & (points.kind == row.held_in)
    named = KINDS.get(row.kind, ())
    analog = tuple(one for one in macro_rows.KINDS if one not in (*macro_rows.LOGIC, "edram", "nonvolatile"))
    if row.digital:
        named = KINDS["digital"]
    elif not named:
        named = analog if row.kind or row.adc_bits else (*analog, "dimc")
        if row.cell:
            with_capacitor = row.cell.lower().endswith("c")
            named = ("qr",) if with_capacitor else tuple(one for one in named if one != "qr")
    return survey & (points.memory == "sram") & np.isin(points.kind, named)


def _table(points: Points) -> dict[str, Numbers]:
    """Figures of all points, blanks of the tables filled."""
    macro = points.design.macro
    return {
        "node_m": points.design.node_m,
        "supply_v": points.design.supply_v,
        "column_count": macro.columns,
        "accumulated_count": macro.accumulated,
        "cycle_bit_count": macro.cycle_bits,
        "input_bit_count": macro.input_bits,
        "weight_bit_count": macro.weight_bits,
        "converter_bit_count": macro.converter_bits,
    }


def _extrapolated(points: Points, pool: Any, row: Macro) -> Iterator[str]:
    """Figures outside the range of the published macros of a kind."""
    for name in RANGES:
        value, figure = getattr(row, name), FIGURES[name]
        column = _table(points)[figure][pool] / (NANO if figure == "node_m" else 1.0)
        low, high = float(column.min()), float(column.max())
        if value is not None and not low * (1.0 - 1e-9) <= value <= high * (1.0 + 1e-9):
            yield f"extrapolated: {name} {value:g} lies outside {low:g} to {high:g}"


def _assumed(row: Macro, kind: Any) -> Iterator[str]:
    """What was taken for what the row does not say."""
    if not row.memory:
        yield "memory sram"
    if row.kind in ("", "analog", "aimc") and len(set(kind.tolist())) > 1:
        yield "kind drawn" if not row.kind else "kind of analog drawn"
    elif not row.kind:
        yield f"kind {'digital' if row.digital else 'analog'}"
    logic = row.digital or row.kind in DIGITAL
    for name in NUMBERS:
        blank = getattr(row, name) is None
        converting = name == "adc_bits" and logic
        # Columns share what drives a row: nothing where logic computes.
        sharing = name == "columns" and logic
        if blank and name in FIGURES and not converting and not sharing:
            yield f"{name} drawn"


def ready(registry: Registry, tables: dict[str, tuple[Row, ...]]) -> Fitted:
    """The fit and its draws. Raises `RegistryError` where it was not computed."""
    folder, _ = computed.found(FIT, registry, tables)
    entry = registry.computed[FIT].model_copy(update={"settings": settings(FIT, registry)})
    read = {name: tables[name] for name in entry.reads}
    task = Task(entry, read, {name: registry.quantities[name] for name in entry.uses})
    points = macro_rows.gathered(task.tables)
    process = macro_model.process_of(task, points)
    weights = {
        name: np.array([float(line["log_weight"]) for line in computed.table(folder, name)])
        for name in ("papers", "rows")
    }
    columns = computed.columns(folder)
    prior = process.prior
    shown = np.column_stack([columns[name] for name in prior.names])
    free = np.where(
        prior.shares > 0.0, np.log(shown / np.where(prior.shares > 0.0, 1.0 - shown, 1.0)), np.log(shown)
    )
    source = Source(registry, tables, draws=len(shown))
    used = (points.source != "apart").astype(np.float64)
    mode = np.zeros(len(prior.names))
    posterior = Posterior(mode, np.eye(len(mode)), weights["papers"], weights["rows"])
    return Fitted(
        process,
        posterior,
        used,
        (free - prior.centre) / prior.spread,
        points,
        macro_model.fixed(task),
        source,
    )
