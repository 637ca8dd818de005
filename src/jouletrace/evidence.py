"""The evidence of one claim: everything a page says about it, as plain rounded data.

Numbers are rounded to six significant digits before they are written, so that the last bits,
in which processors differ, never reach a file.
"""

from typing import Any

from jouletrace import computed
from jouletrace.evaluate import Target, target
from jouletrace.graph import Plan
from jouletrace.judge import judge
from jouletrace.numeric import Judged, Sampled
from jouletrace.registry import Registry
from jouletrace.registry.rows import Row
from jouletrace.registry.schema import Claim, Reading
from jouletrace.rows import members, rows
from jouletrace.sampling import weakest
from jouletrace.verdict import depends_on_reading

Tables = dict[str, tuple[Row, ...]]


def evidence(claim_id: str, registry: Registry, tables: Tables, fingerprint: str) -> dict[str, Any]:
    """Judge every reading of a claim. Raises `RegistryError` when a quantity cannot be planned."""
    claim = registry.claims[claim_id]
    asked = dict(rows(claim))
    context = dict(claim.context)
    plan = Plan(registry, tables)
    targets = _targets(plan, {**asked, **context}, registry, claim_id)
    path = _path_targets(plan, claim, registry, claim_id)
    numeric = Judged(plan, list(targets.values()), registry)
    judged = [
        {**judge(label, reading, claim, registry, numeric), "is_headline": label == claim.headline}
        for label, reading in asked.items()
    ]
    ordinary = [(row["probability"], row["word"]) for row in judged if row["ordinary"]]
    return {
        "schema_version": 1,
        "id": claim_id,
        "scenario": registry.scenario,
        "fingerprint": fingerprint,
        "as_of": registry.settings.as_of.isoformat(),
        "draws": registry.settings.draws,
        "seed": registry.settings.seed,
        "claim": claim.model_dump(mode="json", by_alias=True),
        "depends_on_reading": depends_on_reading(ordinary),
        "rows": judged,
        "context": [
            {**judge(label, reading, claim, registry, numeric), "is_headline": False}
            for label, reading in context.items()
        ],
        "path": Sampled(plan, list(path.values()), registry).summaries(),
        "points": _points(claim, registry, tables),
        "members": _members(plan, claim, registry, claim_id),
        "nodes": numeric.node_records(),
    }


def _targets(plan: Plan, asked: dict[str, Reading], registry: Registry, claim_id: str) -> dict[str, Target]:
    return {
        label: target(plan, label, reading.proposition, registry.settings, f"{claim_id}/{label}")
        for label, reading in asked.items()
        if reading.proposition
    }


def _members(plan: Plan, claim: Claim, registry: Registry, claim_id: str) -> list[dict[str, Any]]:
    """Tables of members: for each series its name, its group, what it rests on, and its columns."""
    cells = list(members(claim, registry.datasets))
    targets = [
        target(plan, cell.label, cell.proposition, registry.settings, f"{claim_id}/{cell.label}")
        for cell in cells
    ]
    found = Sampled(plan, targets, registry).summaries()
    lines: dict[tuple[str, str, str], dict[str, Any]] = {}
    for cell, one in zip(cells, targets, strict=True):
        table = claim.members[cell.table]
        line = lines.setdefault(
            (cell.table, cell.group, cell.series),
            {
                "table": cell.table,
                "group": cell.group,
                "series": cell.series,
                "name": registry.datasets[table.dataset].names.get(cell.series, cell.series),
                "grade": weakest(row.grade for node in plan.below(one.node) for row in node.rows),
                "columns": {},
            },
        )
        line["columns"][cell.column] = {"unit": cell.proposition.unit, **found[cell.label]}
    return list(lines.values())


def _path_targets(plan: Plan, claim: Claim, registry: Registry, claim_id: str) -> dict[str, Target]:
    """The quantity of a figure over its years, one target a year and series."""
    figure = claim.figure
    if figure.kind != "path" or not figure.years:
        return {}
    found = {}
    for series, question in figure.series.items():
        raw = claim.readings[question].proposition
        assert raw is not None
        for year in range(figure.years[0], figure.years[1] + 1):
            label = f"{series}@{year}"
            moved = raw.model_copy(update={"at": {**raw.at, "year": year}, "operator": "reported"})
            found[label] = target(plan, label, moved, registry.settings, f"{claim_id}/{label}")
    return found


def _points(claim: Claim, registry: Registry, tables: Tables) -> list[dict[str, Any]]:
    """What a figure shows of a computed dataset."""
    if claim.figure.kind != "breaks" or not claim.figure.dataset:
        return []
    return computed.table(computed.found(claim.figure.dataset, registry, tables)[0])
