"""One macro as types: every cell that is read is blank, or what its column asks for."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from jouletrace.predict.deployment import Natural, Positive, bounded, lines
from jouletrace.predict.reading import Form
from jouletrace.registry.problems import did_you_mean

#: Memories by the words that people use for them, and what the fit knows them as.
MEMORIES = {
    "sram": "sram",
    "edram": "edram",
    **dict.fromkeys(
        ("nvm", "envm", "rram", "reram", "pcm", "mram", "flash", "eflash", "fefet"), "nonvolatile"
    ),
}
#: How a macro computes, by words; each stands for some kinds of the fit.
KINDS = {
    "digital": ("dimc",),
    "dimc": ("dimc",),
    "analog": (),
    "aimc": (),
    "qr": ("qr",),
    "charge": ("qr", "qr-line"),
    "qs": ("qs",),
    "qs-qr": ("qs-qr",),
    "is": ("is",),
    "current": ("is",),
    "time": ("unstated",),
}
DIGITAL = ("digital", "dimc")
WORDS = ("memory", "cell", "kind")
NUMBERS = (
    *("rows", "columns", "node_nm", "voltage_v", "input_bits"),
    *("weight_bits", "adc_bits", "accumulation_length"),
)
MACROS = Form("macro", (), (*WORDS, *NUMBERS), (*WORDS, *NUMBERS))
#: Figures outside these were written in another unit: no macro is like that.
MOST_BITS, MOST_V, LEAST_NM, MOST_NM = 64.0, 20.0, 0.5, 1e4


def _known(words: Any) -> BeforeValidator:
    """One of some words, or blank."""

    def check(cell: Any) -> Any:
        written = str(cell or "").lower()
        if written and written not in words:
            near = did_you_mean(written, words)
            raise ValueError(f"{cell!r} is not known; {near or 'write ' + ', '.join(words)}")
        return written

    return BeforeValidator(check)


Bits = Annotated[
    float | None,
    bounded(lambda x: 0.0 < x <= MOST_BITS, "is no number of bits of a cycle; write above 0 and up to 64"),
]


class Macro(BaseModel):
    """What a user says about a macro; None, or an empty word, is what the row left blank."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    memory: Annotated[str, _known(MEMORIES)] = ""
    cell: str = ""
    kind: Annotated[str, _known(KINDS)] = ""
    rows: Natural = None
    columns: Natural = None
    node_nm: Positive = None
    voltage_v: Positive = None
    input_bits: Bits = None
    weight_bits: Bits = None
    adc_bits: Annotated[
        float | None,
        bounded(lambda x: 0.0 <= x <= MOST_BITS, "is no number of bits of a converter; correct it"),
    ] = None
    accumulation_length: Natural = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.kind in DIGITAL and self.adc_bits:
            raise ValueError(
                f"adc_bits {self.adc_bits:g} in a digital macro, which has no converter; "
                "leave it blank, or write analog"
            )
        if self.kind and self.kind not in DIGITAL and self.adc_bits == 0.0:
            raise ValueError("adc_bits 0 in an analog macro; write 1 where comparators read it")
        if self.kind in DIGITAL and self.memory and MEMORIES[self.memory] != "sram":
            raise ValueError(
                f"kind digital in {self.memory}: the fit knows digital macros in SRAM only; write analog"
            )
        if self.voltage_v is not None and self.voltage_v > MOST_V:
            raise ValueError(
                f"voltage_v {self.voltage_v:g} is too large; was it meant in mV? write as in 0.8"
            )
        if self.node_nm is not None and not LEAST_NM <= self.node_nm <= MOST_NM:
            raise ValueError(f"node_nm {self.node_nm:g} is no node; write nanometres, as in 28")
        return self

    @property
    def digital(self) -> bool:
        """Whether logic computes: stated, or told by a cell that has logic of its own."""
        told = self.kind in DIGITAL
        return told or (not self.kind and not self.adc_bits and self.cell.lower().endswith("+d"))

    @property
    def held_in(self) -> str:
        """The memory as the fit knows it; SRAM where the row does not say."""
        return MEMORIES.get(self.memory, "sram")


def typed(cells: dict[str, str]) -> Macro:
    """A row as types. Raises ValueError with all that is wrong with it, in one line."""
    try:
        return Macro.model_validate(cells)
    except ValidationError as error:
        raise ValueError("; ".join(lines(error))) from error
