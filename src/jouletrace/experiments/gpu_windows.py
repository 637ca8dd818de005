r"""Energy of a GPU taken apart: power while it runs, energy per byte from memory, energy per operation.

A window is some seconds in which a GPU does one thing, with the energy that its own counter gave, the
bytes that went to and from memory, and the arithmetic operations. Over all windows

    E = P_t t + e_b bytes + e_f flop

Serving data cannot tell P_t from e_b, since its time is proportional to its bytes; windows with pauses
and windows that touch no memory can. Kernels are not alike: two that move as many bytes need not need
the same energy. All windows of one kernel share an error of e_b bytes + e_f flop, every setting has an
error of its own, and repeats of a setting are averaged. In a mixed window the bytes are of one kernel
and the operations of another ("read+matrix"), which have the errors that they have alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

#: Windows with no work at all stand beside the fit: a device at rest may lower its clocks.
AT_REST = ("idle", "context")
LEAST_KERNELS = 5
ROUNDS = 4
Numbers = NDArray[np.float64]
Row = Mapping[str, Any]


class Windows(NamedTuple):
    """Settings of one device, one entry for each: sums over its repeats, and the kernels' numbers."""

    energy_j: Numbers
    time_s: Numbers
    memory_b: Numbers
    flop: Numbers
    flop_8bit: Numbers
    memory_kernel: Numbers
    flop_kernel: Numbers
    repeat_ratio: Numbers


@dataclass(frozen=True)
class Fit:
    """Coefficients by name with their covariance, and the two errors of the windows (relative)."""

    names: tuple[str, ...]
    values: Numbers
    covariance: Numbers
    kernel_ratio: float
    setting_ratio: float
    degrees: int
    residuals: Numbers

    def interval(self, name: str, level: float = 0.9) -> tuple[float, float, float]:
        """Low end, value and high end."""
        at = self.names.index(name)
        reach = float(stats.t.ppf(0.5 + level / 2.0, self.degrees) * np.sqrt(self.covariance[at, at]))
        value = float(self.values[at])
        return value - reach, value, value + reach

    def correlation(self) -> Numbers:
        """Correlation of the coefficients."""
        scale = np.sqrt(np.diag(self.covariance))
        found: Numbers = self.covariance / np.outer(scale, scale)
        return found


def usable(rows: Iterable[Row]) -> list[Row]:
    """Windows of a running device that nothing disturbed."""
    return [row for row in rows if row["kind"] not in AT_REST and not row["flag"]]


def devices(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows by device."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row["device"]), []).append(row)
    return found


def windows(rows: Iterable[Row]) -> Windows:
    """Settings of one device from its usable rows, repeats summed.

    The spread of repeats is pooled over settings, of ln of their power; a mean of n has it over root n.
    """
    settings: dict[str, list[Row]] = {}
    for row in usable(rows):
        settings.setdefault(str(row["setting"]), []).append(row)
    groups = list(settings.values())
    named = [str(group[0]["kernel"]).split("+") for group in groups]
    kernels = list(dict.fromkeys(name for names in named for name in names))
    logs = [np.log([row["energy_j"] / row["time_s"] for row in group]) for group in groups]
    free = sum(len(one) - 1 for one in logs)
    pooled = sum(float(((one - one.mean()) ** 2).sum()) for one in logs) / max(free, 1)

    def total(column: str, bits: int = 0) -> Numbers:
        wanted = [[row for row in group if not bits or row["bits"] == bits] for group in groups]
        return np.array([sum(float(row[column]) for row in group) for group in wanted])

    return Windows(
        energy_j=total("energy_j"),
        time_s=total("time_s"),
        memory_b=total("memory_b"),
        flop=total("flop", 16),
        flop_8bit=total("flop", 8),
        memory_kernel=np.array([float(kernels.index(names[0])) for names in named]),
        flop_kernel=np.array([float(kernels.index(names[-1])) for names in named]),
        repeat_ratio=np.sqrt(pooled / np.array([len(group) for group in groups])),
    )


def alike(moved: Any, counted: Any, seen: Windows) -> Any:
    """Covariance of windows by the kernels that they share, of which each has an error of scale one.

    ``moved`` and ``counted``: parts of each window's energy that bytes and operations have.
    """
    sides = ((moved, seen.memory_kernel), (counted, seen.flop_kernel))
    return sum(
        (one[:, None] * other[None, :]) * (kernel[:, None] == of[None, :])
        for one, kernel in sides
        for other, of in sides
    )


def regress(rows: Iterable[Row]) -> Fit:
    r"""Least squares of the relative errors, whose two scales are found by restricted maximum likelihood.

    Formula: C = k^2 K + \operatorname{diag}(s^2 + r^2), K_{ij} = d_i d_j where i and j are windows of one
    kernel, else 0; d is the part of E that is not P_t t, r the spread of repeats. Of mixed windows bytes and
    operations are added up apart.

    Raises `ValueError` where the windows cannot tell the coefficients apart.
    """
    seen = windows(rows)
    columns = {
        "running_power_w": seen.time_s,
        "byte_energy_j_per_b": seen.memory_b,
        "flop_energy_j_per_flop": seen.flop,
        "flop_8bit_energy_j_per_flop": seen.flop_8bit,
    }
    names = tuple(name for at, (name, one) in enumerate(columns.items()) if at < 2 or one.any())
    kernels = len({*seen.memory_kernel, *seen.flop_kernel})
    degrees = kernels - len(names)
    if degrees < 1 or kernels < LEAST_KERNELS:
        raise ValueError(f"{kernels} kernels without a flag are too few to fit {len(names)} coefficients")
    design = np.stack([columns[name] for name in names], axis=1)
    scale = np.where(design.any(axis=0), design.max(axis=0), 1.0)
    design = design / scale
    if np.linalg.cond(design / seen.energy_j[:, None] / np.median(1.0 / seen.energy_j)) > 1e6:
        raise ValueError(
            "time, bytes and operations go in step in these windows; more duty cycles are needed"
        )
    expected, values = seen.energy_j, np.linalg.lstsq(design, seen.energy_j, rcond=None)[0]
    for _ in range(ROUNDS):
        relative, target = design / expected[:, None], seen.energy_j / expected
        part = relative * values
        same = alike(part[:, 1], part[:, 2:].sum(axis=1), seen)
        errors = _errors(relative, target, same, seen.repeat_ratio)
        values, covariance = _generalised(relative, target, _covariance(errors, same, seen.repeat_ratio))
        expected = np.maximum(design @ values, 0.01 * seen.energy_j)
    residuals = np.log(seen.energy_j / expected)
    whole = covariance / np.outer(scale, scale)
    return Fit(names, values / scale, whole, float(errors[0]), float(errors[1]), degrees, residuals)


def _covariance(errors: Numbers, same: Numbers, repeat: Numbers) -> Numbers:
    found: Numbers = errors[0] ** 2 * same + np.diag(errors[1] ** 2 + repeat**2)
    return found


def _generalised(design: Numbers, target: Numbers, covariance: Numbers) -> tuple[Numbers, Numbers]:
    """Generalised least squares: coefficients and their covariance."""
    weighted = np.linalg.solve(covariance, design)
    inverse = np.linalg.inv(design.T @ weighted)
    return inverse @ (weighted.T @ target), inverse


def _errors(design: Numbers, target: Numbers, same: Numbers, repeat: Numbers) -> Numbers:
    """Restricted maximum likelihood of the two scales: of a kernel, and of a setting."""

    def loss(logs: Numbers) -> float:
        covariance = _covariance(np.exp(logs), same, repeat)
        values, inverse = _generalised(design, target, covariance)
        rest = target - design @ values
        fit = float(rest @ np.linalg.solve(covariance, rest))
        return 0.5 * (float(np.linalg.slogdet(covariance)[1] - np.linalg.slogdet(inverse)[1]) + fit)

    found = optimize.minimize(loss, np.log([0.03, 0.01]), method="L-BFGS-B", bounds=[(-9.0, 1.0)] * 2)
    return np.asarray(np.exp(found.x))
