"""Sources of measured runs: golden rows typed from the files, sums, and what is left out."""

import os
from pathlib import Path

import pandas as pd
import pytest

from jouletrace import fetch, registry, sources, tables
from jouletrace.sources import wilkins
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
    "mlenergy-2024-diffusion": (
        "mlenergy_v2_diffusion",
        "inference/mlenergy/mlenergy_v2_diffusion_flat.csv",
    ),
    "mlenergy-2023-language": ("mlenergy_v1", "inference/mlenergy"),
    "mlperf-power": ("mlperf_power", "inference/mlperf/mlperf_inference_power_v2.0-v4.0.csv"),
    "inferentia-decoders": ("inferentia_decoder", "imc"),
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
        (
            "mlenergy-2024-diffusion",
            run(
                task="text-to-image",
                model="stable-diffusion-xl-base-1.0",
                device="h100-sxm5-80gb",
                devices=1,
                batch=16,
                steps=25,
            ),
            {"measured_image_energy_j": 737.6392125, "measured_batch_time_s": 17.3731314182},
        ),
        (
            "mlenergy-2023-language",
            run(
                task="chat",
                model="llama-7b",
                edition="koala-7b",
                device="a100-sxm4-40gb",
                devices=1,
                limit=1,
            ),
            {
                "measured_request_energy_j": 1345.55483915,
                "measured_request_time_s": 9.62073841608,
                "measured_output_token": 261.069845534,
            },
        ),
        (
            "mlperf-power",
            run(
                round="v4.0",
                suite="datacenter",
                division="closed",
                submitter="NVIDIA",
                platform="DGX-H100_H100-SXM-80GBx8_TRT_MaxQ",
                device="h100-sxm5-80gb",
                devices=8,
                model="resnet50",
                scenario="offline",
            ),
            {"measured_inference_count_per_s": 473737.0, "measured_wall_power_w": 4115.41913303},
        ),
        (
            "mlperf-power",
            run(
                round="v4.0",
                suite="datacenter",
                division="closed",
                submitter="NVIDIA",
                platform="DGX-H100_H100-SXM-80GBx8_TRT_MaxQ",
                device="h100-sxm5-80gb",
                devices=8,
                model="llama2-70b-99.9",
                scenario="offline",
            ),
            {"measured_output_token_per_s": 17561.6, "measured_wall_power_w": 5888.19322268},
        ),
        (
            "inferentia-decoders",
            run(
                model="llama-3-8b",
                device="inferentia-2",
                devices=12,
                batch=1,
                input=128,
                output=8064,
                weights="int8",
            ),
            {"measured_first_token_s": 29.47, "measured_token_interval_s": 7.41},
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


def test_gpus_draw_no_more_than_rated_in_the_edition_of_2023() -> None:
    wide = carried("mlenergy-2023-language").pivot_table(index="series", columns="quantity", values="value")
    power = wide["measured_request_energy_j"] / wide["measured_request_time_s"]
    assert power.between(60, 300).all()


def test_mlperf_keeps_each_run_once_and_names_what_its_rules_ask_for() -> None:
    table = carried("mlperf-power")
    assert table["series"].nunique() == 797
    assert table.groupby("series").size().eq(2).all()
    assert table["publication"].str.fullmatch(r"MLPerf Inference v\d\.\d, \w+ \d{4}").all()
    assert table["note"].str.match(r"(closed|open)-power, \w+, \S").all()
    tokens = table[table["quantity"] == "measured_output_token_per_s"]["series"]
    assert len(tokens) == 2
    assert known(tokens, "model") == {"llama2-70b-99-9"}


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


@needs_mirror
def test_third_edition_of_diffusion_is_read_whole() -> None:
    place = "inference/mlenergy/mlenergy_v3_diffusion_flat.csv"
    table = sources.tidy("mlenergy_v3_diffusion", Path(MIRROR) / place)
    assert table["series"].nunique() == 483
    assert (table["quantity"] == "measured_image_energy_j").sum() == 311
    assert (table["quantity"] == "measured_video_energy_j").sum() == 172
    flux = table[
        table["series"].str.contains("model-flux-1-dev--") & table["series"].str.contains("batch-1--")
    ]
    assert 7948.585 in {round(value, 3) for value in flux["value"]}


@needs_mirror
def test_wilkins_gives_the_median_of_the_repetitions_and_no_loading() -> None:
    table = sources.tidy("wilkins", Path(MIRROR) / "inference/wilkins/all-output-scale-stats.csv")
    assert table["series"].nunique() == 70
    mistral = run(
        model="mistral-7b-v0-1",
        device="a100-sxm4-40gb",
        system="Swing AMD+A100",
        devices=1,
        batch=32,
        input=33,
        output=2048,
    )
    assert figures_of(table, mistral)["measured_batch_energy_j"] == pytest.approx(75380, rel=2e-3)
    assert figures_of(table, mistral)["measured_sequence_token"] == 2081


def test_wilkins_leaves_the_first_repetition_out(tmp_path: Path) -> None:
    columns = [*wilkins.FIGURES, "Phase", *wilkins.SETTINGS[:-1], wilkins.OUTPUT[0]]
    rows = [
        [900.0, 1.0, 9.0, 40, "start-inference-A-0", "Swing AMD+A100", "Llama-2 (7B)", 1, 32, 8, 32],
        [100.0, 1.0, 1.0, 40, "start-inference-A-1", "Swing AMD+A100", "Llama-2 (7B)", 1, 32, 8, 32],
        [104.0, 1.0, 1.0, 40, "start-inference-A-2", "Swing AMD+A100", "Llama-2 (7B)", 1, 32, 8, 32],
        [5e4, 1.0, 60.0, 0, "model load", "Swing AMD+A100", "Llama-2 (7B)", 1, 32, 0, 32],
    ]
    path = tmp_path / "stats.csv"
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
    table = sources.tidy("wilkins", path)
    assert table["series"].nunique() == 1
    assert figures_of(table, table["series"].iloc[0])["measured_batch_energy_j"] == 102.0


@needs_mirror
def test_idle_gpus_of_the_node_stand_apart_in_tokenpowerbench() -> None:
    place = "inference/tokenpower/tokenpowerbench_results_flat.csv"
    table = sources.tidy("tokenpowerbench", Path(MIRROR) / place)
    assert table["series"].nunique() == 185
    idle = table[table["quantity"] == "measured_idle_power_w"]["value"]
    assert len(idle) == 168
    assert idle.between(60, 63).all()
    power = table[table["quantity"] == "measured_power_w"]
    devices = power["series"].map(lambda name: int(settings(name)["devices"]))
    assert (power["value"] / devices).between(90, 400).all()
    assert set(devices) == {1, 2}


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


@needs_mirror
def test_runs_in_two_files_of_wilkins_have_one_name() -> None:
    """The sweeps over models hold the small ones again: the same runs, hence the same figures."""
    folder = Path(MIRROR) / "inference/wilkins"
    one, other = (
        sources.tidy("wilkins", folder / f"all-{name}-stats.csv").set_index("id")["value"]
        for name in ("output", "output-scale")
    )
    both = one.index.intersection(other.index)
    assert len(both) == 4 * 30
    assert (one[both] == other[both]).all()
