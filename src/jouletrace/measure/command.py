"""The command `measure-gpu`: look at the device, refuse what cannot be measured, measure, keep, report."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jouletrace.config import MIRROR
from jouletrace.heartbeat import beating, span
from jouletrace.kept import CARRIED
from jouletrace.measure import keep, report
from jouletrace.measure.parts import Bench, Clock, MeasureError, Meter
from jouletrace.measure.session import Machine, measure
from jouletrace.registry import Registry


@dataclass(frozen=True)
class Wish:
    """What was typed."""

    device: int = 0
    seconds: float | None = None
    repeats: int | None = None
    seed: int | None = None
    shared: bool = False
    replace: bool = False
    output: Path | None = None


class WallClock:
    """Time as it passes."""

    def now(self) -> float:
        """Seconds since some instant."""
        return time.perf_counter()

    def sleep(self, seconds: float) -> None:
        """Do nothing for a while."""
        time.sleep(seconds)


Parts = Callable[[int, dict[str, float], int], tuple[Meter, Bench, Clock]]


def nvidia(index: int, settings: dict[str, float], seed: int) -> tuple[Meter, Bench, Clock]:
    """The parts of a machine with an NVIDIA device. Raises `MeasureError`."""
    from jouletrace.measure.nvml import Nvml

    meter = Nvml(index)
    from jouletrace.measure.kernels import JaxBench

    return meter, JaxBench(meter.device, settings, seed), WallClock()


def run(registry: Registry, wish: Wish, parts: Parts = nvidia) -> Path:
    """Measure a device and keep what was found; returns the folder. Raises `MeasureError`."""
    entry = registry.measured[keep.NAME]
    given = {name: one.value for name, one in entry.settings.items()}
    seconds, repeats, seed = _checked(wish, given, entry.seed)
    meter, bench, clock = parts(wish.device, given, seed)
    path = wish.output or keep.place(registry.root, meter.device)
    keep.refuse_to_overwrite(path, wish.replace)
    begun = clock.now()
    with keep.alone(meter.device):
        others = meter.processes()
        if others and not wish.shared:
            numbers = ", ".join(map(str, sorted(others)))
            what = f"{meter.device.name} is used by other processes ({numbers})"
            raise MeasureError(f"{what}; end them, or type --shared to measure all the same")
        print(f"{meter.device.name}: windows of {span(seconds)}, each {repeats} times", flush=True)
        machine = Machine(meter, bench, clock, given, told=beating)
        try:
            rows = measure(machine, seconds, repeats, seed)
        except KeyboardInterrupt:
            raise MeasureError("stopped on request; nothing was kept") from None
        except MeasureError:
            raise
        except RuntimeError as error:  # of JAX, in many lines
            first = (str(error).splitlines() or [""])[0]
            raise MeasureError(f"the device failed ({first}); nothing was kept") from error
    rows = [{**row, "shared": bool(others)} for row in rows]
    used = {"seed": seed, "window_s": seconds, "repeats": repeats, "shared": bool(others), "settings": given}
    keep.keep(path, rows, meter.device, entry, used, clock.now() - begun)
    return path


def _checked(wish: Wish, given: dict[str, float], own_seed: int) -> tuple[float, int, int]:
    """Seconds, repeats and seed, as typed or else as in the registry. Raises `MeasureError`."""
    seconds = given["window_s"] if wish.seconds is None else wish.seconds
    repeats = int(given["repeats_count"]) if wish.repeats is None else wish.repeats
    seed = own_seed if wish.seed is None else wish.seed
    least = given["least_window_s"]
    if not least <= seconds < float("inf"):
        raise MeasureError(
            f"--seconds {seconds:g}: a window lasts {least:g} s at least; type {given['window_s']:g}"
        )
    if repeats < 1:
        raise MeasureError(f"--repeats {repeats}: each window is measured once at least; type 3")
    if wish.device < 0:
        raise MeasureError(f"--device {wish.device}: devices count from 0, as nvidia-smi has them")
    if not 0 <= seed < 2**31:
        raise MeasureError(f"--seed {seed}: a seed is a whole number from 0 to 2147483647")
    return seconds, repeats, seed


def next_steps(registry: Registry, path: Path) -> str:
    """Which fits take a measurement from now on, and what they cannot be computed anew without."""
    takers = {name: one for name, one in registry.computed.items() if keep.NAME in one.takes}
    if not takers or not path.resolve().is_relative_to((registry.root / CARRIED / keep.NAME).resolve()):
        return ""
    lines = [
        f"next: type make book; {', '.join(takers)} will be fitted anew, and the verdicts that rest on it"
    ]
    files = [registry.withheld[name].mirror.path for one in takers.values() for name in one.withheld]
    if files:
        needs = f"that needs a mirror with {', '.join(dict.fromkeys(files))}: set {MIRROR} to it"
        lines.append(f"{needs}, or else move {path} elsewhere to build as before")
    return "\n".join(lines)


def told(registry: Registry, places: list[Path], peak_flop_per_s: float = 0.0) -> str:
    """The report of some tables, or of all that are kept. Raises `MeasureError`."""
    from jouletrace.kept import measurements

    chosen = places or measurements(registry.root, keep.NAME)
    if not chosen:
        raise MeasureError(
            "nothing is measured yet; on a machine with a GPU: python -m jouletrace measure-gpu"
        )
    if peak_flop_per_s < 0.0:
        raise MeasureError(f"--peak {peak_flop_per_s:g}: operations a second are positive; leave it out")
    return "\n".join(line for path in chosen for line in report.lines(report.read(path), peak_flop_per_s))
