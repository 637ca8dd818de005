"""One row as types: every cell that is read is blank, or what its column asks for."""

import re
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from jouletrace.predict.reading import FIGURES
from jouletrace.registry.problems import did_you_mean

Boundary = Literal["gpu", "device", "facility"]
Scenario = Literal["serving", "offline", "single"]
#: A model below so many parameters was written in billions; one of so many billions does not exist.
BILLIONS_BELOW = 1e6
#: No figure of a machine, a model or a load is larger.
MOST = 1e20
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
#: Below these a figure was written in another unit: no machine that runs a model is so small.
UNITS = {
    "peak_flop_per_s": (1e9, "TFLOP/s", "989e12"),
    "memory_bandwidth_b_per_s": (1e7, "GB/s", "3.35e12"),
    "memory_b": (1e6, "GB", "80e9"),
    "tdp_w": (1e-3, "kW", "700"),
    "weight_bits": (1.0, "bytes", "8"),
}


def _number(cell: Any) -> Any:
    """A plain number, or None for a blank cell."""
    if not isinstance(cell, str):
        return cell
    if not cell:
        return None
    if not NUMBER.fullmatch(cell):
        raise ValueError(f"{cell!r} is not a number; write digits, with a decimal point and without a unit")
    return float(cell)


def bounded(test: Callable[[float], bool], advice: str) -> BeforeValidator:
    """A number that passes a test, or a sentence about it."""

    def check(cell: Any) -> Any:
        number = _number(cell)
        if number is not None and abs(number) > MOST:
            raise ValueError(f"{cell} is larger than anything of the kind; correct it")
        if number is not None and not test(number):
            raise ValueError(f"{cell} {advice}")
        return number

    return BeforeValidator(check)


def word(kind: Any) -> BeforeValidator:
    """One of a few words in any case; blank is the first of them."""
    known = get_args(kind)

    def check(cell: Any) -> Any:
        if not cell:
            return known[0]
        written = str(cell).lower()
        if written not in known:
            near = did_you_mean(written, known)
            raise ValueError(f"{cell!r} is not known; {near or 'write ' + ', '.join(known)}")
        return written

    return BeforeValidator(check)


Positive = Annotated[float | None, bounded(lambda x: x > 0.0, "is not above zero; correct it")]
Natural = Annotated[
    float | None, bounded(lambda x: x >= 1.0 and x == int(x), "is not a whole number from 1 on; correct it")
]
FromZero = Annotated[float | None, bounded(lambda x: x >= 0.0, "is below zero; correct it")]
FromOne = Annotated[
    float | None, bounded(lambda x: x >= 1.0, "is below 1; write the mean while it runs, or leave it blank")
]


class Deployment(BaseModel):
    """What a user says about a machine and what runs on it; None is what the row left blank."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    device: str
    devices: Natural
    model: str = ""
    params_total: Positive = None
    params_active: Positive = None
    weight_bits: Positive = None
    batch: FromOne = None
    input_tokens: FromZero = None
    output_tokens: FromOne = None
    peak_flop_per_s: Positive = None
    memory_bandwidth_b_per_s: Positive = None
    memory_b: Positive = None
    tdp_w: Positive = None
    node_nm: Positive = None
    layers: Natural = None
    kv_heads: Natural = None
    head_dim: Natural = None
    boundary: Annotated[Boundary, word(Boundary)] = Field(default="gpu")
    scenario: Annotated[Scenario, word(Scenario)] = Field(default="serving")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.device:
            raise ValueError(
                "device is blank; name the device, or give it a name of your own and its figures"
            )
        if self.devices is None:
            raise ValueError("devices is blank; write how many devices hold one copy of the model")
        if not self.model and self.params_total is None:
            raise ValueError("model and params_total are blank; write one of them")
        return self

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for name, (least, unit, example) in UNITS.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise ValueError(
                    f"{name} {value:g} is too small; was it meant in {unit}? write as in {example}"
                )
        if self.scenario == "single" and self.batch not in (None, 1.0):
            raise ValueError(f"batch {self.batch:g} in scenario single, which runs one; write 1 or `serving`")
        total, active = self.parameters
        if total is not None and active is not None and active > total:
            raise ValueError(f"params_active {active:g} exceeds params_total {total:g}; swap or correct them")
        return self

    @property
    def parameters(self) -> tuple[float | None, float | None]:
        """Parameters in all, and those that a token uses, as numbers of parameters."""
        return _counted(self.params_total), _counted(self.params_active)

    @property
    def figures(self) -> dict[str, float]:
        """The figures of the device that the row gives."""
        given = {name: getattr(self, name) for name in (*FIGURES, "node_nm")}
        return {name: value for name, value in given.items() if value is not None}


def _counted(parameters: float | None) -> float | None:
    if parameters is None:
        return None
    return parameters * 1e9 if parameters < BILLIONS_BELOW else parameters


def typed(cells: dict[str, str]) -> Deployment:
    """A row as types. Raises ValueError with all that is wrong with it, in one line."""
    try:
        return Deployment.model_validate(cells)
    except ValidationError as error:
        raise ValueError("; ".join(lines(error))) from error


def lines(error: ValidationError) -> Iterator[str]:
    """What is wrong with a row, cell by cell."""
    for one in error.errors():
        what = str(one["msg"]).removeprefix("Value error, ")
        yield " ".join([*map(str, one["loc"]), what])
