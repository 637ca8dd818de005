"""Energy and time of language-model serving on GPUs: the machine model fitted to ML.ENERGY, and asked about
what it has not seen.

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
VISUAL = ("image-chat", "video-chat", "chat-with-images")


def traits_of(value: Mapping[str, Array], run: Inputs) -> Traits:
    """Traits of the device and stack of a run."""
    slower = {name: 1.0 + (value[f"older_{name}_ratio"] - 1.0) * run.older for name in ("iteration", "sequence")}
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
    most, largest = task.setting("most_running_count"), task.setting("largest_model_parameter")

    def kept(given: Mapping[str, str], figures: Mapping[str, float], shape: Mapping[str, float]) -> bool:
        return float(given["limit"]) <= most and shape["model_total_parameter"] <= largest

    memory, link = task.quantities["memory_energy_j_per_b"], task.quantities["link_energy_j_per_b"]
    energies = {
        name: to_coherent(middle(one.cases[name].distribution), one.unit, "memory_energy_j_per_b")
        for one, name in ((memory, "hbm3"), (memory, "hbm2"), (link, "nvlink"))
    }
    tables: Mapping[str, tuple[Row, ...]] = task.tables
    return runs(tables, STACKS, energies, kept)


def fit_of(task: Task, found: Runs) -> Fit:
    """The model with all runs."""
    centre = np.array([task.setting(name) for name in RESIDUALS])
    spread = np.array([task.setting(f"{name}{SPREAD}") for name in RESIDUALS])
    seen = Seen(found.logs, (found.names["line"], found.names["configuration"]))
    trust = Trust(task.setting("row_error_ratio"), task.setting("row_part_ratio"), centre, spread)
    prior = prior_of(task, found.tasks)
    return Fit(Predictor(found.tasks), found.inputs, prior, seen, trust)


def splits(found: Runs) -> Iterator[tuple[str, str, Rows, Rows]]:
    """Ways to leave runs out: name, what is left out, rows to fit, rows to predict."""
    names = found.names
    newer = names["stack"] == "2025"
    for one in np.unique(names["family"][newer]):
        rows = names["family"] == one
        yield "family", str(one), ~rows, rows & newer
    for one in ("a100", "h100"):
        rows = np.char.startswith(names["device"], one)
        yield "generation", one, ~rows, rows
    for one in np.unique(names["stack"]):
        rows = names["stack"] == one
        yield "stack", str(one), ~rows, rows
