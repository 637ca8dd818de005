"""Energy and time of single requests to language models, from the ML.ENERGY leaderboard of 2023.

Source: ml-energy/leaderboard-v2, folder data/legacy, Apache-2.0: one file for each GPU and style of
prompt. Requests came one at a time, in half precision, on one GPU; the energy is that of its board.
"""

from pathlib import Path

import pandas as pd

from jouletrace.contract import records
from jouletrace.sources._long import long_table, needs, number, read_text_csv
from jouletrace.sources._measured import figures, run
from jouletrace.sources._names import MODELS, device_key, model_key

CITE = "mlenergy2023"
FIGURES = {
    "energy": ("measured_request_energy_j", "J"),
    "latency": ("measured_request_time_s", "s"),
    "response_length": ("measured_output_token", "token"),
}
#: Files of the folder, as ``v1_A100_chat_benchmark.csv`` in the mirror.
PATTERN = "*_benchmark.csv"


def tidy(path: Path) -> pd.DataFrame:
    """Three figures of a mean request, for each model of one file; a folder stands for its files."""
    files = sorted(path.glob(PATTERN)) if path.is_dir() else [path]
    return long_table(
        [row for file in files for row in _rows(file)],
        region="world",
        year=2023,
        boundary="accelerators-alone",
        method="metered",
        publication="ML.ENERGY leaderboard, edition of 2023",
        published_year=2023,
        lineage="mlenergy-2023",
        cite=CITE,
        locator="data/legacy, one file for each GPU and style of prompt",
        licence="Apache-2.0",
        grade="read",
    )


def _rows(file: Path) -> list[dict[str, object]]:
    table = read_text_csv(file)
    needs(table, {"model", *FIGURES}, file)
    gpu, style = file.name.removeprefix("v1_").removesuffix("_benchmark.csv").split("_", 1)
    return [row for entry in records(table) if _shaped(entry) for row in _figures(entry, gpu, style)]


def _shaped(entry: dict[str, str]) -> bool:
    """Whether the shape of the model is known; two are left out, an encoder-decoder and one more."""
    return entry["model"].split("/")[-1].lower() in MODELS


def _figures(entry: dict[str, str], gpu: str, style: str) -> list[dict[str, object]]:
    series = run(
        task=style,
        model=model_key(entry["model"]),
        edition=entry["model"].split("/")[-1],
        device=device_key(gpu),
        devices=1,
        limit=1,
    )
    found = {name: (number(entry[column], series), unit) for column, (name, unit) in FIGURES.items()}
    return figures("mlenergy-v1", series, found)
