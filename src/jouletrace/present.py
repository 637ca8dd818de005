"""How a number is printed for a reader: three significant digits, words for large counts, units in words."""

import re
from functools import cache

from jouletrace import units

DIGITS = 3
SCALES = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
#: Beyond these a number is written with a power of ten.
SMALL, LARGE = 1e-4, 1e15
#: Units whose one is not several, and units that are written in other letters than pint's.
PLURAL = {"token": "tokens", "example": "examples", "byte": "bytes", "day": "days", "month": "months"}
PLURAL |= {"person": "people", "hour": "hours", "calendar_year": "calendar years"}
LETTERS = {"us": "µs", "um": "µm", "joule": "J", "second": "s", "meter": "m", "kilogram": "kg", "B": "byte"}
#: What is counted, in words where there is much of it: plain numbers too.
COUNTED = frozenset({"", "people", "tokens", "examples", "bytes", "FLOP", "messages"})
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MINUS = "\N{MINUS SIGN}"
#: A part nearer to the whole than this, in percent, is the whole but for the arithmetic.
WHOLE = 1e-9


@cache
def printed(unit: str) -> str:
    """The unit as a reader sees it after a number, in words where it is a quotient.

    >>> printed("percent"), printed("count"), printed("pJ / bit"), printed("1 / cm ** 2"), printed("us")
    ('%', '', 'pJ per bit', 'per cm²', 'µs')
    >>> printed(printed("byte / token"))
    'bytes per token'
    """
    known = units.printed(unit)
    if known != unit or unit == "count":
        return known if known != "count" else ""
    over, *under = (_word(part) for part in unit.split(" / "))
    return " per ".join([PLURAL.get(over, over) if over != "1" else "", *under]).strip()


def _word(part: str) -> str:
    name, _, power = re.sub(r"\s*\*\*\s*", "^", part.strip()).partition("^")
    return LETTERS.get(name, name) + power.translate(RAISED)


def figure(value: float, unit: str, count: int = DIGITS) -> str:
    """A value with its unit, to ``count`` significant digits.

    >>> figure(0.944407, "percent"), figure(123494.0, "TWh"), figure(3.58e9, "person")
    ('0.944 %', '123,000 TWh', '3.58 billion people')
    >>> figure(3.73e12, "token"), figure(8.0, "count"), figure(3.12e14, "FLOP / s")
    ('3.73 trillion tokens', '8', '312 trillion FLOP per s')
    >>> figure(2036.47, "calendar_year"), figure(1.9, "ratio"), figure(1.0, "day")
    ('2036', '1.9', '1 day')
    """
    if unit == "calendar_year":
        return f"{value:.0f}"
    text, words = amount(value, unit, count), printed(unit)
    if text == "1":
        words = next((one for one, many in PLURAL.items() if words == many and one != "person"), words)
    return f"{text} {words}".strip()


def amount(value: float, unit: str, count: int = DIGITS) -> str:
    """The number of `figure` without its unit. A part is never rounded to the whole.

    >>> amount(99.5736, "percent", 2), amount(104.289, "percent", 2), amount(100.0, "percent", 2)
    ('99.6', '104', '100')
    >>> amount(0.3, "percent", 2), amount(0.0, "percent"), amount(-65.2, "percent", 2)
    ('0.3', '0', '−65')
    """
    words = printed(unit)
    if words == "%":
        return _part(value, count)
    if words.split(" per ")[0] in COUNTED and abs(value) < LARGE:
        for scale, name in SCALES:
            if abs(float(f"{value:.{count}g}")) >= scale:
                return f"{digits(value / scale, count)} {name}"
    return digits(value, count)


def _part(value: float, count: int) -> str:
    """Percents, with as many digits more as it takes to tell them from the whole."""
    is_whole = abs(abs(value) - 100.0) < WHOLE
    while not is_whole and abs(float(f"{value:.{count}g}")) == 100.0:
        count += 1
    return digits(value, count)


def share(part: float) -> str:
    """A part of one in whole percent; all and nothing are said of all and nothing alone.

    >>> share(0.734), share(0.9961), share(1.0), share(0.0021), share(0.0), share(-0.02)
    ('73 %', '>99 %', '100 %', '<1 %', '0 %', '−2 %')
    """
    return f"{whole(part)} %"


def whole(part: float) -> str:
    """The number of `share`, without its sign.

    >>> whole(0.9961), whole(0.0)
    ('>99', '0')
    """
    near = round(100.0 * part)
    if near == 100 and part < 1.0 - WHOLE:
        return ">99"
    if near == 0 and part > 0.0:
        return "<1"
    return f"{near:d}".replace("-", MINUS)


def digits(value: float, count: int = DIGITS) -> str:
    """Rounded to significant digits, with thousands separators and without idle zeros.

    >>> digits(12345.6), digits(0.0985708), digits(100.0), digits(-0.214)
    ('12,300', '0.0986', '100', '−0.214')
    >>> digits(7.0e-13), digits(1.516e-9), digits(9.97e15)
    ('7 × 10⁻¹³', '1.52 × 10⁻⁹', '9.97 × 10¹⁵')
    """
    if value == 0.0:
        return "0"
    short = float(f"{value:.{count}g}")
    if abs(short) < SMALL or abs(short) >= LARGE:
        front, _, power = f"{short:.{count - 1}e}".partition("e")
        front = front.rstrip("0").rstrip(".") if "." in front else front
        return f"{front} × 10{str(int(power)).translate(RAISED)}".replace("-", MINUS)
    text = f"{short:,.10f}".rstrip("0").rstrip(".")
    return text.replace("-", MINUS)


def span(low: float, high: float, unit: str) -> str:
    """An interval with one unit.

    >>> span(0.725, 1.22845, "percent"), span(3.4e9, 3.6e9, "person"), span(-25.4, 33.2, "percent")
    ('0.725 to 1.23 %', '3.4 billion to 3.6 billion people', '−25.4 to 33.2 %')
    """
    if unit == "calendar_year":
        return f"{low:.0f} to {high:.0f}"
    return f"{amount(low, unit)} to {figure(high, unit)}"
