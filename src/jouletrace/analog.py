"""What arrays of some accuracy cost: accuracy from networks on arrays, energy from the kernel of macros.

Energy is that of an array whose rows are all used, with the constants that were fitted to published silicon,
draw by draw. An array that computes exactly, with logic in place of converters, has the same rows.
"""

from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jouletrace import computed
from jouletrace.experiments.macro_model import FIXED
from jouletrace.models.hardware.macro import ANALOG, DIGITAL, Macro, Tech, mac_energy
from jouletrace.numerics import jnp
from jouletrace.registry import Registry
from jouletrace.told import Numbers, quantiles
from jouletrace.units import to_coherent

Record = dict[str, Any]
Draws = NDArray[np.float64]
NAME, FIT = "analog-accuracy", "macro-fit"
NETWORKS = {
    "digits-layers": "digits, three layers",
    "letters-convolutions": "letters, convolutions",
    "prose-transformer": "prose, transformer",
}
#: Bits of a setting, by the names of their numbers.
BITS = {"adc": "bits of converters", "weight": "bits of weights", "logic": "bits of weights in logic"}
#: Bits of weights at which the part of converters is told.
WEIGHT = 4.0
#: Bits at which arrays of different rows are compared.
COARSE = {"adc_bits": 5.0, "weight_bits": 8.0}
#: The noise at which captions compare.
ALIKE = 0.02
LEARNED = ("gate_f", "converter_linear_f", "converter_quartic_f", "driver_f")


class Costs:
    """Joules of a multiplication and addition in an array, for every draw of the fitted constants."""

    def __init__(self, registry: Registry, folder: Path) -> None:
        """``folder``: where the fit to published silicon lies."""
        self.draws = computed.columns(folder)
        given = registry.computed[NAME].settings
        self.columns = given["energy_column_count"].value
        self.input_bits = given["input_bit_count"].value
        self.supply_v = given["energy_supply_v"].value
        self.node_m = to_coherent(given["energy_node_nm"].value, "nm", "node_m")
        used = {field: (name, registry.quantities[name]) for field, name in FIXED.items()}
        self.fixed: dict[str, Any] = {field: one.middle(name) for field, (name, one) in used.items()}
        self.line_f = self.fixed.pop("bit_line_f")

    def analog(self, rows: float, adc_bits: float, weight_bits: float) -> Draws:
        """One cell a weight, all bits of an input at once, one conversion of all rows."""
        return self._parts(ANALOG, rows, weight_bits, self.input_bits, adc_bits).sum(axis=0)

    def converters(self, rows: float, adc_bits: float, weight_bits: float) -> Draws:
        """The part of it that converters take."""
        parts = self._parts(ANALOG, rows, weight_bits, self.input_bits, adc_bits)
        share: Draws = parts[1] / parts.sum(axis=0)
        return share

    def digital(self, rows: float, weight_bits: float) -> Draws:
        """Logic below the cells, one bit of an input after another, an exact sum."""
        return self._parts(DIGITAL, rows, weight_bits, 1.0, 0.0).sum(axis=0)

    def _parts(self, kind: float, rows: float, weight: float, cycle: float, adc: float) -> Draws:
        """Cells or logic, converters, drivers of rows (part x draw)."""
        drawn, logic = self.draws, kind == DIGITAL
        cell_f = (0.5 * drawn["gate_f"] + self.line_f) * drawn["qr_cell_ratio"]
        own = {
            "node_m": self.node_m,
            "supply_v": self.supply_v,
            "node_exponent": drawn["logic_node_ratio" if logic else "cell_node_ratio"],
            "converter_node_exponent": drawn["converter_node_ratio"],
            "voltage_exponent": drawn["logic_voltage_ratio" if logic else "voltage_ratio"],
            "turn_on_v": drawn["turn_on_v"] if logic else 0.0,
            "cell_f": cell_f * weight ** (drawn["merged_bits_ratio"] - 1.0),
            **{name: drawn[name] for name in LEARNED},
        }
        tech = Tech(**{name: jnp.asarray(value) for name, value in (self.fixed | own).items()})
        numbers = (kind, rows, self.columns, weight, self.input_bits, cycle, adc, 1.0)
        activity = jnp.asarray(drawn["activity_ratio"] if logic else 1.0)
        macro = Macro(*(jnp.asarray(one) for one in numbers))
        parts = mac_energy(tech, macro._replace(activity=activity))
        whole = np.broadcast_shapes(*(np.shape(one) for one in parts))
        return np.stack([np.broadcast_to(np.asarray(one, np.float64), whole) for one in parts])


def settings_of(runs: list[Record]) -> list[Record]:
    """Mean loss of all seeds at every setting, with its standard error and the spread between seeds."""
    names = ("network", "training", "rows", "noise", "adc_bits", "weight_bits")
    groups: dict[tuple[Any, ...], list[Record]] = {}
    for one in runs:
        if one["rows"] is not None:
            groups.setdefault(tuple(one[name] for name in names), []).append(one)
    return [{**dict(zip(names, key, strict=True)), **_mean(some)} for key, some in groups.items()]


def _mean(some: list[Record]) -> Record:
    losses = [one["loss"] for one in some]
    spread = stdev(losses) if len(losses) > 1 else 0.0
    bits = fmean(one["effective_bits"] for one in some)
    error = spread / len(losses) ** 0.5
    return {"loss": fmean(losses), "spread": spread, "error": error, "effective_bits": bits}


def accuracy(registry: Registry, shown: dict[str, Record]) -> Record:
    """What is lost at every setting and what it costs; empty where a dataset is missing."""
    if NAME not in shown or FIT not in shown:
        return {}
    folder = registry.root / shown[NAME]["folder"]
    costs = Costs(registry, registry.root / shown[FIT]["folder"])
    runs = computed.table(folder, "runs")
    found = settings_of(runs)
    rows = max(one["rows"] for one in found)
    tolerance = registry.computed[NAME].settings["tolerance_ratio"].value
    full = [one for one in found if one["rows"] == rows]
    joules = {
        (one["adc_bits"], one["weight_bits"]): costs.analog(rows, one["adc_bits"], one["weight_bits"])
        for one in full
        if one["adc_bits"] is not None
    }
    exact = {bits: costs.digital(rows, bits) for bits in sorted({one["weight_bits"] for one in full})}
    return {
        "tolerance": tolerance,
        "rows": rows,
        "networks": NETWORKS,
        "settings": [_told(one, joules) for one in found],
        "digital": {str(bits): quantiles(1e15 * values) for bits, values in exact.items()},
        "best": _best(full, joules, exact, tolerance),
        "converters": {
            f"{bits:.0f}": quantiles(100.0 * costs.converters(rows, bits, WEIGHT))
            for bits in sorted({adc for adc, _ in joules})
        },
        "bare": _bare(runs),
        "by_rows": _by_rows(runs),
        "enough": _enough(computed.table(folder, "enough")),
    }


def _told(one: Record, joules: dict[tuple[float, float], Draws]) -> Record:
    cost = joules.get((one["adc_bits"], one["weight_bits"]))
    kept = {key: round(value, 6) if isinstance(value, float) else value for key, value in one.items()}
    return {**kept, "energy_fj": None if cost is None else float(f"{1e15 * np.median(cost):.5g}")}


def _best(
    full: list[Record], joules: dict[tuple[float, float], Draws], exact: dict[float, Draws], tolerance: float
) -> list[Record]:
    """At each noise the cheapest setting of each network that stays within the tolerance, however it learned.

    Where none does there is only the least loss. Beside it stands logic with the fewest bits that do.
    """
    found = []
    for network in NETWORKS:
        mine = [one for one in full if one["network"] == network]
        bare = [one for one in mine if one["noise"] == 0.0 and one["adc_bits"] is None]
        enough = [one["weight_bits"] for one in bare if one["loss"] <= tolerance]
        logic = min(enough) if enough else None
        for noise in sorted({one["noise"] for one in mine}):
            here = [one for one in mine if one["noise"] == noise and one["adc_bits"] is not None]
            line: Record = {"network": network, "noise": noise, "logic_bits": logic}
            line["least_loss"] = min(one["loss"] for one in here)
            good = [one for one in here if one["loss"] <= tolerance]
            if good and logic is not None:
                best = min(good, key=lambda one: float(np.median(joules[_bits(one)])))
                line |= {key: best[key] for key in ("training", "adc_bits", "weight_bits", "loss", "error")}
                line |= {"analog_fj": quantiles(1e15 * joules[_bits(best)])}
                line |= {
                    "logic_fj": quantiles(1e15 * exact[logic]),
                    "gain": quantiles(exact[logic] / joules[_bits(best)]),
                }
            found.append(line)
    return found


def _bits(one: Record) -> tuple[float, float]:
    return one["adc_bits"], one["weight_bits"]


def _bare(runs: list[Record]) -> Record:
    """Accuracy and bits of a character of each network as it was learned exactly."""
    bare = [one for one in runs if one["rows"] is None and one["training"] == "exact"]
    return {
        name: {key: fmean(one[key] for one in bare if one["network"] == name) for key in ("accuracy", "bits")}
        for name in NETWORKS
    }


def _by_rows(runs: list[Record]) -> dict[str, float]:
    """What the transformer loses with converters of few bits, by rows; of the seed that has both."""
    asked = {"network": "prose-transformer", "training": "exact", "seed": 0, "noise": 0.0} | COARSE
    some = [one for one in runs if one["rows"] and all(one[key] == value for key, value in asked.items())]
    return {f"{one['rows']:.0f}": one["loss"] for one in some}


def _enough(rows: list[Record]) -> list[Record]:
    """Effective bits that suffice: mean and ends over seeds, for each network and training."""
    groups: dict[tuple[str, str], list[float]] = {}
    for one in rows:
        groups.setdefault((one["network"], one["training"]), []).append(one["effective_bits"])
    return [
        {"network": network, "training": training, "p05": min(bits), "p50": fmean(bits), "p95": max(bits)}
        for (network, training), bits in groups.items()
    ]


def count(found: Record, numbers: Numbers) -> None:
    """Numbers that the page quotes."""
    numbers.add("tolerance", {"p50": 100.0 * found["tolerance"]}, "percent", "loss that is called none")
    for name, one in found["bare"].items():
        right = {"p50": 100.0 * one["accuracy"]}
        numbers.add(f"accuracy-{name}", right, "percent", f"accuracy, {NETWORKS[name]}")
    bits = {"p50": found["bare"]["prose-transformer"]["bits"]}
    numbers.add("bits-prose", bits, "ratio", "bits that a character takes")
    for one in found["enough"]:
        what = f"{NETWORKS[one['network']]}, {one['training']} learning; ends are seeds"
        numbers.add(
            f"enough-{one['network']}-{one['training']}", one, "ratio", f"effective bits that suffice, {what}"
        )
    for rows, loss in found["by_rows"].items():
        what = f"loss of the transformer with converters of {COARSE['adc_bits']:.0f} bits behind {rows} rows"
        numbers.add(f"rows-{rows}", {"p50": 100.0 * loss}, "percent", what)
    for adc, share in found["converters"].items():
        what = f"part of an array's energy that converters of {adc} bits take, weights of {WEIGHT:.0f} bits"
        numbers.add(f"converters-{adc}", share, "percent", what)
    for one in found["best"]:
        _count_best(one, numbers)


def _count_best(one: Record, numbers: Numbers) -> None:
    percent = f"{100 * one['noise']:.0f}"
    key = f"{one['network']}-{percent}"
    what = f"{NETWORKS[one['network']]}, cells off by {percent} % of their range"
    least = {"p50": 100.0 * one["least_loss"]}
    numbers.add(f"least-{key}", least, "percent", f"least loss of any setting, {what}")
    if "gain" not in one:
        return
    for name, bits in (("adc", "adc_bits"), ("weight", "weight_bits"), ("logic", "logic_bits")):
        numbers.count(f"{name}-{key}", int(one[bits]), f"{BITS[name]}, {what}")
    numbers.add(f"analog-fj-{key}", one["analog_fj"], "fJ", f"energy of a product in an analog array, {what}")
    numbers.add(f"logic-fj-{key}", one["logic_fj"], "fJ", f"energy of a product in logic in memory, {what}")
    numbers.add(f"gain-{key}", one["gain"], "times", f"energy in logic over that in an analog array, {what}")


def captions(found: Record) -> dict[str, str]:
    """What each figure shows."""
    said = "; ".join(
        f"{NETWORKS[one['network']]} {{num:{NAME}.analog-fj-{one['network']}-2.p50}} against "
        f"{{num:{NAME}.logic-fj-{one['network']}-2.p50}} in logic"
        for one in found["best"]
        if one["noise"] == ALIKE and "gain" in one
    )
    bits = "; ".join(
        f"{NETWORKS[one['network']]} {{num:{NAME}.enough-{one['network']}-exact.p50}}"
        for one in found["enough"]
        if one["training"] == "exact"
    )
    most = f"{{num:{NAME}.tolerance.p50}}"
    cheapest = f" Cheapest of those that lose no more than {most}, where cells are off by a fiftieth"
    return {
        "analog-energy": "Accuracy lost against the energy of a product and its addition, network by network."
        + (f"{cheapest} of their range: {said}." if said else ""),
        "analog-bits": (
            f"Accuracy lost against the effective bits of products, whatever errs. Bits that suffice: {bits}."
        ),
    }
