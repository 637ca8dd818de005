"""Serving of language models: the fit, its rows, and peers recomputed on the rows that it is judged by."""

import os
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from jouletrace.experiments import serving_rows as rows
from jouletrace.experiments.nested import Components, Fit, Prior, Seen, Trust
from jouletrace.models.hardware.iteration import touched
from jouletrace.registry.rows import read_rows

ROOT = Path(__file__).parents[2]
MIRROR = os.environ.get("JOULETRACE_MIRROR", "")
MEASURED = "inference/mlenergy/mlenergy_v3_llm_flat.csv"
KEPT = ROOT / "data" / "computed" / "serving-fit"


# --- peers ----------------------------------------------------------------------------------------


@pytest.mark.skipif(not MIRROR, reason="JOULETRACE_MIRROR is not set: no measured rows here")
def test_the_published_equations_of_ecologits_miss_by_this_much() -> None:
    """Coefficients of version 1.0, batch as it was set: 294 rows of H100, 129 of them chat."""
    table = pd.read_csv(Path(MIRROR) / MEASURED)
    table = table[(table.max_num_seqs <= 512) & (table.total_params_billions <= 200)]
    batch, active = table.max_num_seqs, table.activated_params_billions
    token_wh = 1.17e-6 * np.exp(-1.12e-2 * batch) * active + 4.05e-5
    errors = np.log(3600 * token_wh * table.num_gpus / table.energy_per_token_joules)
    latency_s = 6.78e-4 * active + 3.12e-4 * batch + 1.94e-2
    late = np.log(1000 * latency_s / table.median_itl_ms)
    chat = table.task == "lm-arena-chat"
    assert (len(table), chat.sum()) == (294, 129)
    assert np.median(abs(errors)) == pytest.approx(0.483, abs=5e-4)
    assert np.median(abs(errors[chat])) == pytest.approx(0.386, abs=5e-4)
    assert np.median(abs(late)) == pytest.approx(0.935, abs=5e-4)


# --- what was found -------------------------------------------------------------------------------


def scores() -> pd.DataFrame:
    return pd.read_csv(KEPT / "scores.csv").set_index(["model", "split", "rows_of", "figure"])


@pytest.mark.parametrize(
    ("split", "part", "figure", "rows_count", "most", "rms"),
    [
        ("family", "all", "token_energy", 294, 0.15, 0.30),
        ("family", "lm-arena-chat", "token_energy", 129, 0.12, 0.30),
        ("family", "all", "token_interval", 294, 0.18, 0.30),
        ("generation", "all", "token_energy", 600, 0.22, 0.40),
        ("stack", "all", "token_energy", 600, 0.22, 0.40),
    ],
)
def test_what_was_left_out_is_predicted_as_well_as_was_asked(
    split: str, part: str, figure: str, rows_count: int, most: float, rms: float
) -> None:
    found = scores().loc[("this", split, part, figure)]
    assert found["rows"] == rows_count
    assert found["median_ln_ratio"] <= most
    assert found["rms_ln_ratio"] <= rms
    low, high = binom.ppf([0.025, 0.975], found["groups"], 0.9) / found["groups"]
    assert low <= found["coverage_ratio"] <= high


def test_peers_miss_by_more_on_the_same_rows() -> None:
    table = scores()["median_ln_ratio"]
    ours = table[("this", "family", "all", "token_energy")]
    for peer in ("EcoLogits' equations", "roofline of bandwidth at rated power"):
        assert table[(peer, "none", "all", "token_energy")] > 3.0 * ours


# --- rows -----------------------------------------------------------------------------------------


def test_a_shape_gives_the_weights_that_its_maker_states() -> None:
    shapes = rows.sheets(read_rows(ROOT / "data/snapshot/model-shapes.csv"))
    model = rows.model_of(shapes["gpt-oss-20b"], rows.WEIGHT_B["mxfp4"])
    one, many = (touched(model, jnp.asarray(tokens)) for tokens in (1.0, 1e4))
    assert float(one.shared + one.experts) == pytest.approx(model.active_parameters - model.lookup_parameters)
    assert float(many.experts) == pytest.approx(19.11e9, rel=1e-3)
    # 12.8 GiB are published: experts of 4.25 bits, everything else of 16.
    weights_b = 2.0 * (float(many.shared) + 0.58e9) + 2.0 * model.expert_bytes_ratio * float(many.experts)
    assert weights_b == pytest.approx(13.75e9, rel=0.02)


# --- the fit --------------------------------------------------------------------------------------


def straight(value, inputs):
    return jnp.stack([jnp.log(value["level"]) + value["slope"] * inputs])


PRIOR = Prior(("level", "slope"), np.zeros(2), np.full(2, 3.0), np.array([False, True]))
TRUST = Trust(0.15, 0.25, np.full(3, 0.1), np.full(3, 0.7))


def simulated(seed: int, families: int = 12) -> tuple[np.ndarray, Seen]:
    """Rows of four configurations in each family, with residuals of 0.2, 0.1 and 0.05."""
    rng = np.random.default_rng(seed)
    family = np.repeat(np.arange(families), 24)
    one = np.repeat(np.arange(4 * families), 6)
    x = rng.uniform(0.0, 2.0, len(family))
    shared = 0.2 * rng.standard_normal(families)[family] + 0.1 * rng.standard_normal(4 * families)[one]
    logs = np.log(3.0) + 0.6 * x + shared + 0.05 * rng.standard_normal(len(x))
    return x, Seen(logs[None], (family.astype(str), one.astype(str)))


def test_parameters_and_sizes_are_found_again() -> None:
    x, seen = simulated(1)
    fit = Fit(straight, x, PRIOR, seen, TRUST)
    found = fit.posterior(np.ones(len(x), dtype=bool), seen.levels[0])
    value = PRIOR.values(jnp.asarray(found.mode))
    assert float(value["level"]) == pytest.approx(3.0, rel=0.15)
    assert float(value["slope"]) == pytest.approx(0.6, abs=0.1)
    np.testing.assert_allclose(np.exp(found.sizes[0]), [0.2, 0.1, 0.05], rtol=0.45)


def test_intervals_of_new_families_hold_what_they_promise() -> None:
    inside = []
    for seed in range(6):
        x, seen = simulated(seed)
        new = np.isin(seen.levels[0], ["0", "1", "2"])
        fit = Fit(straight, x, PRIOR, seen, TRUST)
        posterior = fit.posterior(~new, seen.levels[0])
        _, drawn = fit.predictive(posterior, new, 400, np.random.default_rng(seed))
        low, high = np.quantile(drawn[:, 0], (0.05, 0.95), axis=0)
        inside.append(np.mean((low <= seen.logs[0, new]) & (seen.logs[0, new] <= high)))
    # Six times three families: 18 independent groups.
    assert 0.78 <= np.mean(inside) <= 1.0


def test_one_family_far_off_moves_the_rest_little() -> None:
    x, seen = simulated(3)
    far = np.where(seen.levels[0] == "5", 2.0, 0.0)
    fits = [Fit(straight, x, PRIOR, Seen(logs, seen.levels), TRUST) for logs in (seen.logs, seen.logs + far)]
    calm, moved = (one.posterior(np.ones(len(x), dtype=bool), seen.levels[0]).mode for one in fits)
    assert abs(moved[0] - calm[0]) < 0.5 * 2.0 / 12.0 + 0.05


def test_the_density_of_residuals_is_that_of_their_covariance() -> None:
    rng = np.random.default_rng(4)
    group = np.array(["a", "a", "b", "b", "b"])
    apart, sizes = rng.standard_normal(5), np.log([0.3, 0.2])
    trust = Trust(0.1, 1.0, np.exp(sizes), np.ones(2))
    same = group[:, None] == group
    covariance = 0.09 * same + 0.04 * np.eye(5)
    byhand = 0.5 * (apart @ np.linalg.solve(covariance, apart) + np.linalg.slogdet(covariance)[1])
    assert Components(apart, (group,), trust).objective(sizes) == pytest.approx(byhand)
