"""What an experiment is given, and what it gives back."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jouletrace.registry.rows import Row
from jouletrace.registry.schema import Computed, Quantity

Numbers = NDArray[np.float64]
Table = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """An entry of computed.yaml with the rows and the quantities that it names; ``cores`` to use."""

    entry: Computed
    tables: dict[str, tuple[Row, ...]]
    quantities: dict[str, Quantity]
    cores: int = 1

    def setting(self, name: str) -> float:
        """The value of a setting."""
        return self.entry.settings[name].value


@dataclass(frozen=True)
class Found:
    """What an experiment found.

    ``draws``: columns of joint draws. ``tables``: small tables by name, each a mapping from column to
    cells. ``effective_draws``: how many independent draws the columns are worth. ``record``: what
    else is to stand beside them, such as diagnostics.
    """

    draws: dict[str, Numbers]
    tables: dict[str, Table] = field(default_factory=dict)
    effective_draws: int = 0
    record: dict[str, Any] = field(default_factory=dict)
