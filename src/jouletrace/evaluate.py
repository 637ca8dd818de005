"""Evaluation: the rows of a claim as one jitted function, mapped over keyed draws.

A row is one reading, or a variant of one. Its value is the quantity that the reading is about,
divided by the quantity it is compared with where it names one.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from jouletrace.graph import Plan
from jouletrace.numerics import jax, jnp
from jouletrace.proposition import Edge, edges
from jouletrace.registry.schema import Proposition, Settings

Array = NDArray[np.float64]
Wiring = tuple[tuple[tuple[object, ...], ...], int, int]


@dataclass(frozen=True)
class Target:
    """A proposition whose quantities are planned: node ids, and the edges of what holds."""

    label: str
    proposition: Proposition
    node: str
    than: str | None
    edges: tuple[Edge, ...]


def target(plan: Plan, label: str, proposition: Proposition, settings: Settings, entry: str) -> Target:
    """Plan the quantities of a proposition. Raises `RegistryError` naming the claim."""
    assert proposition.quantity is not None
    at, base = proposition.at, proposition.base
    node = plan.add(proposition.quantity, at, base, entry)
    other = proposition.than_at or at
    divisor = proposition.of or proposition.than
    than = plan.add(divisor, other, base, entry) if divisor else None
    return Target(label, proposition, node, than, edges(proposition, settings))


class Machine:
    """The jitted functions of a set of targets.

    ``values`` (rows x draws) and ``everything`` (nodes x draws) take inputs x draws, the inputs in
    the order of ``inputs``; so every input and every result lies in one piece of memory.
    """

    def __init__(self, plan: Plan, targets: list[Target]) -> None:
        self.plan = plan
        self.targets = targets
        wanted = [one for t in targets for one in (t.node, t.than) if one]
        self.nodes = {node.id: node for one in wanted for node in plan.below(one)}
        self.inputs = [i for i, node in self.nodes.items() if node.kind in ("input", "table", "draws")]
        self.values = jax.jit(jax.vmap(self.rows, in_axes=1, out_axes=1))
        self.everything = jax.jit(jax.vmap(self._nodes, in_axes=1, out_axes=1))

    def _nodes(self, x: jax.Array) -> jax.Array:
        found = self._walk(x)
        return jnp.stack([found[node_id] for node_id in self.nodes])

    def rows(self, x: jax.Array) -> jax.Array:
        """Values of all rows for one draw of the inputs."""
        found = self._walk(x)
        return jnp.stack([row_value(one, found) for one in self.targets])

    def _walk(self, x: jax.Array, nodes: Iterable[str] | None = None) -> dict[str, jax.Array]:
        wanted = list(nodes or self.nodes)
        given = {name: x[i] for i, name in enumerate(self.inputs) if name in wanted}
        return walk(self.plan, wanted, given)

    def _below(self, one: Target) -> list[str]:
        """Only the nodes that one row needs, so that tracing it costs no more than itself."""
        wanted = [node_id for node_id in (one.node, one.than) if node_id]
        return list({node.id: None for top in wanted for node in self.plan.below(top)})

    def edge_values(self, u_to_x: Callable[[jax.Array], jax.Array]) -> Callable[..., jax.Array]:
        """Margin of every edge, each at its own point: u has one row for each edge."""
        flat = [(one, edge) for one in self.targets for edge in one.edges]
        values = self.each([one for one, _ in flat], u_to_x)

        def margins(u: jax.Array) -> jax.Array:
            found = values(u)
            return jnp.stack([edge.margin(found[k]) for k, (_, edge) in enumerate(flat)])

        return margins

    def each(self, rows: list[Target], u_to_x: Callable[[jax.Array], jax.Array]) -> Callable[..., jax.Array]:
        """Value of every row, each at its own point: u has one row for each of them.

        Rows that differ in their inputs alone, as the same question asked for another load, are compiled
        once and mapped over.
        """
        forms: dict[Wiring, list[int]] = {}
        for k, one in enumerate(rows):
            forms.setdefault(self._wiring(one), []).append(k)

        def values(u: jax.Array) -> jax.Array:
            x = jax.vmap(u_to_x)(u)
            found: dict[int, jax.Array] = {}
            for members in forms.values():
                first = rows[members[0]]
                nodes = self._below(first)
                own = [self._inputs_below(rows[k]) for k in members]
                given = jnp.stack(
                    [x[k, np.array(columns, int)] for k, columns in zip(members, own, strict=True)]
                )
                names = [self.inputs[column] for column in own[0]]
                made = jax.vmap(lambda leaves: self._row(first, nodes, names, leaves))(given)  # noqa: B023
                found |= {k: made[i] for i, k in enumerate(members)}
            return jnp.stack([found[k] for k in range(len(rows))])

        return values

    def _row(self, one: Target, nodes: list[str], names: list[str], leaves: jax.Array) -> jax.Array:
        """Value of a row from its own inputs alone."""
        given = {name: leaves[i] for i, name in enumerate(names)}
        return row_value(one, walk(self.plan, nodes, given))

    def _inputs_below(self, one: Target) -> list[int]:
        """Places of a row's inputs among all inputs, in the order in which the row meets them."""
        place = {name: i for i, name in enumerate(self.inputs)}
        return [place[node] for node in self._below(one) if node in place]

    def _wiring(self, one: Target) -> Wiring:
        """How a row is put together, whatever its inputs are: equal for rows that may be mapped over."""
        below = self._below(one)
        place = {node: i for i, node in enumerate(below)}
        parts = (self.plan.nodes[node] for node in below)
        made = [
            (part.name, *(place[arg] for arg in part.args))
            if part.kind == "function"
            else (part.kind == "coordinate", part.value)
            for part in parts
        ]
        return tuple(made), place[one.node], -1 if one.than is None else place[one.than]


def with_slopes(values: Callable[[jax.Array], jax.Array]) -> Callable[..., tuple[jax.Array, jax.Array]]:
    """Values of which each sees its own row of u, with their gradients: those of their sum."""

    def summed(u: jax.Array) -> tuple[jax.Array, jax.Array]:
        found = values(u)
        return found.sum(), found

    gradient = jax.grad(summed, has_aux=True)

    def both(u: jax.Array) -> tuple[jax.Array, jax.Array]:
        slope, found = gradient(u)
        return found, slope

    return both


def row_value(one: Target, found: Mapping[str, jax.Array]) -> jax.Array:
    """Value of a row: its quantity, or the ratio to what it is compared with."""
    if one.than is None:
        return found[one.node]
    return found[one.node] / found[one.than]


def walk(plan: Plan, nodes: Iterable[str], given: Mapping[str, jax.Array]) -> dict[str, jax.Array]:
    """Value of each node, in the order of the plan."""
    found = dict(given)
    for node_id in nodes:
        node = plan.nodes[node_id]
        if node.kind == "coordinate":
            found[node_id] = jnp.asarray(node.value)
        elif node.kind == "function":
            function = model(plan.functions[node.name].module, node.name)
            found[node_id] = function(*(found[arg] for arg in node.args))
    return found


def model(module: str, name: str) -> Callable[..., jax.Array]:
    """The function of a model, by file and name."""
    function: Callable[..., jax.Array] = getattr(import_module(f"jouletrace.models.{module}"), name)
    return function


def holds(one: Target, values: Array) -> NDArray[np.bool_]:
    """In which draws the proposition holds."""
    inside = np.ones(values.shape, dtype=bool)
    for edge in one.edges:
        inside &= edge.holds(values)
    return inside
