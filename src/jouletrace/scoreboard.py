"""How far the machine model is off on runs that it has not seen, beside what others would have said."""

import re
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
SERVED = "serving-fit"
SECOND = "images of the edition before, by a fit to this one: energy"
ASKED = (
    Asked(SERVED, "token_energy", "language models: energy of an output token", SERVING),
    Asked(SERVED, "token_interval", "language models: time between two tokens", SERVING),
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
    Asked(
        "inferentia-fit",
        "first token",
        "Inferentia 2: time to the first token",
        {"shape": "the shape of models"},
    ),
)
#: Groups whose rows are told apart, beside all of them.
PARTS = {"all": "all", "lm-arena-chat": "conversations"}
#: Whose misses are told one by one: dataset, figure, split, and in which words.
GROUPS = (
    (SERVED, "token_energy", "family", "Language models, each family left out; then by kind of work"),
    (SERVED, "token_energy", "larger", "Larger runs, kept apart; then by format of weights"),
    ("diffusion-fit", "energy", "images", "Images, each model left out; then by number of GPUs"),
    ("inferentia-fit", "token", "shape", "Inferentia 2, each shape of model left out; then by batch"),
)
#: Groups in readers' words.
WORDS = {
    "gpqa": "questions of science",
    "lm-arena-chat": "conversations",
    "image-chat": "about pictures",
    "video-chat": "about videos",
    "sourcegraph-fim": "code to fill in",
    "bfloat16": "weights of 16 bits",
    "fp8": "weights of 8 bits",
    "mxfp4": "weights of 4 bits",
    "1 GPUs": "1 GPU",
}
#: A spread that chains find is near that of the approximation within this factor.
NEAR = 1.25
#: Parameters that claims read, whose spread by chains is told.
READ = ("running_power_ratio", "operand_energy_j_per_b", "byte_energy_ratio")
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
    lines = [_line(one, row) for one in ASKED for row in tables.get(one.dataset, []) if _is_told(one, row)]
    lines.sort(key=lambda line: (line["place"], line["rows_of"] != "all", line["by"] != THIS, line["order"]))
    groups: list[Record] = [
        {"dataset": name, "title": title, "lines": _groups(name, figure, split, tables[name])}
        for name, figure, split, title in GROUPS
        if name in names
    ]
    for line in [*lines, *(line for one in groups for line in one["lines"])]:
        number(line, numbers[line["dataset"]])
    if SERVED in names:
        _chains(computed.table(root / shown[SERVED]["folder"], "chains"), numbers[SERVED])
    servers = _servers(root, shown["server-fit"], numbers["server-fit"]) if "server-fit" in names else []
    found = {"lines": lines, "groups": groups, "servers": servers}
    return found, {key: value for one in numbers.values() for key, value in one.found.items()}


def _is_told(asked: Asked, row: Record) -> bool:
    """Whether a line of the board is about this row of a table of scores."""
    return row["figure"] == asked.figure and row["split"] in asked.left_out and row["rows_of"] in PARTS


def _line(asked: Asked, row: Record) -> Record:
    """One line of the board."""
    by, left_out = THIS if row["model"] == "this" else row["model"], asked.left_out[row["split"]]
    return {
        "dataset": asked.dataset,
        "place": ASKED.index(asked),
        "order": list(asked.left_out).index(row["split"]),
        "what": asked.words,
        "rows_of": row["rows_of"],
        "part": PARTS[row["rows_of"]],
        "by": by,
        "left_out": left_out,
        "about": f"{asked.words}; {by}",
        **_figures(row),
    }


def _figures(row: Record) -> Record:
    """Counts as counts; what a peer does not give, an interval, stays empty."""
    values = {key: row.get(f"{key}_ratio") for key in FIGURES}
    clean = {key: None if value in (None, "") or value != value else value for key, value in values.items()}
    count = int(row["groups"])
    return {
        "id": slug(f"{row['figure']} {row['split']} {row['rows_of']} {row['model']}"),
        "n": int(row["rows"]),
        "groups": count,
        "bias_ln": row["bias_ln_ratio"],
        **clean,
        "band": band(count),
    }


def band(groups: int) -> list[float] | None:
    """Where the part inside right intervals lies, in nineteen of twenty cases; one group says nothing.

    >>> band(10), band(1)
    ([0.7, 1.0], None)
    """
    if groups < 2:
        return None
    ends = binom.ppf([(1.0 - BAND) / 2, (1.0 + BAND) / 2], groups, LEVEL) / groups
    return [float(end) for end in ends]


def slug(text: str) -> str:
    """A name as an id.

    >>> slug("token_energy family Llama 3 this")
    'token-energy-family-llama-3-this'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def number(line: Record, numbers: Numbers) -> None:
    """Give every figure of a line, its counts and its band an id that pages quote."""
    for name, (unit, words) in FIGURES.items():
        if line[name] is not None:
            value = 100.0 * line[name] if unit == "percent" else line[name]
            numbers.add(f"{line['id']}.{name}", {"p50": value}, unit, f"{line['about']}: {words}")
    numbers.count(f"{line['id']}.n", line["n"], f"{line['about']}: runs that are predicted")
    numbers.count(
        f"{line['id']}.groups", line["groups"], f"{line['about']}: groups that are left out in turn"
    )
    if line["band"] and line["coverage"] is not None:
        ends = dict(zip(("p05", "p95"), (100.0 * end for end in line["band"]), strict=True))
        title = (
            f"{line['about']}: where the part inside lies, in nineteen of twenty cases, for right intervals"
        )
        for end, value in ends.items():
            numbers.add(f"{line['id']}.band-{end}", {"p50": value}, "percent", title)


def _groups(name: str, figure: str, split: str, rows: list[Record]) -> list[Record]:
    """One figure of a dataset by group, names of families first; which way it is missed."""
    ours = [row for row in rows if (row["model"], row["split"], row["figure"]) == ("this", split, figure)]
    parts = [row for row in ours if row["rows_of"] != "all"]
    return [
        {"dataset": name, "group": one, "about": f"{one}, {figure.replace('_', ' ')}", **_figures(row)}
        for row in parts
        if (one := WORDS.get(row["rows_of"], row["rows_of"]))
    ]


def _chains(rows: list[Record], numbers: Numbers) -> None:
    """How far chains on the same density are from the normal distribution that is kept."""
    spread = {row["parameter"]: row["spread_ratio"] for row in rows}
    shift = {row["parameter"]: abs(row["shift_ratio"]) for row in rows}
    worst = max(spread, key=lambda name: max(spread[name], 1.0 / spread[name]))
    near = sum(1.0 / NEAR <= one <= NEAR for one in spread.values())
    numbers.count("chains-parameters", len(rows), "parameters of the fit to language models")
    numbers.count("chains-near", near, "parameters whose spread chains find within a quarter")
    told = {"chains-worst": worst, **{f"chains-{slug(name)}": name for name in READ}}
    for key, name in told.items():
        title = f"{name}: spread by chains, times that of the normal distribution"
        numbers.add(key, {"p50": spread[name]}, "ratio", title)
        title = f"{name}: how far the mean of chains is from the mode, in standard deviations"
        numbers.add(f"{key}-shift", {"p50": shift[name]}, "ratio", title)


def _servers(root: Path, dataset: Record, numbers: Numbers) -> list[Record]:
    """Every run of a whole system, whose publisher lets it be carried: measured and predicted watts."""
    keys = ("system", "measured_w", "p05_w", "p50_w", "p95_w")
    rows = [{key: row[key] for key in keys} for row in computed.table(root / dataset["folder"], "runs")]
    inside = sum(one["p05_w"] <= one["measured_w"] <= one["p95_w"] for one in rows)
    numbers.count("runs-told", len(rows), "runs of whole systems")
    numbers.count("runs-inside", inside, "runs measured inside their nine-tenths interval")
    return rows
