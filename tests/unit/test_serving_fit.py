"""Serving of language models: what was left out, peers on the same rows, and shapes as inputs."""

from pathlib import Path

import jax.numpy as jnp
import pandas as pd
import pytest
from scipy.stats import binom

from jouletrace.experiments import serving_rows as rows
from jouletrace.models.hardware.iteration import touched
from jouletrace.registry.rows import read_rows

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "data" / "computed" / "serving-fit"


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
