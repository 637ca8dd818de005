"""Time of language models on Inferentia 2, by the same model of a machine as all others.

There is no measured power. Neuron lays memory out for the longest context: keys and values of all of it
are read for every token, and heads are filled up to a multiple of the cores that share a model.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jouletrace.experiments import laplace
from jouletrace.experiments.diffusion_fit import values
from jouletrace.experiments.laplace import Fit, Numbers, Seen
from jouletrace.experiments.task import Found, Table, Task
from jouletrace.models.hardware.iteration import decode, iteration, prefill
from jouletrace.models.hardware.state import Device, Link, Load, Model, System, Traits
from jouletrace.units import to_coherent

OUTPUTS = ("token", "first token")
#: The level of residuals that runs of one shape share.
LEVEL = "group"
CORES, VALUE_B, SMOOTH = 2.0, 2.0, 8.0
#: Models of one shape: left out together, as a name is no new machine.
TWINS = {"codellama-13b": "llama-2-13b", "llama-3-70b": "llama-2-70b"}


class Run(NamedTuple):
    """A model on some chips, and what is asked of it."""

    devices: Any
    peak_flop_per_s: Any
    memory_bandwidth_b_per_s: Any
    link_b_per_s: Any
    parameters: Any
    lookup_parameters: Any
    layers: Any
    width: Any
    attention_width: Any
    kv_heads: Any
    head_size: Any
    batch: Any
    context_tokens: Any
    input_tokens: Any


def run_of(series: str, shapes: Mapping[str, Mapping[str, float]], sheet: Mapping[str, float]) -> Run:
    """A run from the parts of its series."""
    model, cores, batch, context, asked, _out = series.split("--")
    shape, shared = shapes[model], float(cores)
    return Run(
        shared / CORES,
        sheet["peak_fp16_flop_per_s"],
        sheet["memory_bandwidth_b_per_s"],
        sheet["link_bandwidth_b_per_s"],
        shape["total_parameter"],
        shape["lookup_parameter"],
        shape["layer"],
        shape["width"],
        shape["head"] * shape["head_size"],
        float(np.ceil(shape["kv_head"] / shared) * shared),
        shape["head_size"],
        float(batch),
        float(context),
        float(asked),
    )


def predict(value: Mapping[str, Array], runs: Run) -> Array:
    """Logarithms of seconds between tokens, and to the first one."""

    def one(run: Run) -> Array:
        zero = jnp.zeros_like(run.devices)
        unit = zero + 1.0
        device = Device(run.peak_flop_per_s, run.memory_bandwidth_b_per_s, unit, unit, zero)
        system = System(run.devices, zero, unit, unit)
        link = Link(zero, run.link_b_per_s * value["link_ratio"], zero)
        traits = Traits(
            value["bandwidth_efficiency_ratio"],
            value["compute_efficiency_ratio"],
            value["overhead_s"],
            value["layer_overhead_s"],
            *(zero, zero, 0.5 * unit, zero, zero, zero),
        )
        model = Model(
            *(run.parameters, run.parameters, run.parameters, run.lookup_parameters),
            *(run.layers, run.width, run.attention_width, run.layers, zero, zero),
            *(run.kv_heads, run.head_size, zero, VALUE_B * unit, VALUE_B * unit, VALUE_B * unit),
        )
        load = Load(run.batch, run.input_tokens, unit)
        token = iteration(device, traits, link, system, decode(model, load, run.context_tokens), SMOOTH)
        slower = traits._replace(compute_efficiency_ratio=value["first_efficiency_ratio"])
        first = iteration(device, slower, link, system, prefill(model, load), SMOOTH)
        return jnp.log(jnp.stack([token.time_s, first.time_s]))

    return jax.vmap(one)(runs).T


def measured(task: Task) -> Seen:
    """Runs of both tables; a run that stands in both is taken once."""
    shapes = values(task.tables["model-shapes"], "model_")
    sheet = values(task.tables["device-specs"], "device_")["inferentia-2"]
    found: dict[str, dict[str, float]] = {}
    for row in (*task.tables["inferentia-latency"], *task.tables["inferentia-throughput"]):
        found.setdefault(row.series, {})[row.quantity] = to_coherent(row.value, row.unit, row.quantity)
    runs = [run_of(series, shapes, sheet) for series in sorted(found)]
    times = [(found[series]["token_time_s"], found[series]["first_token_time_s"]) for series in sorted(found)]
    models = [series.split("--")[0] for series in sorted(found)]
    inputs = Run(*(np.array(column, dtype=float) for column in zip(*runs, strict=True)))
    groups = np.array([TWINS.get(model, model) for model in models])
    return Seen(inputs, np.log(np.array(times)).T, OUTPUTS, {LEVEL: groups}, groups)


def fit_of(task: Task) -> Fit:
    """The model with all runs."""
    return Fit(predict, laplace.prior_of(task), measured(task), laplace.trust_of(task, [LEVEL]))


def run(task: Task) -> Found:
    """Draws of the posterior, and scores of models of a shape that was left out."""
    rng = np.random.default_rng(task.entry.seed)
    draws = round(task.setting("draws_count"))
    fit = fit_of(task)
    seen, posterior = fit.seen, fit.posterior()
    counts = np.unique(seen.inputs.batch)
    parts = {f"batch {count:g}": seen.inputs.batch == count for count in counts}
    bounds = laplace.left_out(fit, draws, rng)
    lines = laplace.scores(seen, bounds, "shape", laplace.parts_of(seen.whole) | parts)
    lines.append(
        laplace.peer("plain bandwidth roofline", "none", "all", "token", _roofline(seen), seen.whole)
    )
    tables: dict[str, Table] = {"scores": laplace.columns(lines), "parameters": fit.parameters(posterior)}
    return Found(fit.columns(posterior, draws, rng), tables, draws, {"runs": len(seen.whole)})


def _roofline(seen: Seen) -> Numbers:
    """Error of the time that all weights take at the full bandwidth of memory."""
    inputs = seen.inputs
    moved_b = VALUE_B * inputs.parameters / inputs.devices / inputs.memory_bandwidth_b_per_s
    return np.asarray(np.log(moved_b) - seen.logs[0])
