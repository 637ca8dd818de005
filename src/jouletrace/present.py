"""How a number is printed for a reader: three significant digits, words for large counts."""

from jouletrace.units import printed

SCALES = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
#: What is counted, in words where there are many.
COUNTED = ("person", "token")
DIGITS = 3


def figure(value: float, unit: str, count: int = DIGITS) -> str:
    """A value with its unit, to ``count`` significant digits.

    >>> figure(0.944407, "percent"), figure(123494.0, "TWh"), figure(3.58e9, "person")
    ('0.944 %', '123,000 TWh', '3.58 billion people')
    >>> figure(3.73e12, "token")
    '3.73 trillion tokens'
    >>> figure(2036.47, "calendar_year"), figure(1.9, "ratio")
    ('2036', '1.9')
    """
    if unit == "calendar_year":
        return f"{value:.0f}"
    words = printed(unit)
    if unit in COUNTED:
        for scale, name in SCALES:
            if abs(value) >= scale:
                return f"{digits(value / scale, count)} {name} {words}"
    return f"{digits(value, count)} {words}".strip()


def digits(value: float, count: int = DIGITS) -> str:
    """Rounded to significant digits, with thousands separators and without idle zeros.

    >>> digits(12345.6), digits(0.0985708), digits(100.0), digits(7.0e-13)
    ('12,300', '0.0986', '100', '7e-13')
    """
    if value == 0.0:
        return "0"
    short = float(f"{value:.{count}g}")
    if abs(short) < 1e-4 or abs(short) >= 1e15:
        return f"{short:.{count}g}"
    text = f"{short:,.10f}".rstrip("0").rstrip(".")
    return text


def span(low: float, high: float, unit: str) -> str:
    """An interval with one unit.

    >>> span(0.725, 1.22845, "percent")
    '0.725 to 1.23 %'
    """
    if unit == "calendar_year":
        return f"{low:.0f} to {high:.0f}"
    end = figure(high, unit)
    if unit in COUNTED:
        return f"{figure(low, unit).removesuffix(' ' + printed(unit))} to {end}"
    return f"{digits(low)} to {end}"
