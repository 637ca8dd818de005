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
from numpy.typing import NDArray

from jouletrace.experiments.nested import Fit, Numbers, Posterior, Prior, Rows, Seen, Trust
from jouletrace.experiments.serving_rows import Inputs, Runs, runs
from jouletrace.experiments.task import Found, Table, Task
from jouletrace.models.hardware.iteration import touched
from jouletrace.models.hardware.state import Link, Machine, Traits
from jouletrace.models.hardware.workloads import serving
from jouletrace.registry.distribution import middle
from jouletrace.registry.rows import Row
from jouletrace.units import to_coherent

STACKS = {"mlenergy-v3-language": "2025", "mlenergy-2024-language": "2024"}
OUTPUTS = ("token_energy", "token_interval", "iteration_time")
LEVELS = ("line", "configuration", "run")
SPREAD = "_spread_ratio"
INTERVAL = (0.05, 0.5, 0.95)
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
RUNNING = "running_power_ratio"
#: What counts as one independent group where something was left out.
GROUPED = {"larger": "family", "family": "family", "generation": "line", "stack": "line"}
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


def prior_of(task: Task, tasks: tuple[str, ...]) -> Prior:
    """Every setting with a spread beside it is a parameter; tasks have an input and a preparation each."""
    owned = {"input_token": tasks, "preparation_s": [one for one in tasks if one.split()[0] in VISUAL]}
    found: list[tuple[str, float, float]] = []
    for setting in task.entry.settings:
        if f"{setting}{SPREAD}" not in task.entry.settings or setting in RESIDUALS:
            continue
        centre, spread = task.setting(setting), task.setting(f"{setting}{SPREAD}")
        label = next((name for name in owned if setting.endswith(name)), "")
        if not label:
            found.append((setting, centre, spread))
            continue
        kind = setting.removesuffix(f"_{label}").replace("_", "-")
        found += [(f"{label} {one}", centre, spread) for one in owned[label] if one.split()[0] == kind]
    names, centres, spreads = (np.array(column) for column in zip(*found, strict=True))
    shares = np.isin(names, SHARES)
    free = np.where(shares, np.log(centres / np.where(shares, 1.0 - centres, 1.0)), np.log(centres))
    return Prior(tuple(str(name) for name in names), free, spreads, shares)


RESIDUALS = tuple(f"{level}_residual_ratio" for level in LEVELS)


def gathered(task: Task) -> Runs:
    """The runs that are used, with energies of bytes from the registry."""
    memory, link = task.quantities["memory_energy_j_per_b"], task.quantities["link_energy_j_per_b"]
    energies = {
        name: to_coherent(middle(one.cases[name].distribution), one.unit, "memory_energy_j_per_b")
        for one, name in ((memory, "hbm3"), (memory, "hbm2"), (link, "nvlink"))
    }
    tables: Mapping[str, tuple[Row, ...]] = task.tables
    return runs(tables, STACKS, energies)


def fit_of(task: Task, found: Runs) -> Fit:
    """The model with all runs."""
    centre = np.array([task.setting(name) for name in RESIDUALS])
    spread = np.array([task.setting(f"{name}{SPREAD}") for name in RESIDUALS])
    seen = Seen(found.logs, (found.names["line"], found.names["configuration"]))
    trust = Trust(task.setting("row_error_ratio"), task.setting("row_part_ratio"), centre, spread)
    prior = prior_of(task, found.tasks)
    return Fit(Predictor(found.tasks), found.inputs, prior, seen, trust)


def ordinary(task: Task, found: Runs) -> Rows:
    """Runs that are fitted: those with more sequences or larger models are only predicted."""
    few = found.names["limit"].astype(float) <= task.setting("most_running_count")
    total = found.inputs.model.total_parameters
    return np.asarray(few & (total <= task.setting("largest_model_parameter")))


def splits(found: Runs, usual: Rows) -> Iterator[tuple[str, str, Rows, Rows]]:
    """Ways to leave runs out: name, what is left out, rows to fit, rows to predict.

    Families are those of the newer stack, fitted to it alone; so are larger models and batches.
    """
    names = found.names
    newer = names["stack"] == NEWER
    yield "larger", "all", usual & newer, newer & ~usual
    newer = newer & usual
    for one in np.unique(names["family"][newer]):
        rows = names["family"] == one
        yield "family", str(one), newer & ~rows, newer & rows
    for one in np.unique(names["device"]):
        rows = names["device"] == one
        yield "generation", str(one), usual & ~rows, usual & rows
    for one in np.unique(names["stack"]):
        rows = names["stack"] == one
        yield "stack", str(one), usual & ~rows, usual & rows


def run(task: Task) -> Found:
    """Draws of the posterior, and scores of what was left out beside those of peers on the same rows."""
    rng = np.random.default_rng(task.entry.seed)
    count = round(task.setting("draws_count"))
    found = gathered(task)
    fit = fit_of(task, found)
    family = found.names["family"]
    lines: list[dict[str, Any]] = []
    whole: dict[str, Left] = {}
    usual = ordinary(task, found)
    for split, what, seen, asked in splits(found, usual):
        posterior = fit.posterior(seen, family)
        one = left(fit, posterior, asked, count, rng)
        whole.setdefault(split, Left.none(found.logs.shape)).take(one, asked)
        lines += scored(found, one, split, what, asked)
    for split, one in whole.items():
        for name, rows in parts(found).items():
            if split == "family" or (name == "all" and split != "larger"):
                lines += scored(found, one, split, name, rows & one.known)
    everything = fit.posterior(usual, family)
    places, sizes = fit.draws(everything, count, rng)
    tables = {"scores": columns(lines + peers(task, found, usual)), "parameters": parameters(fit, everything)}
    draws = drawn(fit, places, sizes) | splits_of_power(fit, places, usual & newer_rows(found), family, rng)
    return Found(draws, tables, count, record(fit, found, usual, places))


def newer_rows(found: Runs) -> Rows:
    """Runs of the newer edition."""
    return np.asarray(found.names["stack"] == NEWER)


def splits_of_power(
    fit: Fit, places: Numbers, newer: Rows, family: NDArray[np.str_], rng: np.random.Generator
) -> dict[str, Numbers]:
    """Power of a GPU that runs and does nothing, by the fit to both editions and to the newer one alone.

    Time and bytes go together where memory is the roof, so what tells the two kinds of power apart is how
    editions and sizes differ. The two fits disagree by more than their widths: each is kept.
    """
    alone, _ = fit.draws(fit.posterior(newer, family), len(places), rng)
    editions = {"both-editions": places, "newer-edition": alone}
    return {
        f"{name}-{RUNNING}": np.asarray(jax.vmap(fit.prior.values)(jnp.asarray(drawn))[RUNNING])
        for name, drawn in editions.items()
    }


class Left:
    """Predictions of rows that were left out: logarithms at 5, 50 and 95 % (level x output x row)."""

    def __init__(self, bounds: Numbers) -> None:
        self.bounds = bounds

    @classmethod
    def none(cls, shape: tuple[int, ...]) -> "Left":
        """Nothing predicted yet."""
        return cls(np.full((len(INTERVAL), *shape), np.nan))

    def take(self, other: "Left", rows: Rows) -> None:
        """Predictions of some rows from another."""
        self.bounds[:, :, rows] = other.bounds[:, :, rows]

    @property
    def known(self) -> Rows:
        """Rows that were predicted."""
        return np.asarray(np.isfinite(self.bounds[1, 0]))


def left(fit: Fit, posterior: Posterior, rows: Rows, count: int, rng: np.random.Generator) -> Left:
    """Rows as rows of new groups; the middle is the model's own."""
    plain, drawn = fit.predictive(posterior, rows, count, rng)
    found = Left.none(fit.seen.logs.shape)
    low, high = np.quantile(drawn, (INTERVAL[0], INTERVAL[2]), axis=0)
    found.bounds[:, :, rows] = np.stack([low, np.median(plain, axis=0), high])
    return found


def parts(found: Runs) -> dict[str, Rows]:
    """Parts of the rows that goals name."""
    names = found.names
    return {"all": np.ones(len(names["task"]), dtype=bool)} | {
        str(task): names["task"] == task for task in np.unique(names["task"])
    }


def scored(found: Runs, one: Left, split: str, what: str, rows: Rows) -> list[dict[str, Any]]:
    """Scores of energy and times of some rows that were left out."""
    if not rows.any():
        return []
    inside = (one.bounds[0] <= found.logs) & (found.logs <= one.bounds[2])
    return [
        {"model": "this", "split": split, "rows_of": what, "figure": output}
        | score(one.bounds[1, place, rows] - found.logs[place, rows])
        | {
            "coverage_ratio": float(np.mean(inside[place, rows])),
            "groups": len(np.unique(found.names[GROUPED[split]][rows])),
        }
        for place, output in enumerate(OUTPUTS)
    ]


def score(errors: Numbers) -> dict[str, float]:
    """How far predictions are from measurements, in logarithms."""
    size = np.abs(errors)
    return {
        "rows": len(errors),
        "median_ln_ratio": float(np.median(size)),
        "rms_ln_ratio": float(np.sqrt(np.mean(errors**2))),
        "bias_ln_ratio": float(np.median(errors)),
        "factor_two_ratio": float(np.mean(size < np.log(2.0))),
    }


def peers(task: Task, found: Runs, usual: Rows) -> list[dict[str, Any]]:
    """EcoLogits' published equations and a plain roofline of bandwidth on the rows of the goals."""
    names, newer = found.names, usual & newer_rows(found)
    limit, devices = names["limit"].astype(float), found.inputs.system.devices
    setting, billions = task.setting, found.inputs.model.active_parameters / 1e9
    fall = np.exp(-setting("ecologits_batch_ratio") * limit)
    token_wh = setting("ecologits_parameter_wh") * fall * billions + setting("ecologits_constant_wh")
    energy_j = devices * to_coherent(1.0, "Wh", "token_energy_j") * token_wh
    latency_s = setting("ecologits_parameter_s") * billions + setting("ecologits_batch_s") * limit
    latency_s = latency_s + setting("ecologits_constant_s")
    roof_s = roofline_s(found.inputs)
    roof_j = roof_s * devices * found.inputs.device.tdp_w / found.inputs.load.batch
    guesses: dict[str, tuple[Numbers, Numbers]] = {
        "EcoLogits' equations": (np.asarray(energy_j), np.asarray(latency_s)),
        "roofline of bandwidth at rated power": (np.asarray(roof_j), roof_s),
    }
    return [
        {"model": model, "split": "none", "rows_of": name, "figure": output}
        | score(np.log(guess[rows & newer]) - found.logs[place, rows & newer])
        | {"coverage_ratio": float("nan"), "groups": len(np.unique(names["family"][rows & newer]))}
        for model, several in guesses.items()
        for name, rows in parts(found).items()
        if (rows & newer).any()
        for place, (output, guess) in enumerate(zip(OUTPUTS[:2], several, strict=True))
    ]


def roofline_s(inputs: Inputs) -> Numbers:
    """Time in which rated bandwidth moves all weights that a batch touches, and nothing else."""
    touched = jax.vmap(lambda one: touched_b(one.model, one.load.batch))(inputs)
    return np.asarray(touched) / (inputs.device.memory_bandwidth_b_per_s * inputs.system.devices)


def touched_b(model: Any, batch: Array) -> Array:
    """Bytes of weights that one iteration reads."""
    some = touched(model, batch)
    return model.weight_b * (some.shared + model.expert_bytes_ratio * some.experts)


def columns(lines: list[dict[str, Any]]) -> Table:
    """A table from its lines."""
    return {key: np.array([line[key] for line in lines]) for key in lines[0]}


def parameters(fit: Fit, posterior: Posterior) -> Table:
    """Middle and 90 % interval of every parameter, beside those of its prior."""
    prior, reach = fit.prior, 1.645
    both = {
        "prior": (prior.centre, prior.spread),
        "posterior": (posterior.mode, np.sqrt(np.diag(posterior.covariance))),
    }
    table: Table = {"parameter": np.array(prior.names)}
    for name, (centre, spread) in both.items():
        for level, way in (("p05", -reach), ("p50", 0.0), ("p95", reach)):
            shown = prior.values(jnp.asarray(centre + way * spread))
            table[f"{name}_{level}"] = np.array([float(shown[key]) for key in prior.names])
    return table


def drawn(fit: Fit, places: Numbers, sizes: Numbers) -> dict[str, Numbers]:
    """Columns of joint draws: parameters, and sizes of residuals by output and level."""
    shown = jax.vmap(fit.prior.values)(jnp.asarray(places))
    found = {name.replace(" ", "-"): np.asarray(values) for name, values in shown.items()}
    return found | {
        f"{output}-{level}-residual_ratio": sizes[:, i, j]
        for i, output in enumerate(OUTPUTS)
        for j, level in enumerate(LEVELS)
    }


def record(fit: Fit, found: Runs, usual: Rows, places: Numbers) -> dict[str, Any]:
    """Counts, and how far power of a running device and energy of a byte can be told apart."""
    names = list(fit.prior.names)
    value = jax.vmap(fit.prior.values)(jnp.asarray(places))
    byte = np.asarray(value["operand_energy_j_per_b"]) + float(
        np.max(found.inputs.byte_energy_j_per_b)
    ) * np.asarray(value["byte_energy_ratio"])
    power = np.asarray(value["running_power_ratio"])
    return {
        "rows": int(usual.sum()),
        "families": len(np.unique(found.names["family"][usual])),
        "configurations": len(np.unique(found.names["configuration"][usual])),
        "parameters": len(names),
        "correlation_of_running_power_and_byte_energy": float(np.corrcoef(power, np.log(byte))[0, 1]),
        "running_power_ratio": [float(x) for x in np.quantile(power, INTERVAL)],
        "byte_and_operand_energy_j_per_b": [float(x) for x in np.quantile(byte, INTERVAL)],
    }
