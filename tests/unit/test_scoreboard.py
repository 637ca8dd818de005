"""The scoreboard says of each fit what its table of scores says, and leaves nothing out."""

import math
from pathlib import Path

import pandas as pd
import pytest

from jouletrace import macro_scores, scoreboard
from jouletrace.kept import CARRIED, record
from jouletrace.registry import load

ROOT = Path(__file__).parents[2]
REGISTRY = load(ROOT)
SHOWN = {name: {"folder": f"{CARRIED}/{name}", **record(ROOT / CARRIED / name)} for name in REGISTRY.computed}


@pytest.fixture(scope="module")
def both() -> tuple[dict, dict]:
    return scoreboard.scoreboard(ROOT, SHOWN, REGISTRY)


@pytest.fixture(scope="module")
def found(both) -> dict:
    return both[0]


def scores(name: str) -> pd.DataFrame:
    return pd.read_csv(ROOT / CARRIED / name / "scores.csv")


def test_every_thing_that_a_fit_predicts_has_a_line_but_the_time_of_an_iteration(found):
    for name in {one.dataset for one in scoreboard.ASKED}:
        asked = {
            (one.figure, split) for one in scoreboard.ASKED if one.dataset == name for split in one.left_out
        }
        untold = set(zip(*(scores(name)[key] for key in ("figure", "split")), strict=True)) - asked
        assert {figure for figure, _ in untold} <= {"iteration_time", "time", "energy"}
        assert {split for figure, split in untold if figure == "energy"} <= {"images and videos"}
    assert {one["what"] for one in found["lines"]} == {one.words for one in scoreboard.ASKED}


def test_figures_are_those_of_the_table_and_have_an_id(both):
    found, numbers = both
    table = scores("serving-fit").set_index(["model", "split", "rows_of", "figure"])
    row = table.loc["this", "family", "all", "token_energy"]
    line = next(one for one in found["lines"] if one["left_out"] == "the family of models")
    assert (line["n"], line["groups"]) == (row["rows"], row["groups"])
    assert line["median_ln"] == pytest.approx(row["median_ln_ratio"])
    assert line["coverage"] == pytest.approx(row["coverage_ratio"])
    every = [*found["lines"], *(line for one in found["groups"] for line in one["lines"])]
    for one in every:
        number = numbers[f"{one['dataset']}.{one['id']}.median_ln.p50"]
        assert number["value"] == pytest.approx(one["median_ln"])
        assert number["href"] == f"data.html#computed-{one['dataset']}"
        assert (f"{one['dataset']}.{one['id']}.coverage.p50" in numbers) is (one["coverage"] is not None)


def test_the_band_is_that_of_the_number_of_groups(found):
    line = next(one for one in found["lines"] if one["groups"] == 6 and one["coverage"] is not None)
    # Of six groups four to six are inside, in nineteen of twenty cases.
    assert line["band"] == pytest.approx([4 / 6, 1.0])


def test_a_peer_stands_below_the_model_on_the_same_runs_and_gives_no_interval(found):
    lines = [one for one in found["lines"] if one["what"].endswith("energy of an output token")]
    assert lines[0]["by"] == scoreboard.THIS
    peers = [one for one in lines if one["by"] != scoreboard.THIS]
    assert peers
    assert all(one["coverage"] is None and one["median_ln"] > lines[0]["median_ln"] for one in peers)


def test_every_group_is_told_with_the_way_in_which_it_is_missed(found):
    table = scores("serving-fit")
    ours = table[(table["model"] == "this") & (table["figure"] == "token_energy")]
    for place, split in enumerate(("family", "larger")):
        told = found["groups"][place]["lines"]
        names = set(ours[ours["split"] == split]["rows_of"]) - {"all"}
        assert {one["group"] for one in told} == {scoreboard.WORDS.get(name, name) for name in names}
        assert all(abs(one["bias_ln"]) <= 2.0 * one["rms_ln"] + 1e-9 for one in told)


def test_dots_of_servers_are_the_runs_that_are_carried(both):
    found, numbers = both
    assert len(found["servers"]) == numbers["server-fit.runs-told.p50"]["value"] == 797
    line = next(one for one in found["lines"] if one["dataset"] == "server-fit" and one["n"] == 797)
    inside = numbers["server-fit.runs-inside.p50"]["value"] / 797
    assert inside == pytest.approx(line["coverage"], abs=2e-3)


def test_what_claims_read_of_the_fit_chains_find_as_wide(both):
    _, numbers = both
    for name in scoreboard.READ:
        value = numbers[f"serving-fit.chains-{scoreboard.slug(name)}.p50"]["value"]
        assert 1.0 / scoreboard.NEAR <= value <= scoreboard.NEAR
    # All but a few parameters are near; the page names the worst.
    assert numbers["serving-fit.chains-worst.p50"]["title"].startswith("logit_b")
    near, every = (numbers[f"serving-fit.chains-{key}.p50"]["value"] for key in ("near", "parameters"))
    assert every - 4 <= near < every


def test_boards_of_macros_say_what_their_table_says_and_every_count_has_an_id():
    found, numbers = macro_scores.macros(ROOT, SHOWN, REGISTRY)
    table = scores("macro-fit").set_index(["model", "split", "rows_of"])
    row = table.loc["this", "paper of another memory", "all"]
    board = next(one for one in found["boards"] if one["split"] == "paper of another memory")
    line = next(one for one in board["lines"] if one["by"] == macro_scores.THIS)
    key = f"macro-fit.{line['id']}"
    assert numbers[f"{key}.n.p50"]["value"] == row["rows"] == line["n"]
    assert numbers[f"{key}.groups.p50"]["value"] == row["groups"]
    assert numbers[f"{key}.median_ln.p50"]["value"] == pytest.approx(row["median_ln_ratio"])
    assert numbers[f"{key}.band-p05.p50"]["value"] == pytest.approx(100.0 * scoreboard.band(16)[0])
    every = [one for board in found["boards"] for one in board["lines"]]
    assert len({one["id"] for one in every}) == len(every)
    assert {one["cell"] for one in found["missed_cells"]} <= set(macro_scores.CELLS.values())
    assert all(one["family"] != "non-volatile" for one in found["missed"])


def test_sweeps_get_intervals_from_other_chips():
    """Nine tenths of nine small errors and a large one: the smaller; a chip alone would have none."""
    errors = {"a": [0.01 * k for k in range(1, 10)] + [1.0], "b": [0.05, 0.5]}
    rows = [
        {"chip": chip, "metric": "m", "measured": 1.0, "predicted": math.exp(-error), "anchor": 0}
        for chip, of in errors.items()
        for error in of
    ]
    anchor = {"chip": "b", "metric": "m", "measured": 1.0, "predicted": 9.0, "anchor": 1}
    found = macro_scores.inside_sweeps([*rows, anchor])
    assert found == {"a": 0.9, "b": 0.5, "a: m": 0.9, "b: m": 0.5, "all": pytest.approx(10 / 12)}
