"""Shares of moving data at three boundaries: taken from the one claim that asks for all of them."""

from jouletrace.boundaries import BOUNDARIES, LOADS, boundaries


def row(quantity: str, load: str, label: str) -> dict:
    proposition = {"quantity": quantity, "at": {"load": load}}
    ends = {"p05": 1.0, "p50": 2.0, "p95": 3.0}
    return {"label": label, "proposition": proposition, "word": "false", "probability_text": "0.05", **ends}


def test_blocks_stand_from_the_narrowest_boundary_to_the_widest_and_loads_from_few_to_many() -> None:
    rows = [row(name, load, f"{name} {load}") for name in reversed(BOUNDARIES) for load in reversed(LOADS)]
    found = boundaries({"x.Y1": {"rows": [*rows, {"label": "Z", "proposition": None}]}})
    assert [one["title"] for one in found] == list(BOUNDARIES.values())
    assert [[line["text"] for line in one["lines"]] for one in found] == [list(LOADS.values())] * 3
    assert found[0]["lines"][0]["number"] == "x.Y1.moving_share_of_dynamic_ratio batch-1.p50"


def test_a_claim_that_asks_for_one_boundary_alone_is_not_shown() -> None:
    assert boundaries({"x.Y1": {"rows": [row("moving_share_of_device_ratio", "serving", "A")]}}) == []
