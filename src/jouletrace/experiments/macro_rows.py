"""Design points of published macros as arrays: what a fit is given, and what each table left blank."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jouletrace.models.hardware.macro import ANALOG, DIGITAL, NONVOLATILE, Macro
from jouletrace.registry.rows import Row
from jouletrace.units import to_coherent

Numbers = NDArray[np.float64]
Names = NDArray[np.str_]
#: How a point computes. Of SRAM: logic; charge redistribution, charge summing, both, and current on bit
#: lines; not told. Other memories, and digital accelerators, have one kind each.
KINDS = (
    *("accelerator", "dimc", "qr", "qr-line", "qs", "qs-qr", "is"),
    *("unstated", "edram", "nonvolatile"),
)
LOGIC = ("accelerator", "dimc")
#: Chips that stand in both collections: a conference paper and what it was extended to, or one chip's
#: figures at another corner. They are one paper.
TWINS = {
    "aimc1": "uiuc33",
    "aimc2": "uiuc23",
    "dimc1": "uiuc69",
    "dimc2": "uiuc64",
    "af-sinangil2021": "uiuc2",
    "af-wang2022": "uiuc89",
    "af-colonnade2021": "colonnade",
}
#: How the three analog chips of the validation compute: by their papers charge, as the source says.
VALIDATED = {"aimc1": "qs", "aimc2": "qr-line", "aimc3": "qr"}
#: Points that no fit sees and that a native efficiency is stated for.
APART = ("af-colonnade2021", "bscha65")


class Design(NamedTuple):
    """What the model is given of a point, or of many; ``kinds`` in columns of ones and zeros."""

    macro: Macro
    node_m: Any
    supply_v: Any
    kinds: Any
    processor: Any
    vague: Any


class Points(NamedTuple):
    """Design points, what was measured of them in logarithms of joules, and what they belong to.

    ``paper`` is what is left out together; ``design`` the points of one paper that differ in their supply
    alone. ``source`` tells the survey, the validation, and points that are kept apart.
    """

    design: Design
    log_j: Numbers
    paper: Names
    same: Names
    kind: Names
    memory: Names
    source: Names
    series: Names
    year: NDArray[np.int64]
    stated: Mapping[str, NDArray[np.bool_]]


class Told(NamedTuple):
    """One point as a table tells it; what is not stated is nan."""

    series: str
    paper: str
    memory: str
    kind: str
    source: str
    processor: float
    year: int
    operation_j: float
    figures: Mapping[str, float]


#: Figures of a point: names in the tables behind ``macro_`` and ``validated_``.
ASKED = (
    *("node_m", "supply_v", "column_count", "accumulated_count", "cycle_bit_count"),
    *("input_bit_count", "weight_bit_count", "converter_bit_count"),
)


def gathered(tables: Mapping[str, Iterable[Row]]) -> Points:
    """All points of the survey, of the validation, and apart, that state an efficiency."""
    told = [*_silicon(tables["macro-silicon"])]
    told += [*_validated((*tables["macro-validation"], *tables["macro-validation-designs"]))]
    return points([one for one in told if np.isfinite(one.operation_j)])


def _figures(rows: Iterable[Row]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        if row.grade != "recalled":
            figure = row.quantity.partition("_")[2]
            found.setdefault(row.series, {})[figure] = to_coherent(row.value, row.unit, row.quantity)
    return found


def _silicon(rows: Iterable[Row]) -> Iterable[Told]:
    rows = tuple(rows)
    years = {row.series: row.year for row in rows}
    for series, figures in _figures(rows).items():
        key, _, memory, cell, kind, counted = series.split("--")
        survey = key.startswith("uiuc")
        if survey or key in APART:
            yield Told(
                series,
                TWINS.get(key, key),
                memory,
                _kind(memory, cell, kind),
                "survey" if survey else "apart",
                float(counted == "processor"),
                years[series],
                _operation_j(figures, survey),
                figures if survey else {**_whole_weights(figures, kind), **figures},
            )


def _operation_j(figures: Mapping[str, float], survey: bool) -> float:
    """Energy of an operation on one bit by one bit; the survey states it, others the bits."""
    if survey:
        return 1.0 / figures["operation_count_per_j"] if "operation_count_per_j" in figures else np.nan
    bits = figures.get("input_bit_count", np.nan) * figures.get("whole_weight_bit_count", np.nan)
    return 1.0 / (figures.get("native_operation_count_per_j", np.nan) * bits)


def _whole_weights(figures: Mapping[str, float], kind: str) -> dict[str, float]:
    """Of a point that states whole weights: logic takes all bits at once, inputs come bit by bit."""
    weight = figures.get("whole_weight_bit_count", np.nan) if kind in LOGIC else 1.0
    return {"weight_bit_count": weight, "cycle_bit_count": 1.0, "accumulated_count": figures["row_count"]}


def _kind(memory: str, cell: str, kind: str) -> str:
    """The kind of a point. Charge is shared by a capacitor in each cell, or else by the bit lines."""
    if kind == "qr" and memory == "sram" and not cell.endswith("1c"):
        return "qr-line"
    other = {"digital": "accelerator", "edram": "edram", "envm": "nonvolatile"}
    return other.get(memory, kind if kind in KINDS else "unstated")


def _validated(rows: Iterable[Row]) -> Iterable[Told]:
    rows = tuple(rows)
    years = {row.series: row.year for row in rows}
    for series, figures in _figures(rows).items():
        key, kind = series.split("--")
        bits = figures["input_bit_count"] * figures["weight_bit_count"]
        # A weight of an analog chip lies on a column for each bit, but where one is ternary.
        each = figures["weight_bit_count"] if kind == "digital" or bits < 16.0 else 1.0
        yield Told(
            series,
            TWINS.get(key, key),
            "sram",
            VALIDATED.get(key, "dimc"),
            "validation",
            0.0,
            years[series],
            figures["mac_energy_j"] / (2.0 * bits),
            {
                **figures,
                "weight_bit_count": each,
                "column_count": figures["output_count"],
                "accumulated_count": figures["row_count"],
            },
        )


def points(told: Iterable[Told]) -> Points:
    """Points as arrays; what one does not state is that of its kin."""
    told = tuple(told)
    table = {name: np.array([one.figures.get(name, np.nan) for one in told]) for name in ASKED}
    kind = np.array([one.kind for one in told])
    table["converter_bit_count"][table["converter_bit_count"] == 0.0] = np.nan
    stated = {name: np.isfinite(column) for name, column in table.items()}
    filled = complete(table, kind)
    paper = np.array([one.paper for one in told])
    shape = zip(paper, *(filled[name] for name in ASKED if name != "supply_v"), strict=True)
    return Points(
        design(filled, kind, np.array([one.processor for one in told]), ~stated["supply_v"]),
        np.log([one.operation_j for one in told]),
        paper,
        np.array([" ".join(map(str, one)) for one in shape]),
        kind,
        np.array([one.memory for one in told]),
        np.array([one.source for one in told]),
        np.array([one.series for one in told]),
        np.array([one.year for one in told]),
        stated,
    )


def complete(table: Mapping[str, Numbers], kind: Names) -> dict[str, Numbers]:
    """What is not stated: the supply from the node, bits of inputs from those of a cycle, else medians."""
    found = {name: column.copy() for name, column in table.items()}
    cycle = found["cycle_bit_count"]
    cycle[~np.isfinite(cycle)] = 1.0
    whole = found["input_bit_count"]
    whole[~np.isfinite(whole)] = cycle[~np.isfinite(whole)]
    found["input_bit_count"] = np.maximum(whole, cycle)
    found["supply_v"] = supplied(found["supply_v"], found["node_m"])
    logic = np.isin(kind, LOGIC)
    for name in ("column_count", "accumulated_count", "weight_bit_count", "converter_bit_count"):
        for family in (logic, ~logic):
            column = found[name]
            known = column[family & np.isfinite(column)]
            column[family & ~np.isfinite(column)] = np.median(known) if len(known) else 1.0
    return found


def supplied(supply_v: Numbers, node_m: Numbers) -> Numbers:
    """Supplies, with those that are not stated on the line through the logarithms of the others."""
    known = np.isfinite(supply_v)
    slope, level = np.polyfit(np.log(node_m[known]), np.log(supply_v[known]), 1)
    return np.where(known, supply_v, np.exp(level + slope * np.log(node_m)))


def design(table: Mapping[str, Numbers], kind: Names, processor: Numbers, vague: Any) -> Design:
    """Points from complete columns.

    A converter resolves no more than all that its column can hold. Bits of a weight are merged before it.
    """
    logic, nonvolatile = np.isin(kind, LOGIC), kind == "nonvolatile"
    one = np.ones_like(table["node_m"])
    accumulated = np.maximum(table["accumulated_count"], 1.0)
    held = np.log2(accumulated) + table["cycle_bit_count"] + table["weight_bit_count"] - 1.0
    bits = np.minimum(table["converter_bit_count"], np.maximum(held, 1.0))
    fields: dict[str, Any] = {
        "kind": np.where(logic, DIGITAL, np.where(nonvolatile, NONVOLATILE, ANALOG)),
        # A tree needs two inputs.
        "accumulated": np.where(logic, np.maximum(accumulated, 2.0), accumulated),
        "columns": table["column_count"],
        "weight_bits": table["weight_bit_count"],
        "input_bits": table["input_bit_count"],
        "cycle_bits": table["cycle_bit_count"],
        "converter_bits": np.where(logic, 0.0, bits),
        "conversions": one,
        "activity": one,
        "booth": 0.0 * one,
        "accumulator_bits": 0.0 * one,
    }
    macro = Macro(**fields)
    kinds = np.stack([kind == name for name in KINDS], axis=-1).astype(np.float64)
    return Design(
        macro, table["node_m"], table["supply_v"], kinds, processor, np.asarray(vague, dtype=np.float64)
    )
