"""The full check of a registry, and the plan of a build: what each claim depends on.

Everything is checked before anything is computed, and all problems are told at once.
"""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from pydantic import ValidationError

from jouletrace import scopes
from jouletrace.fingerprint import fingerprint
from jouletrace.graph import Plan, functions
from jouletrace.registry import Problem, Registry, RegistryError, did_you_mean
from jouletrace.registry.rows import Row
from jouletrace.registry.schema import Claim, Proposition, Reading, Sourced
from jouletrace.registry.tokens import tokens
from jouletrace.rows import members, questions, rows
from jouletrace.units import UnitError, to_coherent, unit_of

PACKAGE = Path(__file__).parent
Tables = dict[str, tuple[Row, ...]]


def check(registry: Registry, tables: Tables) -> dict[str, str]:
    """Fingerprints of all claims. Raises `RegistryError` with every problem that was found."""
    problems = [*_quantities(registry), *_boundaries(registry), *_computed(registry)]
    problems += [*_citations(registry, tables), *_claims(registry)]
    plans: dict[str, Plan] = {}
    broken = {problem.entry.split("/")[0].removesuffix(".figure") for problem in problems}
    for claim_id in [one for one in registry.claims if one not in broken]:
        try:
            plans[claim_id] = planned(claim_id, registry, tables)
        except RegistryError as error:
            problems += error.problems
    problems += _scopes(registry, plans)
    if not problems:
        problems = [*_orphans(registry, plans), *_texts(registry, tables)]
    if problems:
        raise RegistryError(problems)
    return {claim_id: fingerprint(claim_id, plan) for claim_id, plan in plans.items()}


def _scopes(registry: Registry, plans: dict[str, Plan]) -> Iterator[Problem]:
    yield from scopes.missing(plans.values(), registry)
    for claim_id in plans:
        for label, reading in questions(registry.claims[claim_id]):
            if reading.proposition:
                yield from scopes.compared(reading.proposition, registry, f"{claim_id}/{label}")


def planned(claim_id: str, registry: Registry, tables: Tables) -> Plan:
    """The plan of everything that a claim asks. Raises `RegistryError`."""
    claim, plan = registry.claims[claim_id], Plan(registry, tables)
    for label, reading in questions(claim):
        if reading.proposition:
            _plan_one(plan, reading.proposition, f"{claim_id}/{label}")
    for cell in members(claim, registry.datasets):
        _plan_one(plan, cell.proposition, f"{claim_id}/{cell.label}")
    figure = claim.figure
    for name in figure.series.values() if figure.kind == "path" else ():
        proposition = claim.readings[name].proposition
        if proposition is None or figure.years is None:
            continue
        for year in range(figure.years[0], figure.years[1] + 1):
            moved = proposition.model_copy(update={"at": {**proposition.at, "year": year}})
            _plan_one(plan, moved, f"{claim_id}/figure")
    return plan


def _plan_one(plan: Plan, proposition: Proposition, entry: str) -> None:
    at, base = proposition.at, proposition.base
    assert proposition.quantity is not None
    plan.add(proposition.quantity, at, base, entry)
    divisor = proposition.of or proposition.than
    if divisor:
        plan.add(divisor, proposition.than_at or at, base, entry)


def _quantities(registry: Registry) -> Iterator[Problem]:
    for name, quantity in registry.quantities.items():
        file = registry.file_of("quantities", name)
        if name in functions():
            where = f"src/jouletrace/models/{functions()[name].module}.py"
            yield Problem(file, name, "J10", f"`{name}` is also a function in {where}")
        try:
            unit_of(name)
            to_coherent(1.0, quantity.unit, name)
        except UnitError as error:
            yield Problem(file, name, "J04", str(error))
        if quantity.lookup and quantity.lookup.dataset not in registry.datasets:
            near = did_you_mean(quantity.lookup.dataset, registry.datasets)
            what = f"no dataset is called `{quantity.lookup.dataset}`"
            yield Problem(file, name, "J20", what, near)


def _computed(registry: Registry) -> Iterator[Problem]:
    """What an experiment reads and uses must exist, and the experiment as well."""
    experiments = [path.stem for path in (PACKAGE / "experiments").glob("*.py")]
    for name, entry in registry.computed.items():
        known: list[tuple[str, str, Collection[str]]] = [
            *(("dataset", key, registry.datasets) for key in entry.reads),
            *(("withheld table", key, registry.withheld) for key in entry.withheld),
            *(("quantity", key, registry.quantities) for key in entry.uses),
            ("experiment", entry.experiment, experiments),
            *(("computed dataset", key, registry.computed) for key in (entry.settings_of,) if key),
        ]
        for kind, key, all_of_them in known:
            if key not in all_of_them:
                what = f"no {kind} is called `{key}`"
                near = did_you_mean(key, all_of_them)
                yield Problem(registry.file_of("computed", name), name, "J20", what, near)


def _boundaries(registry: Registry) -> Iterator[Problem]:
    """Keys that a table names must be entries."""
    for name, dataset in registry.datasets.items():
        for key in dataset.boundaries:
            if key not in registry.boundaries:
                near = did_you_mean(key, registry.boundaries)
                file = registry.file_of("datasets", name)
                yield Problem(file, name, "J20", f"no boundary is called `{key}`", near)


def _citations(registry: Registry, tables: Tables) -> Iterator[Problem]:
    for section, entry, keys in cited(registry):
        for key in keys:
            if key not in registry.bibliography:
                near = did_you_mean(key, registry.bibliography)
                file = registry.file_of(section, entry.split(".cases")[0])
                yield Problem(file, entry, "J07", f"cites `{key}`, which has no entry", near)

    for name, rows_of_table in tables.items():
        for key in sorted({row.cite for row in rows_of_table} - set(registry.bibliography)):
            file = registry.datasets[name].snapshot.path
            near = did_you_mean(key, registry.bibliography)
            yield Problem(file, name, "J07", f"cites `{key}`, which has no entry", near)


def cited(registry: Registry) -> Iterator[tuple[str, str, list[str]]]:
    """Section, entry and cite keys of everything that cites."""
    for name, quantity in registry.quantities.items():
        sourced: list[Sourced] = [*quantity.cases.values()]
        sourced += [quantity.error] if quantity.error else []
        yield "quantities", name, [one.cite for one in sourced if one.cite]
    for name, dataset in registry.datasets.items():
        yield "datasets", name, [dataset.cite]
    for name, withheld in registry.withheld.items():
        yield "withheld", name, [withheld.cite]
    for name, article in registry.articles.items():
        yield "articles", name, [article.cite]
    for name, claim in registry.claims.items():
        yield "claims", name, list(claim.source.cite)
    for name, fact in registry.facts.items():
        yield "facts", name, [fact.cite] if fact.cite else []
    for name, attribution in registry.attributions.items():
        yield "attributions", name, [attribution.cite]


def _claims(registry: Registry) -> Iterator[Problem]:
    for claim_id, claim in registry.claims.items():
        file = registry.file_of("claims", claim_id)
        article, _, short = claim_id.partition(".")
        if not re.fullmatch(r"[A-Za-z0-9-]+", short):
            yield Problem(file, claim_id, "J03", "the id of a claim has letters, digits and dashes only")
            continue
        try:
            labels = dict(rows(claim))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            what = f"a variant has a wrong key: {'.'.join(map(str, first['loc']))}: {first['msg']}"
            yield Problem(file, claim_id, "J03", what)
            continue
        if article not in registry.articles:
            yield Problem(file, claim_id, "J03", f"no article is called `{article}`")
            continue
        if claim.headline not in labels:
            near = did_you_mean(claim.headline, labels)
            yield Problem(file, claim_id, "J13", f"has no reading `{claim.headline}` to headline", near)
        yield from _figure(file, claim_id, claim, registry.computed)
        yield from _members(registry, file, claim_id, claim)
        places = registry.articles[article].places
        for place in claim.location:
            if place.split(".")[0] not in places:
                yield Problem(file, claim_id, "J03", f"the article has no place `{place}`")
        for label, reading in questions(claim):
            yield from _question(registry, file, f"{claim_id}/{label}", reading)


def _figure(file: str, claim_id: str, claim: Claim, computed: Collection[str]) -> Iterator[Problem]:
    """What a figure shows must be readings, questions of the context, or a computed dataset."""
    spec, entry = claim.figure, f"{claim_id}.figure"
    if spec.kind == "breaks":
        if spec.dataset not in computed:
            near = did_you_mean(str(spec.dataset), computed)
            yield Problem(file, entry, "J20", f"no computed dataset is called `{spec.dataset}`", near)
        return
    known = {**claim.readings, **(claim.context if spec.kind == "ranking" else {})}
    for name in (*spec.readings, *spec.series.values()):
        if name not in known:
            near = did_you_mean(name, known)
            yield Problem(file, entry, "J13", f"shows a reading `{name}` that is not there", near)
    for name in spec.series.values():
        if name in known and known[name].proposition is None:
            yield Problem(file, entry, "J13", f"`{name}` has no quantity to draw over years")
    for name in (row for part in (*(one.rows for one in spec.panels), *spec.groups.values()) for row in part):
        asked = claim.context[name].proposition if name in claim.context else None
        if asked is None or asked.unit != spec.unit:
            near = did_you_mean(name, claim.context)
            what = f"shows `{name}`, which is no context row in the unit of the figure"
            yield Problem(file, entry, "J13", what, near)


def _members(registry: Registry, file: str, claim_id: str, claim: Claim) -> Iterator[Problem]:
    """Tables of members ask for groups that their dataset has, and for quantities."""
    for name, table in claim.members.items():
        entry = f"{claim_id}.members.{name}"
        dataset = registry.datasets.get(table.dataset)
        if dataset is None:
            near = did_you_mean(table.dataset, registry.datasets)
            yield Problem(file, entry, "J20", f"no dataset is called `{table.dataset}`", near)
            continue
        for group in set(table.groups) - set(dataset.groups):
            near = did_you_mean(group, dataset.groups)
            yield Problem(file, entry, "J13", f"`{table.dataset}` has no group `{group}`", near)
        for column, reading in table.columns.items():
            if reading.proposition is None:
                yield Problem(file, entry, "J13", f"the column `{column}` asks for no quantity")
            else:
                yield from _question(registry, file, f"{entry}.{column}", reading)


def _question(registry: Registry, file: str, entry: str, reading: Reading) -> Iterator[Problem]:
    if reading.system and reading.system not in registry.systems:
        near = did_you_mean(reading.system, registry.systems)
        yield Problem(file, entry, "J14", f"no system is called `{reading.system}`", near)
    if reading.attribution and reading.attribution.id not in registry.attributions:
        near = did_you_mean(reading.attribution.id, registry.attributions)
        yield Problem(file, entry, "J14", f"no attribution is called `{reading.attribution.id}`", near)
    if reading.fact:
        predicates = {fact.predicate for fact in registry.facts.values()}
        if reading.fact.predicate not in predicates:
            near = did_you_mean(reading.fact.predicate, predicates)
            yield Problem(file, entry, "J14", f"no fact has `{reading.fact.predicate}`", near)
    if reading.proposition:
        yield from _units(file, entry, reading.proposition)


def _units(file: str, entry: str, proposition: Proposition) -> Iterator[Problem]:
    ratio = proposition.of or proposition.than
    name = "share_ratio" if ratio else str(proposition.quantity)
    try:
        to_coherent(1.0, proposition.unit, name)
        if ratio and unit_of(ratio) != unit_of(str(proposition.quantity)):
            what = f"`{proposition.quantity}` and `{ratio}` have different units"
            yield Problem(file, entry, "J04", what)
    except UnitError as error:
        yield Problem(file, entry, "J04", str(error))


def _orphans(registry: Registry, plans: dict[str, Plan]) -> Iterator[Problem]:
    used = {node.name for plan in plans.values() for node in plan.nodes.values()}
    used |= {name for one in registry.computed.values() for name in one.uses}
    datasets = {q.lookup.dataset for q in registry.quantities.values() if q.lookup}
    datasets |= {name for one in registry.computed.values() for name in one.reads}
    keys = {key for _, _, found in cited(registry) for key in found}
    keys |= {row.cite for name in datasets for row in _rows_of(plans, name)}
    facts = {name for claim in registry.claims.values() for name in claim.facts}
    asked = {r.fact.predicate for c in registry.claims.values() for _, r in questions(c) if r.fact}
    facts |= {name for name, fact in registry.facts.items() if fact.predicate in asked}
    boundaries = {row.boundary for name in registry.datasets for row in _rows_of(plans, name)}
    for section, entries, alive in (
        ("boundaries", registry.boundaries, boundaries),
        ("quantities", registry.quantities, used),
        ("datasets", registry.datasets, datasets),
        ("facts", registry.facts, facts),
        ("sources", registry.bibliography, keys),
    ):
        for name in sorted(set(entries) - alive):
            file = registry.file_of(section, name) if section != "sources" else "data/registry/sources.bib"
            yield Problem(file, name, "J08", "nobody uses this entry")


def _rows_of(plans: dict[str, Plan], dataset: str) -> tuple[Row, ...]:
    return next(iter(plans.values())).tables.get(dataset, ()) if plans else ()


def _texts(registry: Registry, tables: Tables) -> Iterator[Problem]:
    for claim_id, claim in registry.claims.items():
        known = {f"{claim_id.split('.')[1]}.{label}" for label, _ in questions(claim)}
        for token in tokens(claim.model_dump_json()):
            if _unknown(token, registry, tables, claim_id):
                file = registry.file_of("claims", claim_id)
                near = did_you_mean(token, known)
                yield Problem(file, claim_id, "J15", f"no number is called `{token}`", near)


def _unknown(token: str, registry: Registry, tables: Tables, claim_id: str) -> bool:
    """Whether a number token of a claim's text names nothing."""
    kind, _, rest = token.partition(".")
    if kind == "row":
        dataset, _, row = rest.partition(".")
        return row not in {one.id for one in tables.get(dataset, ())}
    if kind == "input":
        name, _, case = rest.partition(".")
        quantity = registry.quantities.get(name)
        return quantity is None or bool(case and case not in quantity.cases)
    label, _, field = rest.rpartition(".")
    claim = registry.claims.get(f"{claim_id.split('.')[0]}.{kind}")
    fields = {"p05", "p50", "p95", "probability", "stated"}
    return claim is None or field not in fields or label not in dict(questions(claim))
