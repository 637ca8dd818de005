"""Energy of generated images, from the work of a diffusion model and the data sheet of a GPU.

A step of a diffusion model is a sequence of kernels, each with a bound of its own: products of matrices
and attention wait for arithmetic, what lies between them for memory. Each is an iteration of the one
hardware model, with its power cap; their times add up. Launching kernels takes time of its own, which
shows where GPUs have little to do; they wait as well while the host writes what they made, and draw
less than in a kernel that is held up. Several GPUs cut the sequence by heads or in a ring and exchange
it; every one of them decodes the whole image.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jouletrace.experiments import laplace
from jouletrace.experiments.laplace import Fit, Names, Numbers, Seen
from jouletrace.experiments.task import Found, Table, Task
from jouletrace.models.hardware.iteration import larger
from jouletrace.models.hardware.state import Cost, Device, Link, Machine, System, Traits, Work
from jouletrace.models.hardware.workloads import both, boundary, cost
from jouletrace.registry.rows import Row
from jouletrace.units import to_coherent

#: Exponent of the norms that stand for maxima, and bytes of a value of 16 bits.
SMOOTH, VALUE_B = 8.0, 2.0
OUTPUTS = ("time", "energy")
#: The level of residuals that runs of one model share.
LEVEL = "group"
H100 = "h100-sxm5-80gb"
V2_DEVICES = {"h100": H100, "a100": "a100-sxm4-40gb"}
RUN = re.compile(r"-b(\d+)-u(\d+)-r(\d+)$")
V2_RUN = re.compile(r"^mlenergy-2024-(.+?)(?:-diffusers)?-(a100|h100)-b(\d+)$")


class Run(NamedTuple):
    """A batch that was generated: the GPUs, how they shared, and the work of the batch over all of them.

    ``weight_b`` is read in every step; ``heads_b`` and ``ring_b`` go over links; ``decoder_flop`` is the
    work of one decoder, which every GPU does; ``launches`` are layers times steps, and ``pixels`` are
    written by the host while the GPUs wait.
    """

    peak_flop_per_s: Any
    memory_bandwidth_b_per_s: Any
    memory_b: Any
    tdp_w: Any
    idle_power_w: Any
    link_b_per_s: Any
    devices: Any
    matrix_flop: Any
    attention_flop: Any
    access_b: Any
    weight_b: Any
    heads_b: Any
    ring_b: Any
    decoder_flop: Any
    launches: Any
    pixels: Any


class Pass(NamedTuple):
    """One pass of a denoiser over one image."""

    matrix_flop: float
    attention_flop: float
    access_b: float
    weight_b: float
    exchange_b: float
    layers: float


def values(rows: Iterable[Row], prefix: str) -> dict[str, dict[str, float]]:
    """Figures in coherent units by series, for quantities whose name begins so."""
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        if row.quantity.startswith(prefix):
            value = to_coherent(row.value, row.unit, row.quantity)
            found.setdefault(row.series, {})[row.quantity.removeprefix(prefix)] = value
    return found


def tokens(shape: Mapping[str, float]) -> float:
    """Tokens of the latent image or video.

    >>> tokens({"height_count": 480, "breadth_count": 832, "frame_count": 81, "token_side_count": 16,
    ...         "latent_frame_count": 4, "token_frame_count": 1})
    32760.0
    """
    side = shape["token_side_count"]
    frames = 1.0 + (shape["frame_count"] - 1.0) / shape["latent_frame_count"]
    area = (shape["height_count"] / side) * (shape["breadth_count"] / side)
    return float(np.ceil(frames / shape["token_frame_count"]) * area)


def one_pass(shape: Mapping[str, float]) -> Pass:
    """Work of one pass: counted from the shape of a transformer, or as it is given for a U-Net."""
    if "matrix_flop" in shape:
        access_b = shape["access_count"] * VALUE_B
        return Pass(shape["matrix_flop"], shape["attention_flop"], access_b, 0.0, 0.0, shape["layer"])
    sequence = tokens(shape) + shape["text_token"]
    layers, width = shape["layer"], shape["width"]
    once_b = sequence * layers * width * VALUE_B
    return Pass(
        matrix_flop=2.0 * sequence * layers * shape["layer_parameter"],
        attention_flop=4.0 * shape["attention_layer"] * width * sequence**2,
        access_b=shape["layer_access_count"] * once_b,
        weight_b=layers * shape["layer_parameter"] * VALUE_B,
        exchange_b=once_b,
        layers=layers,
    )


def run_of(
    shape: Mapping[str, float],
    sheet: Mapping[str, float],
    batch: float,
    heads: float,
    ring: float,
    px_flop: float,
) -> Run:
    """A batch on some GPUs. Queries, keys, values and results change heads; keys and values go round."""
    one = one_pass(shape)
    passes = batch * shape["step_count"] * shape["pass_count"]
    pixels = batch * shape["height_count"] * shape["breadth_count"] * shape["frame_count"]
    return Run(
        sheet["peak_fp16_flop_per_s"],
        sheet["memory_bandwidth_b_per_s"],
        sheet["memory_b"],
        sheet["tdp_w"],
        sheet["idle_power_w"],
        sheet["link_bandwidth_b_per_s"],
        devices=heads * ring,
        matrix_flop=passes * one.matrix_flop,
        attention_flop=passes * one.attention_flop,
        access_b=passes * one.access_b,
        weight_b=shape["step_count"] * one.weight_b,
        heads_b=passes * 4.0 * one.exchange_b * (heads - 1.0) / heads,
        ring_b=passes * 2.0 * one.exchange_b * (ring - 1.0),
        decoder_flop=pixels * px_flop,
        launches=shape["step_count"] * one.layers,
        pixels=pixels,
    )


def generation(value: Mapping[str, Array], run: Run) -> Cost:
    """Time and energy of a batch: its kinds of kernels one after the other, or the wait for launches."""
    zero = jnp.zeros_like(run.devices)
    system = System(run.devices, zero, zero + 1.0, zero + 1.0)
    device = Device(*run[: len(Device._fields)])
    link = Link(zero, run.link_b_per_s, zero)
    # Only the ratio of accesses that reach memory to the efficiency of its bandwidth can be seen.
    traits = Traits(
        zero + 1.0,
        value["matrix_efficiency_ratio"],
        *(zero, zero, zero, zero),
        value["running_power_ratio"],
        value["byte_energy_j_per_b"],
        value["flop_energy_j_per_flop"],
        value["access_share_ratio"],
    )

    def piece(changed: Mapping[str, Array], **work: Array) -> Cost:
        blank = Work(*(zero for _ in Work._fields))
        machine = Machine(device, traits._replace(**changed), link, system)
        return cost(machine, blank._replace(**work), SMOOTH)

    exchanged_b = run.heads_b / value["heads_link_ratio"] + run.ring_b / value["ring_link_ratio"]
    kernels = both(
        both(
            piece({}, flop=run.matrix_flop, weight_b=run.devices * run.weight_b),
            piece({"compute_efficiency_ratio": value["attention_efficiency_ratio"]}, flop=run.attention_flop),
        ),
        both(
            piece({}, activation_b=run.access_b),
            # What a ring adds up crosses links twice for each other GPU; here bytes are known.
            piece({}, exchanged_b=0.5 * exchanged_b / jnp.maximum(run.devices - 1.0, 1.0)),
        ),
    )
    several = jnp.clip(run.devices - 1.0, 0.0, 1.0)
    launch_s = run.launches * (value["launch_s"] + several * value["parallel_launch_s"])
    waiting_s = larger(kernels.time_s, launch_s, SMOOTH) - kernels.time_s
    idle = {
        "overhead_s": waiting_s + run.pixels * value["pixel_s"],
        "running_power_ratio": value["waiting_power_ratio"],
    }
    decoder = {"compute_efficiency_ratio": value["decoder_efficiency_ratio"]}
    decoding = piece(decoder, flop=run.devices * run.decoder_flop)
    return both(both(kernels, decoding), piece(idle))


def predict(value: Mapping[str, Array], runs: Run) -> Array:
    """Logarithms of the seconds and joules of a batch, by run."""

    def one(run: Run) -> Array:
        found = generation(value, run)
        return jnp.log(jnp.stack([found.time_s, jnp.sum(boundary(found, "device"))]))

    return jax.vmap(one)(runs).T


class Generated(NamedTuple):
    """Runs as they were measured, and what a regression may know of them."""

    seen: Seen
    batch: Numbers
    parameters: Numbers
    steps: Numbers


def generated(task: Task, kind: str) -> Generated:
    """Runs of the third leaderboard that generated images, or videos."""
    shapes = values(task.tables["diffusion-shapes"], "diffusion_")
    sheet = values(task.tables["device-specs"], "device_")[H100]
    measured: dict[str, dict[str, Row]] = {}
    for row in task.tables["mlenergy-v3-diffusion"]:
        if row.note.startswith(kind):
            measured.setdefault(row.series, {})[row.quantity] = row
    runs, logs, models, known = [], [], [], []
    for series, figures in sorted(measured.items()):
        batch, heads, ring = (float(part) for part in RUN.search(series).groups())  # type: ignore[union-attr]
        model = figures["batch_time_s"].lineage
        runs.append(run_of(shapes[model], sheet, batch, heads, ring, task.setting("decoder_work_flop")))
        seconds, joules = figures["batch_time_s"].value, figures["device_energy_j"].value
        logs.append((np.log(seconds), np.log(joules * batch)))
        models.append(model)
        known.append((batch, figures["model_total_parameter"].value, shapes[model]["step_count"]))
    seen = seen_of(_stacked(runs), np.array(logs).T, np.array(models))
    return Generated(seen, *np.array(known).T)


def _stacked(runs: list[Run]) -> Run:
    return Run(*(np.array(column, dtype=float) for column in zip(*runs, strict=True)))


def earlier(task: Task) -> Seen:
    """Runs of the second leaderboard, on one GPU, whose models have a known shape; without their times."""
    shapes = values(task.tables["diffusion-shapes"], "diffusion_")
    sheets = values(task.tables["device-specs"], "device_")
    runs, logs, names = [], [], []
    for row in task.tables["measured-energy"]:
        found = V2_RUN.match(row.id)
        if found and found[1] in shapes:
            batch = float(found[3])
            sheet = sheets[V2_DEVICES[found[2]]]
            runs.append(run_of(shapes[found[1]], sheet, batch, 1.0, 1.0, task.setting("decoder_work_flop")))
            logs.append((np.nan, np.log(to_coherent(row.value, row.unit, row.quantity) * batch)))
            names.append(f"{found[1]} {found[2]}")
    return seen_of(_stacked(runs), np.array(logs).T, np.array(names))


def seen_of(inputs: Run, logs: Numbers, models: Names) -> Seen:
    """Runs whose models share a residual and are left out together."""
    return Seen(inputs, logs, OUTPUTS, {LEVEL: models}, models)


def fit_of(task: Task, seen: Seen) -> Fit:
    """The model with some runs."""
    return Fit(predict, laplace.prior_of(task), seen, laplace.trust_of(task, [LEVEL]))


def run(task: Task) -> Found:
    """Draws of the posterior, scores of all predictions and baselines, and sums by model."""
    rng = np.random.default_rng(task.entry.seed)
    draws = round(task.setting("draws_count"))
    images, videos = generated(task, "image"), generated(task, "video").seen
    fit = fit_of(task, images.seen)
    posterior = fit.posterior()
    lines = _scored(images.seen, laplace.left_out(fit, draws, rng), "images")
    lines += _baselines(images)
    everything = _joined(images.seen, videos)
    kinds = {"images": np.isin(everything.whole, images.seen.whole)}
    bounds = laplace.left_out(fit_of(task, everything), draws, rng)
    lines += _scored(everything, bounds, "images and videos", kinds)
    earlier_images = earlier(task)
    for seen, split in ((videos, "videos, from images"), (earlier_images, "second leaderboard, from images")):
        bounds = fit_of(task, seen).bounds(posterior, np.ones(len(seen.whole), dtype=bool), draws, rng)
        lines += _scored(seen, bounds, split, _by_device(seen.whole) if seen is earlier_images else None)
    record = {
        "baseline_columns": "parameters, steps, batch and GPUs; work, batch and GPUs",
        "devices": {"third leaderboard": H100, "second leaderboard": sorted(V2_DEVICES.values())},
    }
    tables: dict[str, Table] = {"scores": laplace.columns(lines), "parameters": fit.parameters(posterior)}
    return Found(fit.columns(posterior, draws, rng), tables, draws, record)


def _scored(
    seen: Seen, bounds: Numbers, split: str, parts: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Scores of times and energies, by model and by number of GPUs as well."""
    counts = np.unique(seen.inputs.devices)
    several = {f"{count:g} GPUs": seen.inputs.devices == count for count in counts}
    return laplace.scores(seen, bounds, split, laplace.parts_of(seen.whole) | (parts or {}) | several)


def _baselines(images: Generated) -> list[dict[str, Any]]:
    """Regressions on the same rows and splits: on what the leaderboard lists, and on our counts of work."""
    inputs = images.seen.inputs
    ones = np.ones_like(images.batch)
    common = [ones, np.log(images.batch), np.log(inputs.devices)]
    work = np.log((inputs.matrix_flop + inputs.attention_flop) / images.batch)
    designs = {
        "regression on parameters, steps, batch and GPUs": [np.log(images.parameters), np.log(images.steps)],
        "regression on work, batch and GPUs": [work],
    }
    measured, whole = images.seen.logs[OUTPUTS.index("energy")] - np.log(images.batch), images.seen.whole
    lines = []
    for name, extra in designs.items():
        guess = laplace.regressed(np.column_stack([*common, *extra]), measured, whole)
        lines.append(laplace.peer(name, "images", "all", "energy", guess - measured, whole))
    return lines


def _joined(first: Seen, second: Seen) -> Seen:
    inputs = Run(*(np.concatenate(pair) for pair in zip(first.inputs, second.inputs, strict=True)))
    logs = np.concatenate([first.logs, second.logs], axis=1)
    return seen_of(inputs, logs, np.concatenate([first.whole, second.whole]))


def _by_device(whole: Names) -> dict[str, Any]:
    return {device: np.char.endswith(whole, device) for device in V2_DEVICES}
