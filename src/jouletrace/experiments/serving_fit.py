"""Language models in service: the machine model fitted to ML.ENERGY, and asked about what it has not seen.

Three things are measured in a run: energy of an output token, the time between two tokens, and the mean
time of an iteration. What the model misses is shared by the runs of a model line on one device and stack,
by the runs of one configuration at several batches, and a run's own. Each family, each device generation
and each serving stack is predicted by a fit without it, sizes of residuals included.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jouletrace.experiments import chains, laplace, measured_devices
from jouletrace.experiments.laplace import Fit, Numbers, Rows, Seen
from jouletrace.experiments.measured_devices import Known
from jouletrace.experiments.serving_rows import Inputs, Runs, runs
from jouletrace.experiments.taken import Taken
from jouletrace.experiments.task import Found, Task
from jouletrace.models import peers
from jouletrace.models.hardware.iteration import touched
from jouletrace.models.hardware.state import Link, Machine, Traits
from jouletrace.models.hardware.workloads import serving
from jouletrace.registry.asked import PEERS
from jouletrace.registry.rows import Row

STACKS = {"mlenergy-v3-language": "2025", "mlenergy-2024-language": "2024"}
OUTPUTS = ("token_energy", "token_interval", "iteration_time")
#: Levels of residuals. Configurations that are shown pictures or videos have one of another size.
LEVELS = ("line", "configuration", "visual_configuration")
#: Parameters that lie between zero and one.
SHARES = (
    "bandwidth_efficiency_ratio",
    "compute_efficiency_ratio",
    "expert_efficiency_ratio",
    "context_efficiency_ratio",
    "running_power_ratio",
)
#: Overheads that another serving stack has otherwise.
OF_STACK = ("overhead_s", "layer_overhead_s", "sequence_overhead_s", "prefill_overhead_s")
NEWER = "2025"
AT_HAND = "gpu-measurement"
RUNNING = "running_power_ratio"
#: What counts as one independent group where something was left out, and by what scores are told apart.
GROUPED = {"larger": "family", "family": "family", "generation": "line", "stack": "line"}
TOLD = {"larger": ("family", "weights"), "family": ("task",), "generation": ("device",), "stack": ("stack",)}
#: Coefficients of the peer's equations of energy and of time.
ECOLOGITS = (PEERS[:3], PEERS[3:])
VISUAL = ("image-chat", "video-chat", "chat-with-images")


def traits_of(value: Mapping[str, Array], run: Inputs) -> Traits:
    """Traits of the device and stack of a run."""
    slower = {
        name: 1.0 + (value[f"older_{name}_ratio"] - 1.0) * run.older for name in ("iteration", "sequence")
    }
    dearer = 1.0 + (value["earlier_energy_ratio"] - 1.0) * run.earlier
    named = {name: value[name] for name in Traits._fields if name in value}
    named |= {name: value[name] * slower["iteration"] for name in OF_STACK if name != "sequence_overhead_s"}
    named["sequence_overhead_s"] = value["sequence_overhead_s"] * slower["sequence"]
    named["byte_energy_j_per_b"] = value["byte_energy_ratio"] * run.byte_energy_j_per_b
    named |= {name: value[name] * dearer for name in ("operand_energy_j_per_b", "flop_energy_j_per_flop")}
    return Traits(**named)


class Predictor:
    """Logarithms of the three measured things, for runs whose tasks have these names."""

    def __init__(self, tasks: tuple[str, ...]) -> None:
        self.tasks = tasks

    def __call__(self, value: Mapping[str, Array], inputs: Inputs) -> Array:
        """All runs (output x run)."""
        return jax.vmap(lambda run: self.one(value, run))(inputs).T

    def one(self, value: Mapping[str, Array], run: Inputs) -> Array:
        """One run."""
        given = {name: self._of_task(value, name, run) for name in ("input_token", "preparation_s")}
        uncached = 1.0 + (value["uncached_input_ratio"] - 1.0) * run.recurrent
        load = run.load._replace(input_tokens=given["input_token"] * uncached)
        link = Link(run.link_energy_j_per_b, run.link_bandwidth_b_per_s, value["link_latency_s"])
        machine = Machine(run.device, traits_of(value, run), link, run.system)
        found = serving(machine, run.model, load, given["preparation_s"])
        iteration_s = found.token.time_s * load.batch
        interval_s = jnp.where(run.older > 0.0, iteration_s, found.inter_token_s)
        return jnp.log(jnp.stack([jnp.sum(found.token.energy_j), interval_s, iteration_s]))

    def _of_task(self, value: Mapping[str, Array], name: str, run: Inputs) -> Array:
        every = [value.get(f"{name} {task}", jnp.zeros(())) for task in self.tasks]
        return jnp.sum(jnp.stack(every) * run.tasks)


def effects_of(task: Task, tasks: tuple[str, ...]) -> dict[str, list[str]]:
    """Parameters of tasks by the setting that is their prior: each has an input, images a preparation."""
    owned = {"input_token": tasks, "preparation_s": [one for one in tasks if one.split()[0] in VISUAL]}
    return {
        setting: [f"{label} {one}" for one in several if one.split()[0] == kind.replace("_", "-")]
        for setting in task.entry.settings
        for label, several in owned.items()
        if (kind := setting.removesuffix(f"_{label}")) != setting
    }


def gathered(task: Task) -> Runs:
    """The runs that are used, with energies of bytes from the registry."""
    tables: Mapping[str, tuple[Row, ...]] = task.tables
    pairs = (("memory", "hbm3"), ("memory", "hbm2"), ("link", "nvlink"))
    names = {case: f"{one}_energy_j_per_b" for one, case in pairs}
    energies = {case: task.quantities[name].middle(name, case) for case, name in names.items()}
    return runs(tables, STACKS, energies)


def fit_of(task: Taken, found: Runs) -> Fit:
    """The model with all runs, and with what was measured on a GPU at hand."""
    prior = laplace.prior_of(task, effects_of(task, found.tasks), SHARES)
    names, visual = found.names, np.isin(found.names["task"], VISUAL)
    kinds = (np.where(one, names["configuration"], "") for one in (~visual, visual))
    levels = dict(zip(LEVELS, (names["line"], *kinds), strict=True))
    seen = Seen(found.inputs, found.logs, OUTPUTS, levels, names["family"])
    beside = measured_devices.beside(at_hand(task, found)[0], task.setting("device_difference_ratio"))
    return Fit(Predictor(found.tasks), prior, seen, laplace.trust_of(task, LEVELS), beside)


def at_hand(task: Taken, found: Runs) -> tuple[list[Known], dict[str, str]]:
    """GPUs that were measured here, and what is said of each; none in most copies of the project."""
    return measured_devices.read(task.measured[AT_HAND], measured_devices.kinds(found))


def ordinary(task: Task, found: Runs) -> Rows:
    """Runs that are fitted: those with more sequences or larger models are only predicted."""
    few = found.names["limit"].astype(float) <= task.setting("most_running_count")
    total = found.inputs.model.total_parameters
    return np.asarray(few & (total <= task.setting("largest_model_parameter")))


def splits(found: Runs, usual: Rows) -> dict[str, list[tuple[str, Rows, Rows]]]:
    """Ways to leave runs out, each in parts: what is left out, rows to fit, rows to predict.

    Families are those of the newer stack, fitted to it alone; so are larger models and batches.
    """
    names, newer = found.names, newer_rows(found)

    def each(level: str, among: Rows) -> Iterator[tuple[str, Rows, Rows]]:
        for one in np.unique(names[level][among]):
            rows = names[level] == one
            yield str(one), among & ~rows, among & rows

    return {
        "larger": [("all", usual & newer, newer & ~usual)],
        "family": list(each("family", usual & newer)),
        "generation": list(each("device", usual)),
        "stack": list(each("stack", usual)),
    }


def run(task: Taken) -> Found:
    """Draws of the posterior, and scores of what was left out beside those of peers on the same rows."""
    rng = np.random.default_rng(task.entry.seed)
    count = round(task.setting("draws_count"))
    found = gathered(task)
    fit, usual = fit_of(task, found), ordinary(task, found)
    lines: list[dict[str, Any]] = []
    for split, several in splits(found, usual).items():
        bounds = laplace.left_out(fit, count, rng, [one[1:] for one in several])
        parts = {what: asked for what, _, asked in several}
        for name in TOLD[split]:
            parts |= laplace.parts_of(found.names[name])
        lines += laplace.scores(fit.seen, bounds, split, parts, found.names[GROUPED[split]])
    posterior = fit.posterior(usual)
    near, said = chains.compared(task, fit, posterior, usual)
    tables = {
        "scores": laplace.columns(lines + compared(task, found, usual)),
        "parameters": fit.parameters(posterior),
        "chains": near,
    }
    columns = fit.columns(posterior, count, rng)
    columns |= splits_of_power(fit, columns, usual & newer_rows(found), rng)
    told = record(fit, found, usual, columns) | {"gpus_measured": at_hand(task, found)[1]}
    return Found(columns, tables, count, told | said)


def newer_rows(found: Runs) -> Rows:
    """Runs of the newer edition."""
    return np.asarray(found.names["stack"] == NEWER)


def splits_of_power(
    fit: Fit, columns: Mapping[str, Numbers], newer: Rows, rng: np.random.Generator
) -> dict[str, Numbers]:
    """Power of a GPU that runs and does nothing, by the fit to both editions and to the newer one alone.

    Time and bytes go together where memory is the roof, so what tells the two kinds of power apart is how
    editions and sizes differ. The two fits disagree by more than their widths: each is kept.
    """
    both = columns[RUNNING]
    alone = fit.columns(fit.posterior(newer), len(both), rng)[RUNNING]
    return {f"both-editions-{RUNNING}": both, f"newer-edition-{RUNNING}": alone}


def compared(task: Task, found: Runs, usual: Rows) -> list[dict[str, Any]]:
    """EcoLogits' published equations and a plain roofline of bandwidth on the rows of the goals."""
    names, inputs = found.names, found.inputs
    coefficients: Any = [[task.quantities[name].middle(name) for name in some] for some in ECOLOGITS]
    energy, latency = coefficients
    limit: Any = names["limit"].astype(float)
    active, devices = inputs.model.active_parameters, inputs.system.devices
    rate: Any = inputs.device.memory_bandwidth_b_per_s
    roof_s = peers.roofline_s(touched_b(inputs), jnp.zeros(()), rate, jnp.ones(()), devices)
    rated_j = peers.roofline_energy_j_per_token(roof_s, inputs.device.tdp_w, devices, inputs.load.batch)
    guesses: dict[str, tuple[Any, Any]] = {
        "EcoLogits' equations": (
            peers.ecologits_energy_j_per_token(active, limit, devices, *energy),
            peers.ecologits_latency_s(active, limit, *latency),
        ),
        "roofline of bandwidth at rated power": (rated_j, roof_s),
    }
    newer = usual & newer_rows(found)
    return [
        laplace.peer(model, "none", part, output, np.log(guess) - logs, names["family"], rows & newer)
        for model, several in guesses.items()
        for part, rows in laplace.parts_of(names["task"]).items()
        if (rows & newer).any()
        for output, guess, logs in zip(OUTPUTS, several, found.logs, strict=False)
    ]


def touched_b(inputs: Inputs) -> Array:
    """Bytes of weights that one iteration reads, by run."""

    def one(run: Inputs) -> Array:
        some = touched(run.model, run.load.batch)
        return run.model.weight_b * (some.shared + run.model.expert_bytes_ratio * some.experts)

    return jax.vmap(one)(inputs)


def record(fit: Fit, found: Runs, usual: Rows, columns: Mapping[str, Numbers]) -> dict[str, Any]:
    """Counts, and how far power of a running device and energy of a byte can be told apart."""
    memory = float(np.max(found.inputs.byte_energy_j_per_b))
    byte = columns["operand_energy_j_per_b"] + memory * columns["byte_energy_ratio"]
    power = columns["running_power_ratio"]
    return {
        "rows": int(usual.sum()),
        "families": len(np.unique(found.names["family"][usual])),
        "configurations": len(np.unique(found.names["configuration"][usual])),
        "parameters": len(fit.prior.names),
        "correlation_of_running_power_and_byte_energy": float(np.corrcoef(power, np.log(byte))[0, 1]),
        "running_power_ratio": [float(x) for x in np.quantile(power, laplace.INTERVAL)],
        "byte_and_operand_energy_j_per_b": [float(x) for x in np.quantile(byte, laplace.INTERVAL)],
    }
