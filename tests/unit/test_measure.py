"""Measuring a GPU, on a synthetic one: what is known is found again, and what is wrong is said in a line."""

import json
import math
import os
import re
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jouletrace import computed, kept
from jouletrace.cli import main
from jouletrace.experiments import gpu_windows, measured_devices, serving_fit
from jouletrace.experiments.measured_devices import Kind
from jouletrace.experiments.taken import Taken
from jouletrace.measure import command, keep, nvml, plan, report
from jouletrace.measure.command import Wish
from jouletrace.measure.kernels import JaxBench
from jouletrace.measure.nvml import Nvml
from jouletrace.measure.parts import Device, MeasureError, Sample
from jouletrace.measure.session import Machine, measure, window
from jouletrace.numerics import jnp as configured
from jouletrace.recompute import recompute
from jouletrace.registry import RegistryError, load
from jouletrace.tidying import tidy_tables

assert configured is jnp
ROOT = Path(__file__).parents[2]
REGISTRY = load(ROOT)
KNOWN = {
    "running_power_w": 90.0,
    "byte_energy_j_per_b": 25e-12,
    "flop_energy_j_per_flop": 0.6e-12,
    "flop_8bit_energy_j_per_flop": 0.35e-12,
}


class Gpu:
    """A device whose coefficients are known. Its clock and its counter move only as it is used."""

    def __init__(self, seed=0, spread=0.02, noise=0.004):
        self.random, self.spread, self.noise = np.random.default_rng(seed), spread, noise
        self.time = self.joules = self.shown = 0.0
        self.open_ = False
        self.pids = set()
        self.tick = 0.1
        self.throttles = ()
        self.at_work = ""
        self.made = {}
        self.reading = lambda joules: joules

    def advance(self, seconds, power):
        while seconds > 0.0:
            edge = (math.floor(self.time / self.tick + 1e-9) + 1) * self.tick
            step = min(seconds, max(edge - self.time, 1e-12))
            self.time += step
            self.joules += power * step
            seconds -= step
            if self.time >= edge - 1e-12:
                self.shown = self.joules

    def rest(self):
        return KNOWN["running_power_w"] if self.open_ else 35.0

    def now(self):
        self.advance(1e-5, self.rest())
        return self.time

    def sleep(self, seconds):
        self.advance(seconds, self.rest())

    def open(self):
        self.open_ = True
        self.pids.add(os.getpid())

    def precisions(self):
        return ["bf16", "fp8"]

    def kernel(self, kind, precision="", batch=0):
        key = (kind, precision, batch)
        if key not in self.made:
            self.made[key] = Kernel(self, kind, precision, batch)
        return self.made[key]


class Kernel:
    """Bytes and operations as of a device with 2 TB/s and 400 Tflop/s."""

    def __init__(self, gpu, kind, precision, batch):
        self.gpu, self.kind, self.calls = gpu, kind, 0
        self.memory_b = {"copy": 4e9, "read": 2e9, "batch": 2e9}.get(kind, 0.0)
        self.flop = {"matrix": 1e12, "batch": 2e9 * batch}.get(kind, 0.0)
        speed, self.e_f = (
            (8e14, KNOWN["flop_8bit_energy_j_per_flop"])
            if precision == "fp8"
            else (4e14, KNOWN["flop_energy_j_per_flop"])
        )
        self.seconds = max(self.memory_b / 2e12, self.flop / speed, 1e-5)
        self.error = math.exp(gpu.spread * gpu.random.standard_normal())

    def start(self, calls):
        self.calls += calls
        self.gpu.at_work = self.kind

    def wait(self):
        dynamic = (self.memory_b * KNOWN["byte_energy_j_per_b"] + self.flop * self.e_f) / self.seconds
        power = KNOWN["running_power_w"] + dynamic * self.error
        power *= math.exp(self.gpu.noise * self.gpu.random.standard_normal())
        self.gpu.advance(self.calls * self.seconds, power)
        self.calls = 0
        self.gpu.at_work = ""


class Refusal(Exception):
    pass


class Library:
    """NVML of a synthetic device; whatever would change a setting is missing from it."""

    NVMLError = Refusal
    NVML_CLOCK_SM, NVML_CLOCK_MEM, NVML_TEMPERATURE_GPU = 1, 2, 0
    nvmlClocksThrottleReasonSwPowerCap = 4
    nvmlClocksThrottleReasonHwSlowdown = 8
    nvmlClocksThrottleReasonSwThermalSlowdown = 32
    nvmlClocksThrottleReasonHwThermalSlowdown = 64
    nvmlClocksThrottleReasonHwPowerBrakeSlowdown = 128

    def __init__(self, gpu, count=2, mig=0, counter=True, driver=True):
        self.gpu, self.count, self.mig, self.counter, self.driver = gpu, count, mig, counter, driver

    def nvmlInit(self):
        if not self.driver:
            raise Refusal("NVML Shared Library Not Found")

    def nvmlDeviceGetCount(self):
        return self.count

    def nvmlDeviceGetHandleByIndex(self, index):
        return index

    def nvmlDeviceGetName(self, handle):
        return b"NVIDIA Synthetic 80GB"

    def nvmlDeviceGetUUID(self, handle):
        return f"GPU-synthetic-{os.getpid()}"

    def nvmlSystemGetDriverVersion(self):
        return "600.1"

    def nvmlDeviceGetCudaComputeCapability(self, handle):
        return 9, 0

    def nvmlDeviceGetMemoryInfo(self, handle):
        return SimpleNamespace(total=80_000_000_000)

    def nvmlDeviceGetMemoryBusWidth(self, handle):
        return 5120

    def nvmlDeviceGetMaxClockInfo(self, handle, kind):
        return 1600 if kind == 2 else 1980

    def nvmlDeviceGetClockInfo(self, handle, kind):
        return 1600 if kind == 2 else 1900

    def nvmlDeviceGetTemperature(self, handle, kind):
        return 45

    def nvmlDeviceGetPowerUsage(self, handle):
        return 300_000

    def nvmlDeviceGetEnforcedPowerLimit(self, handle):
        return 700_000

    def nvmlDeviceGetCurrentClocksEventReasons(self, handle):
        return 4 if self.gpu.at_work in self.gpu.throttles else 1

    def nvmlDeviceGetMigMode(self, handle):
        if self.mig is None:
            raise Refusal("Not Supported")
        return self.mig, self.mig

    def nvmlDeviceGetTotalEnergyConsumption(self, handle):
        if not self.counter:
            raise Refusal("Not Supported")
        return int(1000 * self.gpu.reading(self.gpu.shown))

    def nvmlDeviceGetComputeRunningProcesses(self, handle):
        return [SimpleNamespace(pid=one) for one in self.gpu.pids]

    def nvmlDeviceGetGraphicsRunningProcesses(self, handle):
        raise Refusal("Not Supported")


def parts(gpu, **of):
    return lambda index, settings, seed: (Nvml(index, Library(gpu, **of)), gpu, gpu)


def measured(gpu, path, seconds=2.0, repeats=3, **of):
    wish = Wish(seconds=seconds, repeats=repeats, output=path)
    return report.read(command.run(REGISTRY, wish, parts(gpu, **of)))


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """A whole measurement of a synthetic device."""
    return measured(Gpu(), tmp_path_factory.mktemp("measured") / "one", seconds=10.0)


def test_the_windows_are_those_that_were_asked_for(rows):
    kinds = {row["kind"] for row in rows}
    assert kinds == {"idle", "context", "awake", "copy", "read", "matrix", "mixed", "batch"}
    assert {row["precision"] for row in rows if row["kind"] == "matrix"} == {"bf16", "fp8"}
    assert len({row["setting"] for row in rows if row["kind"] == "mixed"}) >= 5
    assert sorted({row["batch"] for row in rows if row["kind"] == "batch"}) == [2**n for n in range(11)]
    assert len(rows) == 3 * len({row["setting"] for row in rows})
    assert all(row["time_s"] >= 10.0 for row in rows)


def test_windows_without_a_context_come_first_and_the_rest_in_an_order_of_chance(rows):
    assert [row["kind"] for row in rows[:3]] == ["idle"] * 3
    orders = [[row["setting"] for row in rows[3:] if row["repeat"] == repeat] for repeat in (1, 2, 3)]
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(orders[2])
    assert orders[0] != orders[1] != orders[2] != sorted(orders[2])


def test_bytes_operations_and_duty_are_what_was_done(rows):
    for row in rows:
        assert row["busy_ratio"] == pytest.approx(row["duty_ratio"], abs=0.12), row["setting"]
    full = [row for row in rows if row["setting"] == "read-100"]
    assert [row["memory_b"] / row["time_s"] for row in full] == pytest.approx([2e12] * 3, rel=0.03)
    ratios = {row["setting"]: row["flop"] / row["memory_b"] for row in rows if row["kind"] == "mixed"}
    for name, ratio in ratios.items():
        assert ratio == pytest.approx(float(name.removeprefix("mixed-")), rel=0.35)
    assert {row["batch"]: row["flop"] / row["memory_b"] for row in rows if row["kind"] == "batch"} == {
        batch: pytest.approx(batch) for batch in (2**n for n in range(11))
    }


def test_a_window_that_a_rest_fills_lasts_until_the_device_has_worked():
    class Slow(Gpu):
        def advance(self, seconds, power):
            super().advance(100.0 if self.at_work else seconds, power)

    gpu = Slow()
    settings = {name: one.value for name, one in REGISTRY.measured[keep.NAME].settings.items()}
    machine = Machine(Nvml(0, Library(gpu)), gpu, gpu, settings | {"settle_s": 1.0, "poll_s": 1.0})
    row = window(machine, plan.Setting("read-50", "read", "read", duty_ratio=0.5), 2.0)
    assert row["time_s"] > 100.0
    assert row["sampled_power_w"] > 0.0


def test_what_is_known_of_the_synthetic_device_is_found_within_the_intervals(rows):
    fit = gpu_windows.regress(rows)
    assert set(fit.names) == set(KNOWN)
    for name, known in KNOWN.items():
        low, _, high = fit.interval(name, 0.95)
        assert low < known < high, name
        assert (high - low) / known < 0.2, name
    assert fit.kernel_ratio == pytest.approx(0.02, rel=0.6)


def simulated(seed, duties=(0.25, 0.5, 0.75, 1.0), known=KNOWN):
    """Rows as a device of known coefficients would give them, without a session."""
    random = np.random.default_rng(seed)
    streams = {"copy": (2e12, 0, 0), "read": (2e12, 0, 0), "m16": (0, 4e14, 0), "m8": (0, 0, 8e14)}
    batch = {f"b-{b}": (2e12 / max(1, b / 200), 2e12 * min(b, 200), 0) for b in (2**n for n in range(11))}
    kernels = {"awake": (0, 0, 0), **streams, **batch}
    errors = {name: math.exp(0.03 * random.standard_normal()) for name in kernels}
    asked = [
        (name, duty, kernels[name]) for name in kernels for duty in (duties if name in streams else (1.0,))
    ]
    asked += [("read+m16", w, (w * 2e12, (1 - w) * 4e14, 0)) for w in (0.9, 0.7, 0.5, 0.3, 0.1)]
    rows = []
    for kernel, part, speeds in asked:
        own = 0.01 * random.standard_normal()
        duty = 1.0 if "+" in kernel else part
        moved, narrow, narrower = (10.0 * duty * speed for speed in speeds)
        first, *_, last = (errors[name] for name in [*kernel.split("+"), kernel.split("+")[-1]])
        energy = 10.0 * known["running_power_w"] + first * known["byte_energy_j_per_b"] * moved
        energy += last * known["flop_energy_j_per_flop"] * narrow
        energy += last * known["flop_8bit_energy_j_per_flop"] * narrower
        row = {"device": "x", "kind": "any", "flag": "", "shared": False, "kernel": kernel, "time_s": 10.0}
        row |= {"setting": f"{kernel}-{part}", "memory_b": moved, "flop": narrow or narrower}
        row |= {"bits": 8 if narrower else 16}
        noise = 0.003 * random.standard_normal(3)
        rows += [{**row, "energy_j": energy * math.exp(own + one)} for one in noise]
    return rows


def test_intervals_of_90_percent_hold_the_truth_nine_times_in_ten():
    fits = [gpu_windows.regress(simulated(seed)) for seed in range(40)]
    for name, known in KNOWN.items():
        inside = sum(low < known < high for low, _, high in (fit.interval(name) for fit in fits))
        assert 32 <= inside <= 39, (name, inside)  # 95 % of binomial(40, 0.9)


def test_serving_like_windows_cannot_tell_power_from_bytes():
    only = [row for row in simulated(0, duties=(1.0,)) if row["memory_b"] and not row["flop"]]
    with pytest.raises(ValueError, match="too few"):
        gpu_windows.regress(only)
    alike = [{**row, "kernel": f"k{n}", "setting": f"s{n}"} for n in range(8) for row in only[:3]]
    with pytest.raises(ValueError, match="more duty cycles"):
        gpu_windows.regress(alike)


def test_windows_at_rest_and_flagged_ones_are_not_fitted(rows):
    spoilt = [{**row, "energy_j": 99 * row["energy_j"]} for row in rows if row["kind"] in gpu_windows.AT_REST]
    spoilt += [{**row, "energy_j": 99 * row["energy_j"], "flag": "throttled"} for row in rows]
    good = [row for row in rows if row["kind"] not in gpu_windows.AT_REST]
    assert gpu_windows.regress(good + spoilt).values == pytest.approx(gpu_windows.regress(rows).values)


def named(rows, name, power_limit_w):
    return [{**row, "device": name, "power_limit_w": power_limit_w, "shared": False} for row in rows]


SHEETS = {"a100-sxm4-40gb": Kind(400.0, 31e-12, 1.0), "h100-sxm5-80gb": Kind(700.0, 29e-12, 0.0)}


@pytest.mark.parametrize(
    ("name", "power_w", "kind"),
    [
        ("NVIDIA H100 80GB HBM3", 700.0, "h100-sxm5-80gb"),
        ("NVIDIA A100-SXM4-40GB", 400.0, "a100-sxm4-40gb"),
        ("NVIDIA A100-SXM4-80GB", 400.0, ""),
        ("NVIDIA A100-PCIE-40GB", 250.0, ""),
        ("NVIDIA H100 80GB HBM3", 500.0, ""),
        ("NVIDIA L4", 72.0, ""),
    ],
)
def test_a_gpu_is_of_a_kind_by_its_chip_its_memory_and_its_power(name, power_w, kind):
    assert measured_devices.kind_of(name, power_w, SHEETS) == kind


def test_a_fit_takes_what_it_can_use_and_says_why_it_leaves_the_rest():
    rows = simulated(0)
    several = [
        *named(rows, "NVIDIA H100 80GB HBM3", 700.0),
        *named(rows, "NVIDIA L4", 72.0),
        *({**row, "shared": True} for row in named(rows, "NVIDIA A100-SXM4-40GB", 400.0)),
        *named(rows[:3], "NVIDIA H100 80GB HBM3 ", 700.0),
    ]
    taken, said = measured_devices.read(several, SHEETS)
    assert [known.kind for known in taken] == [SHEETS["h100-sxm5-80gb"]]
    assert [one[:26] for one in said.values()] == [
        "taken as h100-sxm5-80gb",
        "not taken: no run was on a",
        "not taken: others used it ",
        "not taken: 1 kernels witho",
    ]
    assert measured_devices.read([], SHEETS) == ([], {})


def test_what_a_fit_expects_of_a_gpu_by_hand():
    value = {
        "running_power_ratio": 0.25,
        "byte_energy_ratio": 1.1,
        "operand_energy_j_per_b": 20e-12,
        "flop_energy_j_per_flop": 0.5e-12,
        "earlier_energy_ratio": 1.6,
    }
    found = measured_devices.expected(value, SHEETS["a100-sxm4-40gb"])
    assert found["running_power_w"] == pytest.approx(100.0)
    assert found["byte_energy_j_per_b"] == pytest.approx(34.1e-12 + 32e-12)
    assert found["flop_energy_j_per_flop"] == pytest.approx(0.8e-12)


def test_a_measured_gpu_settles_what_runs_of_services_leave_open(monkeypatch):
    """A GPU that is as one of the less likely draws: the fit goes there, and is surer than before."""
    monkeypatch.setattr(serving_fit, "STACKS", {"mlenergy-2024-language": "2024"})
    entry, tables = REGISTRY.computed["serving-fit"], tidy_tables(REGISTRY)
    given = (entry, {name: tables[name] for name in entry.reads}, REGISTRY.quantities, 1)

    def fitted(rows):
        task = Taken(*given, {serving_fit.AT_HAND: tuple(rows)})
        fit = serving_fit.fit_of(task, found := serving_fit.gathered(task))
        return found, fit.columns(fit.posterior(), 400, np.random.default_rng(0))

    found, alone = fitted([])
    power = alone[serving_fit.RUNNING]
    least = int(np.argsort(power)[len(power) // 50])
    kind = measured_devices.kinds(found)["a100-sxm4-40gb"]
    known = measured_devices.expected({name: column[least] for name, column in alone.items()}, kind)
    windows = simulated(0, known=KNOWN | {name: float(one) for name, one in known.items()})
    _, beside = fitted(named(windows, "NVIDIA A100-SXM4-40GB", 400.0))
    moved = beside[serving_fit.RUNNING]
    assert power[least] < moved.mean() < power[least] + 0.4 * (power.mean() - power[least])
    assert moved.std() < 0.7 * power.std()


def test_a_throttled_window_is_flagged_and_left_out(tmp_path):
    gpu = Gpu()
    gpu.throttles = ("matrix",)
    rows = measured(gpu, tmp_path / "one", repeats=1)
    flagged = {row["kind"] for row in rows if row["flag"]}
    assert flagged == {"matrix", "mixed"}
    assert all(row["flag"] == "throttled" for row in rows if row["kind"] == "matrix")
    told = "\n".join(report.lines(rows))
    assert "left out, throttled: " in told
    assert "1900 to 1900 MHz" in told
    hot = "\n".join(report.lines([{**row, "flag": "throttled"} for row in rows]))
    assert "not fitted: 0 kernels without a flag are too few" in hot


def test_more_bytes_than_the_memory_moves_and_a_newcomer_are_flagged(tmp_path):
    gpu = Gpu()
    inner = gpu.kernel

    def fast(kind, precision="", batch=0):
        if kind == "copy":
            gpu.pids.add(77)
        found = inner(kind, precision, batch)
        found.seconds = found.memory_b / 9e12 if kind == "read" else found.seconds
        return found

    gpu.kernel = fast
    settings = {row["setting"]: row["flag"] for row in measured(gpu, tmp_path / "one", repeats=1)}
    assert settings["read-100"] == "faster than memory"
    gpu, seen = Gpu(), []
    gpu.sleep = lambda seconds: (
        seen.append(1),
        gpu.pids.add(77) if len(seen) == 5000 else None,
        gpu.advance(seconds, gpu.rest()),
    )
    flags = [row["flag"] for row in measured(gpu, tmp_path / "two", repeats=1)]
    assert "shared" in flags
    assert "" in flags


@pytest.mark.parametrize(
    "reading", [lambda joules: joules % 3000.0, lambda joules: joules if joules < 5000.0 else 0.0]
)
def test_a_counter_that_wraps_or_is_reset_is_refused(tmp_path, reading):
    gpu = Gpu()
    gpu.reading = reading
    with pytest.raises(
        MeasureError, match=r"counter fell from \d+ J to \d+ J, by a wrap or a reset; nothing is kept"
    ):
        measured(gpu, tmp_path / "one", repeats=1)
    assert list(tmp_path.iterdir()) == []


def test_a_counter_that_stands_still_is_refused(tmp_path):
    gpu = Gpu()
    gpu.reading = lambda joules: 5.0
    with pytest.raises(MeasureError, match="stood still for 5 s"):
        measured(gpu, tmp_path / "one")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("of", "words"),
    [
        ({"driver": False}, "no NVIDIA driver answers here (NVML Shared Library Not Found); run it where"),
        ({"count": 0}, "--device 0: no such device; here are: none"),
        ({"mig": 1}, "is divided (MIG), and its counter is that of the whole; measure a device that is not"),
        ({"counter": False}, "has no energy counter to read (Not Supported); measure a device from Volta on"),
    ],
)
def test_a_device_that_cannot_be_measured_is_one_line(tmp_path, of, words):
    with pytest.raises(MeasureError) as caught:
        measured(Gpu(), tmp_path / "one", **of)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_older_device_that_cannot_be_divided_is_fine():
    assert Nvml(1, Library(Gpu(), mig=None)).device.name == "NVIDIA Synthetic 80GB"


def test_an_unknown_device_lists_those_that_are_there():
    with pytest.raises(
        MeasureError, match=r"--device 7: no such device; here are: 0 \(NVIDIA Synthetic 80GB\), 1"
    ):
        Nvml(7, Library(Gpu()))


def test_a_busy_device_is_refused_unless_that_is_wanted(tmp_path):
    gpu = Gpu()
    gpu.pids = {4321}
    wish = Wish(seconds=1.0, repeats=1, output=tmp_path / "one")
    with pytest.raises(
        MeasureError, match=r"is used by other processes \(4321\); end them, or type --shared"
    ):
        command.run(REGISTRY, wish, parts(gpu))
    assert list(tmp_path.iterdir()) == []
    command.run(REGISTRY, Wish(seconds=1.0, repeats=1, output=tmp_path / "one", shared=True), parts(gpu))
    assert all(row["shared"] for row in report.read(tmp_path / "one"))


def test_two_runs_do_not_overlap(tmp_path):
    device = Nvml(0, Library(Gpu())).device
    with (
        keep.alone(device, tmp_path),
        pytest.raises(MeasureError, match="measured by another run"),
        keep.alone(device, tmp_path),
    ):
        pass
    with keep.alone(device, tmp_path):
        pass


def test_a_run_that_is_stopped_or_fails_keeps_what_was_there(tmp_path, capsys):
    path = tmp_path / "one"
    measured(Gpu(), path, seconds=1.0, repeats=1)
    before = {one.name: one.read_bytes() for one in path.iterdir()}
    with pytest.raises(MeasureError, match="exists already; type --replace"):
        measured(Gpu(), path)
    gpu = Gpu()
    gpu.precisions = lambda: (_ for _ in ()).throw(KeyboardInterrupt)
    with pytest.raises(MeasureError, match="stopped on request; nothing was kept"):
        command.run(REGISTRY, Wish(seconds=1.0, repeats=1, output=path, replace=True), parts(gpu))
    assert {one.name: one.read_bytes() for one in path.iterdir()} == before
    assert [one.name for one in tmp_path.iterdir()] == ["one"]


def test_a_device_that_fails_is_one_line_and_keeps_nothing(tmp_path):
    gpu = Gpu()
    gpu.precisions = lambda: (_ for _ in ()).throw(RuntimeError("out of memory\nwhile trying\nto allocate"))
    with pytest.raises(MeasureError, match=r"^the device failed \(out of memory\); nothing was kept$"):
        measured(gpu, tmp_path / "one", seconds=1.0, repeats=1)
    assert list(tmp_path.iterdir()) == []


def test_another_folder_is_not_overwritten(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(MeasureError, match="holds other files than a measurement"):
        command.run(REGISTRY, Wish(output=tmp_path, replace=True), parts(Gpu()))
    assert (tmp_path / "thesis.tex").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--seconds", "0"], "--seconds 0: a window lasts 1 s at least; type 10"),
        (["--seconds", "-3"], "--seconds -3: a window lasts 1 s at least"),
        (["--seconds", "nan"], "--seconds nan: a window lasts 1 s at least"),
        (["--repeats", "0"], "--repeats 0: each window is measured once at least; type 3"),
        (["--device", "-1"], "--device -1: devices count from 0"),
        (["--seed", "-1"], "--seed -1: a seed is a whole number"),
        (["--report", "nowhere.csv"], "nowhere.csv: does not exist; measure first"),
    ],
)
def test_a_wrong_word_is_one_line_and_a_status(words, said, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert main(["measure-gpu", *words]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"jouletrace measure-gpu: {said}")
    assert error.count("\n") == 1


def test_without_the_library_one_line_says_what_to_type(monkeypatch, capsys):
    def absent(name):
        raise ImportError(name)

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(nvml, "import_module", absent)
    assert main(["measure-gpu"]) == 1
    assert (
        capsys.readouterr().err
        == "jouletrace measure-gpu: the package nvidia-ml-py is not installed; type: make gpu\n"
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("energy_j", "energy_kwh", "has no column energy_j"),
        ("one", "x", "is not a table"),
        ("time", "-4.0", "line 3: time_s is not positive"),
        ("time", "soon", "line 3: time_s is no number"),
    ],
)
def test_a_spoilt_table_is_one_line_with_its_line(tmp_path, rows, old, new, said):
    file = tmp_path / "windows.csv"
    table = report.pd.DataFrame(rows)
    if old == "time":
        table["time_s"] = table["time_s"].astype(object)
        table.loc[1, "time_s"] = new
    table.rename(columns={old: new}).to_csv(file, index=False)
    if old == "one":
        file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MeasureError, match=said):
        report.read(file)


def test_the_report_says_the_coefficients_how_sure_and_the_part_of_the_peak(tmp_path, capsys, monkeypatch):
    measured(Gpu(), tmp_path / "one", repeats=1)
    capsys.readouterr()
    monkeypatch.chdir(ROOT)
    assert main(["measure-gpu", "--report", str(tmp_path / "one"), "--peak", "4e14"]) == 0
    told = capsys.readouterr().out
    for words in (
        "NVIDIA Synthetic 80GB, driver 600.1",
        "idle         35.0 W",
        "P_t ",
        "e_b ",
        "e_f ",
        "e_f8",
    ):
        assert words in told
    assert "correlation" in told
    assert "a part of the peak given" in told
    last = told.rstrip().splitlines()[-1].split()
    assert last[0] == "1024"
    assert float(last[-1].rstrip("%")) == pytest.approx(100.0, abs=4.0)


def test_the_record_says_what_was_measured_with_what(tmp_path):
    path = tmp_path / "one"
    rows = measured(Gpu(), path, seconds=1.0, repeats=1)
    record = json.loads((path / kept.RECORD).read_text())
    assert record["title"] == REGISTRY.measured[keep.NAME].title
    assert record["driver"] == "600.1"
    assert record["window_s"] == 1.0
    assert "uuid" not in json.dumps(record).lower()
    for column in (
        "device",
        "driver",
        "date",
        "sm_clock_hz",
        "temperature_celsius",
        "power_limit_w",
        "duty_ratio",
    ):
        assert all(row[column] != "" for row in rows), column


def test_an_experiment_takes_what_is_kept_and_goes_stale_with_it(joint, monkeypatch):
    entry = joint / "data/registry/computed.yaml"
    before = load(joint)
    sign = computed.fingerprint("tiny-joint", before, tidy_tables(before))
    entry.write_text(
        entry.read_text().replace("    seed: 3\n", "    seed: 3\n    takes: [gpu-measurement]\n")
    )
    (joint / "data/registry/measured.yaml").write_bytes((ROOT / "data/registry/measured.yaml").read_bytes())
    registry = load(joint)
    tables = tidy_tables(registry)
    without = computed.fingerprint("tiny-joint", registry, tables)
    assert without != sign
    seen = []
    tiny = import_module("jouletrace.experiments.tiny")
    run = tiny.run
    monkeypatch.setattr(tiny, "run", lambda task: (seen.append(task), run(task))[1])
    recompute("tiny-joint", registry, tables)
    device = Nvml(0, Library(Gpu())).device
    path = keep.place(joint, device)
    assert path.name == "nvidia-synthetic-80gb"
    rows = measured(Gpu(), path, seconds=1.0, repeats=1)
    assert computed.fingerprint("tiny-joint", registry, tables) != without
    recompute("tiny-joint", registry, tables)
    empty, full = (task.measured["gpu-measurement"] for task in seen)
    assert all(isinstance(task, Taken) for task in seen)
    assert (len(empty), len(full)) == (0, len(rows))
    (path / computed.WINDOWS).write_text("edited by hand")
    with pytest.raises(RegistryError, match=r"windows.csv: gpu-measurement: is not what was measured"):
        recompute("tiny-joint", registry, tables)


def test_whoever_measures_is_told_what_takes_it_and_what_that_needs(tmp_path):
    said = command.next_steps(REGISTRY, keep.place(ROOT, Nvml(0, Library(Gpu())).device))
    assert "serving-fit will be fitted anew" in said
    for name in REGISTRY.computed["serving-fit"].withheld:
        assert REGISTRY.withheld[name].mirror.path in said
    assert "JOULETRACE_MIRROR" in said
    assert command.next_steps(REGISTRY, tmp_path / "elsewhere") == ""


def test_a_measurement_that_nobody_knows_is_a_problem(joint):
    from jouletrace.check import check

    entry = joint / "data/registry/computed.yaml"
    entry.write_text(entry.read_text().replace("    seed: 3\n", "    seed: 3\n    takes: [gpu-measurment]\n"))
    registry = load(joint)
    with pytest.raises(RegistryError, match=r"no measurement is called `gpu-measurment`"):
        check(registry, tidy_tables(registry))


SMALL = {name: one.value for name, one in REGISTRY.measured[keep.NAME].settings.items()}
SMALL |= {"layer_count": 256, "products_count": 3}


@pytest.fixture(scope="module")
def bench():
    """The kernels on a CPU, with a cache of 4 MB and little memory."""
    device = Device("cpu", "", "", (8, 0), 8e6, 0.0, 1e12, 1e9)
    found = JaxBench(device, SMALL, seed=1, platform="cpu", cache_b=1e6)
    found.open()
    return found


def counted(function, *operands):
    cost = jax.jit(function).lower(*operands).compile().cost_analysis()
    return cost[0] if isinstance(cost, list) else cost


def test_kernels_run_and_their_counts_are_those_of_the_compiler(bench):
    from jouletrace.measure import kernels

    read, copy = bench.kernel("read"), bench.kernel("copy")
    words = copy.state
    assert copy.memory_b == pytest.approx(
        counted(lambda x: x ^ jnp.uint32(9), words)["bytes accessed"], rel=0.01
    )
    assert copy.memory_b == 2 * read.memory_b == 2 * words.nbytes
    assert copy.flop == read.flop == 0.0
    matrix = bench.kernel("matrix", "bf16")
    first, turn = bench._operands(bench.side(), "fp16")
    chain = counted(lambda a, b: kernels._chain("fp16", 3, a, b), first, turn)
    assert matrix.flop == pytest.approx(chain["flops"], rel=0.01)
    batch = bench.kernel("batch", "bf16", 4)
    weights = [one.astype(jnp.float32) for one in bench.weights]
    layers = counted(kernels._layers, batch.state.astype(jnp.float32), weights)
    assert batch.flop == pytest.approx(layers["flops"], rel=0.01)
    assert batch.memory_b == sum(one.nbytes for one in bench.weights)
    for kernel in (read, copy, matrix, batch, bench.kernel("nudge")):
        kernel.start(3)
        kernel.wait()


def test_numbers_of_a_chain_neither_grow_nor_vanish(bench):
    from jouletrace.measure import kernels

    for precision in ("bf16", "fp16", "fp8"):
        first, turn = bench._operands(256, precision)
        found = np.asarray(kernels._chain(precision, 64, first, turn), dtype=float)
        assert np.std(found) == pytest.approx(1.0, abs=0.1)


class Watts:
    """A meter that counts a steady power by the clock on the wall."""

    device = Device("cpu", "", "", (8, 0), 8e6, 0.0, 1e15, 1e9)

    def energy_j(self):
        return 50.0 * math.floor(command.WallClock().now() / 0.01) * 0.01

    def sample(self):
        return Sample(1e9, 1e9, 40.0, 50.0, False)

    def processes(self):
        return {os.getpid()}


def test_a_session_with_kernels_that_really_run(bench):
    given = SMALL | {"settle_s": 0.02, "round_s": 0.005, "largest_batch_count": 4.0, "duties_count": 2.0}
    rows = measure(Machine(Watts(), bench, command.WallClock(), given), seconds=0.2, repeats=1, seed=1)
    assert [row["flag"] for row in rows] == [""] * len(rows)
    # The median, since the machine that runs this test may stop any one window between its two clocks.
    assert np.median([row["energy_j"] / row["time_s"] for row in rows]) == pytest.approx(50.0, rel=0.1)
    for row in rows:
        assert row["sampled_power_w"] == 50.0, row["setting"]
        assert bool(row["memory_b"]) is (row["kind"] in ("copy", "read", "mixed", "batch"))
        assert bool(row["flop"]) is (row["kind"] in ("matrix", "mixed", "batch"))


def test_it_only_reads():
    source = Path(nvml.__file__).read_text(encoding="utf-8")
    called = set(re.findall(r"nvml[A-Z]\w+|nvmlDeviceGet\{kind\}\w+", source))
    assert "nvmlDeviceGetTotalEnergyConsumption" in called
    assert [
        name for name in called if not re.match(r"nvml(Init|SystemGet|DeviceGet|ClocksThrottleReason)", name)
    ] == []


def test_sizes_follow_the_cache_and_the_memory():
    device = Device("big", "", "", (9, 0), 80e9, 700.0, 3.35e12, 2e9)
    big = JaxBench(device, SMALL, seed=1, platform="cpu", cache_b=50 * 2**20)
    assert big.side() == 2048
    assert 3 * 2 * big.side() ** 2 <= 0.5 * big.cache_b
    assert big.stream_b() == pytest.approx(40 * 50 * 2**20)


def test_without_cuda_one_line_says_what_to_type(monkeypatch):
    monkeypatch.setattr(
        jax, "devices", lambda platform: (_ for _ in ()).throw(RuntimeError("Unknown backend"))
    )
    monkeypatch.setattr(jax.config, "update", lambda *words: None)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setenv("XLA_PYTHON_CLIENT_PREALLOCATE", "")
    with pytest.raises(MeasureError, match="JAX finds no CUDA device; type: make gpu"):
        JaxBench(Device("x", "u", "", (9, 0), 8e6, 0.0, 1e12, 1e9), SMALL, seed=1).open()
