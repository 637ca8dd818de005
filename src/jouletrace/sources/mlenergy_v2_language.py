"""Energy and time of language models in service, by GPU and batch, from the ML.ENERGY leaderboard of 2024.

Source: ml-energy/leaderboard-v2, Apache-2.0; the mirror holds its JSON files as one table. vLLM served
requests as fast as it could, up to a number that run side by side. The energy is that of the GPU boards
alone, read from their own counters and summed over all GPUs. Lengths of the prompts are not stated.
"""

from pathlib import Path

import pandas as pd

from jouletrace.contract import records
from jouletrace.sources._long import long_table, needs, number, read_text_csv
from jouletrace.sources._measured import figures, run
from jouletrace.sources._names import device_key, model_key

CITE = "mlenergy2024llm"
#: Column, and the quantity and unit that it becomes.
FIGURES = {
    "Energy/req (J)": ("measured_request_energy_j", "J"),
    "Avg Output Tokens": ("measured_output_token", "token"),
    "Avg TPOT (s)": ("measured_token_interval_s", "s"),
    "Token tput (tok/s)": ("measured_output_token_per_s", "token / s"),
    "Avg BS (reqs)": ("measured_batch_count", "count"),
}
SETTINGS = {"task", "Model", "GPU", "TP", "PP", "Max BS (reqs)"}


def tidy(path: Path) -> pd.DataFrame:
    """Five figures of each configuration: of a request, of a token, of the batch."""
    table = read_text_csv(path)
    needs(table, SETTINGS | set(FIGURES), path)
    return long_table(
        [row for entry in records(table) for row in _rows(entry)],
        region="world",
        year=2024,
        boundary="accelerators-alone",
        method="metered",
        publication="ML.ENERGY leaderboard, edition of 2024",
        published_year=2024,
        lineage="mlenergy-2024",
        cite=CITE,
        locator="data, one JSON file for each task, GPU, model and configuration",
        licence="Apache-2.0",
        grade="read",
    )


def _rows(entry: dict[str, str]) -> list[dict[str, object]]:
    family, _, task = entry["task"].partition("/")
    series = run(
        task=f"{task} with images" if family.startswith("mllm") else task,
        model=model_key(entry["Model"]),
        edition=entry["Model"].split("/")[-1],
        device=device_key(entry["GPU"]),
        tensor=entry["TP"],
        pipeline=entry["PP"],
        limit=entry["Max BS (reqs)"],
    )
    found = {name: (number(entry[column], series), unit) for column, (name, unit) in FIGURES.items()}
    return figures("mlenergy-v2", series, found)
