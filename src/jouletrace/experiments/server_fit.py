"""Wall power of servers, boxes and boards under inference, from the rated power of their parts.

A run is one busy second of the hardware model: devices draw what they draw by running, and more as far
as the load reaches their power limit, never beyond it; the host adds its processors, chassis and slots;
fans and the loss of power supplies stand in the place of cooling. What a submission says it did to save
power lowers the limit. A query of a stream occupies as many devices as it has samples.

Energy of a sample is that power over a rate: what all devices could compute, the share of it that is
attained, and the work of a sample. Both are predicted for a machine that has not been seen.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jouletrace.experiments import laplace
from jouletrace.experiments.laplace import Fit, Numbers, Seen
from jouletrace.experiments.task import Found, Table, Task
from jouletrace.models.hardware.iteration import iteration
from jouletrace.models.hardware.state import Device, Link, System, Traits, Work
from jouletrace.registry.rows import Row
from jouletrace.units import to_coherent

OUTPUTS = ("power", "energy")
#: The level of residuals that runs of one platform of a submission share.
LEVEL = "group"
PARTS = "chassis device count kind processor sockets tuning workload scenario platform".split()
KINDS = ("gpu", "npu", "chip", "block")
WORKLOADS = (
    *("3d-unet", "bert", "dlrm", "dlrm-v2", "gptj"),
    *("llama2-70b", "resnet", "retinanet", "rnnt", "stable-diffusion-xl"),
)
SCENARIOS = ("offline", "server", "singlestream", "multistream")
#: Samples of one query of a stream, by the rules of the benchmark.
SAMPLES = {"singlestream": 1.0, "multistream": 8.0}
#: Far more than any load asks for: what a busy second draws is bounded by power alone.
PLENTY = 1e30
SMOOTH = 16.0
#: How sharply a load below what a device draws by running is cut off, as a share of its limit.
SOFT = 0.02


class Run(NamedTuple):
    """A run on a machine; kinds, workloads and scenarios stand in columns of ones and zeros."""

    devices: Any
    device_tdp_w: Any
    device_peak_flop_per_s: Any
    active: Any
    processor_tdp_w: Any
    housed: Any
    kinds: Any
    workloads: Any
    scenarios: Any
    tuned: Any
    tuned_chip: Any
    saving: Any
    exact: Any


def machine(series: str) -> dict[str, str]:
    """The parts of a series by name.

    >>> machine("dgx-a100--a100-sxm4-80gb--8--gpu--epyc-7742--2--maxq--bert--offline--x")["device"]
    'a100-sxm4-80gb'
    """
    return dict(zip(PARTS, series.split("--"), strict=True))


def _sheet(rows: Iterable[Row], prefix: str, quantity: str) -> dict[str, float]:
    return {
        row.series: to_coherent(row.value, row.unit, row.quantity)
        for row in rows
        if row.quantity == f"{prefix}_{quantity}"
    }


def run_of(
    part: Mapping[str, str], tdp_w: Mapping[str, float], peak: Mapping[str, float], exact: bool
) -> Run:
    """A run from its parts and the data sheets."""
    alone = part["kind"] in ("none", "block")
    kind = {"none": "chip"}.get(part["kind"], part["kind"])
    device = part["processor"] if alone else part["device"]
    housed = part["processor"].startswith(("epyc", "xeon", "altra", "ryzen"))
    # On a board the processor is the chip that computes, but where it only feeds an accelerator.
    feeding = not alone and (housed or part["processor"] == "snapdragon-865")
    count = 1.0 if alone else float(part["count"])
    host_w = float(part["sockets"]) * tdp_w[part["processor"]] if feeding else 0.0
    chip = not housed or alone
    return Run(
        count,
        tdp_w[device] * (float(part["sockets"]) if alone else 1.0),
        peak.get(device, np.nan),
        min(count, SAMPLES.get(part["scenario"], count)),
        host_w,
        float(housed),
        _column(kind, KINDS),
        _column(part["workload"], WORKLOADS),
        _column(part["scenario"], SCENARIOS),
        float(part["tuning"] == "maxq" and not chip),
        float(part["tuning"] == "maxq" and chip),
        float(part["tuning"] == "ee"),
        float(exact),
    )


def _column(name: str, names: tuple[str, ...]) -> Numbers:
    return np.array([float(name == one) for one in names])


def _effect(value: Mapping[str, Array], names: tuple[str, ...], label: str, chosen: Array) -> Array:
    """The effect of what a run is, among parameters that are named alike."""
    return jnp.sum(jnp.stack([value[f"{label} {name}"] for name in names]) * chosen)


def limit(value: Mapping[str, Array], run: Run) -> Array:
    """Power of a fully loaded device as a share of its rated power, as it was tuned."""
    return (
        _effect(value, KINDS, "load_ratio", run.kinds)
        * _effect(value, WORKLOADS, "workload_ratio", run.workloads)
        * value["maxq_ratio"] ** run.tuned
        * value["maxq_chip_ratio"] ** run.tuned_chip
        * value["saving_ratio"] ** run.saving
    )


def wall_w(value: Mapping[str, Array], run: Run) -> Array:
    """Power at the wall: one busy second of the hardware model."""
    zero = jnp.zeros_like(run.devices)
    offline, server, single, multi = run.scenarios
    streams = single + multi
    busy = (
        offline
        + server * value["server_ratio"]
        + (single * value["single_stream_ratio"] + multi * value["multi_stream_ratio"])
        * _effect(value, WORKLOADS, "stream_workload_ratio", run.workloads)
    )
    above = SOFT * jax.nn.softplus((limit(value, run) - value["idle_ratio"]) / SOFT)
    load_w = run.device_tdp_w * run.active * busy * above
    processors_w = run.processor_tdp_w * (
        value["processor_idle_ratio"]
        + value["processor_busy_ratio"] * jnp.where(streams > 0.0, value["stream_processor_ratio"], 1.0)
    )
    around_w = jnp.where(
        run.housed > 0.0,
        value["chassis_w"] + value["slot_ratio"] * run.devices * run.device_tdp_w,
        value["board_w"],
    )
    one = zero + 1.0
    device = Device(PLENTY * one, PLENTY * one, one, run.device_tdp_w, zero)
    traits = Traits(one, one, one, zero, zero, zero, value["idle_ratio"], zero, one, zero)
    system = System(run.devices, processors_w + around_w, 1.0 + value["supply_loss_ratio"], one)
    # One joule for each unit of work, so that the work of the second is the load in watts.
    work = Work(*(zero for _ in Work._fields))._replace(flop=load_w)
    found = iteration(device, traits, Link(zero, one, zero), system, work, SMOOTH)
    return jnp.sum(found.energy_j) / found.time_s


def rate_per_s(value: Mapping[str, Array], run: Run) -> Array:
    """Samples of a full load in a second."""
    speed = value["tuned_speed_ratio"] ** (run.tuned + run.tuned_chip + run.saving)
    attained = _effect(value, KINDS[:2], "attained_ratio", run.kinds[:2])
    work = _effect(value, WORKLOADS, "work_flop", run.workloads) * value["exact_work_ratio"] ** run.exact
    return run.devices * run.device_peak_flop_per_s * attained * speed / work


def predict(value: Mapping[str, Array], runs: Run) -> Array:
    """Logarithms of watts at the wall, and of joules of a sample where a rate can be given."""

    def one(run: Run) -> Array:
        log_w = jnp.log(wall_w(value, run))
        known = jnp.isfinite(run.device_peak_flop_per_s) & (jnp.sum(run.kinds[:2]) > 0.0)
        safe = jax.tree.map(lambda x: jnp.where(known, x, jnp.ones_like(x)), run)
        return jnp.stack([log_w, jnp.where(known, log_w - jnp.log(rate_per_s(value, safe)), 0.0)])

    return jax.vmap(one)(runs).T


def measured(task: Task) -> Seen:
    """Runs with their power, and joules of a sample under full load where the devices' peak is known."""
    both: dict[str, dict[str, Row]] = {}
    for row in task.tables["mlperf-power"]:
        both.setdefault(row.id.rsplit("-", 1)[0], {})[row.quantity] = row
    parts, devices = task.tables["server-parts"], task.tables["device-specs"]
    tdp_w = _sheet(devices, "device", "tdp_w") | _sheet(parts, "part", "tdp_w")
    peak = _sheet(devices, "device", "peak_int8_flop_per_s") | _sheet(parts, "part", "peak_int8_flop_per_s")
    runs, logs, groups, systems = [], [], [], []
    for _, figures in sorted(both.items()):
        row = figures["server_power_w"]
        part = machine(row.series)
        exact = row.note.endswith("99.9") and part["workload"] in ("bert", "gptj")
        run = run_of(part, tdp_w, peak, exact)
        full = part["scenario"] in ("offline", "server") and part["kind"] in ("gpu", "npu")
        joules = (
            figures["server_energy_j"].value if full and np.isfinite(run.device_peak_flop_per_s) else np.nan
        )
        runs.append(run)
        logs.append((np.log(row.value), np.log(joules)))
        groups.append(f"{row.publication} {part['platform']}")
        systems.append(f"{part['chassis']} {part['device']} x{part['count']}")
    inputs = Run(*(np.array(column) for column in zip(*runs, strict=True)))
    return Seen(inputs, np.array(logs).T, OUTPUTS, {LEVEL: np.array(groups)}, np.array(systems))


def fit_of(task: Task) -> Fit:
    """The model with all runs."""
    return Fit(predict, prior_of(task), measured(task), laplace.trust_of(task, [LEVEL]))


def run(task: Task) -> Found:
    """Draws of the posterior, and scores of predictions of machines that were left out."""
    rng = np.random.default_rng(task.entry.seed)
    draws = round(task.setting("draws_count"))
    fit = fit_of(task)
    seen, bounds = fit.seen, laplace.left_out(fit, draws, rng)
    parts = laplace.parts_of(seen.whole) | _parts(seen)
    lines = laplace.scores(seen, bounds, "system", parts) + _baselines(seen)
    posterior = fit.posterior()
    tables: dict[str, Table] = {
        "scores": laplace.columns(lines),
        "parameters": fit.parameters(posterior),
        "runs": _table(task, seen, bounds),
    }
    record = {"systems": len(np.unique(seen.whole)), "runs": len(seen.whole)}
    return Found(fit.columns(posterior, draws, rng), tables, draws, record)


def prior_of(task: Task) -> laplace.Prior:
    """Parameters that settings name, with one for each kind and workload where these share a setting."""
    shared = ("workload_ratio", "stream_workload_ratio")
    effects = {name: [_spoken(name)] for name in task.entry.settings}
    effects |= {name: [f"{name} {workload}" for workload in WORKLOADS] for name in shared}
    return laplace.prior_of(task, effects)


def _spoken(name: str) -> str:
    """The parameter of a setting that belongs to one kind or one workload.

    >>> _spoken("npu_load_ratio"), _spoken("stable_diffusion_xl_work_flop"), _spoken("chassis_w")
    ('load_ratio npu', 'work_flop stable-diffusion-xl', 'chassis_w')
    """
    for label in ("load_ratio", "attained_ratio", "work_flop"):
        owner = name.removesuffix(f"_{label}")
        if owner != name and owner.replace("_", "-") in (*KINDS, *WORKLOADS, "unet"):
            return f"{label} {owner.replace('_', '-')}"
    return name


def _parts(seen: Seen) -> dict[str, Any]:
    inputs = seen.inputs
    named = {name: inputs.kinds[:, place] > 0.0 for place, name in enumerate(KINDS)}
    named |= {name: inputs.scenarios[:, place] > 0.0 for place, name in enumerate(SCENARIOS)}
    named |= {name: inputs.workloads[:, place] > 0.0 for place, name in enumerate(WORKLOADS)}
    return named | {"servers": inputs.housed > 0.0, "boards and boxes": inputs.housed == 0.0}


def _baselines(seen: Seen) -> list[dict[str, Any]]:
    """Regressions on the same rows and splits: rated power and scenario, and all that the model knows."""
    inputs, watts = seen.inputs, seen.logs[OUTPUTS.index("power")]
    rated = np.log(inputs.devices * inputs.device_tdp_w + inputs.processor_tdp_w)
    few = [np.ones_like(rated), rated, *inputs.scenarios[:, 1:].T]
    more = [*inputs.kinds[:, 1:].T, inputs.tuned, inputs.tuned_chip, inputs.saving, inputs.housed]
    designs = {
        "regression on rated power and scenario": few,
        "regression on the same and kind, tuning, housing, workload": [
            *few,
            *more,
            *inputs.workloads[:, 1:].T,
        ],
    }
    lines = []
    for name, columns in designs.items():
        guess = laplace.regressed(np.column_stack(columns), watts, seen.whole)
        lines.append(laplace.peer(name, "system", "all", "power", guess - watts, seen.whole))
    return lines


def _table(task: Task, seen: Seen, bounds: Numbers) -> Table:
    """Every run with its power as measured and as predicted without its machine."""
    rows = sorted({row.id.rsplit("-", 1)[0]: row for row in task.tables["mlperf-power"]}.items())
    part = [machine(row.series) for _, row in rows]
    named: Table = {key: np.array([one[key] for one in part]) for key in ("workload", "scenario")}
    place = OUTPUTS.index("power")
    low, middle, high = np.exp(bounds[:, place])
    watts = {"measured_w": np.exp(seen.logs[place]), "p05_w": low, "p50_w": middle, "p95_w": high}
    return {"run": np.array([key for key, _ in rows]), "system": seen.whole} | named | watts
