"""What a measurement says, in lines: the three coefficients, how sure, and what was left out."""

from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

import numpy as np
import pandas as pd

from jouletrace.computed import WINDOWS
from jouletrace.experiments.gpu_windows import AT_REST, Fit, Row, devices, regress, usable
from jouletrace.measure.parts import MeasureError

#: Coefficient -> what it is, factor to the reader's unit, that unit.
WORDS = {
    "running_power_w": ("P_t", "power while it runs", 1.0, "W"),
    "byte_energy_j_per_b": ("e_b", "energy of a byte from memory", 1e12, "pJ/byte"),
    "flop_energy_j_per_flop": ("e_f", "energy of an operation, 16 bit", 1e12, "pJ/flop"),
    "flop_8bit_energy_j_per_flop": ("e_f8", "energy of an operation, 8 bit", 1e12, "pJ/flop"),
}
WORDY = ("device", "driver", "date", "kind", "setting", "kernel", "precision", "flag")
NUMBERS = ("bits", "time_s", "memory_b", "flop", "energy_j", "throttled_ratio", "sm_clock_hz")
NEEDED = (*WORDY, "batch", *NUMBERS)


def read(path: Path) -> list[Row]:
    """Rows of a table, or of the folder that holds it. Raises `MeasureError`, with the line."""
    file = path / WINDOWS if path.is_dir() else path
    if not file.is_file():
        raise MeasureError(f"{file}: does not exist; measure first: python -m jouletrace measure-gpu")
    try:
        table = pd.read_csv(file, keep_default_na=False, dtype=dict.fromkeys(WORDY, str))
    except (ValueError, pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError):
        raise MeasureError(f"{file}: is not a table; give the {WINDOWS} of a measurement") from None
    for name in NEEDED:
        if name not in table:
            raise MeasureError(f"{file}: has no column {name}; give the {WINDOWS} of a measurement")
    for name in NUMBERS:
        _numbers(file, table, name)
    for name in ("time_s", "energy_j"):
        _refuse(file, table[name] <= 0.0, f"{name} is not positive")
    for name in ("memory_b", "flop"):
        _refuse(file, table[name] < 0.0, f"{name} is negative")
    return [{str(key): cell for key, cell in row.items()} for row in table.to_dict("records")]


def _numbers(file: Path, table: pd.DataFrame, name: str) -> None:
    table[name] = pd.to_numeric(table[name], errors="coerce")
    if name != "sm_clock_hz":  # which a device may not tell
        _refuse(file, ~np.isfinite(table[name]), f"{name} is no number")


def _refuse(file: Path, wrong: "pd.Series[bool]", what: str) -> None:
    if wrong.any():
        line = int(np.flatnonzero(wrong)[0]) + 2
        raise MeasureError(f"{file}: line {line}: {what}; mend the line, or measure again")


def lines(rows: list[Row], peak_flop_per_s: float = 0.0) -> Iterator[str]:
    """The report, device by device."""
    for name, own in devices(rows).items():
        yield f"{name}, driver {own[0]['driver']}, {own[0]['date']}: {len(own)} windows"
        yield from _powers(own)
        yield from _left_out(own)
        try:
            yield from _coefficients(regress(own))
        except ValueError as error:
            yield f"  not fitted: {error}"
        yield from _batches(own, peak_flop_per_s)


def _powers(rows: list[Row]) -> Iterator[str]:
    for kind in (*AT_REST, "awake"):
        powers = [row["energy_j"] / row["time_s"] for row in rows if row["kind"] == kind]
        if powers:
            clock = fmean(row["sm_clock_hz"] for row in rows if row["kind"] == kind)
            yield f"  {kind:<8} {fmean(powers):8.1f} W at {clock / 1e6:.0f} MHz"


def _left_out(rows: list[Row]) -> Iterator[str]:
    flagged = [row for row in rows if row["flag"]]
    for flag in sorted({str(row["flag"]) for row in flagged}):
        named = dict.fromkeys(str(row["setting"]) for row in flagged if row["flag"] == flag)
        yield f"  left out, {flag}: {', '.join(named)}"
    if rows and rows[0].get("shared") in (True, "True"):
        yield "  another process used the device all the while; its energy is in these figures"
    clocks = [row["sm_clock_hz"] / 1e6 for row in usable(rows)]
    if clocks:
        yield f"  clocks of the other {len(clocks)} windows: {min(clocks):.0f} to {max(clocks):.0f} MHz"


def _coefficients(fit: Fit) -> Iterator[str]:
    yield "  E = P_t t + e_b bytes + e_f flop, with intervals of 90 %"
    for name in fit.names:
        short, words, factor, unit = WORDS[name]
        low, value, high = (factor * one for one in fit.interval(name))
        yield f"  {short:<5} {value:10.4g}  ({low:.4g} to {high:.4g}) {unit}, {words}"
    shorts = [WORDS[name][0] for name in fit.names]
    yield "  correlation" + "".join(f"{one:>8}" for one in shorts)
    for short, row in zip(shorts, fit.correlation(), strict=True):
        yield f"  {short:<11}" + "".join(f"{one:8.2f}" for one in row)
    errors = f"{fit.kernel_ratio:.1%} a kernel, {fit.setting_ratio:.1%} a setting"
    yield f"  errors of the windows: {errors}; root mean square {np.sqrt(np.mean(fit.residuals**2)):.1%}"


def _batches(rows: list[Row], peak_flop_per_s: float) -> Iterator[str]:
    attained: dict[int, list[float]] = {}
    for row in rows:
        if row["kind"] == "batch":
            attained.setdefault(int(row["batch"]), []).append(row["flop"] / row["time_s"])
    best = max((row["flop"] / row["time_s"] for row in rows if row["bits"] == 16), default=0.0)
    peak, of = (peak_flop_per_s, "the peak given") if peak_flop_per_s else (best, "the best window")
    if attained and peak:
        yield f"  batch: operations a second, as a part of {of} ({peak:.4g} flop/s)"
        for batch, speeds in sorted(attained.items()):
            yield f"  {batch:>6} {fmean(speeds):10.4g} {fmean(speeds) / peak:8.2%}"
