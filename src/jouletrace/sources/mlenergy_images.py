"""Energy of a generated image by model, GPU and batch, from the ML.ENERGY leaderboard of 2024.

Source: ml-energy/leaderboard-v2, Apache-2.0; the mirror holds its JSON files as one table. The energy
is that of the GPU board alone, read from its own counter: no processor, no memory of the host, no
cooling. Every text-to-image model ran with the same number of denoising steps.
"""

from pathlib import Path

import pandas as pd

from jouletrace.contract import records
from jouletrace.sources._long import long_table, needs, number, read_text_csv, slug

CITE = "mlenergy2024"
TASK = "diffusion/text-to-image"
GPUS = {"NVIDIA A100-SXM4-40GB": "a100", "NVIDIA H100 80GB HBM3": "h100"}


def tidy(path: Path) -> pd.DataFrame:
    """Joules per image, one row for each configuration of the text-to-image models."""
    table = read_text_csv(path)
    needs(table, {"task", "Model", "GPU", "Batch size", "Denoising steps", "Energy/image (J)", "path"}, path)
    return long_table(
        [_row(entry) for entry in records(table[table["task"] == TASK])],
        quantity="device_energy_j",
        region="world",
        year=2024,
        unit="J",
        method="metered",
        publication="ML.ENERGY leaderboard, edition of 2024",
        published_year=2024,
        lineage="mlenergy-2024",
        cite=CITE,
        licence="Apache-2.0",
        grade="read",
        boundary="accelerators-alone",
    )


def _row(entry: dict[str, str]) -> dict[str, object]:
    """A configuration, named after model, GPU and batch."""
    model, batch = entry["Model"].split("/")[-1], entry["Batch size"]
    series = slug(f"{model} {GPUS[entry['GPU']]} b{batch}")
    return {
        "id": f"mlenergy-2024-{series}",
        "series": series,
        "value": number(entry["Energy/image (J)"], series),
        "locator": entry["path"],
        "note": f"one image; batch {batch}, {entry['Denoising steps']} steps",
    }
