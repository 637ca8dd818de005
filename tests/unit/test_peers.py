"""Peers on the same deployments: their published equations against their package and against measurements."""

import importlib
import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jouletrace.models import peers
from jouletrace.numerics import jnp
from jouletrace.registry import load
from jouletrace.registry.asked import PEERS
from jouletrace.registry.distribution import middle
from jouletrace.units import to_coherent

ROOT = Path(__file__).parents[2]
MIRROR = os.environ.get("JOULETRACE_MIRROR", "")
ROWS = "inference/mlenergy/mlenergy_v3_llm_flat.csv"
J_PER_KWH = 3.6e6


@pytest.fixture(scope="module")
def published() -> tuple[list[float], list[float]]:
    """Coefficients of energy and of latency, from the registry, in the units of their names."""
    quantities = load(ROOT).quantities
    values = [
        to_coherent(middle(quantities[name].cases["any"].distribution), quantities[name].unit, name)
        for name in PEERS
    ]
    return values[:3], values[3:]


@pytest.fixture(scope="module")
def package():
    pytest.importorskip("ecologits", reason="EcoLogits is not installed: make peers")
    return importlib.import_module("ecologits.impacts.llm")


def test_the_registry_quotes_the_version_that_the_lock_installs() -> None:
    version = re.search(r"^ecologits==([\w.]+)", (ROOT / "requirements-peers.lock").read_text(), re.MULTILINE)
    assert version
    for name in PEERS:
        assert f"package {version[1]}," in load(ROOT).quantities[name].cases["any"].locator


@given(st.floats(0.1, 500.0), st.floats(1.0, 512.0))
def test_the_equation_is_that_of_the_package(package, published, billions: float, batch: float) -> None:
    energy, latency = published
    ours = peers.ecologits_energy_j_per_token(billions * 1e9, batch, 1.0, *energy)
    theirs = package.gpu_energy(
        model_active_parameter_count=billions,
        output_token_count=1,
        batch_size=batch,
        gpu_energy_alpha=package.GPU_ENERGY_ALPHA,
        gpu_energy_beta=package.GPU_ENERGY_BETA,
        gpu_energy_gamma=package.GPU_ENERGY_GAMMA,
    )
    assert float(ours) == pytest.approx(theirs * J_PER_KWH, rel=1e-9)
    seconds = package.generation_latency(
        model_active_parameter_count=billions,
        output_token_count=1,
        batch_size=batch,
        latency_alpha=package.LATENCY_ALPHA,
        latency_beta=package.LATENCY_BETA,
        latency_gamma=package.LATENCY_GAMMA,
        request_latency=1e9,
    )
    assert float(peers.ecologits_latency_s(billions * 1e9, batch, *latency)) == pytest.approx(
        seconds, rel=1e-9
    )


def test_the_documented_figures(published) -> None:
    """The documentation prints 1.17e-6, -1.12e-2, 4.05e-5 (Wh, 1e9 parameters) and 6.78e-4, 3.12e-4, 1.94e-2 (s)."""
    energy, latency = published
    wh = 3600.0
    assert energy == pytest.approx([1.17e-6 * wh / 1e9, -1.12e-2, 4.05e-5 * wh], rel=5e-3)
    assert latency == pytest.approx([6.78e-4 / 1e9, 3.12e-4, 1.94e-2], rel=5e-3)


@pytest.mark.mirror
@pytest.mark.skipif(not MIRROR, reason="JOULETRACE_MIRROR is not set: no publishers' files here")
def test_its_errors_on_measurements_that_it_did_not_fit(published) -> None:
    """Median |ln|, rms and share within a factor 2 on H100 rows of ML.ENERGY v3, as published in the plan."""
    energy, latency = published
    rows = pd.read_csv(Path(MIRROR) / ROWS)
    rows = rows[(rows["max_num_seqs"] <= 512) & (rows["total_params_billions"] <= 200)]
    active, batch = (jnp.asarray(rows[name]) for name in ("activated_params_billions", "max_num_seqs"))
    joules = peers.ecologits_energy_j_per_token(1e9 * active, batch, jnp.asarray(rows["num_gpus"]), *energy)
    error = np.log(np.asarray(joules) / rows["energy_per_token_joules"])
    assert len(rows) == 294
    assert error.abs().median() == pytest.approx(0.483, abs=5e-3)
    assert np.sqrt((error**2).mean()) == pytest.approx(0.749, abs=5e-3)
    assert (error.abs() < np.log(2.0)).mean() == pytest.approx(0.63, abs=5e-3)
    chat = error[rows["task"] == "lm-arena-chat"]
    assert len(chat) == 129
    assert chat.abs().median() == pytest.approx(0.386, abs=5e-3)
    seconds = peers.ecologits_latency_s(1e9 * active, batch, *latency)
    late = np.log(1e3 * np.asarray(seconds) / rows["median_itl_ms"])
    assert late.abs().median() == pytest.approx(0.935, abs=5e-3)


@pytest.mark.mirror
@pytest.mark.skipif(not MIRROR, reason="JOULETRACE_MIRROR is not set: no publishers' files here")
def test_errors_of_the_roofline_on_the_same_measurements() -> None:
    """At rated power and without losses it is as wrong as the regression, and nearly always too low."""
    from jouletrace.models.hardware import workloads
    from jouletrace.numerics import jax
    from jouletrace.predict import machine
    from jouletrace.predict.deployment import typed
    from jouletrace.predict.priors import ready
    from jouletrace.predict.resolve import resolve
    from jouletrace.tidying import tidy_tables

    registry = load(ROOT)
    known, predictor = ready(registry, tidy_tables(registry))
    rows = pd.read_csv(Path(MIRROR) / ROWS)
    rows = rows[(rows["max_num_seqs"] <= 512) & (rows["total_params_billions"] <= 200)]
    bits = rows["weight_precision"].map({"bfloat16": "16", "fp8": "8", "mxfp4": "4.25"})
    errors = []
    for row, width in zip(rows.itertuples(), bits, strict=True):
        said = {"device": "H100 SXM", "devices": row.num_gpus, "model": row.model_id, "weight_bits": width}
        load_ = {"batch": row.avg_batch_size, "input_tokens": 350, "output_tokens": row.avg_output_len}
        case = resolve(typed({key: str(value) for key, value in (said | load_).items()}), known).case
        hardware, model, (asked, _), _ = machine.point(case, predictor.keywords["drawn"])
        work = workloads.token_work(*jax.tree.map(lambda leaf: leaf[0], (model, asked)))
        device = hardware.device
        rated = (device.memory_bandwidth_b_per_s[0], device.peak_flop_per_s[0])
        seconds = peers.roofline_s(work.moved_b, work.flop + work.attention_flop, *rated, case.devices)
        joules = peers.roofline_energy_j_per_token(seconds, case.tdp_w, case.devices, case.batch)
        errors.append((joules / row.energy_per_token_joules, 1e3 * seconds / row.median_itl_ms))
    energy, time = np.log(np.array(errors, dtype=float)).T
    assert np.median(np.abs(energy)) == pytest.approx(0.48, abs=0.05)
    assert np.median(np.abs(time)) == pytest.approx(0.65, abs=0.06)
    assert np.median(energy) < -0.3
    assert np.mean(time < 0.0) > 0.9


@given(st.floats(1e6, 1e13), st.floats(1e6, 1e16), st.sampled_from([1.0, 2.0, 8.0]))
def test_the_roofline_is_the_kernel_without_losses(moved: float, flop: float, devices: float) -> None:
    """The kernel with a perfect device and no overhead takes as long as the roofline says."""
    from jouletrace.models.hardware.iteration import iteration
    from jouletrace.models.hardware.state import Device, Link, System, Traits, Work

    device = Device(*map(jnp.asarray, (1e15, 3e12, 8e10, 700.0, 70.0)))
    ideal = {name: 1.0 if name.endswith("efficiency_ratio") else 0.0 for name in Traits._fields}
    traits = Traits(**{name: jnp.asarray(value) for name, value in ideal.items()})
    values = {"weight_b": moved, "flop": flop, "layers": 1.0, "sequences": 1.0}
    work = Work(**{name: jnp.asarray(values.get(name, 0.0)) for name in Work._fields})
    link = Link(*map(jnp.asarray, (0.0, 1e30, 0.0)))
    found = iteration(device, traits, link, System(*map(jnp.asarray, (devices, 0.0, 1.0, 1.0))), work)
    assert float(found.time_s) == pytest.approx(float(peers.roofline_s(moved, flop, 3e12, 1e15, devices)))
