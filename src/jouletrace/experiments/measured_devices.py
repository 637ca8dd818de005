r"""GPUs at hand, measured by `jouletrace measure-gpu`, beside the runs of language models in service.

Windows with pauses, and windows that touch no memory, tell the power of a running GPU from the energy of
its bytes, which runs of services cannot. What windows found of a GPU of a kind that served such runs has to
agree with what the fit says of that kind:

    P_t = r P_{TDP},  e = e_b + e_o,  e_f

A byte that a window reads from memory passes through caches and registers as an operand does. One GPU is
not its kind, nor are its kernels those of a service: the figures may differ by a ratio of their own.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy import stats
from scipy.linalg import block_diag

from jouletrace.experiments import gpu_windows
from jouletrace.experiments.gpu_windows import Fit, Row
from jouletrace.experiments.laplace import NOTHING, Beside
from jouletrace.experiments.serving_rows import Runs

#: Figures of a fit to windows that the fit to runs knows as well. No run computed in eight bits.
SAME = ("running_power_w", "byte_energy_j_per_b", "flop_energy_j_per_flop")
#: By how much a power limit may differ from the data sheet of the same kind.
SAME_POWER_RATIO = 0.05
EDGE = 0.95


class Kind(NamedTuple):
    """A kind of GPU that runs were on: rated power, energy of a byte, and one where its node is earlier."""

    tdp_w: float
    byte_energy_j_per_b: float
    earlier: float


class Known(NamedTuple):
    """A measured GPU of a kind, and what its windows say."""

    kind: Kind
    fit: Fit


def kinds(found: Runs) -> dict[str, Kind]:
    """The kinds of GPU that runs were on, by the names of their data sheets."""
    inputs, names = found.inputs, found.names["device"]
    columns = (inputs.device.tdp_w, inputs.byte_energy_j_per_b, inputs.earlier)
    first = {str(name): int(np.argmax(names == name)) for name in np.unique(names)}
    return {name: Kind(*(float(np.asarray(one)[row]) for one in columns)) for name, row in first.items()}


def kind_of(name: str, power_limit_w: float, known: Mapping[str, Kind]) -> str:
    """The kind of which a driver's name is: its chip, its power, and its memory where that is told; or none.

    >>> sheet = {"h100-sxm5-80gb": Kind(700.0, 3e-11, 0.0)}
    >>> kind_of("NVIDIA H100 80GB HBM3", 700.0, sheet)
    'h100-sxm5-80gb'
    >>> kind_of("NVIDIA H100 PCIe", 350.0, sheet)
    ''
    """
    words = set(re.split(r"[^a-z0-9]+", name.lower()))
    sizes = {word for word in words if re.fullmatch(r"[0-9]+gb", word)}
    for key, kind in known.items():
        chip, *others = key.split("-")
        same_size = not sizes or sizes & set(others)
        if chip in words and same_size and abs(power_limit_w / kind.tdp_w - 1.0) <= SAME_POWER_RATIO:
            return key
    return ""


def read(rows: Iterable[Row], known: Mapping[str, Kind]) -> tuple[list[Known], dict[str, str]]:
    """Measured GPUs that the fit takes; and what is said of every one that was measured."""
    taken, said = [], {}
    for name, own in gpu_windows.devices(rows).items():
        kind = kind_of(name, float(own[0]["power_limit_w"]), known)
        if any(row["shared"] for row in own):
            said[name] = "not taken: others used it at the same time"
        elif not kind:
            said[name] = "not taken: no run was on a GPU of its kind and power"
        else:
            try:
                taken.append(Known(known[kind], gpu_windows.regress(own)))
                said[name] = f"taken as {kind}"
            except ValueError as error:
                said[name] = f"not taken: {error}"
    return taken, said


def beside(taken: Iterable[Known], difference_ratio: float) -> Beside:
    """What the fit to runs has to agree with.

    ``difference_ratio``: by how much figures of one GPU may differ from those of its kind in service.
    """
    parts = [
        (kind, fit, [fit.names.index(name) for name in SAME if name in fit.names]) for kind, fit in taken
    ]
    if not parts:
        return NOTHING

    def of(value: Mapping[str, Array]) -> Array:
        return jnp.stack(
            [expected(value, kind)[fit.names[place]] for kind, fit, places in parts for place in places]
        )

    found = np.concatenate([fit.values[places] for _, fit, places in parts])
    blocks = [_wide(fit) * fit.covariance[np.ix_(places, places)] for _, fit, places in parts]
    covariance = block_diag(*blocks) + np.diag((difference_ratio * found) ** 2)
    return Beside(of, found, np.linalg.inv(np.linalg.cholesky(covariance)))


def expected(value: Mapping[str, Array], kind: Kind) -> dict[str, Array]:
    """What windows of a GPU should find, by the parameters of the fit to runs."""
    dearer = 1.0 + (value["earlier_energy_ratio"] - 1.0) * kind.earlier
    operand = dearer * value["operand_energy_j_per_b"]
    return {
        "running_power_w": value["running_power_ratio"] * kind.tdp_w,
        "byte_energy_j_per_b": value["byte_energy_ratio"] * kind.byte_energy_j_per_b + operand,
        "flop_energy_j_per_flop": dearer * value["flop_energy_j_per_flop"],
    }


def _wide(fit: Fit) -> float:
    """By how much a normal distribution is widened that stands for one of few degrees of freedom."""
    return float((stats.t.ppf(EDGE, fit.degrees) / stats.norm.ppf(EDGE)) ** 2)
