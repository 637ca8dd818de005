"""Whether a computed dataset is found again: refitted, and held against what is kept.

Chains and normal numbers differ in their last digits between processors, and so do draws. What has to
agree is what they say: the mean and the spread of every column, within Monte Carlo error.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from jouletrace import computed
from jouletrace.recompute import Tables, told
from jouletrace.registry import Problem, Registry, RegistryError

Numbers = NDArray[np.float64]
#: Monte Carlo errors by which a mean or a spread may move.
MOST = 3.0


def withholding(registry: Registry) -> list[str]:
    """Datasets that were computed from tables which the project does not carry."""
    return [name for name, entry in registry.computed.items() if entry.withheld]


def refit(name: str, registry: Registry, tables: Tables, cores: int, mirror: str = "") -> str:
    """Compute a dataset anew and compare; one line that says how near it came.

    Raises `RegistryError` (J20) where it is not what is kept, or nothing is kept for this registry.
    """
    folder, record = computed.found(name, registry, tables)
    with TemporaryDirectory() as place:
        fresh = computed.columns(told(name, registry, tables, cores, Path(place) / name, mirror))
    far = distances(computed.columns(folder), fresh, record["effective_draws"])
    worst = max(far, key=lambda key: far[key])
    how = f"{worst} moved by {far[worst]:.1f} Monte Carlo errors"
    if far[worst] > MOST:
        file = registry.file_of("computed", name)
        todo = f"if that is meant, type: make recompute ARGS={name}"
        raise RegistryError([Problem(file, name, "J20", f"is not found again: {how}", todo)])
    return f"{name}: refitted, and found again; of {len(far)} columns the furthest, {how}"


def distances(kept: dict[str, Numbers], fresh: dict[str, Numbers], effective: int) -> dict[str, float]:
    """How far means and spreads of columns are apart, in Monte Carlo errors; infinite where one lacks."""
    return {
        name: _far(kept[name], fresh[name], effective) if name in kept and name in fresh else np.inf
        for name in sorted({*kept, *fresh})
    }


def _far(kept: Numbers, fresh: Numbers, effective: int) -> float:
    middle = kept.mean()
    means = _apart(kept, fresh, effective)
    return max(means, _apart((kept - middle) ** 2, (fresh - middle) ** 2, effective))


def _apart(one: Numbers, other: Numbers, effective: int) -> float:
    """Difference of means over its standard error."""
    error = np.sqrt(one.var() / min(effective, len(one)) + other.var() / min(effective, len(other)))
    difference = abs(one.mean() - other.mean())
    return float(difference / error) if error else np.inf if difference else 0.0
