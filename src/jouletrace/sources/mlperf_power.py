"""Wall power and performance of whole systems, from the power results of MLPerf Inference.

Source: the result repositories of MLCommons, rounds v2.0 to v4.0, Apache-2.0, as one table in the
mirror. The name and the rules of MLCommons for using results apply: each row names the round, the
division, the system, its submitter and the date of the round. Power is that of the whole system at the
wall; most submissions are tuned for efficiency. The two targets of accuracy of a model often repeat one
run: a row that equals another one in all but the target is left out.
"""

from pathlib import Path

import pandas as pd

from jouletrace.contract import records
from jouletrace.sources._long import long_table, needs, number, read_text_csv, slug
from jouletrace.sources._measured import figures, run
from jouletrace.sources._names import DEVICES

CITE = "mlperf2024power"
#: When MLCommons published each round.
ROUNDS = {
    "v2.0": "April 2022",
    "v2.1": "September 2022",
    "v3.0": "April 2023",
    "v3.1": "September 2023",
    "v4.0": "March 2024",
}
#: Units of performance and of power, and the quantity and unit that each becomes.
PERFORMANCE = {
    "Samples/s": ("measured_inference_count_per_s", "1 / s"),
    "Queries/s": ("measured_inference_count_per_s", "1 / s"),
    "Latency (ms)": ("measured_inference_time_s", "ms"),
}
POWER = {
    "Watts": ("measured_wall_power_w", "W"),
    "millijoules": ("measured_inference_energy_j", "mJ"),
}
#: What the publisher's tool labels as samples of this model and scenario are tokens.
TOKENS = ("llama2-70b", "offline")
SAME = ["round", "platform", "base", "scenario", "performance", "power"]
NEEDED = {
    *("round", "location", "suite", "division", "submitter", "system", "platform", "accelerator"),
    *("accelerators_per_node", "mlperf_model", "scenario", "performance", "performance_units"),
    *("power", "power_units"),
}


def tidy(path: Path) -> pd.DataFrame:
    """Performance and power of each result, the first of those that repeat one run."""
    table = read_text_csv(path)
    needs(table, NEEDED, path)
    table["base"] = [name.removesuffix(".9").removesuffix("-99") for name in table["mlperf_model"]]
    kept = table.drop_duplicates(SAME)
    return long_table(
        [row for entry in records(kept) for row in _rows(entry)],
        region="world",
        boundary="whole-system-at-the-wall",
        method="metered",
        cite=CITE,
        licence="Apache-2.0",
        grade="read",
    )


def _rows(entry: dict[str, str]) -> list[dict[str, object]]:
    edition, when = entry["round"], ROUNDS[entry["round"]]
    count = int(float(entry["accelerators_per_node"] or 0))
    division, submitter, _, platform, model, scenario = entry["location"].split("/")
    series = run(
        round=edition,
        suite=entry["suite"],
        division=division,
        submitter=submitter,
        platform=platform,
        device=DEVICES.get(entry["accelerator"]) if count else None,
        devices=count or None,
        model=model,
        scenario=scenario.lower(),
    )
    found = {**_performance(entry, slug(scenario)), **_power(entry)}
    year = int(when.split()[-1])
    return figures(
        "mlperf",
        series,
        found,
        year=year,
        published_year=year,
        publication=f"MLPerf Inference {edition}, {when}",
        lineage=f"mlperf-{slug(edition)}",
        locator=entry["location"],
        note=f"{entry['division']}, {entry['submitter']}, {entry['system']}",
    )


def _performance(entry: dict[str, str], scenario: str) -> dict[str, tuple[float, str]]:
    name, unit = PERFORMANCE[entry["performance_units"]]
    if (entry["base"], scenario) == TOKENS:
        name, unit = "measured_output_token_per_s", "token / s"
    return {name: (number(entry["performance"], entry["location"]), unit)}


def _power(entry: dict[str, str]) -> dict[str, tuple[float, str]]:
    name, unit = POWER[entry["power_units"]]
    return {name: (number(entry["power"], entry["location"]), unit)}
