"""Units: a name ends in its coherent unit; a source's unit is converted once, here.

Grammar of a name: ``<what>_<unit>[_per_<unit>]*``. Inside the package every number is in the
unit that its name promises. A registry entry or a table row quotes the unit of its source, and
a page prints the reader's unit; both conversions are the two functions at the end of this file.
"""

from functools import cache, lru_cache
from typing import Any

import pint

#: What the last word of a name stands for. A calendar year is a date, hence without dimension.
SUFFIXES = {
    "j": "joule",
    "w": "watt",
    "s": "second",
    "kg": "kilogram",
    "m": "meter",
    "sqm": "meter**2",
    "v": "volt",
    "f": "farad",
    "person": "person",
    "token": "token",
    "example": "example",
    "message": "message",
    "usd": "USD",
    "flop": "FLOP",
    "byte": "byte",
    "b": "byte",
    "ratio": "dimensionless",
    "count": "dimensionless",
    "parameter": "dimensionless",
    "layer": "dimensionless",
    "width": "dimensionless",
    "head": "dimensionless",
    "size": "dimensionless",
    "expert": "dimensionless",
    "value": "dimensionless",
    "vocabulary": "dimensionless",
    "year": "dimensionless",
}

#: How a unit is printed for readers.
PRINTED = {
    "percent": "%",
    "ratio": "",
    "dimensionless": "",
    "calendar_year": "",
    "person": "people",
    "token": "tokens",
    "day": "days",
    "W / person": "W per person",
    "kWh / person": "kWh per person",
    "g / kWh": "g per kWh",
    "month": "months",
    "h / person": "h per person",
    "log_point": "log points",
    "gigaUSD": "billion USD",
    "megaperson": "million people",
    "megamessage / day": "million messages a day",
    "teratoken / month": "trillion tokens a month",
    "FLOP / day": "FLOP per day",
    "FLOP / byte": "FLOP per byte",
    "J / token": "J per token",
    "1 / day": "a day",
    "mm ** 2": "mm²",
    "USD / mm ** 2": "USD per mm²",
    "USD / GB": "USD per GB",
}


class UnitError(ValueError):
    """A name, a unit, or a pair of them that cannot be used; the text says which and why."""


@cache
def pint_registry() -> pint.UnitRegistry[Any]:
    """The one pint registry, with people, tokens and money counted and ``ratio`` a plain number."""
    registry: pint.UnitRegistry[Any] = pint.UnitRegistry()
    registry.define("person = [person] = _ = people = persons")
    registry.define("token = [token] = _ = tokens")
    registry.define("example = token = _ = examples")
    for counted in ("message = [message]", "USD = [currency]", "FLOP = [operation]"):
        registry.define(counted)
    registry.define("ratio = 1")
    registry.define("log_point = 0.01")
    registry.define("times = 1")
    registry.define("calendar_year = 1")
    return registry


@lru_cache(maxsize=4096)
def unit_of(name: str) -> str:
    """Coherent unit promised by a name, as pint reads it.

    >>> unit_of("worker_metabolic_power_w_per_person")
    'watt / person'

    Raises `UnitError` when the name does not end in a known unit.
    """
    head, *denominators = name.split("_per_")
    words = [head.rsplit("_", 1)[-1], *denominators]
    unknown = [word for word in words if word not in SUFFIXES]
    if unknown or "_" not in name:
        known = ", ".join(f"_{word}" for word in sorted(SUFFIXES))
        raise UnitError(f"the name `{name}` does not end in a unit; known endings: {known}")
    return " / ".join(SUFFIXES[word] for word in words)


@lru_cache(maxsize=4096)
def _factor(source: str, target: str) -> float:
    registry = pint_registry()
    try:
        return float(registry.Quantity(1.0, source).to(target).magnitude)
    except pint.UndefinedUnitError as error:
        raise UnitError(f"unknown unit {error.unit_names!r}") from error
    except pint.DimensionalityError as error:
        raise UnitError(f"`{source}` cannot be converted to `{target}`") from error
    except (pint.errors.PintError, AttributeError, TypeError, ValueError) as error:
        raise UnitError(f"`{source}` is not a unit that multiplies a number") from error


def to_coherent(value: float, unit: str, name: str) -> float:
    """Value in the source's ``unit``, converted to the coherent unit that ``name`` promises.

    >>> to_coherent(2.0, "TWh", "data_centre_electricity_j")
    7200000000000000.0

    Raises `UnitError` when the unit is unknown or of another dimension.
    """
    return value * _factor(unit, unit_of(name))


def to_reader(value: float, name: str, unit: str) -> float:
    """Value in the coherent unit of ``name``, converted to the reader's ``unit``.

    >>> to_reader(7.2e15, "data_centre_electricity_j", "TWh")
    2.0
    """
    return value / _factor(unit, unit_of(name))


def printed(unit: str) -> str:
    """The unit as a reader sees it after a number."""
    return PRINTED.get(unit, unit)
