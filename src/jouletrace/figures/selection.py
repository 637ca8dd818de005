"""What a figure of a claim is drawn from; nothing here needs a plotting library."""

from itertools import groupby
from typing import Any

from jouletrace.registry.rows import Row
from jouletrace.scopes import COUNTS
from jouletrace.units import to_coherent, to_reader

Evidence = dict[str, Any]
Tables = dict[str, tuple[Row, ...]]


def kind(evidence: Evidence) -> str:
    """The module that draws the claim: what its entry asks for, as far as the evidence has it."""
    if evidence["claim"]["figure"]["kind"] == "path" and evidence["path"]:
        return "path"
    if evidence["claim"]["figure"]["kind"] == "dumbbell":
        return "dumbbell"
    if drawable(evidence):
        return "intervals"
    return "system" if any(row["kind"] == "system" for row in evidence["rows"]) else "words"


def drawable(evidence: Evidence) -> list[dict[str, Any]]:
    """Rows with numbers in the unit of the figure, of the readings named, or of all if none is."""
    spec = evidence["claim"]["figure"]
    return [
        row
        for row in evidence["rows"]
        if row["kind"] == "numbers"
        and row["unit"] == spec["unit"]
        and (not spec["readings"] or row["reading"] in spec["readings"])
    ]


def published(evidence: Evidence, tables: Tables) -> list[dict[str, Any]]:
    """Published series that a path was sampled from: name, and points (year, value, is published).

    A path has them when the quantity of its reading is itself read from a table, region by region.
    """
    spec = evidence["claim"]["figure"]
    if kind(evidence) == "dumbbell":
        return measurements(evidence)
    if kind(evidence) != "path":
        return []
    asked = {row["node"] for row in evidence["rows"] if row["label"] in spec["series"].values()}
    nodes = [evidence["nodes"][node] for node in sorted(asked)]
    return [view for node in nodes if node.get("dataset") for view in _views(node, tables, spec)]


def measurements(evidence: Evidence) -> list[dict[str, Any]]:
    """Context rows of a dumbbell, the smallest of each group first: as published, and as brought on.

    A row that a function made was brought from the boundary of the function's first argument to that
    of the function; a row that is read from a table stands as published.
    """
    rows = {row["label"]: row for row in evidence["context"]}
    groups = evidence["claim"]["figure"]["groups"]
    return [
        {"group": group, "text": rows[label]["text"], **_ends(rows[label], evidence["nodes"])}
        for group, labels in groups.items()
        for label in sorted(labels, key=lambda label: float(rows[label]["p50"]))
    ]


def _ends(row: dict[str, Any], nodes: dict[str, Any]) -> dict[str, Any]:
    """The value before it was brought to another boundary, that boundary, and the interval after."""
    node = nodes[row["node"]]
    after = {key: row[key] for key in ("p05", "p50", "p95")} | {"modelled": "our model" in row["text"]}
    if node["kind"] != "function":
        return {"before": None, "level": _level(node), **after}
    first = nodes[node["args"][0]]
    before = to_reader(to_coherent(first["p50"], first["unit"], first["name"]), first["name"], row["unit"])
    return {"before": before, "level": _level(first), **after}


def _level(node: dict[str, Any]) -> str:
    """What the scope of a node counts, from its words."""
    return next(level for level, words in COUNTS.items() if node["scope"].startswith(words))


def _views(node: dict[str, Any], tables: Tables, spec: dict[str, Any]) -> list[dict[str, Any]]:
    first, last = spec["years"]
    if node["dataset"] not in tables:
        raise KeyError(f"the figure draws rows of `{node['dataset']}`; give its tidy table to the rule")
    names = {row["series"] for row in node["rows"]}
    rows = [row for row in tables[node["dataset"]] if row.region == node["at"]["region"]]
    inside = sorted(
        (row for row in rows if first <= row.year <= last), key=lambda row: (row.series, row.year)
    )
    return [
        _view(list(group), spec["unit"])
        for name, group in groupby(inside, key=lambda row: row.series)
        if name in names
    ]


def _view(rows: list[Row], unit: str) -> dict[str, Any]:
    points = [[row.year, _shown(row, unit), not row.id.endswith("-interpolated")] for row in rows]
    return {"name": rows[-1].publication.split(",")[0], "points": points}


def _shown(row: Row, unit: str) -> float:
    return to_reader(to_coherent(row.value, row.unit, row.quantity), row.quantity, unit)
