"""One window after the other, from a tick of the energy counter to a tick some seconds later."""

import math
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from jouletrace.measure import plan
from jouletrace.measure.parts import Bench, Clock, Kernel, MeasureError, Meter, Sample

BITS = {"": 0, "bf16": 16, "fp16": 16, "fp8": 8}
Row = dict[str, Any]


@dataclass
class Machine:
    """A device, how it is read and kept busy, and what a window is run with."""

    meter: Meter
    bench: Bench
    clock: Clock
    settings: dict[str, float]
    told: Callable[[str], AbstractContextManager[None]] = lambda _: nullcontext()
    known: set[int] = field(default_factory=set)
    last_j: float = 0.0

    def energy_j(self) -> float:
        """The counter. Raises `MeasureError` when it fell: it wrapped round, or the driver was reloaded."""
        now = self.meter.energy_j()
        if now < self.last_j:
            what = f"the energy counter fell from {self.last_j:.0f} J to {now:.0f} J, by a wrap or a reset"
            raise MeasureError(f"{what}; nothing is kept, measure again")
        self.last_j = now
        return now


@dataclass
class Load:
    """What keeps the device busy, a slice at a time, and all that it has done so far."""

    machine: Machine
    parts: list[tuple[Kernel, int]]
    duty_ratio: float
    memory_b: float = 0.0
    flop: float = 0.0
    busy_s: float = 0.0
    samples: list[Sample] = field(default_factory=list)
    begun: float = math.nan
    sampled: float = -math.inf

    def slice(self) -> None:
        """Work for a moment, or pause for a moment where the duty cycle asks for it."""
        now = self.machine.clock.now()
        self.begun = now if math.isnan(self.begun) else self.begun
        behind = self.busy_s <= self.duty_ratio * (now - self.begun)
        if self.parts and (behind or self.duty_ratio == 1.0):
            self._work(now)
            return
        if not self.parts:
            self._sample(now)
        self.machine.clock.sleep(self.machine.settings["poll_s"])

    def _work(self, now: float) -> None:
        for kernel, calls in self.parts:
            kernel.start(calls)
            self.memory_b += calls * kernel.memory_b
            self.flop += calls * kernel.flop
        self._sample(now)  # while the device is at work
        for kernel, _ in self.parts:
            kernel.wait()
        self.busy_s += self.machine.clock.now() - now

    def _sample(self, now: float) -> None:
        if now - self.sampled >= self.machine.settings["sample_s"]:
            self.samples.append(self.machine.meter.sample())
            self.sampled = now


def measure(machine: Machine, seconds: float, repeats: int, seed: int) -> list[Row]:
    """All windows of a device, in the order in which they were measured."""
    rows: list[Row] = []
    for number, (repeat, setting, count) in enumerate(_windows(machine, repeats, seed), start=1):
        with machine.told(f"{number}/{count}  {setting.name}"):
            row = window(machine, setting, seconds)
        rows.append({"order": number, "repeat": repeat + 1, **row})
    return rows


def _windows(machine: Machine, repeats: int, seed: int) -> Iterator[tuple[int, plan.Setting, str]]:
    """Repeat, setting, and how many windows there are: known once the context is open."""
    machine.known = machine.meter.processes()
    for repeat in range(repeats):
        yield repeat, plan.IDLE, "..."
    machine.bench.open()
    found = plan.settings(machine.settings, machine.bench.precisions())
    for one in found:
        with machine.told(f"preparing {one.name}"):
            parts(machine, one)
    machine.known = machine.meter.processes() | {os.getpid()}
    for repeat, one in plan.shuffled(found, repeats, seed):
        yield repeat, one, str(repeats * (len(found) + 1))


def window(machine: Machine, setting: plan.Setting, seconds: float) -> Row:
    """Energy, time, bytes and operations of one window, and the state of the device in it."""
    load = Load(machine, parts(machine, setting), setting.duty_ratio)
    begun = machine.clock.now()
    while machine.clock.now() - begun < machine.settings["settle_s"]:
        load.slice()
    start, start_j = _tick(load)
    before = (load.memory_b, load.flop, load.busy_s)
    load.samples, load.sampled = [], -math.inf
    while machine.clock.now() - start < seconds or not load.samples:  # a long rest may fill a window
        load.slice()
    end, end_j = _tick(load)
    time_s, done = end - start, (load.memory_b, load.flop, load.busy_s)
    memory_b, flop, busy_s = (after - first for after, first in zip(done, before, strict=True))
    return {
        **_named(setting),
        "busy_ratio": busy_s / time_s,
        "time_s": time_s,
        "memory_b": memory_b,
        "flop": flop,
        "energy_j": end_j - start_j,
        **_state(load.samples),
        "flag": ";".join(_flags(machine, load.samples, memory_b / time_s)),
    }


def _tick(load: Load) -> tuple[float, float]:
    """Go on until the counter moves; when that was, and what it then had. Raises `MeasureError`."""
    machine = load.machine
    first, begun = machine.energy_j(), machine.clock.now()
    while (now_j := machine.energy_j()) == first:
        load.slice()
        if machine.clock.now() - begun > machine.settings["patience_s"]:
            what = f"the energy counter stood still for {machine.settings['patience_s']:.0f} s"
            raise MeasureError(f"{what}; measure a device whose counter works")
    return machine.clock.now(), now_j


def parts(machine: Machine, setting: plan.Setting) -> list[tuple[Kernel, int]]:
    """Kernels of a setting, and how many calls of each fill a round."""
    bench, given = machine.bench, machine.settings
    if setting.kind in ("idle", "context"):
        return []
    if setting.kind == "awake":
        return [(bench.kernel("nudge"), 1)]
    if setting.kind == "mixed":
        read, matrix = bench.kernel("read"), bench.kernel("matrix", setting.precision)
        products = setting.flop_per_byte * read.memory_b / matrix.flop
        calls = [(read, max(round(1.0 / products), 1)), (matrix, max(round(products), 1))]
    else:
        calls = [(bench.kernel(setting.kind, setting.precision, setting.batch), 1)]
    times = max(round(given["round_s"] / _seconds(machine, calls)), 1)
    return [(kernel, times * count) for kernel, count in calls]


def _seconds(machine: Machine, calls: list[tuple[Kernel, int]]) -> float:
    """How long some calls take, of which the first time does not count."""
    spent = 0.0
    for _ in range(2):
        begun = machine.clock.now()
        for kernel, count in calls:
            kernel.start(count)
            kernel.wait()
        spent = machine.clock.now() - begun
    return max(spent, 1e-6)


def _named(setting: plan.Setting) -> Row:
    named = {"kind": setting.kind, "setting": setting.name, "kernel": setting.kernel}
    numbers = {"duty_ratio": setting.duty_ratio, "batch": setting.batch}
    return {**named, "precision": setting.precision, "bits": BITS[setting.precision], **numbers}


def _state(samples: list[Sample]) -> Row:
    """Means over the samples of a window, which are taken while the device is at work if it has any."""
    return {
        "sm_clock_hz": fmean(one.sm_clock_hz for one in samples),
        "least_sm_clock_hz": min(one.sm_clock_hz for one in samples),
        "memory_clock_hz": fmean(one.memory_clock_hz for one in samples),
        "temperature_celsius": fmean(one.temperature_celsius for one in samples),
        "sampled_power_w": fmean(one.power_w for one in samples),
        "throttled_ratio": fmean(one.throttled for one in samples),
    }


def _flags(machine: Machine, samples: list[Sample], b_per_s: float) -> list[str]:
    """What speaks against a window."""
    given, top = machine.settings, machine.meter.device.memory_bandwidth_b_per_s
    found = {
        "throttled": fmean(one.throttled for one in samples) > given["throttled_ratio"],
        "shared": bool(machine.meter.processes() - machine.known),
        "faster than memory": b_per_s > given["faster_ratio"] * top,
    }
    return [name for name, holds in found.items() if holds]
