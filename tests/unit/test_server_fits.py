"""Diffusion models and servers: counts of work by hand, the physics of the fits, and held-out figures."""

import math
import os
from pathlib import Path

import jax
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jouletrace import numerics as _doubles  # noqa: F401
from jouletrace import registry, sources
from jouletrace.computed import settings
from jouletrace.experiments import diffusion_fit, inferentia_fit, laplace, server_fit
from jouletrace.experiments.laplace import Prior
from jouletrace.experiments.task import Task
from jouletrace.kept import CARRIED
from jouletrace.models.hardware.workloads import boundary
from jouletrace.registry.rows import read_rows

ROOT = Path(__file__).parents[2]
REGISTRY = registry.load(ROOT)
MIRROR = os.environ.get("JOULETRACE_MIRROR", "")
needs_mirror = pytest.mark.skipif(
    not MIRROR, reason="JOULETRACE_MIRROR is not set: no publishers' files here"
)
SHAPES = diffusion_fit.values(read_rows(ROOT / "data/snapshot/diffusion-shapes.csv"), "diffusion_")
SHEETS = diffusion_fit.values(read_rows(ROOT / "data/snapshot/device-specs.csv"), "device_")
PIXEL_FLOP = 1e7


def task(name: str) -> Task:
    entry = REGISTRY.computed[name].model_copy(update={"settings": settings(name, REGISTRY)})
    tables = {key: read_rows(ROOT / REGISTRY.datasets[key].snapshot.path) for key in entry.reads}
    return Task(entry, tables, {})


def values(name: str, prior: Prior) -> dict[str, jax.Array]:
    return prior.values(jax.numpy.asarray(prior.centre))


def flux(batch: float = 1.0, heads: float = 1.0, ring: float = 1.0) -> diffusion_fit.Run:
    return diffusion_fit.run_of(
        SHAPES["flux-1-dev"], SHEETS[diffusion_fit.H100], batch, heads, ring, PIXEL_FLOP
    )


DIFFUSION = values("diffusion-fit", laplace.prior_of(task("diffusion-fit")))
SERVER = values("server-fit", server_fit.prior_of(task("server-fit")))


def test_a_pass_of_flux_by_hand() -> None:
    # 4,096 latent tokens and 512 of text, 57 layers of 12 squared widths of 3,072, and their attention.
    one = diffusion_fit.one_pass(SHAPES["flux-1-dev"])
    assert one.matrix_flop == pytest.approx(2 * 4608 * 57 * 12 * 3072**2)
    assert one.attention_flop == pytest.approx(4 * 57 * 3072 * 4608**2)
    assert one.weight_b == pytest.approx(57 * 12 * 3072**2 * 2)


def test_tokens_of_videos_by_hand() -> None:
    assert diffusion_fit.tokens(SHAPES["hunyuanvideo"]) == 33 * 45 * 80
    # 21 latent frames are put together in pairs, the last alone.
    assert diffusion_fit.tokens(SHAPES["cogvideox1-5-5b"]) == 11 * 48 * 85


def test_unets_have_the_published_work() -> None:
    # Stable Diffusion 1.5: 339 billion multiplications without those of attention; XL: about 3.0 trillion.
    assert SHAPES["openjourney-v4"]["matrix_flop"] == pytest.approx(2 * 339e9, rel=0.01)
    assert SHAPES["stable-diffusion-xl-base-1-0"]["matrix_flop"] == pytest.approx(2 * 2.99e12, rel=0.01)


def cost(run: diffusion_fit.Run) -> tuple[float, float]:
    found = diffusion_fit.generation(
        DIFFUSION, diffusion_fit.Run(*(jax.numpy.asarray(float(x)) for x in run))
    )
    return float(found.time_s), float(boundary(found, "device").sum())


def test_an_image_takes_no_less_than_its_arithmetic_and_no_more_than_the_rated_power() -> None:
    run = flux()
    seconds, joules = cost(run)
    assert seconds >= (run.matrix_flop + run.attention_flop) / run.peak_flop_per_s
    assert joules / seconds <= run.tdp_w


@given(
    st.sampled_from([1.0, 2.0, 4.0, 8.0, 16.0]),
    st.sampled_from([(2.0, 1.0), (1.0, 2.0), (4.0, 2.0), (8.0, 1.0)]),
)
def test_sharing_a_batch_saves_time_at_most_in_proportion_and_never_energy(
    batch: float, split: tuple[float, float]
) -> None:
    alone, shared = cost(flux(batch)), cost(flux(batch, *split))
    assert shared[0] * math.prod(split) >= alone[0]
    assert shared[1] >= alone[1]


@given(st.sampled_from([1.0, 2.0, 8.0, 16.0]))
def test_twice_the_batch_never_takes_more_than_twice_the_time(batch: float) -> None:
    assert cost(flux(2 * batch))[0] <= 2 * cost(flux(batch))[0] * (1 + 1e-9)


PART = server_fit.machine("dgx-a100--a100-sxm4-80gb--8--gpu--epyc-7742--2--plain--bert--offline--x")
RATED = {"a100-sxm4-80gb": 400.0, "epyc-7742": 225.0}
PEAK = {"a100-sxm4-80gb": 624e12}


def watts(changed: dict[str, str] | None = None, **value: float) -> float:
    run = server_fit.run_of({**PART, **(changed or {})}, RATED, PEAK, exact=False)
    return float(server_fit.wall_w({**SERVER, **value}, server_fit.Run(*(jax.numpy.asarray(x) for x in run))))


def test_wall_power_of_a_dgx_by_hand() -> None:
    # Eight GPUs at 0.9 of 400 W; two processors at 0.2 + 0.3 of 225 W; chassis 60 W and 0.05 of 3,200 W; a
    # tenth is lost in supplies.
    assert watts() == pytest.approx(1.1 * (8 * 0.9 * 400 + 2 * 0.5 * 225 + 60 + 0.05 * 3200), rel=0.02)


def test_devices_never_draw_more_than_their_rated_power() -> None:
    around = 1.1 * (2 * 0.5 * 225 + 60 + 0.05 * 3200)
    found = watts(**{"load_ratio gpu": 5.0})
    assert found <= 1.1 * 3200 + around * (1 + 1e-6)


def test_efficient_tuning_and_single_streams_draw_less() -> None:
    assert watts({"tuning": "maxq"}) < watts()
    assert watts({"scenario": "singlestream"}) < watts({"scenario": "multistream"}) < watts()


def test_an_accelerator_on_a_board_counts_its_host_once() -> None:
    rated = {
        "jetson-agx-orin-64gb": 60.0,
        "jetson-orin": 60.0,
        "cloud-ai-100-dm2e": 15.0,
        "snapdragon-865": 7.0,
    }
    orin = server_fit.machine(
        "jetson-agx-orin--jetson-agx-orin-64gb--1--gpu--jetson-orin--1--plain--bert--offline--x"
    )
    edge = server_fit.machine(
        "foxconn--cloud-ai-100-dm2e--1--npu--snapdragon-865--1--plain--bert--offline--x"
    )
    assert server_fit.run_of(orin, rated, {}, False).processor_tdp_w == 0.0
    assert server_fit.run_of(edge, rated, {}, False).processor_tdp_w == 7.0


def kept(name: str) -> pd.DataFrame:
    table = pd.read_csv(ROOT / CARRIED / name / "scores.csv")
    return table.set_index(["model", "split", "rows_of", "figure"])


def test_held_out_energy_of_images_is_within_the_goal_and_beats_both_regressions() -> None:
    scores = kept("diffusion-fit")
    found = scores.loc["this", "images", "all", "energy"]
    assert (found["rows"], found["groups"]) == (311, 7)
    assert found["median_ln_ratio"] <= 0.20
    for name in ("regression on parameters, steps, batch and GPUs", "regression on work, batch and GPUs"):
        assert found["rms_ln_ratio"] < scores.loc[name, "images", "all", "energy"]["rms_ln_ratio"]


def test_held_out_power_of_systems_is_within_the_goal_and_covered() -> None:
    found = kept("server-fit").loc["this", "system", "all", "power"]
    assert (found["rows"], found["groups"]) == (797, 59)
    assert found["median_ln_ratio"] <= 0.25
    assert abs(found["coverage_ratio"] - 0.9) <= 1.96 * math.sqrt(0.09 / 59)


@needs_mirror
@pytest.mark.mirror
def test_the_power_table_is_what_the_source_makes_of_the_mirror() -> None:
    dataset = REGISTRY.datasets["mlperf-power"]
    table = sources.tidy("mlperf_power", Path(MIRROR) / dataset.mirror.path)
    carried = {row.id: row.value for row in read_rows(ROOT / dataset.snapshot.path)}
    assert dict(zip(table["id"], table["value"], strict=True)) == pytest.approx(carried, rel=1e-9)
    # 883 results, of which 86 repeat a run for another accuracy target.
    assert len(carried) == 2 * (883 - 86)


def test_heads_are_filled_up_to_the_cores_of_inferentia() -> None:
    shape = {"total_parameter": 7e9, "lookup_parameter": 1e8, "layer": 32.0, "width": 4096.0, "head": 32.0}
    more = {"head_size": 128.0, "kv_head": 32.0}
    found = inferentia_fit.run_of("m--24--1--4096--128--3968", {"m": shape | more}, SHEETS["inferentia-2"])
    assert (found.devices, found.kv_heads, found.context_tokens) == (12.0, 48.0, 4096.0)


def test_held_out_time_of_a_token_on_inferentia_is_far_nearer_than_the_roofline() -> None:
    scores = kept("inferentia-fit")
    assert scores.loc["this", "shape", "all", "token"]["median_ln_ratio"] <= 0.25
    assert scores.loc["plain bandwidth roofline", "none", "all", "token"]["median_ln_ratio"] > 1.0
