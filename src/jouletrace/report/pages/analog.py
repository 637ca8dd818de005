"""Networks on analog arrays: the cheapest setting that loses nothing, beside logic in memory."""

from jouletrace.report.elements import Part, to
from jouletrace.report.page import Page, small
from jouletrace.report.store import Record
from jouletrace.report.tables import Cell, Line, table
from jouletrace.report.text import digits

HEAD = (
    "Network",
    "Cells off by",
    "Bits of converters, of weights",
    "Learned",
    "Lost",
    "Array, fJ",
    "Logic, fJ",
    "Logic over array",
)
#: Losses below this are told as less than it.
LEAST = 0.001
LEARNED = {"exact": "without noise", "noisy": "with noise"}
CAPTION = (
    "The cheapest array that loses no more than what is called nothing, and logic that loses no more either"
)


def cheapest(page: Page) -> list[Part]:
    """A line for each network and noise; where no setting suffices, the least loss of any."""
    found = page.store.shown.get("analog")
    if not found:
        return []
    names = found["networks"]
    lines = [Line(_cells(names[one["network"]], one)) for one in found["best"]]
    return [table(HEAD, lines, CAPTION), _source()]


def _source() -> Part:
    return to("data", "computed-analog-accuracy", "where it was computed")


def _cells(name: str, one: Record) -> list[Cell]:
    off = f"{100 * one['noise']:.0f} %"
    if "gain" not in one:
        return [name, off, "none suffices", None, f"at least {_lost(one['least_loss'])}", None, None, None]
    bits = f"{one['adc_bits']:.0f}, {one['weight_bits']:.0f}"
    ends = f"{digits(one['gain']['p05'], 2)} to {digits(one['gain']['p95'], 2)}"
    gain = [digits(one["gain"]["p50"], 2), small(_together(ends))]
    learned, lost = (
        LEARNED[one["training"]],
        [_lost(one["loss"]), small(_together(f"± {_lost(one['error'])}"))],
    )
    fj = [digits(one[key]["p50"], 2) for key in ("analog_fj", "logic_fj")]
    return [name, off, bits, learned, lost, *fj, gain]


def _together(text: str) -> str:
    """Text that no line break parts."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _lost(part: float) -> str:
    """A loss in percent; what is less than none is none."""
    if part <= 0.0:
        return "none"
    return f"{100 * part:.1f} %" if part >= LEAST else "<0.1 %"
