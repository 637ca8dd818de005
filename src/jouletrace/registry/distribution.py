"""Distributions of inputs, as people write them: one kind, and the numbers that it needs.

Each kind names its own numbers, so that nobody has to guess what a "low" or a "high" stands
for. How a kind turns a standard normal number into a value is in ``jouletrace.transform``.
"""

import math
from statistics import NormalDist
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

NORMAL = NormalDist()
#: z of the 95 % point of the standard normal (mathematics, not an assumption).
Z95 = NORMAL.inv_cdf(0.95)


class Kind(BaseModel):
    """What all kinds share: strict keys, and a change of unit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def scaled(self, factor: float) -> Self:
        """The same distribution after its unit was changed by ``factor``."""
        return type(self)(**{key: value * factor for key, value in self.model_dump().items()})

    @property
    def stated(self) -> tuple[float, float]:
        """The range that the entry itself states; a flip beyond it is marked."""
        raise AttributeError("a kind of distribution states its range")


class Exact(Kind):
    """A definition, or a count without error."""

    value: float

    @property
    def stated(self) -> tuple[float, float]:
        """Range that the entry states."""
        return self.value, self.value


class Uniform(Kind):
    """Equal density between min and max."""

    min: float
    max: float

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.min < self.max:
            raise ValueError("uniform needs min < max")
        return self

    @property
    def stated(self) -> tuple[float, float]:
        """Range that the entry states."""
        return self.min, self.max


class Loguniform(Kind):
    """Equal density of the logarithm between min and max: each factor of ten as likely as another."""

    min: float
    max: float

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not 0.0 < self.min < self.max:
            raise ValueError("loguniform needs 0 < min < max")
        return self

    @property
    def stated(self) -> tuple[float, float]:
        """Range that the entry states."""
        return self.min, self.max


class Triangular(Kind):
    """Density that rises in a line from min to mode and falls in a line to max."""

    min: float
    mode: float
    max: float

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not (self.min <= self.mode <= self.max and self.min < self.max):
            raise ValueError("triangular needs min <= mode <= max and min < max")
        return self

    @property
    def stated(self) -> tuple[float, float]:
        """Range that the entry states."""
        return self.min, self.max


class Lognormal(Kind):
    """The logarithm is normal; p05, p50 and p95 are quantiles."""

    p05: float
    p50: float
    p95: float

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not 0.0 < self.p05 < self.p50 < self.p95:
            raise ValueError("lognormal needs 0 < p05 < p50 < p95")
        middle = math.sqrt(self.p05 * self.p95)
        if abs(math.log(self.p50 / middle)) > 0.05:
            raise ValueError(f"lognormal needs p50 near sqrt(p05 p95), here {middle:.4g}")
        return self

    @property
    def sigma(self) -> float:
        """Standard deviation of the logarithm."""
        return math.log(self.p95 / self.p05) / (2.0 * Z95)

    @property
    def stated(self) -> tuple[float, float]:
        """Range that the entry states."""
        return self.p05, self.p95


class SplitLognormal(Kind):
    """Two halves of normal distributions of the logarithm, which meet at the median."""

    p05: float
    p50: float
    p95: float

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not 0.0 < self.p05 < self.p50 < self.p95:
            raise ValueError("split_lognormal needs 0 < p05 < p50 < p95")
        return self

    @property
    def sigmas(self) -> tuple[float, float]:
        """Standard deviations of the logarithm below and above the median."""
        return math.log(self.p50 / self.p05) / Z95, math.log(self.p95 / self.p50) / Z95

    @property
    def stated(self) -> tuple[float, float]:
        """Range that the entry states."""
        return self.p05, self.p95


class Empirical(Kind):
    """One of the listed values, each as likely as another."""

    values: tuple[float, ...]

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if len(self.values) < 2:
            raise ValueError("empirical needs at least two values")
        return self

    def scaled(self, factor: float) -> Self:
        """The same values after a change of unit."""
        return type(self)(values=tuple(value * factor for value in self.values))

    @property
    def stated(self) -> tuple[float, float]:
        """Range that the entry states."""
        return min(self.values), max(self.values)


class Joint(Kind):
    """Values in the order of a table; inputs that share a stream take them from the same row."""

    values: tuple[float, ...]

    def scaled(self, factor: float) -> Self:
        """The same values after a change of unit."""
        return type(self)(values=tuple(value * factor for value in self.values))

    @property
    def stated(self) -> tuple[float, float]:
        """Range that the table covers."""
        return min(self.values), max(self.values)


KINDS: dict[str, type[Kind]] = {
    "exact": Exact,
    "uniform": Uniform,
    "loguniform": Loguniform,
    "triangular": Triangular,
    "lognormal": Lognormal,
    "split_lognormal": SplitLognormal,
    "empirical": Empirical,
}


def parse(raw: Any) -> Kind:
    """Kind from its YAML form, ``{triangular: {min: 1, mode: 2, max: 3}}`` or ``{exact: 4}``.

    Raises ValueError with one clear line when the form or its numbers are wrong.
    """
    if isinstance(raw, Kind):
        return raw
    if not isinstance(raw, dict) or len(raw) != 1:
        raise ValueError(f"a distribution is one of {', '.join(KINDS)} with its numbers")
    ((name, numbers),) = raw.items()
    if name not in KINDS:
        raise ValueError(f"no kind of distribution is called `{name}`; known: {', '.join(KINDS)}")
    if name == "exact":
        numbers = {"value": numbers}
    if name == "empirical":
        numbers = {"values": numbers}
    return KINDS[name](**numbers)


def as_written(kind: Kind) -> dict[str, Any]:
    """The YAML form of a kind, so that a resolved registry can be read again."""
    (name,) = [name for name, known in KINDS.items() if type(kind) is known]
    numbers = kind.model_dump(mode="json")
    bare = {"exact": "value", "empirical": "values"}.get(name)
    return {name: numbers[bare] if bare else numbers}


def middle(kind: Kind) -> float:
    """The value that a page prints for an input: its mode, median or middle."""
    numbers = kind.model_dump()
    for key in ("value", "mode", "p50"):
        if key in numbers:
            return float(numbers[key])
    low, high = kind.stated
    return math.sqrt(low * high) if isinstance(kind, Loguniform) else 0.5 * (low + high)
