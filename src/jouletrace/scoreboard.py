"""How far the machine model is off on runs that it has not seen, beside what others would have said."""

from pathlib import Path
from typing import Any

from jouletrace import computed
from jouletrace.registry import Registry

Record = dict[str, Any]
WALL = "whole servers: power at the wall"
#: What is predicted, by the dataset that tells it and the words in which the dataset tells it.
PREDICTED = {
    "serving-fit": {
        "token_energy": "language models: energy of an output token",
        "token_interval": "language models: time between two tokens",
    },
    "diffusion-fit": {
        "images, model left out: energy": "images: energy",
        "images, model left out: time": "images: time",
        "videos, from images: energy": "videos, by a fit to images: energy",
        "second leaderboard, from images": "images of the edition before, by a fit to this one: energy",
        "regression on parameters, steps, batch and GPUs": "images: energy",
        "regression on work, batch and GPUs": "images: energy",
    },
    "server-fit": {
        "power": WALL,
        "energy": "whole servers: energy of a sample, its rate predicted as well",
        "regression of power on rated power and scenario": WALL,
        "regression of power on the same and kind, tuning, housing, workload": WALL,
    },
    "inferentia-fit": {
        "token": "Inferentia 2: time of a token",
        "first token": "Inferentia 2: time to the first token",
        "token, plain bandwidth roofline": "Inferentia 2: time of a token",
    },
}
THIS = "the machine model"
#: What was left out of the fit, by the name of a split.
LEFT_OUT = {
    "family": "the family of models",
    "generation": "the kind of GPU",
    "stack": "the edition of the benchmark",
    "larger": "any run as large",
    "none": "",
}
FITS = {"diffusion-fit": "the model", "server-fit": "the system", "inferentia-fit": "the shape of models"}
#: Groups whose rows are told apart, beside all of them.
PARTS = {"all": "all", "lm-arena-chat": "conversations"}
SERVING = "serving-fit"


def scoreboard(root: Path, shown: dict[str, Record], registry: Registry) -> Record:
    """Scores of all fits, line by line, and those of each family of language models."""
    found = {name: _table(root, shown[name]) for name in PREDICTED if name in registry.computed}
    lines = [line for name, rows in found.items() for row in rows if (line := _line(name, row))]
    order = {what: place for place, what in enumerate(dict.fromkeys(one["what"] for one in lines))}
    lines.sort(key=lambda one: (order[one["what"]], one["rows_of"] != "all", one["by"] != THIS))
    return {"lines": lines, "families": _families(found.get(SERVING, []))}


def _table(root: Path, dataset: Record) -> list[Record]:
    rows: list[Record] = computed.table(root / dataset["folder"], "scores")
    return rows


def _line(name: str, row: Record) -> Record | None:
    """One line of the board; none for a split that is told elsewhere."""
    told = row["figure"] if name == SERVING else row["predicted"]
    if told not in PREDICTED[name] or row["rows_of"] not in PARTS:
        return None
    ours = row["model"] == "this" if name == SERVING else not told.startswith(("regression", "token, plain"))
    by = THIS if ours else row["model"] if name == SERVING else told
    left_out = LEFT_OUT[row["split"]] if name == SERVING else FITS[name] if ours else "the same"
    return {
        "dataset": name,
        "what": PREDICTED[name][told],
        "rows_of": row["rows_of"],
        "part": PARTS[row["rows_of"]],
        "by": by.removeprefix("token, "),
        "left_out": left_out,
        **_figures(row),
    }


def _figures(row: Record) -> Record:
    """Counts as counts; what a peer does not give, an interval, stays empty."""
    keys = ("median_ln_ratio", "rms_ln_ratio", "factor_two_ratio", "coverage_ratio")
    values = {key.removesuffix("_ratio"): row.get(key) for key in keys}
    clean = {key: None if value in (None, "") or value != value else value for key, value in values.items()}
    return {"n": int(row["rows"]), "groups": int(row["groups"]), **clean}


def _families(rows: list[Record]) -> list[Record]:
    """Energy of a token by family, each predicted without it; which way it is missed."""
    told = [row for row in rows if row["model"] == "this" and row["split"] == "family"]
    some = [row for row in told if row["figure"] == "token_energy" and row["rows_of"][0].isupper()]
    return [{"family": row["rows_of"], "bias": row["bias_ln_ratio"], **_figures(row)} for row in some]
