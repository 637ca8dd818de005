"""Macros of in-memory computing: the kernel fitted to published silicon, and asked about unseen chips.

Papers, years and validated chips are left out in turn, parameters and sizes of residuals fitted anew without
them; chips that stand in two collections go together. Sweeps within a chip start from one point. Peers are
asked about the same rows.
"""

from collections.abc import Iterator
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jouletrace.experiments import macro_peers, macro_sweeps
from jouletrace.experiments.macro_model import fixed, process_of
from jouletrace.experiments.macro_process import Posterior, Process, asked_of
from jouletrace.experiments.macro_rows import LOGIC, Names, Numbers, Points, gathered
from jouletrace.experiments.task import Found, Table, Task
from jouletrace.models.hardware.macro import Tech
from jouletrace.registry.rows import Row
from jouletrace.units import to_coherent

Rows = Any
INTERVAL = (0.05, 0.95)
REACH = 1.645
FIGURE = "operation_energy"
THIS = "this"
#: The paper behind Jia's sweep, and the node of the chips that were swept.
SWEPT_PAPER = "uiuc5"
SWEPT_NODE_M = 65e-9
#: Validated chips whose sparsity is not known.
SPARSE = ("aimc2", "dimc2", "dimc4")


class Left:
    """Predictions of points that were left out: logarithms at 5, 50 and 95 %."""

    def __init__(self, size: int) -> None:
        self.bounds = np.full((3, size), np.nan)


def run(task: Task) -> Found:
    """Draws of the posterior, and scores of what was left out beside those of peers."""
    rng = np.random.default_rng(task.entry.seed)
    points = gathered(task.tables)
    process = process_of(task, points)
    used = (points.source != "apart").astype(np.float64)
    whole = process.posterior(used)
    lines: list[dict[str, Any]] = []
    kept: dict[str, Left] = {}
    for split, group, rows in splits(points):
        kept[split] = left_out(task, process, points, (whole, used), group, rows, rng)
        for name, part in parts(points, rows).items():
            lines += scored(points, kept[split], split, name, part, group)
    lines += _peers(task, points)
    sweeps, swept = _sweeps(task, process, points, whole, used)
    count = round(task.setting("draws_count"))
    drawn = process.draws(whole, count, rng)
    shown = [process.prior.values(jnp.asarray(one)) for one in drawn]
    draws = {name: np.array([float(one[name]) for one in shown]) for name in process.prior.names}
    tables = {
        "scores": columns(lines + swept),
        "points": _points(points, kept),
        "sweeps": sweeps,
        "parameters": _parameters(process, whole),
        "papers": {"paper": np.unique(points.paper), "log_weight": whole.papers},
        "rows": {"series": points.series, "log_weight": whole.rows},
        "converters": converters(task.tables["adc-survey"], fixed(task)["reference_node_m"]),
    }
    record = {
        "points": int(used.sum()),
        "papers": len(np.unique(points.paper[used > 0.0])),
        "nodes_m": [float(np.min(points.design.node_m)), float(np.max(points.design.node_m))],
    }
    return Found(draws, tables, count, record)


def splits(points: Points) -> Iterator[tuple[str, Names, Rows]]:
    """Ways to leave points out: name, groups, and the rows that are predicted."""
    survey = points.source == "survey"
    sram = survey & (points.memory == "sram")
    yield "paper", points.paper, sram
    yield "year", np.char.mod("%d", points.year), sram
    yield "chip", points.paper, points.source == "validation"
    yield "paper of another memory", points.paper, survey & (points.kind == "nonvolatile")
    yield "paper of an accelerator", points.paper, survey & (points.kind == "accelerator")
    yield "never fitted", points.paper, points.source == "apart"


def parts(points: Points, rows: Rows) -> dict[str, Rows]:
    """Parts of the rows that goals name."""
    key = np.array([series.split("--")[0] for series in points.series])
    masks = {
        "all": rows,
        "digital": rows & np.isin(points.kind, LOGIC),
        "analog": rows & ~np.isin(points.kind, LOGIC),
        "charge": rows & np.isin(points.kind, ["qr", "qr-line"]),
        "macros alone": rows & (points.design.processor == 0.0),
        "processors": rows & (points.design.processor > 0.0),
        "sparsity known": rows & (points.source == "validation") & ~np.isin(key, SPARSE),
    }
    return {name: mask for name, mask in masks.items() if mask.any()}


def left_out(
    task: Task,
    process: Process,
    points: Points,
    fitted: tuple[Posterior, Numbers],
    group: Names,
    rows: Rows,
    rng: np.random.Generator,
) -> Left:
    """Every group predicted by a fit without it and without other points of its papers."""
    whole, used = fitted
    found = Left(len(points.log_j))
    asked = asked_of(process.seen)
    for one in np.unique(group[rows]):
        mask = rows & (group == one)
        kept = used * ~((group == one) | np.isin(points.paper, points.paper[mask]))
        posterior = process.posterior(kept, whole)
        bounds = predicted(task, process, posterior, kept, asked, rng)
        found.bounds[:, mask] = bounds[:, mask]
    return found


def predicted(
    task: Task,
    process: Process,
    posterior: Posterior,
    used: Numbers,
    asked: Any,
    rng: np.random.Generator,
) -> Numbers:
    """Logarithms at 5, 50 and 95 %: the middle is that of the model at its mode."""
    places = process.draws(posterior, round(task.setting("draws_count") / 8), rng)
    sampled = [
        process.predictive(posterior, used, asked, places, rng)[1]
        for _ in range(round(task.setting("samples_count")))
    ]
    mode, _ = process.predictive(posterior, used, asked, posterior.mode[None, :], rng)
    low, high = np.quantile(np.concatenate(sampled), INTERVAL, axis=0)
    return np.stack([low, mode[0], high])


def scored(
    points: Points, left: Left, split: str, what: str, rows: Rows, group: Names
) -> list[dict[str, Any]]:
    """The score of some rows that were left out."""
    low, middle, high = left.bounds[:, rows]
    measured = points.log_j[rows]
    return [
        line(THIS, split, what, middle - measured, len(np.unique(group[rows])))
        | {"coverage_ratio": float(np.mean((low <= measured) & (measured <= high)))}
    ]


def line(model: str, split: str, what: str, errors: Numbers, groups: int) -> dict[str, Any]:
    """How far predictions are from measurements, in logarithms; without an interval."""
    size = np.abs(errors)
    return {
        "model": model,
        "split": split,
        "rows_of": what,
        "figure": FIGURE,
        "rows": len(errors),
        "median_ln_ratio": float(np.median(size)),
        "rms_ln_ratio": float(np.sqrt(np.mean(errors**2))),
        "bias_ln_ratio": float(np.median(errors)),
        "factor_two_ratio": float(np.mean(size < np.log(2.0))),
        "coverage_ratio": float("nan"),
        "groups": groups,
    }


def _peers(task: Task, points: Points) -> list[dict[str, Any]]:
    """Peers on the rows of the goals, by the same splits."""
    lines: list[dict[str, Any]] = []
    chips = points.source == "validation"
    by = {split: (group, rows) for split, group, rows in splits(points)}
    for name, activity in macro_peers.ACTIVITIES.items():
        guess = macro_peers.zigzag(task, points, activity)
        lines += _told(points, name, "none", guess, *by["paper"])
    for split in ("paper", "year", "paper of another memory"):
        group, rows = by[split]
        for name, learner, used in macro_peers.learners(task.entry.seed):
            guess = macro_peers.left_out(points, rows, group, learner, used)
            lines += _told(points, name, split, guess, group, rows)
    modelled = {
        row.series: np.log(to_coherent(row.value, row.unit, row.quantity))
        for row in task.tables["macro-validation"]
        if row.quantity == "validated_modelled_energy_j"
    }
    measured = {
        row.series: np.log(to_coherent(row.value, row.unit, row.quantity))
        for row in task.tables["macro-validation"]
        if row.quantity == "validated_mac_energy_j"
    }
    guess = points.log_j.copy()
    for place in np.flatnonzero(chips):
        series = points.series[place]
        guess[place] += modelled[series] - measured[series]
    lines += _told(points, "ZigZag-IMC, chip by chip and fitted to them", "none", guess, *by["chip"])
    return lines


def _told(
    points: Points, name: str, split: str, guess: Numbers, group: Names, rows: Rows
) -> list[dict[str, Any]]:
    return [
        line(name, split, what, (guess - points.log_j)[part], len(np.unique(group[part])))
        for what, part in parts(points, rows).items()
    ]


def _sweeps(
    task: Task, process: Process, points: Points, whole: Posterior, used: Numbers
) -> tuple[Table, list[dict[str, Any]]]:
    """All points of the sweeps beside what one of them gives, and their scores."""
    constants = fixed(task)
    unseen = process.posterior(used * (points.paper != SWEPT_PAPER), whole)
    value = {name: float(one) for name, one in process.prior.values(jnp.asarray(unseen.mode)).items()}

    def tech(chip: str, supply_v: Array) -> Tech:
        logic = chip in macro_sweeps.LOGIC
        relative = SWEPT_NODE_M / constants["reference_node_m"]
        plain: dict[str, Any] = dict.fromkeys(Tech._fields, 1.0)
        known = {name: one for name, one in constants.items() if name in plain}
        law = {
            "supply_v": supply_v,
            "voltage_exponent": value["logic_voltage_ratio"] if logic else value["voltage_ratio"],
            "turn_on_v": value["turn_on_v"] * relative ** value["turn_on_node_ratio"] if logic else 0.0,
        }
        return Tech(**{**plain, **known, **law})

    table: dict[str, list[Any]] = {key: [] for key in ("chip", "metric", "measured", "predicted", "anchor")}
    errors: dict[str, list[float]] = {}
    for sweep in macro_sweeps.sweeps(task.tables["macro-sweeps"]):
        guess, at = macro_sweeps.predicted(sweep, tech), macro_sweeps.anchor(sweep)
        for place, (log, other) in enumerate(zip(sweep.logs, guess, strict=True)):
            cells = (sweep.chip, sweep.metric, np.exp(log), np.exp(other), float(place == at))
            for key, cell in zip(table, cells, strict=True):
                table[key].append(cell)
            if place != at:
                names = ("all", sweep.chip, f"{sweep.chip}: {sweep.metric}")
                for name in names:
                    errors.setdefault(name, []).append(float(other - log))
    lines = [line(THIS, "sweep", name, np.array(some), 1) for name, some in errors.items()]
    return {key: np.array(one) for key, one in table.items()}, lines


def _points(points: Points, kept: dict[str, Left]) -> Table:
    """Every point with its energy as published and as predicted without its paper."""
    bounds = np.full_like(next(iter(kept.values())).bounds, np.nan)
    for split, left in kept.items():
        if split != "year":
            known = np.isfinite(left.bounds[1])
            bounds[:, known] = left.bounds[:, known]
    low, middle, high = np.exp(bounds)
    return {
        "series": points.series,
        "paper": points.paper,
        "kind": points.kind,
        "source": points.source,
        "year": points.year,
        "measured_j": np.exp(points.log_j),
        "p05_j": low,
        "p50_j": middle,
        "p95_j": high,
    }


def _parameters(process: Process, posterior: Posterior) -> Table:
    """Middle and 90 % interval of every parameter, beside those of its prior."""
    names = process.prior.names
    table: Table = {"parameter": np.array(names)}
    spread = np.sqrt(np.diag(posterior.covariance))
    both = {
        "prior": (np.zeros(len(names)), np.ones(len(names))),
        "posterior": (posterior.mode, spread),
    }
    for name, (centre, wide) in both.items():
        for level, way in (("p05", -REACH), ("p50", 0.0), ("p95", REACH)):
            shown = process.prior.values(jnp.asarray(centre + way * wide))
            table[f"{name}_{level}"] = np.array([float(shown[key]) for key in names])
    return table


#: Quantiles of the lines through the survey of converters, and what their rates are compared with.
LEVELS = (0.1, 0.5, 0.9)
RATE_PER_S = 1e8
FEMTO = 1e15


def converters(rows: tuple[Row, ...], reference_node_m: float) -> Table:
    r"""Lines through energies of stand-alone converters, by quantile regression.

    Formula: \ln E = c + s \, b \ln 2 + t \ln(node / 28 nm) + u \ln(f / 100 MHz), E in femtojoules
    """
    from scipy.optimize import linprog

    found: dict[str, dict[str, float]] = {}
    for row in rows:
        value = to_coherent(row.value, row.unit, row.quantity)
        found.setdefault(row.series, {})[row.quantity] = value
    table = {key: np.array([one[key] for one in found.values()]) for key in next(iter(found.values()))}
    design = np.column_stack(
        [
            np.ones(len(found)),
            table["converter_resolution_count"] * np.log(2.0),
            np.log(table["converter_node_m"] / reference_node_m),
            np.log(table["converter_sample_count_per_s"] / RATE_PER_S),
        ]
    )
    logs = np.log(table["converter_energy_j"] * FEMTO)
    count, width = design.shape
    lines = []
    for level in LEVELS:
        cost = np.concatenate([np.zeros(2 * width), np.full(count, level), np.full(count, 1.0 - level)])
        equal = np.hstack([design, -design, np.eye(count), -np.eye(count)])
        solved = linprog(cost, A_eq=equal, b_eq=logs, method="highs").x
        lines.append(solved[:width] - solved[width : 2 * width])
    return {"quantile": np.array(LEVELS)} | {
        name: np.array([one[place] for one in lines]) for place, name in enumerate(("c", "s", "t", "u"))
    }


def columns(lines: list[dict[str, Any]]) -> Table:
    """A table from its lines."""
    return {key: np.array([one[key] for one in lines]) for key in lines[0]}
