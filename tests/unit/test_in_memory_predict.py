"""Predictions for cards that compute in their memory: published systems, what does not fit, and what wears out."""

import csv
from pathlib import Path

import pytest

from jouletrace.predict import predict
from jouletrace.predict.priors import ready
from jouletrace.registry import load
from jouletrace.tidying import tidy_tables

ROOT = Path(__file__).parents[2]
HEADER = "device,devices,model,weight_bits,batch,input_tokens,output_tokens,boundary,scenario"
ROWS = (
    "d-Matrix Corsair,8,Llama 3.1 8B,8,60,500,500,gpu,serving",
    "Corsair,64,Llama 3.1 70B,4,60,500,500,gpu,serving",
    "NorthPole,96,Llama 3.1 8B,4,28,1024,1024,device,serving",
    "northpole,16,Llama 3.2 3B,4,28,200,200,gpu,serving",
    "corsair,1,Llama 3.1 70B,8,16,500,500,gpu,offline",
    "corsair,64,Llama 3.1 70B,8,16,500,500,gpu,offline",
    "northpole,8,Llama 3.1 8B,4,28,1024,1024,facility,serving",
    "hermes,64,Llama 3.1 8B,8,1,500,500,gpu,offline",
    "corsair,8,Llama 3.1 8B,16,1,500,500,gpu,offline",
    "corsiar,8,Llama 3.1 8B,8,1,500,500,gpu,offline",
    "H100 SXM,1,Llama 3.1 8B,8,60,500,500,device,serving",
    "corsair,8,Llama 3.1 8B,,,,,facility,serving",
)


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> tuple[list[dict[str, str]], list[str]]:
    folder = tmp_path_factory.mktemp("cards")
    source, out = folder / "in.csv", folder / "out.csv"
    source.write_text("\n".join((HEADER, *ROWS)) + "\n", encoding="utf-8")
    registry = load(ROOT)
    _, problems = predict(source, out, lambda: ready(registry, tidy_tables(registry)))
    with out.open(encoding="utf-8") as file:
        return list(csv.DictReader(file)), problems


def energy(row: dict[str, str], end: str = "p50") -> float:
    return float(row[f"energy_j_per_token_{end}"])


#: Rows of the sheet, joules of a token, and the file that says so.
PUBLISHED = {0: "corsair-8b", 1: "corsair-70b-rack", 2: "northpole-8b-rack", 3: "northpole-3b"}


def published(series: str) -> tuple[float, float]:
    """Joules of a token, and seconds between two tokens of a user."""
    with (ROOT / "data/snapshot/imc-systems.csv").open(encoding="utf-8") as file:
        told = {row["quantity"]: row for row in csv.DictReader(file) if row["series"] == series}
    value = {name: float(row["value"]) for name, row in told.items()}
    return value["system_power_w"] / value["system_token_per_s"], value["system_user_s"] / 1e3


@pytest.mark.parametrize("row", PUBLISHED)
def test_published_systems_lie_in_the_interval_and_near_the_middle(told, row) -> None:
    """Inside nine tenths of the draws, and within a factor of 2.5 of the middle in energy and in time."""
    joules, seconds = published(PUBLISHED[row])
    found = told[0][row]
    assert energy(found, "p05") <= joules <= energy(found, "p95")
    assert 0.4 < energy(found) / joules < 2.5
    assert 0.4 < float(found["time_s_per_token_p50"]) / seconds < 2.5


def test_cards_of_one_kind_are_matched_by_their_makers_name(told) -> None:
    assert [told[0][row]["device_matched"] for row in (0, 1, 2, 3)] == [
        "corsair",
        "corsair",
        "northpole",
        "northpole",
    ]


def test_weights_beside_the_cards_cost_time_and_energy(told) -> None:
    """One card loads nearly all of a model of 70 billion in each pass; 64 keep it."""
    few, many = told[0][4], told[0][5]
    assert "loaded from DRAM" in few["assumed"]
    assert float(few["energy_dram_j_per_token"]) > 10.0 * float(many["energy_dram_j_per_token"])
    assert float(few["time_s_per_token_p50"]) > 10.0 * float(many["time_s_per_token_p50"])
    assert few["limit"] == "memory bandwidth"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (7, ("do not fit", "8 x 0.224 GB of northpole", "at least 18 devices")),
        (8, ("endurance exceeded", "64 x 0.004194 GB of hermes", "at least 1915 devices")),
        (9, ("weight_bits 16", "8 bits or fewer")),
        (10, ("corsiar", "did you mean `corsair`?")),
    ],
)
def test_what_cannot_be_is_said_in_one_line_with_its_row(told, row, words) -> None:
    line = next(one for one in told[1] if f"row {row} (line {row + 1})" in one)
    assert all(word in line for word in words)
    assert "\n" not in line


def test_parts_of_cards_are_told_and_processors_stay_as_they_are(told) -> None:
    card, gpu = told[0][0], told[0][10]
    assert float(card["energy_links_j_per_token"]) > 0.0
    assert float(card["energy_wires_j_per_token"]) > 0.0
    assert float(gpu["energy_wires_j_per_token"]) == 0.0
    assert "no measurement of such cards" in card["assumed"]
    assert "no measurement of such cards" not in gpu["assumed"]


def test_what_a_row_leaves_blank_is_drawn_and_widens_the_interval(told) -> None:
    stated, blank = told[0][0], told[0][11]
    assert "weight_bits 8" in blank["assumed"]
    assert "batch drawn" in blank["assumed"]
    assert energy(blank, "p95") / energy(blank, "p05") > energy(stated, "p95") / energy(stated, "p05")
