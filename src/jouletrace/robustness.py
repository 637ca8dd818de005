"""Does a word survive? Judgements doubled, judgements moving together, recalled inputs wrong."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jouletrace.evaluate import Machine, holds
from jouletrace.numerics import jnp
from jouletrace.registry.schema import Settings
from jouletrace.streams import Input, Streams, Stress
from jouletrace.verdict import word

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Robustness:
    """Probabilities of one row under stress, and what its word does."""

    doubled: float
    dependent: float
    robust: bool
    without_recalled: str | None
    survives: bool | None


class Stresser:
    """The rows of one machine under stress.

    Rows that ask the same inputs to move the same way share one evaluation.
    """

    def __init__(
        self, machine: Machine, streams: Streams, settings: Settings, slopes: Array, stated: Array
    ) -> None:
        self.machine, self.streams, self.settings, self.slopes = machine, streams, settings, slopes
        self.stated = stated
        self.doubled = self._values(self._drawn("doubled"))
        up, down = self._drawn("dependent", 1.0), self._drawn("dependent", -1.0)
        self.dependent = self._grouped(lambda sign: np.where(sign[:, None] < 0.0, down, up))
        recalled = streams.recalled.any()
        self.wrong = [self._grouped(self._off(way)) for way in (1.0, -1.0)] if recalled else []

    def row(self, row: int, now: str) -> Robustness:
        """Stress one row, whose word is ``now`` as things stand."""
        doubled, dependent = self._share(self.doubled, row), self._share(self.dependent, row)
        words = {self._word(p) for p in (doubled, dependent)}
        lost, survives = self._without_recalled(row, now)
        return Robustness(doubled, dependent, words == {now}, lost, survives)

    def _without_recalled(self, row: int, now: str) -> tuple[str | None, bool | None]:
        """The word with every recalled input off by the factor of settings.yaml, either way."""
        if not (self.streams.recalled & (self.slopes[row][self.streams.handle] != 0.0)).any():
            return None, None
        words = [self._word(self._share(values, row)) for values in self.wrong]
        worst = next((one for one in words if one != now), now)
        return worst, worst == now

    def _off(self, way: float) -> Callable[[Array], Array]:
        factor, recalled = self.settings.recalled_factor, self.streams.recalled
        return lambda sign: self.stated * np.where(recalled, factor ** (way * sign), 1.0)[:, None]

    def _grouped(self, parts: Callable[[Array], Array]) -> Array:
        """Values of every row that is judged, each under the signs of its own slopes."""
        values = np.full((len(self.slopes), self.stated.shape[1]), np.nan)
        judged = np.array([i for i, one in enumerate(self.machine.targets) if one.edges], int)
        for signs, members in compatible(np.sign(self.slopes[judged])):
            sign = np.where(signs < 0.0, -1.0, 1.0)[self.streams.handle]
            values[judged[members]] = self._values(parts(sign))[judged[members]]
        return values

    def _drawn(self, stress: Stress, sign: float = 1.0) -> Array:
        """Parts under stress; those that are no judgement of ours stay as they are."""
        made = self.stated.copy()
        judged = [part for part, own in zip(self.streams.parts, self.streams.judged, strict=True) if own]
        if judged:
            only = Streams([Input(part.stream, 1.0, (part,), frozenset()) for part in judged])
            made[self.streams.judged] = only.drawn(self.settings.seed, self.settings.draws, stress, sign)
        return made

    def _values(self, parts: Array) -> Array:
        return np.asarray(self.machine.values(jnp.asarray(self.streams.made(parts))))

    def _share(self, values: Array, row: int) -> float:
        return float(np.mean(holds(self.machine.targets[row], values[row])))

    def _word(self, probability: float) -> str:
        return word(probability, self.settings.thresholds)


def compatible(signs: Array) -> list[tuple[Array, list[int]]]:
    """Rows of signs dealt into groups that nowhere contradict; a zero fits either sign.

    >>> [members for _, members in compatible(np.array([[1, 0], [0, -1], [-1, 0]]))]
    [[0, 1], [2]]
    """
    groups: list[tuple[Array, list[int]]] = []
    for row, wanted in enumerate(signs):
        for position, (have, members) in enumerate(groups):
            if (have * wanted >= 0.0).all():
                groups[position] = (np.where(have == 0.0, wanted, have), [*members, row])
                break
        else:
            groups.append((wanted, [row]))
    return groups
