"""How far the model of macros is off on chips that it has not seen, which are missed most, and why."""

import math
from pathlib import Path
from typing import Any

from jouletrace import computed
from jouletrace.registry import Registry

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
}


def macros(root: Path, shown: dict[str, Record], registry: Registry) -> Record:
    """Boards, points and the chips that are missed most; empty where there is no such fit."""
    if FIT not in registry.computed:
        return {"boards": [], "points": [], "missed": []}
    folder = root / shown[FIT]["folder"]
    scores: list[Record] = computed.table(folder, "scores")
    points = [_point(row) for row in computed.table(folder, "points") if row["p50_j"]]
    names = {row.series: row.publication for row in _rows(registry, root)}
    told = [{**one, "publication": names.get(one["series"], one["series"])} for one in points]
    return {"boards": _boards(scores), "points": told, "missed": missed(told)}


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
        "error": float(f"{error:.4g}"),
        "inside": values["p05"] <= values["measured"] <= values["p95"],
    }


def missed(points: list[Record]) -> list[Record]:
    """Points of the papers that are missed most, one of each; only computing in SRAM."""
    kept = [one for one in points if one["family"] not in ("accelerator", "non-volatile")]
    found: dict[str, Record] = {}
    for one in sorted(kept, key=lambda one: -abs(one["error"])):
        found.setdefault(one["paper"], {**one, "why": WHY.get(one["paper"], "")})
    return list(found.values())[:MISSED]


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
    keys = ("median_ln", "rms_ln", "bias_ln", "factor_two", "coverage")
    values = {key: row.get(f"{key}_ratio") for key in keys}
    return {
        "by": THIS if row["model"] == "this" else row["model"],
        "part": PARTS[row["rows_of"]],
        "n": int(row["rows"]),
        "groups": int(row["groups"]),
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
