"""What a measurement needs of a machine: a meter, kernels, and a clock. Tests bring their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class MeasureError(RuntimeError):
    """Why there is no measurement: one line, what is wrong and what to do."""


@dataclass(frozen=True)
class Device:
    """What a device says about itself. ``uuid`` finds it again, and is not kept."""

    name: str
    uuid: str
    driver: str
    capability: tuple[int, int]
    memory_b: float
    power_limit_w: float
    memory_bandwidth_b_per_s: float
    top_sm_clock_hz: float


@dataclass(frozen=True)
class Sample:
    """The state of a device at an instant; ``throttled``: power or heat holds its clocks down."""

    sm_clock_hz: float
    memory_clock_hz: float
    temperature_celsius: float
    power_w: float
    throttled: bool


class Meter(Protocol):
    """The energy counter of a device, and what else it tells; it changes no setting."""

    device: Device

    def energy_j(self) -> float:
        """The counter: energy since the driver was loaded."""

    def sample(self) -> Sample:
        """Clocks, temperature and power now."""

    def processes(self) -> set[int]:
        """Processes that use the device."""


class Kernel(Protocol):
    """A piece of work on the device, with what one call moves to and from memory, and its operations."""

    memory_b: float
    flop: float

    def start(self, calls: int) -> None:
        """Hand calls to the device, and do not wait for them."""

    def wait(self) -> None:
        """Wait for all calls that were handed over."""


class Bench(Protocol):
    """The device as a place to run kernels."""

    def open(self) -> None:
        """Open a context on the device."""

    def precisions(self) -> Sequence[str]:
        """Precisions of matrix products that it has, the 16-bit one first."""

    def kernel(self, kind: str, precision: str = "", batch: int = 0) -> Kernel:
        """A kernel, made once: nudge, copy, read, matrix (operands in cache) or batch (weights in memory)."""


class Clock(Protocol):
    """Time."""

    def now(self) -> float:
        """Seconds since some instant."""

    def sleep(self, seconds: float) -> None:
        """Do nothing for a while."""
