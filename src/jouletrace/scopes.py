"""Boundaries as types: what an energy or a power counts, and what it may be compared with.

A quantity says it under ``scope``, a function in a line ``Scope:`` of its docstring. Only a model
that says what it converts (``Converts:``) may turn one kind into another, and only a reading that
says why (``across``) may compare two kinds.
"""

from collections.abc import Iterable, Iterator

from pydantic import ValidationError

from jouletrace.graph import BASE, Function, Plan, functions
from jouletrace.registry import Problem, Registry
from jouletrace.registry.schema import Proposition, Scope
from jouletrace.units import unit_of

#: What is counted, from the part to the whole, in plain words.
COUNTS = {
    "chip": "a chip alone",
    "device": "a device as it is sold, with its board and memory",
    "server": "a server with all its parts",
    "facility": "a whole site, with its cooling and power supply",
    "fleet": "all sites of a firm",
    "sector": "all of one sector or use",
    "country": "all of a country or region",
    "world": "all of the world",
    "not-stated": "something that nobody states",
}
ENERGY = {
    "site": "the energy itself",
    "primary": "with the energy spent to make it",
}
PERIOD = {
    "calendar-year": "over a calendar year",
    "year-end-power": "as power at the end of a year",
    "per-unit": "for each unit",
    "lifetime": "over a whole life",
}
#: Where each is measured; from the site on, all stand at the same meter. What nobody states is like no other.
LEVELS = {one: one if one in ("chip", "device", "server", "not-stated") else "facility" for one in COUNTS}


def words(scope: Scope | None) -> str:
    """A scope as a reader understands it.

    >>> words(parse("sector, site, calendar-year"))
    'all of one sector or use; the energy itself; over a calendar year'
    """
    if scope is None:
        return ""
    return "; ".join((COUNTS[scope.counts], ENERGY[scope.energy], PERIOD[scope.period]))


def parse(line: str) -> Scope:
    """The scope of a docstring's line; ValueError where it is none."""
    found = [word.strip(" .") for word in line.split(",")]
    if len(found) != 3:
        raise ValueError(f"`{line}` is no scope")
    try:
        return Scope.model_validate(dict(zip(("counts", "energy", "period"), found, strict=True)))
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        raise ValueError(f"`{line}` is no scope: {wrong['loc'][0]}: {wrong['msg']}") from None


def scope_of(name: str, registry: Registry) -> Scope | None:
    """The scope of a quantity or a function; ValueError where a docstring's line is none."""
    if name in functions():
        line = functions()[name].section("Scope")
        return parse(line) if line else None
    return registry.quantities[name].scope if name in registry.quantities else None


def needed(name: str) -> bool:
    """Whether a name promises an energy or a power, alone or for each of something.

    >>> needed("food_j"), needed("brain_power_w_per_person"), needed("operations_count_per_j")
    (True, True, False)
    """
    return unit_of(name).split(" / ")[0] in ("joule", "watt")


def missing(plans: Iterable[Plan], registry: Registry) -> Iterator[Problem]:
    """Energies and powers that some claim reaches and that do not say what they count."""
    names = {n.name for plan in plans for n in plan.nodes.values() if n.kind != "coordinate"}
    for name in sorted(names):
        try:
            found = scope_of(name, registry)
        except ValueError as error:
            yield Problem(_file(name, registry), name, "J21", str(error))
            continue
        if found is None and needed(name):
            yield _unsaid(name, registry)
        if name in functions():
            yield from _silent(functions()[name], registry)


def _unsaid(name: str, registry: Registry) -> Problem:
    if name in functions():
        hint = "say in the docstring what it counts, as in `Scope: facility, site, calendar-year`"
        return Problem(_file(name, registry), name, "J21", "is an energy or a power without `Scope:`", hint)
    return Problem(_file(name, registry), name, "J21", "is an energy or a power without `scope`")


def _silent(function: Function, registry: Registry) -> Iterator[Problem]:
    """A model that takes unlike energies, or returns another kind than it takes, without a word."""
    if function.section("Converts"):
        return
    names = [*(_plain(arg) for arg in function.args), function.name]
    known = {name: scope for name in names if (scope := _known(name, registry))}
    first = next(iter(known), "")
    for name, scope in known.items():
        unlike = _unlike(known[first], scope, units_convert=True)
        if unlike:
            what = f"turns `{first}` and `{name}` into one another ({unlike}) without a line `Converts:`"
            yield Problem(_file(function.name, registry), function.name, "J23", what)
            return


def _plain(arg: str) -> str:
    return arg if arg in functions() else arg.removeprefix(BASE)


def _known(name: str, registry: Registry) -> Scope | None:
    try:
        return scope_of(name, registry)
    except ValueError:
        return None


def compared(proposition: Proposition, registry: Registry, entry: str) -> Iterator[Problem]:
    """A comparison, or a share, of unlike energies that does not say why."""
    other = proposition.of or proposition.than
    if not other or proposition.across:
        return
    assert proposition.quantity is not None
    one, two = _known(proposition.quantity, registry), _known(other, registry)
    if one is None or two is None:
        return
    unlike = _unlike(one, two, levels=bool(proposition.than))
    order = list(COUNTS)
    if proposition.of and order.index(one.counts) > order.index(two.counts):
        unlike = "; ".join(filter(None, [f"{one.counts} is no part of {two.counts}", unlike]))
    if unlike:
        what = f"compares `{proposition.quantity}` with `{other}`: {unlike}"
        yield Problem(registry.file_of("claims", entry.split("/")[0]), entry, "J22", what)


def _unlike(one: Scope, two: Scope, *, levels: bool = True, units_convert: bool = False) -> str:
    """How two scopes differ, or nothing. ``units_convert``: a number of units makes one period of all."""
    found = []
    if levels and LEVELS[one.counts] != LEVELS[two.counts]:
        found.append(f"{one.counts} against {two.counts}")
    if one.energy != two.energy:
        found.append(f"{one.energy} against {two.energy} energy")
    free = units_convert and "per-unit" in (one.period, two.period)
    if one.period != two.period and not free:
        found.append(f"{one.period} against {two.period}")
    return ", ".join(found)


def _file(name: str, registry: Registry) -> str:
    if name in functions():
        return f"src/jouletrace/models/{functions()[name].module}.py"
    return registry.file_of("quantities", name)
