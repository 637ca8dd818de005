"""How far the model of macros is off on chips that it has not seen, which are missed most, and why."""

import math
from pathlib import Path
from statistics import median
from typing import Any

from jouletrace import computed
from jouletrace.registry import Registry
from jouletrace.scoreboard import FIGURES, LEVEL, band, number, slug
from jouletrace.told import Numbers

Record = dict[str, Any]
FIT = "macro-fit"
THIS = "the model of macros"
FEMTO = 1e15
#: Tables of the board: what is asked, and what was left out where the model is asked.
BOARDS = {
    "paper": ("Macros in SRAM, without their paper", "the same rows and splits"),
    "year": ("Macros in SRAM, without their year", "the same rows and splits"),
    "chip": ("Seven chips that ZigZag-IMC was validated on, without the chip", "as published"),
    "sweep": ("Within a chip: voltage and bits, from one point of each sweep", ""),
    "paper of another memory": ("Non-volatile memories, without their paper", ""),
    "paper of an accelerator": ("Digital accelerators, without their paper", ""),
    "never fitted": ("Chips that no fit has seen", ""),
}
#: Parts of the rows, as they are called; others are told by a table of their own.
PARTS = {
    "all": "all",
    "digital": "digital",
    "analog": "analog",
    "charge": "charge redistribution",
    "macros alone": "macros alone",
    "processors": "whole processors",
    "sparsity known": "where sparsity is known",
    "colonnade-jssc": "Colonnade, digital",
    "colonnade-jssc: energy-per-mac": "Colonnade, energy alone",
    "neurram-nature": "NeuRRAM, resistive memory",
    "jia-jssc": "Jia, charge redistribution",
}
#: Peers that are asked about other rows than the model: their own figure stands beside the chips.
OWN = {"ZigZag-IMC, chip by chip and fitted to them": "chip"}
UNFITTED = ("ZigZag's equations", "ZigZag's equations, a quarter of the logic active")
MISSED = 12
#: Families of kinds that a figure tells apart.
FAMILIES = {
    "dimc": "digital",
    "accelerator": "accelerator",
    "qr": "charge",
    "qr-line": "charge",
    "nonvolatile": "non-volatile",
}
OTHER = "other analog"
#: Why a chip is missed, as far as its paper and the tables tell, by the key of its paper.
WHY = {
    "uiuc3": "far below threshold, and read by a ramp: a finer reading takes a step for every level",
    "uiuc46": "a processor whose own title spans a factor of a hundred between dense and sparse operation",
    "dimc4": "its paper spans almost a factor of twenty with sparsity; the figure is of the sparse end",
    "colonnade": "full adders and registers in every cell, at a node without any other digital macro here",
    "uiuc13": "one converter reads one output at a time, so that control and clock are not shared",
    "uiuc53": "a processor that skips zeros: its two points differ more than twofold at one supply",
    "uiuc24": "a processor that skips zeros: its own title spans a factor of almost thirty",
    "uiuc10": "computes in widths of pulses, which no equation here describes",
    "uiuc4": "adds few products; converters of its group take far less than the equations ask for",
    "uiuc23": "adds few products; converters of its group take far less than the equations ask for",
    "uiuc1": "adds few products; converters of its group take far less than the equations ask for",
    "uiuc89": "a ladder of capacitors merges eight bits before one converter",
    "uiuc38": "resistances of its cells are low and close together, so that much current tells them apart",
    "uiuc87": "resistances of its cells are low and close together, so that much current tells them apart",
    "uiuc51": "has circuits against theft of its weights beside the array",
    "uiuc61": "draws no steady current; its own title spans a factor of sixty with the bits",
    "uiuc60": "its own title spans a factor of three; cells of one bit and of several work together",
}
#: Kinds of non-volatile cells, by the second word of a series.
CELLS = {"mram": "magnetic", "reram": "resistive", "pcm": "phase change", "nor": "flash"}
MISSED_CELLS = 6


def macros(root: Path, shown: dict[str, Record], registry: Registry) -> tuple[Record, Record]:
    """Boards, points and the chips that are missed most, and their figures as numbers; or nothing."""
    if FIT not in registry.computed:
        return {"boards": [], "points": [], "missed": [], "missed_cells": []}, {}
    folder = root / shown[FIT]["folder"]
    swept = inside_sweeps(computed.table(folder, "sweeps"))
    scores: list[Record] = [
        {**row, "coverage_ratio": _swept(row, swept)} for row in computed.table(folder, "scores")
    ]
    points = [_point(row) for row in computed.table(folder, "points") if row["p50_j"]]
    names = {row.series: row.publication for row in _rows(registry, root)}
    told = [{**one, "publication": names.get(one["series"], one["series"])} for one in points]
    boards, numbers = _boards(scores), Numbers(FIT, shown[FIT])
    for line in (line for one in boards for line in one["lines"]):
        number(line, numbers)
    cells = [one for one in told if one["family"] == "non-volatile"]
    _spread(cells, numbers)
    lost = {"missed": missed(told), "missed_cells": worst(cells)[:MISSED_CELLS]}
    return {"boards": boards, "points": told, **lost}, numbers.found


def _swept(row: Record, swept: dict[str, float]) -> Any:
    """Part inside of a row of scores: that of sweeps, which the fit gives none, or its own."""
    ours = row["split"] == "sweep" and row["model"] == "this"
    return swept.get(row["rows_of"]) if ours else row.get("coverage_ratio")


def inside_sweeps(rows: list[Record]) -> dict[str, float]:
    """Part of the points of each sweep inside an interval as wide as errors in the sweeps of other chips.

    The fit has no interval within a chip. Nine tenths of the errors of the other chips, each chip with the
    same weight, are one that knows nothing of the chip but its anchor.

    >>> rows = [dict(chip=c, metric="m", measured=1.0, predicted=p, anchor=0) for c, p in
    ...         (("a", 1.1), ("b", 1.2), ("b", 3.0))]
    >>> inside_sweeps(rows)["b"], inside_sweeps(rows)["a"]
    (0.0, 1.0)
    """
    errors: dict[str, list[tuple[str, float]]] = {}
    for row in rows:
        if not int(row["anchor"]):
            error = abs(math.log(float(row["predicted"]) / float(row["measured"])))
            errors.setdefault(row["chip"], []).append((row["metric"], error))
    told: dict[str, list[bool]] = {}
    for chip, ours in errors.items():
        most = _half_width([[error for _, error in one] for name, one in errors.items() if name != chip])
        for metric, error in ours:
            for part in ("all", chip, f"{chip}: {metric}"):
                told.setdefault(part, []).append(error <= most)
    return {part: sum(found) / len(found) for part, found in told.items()}


def _half_width(chips: list[list[float]]) -> float:
    """The error below which nine tenths of the errors of some chips lie, each chip counted alike."""
    weighted = sorted((error, 1.0 / (len(one) * len(chips))) for one in chips for error in one)
    whole = 0.0
    for error, weight in weighted:
        whole += weight
        if whole >= LEVEL - 1e-9:
            return error
    return math.inf


def _spread(cells: list[Record], numbers: Numbers) -> None:
    """How far published figures of non-volatile memories lie apart, and how many each kind of cell has."""
    measured = [one["measured"] for one in cells]
    if measured:
        typical = math.exp(median(abs(one["error"]) for one in cells))
        numbers.add("cells-typical", {"p50": typical}, "times", "typical error in a non-volatile memory")
        title = "largest published energy of an operation in a non-volatile memory, over the smallest"
        numbers.add("cells-spread", {"p50": max(measured) / min(measured)}, "times", title)
    for name, words in CELLS.items():
        count = sum(one["cell"] == words for one in cells)
        numbers.count(f"cells-{name}", count, f"published points of non-volatile memories, {words}")


def _rows(registry: Registry, root: Path) -> list[Any]:
    from jouletrace.registry.rows import read_rows

    tables = ("macro-silicon", "macro-validation")
    return [row for name in tables for row in read_rows(root / registry.datasets[name].snapshot.path)]


def _point(row: Record) -> Record:
    """A point in femtojoules, as published and as predicted without its paper."""
    values = {key: FEMTO * float(row[f"{key}_j"]) for key in ("measured", "p05", "p50", "p95")}
    error = math.log(values["p50"] / values["measured"])
    return {
        **{key: row[key] for key in ("series", "paper", "kind", "source")},
        **{key: float(f"{value:.6g}") for key, value in values.items()},
        "year": int(row["year"]),
        "family": FAMILIES.get(row["kind"], OTHER),
        "cell": _cell(row["series"]),
        "error": float(f"{error:.4g}"),
        "inside": values["p05"] <= values["measured"] <= values["p95"],
    }


def _cell(series: str) -> str:
    """Kind of non-volatile cell of a row, as the name of its series tells.

    >>> _cell("uiuc38--1--envm--mram-par--is--macro"), _cell("uiuc1--1--sram--6t--qs--macro")
    ('magnetic', '')
    """
    memory, _, rest = series.partition("--envm--")
    return CELLS.get(rest.split("-")[0], "") if memory and rest else ""


def missed(points: list[Record]) -> list[Record]:
    """Points of the papers that are missed most, one of each; only computing in SRAM."""
    return worst([one for one in points if one["family"] not in ("accelerator", "non-volatile")])[:MISSED]


def worst(points: list[Record]) -> list[Record]:
    """The point of each paper that is farthest off, the farthest first, and why."""
    found: dict[str, Record] = {}
    for one in sorted(points, key=lambda one: -abs(one["error"])):
        found.setdefault(one["paper"], {**one, "why": WHY.get(one["paper"], "")})
    return list(found.values())


def _boards(scores: list[Record]) -> list[Record]:
    """One table for each way to leave something out: the model first, then peers on the same rows."""
    found = []
    for split, (title, beside) in BOARDS.items():
        lines = [_line(row) for row in scores if row["rows_of"] in PARTS and (_of(row) == split)]
        lines.sort(key=lambda one: (list(PARTS.values()).index(one["part"]), one["by"] != THIS))
        kept = [one for one in lines if not _same(one, lines)]
        if kept:
            found.append({"split": split, "title": title, "beside": beside, "lines": kept})
    return found


def _of(row: Record) -> str:
    """The table in which a score stands: published equations beside the papers, or beside the chips."""
    if row["split"] == "none":
        return OWN.get(row["model"], "paper")
    return str(row["split"])


def _same(one: Record, lines: list[Record]) -> bool:
    """Whether a part holds all rows, so that it says nothing anew."""
    whole = [other for other in lines if other["part"] == "all" and other["by"] == one["by"]]
    return one["part"] != "all" and any(other["n"] == one["n"] for other in whole)


def _line(row: Record) -> Record:
    values = {key: row.get(f"{key}_ratio") for key in (*FIGURES, "bias_ln")}
    by = THIS if row["model"] == "this" else row["model"]
    return {
        "id": slug(f"{row['split']} {row['rows_of']} {row['model']}"),
        "about": f"macros of in-memory computing, {PARTS[row['rows_of']]}; {by}",
        "by": by,
        "part": PARTS[row["rows_of"]],
        "n": int(row["rows"]),
        "groups": int(row["groups"]),
        "band": band(int(row["groups"])),
        **{key: None if value is None or value != value else float(value) for key, value in values.items()},
    }


def captions() -> dict[str, str]:
    """What the figure of the points shows, by its name."""
    words = (
        "Energy of an operation on one bit by one bit: across as published, upwards as predicted by a fit "
        "without the paper, with nine tenths of what it would expect. On the line both agree; between the "
        "thin lines they do within a factor of two."
    )
    return {"macros-predicted": words}
