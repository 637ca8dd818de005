"""Fingerprints: what the evidence of a claim depends on, as one digest.

It covers the entry of the claim, the inputs and rows of tables that it reaches, the source of the
functions that it reaches, and the engine; a claim is computed again exactly when it changes.
"""

import ast
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jouletrace import computed
from jouletrace.graph import MODELS, Function, Node, Plan, digest
from jouletrace.registry import Registry
from jouletrace.rows import questions

PACKAGE = Path(__file__).parent
#: Files whose change makes every claim new.
ENGINE = (
    *(
        "companion",
        "computed",
        "evaluate",
        "evidence",
        "facts",
        "flip",
        "graph",
        "judge",
        "numeric",
        "numerics",
    ),
    *("proposition", "robustness", "rows", "sampling", "scopes", "sensitivity", "sobol", "solver"),
    *("streams", "trace", "transform", "units", "verdict", "registry/distribution", "registry/rows"),
)


def fingerprint(claim_id: str, plan: Plan) -> str:
    """sha256 over all that the evidence of a claim depends on."""
    registry = plan.registry
    claim = registry.claims[claim_id]
    names = {node.name for node in plan.nodes.values()}
    datasets = {
        quantity.lookup.dataset
        for name, quantity in registry.quantities.items()
        if name in names and quantity.lookup
    }
    return digest(
        claim.model_dump(mode="json", by_alias=True),
        registry.settings.model_dump(mode="json"),
        [_entry(plan, node) for node in plan.nodes.values()],
        [registry.datasets[name].model_dump(mode="json") for name in sorted(datasets)],
        [_source(plan.functions[name]) for name in sorted(names & set(plan.functions))],
        [registry.facts[name].model_dump(mode="json") for name in sorted(registry.facts)]
        if any(reading.fact for _, reading in questions(claim))
        else [],
        _attributions(registry, claim_id),
        computed.identity(claim.figure.dataset, registry, plan.tables) if claim.figure.dataset else "",
        [registry.systems[r.system].model_dump() for _, r in questions(claim) if r.system],
        engine(),
    )


def _attributions(registry: Registry, claim_id: str) -> list[dict[str, Any]]:
    asked = [one.attribution.id for _, one in questions(registry.claims[claim_id]) if one.attribution]
    return [registry.attributions[name].model_dump(mode="json") for name in asked]


def _entry(plan: Plan, node: Node) -> Any:
    registry = plan.registry
    if node.case:
        quantity = registry.quantities[node.name]
        around = quantity.model_dump(mode="json", exclude={"cases"})
        return node.id, around, node.case.model_dump(mode="json")
    if node.draws:
        quantity = registry.quantities[node.name]
        made_of = computed.identity(node.draws[0], registry, plan.tables)
        return node.id, quantity.model_dump(mode="json"), made_of
    if node.kind == "table":
        rows_used = [(row.as_dict(), registry.boundary(row.boundary)) for row in node.rows]
        return node.id, registry.quantities[node.name].model_dump(mode="json"), rows_used
    return node.id


def _source(function: Function) -> str:
    """Source of a function, and of what its module holds besides public functions."""
    return digest(function.source, _rest(function.module))


@lru_cache(maxsize=64)
def _rest(name: str) -> list[str]:
    module = ast.parse((MODELS / f"{name}.py").read_text(encoding="utf-8"))
    return [
        ast.dump(item)
        for item in module.body[1:]
        if not (isinstance(item, ast.FunctionDef) and not item.name.startswith("_"))
    ]


@lru_cache(maxsize=1)
def engine() -> str:
    """Digest of the engine's files and of the libraries that compute."""
    files = [(PACKAGE / f"{name}.py").read_bytes() for name in ENGINE]
    return digest(files, [version(name) for name in ("jax", "numpy", "scipy", "SALib")])
