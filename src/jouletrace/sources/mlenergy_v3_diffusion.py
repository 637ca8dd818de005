"""Energy and time of generated images and videos on H100, from the third ML.ENERGY leaderboard.

Source: ml-energy/leaderboard, whose figures state no licence. The energy is that of all GPUs of a run,
from their own counters. A series names the model and how it was run: batch, and over how many GPUs the
sequence was cut by heads (u) and in a ring (r).
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from jouletrace.contract import records
from jouletrace.sources._long import long_table, needs, number, read_text_csv, slug

TASKS = {"text-to-image": "image", "text-to-video": "video"}
#: The editions of models as the shapes of diffusion models call them.
SHORT = ("-1024px-diffusers", "-1024-ms", "-diffusers", "efficient-large-model-")
NEEDED = {
    *("task", "model_id", "num_gpus", "batch_size", "ulysses_degree", "ring_degree", "gpu_model"),
    *("batch_latency_s", "energy_per_image_joules", "energy_per_video_joules", "weight_precision"),
    "total_params_billions",
}


def tidy(path: Path) -> pd.DataFrame:
    """Joules of one image or video, seconds of a batch, and parameters as listed, by configuration."""
    table = read_text_csv(path)
    needs(table, NEEDED, path)
    return long_table(
        [row for entry in records(table) for row in _rows(entry)],
        region="world",
        year=2025,
        method="metered",
        publication="ML.ENERGY leaderboard, third edition",
        published_year=2025,
        cite="mlenergy2025",
        licence="not stated",
        grade="read",
        boundary="accelerators-alone",
    )


def _rows(entry: dict[str, str]) -> Iterator[dict[str, object]]:
    """Energy and time of a configuration, and the size of its model."""
    model = _model(entry["model_id"])
    run = f"b{entry['batch_size']} u{entry['ulysses_degree']} r{entry['ring_degree']}"
    series = slug(f"{model} {run}")
    kind = TASKS[entry["task"]]
    same = {
        "series": series,
        "lineage": model,
        "locator": f"public/data/tasks/{entry['task']}.json",
        "note": f"{kind}; {entry['gpu_model']}; {entry['weight_precision']}",
    }
    energy = number(entry[f"energy_per_{kind}_joules"], series)
    seconds = number(entry["batch_latency_s"], series)
    yield {"id": f"{series}-energy", "quantity": "device_energy_j", "value": energy, "unit": "J"} | same
    yield {"id": f"{series}-time", "quantity": "batch_time_s", "value": seconds, "unit": "s"} | same
    size = 1e9 * number(entry["total_params_billions"], series)
    yield {"id": f"{series}-size", "quantity": "model_total_parameter", "value": size, "unit": "count"} | same


def _model(name: str) -> str:
    """The model's key.

    >>> _model("Efficient-Large-Model/SANA1.5_1.6B_1024px_diffusers")
    'sana1-5-1-6b'
    """
    key = slug(name.split("/")[-1])
    for end in SHORT:
        key = key.replace(end, "")
    return key
