"""Power and throughput of small Llama models on H100 NVL, from TokenPowerBench.

Source: chenxuniu/TokenPowerBench, which states no licence: read from a mirror, not carried. The mean
power of the file sums all GPUs of the node, of which those that serve are one or two and the others
idle at some 60 W; here those that idle stand apart. At most as many requests run side by side as there
are, whatever the limit of the batch. The counter of the power lags: runs of a few seconds read low.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from jouletrace.contract import records
from jouletrace.sources._long import long_table, needs, number, read_text_csv
from jouletrace.sources._measured import figures, run
from jouletrace.sources._names import model_key

CITE = "tokenpowerbench2025"
GPUS = [f"gpu{place}_power_watts" for place in range(4)]
NEEDED = {"file", "model_key", "engine", "batch_size", "duration", "total_output_tokens", "responses", *GPUS}
#: A GPU below this share of the busiest one idles.
IDLE_SHARE = 0.75
#: Limits of a batch and of an answer, and the time of the run, at the end of a file's name.
NAME = re.compile(r"_(?P<batch>[\d-]+)_(?P<output>\d+)_(?P<stamp>\d+_\d+)\.json$")


def tidy(path: Path) -> pd.DataFrame:
    """Power of the GPUs that serve and of those that idle, time, tokens and requests of each run."""
    table = read_text_csv(path)
    needs(table, NEEDED, path)
    return long_table(
        [row for entry in records(table) for row in _rows(entry)],
        region="world",
        year=2025,
        boundary="accelerators-alone",
        method="metered",
        publication="TokenPowerBench 2025, results",
        published_year=2025,
        lineage="tokenpowerbench-2025",
        cite=CITE,
        locator="results, one JSON file for each run",
        licence="none stated",
        grade="read",
    )


def _rows(entry: dict[str, str]) -> Iterator[dict[str, object]]:
    named = NAME.search(entry["file"])
    if named is None:
        raise ValueError(
            f"{entry['file']}: the name has no limits and no time; the source changed its format"
        )
    powers = [number(entry[column], entry["file"]) for column in GPUS if entry[column]]
    serving = [power for power in powers if power >= IDLE_SHARE * max(powers)]
    responses, limit = (int(number(entry[name], name)) for name in ("responses", "batch_size"))
    series = run(
        model=model_key(entry["model_key"]),
        device="h100-nvl-94gb",
        engine=entry["engine"],
        devices=len(serving),
        batch=min(responses, limit),
        limit=limit,
        output=named["output"],
        stamp=named["stamp"],
    )
    found = {
        "measured_power_w": (sum(serving), "W"),
        "measured_run_time_s": (number(entry["duration"], series), "s"),
        "measured_output_token": (number(entry["total_output_tokens"], series), "token"),
        "measured_request_count": (float(responses), "count"),
    }
    idle = [power for power in powers if power < IDLE_SHARE * max(powers)]
    if idle:
        found["measured_idle_power_w"] = (sum(idle) / len(idle), "W")
    yield from figures("tokenpower", series, found)
