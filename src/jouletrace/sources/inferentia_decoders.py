"""Time of a token of language models on AWS Inferentia 2, from the documentation of AWS Neuron.

Source: aws-neuron/aws-neuron-sdk, CC BY-SA 4.0. A series says what ran, its parts joined by two hyphens:
model, cores that share it, batch, tokens that memory is laid out for, tokens in, tokens out.
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from jouletrace.contract import records
from jouletrace.sources._long import long_table, needs, number, read_text_csv
from jouletrace.sources._names import model_key

QUANTITIES = {
    "token_time_s": "TPOT Latency P50 (ms)",
    "first_token_time_s": "TTFT Latency P50 (ms)",
}
SHAPE = ("TP Degree", "Batch Size", "Sequence Length", "Input Length", "Output Length")
TYPES = {"FP16", "bf16"}


def tidy(path: Path) -> pd.DataFrame:
    """Median times between tokens and to the first one."""
    table = read_text_csv(path)
    needs(table, {"Model", "Inst. Type", "Neuron Version", *SHAPE, *QUANTITIES.values()}, path)
    return long_table(
        [row for entry in records(table) for row in _rows(entry, path.name)],
        region="world",
        year=2024,
        unit="ms",
        method="reported",
        publication=f"AWS Neuron documentation, {path.stem.split('_')[1]} runs",
        published_year=2024,
        cite="awsneuron2024",
        licence="CC-BY-SA-4.0",
        grade="read",
        boundary="accelerators of one instance",
    )


def _rows(entry: dict[str, str], name: str) -> Iterator[dict[str, object]]:
    """The two times of a run."""
    model = model_key(entry["Model"])
    run = "--".join((model, *(entry[column] for column in SHAPE)))
    for quantity, column in QUANTITIES.items():
        yield {
            "id": f"inf2-{name.split('_')[1]}-{run}-{quantity.removesuffix('_time_s').replace('_', '-')}",
            "quantity": quantity,
            "series": run,
            "value": number(entry[column], run),
            "lineage": model,
            "locator": f"about-neuron/benchmarks/inf2/{name.removeprefix('inferentia2_')}",
            "note": f"{entry['Inst. Type']}, Neuron {entry['Neuron Version']}",
        }
