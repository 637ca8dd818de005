"""Sweeps within a chip: every other point of a metric from one of them, by the laws of supply and bits.

The point in the middle of a sweep sets the level. Nothing else of the chip is used: the laws of the supply
are those of a fit that has not seen it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from jouletrace.experiments.macro_rows import Numbers
from jouletrace.models.hardware import serial
from jouletrace.models.hardware.macro import Tech, voltage_v2
from jouletrace.registry.rows import Row

#: Rows and columns of the array of Colonnade, as its paper has it; both sweeps of bits run on it.
ROWS, COLUMNS = jnp.asarray(128.0), jnp.asarray(128.0)
MILLI = 1e-3
#: What a chip computes with, which decides the law of its supply.
LOGIC = ("colonnade-jssc",)


class Sweep(NamedTuple):
    """Points of one metric of one chip: settings by name, nan where not stated, and logarithms."""

    chip: str
    metric: str
    settings: Mapping[str, Numbers]
    logs: Numbers


Settings = Mapping[str, Array]
Law = Callable[[Settings, Tech], Array]
SETTINGS = ("supply", "input_bits", "weight_bits", "output_bits", "registers", "phases")


def sweeps(rows: Iterable[Row]) -> list[Sweep]:
    """The sweeps of a table, each metric of each chip on its own, in the order of the table."""
    found: dict[tuple[str, str], list[tuple[list[float], float]]] = {}
    for row in sorted(rows, key=lambda row: int(row.series.rsplit("--", 1)[1])):
        chip, metric, *told, _ = row.series.split("--")
        settings = [np.nan if one == "x" else float(one) for one in told]
        found.setdefault((chip, metric), []).append((settings, float(np.log(row.value))))
    return [
        Sweep(
            chip,
            metric,
            dict(zip(SETTINGS, np.array([one for one, _ in points]).T, strict=True)),
            np.array([log for _, log in points]),
        )
        for (chip, metric), points in found.items()
    ]


def anchor(sweep: Sweep) -> int:
    """The place of the point in the middle: settings in order, one after the other."""
    order = np.lexsort([np.nan_to_num(sweep.settings[name]) for name in reversed(SETTINGS)])
    return int(order[(len(order) - 1) // 2])


def _energy(one: Settings, tech: Tech) -> Array:
    """Of a product in a digital array: all columns switch for each input bit, whatever they hold."""
    return voltage_v2(tech) * one["input_bits"] / serial.groups(COLUMNS, ROWS, one["weight_bits"])


def _cycle(one: Settings, tech: Tech) -> Array:
    return serial.ripple(ROWS, one["weight_bits"], one["registers"], jnp.asarray(tech.register_area_ratio))


def _throughput(one: Settings, tech: Tech) -> Array:
    held = serial.groups(COLUMNS, ROWS, one["weight_bits"])
    return held / (one["input_bits"] * _cycle(one, tech))


def _latency(one: Settings, tech: Tech) -> Array:
    """A bit passes all registers and one more to leave before the next one enters."""
    cycle = _cycle(one, tech)
    return one["input_bits"] * (one["registers"] + 1.0) * cycle


def _pulsed(one: Settings, tech: Tech) -> Array:
    return serial.pulses(one["input_bits"])


def _supplied(one: Settings, tech: Tech) -> Array:
    return voltage_v2(tech)


#: How a metric goes with the settings, by chip; constants drop out against the anchor.
LAWS: dict[str, dict[str, Law]] = {
    "colonnade-jssc": {
        "energy-per-mac": _energy,
        "throughput": _throughput,
        "latency-not-bit-pipelined": _latency,
    },
    "neurram-nature": {
        "efficiency": lambda one, tech: 1.0 / _pulsed(one, tech),
        "energy-component-wl-switching": _pulsed,
        "energy-component-input-pulses": _pulsed,
        "energy-component-neuron-ops-control": _pulsed,
        "throughput-48-macros": lambda one, tech: 1.0 / _pulsed(one, tech),
    },
    "jia-jssc": {
        "efficiency-1b": lambda one, tech: 1.0 / voltage_v2(tech),
        "energy-adc-per-col": _supplied,
        "energy-cim-per-col": _supplied,
        "energy-nmc-per-col": _supplied,
        "compute-density-1b": lambda one, tech: serial.speed(tech),
        "throughput-1b": lambda one, tech: serial.speed(tech),
        "throughput-vs-bits": lambda one, tech: 1.0 / one["input_bits"],
    },
}


def predicted(sweep: Sweep, tech: Callable[[str, Array], Tech]) -> Numbers:
    """Logarithms of all points from the anchor; ``tech`` is the technology of a chip at some supplies.

    Where a sweep does not state its supply it was constant.
    """
    settings: dict[str, Any] = {name: jnp.asarray(one) for name, one in sweep.settings.items()}
    supply_v = jnp.where(jnp.isfinite(settings["supply"]), settings["supply"] * MILLI, 1.0)
    own = tech(sweep.chip, supply_v)
    law = LAWS[sweep.chip][sweep.metric](settings, own)
    logs = np.log(np.broadcast_to(np.asarray(law), sweep.logs.shape))
    at = anchor(sweep)
    return np.asarray(logs - logs[at] + sweep.logs[at])
