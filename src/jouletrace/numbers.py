"""Every number that a page can print, under its id, with what its popover says."""

import re
from typing import Any

from jouletrace.present import DIGITS, figure, printed
from jouletrace.registry import Registry
from jouletrace.registry.distribution import middle
from jouletrace.registry.rows import Row
from jouletrace.registry.schema import Case
from jouletrace.scopes import words

Record = dict[str, Any]
#: Units in which fewer digits say all that a reader can use.
PROSE_DIGITS = {"percent": 2}


def numbers(
    registry: Registry, tables: dict[str, tuple[Row, ...]], evidence: dict[str, Record]
) -> dict[str, Record]:
    """Results, stated values, rows of tables and inputs."""
    found: dict[str, Record] = {}
    for claim_id, one in evidence.items():
        for row in [*one["rows"], *one["context"]]:
            found.update(_of_row(claim_id, one, row))
    for dataset, rows in tables.items():
        for figure_row in rows:
            found[f"row.{dataset}.{figure_row.id}"] = _of_table(dataset, figure_row, registry)
    for name, quantity in registry.quantities.items():
        for key, case in quantity.cases.items():
            record = _of_input(name, key, case, registry)
            found[f"input.{name}.{key}"] = record
            if len(quantity.cases) == 1:
                found[f"input.{name}"] = record
    return found


def slug(label: str) -> str:
    """Anchor of a label.

    >>> slug("V1/scope=with-networks")
    'v1-scope-with-networks'
    """
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")


def _of_row(claim_id: str, one: Record, row: Record) -> dict[str, Record]:
    article, short = claim_id.split(".")
    page = f"claims/{article}/{short}.html"
    prefix = f"{claim_id}.{row['label']}"
    common = {
        "title": row["text"],
        "claim": claim_id,
        "row": row["label"],
        "href": f"{page}#trace-{slug(row['label'])}",
        "p05": row.get("p05"),
        "p95": row.get("p95"),
        "unit": printed(row["unit"]),
        "boundary": _joined(one, row, "boundary"),
        "scope": _joined(one, row, "scope"),
        "sources": _sources(one, row),
    }
    found: dict[str, Record] = {}
    if row.get("p50") is not None:
        for key in ("p05", "p50", "p95"):
            text = figure(row[key], row["unit"], PROSE_DIGITS.get(row["unit"], DIGITS))
            found[f"{prefix}.{key}"] = {**common, "kind": "result", "value": row[key], "text": text}
    if row["probability"] is not None:
        found[f"{prefix}.probability"] = {
            **common,
            "kind": "probability",
            "value": row["probability"],
            "text": row["probability_text"],
            "p05": None,
            "p95": None,
            "unit": "probability",
        }
    asked = row.get("proposition") or {}
    if asked.get("value") is not None:
        says = " ".join((one["claim"].get("says") or {}).values())
        is_said = asked["is"] == "about" or f"{short}.{row['label']}.stated" in says
        found[f"{prefix}.stated"] = _stated(common, one, float(asked["value"]), row["unit"], is_said)
    return found


def _stated(common: Record, one: Record, value: float, unit: str, is_said: bool) -> Record:
    """What a reading is held against: the article's own figure, or else an edge that its rule sets."""
    place = ", ".join(one["claim"]["location"])
    source = {"cite": None, "locator": f"the article, {place}", "grade": "read", "licence": ""}
    return {
        **common,
        "kind": "stated",
        "value": value,
        "text": figure(value, unit),
        "p05": None,
        "p95": None,
        "said": is_said,
        "title": "The article's own figure" if is_said else "The edge that the rule of this page sets",
        "boundary": "as the article states it; it gives no definition" if is_said else "",
        "scope": "",
        "sources": [source] if is_said else [],
    }


def _joined(one: Record, row: Record, key: str) -> str:
    """Boundary or scope of a row, and of what it is divided by where that has another."""
    nodes = one["nodes"]
    found = [nodes[name][key].rstrip(".") for name in (row.get("node"), row.get("than_node")) if name]
    return "; divided by: ".join(dict.fromkeys(text for text in found if text))


def _sources(one: Record, row: Record) -> list[Record]:
    """Sources of all inputs below a row, each once, judgements first."""
    nodes, found = one["nodes"], {}
    stack = [row.get("node"), row.get("than_node")]
    while stack:
        node = nodes.get(stack.pop())
        if node is None:
            continue
        stack.extend(node.get("args", ()))
        for source in _of_node(node):
            found[(source["cite"], source["locator"])] = source
    return sorted(found.values(), key=lambda s: (s["grade"] != "judgement", str(s["cite"])))


def _of_node(node: Record) -> list[Record]:
    if node["kind"] == "table":
        return _of_error(node["error"]) + [
            {
                "cite": row["cite"],
                "locator": row["locator"],
                "grade": row["grade"],
                "licence": row["licence"],
            }
            for row in node["rows"]
        ]
    if node["kind"] in ("input", "draws"):
        locator = node["locator"] or node["why"]
        return [{"cite": node["cite"], "locator": locator, "grade": node["grade"], "licence": ""}]
    return []


def _of_error(error: Record | None) -> list[Record]:
    if error is None:
        return []
    locator = error["locator"] or f"error of the figure: {error['why']}"
    return [{"cite": error["cite"], "locator": locator, "grade": error["grade"], "licence": ""}]


def _of_table(dataset: str, row: Row, registry: Registry) -> Record:
    return {
        "kind": "row",
        "text": figure(row.value, row.unit),
        "value": row.value,
        "p05": row.low,
        "p95": row.high,
        "unit": printed(row.unit),
        "title": f"{row.publication}: {row.region}, {row.year}",
        "boundary": registry.boundary(row.boundary),
        "sources": [{"cite": row.cite, "locator": row.locator, "grade": row.grade, "licence": row.licence}],
        "claim": None,
        "row": row.id,
        "href": f"data.html#dataset-{slug(dataset)}",
    }


def _of_input(name: str, key: str, case: Case, registry: Registry) -> Record:
    quantity = registry.quantities[name]
    low, high = case.distribution.stated
    value = middle(case.distribution)
    locator = case.locator or case.why
    return {
        "kind": "input",
        "text": figure(value, quantity.unit),
        "value": value,
        "p05": low if low != high else None,
        "p95": high if low != high else None,
        "unit": printed(quantity.unit),
        "title": quantity.title,
        "boundary": quantity.boundary,
        "scope": words(quantity.scope),
        "sources": [{"cite": case.cite, "locator": locator, "grade": case.grade, "licence": ""}],
        "claim": None,
        "row": key,
        "href": f"data.html#input-{slug(name)}",
    }
