"""Energy and time of a batch of generated images or videos, from the ML.ENERGY leaderboard of 2024.

Source: ml-energy/leaderboard-v2, Apache-2.0; the mirror holds its JSON files as one table. The energy
is that of one GPU board, read from its own counter, for each image or video of the batch.
"""

from pathlib import Path

import pandas as pd

from jouletrace.contract import records
from jouletrace.sources._long import long_table, needs, number, read_text_csv
from jouletrace.sources._measured import figures, run
from jouletrace.sources._names import device_key

CITE = "mlenergy2024"
ENERGY = {
    "Energy/image (J)": "measured_image_energy_j",
    "Energy/video (J)": "measured_video_energy_j",
}
NEEDED = {"task", "Model", "GPU", "Batch size", "Denoising steps", "Frames", "params_B", "Batch latency (s)"}


def tidy(path: Path) -> pd.DataFrame:
    """Energy of an image or a video, and time of the batch, for each configuration."""
    table = read_text_csv(path)
    needs(table, NEEDED | set(ENERGY), path)
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
        locator="data/diffusion, one JSON file for each task, GPU, model and configuration",
        licence="Apache-2.0",
        grade="read",
    )


def _rows(entry: dict[str, str]) -> list[dict[str, object]]:
    series = run(
        task=entry["task"].split("/")[-1],
        model=entry["Model"].split("/")[-1],
        device=device_key(entry["GPU"]),
        devices=1,
        batch=entry["Batch size"],
        steps=entry["Denoising steps"],
        frames=entry["Frames"].removesuffix(".0") or None,
    )
    found = {name: (number(entry[column], series), "J") for column, name in ENERGY.items() if entry[column]}
    found["measured_batch_time_s"] = (number(entry["Batch latency (s)"], series), "s")
    return figures("mlenergy-v2", series, found, note=f"{entry['params_B']} billion parameters, all parts")
