"""Wall power and energy of whole systems under inference, from MLPerf Inference v2.0 to v4.0.

Source: MLCommons, Apache-2.0; the mirror holds the power results of five rounds as one table. Power is
that of the whole system at the wall. Runs for two accuracy targets are often one run: they are kept once.
A series says what ran, its parts joined by two hyphens: chassis, accelerator, how many, their kind,
processor, how many, tuning, workload, scenario, and the submission's own name of the platform.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from jouletrace.contract import records
from jouletrace.sources._long import long_table, needs, number, read_text_csv, slug

YEARS = {"v2.0": 2022, "v2.1": 2022, "v3.0": 2023, "v3.1": 2023, "v4.0": 2024}
#: What is in an accelerator's name, its key and its kind. A developer kit of AGX Orin has the whole
#: chip, whatever its memory. What is part of a processor is held by that processor's figures.
ACCELERATORS = (
    ("A100-PCIe-80GB", "a100-pcie-80gb", "gpu"),
    ("A100-SXM-80GB", "a100-sxm4-80gb", "gpu"),
    ("A100-SXM4-40GB", "a100-sxm4-40gb", "gpu"),
    ("NVIDIA A2", "a2", "gpu"),
    ("NVIDIA A30", "a30", "gpu"),
    ("RTX 4090", "rtx-4090", "gpu"),
    ("H100-PCIe-80GB", "h100-pcie-80gb", "gpu"),
    ("H100-SXM-80GB", "h100-sxm5-80gb", "gpu"),
    ("NVIDIA L40S", "l40s", "gpu"),
    ("NVIDIA L4", "l4", "gpu"),
    ("Orin NX 16G", "jetson-orin-nx-16gb", "gpu"),
    ("Orin", "jetson-agx-orin-64gb", "gpu"),
    ("Xavier NX", "jetson-xavier-nx", "gpu"),
    ("AI 100 DM.2e", "cloud-ai-100-dm2e", "npu"),
    ("AI 100 DM.2", "cloud-ai-100-dm2", "npu"),
    ("HHHL Lite", "cloud-ai-100-lite", "npu"),
    ("AI 100 Ultra", "cloud-ai-100-ultra", "npu"),
    ("HHHL Standard", "cloud-ai-100-standard", "npu"),
    ("AI 100 PCIe/HHHL Pro", "cloud-ai-100-pro", "npu"),
    ("AI 100 Pro", "cloud-ai-100-pro", "npu"),
    ("RecAccel", "recaccel-n3000", "npu"),
    ("MLSOC", "sima-mlsoc", "npu"),
    ("DaVinci", "sima-mlsoc", "npu"),
    ("Mali", "mali", "block"),
    ("Adreno", "adreno-650", "block"),
    ("Hexagon", "hexagon-698", "block"),
    ("NPU 230", "npu-230", "block"),
)
PROCESSORS = (
    *((name, f"epyc-{name}") for name in ("7282", "7452", "7542", "7713", "7742", "7763", "9554")),
    *((name, f"xeon-{name.lower()}") for name in ("D-2166NT", "D-2776NT", "4216", "5318N", "5423N")),
    *((name, f"xeon-{name.lower()}") for name in ("6258R", "6312U", "6433N", "8351N", "8352V", "8380")),
    *((name, f"xeon-{name.lower()}") for name in ("8452Y", "8470", "8480C")),
    ("7950X", "ryzen-7950x"),
    ("Altra Q80-30", "altra-q80-30"),
    ("Snapdragon 865", "snapdragon-865"),
    ("A311D2", "amlogic-a311d2"),
    ("S922X", "amlogic-s922x"),
    ("BCM2835", "bcm2711"),
    ("RK3588S", "rk3588s"),
    ("Carmel", "jetson-xavier"),
    ("A78", "jetson-orin"),
    ("ARMv8 Processor", "jetson-orin"),
    ("Cortex-A65", "sima-mlsoc"),
)
#: Tokens that an answer of Llama 2 70B has in the mean, by the rules of the benchmark.
TOKENS = 294
#: Words of a system's name that do not tell one machine from another.
LOOSE = re.compile(
    r"\(.*|nvidia|siliconhighway|pcspecialist|developer kit 64g|(with )?rtx 4090|with$|\(entry\)|\(highend\)"
)
SAME = {
    "orin": "jetson-agx-orin",
    "ai-development-kit": "aedk",
    "amd-am5-pc-with": "amd-am5-pc",
    "amd-ryzen-zen4-workstation-with": "amd-ryzen-zen4-workstation",
}
NEEDED = {
    *("round", "mlperf_model", "submitter", "system", "platform", "accelerator", "accelerators_per_node"),
    *("host_cpu", "host_cpus_per_node", "scenario", "performance", "performance_units", "power"),
    *("power_units", "details_url", "division", "suite"),
}


def tidy(path: Path) -> pd.DataFrame:
    """Watts at the wall and joules of a sample, query or token; one pair of rows for each run."""
    table = read_text_csv(path)
    needs(table, NEEDED, path)
    table["workload"] = table["mlperf_model"].str.replace(r"-99(\.9)?$", "", regex=True)
    run = ["round", "platform", "workload", "scenario", "performance", "power"]
    kept = table.drop_duplicates(run).copy()
    kept["order"] = kept.groupby(run[:4]).cumcount()
    return long_table(
        [row for entry in records(kept) for row in _rows(entry)],
        region="world",
        method="metered",
        cite="mlperf2024power",
        licence="Apache-2.0",
        grade="read",
        boundary="system-at-the-wall",
    )


def _rows(entry: dict[str, str]) -> Iterator[dict[str, object]]:
    """Power and energy of a run. Streams give milliseconds and millijoules of one query."""
    streams = entry["power_units"] == "millijoules"
    series = _series(entry)
    # Two runs of a platform in a round differ in their accuracy target or their division.
    turn = "" if str(entry["order"]) == "0" else f"-{entry['order']}"
    performance, power = (number(entry[key], series) for key in ("performance", "power"))
    same = {
        "series": series,
        "year": YEARS[entry["round"]],
        "publication": f"MLPerf Inference {entry['round']}, {entry['submitter']}{turn}",
        "published_year": YEARS[entry["round"]],
        "lineage": slug(entry["submitter"]),
        "locator": entry["details_url"].split("/tree/")[-1],
        "note": f"{entry['suite']}, {entry['division']}; {entry['system']}; {entry['mlperf_model']}",
    }
    key = slug(f"{entry['round']} {entry['platform']} {entry['workload']} {entry['scenario']}{turn}")
    watts = power / performance if streams else power
    joules = power / 1000.0 if streams else power / performance
    # Offline runs of this model count tokens, the others queries.
    if entry["workload"] == "llama2-70b" and entry["scenario"] == "Server":
        joules /= TOKENS
    yield {"id": f"{key}-power", "quantity": "server_power_w", "value": watts, "unit": "W"} | same
    yield {"id": f"{key}-energy", "quantity": "server_energy_j", "value": joules, "unit": "J"} | same


def _series(entry: dict[str, str]) -> str:
    """What ran, its parts joined by two hyphens."""
    device, kind = _accelerator(entry["accelerator"])
    count = "0" if kind == "none" else f"{number(entry['accelerators_per_node'], device):g}"
    processor = next(key for name, key in PROCESSORS if name in entry["host_cpu"])
    sockets = entry["host_cpus_per_node"] if processor.startswith(("epyc", "xeon")) else "1"
    parts = (_chassis(entry["system"]), device, count, kind, processor, sockets, _tuning(entry["system"]))
    more = (slug(entry["workload"]), slug(entry["scenario"]), slug(entry["platform"]))
    return "--".join((*parts, *more))


def _accelerator(name: str) -> tuple[str, str]:
    """Key and kind of an accelerator; runs on the processor alone have none.

    >>> _accelerator("NVIDIA A100-PCIe-80GB"), _accelerator("-")
    (('a100-pcie-80gb', 'gpu'), ('none', 'none'))
    """
    return next(((key, kind) for part, key, kind in ACCELERATORS if part in name), ("none", "none"))


def _chassis(system: str) -> str:
    """The machine without its accelerators, as one name over all rounds.

    >>> _chassis("Gigabyte R282-Z93 (8x QAIC100 Pro, EE)"), _chassis("NVIDIA Orin (MaxQ, TensorRT)")
    ('gigabyte-r282-z93', 'jetson-agx-orin')
    """
    name = slug(LOOSE.sub("", system.lower()))
    return SAME.get(name, name)


def _tuning(system: str) -> str:
    """How the submission says that it was tuned for efficiency, if at all."""
    if "MaxQ" in system or "non MaxN" in system:
        return "maxq"
    return "ee" if "EE)" in system else "plain"
