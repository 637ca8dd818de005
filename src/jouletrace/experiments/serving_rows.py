"""Measured runs of language-model serving as inputs of the machine model."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import numpy as np
from numpy.typing import NDArray

from jouletrace.models.hardware.state import Device, Load, Model, System
from jouletrace.registry.rows import Row
from jouletrace.units import to_coherent

Numbers = NDArray[np.float64]
#: The model line to which a model belongs, by the beginning of its key.
FAMILIES = {
    "llama-4": "Llama 4",
    "llama-3": "Llama 3",
    "codellama": "Code Llama",
    "llava-next": "LLaVA",
    "llava": "LLaVA",
    "llama": "Llama",
    "qwen-3": "Qwen 3",
    "gemma-3": "Gemma 3",
    "gemma": "Gemma",
    "gpt-oss": "GPT OSS",
    "nemotron-nano": "Nemotron Nano",
    "mistral": "Mistral",
    "mixtral": "Mixtral",
    "phi": "Phi",
    "starcoder": "StarCoder",
    "chameleon": "Chameleon",
}
#: Bytes of a weight; four bits share a scale of eight among 32.
WEIGHT_B = {"bfloat16": 2.0, "fp8": 1.0, "mxfp4": 0.5 + 1.0 / 32.0}
HALF_B = 2.0
SINGLE_B = 4.0
FIGURES = {
    "measured_token_energy_j": "token_energy_j",
    "measured_request_energy_j": "request_energy_j",
    "measured_token_interval_s": "interval_s",
    "measured_output_token_per_s": "token_per_s",
    "measured_output_token": "output_token",
    "measured_batch_count": "batch_count",
}


class Inputs(NamedTuple):
    """What is known of each run, by row."""

    device: Device
    system: System
    model: Model
    load: Load
    byte_energy_j_per_b: Any
    link_energy_j_per_b: Any
    link_bandwidth_b_per_s: Any
    tasks: Any
    older: Any
    earlier: Any
    recurrent: Any


@dataclass(frozen=True)
class Runs:
    """Runs with their inputs, logarithms of what was measured, and what they are called."""

    inputs: Inputs
    logs: Numbers
    names: dict[str, NDArray[np.str_]]
    tasks: tuple[str, ...]


def settings(series: str) -> dict[str, str]:
    """What a run was set to, from the name of its series.

    >>> settings("model-qwen-3-14b--devices-2")
    {'model': 'qwen-3-14b', 'devices': '2'}
    """
    return {key: value for key, _, value in (pair.partition("-") for pair in series.split("--"))}


def family(model: str) -> str:
    """The line of a model.

    >>> family("llama-4-scout"), family("llama-3-1-8b"), family("codellama-7b")
    ('Llama 4', 'Llama 3', 'Code Llama')
    """
    return next(name for start, name in FAMILIES.items() if model.startswith(start))


def sheets(rows: Iterable[Row]) -> dict[str, dict[str, float]]:
    """Figures of a table by series and quantity, in coherent units."""
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        found.setdefault(row.series, {})[row.quantity] = to_coherent(row.value, row.unit, row.quantity)
    return found


def measured(rows: Iterable[Row]) -> list[tuple[dict[str, str], dict[str, float]]]:
    """Runs as what they were set to and what was measured."""
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        name = FIGURES.get(row.quantity)
        if name:
            found.setdefault(row.series, {})[name] = to_coherent(row.value, row.unit, row.quantity)
    return [(settings(series), figures) for series, figures in found.items()]


def runs(
    tables: Mapping[str, Iterable[Row]],
    datasets: Mapping[str, str],
    energies: Mapping[str, float],
) -> Runs:
    """All runs of some datasets, whose serving stacks are given; ``energies``: those of a byte."""
    shapes, devices = sheets(tables["model-shapes"]), sheets(tables["device-specs"])
    points, logs, names = [], [], []
    tasks: list[str] = []
    for dataset, stack in datasets.items():
        for given, figures in measured(tables[dataset]):
            shape = shapes[given["model"]]
            label = f"{given['task']} {stack}"
            tasks.append(label)
            points.append(_point(given, figures, shape, devices[given["device"]], energies))
            logs.append(_logs(figures, stack))
            names.append(_names(given, stack, label))
    several = tuple(sorted(set(tasks)))
    columns = {key: np.array([name[key] for name in names]) for key in names[0]}
    inputs = _stacked(points)._replace(
        tasks=np.array([[float(label == one) for one in several] for label in tasks]),
        older=(columns["stack"] == "2024").astype(float),
        earlier=np.char.startswith(columns["device"], "a100").astype(float),
    )
    return Runs(inputs, np.array(logs).T, columns, several)


def _names(given: Mapping[str, str], stack: str, label: str) -> dict[str, str]:
    line, devices = family(given["model"]), _devices(given)
    edition = given.get("edition", "")
    return {
        "stack": stack,
        "device": given["device"],
        "family": line,
        "task": given["task"],
        "label": label,
        "model": given["model"],
        "edition": edition,
        "devices": f"{devices:.0f}",
        "limit": given["limit"],
        "weights": given.get("weights", "bfloat16"),
        "line": f"{line} {stack} {given['device']}",
        "configuration": f"{edition or given['model']} {label} {given['device']} x{devices:.0f}",
    }


def _devices(given: Mapping[str, str]) -> float:
    return float(given.get("devices") or float(given["tensor"]) * float(given.get("pipeline", "1")))


def _logs(figures: Mapping[str, float], stack: str) -> list[float]:
    """Energy of an output token, time between tokens, and mean time of an iteration."""
    energy = figures.get("token_energy_j") or figures["request_energy_j"] / figures["output_token"]
    iteration = figures["batch_count"] / figures["token_per_s"]
    return [float(np.log(x)) for x in (energy, figures["interval_s"], iteration)]


def _point(
    given: Mapping[str, str],
    figures: Mapping[str, Any],
    shape: Mapping[str, Any],
    device: Mapping[str, Any],
    energies: Mapping[str, float],
) -> Inputs:
    devices: Any = _devices(given)
    memory = "hbm3" if given["device"].startswith("h100") else "hbm2"
    zero: Any = np.zeros(())
    return Inputs(
        Device(
            device["device_peak_fp16_flop_per_s"],
            device["device_memory_bandwidth_b_per_s"],
            device["device_memory_b"],
            device["device_tdp_w"],
            device.get("device_idle_power_w", zero),
        ),
        System(devices, zero, zero + 1.0, zero + 1.0, float(given.get("experts", "1"))),
        model_of(shape, WEIGHT_B[given.get("weights", "bfloat16")]),
        Load(figures["batch_count"], zero, figures["output_token"]),
        np.asarray(energies[memory]),
        np.asarray(energies["nvlink"]),
        # A data sheet counts both directions.
        np.asarray(0.5 * device["device_link_bandwidth_b_per_s"]),
        zero,
        zero,
        zero,
        np.asarray(float(shape["model_state_value"] > 0.0)),
    )


def model_of(shape: Mapping[str, Any], weight_b: Any) -> Model:
    """A shape as the kernel takes it: the table it looks tokens up in counts as shared and active."""
    lookup = shape["model_lookup_parameter"]
    routed = shape["model_routed_parameter"]
    half_b: Any = HALF_B
    # In fewer than eight bits only experts are kept.
    small = routed > 0.0 and weight_b < 1.0
    return Model(
        total_parameters=shape["model_total_parameter"],
        active_parameters=shape["model_active_parameter"] + lookup,
        shared_parameters=shape["model_shared_parameter"] + lookup,
        lookup_parameters=lookup,
        layers=shape["model_layer"],
        width=shape["model_width"],
        attention_width=shape["model_head"] * shape["model_head_size"],
        attention_layers=shape["model_attention_layer"],
        window_layers=shape["model_windowed_layer"],
        window_tokens=shape["model_window_token"],
        kv_heads=shape["model_kv_head"],
        head_size=shape["model_head_size"],
        state_b=shape["model_state_value"] * SINGLE_B,
        weight_b=half_b if small else weight_b,
        kv_b=half_b,
        activation_b=half_b,
        vocabulary=shape["model_vocabulary"],
        experts=shape["model_expert"],
        expert_bytes_ratio=weight_b / HALF_B if small else 1.0,
    )


def _stacked(points: list[Inputs]) -> Inputs:
    """One tuple of columns from a tuple for each row."""
    return jax.tree.map(lambda *leaves: np.array(leaves, dtype=np.float64), *points)
