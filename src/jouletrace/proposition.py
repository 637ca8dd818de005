"""What a proposition demands of its quantity: one or two edges, and how far a value is from them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from jouletrace.numerics import jnp
from jouletrace.registry.schema import Proposition, Settings
from jouletrace.units import to_coherent


@dataclass(frozen=True)
class Edge:
    """``value`` must lie above (``sense`` = 1) or below (-1) a threshold in coherent units."""

    threshold: float
    sense: float
    closed: bool

    def margin(self, value: Any) -> Any:
        """Positive where the edge is met: a log ratio, or a difference about zero."""
        if self.threshold > 0.0:
            return self.sense * jnp.log(value / self.threshold)
        return self.sense * (value - self.threshold)

    def holds(self, values: Any) -> Any:
        """Whether values meet the edge."""
        distance = self.sense * (values - self.threshold)
        return distance >= 0.0 if self.closed else distance > 0.0


def edges(proposition: Proposition, settings: Settings) -> tuple[Edge, ...]:
    """Edges of a proposition.

    A stated value holds where the quantity rounds to the stated digits, or within the tolerance
    of the entry; the default is half a unit of the last digit, at least 5 % (settings.yaml). A
    stated range counts as it stands, unless the entry has a tolerance.
    """
    if proposition.operator == "reported":
        return ()
    if proposition.than:
        sense = 1.0 if proposition.operator == "above" else -1.0
        return (Edge(proposition.times, sense, closed=False),)
    stated = coherent(proposition, proposition.value)
    if proposition.operator == "above":
        return (Edge(stated, 1.0, closed=False),)
    if proposition.operator == "below":
        return (Edge(stated, -1.0, closed=False),)
    if proposition.operator == "between":
        upper = coherent(proposition, proposition.upper)
        reach = tolerance(proposition, settings) if proposition.tolerance else 0.0
        return Edge(stated - reach, 1.0, closed=True), Edge(upper + reach, -1.0, closed=True)
    reach = tolerance(proposition, settings)
    return Edge(stated - reach, 1.0, closed=True), Edge(stated + reach, -1.0, closed=True)


def value_name(proposition: Proposition) -> str:
    """The name whose ending tells the unit of a row: its quantity, or that of a ratio."""
    assert proposition.quantity
    return "share_ratio" if proposition.of or proposition.than else proposition.quantity


def coherent(proposition: Proposition, value: str | None) -> float:
    """A value of the proposition in the coherent unit of its quantity."""
    assert value is not None
    return to_coherent(float(value), proposition.unit, value_name(proposition))


def tolerance(proposition: Proposition, settings: Settings) -> float:
    """How far beyond what is stated still counts, in coherent units."""
    assert proposition.value
    if proposition.tolerance:
        return coherent(proposition, str(proposition.tolerance.plus_minus))
    exponent = Decimal(proposition.value).as_tuple().exponent
    half_digit = 0.5 * 10.0 ** int(exponent)
    least = settings.tolerance_least_ratio * float(proposition.value)
    return coherent(proposition, str(max(half_digit, least)))
