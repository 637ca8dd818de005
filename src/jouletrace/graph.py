"""The graph: a function is named after what it returns, its arguments after what they are.

Signatures are read with ``ast``, so planning imports neither JAX nor the models. An argument is
another function, a quantity of the registry, or a coordinate. The prefix ``base_`` asks for the
same quantity at the base coordinates of the proposition (the year that a growth starts from).
"""

import ast
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import prod
from pathlib import Path
from string import Formatter
from typing import Any, Literal

from jouletrace.registry import Problem, Registry, RegistryError, did_you_mean
from jouletrace.registry.rows import Row
from jouletrace.registry.schema import Case, Coordinates, Drawn, Lookup, Place

MODELS = Path(__file__).parent / "models"
COORDINATES = {"calendar_year": "year"}
#: Coordinates that may name a member of a group for which a case is written.
GROUPED: frozenset[Place] = frozenset({"series", "device"})
BASE = "base_"
Frozen = frozenset[tuple[Place, Any]]


@dataclass(frozen=True)
class Function:
    """A model as it stands in the source: enough to wire it, to print it and to link to it."""

    name: str
    args: tuple[str, ...]
    module: str
    line: int
    source: str
    doc: str

    @property
    def title(self) -> str:
        """First line of the docstring."""
        return self.doc.splitlines()[0].rstrip(".") if self.doc else self.name

    def section(self, label: str) -> str:
        """Text after ``label:`` in the docstring, up to the next empty line."""
        for paragraph in self.doc.split("\n\n"):
            if paragraph.startswith(f"{label}:"):
                return " ".join(paragraph.removeprefix(f"{label}:").split())
        return ""


@dataclass(frozen=True)
class Node:
    """One quantity at one place and time: a function's value, an input, or a coordinate.

    ``draws`` is the computed dataset, and its column, that an input of that kind is read from.
    """

    id: str
    kind: Literal["function", "input", "table", "draws", "coordinate"]
    name: str
    at: Coordinates = field(hash=False, compare=False)
    base: Coordinates = field(default_factory=dict, hash=False, compare=False)
    args: tuple[str, ...] = ()
    case: Case | None = field(default=None, hash=False, compare=False)
    rows: tuple[Row, ...] = field(default=(), hash=False, compare=False)
    draws: tuple[str, str] | None = None
    value: float | None = None


@lru_cache(maxsize=4)
def functions(folder: Path = MODELS) -> dict[str, Function]:
    """Every public function of the models, by name. Raises `RegistryError` (J10) on a clash."""
    found: dict[str, Function] = {}
    for path in sorted(folder.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        for item in ast.parse(text).body:
            if isinstance(item, ast.FunctionDef) and not item.name.startswith("_"):
                if item.name in found:
                    what = f"`{item.name}` is a function in two files"
                    raise RegistryError([Problem(path.name, item.name, "J10", what)])
                found[item.name] = _function(item, path, lines)
    return found


def _function(item: ast.FunctionDef, path: Path, lines: list[str]) -> Function:
    return Function(
        name=item.name,
        args=tuple(argument.arg for argument in item.args.args),
        module=path.stem,
        line=item.lineno,
        source="\n".join(lines[item.lineno - 1 : item.end_lineno]),
        doc=ast.get_docstring(item) or "",
    )


class Plan:
    """All nodes that some targets need, in an order in which each can be computed."""

    def __init__(self, registry: Registry, tables: dict[str, tuple[Row, ...]]) -> None:
        self.registry = registry
        self.tables = tables
        self.functions = functions()
        self.groups = {
            name: members for one in registry.datasets.values() for name, members in one.groups.items()
        }
        self.nodes: dict[str, Node] = {}
        self._open: list[str] = []
        self._planned: dict[tuple[str, Frozen, Frozen], str] = {}
        self._rows: dict[tuple[str, str], list[Row]] = {}

    def add(self, name: str, at: Coordinates, base: Coordinates, entry: str) -> str:
        """Plan a quantity at coordinates and return the id of its node.

        Raises `RegistryError` (J09, J11, J12) naming the claim that asked.
        """
        asked = name, frozenset(at.items()), frozenset(base.items())
        if asked in self._planned:
            return self._planned[asked]
        if name in self._open:
            circle = " -> ".join([*self._open, name])
            raise self._problem(entry, "J12", f"`{name}` needs itself: {circle}")
        node = self._node(name, at, base, entry)
        self.nodes.setdefault(node.id, node)
        self._planned[asked] = node.id
        return node.id

    def _node(self, name: str, at: Coordinates, base: Coordinates, entry: str) -> Node:
        if name in self.functions:
            return self._function_node(self.functions[name], at, base, entry)
        if name in self.registry.quantities:
            return self._input_node(name, at, entry)
        if name in COORDINATES:
            return self._coordinate_node(name, at, entry)
        if name.startswith(BASE) and base:
            inner = self.add(name.removeprefix(BASE), base, {}, entry)
            return self.nodes[inner]
        known = [*self.functions, *self.registry.quantities, *COORDINATES]
        hint = did_you_mean(name.removeprefix(BASE), known)
        raise self._problem(entry, "J09", f"nobody defines `{name}`", hint)

    def _function_node(self, function: Function, at: Coordinates, base: Coordinates, entry: str) -> Node:
        self._open.append(function.name)
        args = tuple(self.add(arg, at, base, entry) for arg in function.args)
        self._open.pop()
        here, there = self._places(function, args, at, base)
        return Node(_id(function.name, here, there), "function", function.name, here, there, args)

    def _places(
        self, function: Function, args: tuple[str, ...], at: Coordinates, base: Coordinates
    ) -> tuple[Coordinates, Coordinates]:
        """Coordinates, and base coordinates, on which the value of a function depends, as asked for.

        An input may be one for a whole group of series; the value of a function is that of its series.
        """
        here: Coordinates = {}
        there: Coordinates = {}
        for name, arg in zip(function.args, args, strict=True):
            node = self.nodes[arg]
            from_base = name not in self.functions and name.startswith(BASE)
            place, asked = (there, base) if from_base else (here, at)
            place.update({key: asked[key] for key in node.at})
            there.update(node.base)
        return here, there

    def _coordinate_node(self, name: str, at: Coordinates, entry: str) -> Node:
        key = COORDINATES[name]
        if key not in at:
            raise self._problem(entry, "J11", f"`{name}` needs the coordinate `{key}`")
        used: Coordinates = {"year": at["year"]}
        return Node(_id(name, used), "coordinate", name, used, value=float(at["year"]))

    def _input_node(self, name: str, at: Coordinates, entry: str) -> Node:
        quantity = self.registry.quantities[name]
        if quantity.lookup:
            return self._table_node(name, quantity.lookup, at, entry)
        fits = _most_specific([one for one in quantity.cases.values() if self._fits(one, at)])
        if quantity.draws and not fits:
            return self._draws_node(name, quantity.draws, at, entry)
        if len(fits) > 1:
            fits = self._narrowest(fits, at)
        if len(fits) != 1:
            what = f"`{name}` has {len(fits)} cases that fit {_words(at)}"
            raise self._problem(entry, "J11", what)
        return Node(_id(name, fits[0].at), "input", name, fits[0].at, case=fits[0])

    def _fits(self, case: Case, at: Coordinates) -> bool:
        """Whether a case is for these coordinates: equal to them, or for a group that holds the series."""
        return all(
            at.get(key) == wanted or (key in GROUPED and at.get(key) in self.groups.get(str(wanted), ()))
            for key, wanted in case.at.items()
        )

    def _narrowest(self, cases: list[Case], at: Coordinates) -> list[Case]:
        """The case of the series itself, or else of the smallest group that holds it; so for a device."""
        sizes = [
            prod(
                1 if case.at.get(key) == at.get(key) else len(self.groups[str(case.at.get(key))])
                for key in GROUPED & set(case.at)
            )
            for case in cases
        ]
        return [case for case, size in zip(cases, sizes, strict=True) if size == min(sizes)]

    def _table_node(self, name: str, lookup: Lookup, at: Coordinates, entry: str) -> Node:
        groups = self._groups(lookup)
        rows = find_rows(self._of_quantity(lookup), lookup, at, groups)
        keys = [lookup.coordinate(column) for column in lookup.match]
        used: Coordinates = {key: at[key] for key in keys if key in at}
        alone = lookup.several is None or (lookup.several == "joint" and at.get(lookup.along) not in groups)
        if len(rows) != 1 if alone else len(rows) < 2:
            wanted = "exactly one row" if alone else "at least two rows"
            what = f"`{name}` found {len(rows)} rows of {lookup.dataset} at {_words(at)}"
            raise self._problem(entry, "J11", f"{what}, needs {wanted}")
        if lookup.several == "joint" and not alone:
            rows = self._one_a_member(name, lookup, rows, at, entry)
        return Node(_id(name, used), "table", name, used, rows=tuple(rows))

    def _of_quantity(self, lookup: Lookup) -> list[Row]:
        """Rows of the table of a lookup that give its quantity, sought once."""
        key = lookup.dataset, lookup.quantity or ""
        if key not in self._rows:
            rows = self.tables.get(lookup.dataset, ())
            self._rows[key] = [row for row in rows if key[1] in ("", row.quantity)]
        return self._rows[key]

    def _groups(self, lookup: Lookup) -> dict[str, tuple[str, ...]]:
        dataset = self.registry.datasets.get(lookup.dataset)
        return dataset.groups if dataset else {}

    def _one_a_member(
        self, name: str, lookup: Lookup, rows: list[Row], at: Coordinates, entry: str
    ) -> list[Row]:
        """Rows of a group in the order of its members, each exactly once."""
        members = self._groups(lookup).get(str(at.get(lookup.along)), ())
        by_series = {row.series: row for row in rows}
        missing = [one for one in members if one not in by_series]
        if missing or len(by_series) != len(rows):
            which = f"none for `{missing[0]}`" if missing else "several for one series"
            what = f"`{name}` needs one row of {lookup.dataset} for each member of the group, found {which}"
            raise self._problem(entry, "J11", what)
        return [by_series[one] for one in sorted(by_series)]

    def _draws_node(self, name: str, drawn: Drawn, at: Coordinates, entry: str) -> Node:
        needed = {field for _, field, _, _ in Formatter().parse(drawn.column) if field}
        used: Coordinates = {key: value for key, value in at.items() if key in needed}
        if len(used) < len(needed):
            missing = sorted(needed - {str(key) for key in used})[0]
            raise self._problem(entry, "J11", f"`{name}` needs the coordinate `{missing}`")
        column = drawn.column.format(**{str(key): value for key, value in used.items()})
        return Node(_id(name, used), "draws", name, used, draws=(drawn.dataset, column))

    def _problem(self, entry: str, code: str, what: str, hint: str = "") -> RegistryError:
        file = self.registry.file_of("claims", entry.split("/")[0])
        return RegistryError([Problem(file, entry, code, what, hint)])

    def below(self, target: str) -> list[Node]:
        """Nodes that a target needs, itself last, each after what it needs."""
        order: dict[str, Node] = {}

        def visit(node_id: str) -> None:
            if node_id in order:
                return
            node = self.nodes[node_id]
            for arg in node.args:
                visit(arg)
            order[node_id] = node

        visit(target)
        return list(order.values())


def _most_specific(cases: list[Case]) -> list[Case]:
    """Cases that name the most coordinates: a view of its own goes before the general one."""
    most = max((len(case.at) for case in cases), default=0)
    return [case for case in cases if len(case.at) == most]


def find_rows(
    rows: Iterable[Row],
    lookup: Lookup,
    at: Coordinates,
    groups: Mapping[str, tuple[str, ...]] | None = None,
) -> list[Row]:
    """Rows that a lookup means at some coordinates.

    ``at``: equal to the coordinate; ``at_or_before``, ``after``: the nearest year on that side;
    ``group``: in the group of series that the coordinate names (a series that names no group is one
    of its own); anything else: equal to that value. The series of a table may be the devices.
    """
    found = [row for row in rows if not lookup.ids or row.id in lookup.ids]
    found = [row for row in found if not lookup.quantity or row.quantity == lookup.quantity]
    for column, how in lookup.match.items():
        if how in ("at_or_before", "after"):
            found = _nearest_year(found, int(at.get("year", 0)), str(how))
        elif how == "group":
            name = str(at.get(lookup.coordinate(column)))
            members = (groups or {}).get(name, (name,))
            found = [row for row in found if getattr(row, column) in members]
        else:
            wanted = at.get(lookup.coordinate(column)) if how == "at" else how
            found = [row for row in found if getattr(row, column) == wanted]
    return found


def _nearest_year(rows: list[Row], year: int, how: str) -> list[Row]:
    side = [row for row in rows if (row.year <= year) == (how == "at_or_before")]
    if not side:
        return []
    nearest = (max if how == "at_or_before" else min)(row.year for row in side)
    return [row for row in side if row.year == nearest]


def _id(name: str, at: Coordinates, base: Coordinates | None = None) -> str:
    """``name[region=world,year=2025; base year=2017]``."""
    place = ",".join(f"{key}={at[key]}" for key in sorted(at))
    start = ",".join(f"{key}={base[key]}" for key in sorted(base)) if base else ""
    both = f"{place}; base {start}" if start else place
    return f"{name}[{both}]" if both else name


def _words(at: Coordinates) -> str:
    return ", ".join(f"{key} {value}" for key, value in at.items()) or "no coordinates"


def digest(*parts: Any) -> str:
    """sha256 over the printed form of some parts; the same everywhere."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()
