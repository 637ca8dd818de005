"""The meter of an NVIDIA device: its total energy counter through nvidia-ml-py. It only reads."""

from importlib import import_module
from typing import Any

from jouletrace.measure.parts import Device, MeasureError, Sample

INSTALL = "type: make gpu"
#: Names of the bits that say what holds the clocks down; each name begins as below.
REASONS = ("SwPowerCap", "HwSlowdown", "SwThermalSlowdown", "HwThermalSlowdown", "HwPowerBrakeSlowdown")
PREFIX = "nvmlClocksThrottleReason"


class Nvml:
    """One device. Raises `MeasureError` where it cannot be measured; ``index`` counts as nvidia-smi does."""

    def __init__(self, index: int, library: Any = None) -> None:
        self.library = library or _library()
        self._start(index)
        try:
            self.handle = self.library.nvmlDeviceGetHandleByIndex(index)
            self.device = self._device()
        except self.library.NVMLError as error:
            raise MeasureError(
                f"--device {index}: cannot be read ({error}); see what nvidia-smi says"
            ) from None
        self._refuse_mig()
        self.energy_j()

    def energy_j(self) -> float:
        """The counter, which NVML has in millijoules."""
        try:
            return float(self.library.nvmlDeviceGetTotalEnergyConsumption(self.handle)) / 1000.0
        except self.library.NVMLError as error:
            what = f"{self.device.name} has no energy counter to read ({error})"
            raise MeasureError(f"{what}; measure a device from Volta on") from None

    def sample(self) -> Sample:
        """Clocks, temperature and power now; not a number where the device does not tell."""
        ask, of = self._ask, self.library
        held = sum(getattr(of, PREFIX + name) for name in REASONS)
        return Sample(
            sm_clock_hz=1e6 * ask("nvmlDeviceGetClockInfo", of.NVML_CLOCK_SM),
            memory_clock_hz=1e6 * ask("nvmlDeviceGetClockInfo", of.NVML_CLOCK_MEM),
            temperature_celsius=ask("nvmlDeviceGetTemperature", of.NVML_TEMPERATURE_GPU),
            power_w=ask("nvmlDeviceGetPowerUsage") / 1000.0,
            throttled=bool(self._reasons() & held),
        )

    def processes(self) -> set[int]:
        """Processes that compute or draw on the device, as far as the driver tells."""
        found: set[int] = set()
        for kind in ("Compute", "Graphics"):
            try:
                listed = getattr(self.library, f"nvmlDeviceGet{kind}RunningProcesses")(self.handle)
            except self.library.NVMLError:
                continue
            found |= {int(one.pid) for one in listed}
        return found

    def _start(self, index: int) -> None:
        try:
            self.library.nvmlInit()
            count = self.library.nvmlDeviceGetCount()
        except self.library.NVMLError as error:
            raise MeasureError(
                f"no NVIDIA driver answers here ({error}); run it where nvidia-smi works"
            ) from None
        if not 0 <= index < count:
            names = ", ".join(f"{one} ({self._name(one)})" for one in range(count)) or "none"
            raise MeasureError(f"--device {index}: no such device; here are: {names}")

    def _name(self, index: int) -> str:
        return _text(self.library.nvmlDeviceGetName(self.library.nvmlDeviceGetHandleByIndex(index)))

    def _device(self) -> Device:
        of, handle = self.library, self.handle
        clock = 1e6 * self._ask("nvmlDeviceGetMaxClockInfo", of.NVML_CLOCK_MEM)
        width_b = self._ask("nvmlDeviceGetMemoryBusWidth") / 8.0
        major, minor = of.nvmlDeviceGetCudaComputeCapability(handle)
        return Device(
            name=_text(of.nvmlDeviceGetName(handle)),
            uuid=_text(of.nvmlDeviceGetUUID(handle)),
            driver=_text(of.nvmlSystemGetDriverVersion()),
            capability=(int(major), int(minor)),
            memory_b=float(of.nvmlDeviceGetMemoryInfo(handle).total),
            power_limit_w=self._ask("nvmlDeviceGetEnforcedPowerLimit") / 1000.0,
            memory_bandwidth_b_per_s=2.0 * clock * width_b,  # two transfers in each cycle of the clock
            top_sm_clock_hz=1e6 * self._ask("nvmlDeviceGetMaxClockInfo", of.NVML_CLOCK_SM),
        )

    def _refuse_mig(self) -> None:
        try:
            current, _ = self.library.nvmlDeviceGetMigMode(self.handle)
        except self.library.NVMLError:
            return  # a device that cannot be divided
        if current:
            what = f"{self.device.name} is divided (MIG), and its counter is that of the whole"
            raise MeasureError(f"{what}; measure a device that is not divided")

    def _ask(self, name: str, *words: Any) -> float:
        try:
            return float(getattr(self.library, name)(self.handle, *words))
        except (self.library.NVMLError, AttributeError):
            return float("nan")

    def _reasons(self) -> int:
        for name in ("nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons"):
            try:
                return int(getattr(self.library, name)(self.handle))
            except (self.library.NVMLError, AttributeError):
                continue
        raise MeasureError(f"{self.device.name} does not tell what holds its clocks down; use a newer driver")


def _library() -> Any:
    try:
        return import_module("pynvml")
    except ImportError:
        raise MeasureError(f"the package nvidia-ml-py is not installed; {INSTALL}") from None


def _text(words: str | bytes) -> str:
    return words.decode() if isinstance(words, bytes) else str(words)
