"""Time to the first token and of each further one of language models on Inferentia 2, from AWS.

Source: AWS Neuron documentation, CC BY-SA 4.0: a table of runs tuned for latency and one of runs tuned
for throughput, which repeat each other for the models of 70 billion. Each instance has twelve chips of
two cores; the degree of parallelism is that of cores. Power is not published.
"""

from pathlib import Path

import pandas as pd

from jouletrace.contract import records
from jouletrace.sources._long import long_table, needs, number, read_text_csv
from jouletrace.sources._measured import figures, run
from jouletrace.sources._names import model_key

CITE = "awsneuron2024decoders"
#: Column, and the quantity and unit that it becomes.
FIGURES = {
    "TTFT Latency P50 (ms)": ("measured_first_token_s", "ms"),
    "TPOT Latency P50 (ms)": ("measured_token_interval_s", "ms"),
}
SETTINGS = {
    *("Model", "Inst. Type", "TP Degree", "Batch Size", "Input Length", "Output Length"),
    *("Weight Storage Data Type", "Neuron Version"),
}
CORES_PER_CHIP = 2
PATTERN = "inferentia2_*_data_decoder.csv"


def tidy(path: Path) -> pd.DataFrame:
    """Two times of each run; a folder stands for the tables in it, without what they repeat."""
    files = sorted(path.glob(PATTERN)) if path.is_dir() else [path]
    rows = {str(row["id"]): row for file in files for row in _rows(file)}
    return long_table(
        list(rows.values()),
        region="world",
        year=2024,
        boundary="median of requests, accelerators and host",
        method="reported",
        publication="AWS Neuron documentation, performance of Inf2",
        published_year=2024,
        lineage="awsneuron-2024",
        cite=CITE,
        locator="about-neuron/benchmarks/inf2, tables of decoders",
        licence="CC-BY-SA-4.0",
        grade="read",
    )


def _rows(file: Path) -> list[dict[str, object]]:
    table = read_text_csv(file)
    needs(table, SETTINGS | set(FIGURES), file)
    return [row for entry in records(table) for row in _figures(entry)]


def _figures(entry: dict[str, str]) -> list[dict[str, object]]:
    series = run(
        model=model_key(entry["Model"]),
        device="inferentia-2",
        devices=int(entry["TP Degree"]) // CORES_PER_CHIP,
        batch=entry["Batch Size"],
        input=entry["Input Length"],
        output=entry["Output Length"],
        weights=entry["Weight Storage Data Type"],
    )
    found = {name: (number(entry[column], series), unit) for column, (name, unit) in FIGURES.items()}
    return figures(
        "inferentia", series, found, note=f"{entry['Inst. Type']}, Neuron {entry['Neuron Version']}"
    )
