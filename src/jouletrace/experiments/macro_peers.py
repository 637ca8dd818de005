"""What others make of the same design points: ZigZag's equations as published, and learners on what is told.

Learners get the same rows, and are fitted without the group that they are asked about.
"""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jouletrace.experiments.macro_model import fixed
from jouletrace.experiments.macro_rows import Design, Names, Numbers, Points
from jouletrace.experiments.task import Task
from jouletrace.models.hardware.macro import DIGITAL, Tech, operation_energy_j

Rows = Any
Learner = Callable[[Numbers, Numbers, Numbers], Numbers]
#: Trees of the forest, and the fewest points of a leaf.
TREES, LEAF = 300, 2
#: What the published equations are made of.
CAPACITANCES = (
    "gate_capacitance_f",
    "bit_line_capacitance_f",
    "converter_linear_capacitance_f",
    "converter_quartic_capacitance_f",
    "driver_capacitance_f",
)
#: Shares of logic that switches: all, as the equations have it, and as their authors validated them.
ACTIVITIES = {"ZigZag's equations": 1.0, "ZigZag's equations, a quarter of the logic active": 0.25}


def zigzag(task: Task, points: Points, activity: float) -> Numbers:
    """Logarithms by the published equations: square of the supply, linear in the node from 28 nm."""
    constants = fixed(task)
    gate_f, line_f, *others_f = (task.quantities[name].middle(name) for name in CAPACITANCES)
    fields: dict[str, Any] = {name: constants[name] for name in Tech._fields if name in constants}
    fields |= {
        "node_exponent": 1.0,
        "converter_node_exponent": 0.0,
        "voltage_exponent": 2.0,
        "turn_on_v": 0.0,
        "gate_f": gate_f,
        "cell_f": 0.5 * gate_f + line_f,
    }
    fields |= dict(zip(("converter_linear_f", "converter_quartic_f", "driver_f"), others_f, strict=True))

    def one(point: Design) -> jax.Array:
        tech = Tech(**fields, node_m=point.node_m, supply_v=point.supply_v)
        macro = point.macro
        used = macro._replace(activity=jnp.where(macro.kind == DIGITAL, activity, 1.0))
        return jnp.log(operation_energy_j(tech, used))

    return np.asarray(jax.vmap(one)(points.design))


def told(points: Points) -> dict[str, Numbers]:
    """What a table tells of a point, as columns for learners."""
    one = points.design
    macro = one.macro
    return {
        "node": np.log(one.node_m),
        "supply": np.log(one.supply_v),
        "accumulated": np.log(macro.accumulated),
        "cycle bits": np.log(macro.cycle_bits),
        "weight bits": np.log(macro.weight_bits),
        "converter bits": macro.converter_bits,
        "columns": np.log(macro.columns),
        "digital": (macro.kind == DIGITAL).astype(float),
        "charge": np.isin(points.kind, ["qr", "qr-line"]).astype(float),
        "current": (points.kind == "is").astype(float),
        "processor": one.processor,
    }


def learners(seed: int) -> Iterator[tuple[str, Learner, tuple[str, ...]]]:
    """Name, what learns, and the columns that it is given; all of them where none is named."""
    yield "constant", _constant, ()
    yield "node and supply", _line, ("node", "supply")
    yield "linear in eleven columns", _line, ()
    yield "Gaussian process on eleven columns", _process, ()
    yield "random forest on eleven columns", lambda x, y, asked: _forest(x, y, asked, seed), ()


def left_out(points: Points, rows: Rows, group: Names, learner: Learner, columns: tuple[str, ...]) -> Numbers:
    """Logarithms of some rows, each group and its papers predicted without them."""
    table = told(points)
    x = np.column_stack([table[name] for name in columns or table])
    found = np.full(len(points.log_j), np.nan)
    for one in np.unique(group[rows]):
        asked = rows & (group == one)
        known = rows & (group != one) & ~np.isin(points.paper, points.paper[asked])
        found[asked] = learner(x[known], points.log_j[known], x[asked])
    return found


def _constant(x: Numbers, y: Numbers, asked: Numbers) -> Numbers:
    return np.full(len(asked), np.median(y))


def _line(x: Numbers, y: Numbers, asked: Numbers) -> Numbers:
    design = np.column_stack([np.ones(len(x)), x])
    slopes, *_ = np.linalg.lstsq(design, y, rcond=None)
    return np.column_stack([np.ones(len(asked)), asked]) @ slopes


def _process(x: Numbers, y: Numbers, asked: Numbers) -> Numbers:
    """A Gaussian process with a length for each column, fitted by its likelihood."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    middle_x, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    kernel = ConstantKernel() * RBF(np.full(x.shape[1], 2.0), (0.3, 1e3)) + WhiteKernel(0.3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        learner = GaussianProcessRegressor(kernel, normalize_y=True).fit((x - middle_x) / spread, y)
    return np.asarray(learner.predict((asked - middle_x) / spread))


def _forest(x: Numbers, y: Numbers, asked: Numbers, seed: int) -> Numbers:
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(TREES, min_samples_leaf=LEAF, random_state=seed)
    return np.asarray(forest.fit(x, y).predict(asked))
