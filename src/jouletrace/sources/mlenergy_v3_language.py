"""Energy and time of language models in service on H100, from the third ML.ENERGY leaderboard.

Source: ml-energy/leaderboard, which states no licence for its figures: read from a mirror, not carried.
Power and energy are of the GPU boards alone, summed over all GPUs. Energy of a token is power over
throughput exactly, so that a row holds one independent energy. Lengths of the prompts are not stated.
"""

from pathlib import Path

import pandas as pd

from jouletrace.contract import records
from jouletrace.sources._long import long_table, needs, number, read_text_csv
from jouletrace.sources._measured import figures, numbered, run
from jouletrace.sources._names import device_key, model_key

CITE = "mlenergy2025"
#: Column, and the quantity and unit that it becomes.
FIGURES = {
    "energy_per_token_joules": ("measured_token_energy_j", "J"),
    "avg_power_watts": ("measured_power_w", "W"),
    "output_throughput_tokens_per_sec": ("measured_output_token_per_s", "token / s"),
    "median_itl_ms": ("measured_token_interval_s", "ms"),
    "avg_output_len": ("measured_output_token", "token"),
    "avg_batch_size": ("measured_batch_count", "count"),
}
SETTINGS = {
    *("task", "model_id", "gpu_model", "num_gpus", "tensor_parallel", "expert_parallel"),
    *("max_num_seqs", "weight_precision"),
}


def tidy(path: Path) -> pd.DataFrame:
    """Six figures of each configuration: power, and of a token, of an answer, of the batch."""
    table = read_text_csv(path)
    needs(table, SETTINGS | set(FIGURES), path)
    entries = records(table)
    names = numbered(_name(entry) for entry in entries)
    return long_table(
        [row for series, entry in zip(names, entries, strict=True) for row in _rows(series, entry)],
        region="world",
        year=2025,
        boundary="accelerators-alone",
        method="metered",
        publication="ML.ENERGY leaderboard, third edition",
        published_year=2025,
        lineage="mlenergy-2025",
        cite=CITE,
        locator="public/data/tasks, one JSON file for each task",
        licence="none stated",
        grade="read",
    )


def _name(entry: dict[str, str]) -> str:
    return run(
        task=entry["task"],
        model=model_key(entry["model_id"]),
        edition=entry["model_id"].split("/")[-1],
        device=device_key(entry["gpu_model"]),
        devices=entry["num_gpus"],
        tensor=entry["tensor_parallel"],
        experts=entry["expert_parallel"],
        limit=entry["max_num_seqs"],
        weights=entry["weight_precision"],
    )


def _rows(series: str, entry: dict[str, str]) -> list[dict[str, object]]:
    found = {name: (number(entry[column], series), unit) for column, (name, unit) in FIGURES.items()}
    return figures("mlenergy-v3", series, found)
