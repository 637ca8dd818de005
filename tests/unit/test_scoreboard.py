"""The scoreboard says of each fit what its table of scores says, and leaves nothing out."""

from pathlib import Path

import pandas as pd
import pytest

from jouletrace import scoreboard
from jouletrace.kept import CARRIED
from jouletrace.registry import load

ROOT = Path(__file__).parents[2]
REGISTRY = load(ROOT)
SHOWN = {name: {"folder": f"{CARRIED}/{name}"} for name in REGISTRY.computed}


@pytest.fixture(scope="module")
def found() -> dict:
    return scoreboard.scoreboard(ROOT, SHOWN, REGISTRY)


def scores(name: str) -> pd.DataFrame:
    return pd.read_csv(ROOT / CARRIED / name / "scores.csv")


def test_every_thing_that_a_fit_predicts_has_a_line_but_the_time_of_an_iteration(found):
    for name, words in scoreboard.PREDICTED.items():
        table = scores(name)
        column = "figure" if name == "serving-fit" else "predicted"
        untold = set(table[column]) - set(words)
        assert untold <= {
            "iteration_time",
            "images and videos, model left out: energy",
            "images and videos, model left out: time",
            "videos, from images: time",
        }
        assert {one["what"] for one in found["lines"] if one["dataset"] == name} == set(words.values())


def test_figures_are_those_of_the_table(found):
    table = scores("serving-fit").set_index(["model", "split", "rows_of", "figure"])
    row = table.loc["this", "family", "all", "token_energy"]
    line = next(one for one in found["lines"] if one["left_out"] == "the family of models")
    assert (line["n"], line["groups"]) == (row["rows"], row["groups"])
    assert line["median_ln"] == pytest.approx(row["median_ln_ratio"])
    assert line["coverage"] == pytest.approx(row["coverage_ratio"])


def test_a_peer_stands_below_the_model_on_the_same_runs_and_gives_no_interval(found):
    lines = [one for one in found["lines"] if one["what"].endswith("energy of an output token")]
    assert lines[0]["by"] == scoreboard.THIS
    peers = [one for one in lines if one["by"] != scoreboard.THIS]
    assert peers
    assert all(one["coverage"] is None and one["median_ln"] > lines[0]["median_ln"] for one in peers)


def test_every_family_is_told_with_the_way_in_which_it_is_missed(found):
    table = scores("serving-fit")
    told = table[
        (table["model"] == "this") & (table["split"] == "family") & (table["figure"] == "token_energy")
    ]
    names = [name for name in told["rows_of"] if name[0].isupper()]
    assert [one["family"] for one in found["families"]] == names
    assert all(abs(one["bias"]) <= one["rms_ln"] + 1e-9 for one in found["families"])
