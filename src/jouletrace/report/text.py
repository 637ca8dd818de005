"""How a number, an interval or an id is written for readers."""

import re

from jouletrace.present import digits, figure, share, span, whole

__all__ = ["digits", "interval", "one", "share", "show", "slug", "whole"]


def slug(label: str) -> str:
    """Label as an anchor.

    >>> slug("V1/scope=with-networks")
    'v1-scope-with-networks'
    """
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")


def show(value: float | str | None, unit: str = "ratio") -> str:
    """A value with its unit, or "none".

    >>> show(25443.8, "TWh"), show("4.5", "percent"), show(None)
    ('25,400 TWh', '4.5 %', 'none')
    """
    return "none" if value is None else figure(float(value), unit)


def interval(low: float | None, high: float | None, unit: str) -> str:
    """An interval in words, or nothing where there is none.

    >>> interval(0.72, 1.23, "percent"), interval(3.0, 3.0, "ratio")
    ('0.72 to 1.23 %', '')
    """
    if low is None or high is None or low == high:
        return ""
    return span(low, high, unit)


def one(count: int, singular: str, plural: str = "") -> str:
    """Noun that fits a count.

    >>> one(1, "claim"), one(2, "claim")
    ('claim', 'claims')
    """
    return singular if count == 1 else plural or f"{singular}s"
