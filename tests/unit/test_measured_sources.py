"""Sources of measured runs: golden rows typed from the files, sums, and what is left out."""

import os
from pathlib import Path

import pandas as pd
import pytest

from jouletrace import fetch, registry, sources, tables
from jouletrace.sources._measured import run, settings
from jouletrace.sources._names import DEVICES, MODELS, device_key

ROOT = Path(__file__).parents[2]
MIRROR = os.environ.get("JOULETRACE_MIRROR", "")
needs_mirror = pytest.mark.skipif(
    not MIRROR, reason="JOULETRACE_MIRROR is not set: no publishers' files here"
)
DATASETS = registry.load(ROOT).datasets
#: Tables that are carried, the source of each, and its file or folder in a mirror.
CARRIED = {
    "mlenergy-2024-language": ("mlenergy_v2_language", "inference/mlenergy/mlenergy_v2_llm_flat.csv"),
}
V3 = "inference/mlenergy/mlenergy_v3_llm_flat.csv"


def carried(name: str) -> pd.DataFrame:
    return tables.read_table(ROOT / DATASETS[name].snapshot.path, DATASETS[name])


def figures_of(table: pd.DataFrame, series: str) -> dict[str, float]:
    rows = table[table["series"] == series]
    return dict(zip(rows["quantity"], rows["value"], strict=True))


def known(series: "pd.Series[str]", setting: str) -> set[str]:
    return {settings(name)[setting] for name in series if setting in settings(name)}


@needs_mirror
@pytest.mark.parametrize("name", CARRIED)
def test_mirror_gives_the_carried_table(name: str) -> None:
    source, place = CARRIED[name]
    pd.testing.assert_frame_equal(sources.tidy(source, Path(MIRROR) / place), carried(name))


@pytest.mark.parametrize(
    ("name", "series", "found"),
    [
        (
            "mlenergy-2024-language",
            run(
                task="chat",
                model="llama-3-1-8b",
                edition="Meta-Llama-3.1-8B-Instruct",
                device="h100-sxm5-80gb",
                tensor=1,
                pipeline=1,
                limit=128,
            ),
            {
                "measured_request_energy_j": 63.1227284327,
                "measured_output_token": 483.135,
                "measured_token_interval_s": 0.0566512040946,
                "measured_output_token_per_s": 2152.51572197,
                "measured_batch_count": 127.766961983,
            },
        ),
    ],
)
def test_golden_rows(name: str, series: str, found: dict[str, float]) -> None:
    assert figures_of(carried(name), series) == found


@pytest.mark.parametrize("name", CARRIED)
def test_models_and_devices_of_carried_runs_are_known(name: str) -> None:
    series = carried(name)["series"]
    assert known(series, "device") <= {*carried("device-specs")["series"]}
    if "language" in name or "decoders" in name:
        assert known(series, "model") <= {*carried("model-shapes")["series"]}


def test_every_named_device_has_a_data_sheet() -> None:
    assert set(DEVICES.values()) <= {*carried("device-specs")["series"]}
    with pytest.raises(ValueError, match="'H900' is no device whose data sheet is known"):
        device_key("H900")


def test_gpus_draw_no_more_than_rated_in_the_edition_of_2024() -> None:
    """Energy of a request times throughput over output tokens is the power of all GPUs together."""
    wide = carried("mlenergy-2024-language").pivot_table(index="series", columns="quantity", values="value")
    requests = wide["measured_output_token_per_s"] / wide["measured_output_token"]
    rated = {"a100-sxm4-40gb": 400, "h100-sxm5-80gb": 700}
    for series, power in (wide["measured_request_energy_j"] * requests).items():
        told = settings(str(series))
        devices = int(told["tensor"]) * int(told["pipeline"])
        assert 0.2 * rated[told["device"]] < power / devices < 1.02 * rated[told["device"]], series


def test_settings_and_run_are_inverse() -> None:
    told = {"model": "qwen-3-14b", "devices": "2", "limit": "64"}
    assert settings(run(**told)) == told


@needs_mirror
def test_third_edition_is_read_whole() -> None:
    table = sources.tidy("mlenergy_v3_language", Path(MIRROR) / V3)
    assert table["series"].nunique() == 405
    assert len(table) == 6 * 405
    assert known(table["series"], "model") <= set(MODELS.values())
    wide = table.pivot_table(index="series", columns="quantity", values="value")
    implied = wide["measured_power_w"] / wide["measured_output_token_per_s"]
    assert ((implied / wide["measured_token_energy_j"] - 1).abs() < 1e-6).all()
    gemma = wide.loc[
        run(
            task="lm-arena-chat",
            model="gemma-3-27b",
            edition="gemma-3-27b-it",
            device="h100-sxm5-80gb",
            devices=1,
            tensor=1,
            experts=1,
            limit=8,
            weights="bfloat16",
        )
    ]
    assert gemma["measured_token_energy_j"] == pytest.approx(1.5108347604)
    assert gemma["measured_token_interval_s"] == pytest.approx(23.425722)


WITHHELD = registry.load(ROOT).withheld


@needs_mirror
@pytest.mark.parametrize("name", WITHHELD)
def test_tables_that_are_not_carried_are_read_with_known_models_and_devices(name: str) -> None:
    entry = WITHHELD[name]
    path = Path(MIRROR) / entry.mirror.path
    assert fetch.digest(path) == entry.mirror.sha256
    table = sources.tidy(entry.tidy, path)
    assert table["id"].is_unique
    assert set(table["cite"]) == {entry.cite}
    assert known(table["series"], "device") <= {*carried("device-specs")["series"]}
    if "diffusion" not in name:
        assert known(table["series"], "model") <= {*carried("model-shapes")["series"]}
