"""Energy of a task for each model, measured on one node, from the data of a study of 88 models.

Source: Luccioni, Jernite and Strubell 2024, repository sashavor/co2_inference, MIT. Each line of its
logs is a run of 1,000 inferences, metered by CodeCarbon in machine mode: all eight GPUs of the node,
seven of them idle, a processor at a fixed power and an assumed power of the memory. So the figures
serve for ratios between tasks; as energies of a task they are too high.
"""

from pathlib import Path

import pandas as pd

from jouletrace.contract import rounded
from jouletrace.sources._long import long_table, needs, number, read_text_csv, slug

CITE = "luccioni2024data"
#: Prefix of a log, and the task that it holds.
TASKS = {
    "textgen_": "text-generation",
    "text_classif_": "text-classification",
    "tti_": "image-generation",
    "image_class_": "image-classification",
    "zeroshot_sentiment_": "text-classification-by-generation",
}


def tidy(path: Path) -> pd.DataFrame:
    """One row for each task and model: the mean over the logs of the task and their runs."""
    table = read_text_csv(path)
    needs(table, {"file", "project_name", "energy_consumed"}, path)
    table["task"] = [_task(name) for name in table["file"]]
    table["kwh"] = [
        number(cell, name) for cell, name in zip(table["energy_consumed"], table["file"], strict=True)
    ]
    return long_table(
        [
            _row(task, model, runs["kwh"])
            for task in sorted(set(TASKS.values()))
            for model, runs in table[table["task"] == task].groupby("project_name")
        ],
        quantity="task_energy_j",
        region="world",
        year=2023,
        unit="Wh",
        boundary="node-with-idle-accelerators",
        method="metered",
        publication="Luccioni, Jernite and Strubell 2024, data of the study",
        published_year=2024,
        lineage="luccioni-2024",
        cite=CITE,
        locator="data/emissions/complete, column energy_consumed",
        licence="MIT",
        grade="read",
    )


def _row(task: str, model: object, kwh: "pd.Series[float]") -> dict[str, object]:
    """A task and a model; a kilowatt hour for 1,000 inferences is a watt hour for one."""
    series = f"{task}-{slug(str(model))}"
    return {
        "id": f"luccioni-2024-{series}",
        "series": series,
        "value": rounded(float(kwh.mean())),
        "note": f"{model}; mean of {len(kwh)} runs of 1,000 inferences, kWh per 1,000 being Wh each",
    }


def _task(name: str) -> str:
    """Task of a log, or nothing where it is not read here.

    >>> _task("textgen_wikitext.csv")
    'text-generation'
    """
    return next((task for prefix, task in TASKS.items() if name.startswith(prefix)), "")
