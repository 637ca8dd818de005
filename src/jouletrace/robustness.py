"""Does a word survive? Judgements doubled, judgements moving together, recalled inputs wrong."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jouletrace.evaluate import Machine, holds
from jouletrace.numerics import jnp
from jouletrace.registry.schema import Settings
from jouletrace.sampling import Input, Stress, draw
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
    """Draws of the inputs of one machine under stress, each kind drawn once."""

    def __init__(self, machine: Machine, inputs: dict[str, Input], settings: Settings) -> None:
        self.machine, self.settings = machine, settings
        self.inputs = [inputs[name] for name in machine.inputs]
        self.doubled = self._values(self._draws("doubled"))
        self.together = {sign: self._draws("dependent", sign) for sign in (1.0, -1.0)}

    def row(self, row: int, slope: Array, stated: Array, now: str) -> Robustness:
        """Stress one row. ``slope``: its elasticities; ``stated``: the draws as stated."""
        signs = np.where(slope < 0.0, -1.0, 1.0)
        together = np.where(signs > 0.0, self.together[1.0], self.together[-1.0])
        doubled = self._share(self.doubled, row)
        dependent = self._share(self._values(together), row)
        words = {word(p, self.settings.thresholds) for p in (doubled, dependent)}
        lost, survives = self._without_recalled(row, slope, stated, now)
        return Robustness(doubled, dependent, words == {now}, lost, survives)

    def _without_recalled(
        self, row: int, slope: Array, stated: Array, now: str
    ) -> tuple[str | None, bool | None]:
        """Every recalled input off by the factor of settings.yaml, the same way, then the other."""
        graded = np.array(["recalled" in one.grades for one in self.inputs])
        recalled = graded & (slope != 0.0)
        if not recalled.any():
            return None, None
        found = []
        for way in (1.0, -1.0):
            power = way * np.where(slope < 0.0, -1.0, 1.0)
            factor = np.where(recalled, self.settings.recalled_factor**power, 1.0)
            found.append(self._share(self._values(stated * factor), row))
        words = [word(p, self.settings.thresholds) for p in found]
        worst = next((one for one in words if one != now), now)
        return worst, worst == now

    def _draws(self, stress: Stress, sign: float = 1.0) -> Array:
        seed, count = self.settings.seed, self.settings.draws
        return np.stack([draw(one, seed, count, stress, sign) for one in self.inputs], axis=1)

    def _values(self, draws: Array) -> Array:
        return np.asarray(self.machine.values(jnp.asarray(draws)))

    def _share(self, values: Array, row: int) -> float:
        return float(np.mean(holds(self.machine.targets[row], values[:, row])))
