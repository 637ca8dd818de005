"""The trace of a number: each node with its value, its source, and the line that computes it."""

from collections.abc import Sequence
from math import floor, log10
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jouletrace import computed
from jouletrace.graph import Node, Plan
from jouletrace.registry import Registry
from jouletrace.registry.schema import ErrorOf
from jouletrace.sampling import error_stream
from jouletrace.scopes import scope_of, words
from jouletrace.streams import Input, ends
from jouletrace.units import to_reader, unit_of

#: Units in which a computed quantity is shown in a trace: the first in which it is at least one, or the last.
READER_UNITS = {
    "joule": ("TWh", "GWh", "MWh", "kWh", "Wh", "J"),
    "watt": ("GW", "MW", "kW", "W"),
    "dimensionless": ("ratio",),
    "second": ("h",),
    "watt / person": ("W / person",),
    "kilogram / joule": ("g / kWh",),
    "joule / FLOP": ("pJ / FLOP",),
    "FLOP / second": ("FLOP / day",),
    "dimensionless / second": ("1 / day",),
}
#: Tables that a computed dataset names where there is little room.
NAMED_TABLES = 3


def rounded(value: float, digits: int = 6) -> float:
    """Value rounded to significant digits; the only form in which results are written."""
    if value == 0.0 or not np.isfinite(value):
        return value
    return round(value, digits - 1 - floor(log10(abs(value))))


def node_record(
    plan: Plan,
    registry: Registry,
    node_id: str,
    spread: NDArray[np.float64],
    inputs: dict[str, Input],
) -> dict[str, Any]:
    """One node as plain data."""
    node = plan.nodes[node_id]
    unit = _unit(node, registry, float(spread[1]))
    p05, p50, p95 = (rounded(to_reader(float(value), node.name, unit)) for value in spread)
    record: dict[str, Any] = {
        "kind": node.kind,
        "name": node.name,
        "at": node.at,
        "base": node.base,
        "unit": unit,
        "scope": words(scope_of(node.name, registry)),
        "p05": p05,
        "p50": p50,
        "p95": p95,
    }
    if node.kind == "function":
        return {**record, **_function(plan, node)}
    if node.kind == "coordinate":
        return {**record, "title": "Calendar year", "boundary": "a date, chosen by the reading"}
    return {**record, **_input(plan, node), "grades": sorted(inputs[node_id].grades)}


def _unit(node: Node, registry: Registry, value: float) -> str:
    if node.kind in ("input", "table", "draws"):
        return registry.quantities[node.name].unit
    if node.name.endswith("_year"):
        return "calendar_year"
    coherent = unit_of(node.name)
    fit = READER_UNITS.get(coherent, (coherent,))
    return next((unit for unit in fit if abs(to_reader(value, node.name, unit)) >= 1.0), fit[-1])


def _function(plan: Plan, node: Node) -> dict[str, Any]:
    function = plan.functions[node.name]
    return {
        "title": function.title,
        "formula": function.section("Formula"),
        "boundary": function.section("Boundary"),
        "holds": function.section("Holds"),
        "module": function.module,
        "line": function.line,
        "args": list(node.args),
    }


def _input(plan: Plan, node: Node) -> dict[str, Any]:
    registry = plan.registry
    quantity = registry.quantities[node.name]
    record: dict[str, Any] = {
        "title": quantity.title,
        "boundary": quantity.boundary,
        "note": quantity.note,
        "file": registry.file_of("quantities", node.name),
    }
    if node.case:
        return {**record, **node.case.model_dump(mode="json")}
    if node.draws:
        return {**record, **_computed(plan, node.draws)}
    assert quantity.lookup is not None
    dataset = registry.datasets[quantity.lookup.dataset]
    rows = [{**row.as_dict(), "boundary": registry.boundary(row.boundary)} for row in node.rows]
    return {
        **record,
        "dataset": quantity.lookup.dataset,
        "several": quantity.lookup.several,
        "column": quantity.lookup.column,
        "why": quantity.lookup.why,
        "sha256": dataset.snapshot.sha256,
        "licence": dataset.licence,
        "rows": rows,
        "error": _error(quantity.error),
    }


def _computed(plan: Plan, draws: tuple[str, str]) -> dict[str, Any]:
    """Where a column of joint draws comes from: the experiment, its seed, and what it read."""
    name, column = draws
    entry = plan.registry.computed[name]
    _, record = computed.found(name, plan.registry, plan.tables)
    effective = record["effective_draws"]
    return {
        "cite": None,
        "locator": f"{_made_from(entry.reads)}; {effective:,} effective draws, seed {entry.seed}",
        "grade": "fitted",
        "computed": name,
        "column": column,
        "why": entry.boundary,
        "seed": entry.seed,
        "fingerprint": record["fingerprint"],
        "experiment": entry.experiment,
        "reads": list(entry.reads),
        "effective_draws": effective,
    }


def _made_from(tables: Sequence[str]) -> str:
    """What a computed dataset was made from, in a few words.

    >>> _made_from(["a", "b", "c", "d", "e"])
    'computed by this project from a, b, c and 2 more tables'
    """
    if not tables:
        return "computed by this project"
    more = len(tables) - NAMED_TABLES
    rest = f" and {more} more table{'s' * (more > 1)}" if more > 0 else ""
    return f"computed by this project from {', '.join(tables[:NAMED_TABLES])}{rest}"


def _error(error: ErrorOf | None) -> dict[str, Any] | None:
    return error.model_dump(mode="json") if error else None


def error_records(plan: Plan, registry: Registry, nodes: dict[str, Any]) -> dict[str, Any]:
    """The errors that figures of tables carry, each with the figures that share it."""
    found: dict[str, Any] = {}
    for node_id in nodes:
        node = plan.nodes[node_id]
        quantity = registry.quantities.get(node.name)
        if node.kind != "table" or quantity is None or quantity.error is None:
            continue
        if quantity.lookup is None or quantity.lookup.column == "year":
            continue
        name = error_stream(node, quantity)
        if name in found:
            found[name]["covers"].append(node_id)
            continue
        p05, p50, p95 = (rounded(value) for value in ends(quantity.error.distribution))
        found[name] = {
            "kind": "error",
            "name": name,
            "at": {},
            "base": {},
            "title": _error_title(node, quantity.error.shared_by, quantity.title),
            "boundary": "true value over printed value",
            "unit": "ratio",
            "p05": p05,
            "p50": p50,
            "p95": p95,
            "covers": [node_id],
            "file": registry.file_of("quantities", node.name),
            **quantity.error.model_dump(mode="json"),
        }
    return found


def _error_title(node: Node, shared_by: str, title: str) -> str:
    row = node.rows[0]
    if len(node.rows) > 1:
        return f"Error of: {title[0].lower()}{title[1:]}"
    if shared_by == "lineage":
        return f"Common error of the estimates by {row.publication.split(',')[0]} and what they share"
    return f"Error of: {title[0].lower()}{title[1:]}" + (
        f" ({row.series or row.region}, {row.year})" if shared_by == "row" else ""
    )
