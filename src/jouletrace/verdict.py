"""Words: from a probability to a verdict. Pure; the thresholds come from the registry."""

from collections.abc import Iterable
from math import sqrt
from typing import Protocol


class Thresholds(Protocol):
    """Probabilities at which the word changes."""

    true_from: float
    leans_true_from: float
    undetermined_from: float
    leans_false_above: float


def word(probability: float, at: Thresholds) -> str:
    """The word for a probability.

    true >= 0.90 > leans true >= 0.66 > undetermined >= 0.34 > leans false > 0.10 >= false, with
    the numbers of the registry.
    """
    if probability >= at.true_from:
        return "true"
    if probability >= at.leans_true_from:
        return "leans true"
    if probability >= at.undetermined_from:
        return "undetermined"
    return "leans false" if probability > at.leans_false_above else "false"


def capped(certain: str) -> str:
    """The word of a fact that rests on a recalled row: never stronger than "leans"."""
    return {"true": "leans true", "false": "leans false"}.get(certain, certain)


def monte_carlo_error(probability: float, draws: int) -> float:
    """Standard error of a share of independent draws, sqrt(P (1 - P) / n)."""
    return sqrt(probability * (1.0 - probability) / draws)


def borderline(probability: float, draws: int, at: Thresholds) -> bool:
    """Whether P lies within two Monte Carlo errors of a threshold."""
    reach = 2.0 * monte_carlo_error(probability, draws)
    edges = (at.true_from, at.leans_true_from, at.undetermined_from, at.leans_false_above)
    return any(abs(probability - edge) <= reach for edge in edges)


def printed(probability: float, at: Thresholds) -> str:
    """P as a reader sees it: between <0.01 and >0.99, never 0 or 1.

    Two digits, or more where two would seem to contradict the word.
    """
    if probability < 0.01:
        return "<0.01"
    if probability > 0.99:
        return ">0.99"
    now = word(probability, at)
    digits = next((n for n in (2, 3, 4) if word(round(probability, n), at) == now), 5)
    return f"{probability:.{digits}f}"


def depends_on_reading(readings: Iterable[tuple[float | None, str]]) -> bool:
    """Whether the ordinary readings of a claim contradict each other, by probability or else by word."""
    return {True, False} <= {_side(probability, found) for probability, found in readings}


def _side(probability: float | None, found: str) -> bool | None:
    if probability is not None:
        return None if probability == 0.5 else probability > 0.5
    return found.endswith("true") if found.endswith(("true", "false")) else None
