"""From the nodes of a plan to inputs: what each is made of, and which stream each part follows."""

import math
from collections.abc import Iterable

from jouletrace import computed
from jouletrace.graph import Node, Plan
from jouletrace.registry.distribution import Empirical, Joint
from jouletrace.registry.schema import Lookup, Quantity
from jouletrace.streams import Input, Part
from jouletrace.units import to_coherent

WEAKEST_FIRST = ("recalled", "judgement", "secondary", "fitted", "read", "measured")


def inputs_of(plan: Plan, nodes: Iterable[Node]) -> dict[str, Input]:
    """Inputs among some nodes of a plan, in their order."""
    found = {}
    for node in nodes:
        if node.kind == "draws":
            found[node.id] = _posterior(node, plan)
        elif node.kind in ("input", "table"):
            found[node.id] = _input(node, plan.registry.quantities[node.name])
    return found


def _posterior(node: Node, plan: Plan) -> Input:
    """A column of joint draws: the row is chosen once for the dataset, so that columns stay joint."""
    assert node.draws is not None
    name, column = node.draws
    folder, _ = computed.found(name, plan.registry, plan.tables)
    unit = plan.registry.quantities[node.name].unit
    values = computed.column(folder, column) * to_coherent(1.0, unit, node.name)
    part = Part(Joint(values=tuple(values)), f"draws.{name}", "fitted", of=node.id)
    return Input(node.id, 1.0, (part,), frozenset({"fitted"}))


def _input(node: Node, quantity: Quantity) -> Input:
    if node.case:
        factor = to_coherent(1.0, quantity.unit, node.name)
        kind = node.case.distribution.scaled(factor)
        part = Part(kind, node.id, node.case.grade, quantity.signed)
        return Input(node.id, 1.0, (part,), frozenset({node.case.grade}))
    assert quantity.lookup is not None
    if quantity.lookup.column == "year":
        return Input(node.id, float(node.rows[0].year), (), frozenset({"read"}))
    values = tuple(to_coherent(row.value, row.unit, node.name) for row in node.rows)
    grade = weakest(row.grade for row in node.rows)
    constant, parts = _figure(values, node, quantity.lookup, grade)
    if quantity.error:
        name = error_stream(node, quantity)
        parts = (*parts, Part(quantity.error.distribution, name, quantity.error.grade))
    return Input(node.id, constant, parts, frozenset({grade, *(part.grade for part in parts)}))


def error_stream(node: Node, quantity: Quantity) -> str:
    """The stream that the error of a figure follows, with all figures that are wrong with it."""
    assert quantity.lookup is not None
    assert quantity.error is not None
    row = node.rows[0]
    shared = {"lineage": row.lineage, "row": row.id, "all": node.name}[quantity.error.shared_by]
    return f"error.{quantity.lookup.dataset}.{shared}"


def _figure(
    values: tuple[float, ...], node: Node, lookup: Lookup, grade: str
) -> tuple[float, tuple[Part, ...]]:
    """The figure itself: one row; one of several, drawn once for the table; or their average."""
    if lookup.several == "sample":
        stream = f"{lookup.dataset}.{node.at.get('region', '')}"
        return 1.0, (Part(Empirical(values=_one_vote_a_lineage(values, node)), stream, grade),)
    if lookup.several == "joint" and len(values) > 1:
        stream = f"joint.{lookup.dataset}.{node.at.get(lookup.along, '')}"
        return 1.0, (Part(Joint(values=values), stream, grade, of=node.id),)
    if len(values) == 1:
        return values[0], ()
    return math.exp(sum(map(math.log, values)) / len(values)), ()


def _one_vote_a_lineage(values: tuple[float, ...], node: Node) -> tuple[float, ...]:
    """Values repeated so that each lineage, not each of its scenarios, is equally likely."""
    groups: dict[str, list[float]] = {}
    for row, value in zip(node.rows, values, strict=True):
        groups.setdefault(row.lineage, []).append(value)
    whole = math.lcm(*(len(group) for group in groups.values()))
    return tuple(v for group in groups.values() for v in group * (whole // len(group)))


def weakest(grades: Iterable[str]) -> str:
    """The grade that one should worry about most."""
    found = set(grades)
    return next(grade for grade in WEAKEST_FIRST if grade in found)
