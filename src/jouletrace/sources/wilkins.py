"""Energy and time of a batch of 32 prompts on seven models and four machines, from Wilkins 2024.

Source: grantwilkins/energy-inference, which states no licence: read from a mirror, not carried. One
file for each sweep, with a line for each phase of each run. Loading of models and tokenizers is left
out; what is kept is the median over the repetitions of a setting. Energy is of all GPUs together; on
the laptop it is that of the GPU in its chip. Models ran without a serving engine. Lengths of prompt and
answer are what was asked for; the tokens of a whole sequence are what was counted.
"""

import re
from collections.abc import Hashable
from pathlib import Path

import pandas as pd

from jouletrace.sources._long import long_table, needs, read_text_csv
from jouletrace.sources._measured import figures, run
from jouletrace.sources._names import device_key, model_key

CITE = "wilkins2024"
#: Column, and the quantity and unit that it becomes.
FIGURES = {
    "GPU Energy (J)": ("measured_batch_energy_j", "J"),
    "CPU Energy (J)": ("measured_processor_energy_j", "J"),
    "Runtime (s)": ("measured_batch_time_s", "s"),
    "Total Number of Tokens": ("measured_sequence_token", "token"),
}
#: The limit on output tokens has two names; the first one is used where a file has both.
OUTPUT = ("Number of Output Tokens", "Output Token Limit")
SETTINGS = ["System", "Model", "Number of GPUs", "Batch Size", "Number of Input Tokens", "output"]
SERVED = re.compile(r"(start-)?inference-")


def tidy(path: Path) -> pd.DataFrame:
    """Four figures of a batch, for each machine, model and length of prompt and answer."""
    table = read_text_csv(path)
    output = next((name for name in OUTPUT if name in table.columns), OUTPUT[0])
    needs(table, {"Phase", output, *SETTINGS[:-1], *FIGURES}, path)
    served = table[[bool(SERVED.match(phase)) for phase in table["Phase"]]].rename(columns={output: "output"})
    for column in FIGURES:
        served[column] = served[column].astype("float64")
    rows = [row for keys, runs in served.groupby(SETTINGS) for row in _rows(keys, runs)]
    return long_table(
        rows,
        region="world",
        year=2024,
        boundary="accelerators-alone",
        method="metered",
        publication="Wilkins 2024, data of the study",
        published_year=2024,
        lineage="wilkins-2024",
        cite=CITE,
        locator=f"{path.name}, columns of energy and runtime",
        licence="none stated",
        grade="read",
    )


def _rows(keys: tuple[Hashable, ...], runs: pd.DataFrame) -> list[dict[str, object]]:
    """The median of the repetitions of a setting; the first one warms up and is left out where it can be."""
    system, model, gpus, batch, prompt, answer = map(str, keys)
    steady = runs.iloc[1:] if len(runs) > 2 else runs
    series = run(
        model=model_key(model),
        device=device_key(system),
        system=system,
        devices=gpus,
        batch=batch,
        input=prompt,
        output=answer,
    )
    found = {name: (float(steady[column].median()), unit) for column, (name, unit) in FIGURES.items()}
    known = {name: value for name, value in found.items() if value[0] == value[0]}
    return figures("wilkins", series, known, note=f"median of {len(steady)} repetitions")
