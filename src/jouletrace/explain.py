"""A claim or a number, told on a terminal: value, source, and the line that computes it."""

from collections.abc import Iterable, Iterator
from typing import Any

from jouletrace.computed import entrance
from jouletrace.present import figure, span
from jouletrace.registry.problems import Problem, RegistryError, did_you_mean

Record = dict[str, Any]


def find(name: str, known: Iterable[str], kind: str) -> str:
    """The full id for a short one. Raises `RegistryError` (J15) with the nearest known id."""
    ids = list(known)
    matches = [one for one in ids if one == name or one.split(".", 1)[-1] == name]
    if len(matches) == 1:
        return matches[0]
    short = [one.split(".", 1)[-1] for one in ids]
    hint = did_you_mean(name, [*ids, *short])
    raise RegistryError([Problem("results/ledger.json", name, "J15", f"no {kind} has this id", hint)])


def number_lines(name: str, one: Record, bibliography: Record) -> Iterator[str]:
    """A number, its interval, unit, boundary and sources."""
    yield f"{name} = {one['text']}"
    yield f"  {one['title']}"
    if one["p05"] is not None:
        yield f"  5 to 95 %: {one['p05']:g} to {one['p95']:g} {one['unit']}"
    yield f"  boundary: {one['boundary']}"
    if one.get("scope"):
        yield f"  counts: {one['scope']}"
    for source in one["sources"]:
        work = bibliography.get(source["cite"] or "", {})
        judged = "our judgement" if source["grade"] == "judgement" else ""
        who = f"{work.get('author', '')} {work.get('year', '')}".strip() or judged
        yield f"  {source['grade']}: {'; '.join(one for one in (who, source['locator']) if one)}"
    yield f"  page: results/book/{one['href']}"


def trace_lines(one: Record) -> Iterator[str]:
    """A claim's readings, each from the result down to its inputs."""
    yield f"{one['id']}: {one['claim']['title']['en']}"
    for row in one["rows"]:
        value = figure(row["p50"], row["unit"]) if row.get("p50") is not None else "no number"
        yield f"\n{row['label']}: {row['word']} {row['probability_text']} ({value}): {row['text']}"
        for top in (row.get("node"), row.get("than_node")):
            if top:
                yield from _below(one["nodes"], top, 1)


def _below(nodes: Record, node_id: str, depth: int) -> Iterator[str]:
    node = nodes[node_id]
    value = figure(node["p50"], node["unit"])
    if node["p05"] != node["p95"]:
        value += f" ({span(node['p05'], node['p95'], node['unit'])})"
    yield f"{'  ' * depth}{node_id} = {value}  [{_origin(node)}]"
    for arg in node.get("args", ()):
        yield from _below(nodes, arg, depth + 1)


def _origin(node: Record) -> str:
    if node["kind"] == "function":
        return f"src/jouletrace/models/{node['module']}.py:{node['line']}"
    if node["kind"] == "coordinate":
        return "chosen by the reading"
    if node["kind"] == "table":
        rows = ", ".join(row["id"] for row in node["rows"][:3])
        more = f" and {len(node['rows']) - 3} more" if len(node["rows"]) > 3 else ""
        return f"data/snapshot/{node['dataset']}.csv: {rows}{more}"
    if node["kind"] == "draws":
        code = f"src/jouletrace/experiments/{node['experiment']}.py:{entrance(node['experiment'])[0]}"
        return f"{code}, column {node['column']}: {node['locator']}, fingerprint {node['fingerprint'][:16]}"
    source = f"{node['cite'] or 'our judgement'}, {node['locator'] or node['why']}"
    return f"{node['file']}, {node['grade']}: {source}"
