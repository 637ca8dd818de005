"""Energy and time of generated images and videos on H100, from the third ML.ENERGY leaderboard.

Source: ml-energy/leaderboard, which states no licence for its figures: read from a mirror, not carried.
Power and energy are of the GPU boards alone, summed over all GPUs; energy is for one image or video.
"""

from pathlib import Path

import pandas as pd

from jouletrace.contract import records
from jouletrace.sources._long import long_table, needs, number, read_text_csv
from jouletrace.sources._measured import figures, run
from jouletrace.sources._names import device_key

CITE = "mlenergy2025"
ENERGY = {
    "energy_per_image_joules": "measured_image_energy_j",
    "energy_per_video_joules": "measured_video_energy_j",
}
NEEDED = {
    *("task", "model_id", "gpu_model", "num_gpus", "batch_size", "inference_steps", "num_frames"),
    *("image_height", "image_width", "video_height", "video_width", "ulysses_degree", "ring_degree"),
    *("avg_power_watts", "batch_latency_s", "total_params_billions"),
}


def tidy(path: Path) -> pd.DataFrame:
    """Energy of an image or a video, power, and time of the batch, for each configuration."""
    table = read_text_csv(path)
    needs(table, NEEDED | set(ENERGY), path)
    return long_table(
        [row for entry in records(table) for row in _rows(entry)],
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


def _rows(entry: dict[str, str]) -> list[dict[str, object]]:
    series = run(
        task=entry["task"],
        model=entry["model_id"].split("/")[-1],
        device=device_key(entry["gpu_model"]),
        devices=entry["num_gpus"],
        ulysses=entry["ulysses_degree"],
        ring=entry["ring_degree"],
        batch=entry["batch_size"],
        steps=entry["inference_steps"],
        height=_whole(entry["image_height"] or entry["video_height"]),
        width=_whole(entry["image_width"] or entry["video_width"]),
        frames=_whole(entry["num_frames"]),
    )
    found = {name: (number(entry[column], series), "J") for column, name in ENERGY.items() if entry[column]}
    found["measured_power_w"] = (number(entry["avg_power_watts"], series), "W")
    found["measured_batch_time_s"] = (number(entry["batch_latency_s"], series), "s")
    found["model_total_parameter"] = (1e9 * number(entry["total_params_billions"], series), "count")
    return figures("mlenergy-v3", series, found)


def _whole(cell: str) -> str | None:
    """A count that the file writes as a decimal number, or nothing.

    >>> _whole("1024.0"), _whole("")
    ('1024', None)
    """
    return str(int(float(cell))) if cell else None
