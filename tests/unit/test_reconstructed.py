"""What the pages of the reconstruction show: gathered by hand-sized examples, and whole for the real one."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from jouletrace import told, validation
from jouletrace.figures.shown import SHOWN, names
from jouletrace.reconstructed import article_marks, dots, publications, reconstructed
from jouletrace.registry import load
from jouletrace.rows import rows
from jouletrace.tidying import tidy_tables

ROOT = Path(__file__).parents[2]
REGISTRY = load(ROOT)
TOKEN = re.compile(r"\{num:([^}]+)\}")
MADE = {"boundary": "hum", "fingerprint": "f" * 64, "seed": 7}


def write(folder: Path, **tables: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def estimate(name: str, p50: float, **changes: Any) -> dict[str, Any]:
    one = {"id": name, "level": "data centres", "lineage": "owl", "publication": name, "region": "world"}
    one |= {"year": 2020, "published_year": 2019, "ahead": 1, "method": "counted", "how": "printed"}
    return one | {"p05": p50 / 1.5, "p50": p50, "p95": p50 * 1.5, "shown": 10.0 * p50} | changes


def headline(asked: str, value: str | None, edges: list[float]) -> dict[str, Any]:
    question = {"quantity": "hum_j", "is": asked, "value": value, "at": {"region": "world", "year": 2017}}
    row = {"is_headline": True, "label": "V1", "text": "hum", "unit": "percent", "than_node": "all"}
    nodes = {"all": {"p50": 20.0, "unit": "PWh", "name": "all_j", "title": "All hum."}}
    return {"rows": [row | {"proposition": question, "edges": edges}], "nodes": nodes}


def test_the_articles_share_is_taken_of_the_whole_in_the_same_evidence() -> None:
    found = article_marks({"a.C1": headline("about", "3", [2.5, 3.5])}, "hum_j", "about")
    assert [(one["value"], one["edges"], one["said"]) for one in found] == [
        (pytest.approx(600.0), pytest.approx([500.0, 700.0]), "3 %")
    ]
    above = article_marks({"a.C1": headline("above", None, [100.0])}, "hum_j", "above")
    assert above[0]["value"] == pytest.approx(20_000.0)
    assert article_marks({"a.C1": headline("above", None, [100.0])}, "hum_j", "about") == []
    assert article_marks({"a.C1": headline("about", "3", [2.5])}, "howl_j", "about") == []


def test_publications_stand_by_lineage_the_highest_first_and_span_all_their_figures() -> None:
    rows = [
        estimate("low", 0.5),
        estimate("high", 1.2),
        estimate("elk", 3.0, lineage="elk"),
        estimate("again", 0.9, publication="high"),
    ]
    found = publications(rows)
    assert [one["publication"] for one in found] == ["elk", "high", "low"]
    assert (found[1]["count"], found[1]["p50"]) == (2, pytest.approx(1.05))
    assert (found[1]["low"], found[1]["high"]) == (pytest.approx(0.6), pytest.approx(1.8))


def test_large_parts_of_europe_are_drawn_beside_its_curve_and_countries_are_not() -> None:
    rows = [
        estimate("whole", 1.0, region="europe"),
        estimate("union", 1.0, region="eu-27", how="scaled"),
        estimate("country", 1.0, region="germany"),
        estimate("world", 1.0),
        estimate("part", 1.0, level="AI", how="share"),
        estimate("hum", 1.0, level="AI"),
    ]
    assert [one["id"] for one in dots(rows, "europe")] == ["whole", "union"]
    assert [one["id"] for one in dots(rows, "world")] == ["world"]
    assert [one["id"] for one in dots(rows, "ai-part")] == ["part"]
    assert [one["id"] for one in dots(rows, "ai-world")] == ["hum"]


def test_counts_say_how_many_lie_beyond_the_band_and_how_many_are_clearly_high() -> None:
    rows = [estimate("a", 0.4), estimate("b", 1.0), estimate("c", 2.0), estimate("d", 9.0)]
    band = [{"year": 2020, "p05": 9.0, "p95": 15.0}]
    numbers = told.Numbers("reconstruction", MADE)
    told.count({"estimates": rows, "marks": {}, "fans": {"world": band}}, numbers)
    said = {key.split("count.")[1]: one["text"] for key, one in numbers.found.items() if "count." in key}
    assert said["above-world.p50"] == "2"
    assert said["below-world.p50"] == "1"
    assert said["centres-high.p50"] == "2"
    assert said["centres-low.p50"] == "1"
    assert numbers.found["reconstruction.residual.d.p50"]["text"] == "9 times"


def test_logarithms_are_told_as_factors_parts_and_percents_with_what_they_mean(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        parameters="name,p05,p50,p95,r_hat,effective_draws,error\n"
        "method extrapolation,0.1,0.6931472,0.9,,,\n"
        "drift extrapolation,-0.01,0.0953102,0.1,,,\n"
        "method counted,-0.9,-0.5,-0.1,,,\n"
        "place eu-27,-0.2,-0.1625189,-0.1,,,\n"
        '"error of its own, counted",0.1,0.1823216,0.2,1.001,900,0.001\n',
    )
    high, drift, low, place, scale = validation.parameters(folder)
    assert (high["p50"], high["unit"], high["says"]) == (pytest.approx(2.0), "ratio", "high on the whole")
    assert (drift["p50"], drift["says"]) == (pytest.approx(10.0), "neither clearly too fast nor too slow")
    assert low["says"] == "low on the whole"
    assert (place["p50"], place["words"]) == (pytest.approx(85.0), "part of Europe: EU-27")
    assert (scale["p50"], scale["r_hat"]) == (pytest.approx(20.0), 1.001)


def kept() -> told.Numbers:
    return told.Numbers("calibration", MADE)


def ranks_of(folder: Path, places: list[int]) -> Path:
    lines = [f"{run},hum,{rank},99" for run, rank in enumerate(places)]
    tests = "quantity,runs,chi2,p_value,p_holm,mean_rank,coverage\nhum,400,1,0.001,0.01,0.5,0.9\n"
    return write(folder, ranks="\n".join(["run,quantity,rank,of", *lines, ""]), tests=tests)


def test_even_ranks_lie_in_their_band_and_piled_ones_do_not(tmp_path: Path) -> None:
    even = validation.ranks(ranks_of(tmp_path / "a", [run % 100 for run in range(400)]), kept())
    assert even["histograms"]["hum"] == [40] * validation.BINS
    assert even["band"][0] < 40 < even["band"][1]
    numbers = kept()
    piled = validation.ranks(ranks_of(tmp_path / "b", [99] * 400), numbers)
    assert piled["histograms"]["hum"][-1] == 400
    assert numbers.found["calibration.outside.p50"]["text"] == str(validation.BINS)
    assert numbers.found["calibration.failed.p50"]["text"] == "1"


SCORES = """cutoff,rows,forecaster,publications,n,coverage,band_low,band_high,log_score,median_abs_log_error
2015,all,reconstruction,9,30,0.8,0.7,1.0,-0.5,0.3
2015,all,last value,9,30,0.6,0.7,1.0,-0.9,0.2
2015,"all, where every forecaster has one",reconstruction,5,10,0.7,0.6,1.0,-0.5,0.6931472
2015,"all, where every forecaster has one",last value,5,10,0.6,0.6,1.0,-0.9,0.1
2018,all,reconstruction,4,8,1.0,0.6,1.0,-0.5,0.1
2018,all,last value,0,0,,,,,
"""
POINTS = """cutoff,id,publication,region,year,value,p05,p50,p95,log_score
2015,a,A,world,2020,300,100,200,400,-1
2015,b,B,world,2020,500,100,200,400,-2
2018,b,B,world,2020,50,100,200,400,-2
"""


def test_forecasters_are_compared_where_all_have_a_forecast_and_the_nearer_one_is_named(
    tmp_path: Path,
) -> None:
    numbers = told.Numbers("backtest", MADE)
    found = validation.forecasts(write(tmp_path, scores=SCORES, points=POINTS), numbers)
    said = TOKEN.sub(lambda match: numbers.found[match[1]]["text"], found["caption"])
    assert said == (
        "Seen up to 2015, the nine-tenths intervals held 80 % of what 9 later publications say; the typical "
        "error was a factor of 2, and nearer came last value. Seen up to 2018, the nine-tenths intervals held "
        "100 % of what 4 later publications say."
    )
    assert [(one["value"], one["inside"]) for one in found["points"]] == [
        (1.5, True),
        (2.5, False),
        (0.25, False),
    ]
    spread = TOKEN.sub(lambda match: numbers.found[match[1]]["text"], found["spread_caption"])
    assert "of 2 figures after 2015 1 came out above and 0 below" in spread
    assert "of 1 figures after 2018 0 came out above and 1 below" in spread


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    """The real one, as a build makes it, with no evidence beside it."""
    registry = load(ROOT)
    return reconstructed(registry, tidy_tables(registry), {})


def is_of_a_claim(key: str) -> bool:
    """Whether a number is that of a reading, or of the context, of a claim; these are in the ledger."""
    article, claim, label, _ = f"{key}...".split(".")[:4]
    known = REGISTRY.claims.get(f"{article}.{claim}")
    return known is not None and label in {*dict(rows(known)), *known.context}


def test_every_estimate_has_its_residual_and_every_caption_quotes_known_numbers(
    whole: dict[str, Any],
) -> None:
    assert whole["captions"].keys() >= set(names({"reconstruction"}))
    for caption in whole["captions"].values():
        quoted = {one for one in TOKEN.findall(caption) if not is_of_a_claim(one)}
        assert quoted <= whole["numbers"].keys()
        assert not re.search(
            r"(?<![\d.])\d+(?![\d.])", re.sub(r"\b(19|20)\d\d\b", "", TOKEN.sub("", caption))
        )
    placed = [figure["id"] for one in whole["publications"] for figure in one["figures"]]
    assert sorted(placed) == sorted(one["id"] for one in whole["estimates"])
    assert {one["method"] for one in whole["estimates"]} == {
        "bottom-up",
        "extrapolation",
        "counted",
        "unstated",
    }


def test_the_part_of_ai_lies_between_nothing_and_all(whole: dict[str, Any]) -> None:
    for one in whole["fans"]["ai-part"]:
        assert 0.0 < one["p05"] < one["p50"] < one["p95"] < 100.0
    world = {one["year"]: one["p50"] for one in whole["fans"]["world"]}
    for one in whole["fans"]["ai-world"]:
        assert one["p50"] < world[one["year"]]


def test_a_scaled_figure_of_a_part_of_europe_is_larger_than_printed(whole: dict[str, Any]) -> None:
    scaled = [one for one in whole["estimates"] if one["how"] == "scaled"]
    assert scaled
    for one in scaled:
        assert 1.0 < one["shown"] / float(one["said"].split()[0]) < 1.5


def test_what_is_shown_is_plain_data_and_every_figure_finds_its_parts(whole: dict[str, Any]) -> None:
    assert json.loads(json.dumps(whole, allow_nan=False)) == whole
    for dataset, _, _, parts in SHOWN.values():
        assert dataset not in whole["datasets"] or all(part in whole for part in parts)
    for one in whole["datasets"].values():
        assert all((ROOT / one["folder"] / name).is_file() for name in one["tables"])
