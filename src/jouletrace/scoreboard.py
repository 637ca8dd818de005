"""How far the machine model is off on runs that it has not seen, beside what others would have said."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from scipy.stats import binom

from jouletrace import computed
from jouletrace.registry import Registry
from jouletrace.told import Numbers

Record = dict[str, Any]
THIS = "the machine model"


class Asked(NamedTuple):
    """A figure of a dataset that is told: in which words, and what its splits left out of the fit."""

    dataset: str
    figure: str
    words: str
    left_out: Mapping[str, str]


SERVING = {
    "family": "the family of models",
    "generation": "the kind of GPU",
    "stack": "the edition of the benchmark",
    "larger": "any run as large",
    "none": "",
}
SECOND = "images of the edition before, by a fit to this one: energy"
ASKED = (
    Asked("serving-fit", "token_energy", "language models: energy of an output token", SERVING),
    Asked("serving-fit", "token_interval", "language models: time between two tokens", SERVING),
    Asked("diffusion-fit", "energy", "images: energy", {"images": "the model"}),
    Asked("diffusion-fit", "time", "images: time", {"images": "the model"}),
    Asked(
        "diffusion-fit",
        "energy",
        "videos, by a fit to images: energy",
        {"videos, from images": "all videos"},
    ),
    Asked("diffusion-fit", "energy", SECOND, {"second leaderboard, from images": "all of its runs"}),
    Asked("server-fit", "power", "whole servers: power at the wall", {"system": "the system"}),
    Asked(
        "server-fit",
        "energy",
        "whole servers: energy of a sample, its rate predicted as well",
        {"system": "the system"},
    ),
    Asked(
        "inferentia-fit",
        "token",
        "Inferentia 2: time of a token",
        {"shape": "the shape of models", "none": ""},
    ),
    Asked("inferentia-fit", "first token", "Inferentia 2: time to the first token", {"shape": "the same"}),
)
#: Groups whose rows are told apart, beside all of them.
PARTS = {"all": "all", "lm-arena-chat": "conversations"}
#: Groups by which a dataset's misses are told one by one: figure, split, and what a group is.
GROUPS = {
    "serving-fit": ("token_energy", "family"),
    "diffusion-fit": ("energy", "images"),
    "inferentia-fit": ("token", "shape"),
}
#: How figures of a line are printed: unit, and words for what they are.
FIGURES = {
    "median_ln": ("ratio", "typical error, as a logarithm"),
    "rms_ln": ("ratio", "root mean square of errors, as logarithms"),
    "factor_two": ("percent", "runs predicted within a factor of two"),
    "coverage": ("percent", "runs inside their nine-tenths interval"),
}
LEVEL, BAND = 0.9, 0.95


def scoreboard(root: Path, shown: dict[str, Record], registry: Registry) -> tuple[Record, Record]:
    """Scores of all fits, line by line, and those of groups; and every figure of them as a number."""
    names = dict.fromkeys(one.dataset for one in ASKED if one.dataset in registry.computed)
    tables = {name: computed.table(root / shown[name]["folder"], "scores") for name in names}
    numbers = {name: Numbers(name, shown[name]) for name in names}
    lines = [
        line
        for place, one in enumerate(ASKED)
        for row in tables.get(one.dataset, [])
        if (line := _line(one, row)) and _numbered(line, f"board-{place}", numbers[one.dataset])
    ]
    lines.sort(key=lambda line: (line["place"], line["rows_of"] != "all", line["by"] != THIS))
    groups = [line for name in names for line in _groups(name, tables[name], numbers[name])]
    found = {"lines": lines, "groups": groups, "servers": _servers(root, shown, registry)}
    return found, {key: value for one in numbers.values() for key, value in one.found.items()}


def _line(asked: Asked, row: Record) -> Record | None:
    """One line of the board; none for a split that is told elsewhere."""
    if row["figure"] != asked.figure or row["split"] not in asked.left_out or row["rows_of"] not in PARTS:
        return None
    ours = row["model"] == "this"
    left_out = asked.left_out[row["split"]]
    return {
        "dataset": asked.dataset,
        "place": ASKED.index(asked),
        "what": asked.words,
        "rows_of": row["rows_of"],
        "part": PARTS[row["rows_of"]],
        "by": THIS if ours else row["model"],
        "left_out": left_out if ours or not left_out else "the same",
        **_figures(row),
    }


def _figures(row: Record) -> Record:
    """Counts as counts; what a peer does not give, an interval, stays empty."""
    values = {key: row.get(f"{key}_ratio") for key in FIGURES}
    clean = {key: None if value in (None, "") or value != value else value for key, value in values.items()}
    low, high = binom.ppf([(1.0 - BAND) / 2, (1.0 + BAND) / 2], int(row["groups"]), LEVEL) / int(
        row["groups"]
    )
    return {
        "n": int(row["rows"]),
        "groups": int(row["groups"]),
        "bias_ln": row["bias_ln_ratio"],
        **clean,
        "band": [float(low), float(high)],
    }


def _numbered(line: Record, key: str, numbers: Numbers) -> bool:
    """Give every figure of a line an id that pages quote."""
    line["id"] = f"{key}-{len(numbers.found)}"
    about = line.get("group") or f"{line['what']}; {line['by']}"
    for name, (unit, words) in FIGURES.items():
        value = line[name]
        if value is not None:
            shown = 100.0 * value if unit == "percent" else value
            numbers.add(f"{line['id']}.{name}", {"p50": shown}, unit, f"{about}: {words}")
    return True


def _groups(name: str, rows: list[Record], numbers: Numbers) -> list[Record]:
    """One figure of a dataset by group, each predicted without it; which way it is missed."""
    if name not in GROUPS:
        return []
    figure, split = GROUPS[name]
    ours = [row for row in rows if (row["model"], row["split"], row["figure"]) == ("this", split, figure)]
    told = [row for row in ours if row["groups"] == 1]
    found = []
    for row in told:
        line = {"dataset": name, "group": row["rows_of"], **_figures(row)}
        found += [line] if _numbered(line, "group", numbers) else []
    return found


def _servers(root: Path, shown: dict[str, Record], registry: Registry) -> list[Record]:
    """Every run of a whole system, whose publisher lets it be carried: measured and predicted watts."""
    if "server-fit" not in registry.computed:
        return []
    keys = ("system", "measured_w", "p05_w", "p50_w", "p95_w")
    rows = computed.table(root / shown["server-fit"]["folder"], "runs")
    return [{key: row[key] for key in keys} for row in rows]
