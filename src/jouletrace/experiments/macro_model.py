"""Parameters of macros as a fit has them: the kernel's technology for every point, and priors."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jouletrace.experiments.macro_process import SIMILAR, Prior, Process, Seen
from jouletrace.experiments.macro_rows import KINDS, LOGIC, Design, Numbers, Points
from jouletrace.experiments.task import Task
from jouletrace.models.hardware.macro import DIGITAL, NONVOLATILE, Tech, operation_energy_j, voltage_v2
from jouletrace.registry.distribution import Z95

#: Parameters whose priors are entries of the registry, each with that entry.
LEARNED = {
    "gate_f": "gate_capacitance_f",
    "converter_linear_f": "converter_linear_capacitance_f",
    "converter_quartic_f": "converter_quartic_capacitance_f",
    "driver_f": "driver_capacitance_f",
    "activity_ratio": "macro_activity_ratio",
    "logic_node_ratio": "digital_node_exponent_ratio",
    "cell_node_ratio": "analog_node_exponent_ratio",
    "converter_node_ratio": "converter_node_exponent_ratio",
    "voltage_ratio": "macro_voltage_exponent_ratio",
    "turn_on_v": "turn_on_v",
}
#: Constants of the registry that are not fitted, by the field of the kernel that they feed.
FIXED = {
    "reference_node_m": "macro_reference_node_m",
    "reference_supply_v": "macro_reference_supply_v",
    "turn_on_width_v": "turn_on_width_v",
    "xor_capacitance_ratio": "xor_capacitance_ratio",
    "register_capacitance_ratio": "register_capacitance_ratio",
    "gate_delay_s": "gate_delay_s",
    "xor_delay_ratio": "xor_delay_ratio",
    "converter_delay_s": "converter_delay_s",
    "converter_row_delay_s": "converter_row_delay_s",
    "gate_area_sqm": "gate_area_sqm",
    "xor_area_ratio": "xor_area_ratio",
    "register_area_ratio": "register_area_ratio",
    "converter_area_sqm": "converter_area_sqm",
    "converter_area_growth_ratio": "converter_area_growth_ratio",
    "bit_line_f": "bit_line_capacitance_f",
}
SPREAD = "_spread_ratio"
#: What the smooth residual follows: node, products added in a column, bits of an input in a cycle.
FEATURES = ("node", "accumulated", "bits")
#: Memories whose residuals say nothing about those of the others.
APART = ("nonvolatile",)
#: Kinds whose papers scatter alike: logic, charge on capacitors, currents and what is not told, conductances.
FAMILIES = {
    "logic": LOGIC,
    "charge": ("qr",),
    "current": ("qr-line", "qs", "qs-qr", "is", "unstated", "edram"),
    "nonvolatile": APART,
}


def fixed(task: Task) -> dict[str, float]:
    """Constants in coherent units, by the field of the kernel."""
    return {field: task.quantities[name].middle(name) for field, name in FIXED.items()}


def prior_of(task: Task) -> Prior:
    """Priors of the registry, and of settings that have a spread beside them."""
    names, centres, spreads = [], [], []
    for parameter, name in LEARNED.items():
        low, high = task.quantities[name].cases["any"].distribution.stated
        names.append(parameter)
        centres.append(np.log(task.quantities[name].middle(name)))
        spreads.append(np.log(high / low) / (2.0 * Z95))
    for setting in task.entry.settings:
        if f"{setting}{SPREAD}" in task.entry.settings:
            centre = task.setting(setting)
            names.append(setting)
            centres.append(np.log(centre / (1.0 - centre) if setting == SIMILAR else centre))
            spreads.append(task.setting(f"{setting}{SPREAD}"))
    shares = np.array([float(name == SIMILAR) for name in names])
    return Prior(tuple(names), np.array(centres), np.array(spreads), shares)


def technology(value: Mapping[str, Array], one: Design, constants: Mapping[str, float]) -> Tech:
    """The technology of a point: its node and supply, and laws and cells of its kind."""
    kinds = dict(zip(KINDS, one.kinds, strict=True))
    logic = one.macro.kind == DIGITAL
    nonvolatile = one.macro.kind == NONVOLATILE
    cell_f = 0.5 * value["gate_f"] + constants["bit_line_f"]
    cells = sum(value[f"{name.replace('-', '_')}_cell_ratio"] * kinds[name] for name in KINDS[len(LOGIC) :])
    relative = one.node_m / constants["reference_node_m"]
    own = jnp.where(nonvolatile, value["nonvolatile_cell_node_ratio"], value["cell_node_ratio"])
    fields: dict[str, Any] = {name: constants[name] for name in Tech._fields if name in constants}
    return Tech(
        **fields,
        node_m=one.node_m,
        supply_v=one.supply_v,
        node_exponent=jnp.where(logic, value["logic_node_ratio"], own),
        converter_node_exponent=jnp.where(
            nonvolatile, value["nonvolatile_converter_node_ratio"], value["converter_node_ratio"]
        ),
        voltage_exponent=jnp.where(
            logic,
            value["logic_voltage_ratio"],
            jnp.where(nonvolatile, value["nonvolatile_voltage_ratio"], value["voltage_ratio"]),
        ),
        turn_on_v=jnp.where(logic, value["turn_on_v"] * relative ** value["turn_on_node_ratio"], 0.0),
        gate_f=value["gate_f"],
        # Bits of a weight that are merged before the converter may share their charge.
        cell_f=cell_f * cells * one.macro.weight_bits ** (value["merged_bits_ratio"] - 1.0),
        converter_linear_f=value["converter_linear_f"]
        * jnp.where(nonvolatile, value["nonvolatile_converter_ratio"], 1.0),
        converter_quartic_f=value["converter_quartic_f"],
        driver_f=value["driver_f"],
        counted_ratio=jnp.where(logic, 1.0, value["counted_ratio"]),
    )


def log_operation_j(value: Mapping[str, Array], one: Design, constants: Mapping[str, float]) -> Array:
    """Logarithm of the energy of an operation on one bit by one bit.

    Of an accelerator, whose memory does not compute, arithmetic and the memory beside it take an energy that
    only node and supply change.
    """
    tech = technology(value, one, constants)
    macro = one.macro._replace(activity=jnp.where(one.macro.kind == DIGITAL, value["activity_ratio"], 1.0))
    relative = (one.node_m / constants["reference_node_m"]) ** tech.node_exponent
    plain = value["accelerator_operation_f"] * relative * voltage_v2(tech)
    joules = jnp.where(one.kinds[0] > 0.0, plain, operation_energy_j(tech, macro))
    return jnp.log(joules) + one.processor * jnp.log(value["processor_ratio"])


def features(one: Design, constants: Mapping[str, float]) -> Numbers:
    """What the smooth residual follows, in logarithms (point x feature)."""
    columns = (
        one.node_m / constants["reference_node_m"],
        one.macro.accumulated,
        one.macro.cycle_bits,
    )
    return np.stack([np.log(np.asarray(column, dtype=np.float64)) for column in columns], axis=-1)


def process_of(task: Task, points: Points) -> Process:
    """The model with all points."""
    constants = fixed(task)
    one = points.design
    extra = one.vague * task.setting("unstated_supply_ratio") ** 2
    kinds = np.array([float(name in APART) for name in KINDS])
    seen = Seen(
        one,
        features(one, constants),
        one.kinds,
        one.processor,
        extra,
        points.log_j,
        points.paper,
        points.same,
    )

    def mean(value: dict[str, Array], inputs: Design) -> Array:
        return jax.vmap(lambda point: log_operation_j(value, point, constants))(inputs)

    family = np.array([[float(name in kin) for kin in FAMILIES.values()] for name in KINDS])
    freedom = task.setting("freedom_count")
    return Process(mean, prior_of(task), seen, FEATURES, kinds, tuple(FAMILIES), family, freedom)
