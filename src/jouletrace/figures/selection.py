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
    asked = str(evidence["claim"]["figure"]["kind"])
    has = {
        "path": lambda: evidence["path"],
        "ranking": lambda: ranked(evidence),
        "breaks": lambda: evidence.get("points"),
        "lifetime": lambda: evidence.get("members"),
        "loads": lambda: evidence.get("members"),
        "roofline": lambda: evidence.get("members"),
        "dumbbell": lambda: evidence.get("context"),
        "waterfall": lambda: panels(evidence),
    }
    if asked in has and has[asked]():
        return asked
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


def ranked(evidence: Evidence) -> list[dict[str, Any]]:
    """Questions of the context that a ranking shows, the largest first."""
    wanted = evidence["claim"]["figure"]["readings"]
    rows = [row for row in evidence.get("context", ()) if row["label"] in wanted]
    return sorted(rows, key=lambda row: (-row["p50"], row["label"]))


def fitted(evidence: Evidence) -> list[dict[str, Any]]:
    """Series of a break figure: name, points, date of the break with its interval, and chance."""
    found = []
    for name, series in evidence["claim"]["figure"]["series"].items():
        known = {
            node["name"]: node
            for node in evidence["nodes"].values()
            if node["at"].get("series") == series and node["kind"] == "draws"
        }
        points = [point for point in evidence["points"] if point["series"] == series]
        year, chance = known["trend_break_year"], known["chance_ratio"]
        found.append({"name": name, "points": points, "year": year, "chance": chance})
    return found


def panels(evidence: Evidence) -> list[dict[str, Any]]:
    """Panels of a waterfall: title, and the context rows of its steps in order."""
    rows = {row["label"]: row for row in evidence.get("context", ())}
    asked = evidence["claim"]["figure"].get("panels", ())
    return [{"title": one["title"], "rows": [rows[label] for label in one["rows"]]} for one in asked]


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
