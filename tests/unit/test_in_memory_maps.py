"""Maps of cards against GPUs: they are the graph of the claims, and their lines are where gains are one."""

from pathlib import Path

import numpy as np
import pytest

from jouletrace import maps, told
from jouletrace.graph import functions
from jouletrace.registry import load
from jouletrace.tidying import tidy_tables

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sheet() -> maps.Sheet:
    registry = load(ROOT)
    return maps.Sheet(registry, tidy_tables(registry))


def test_a_point_that_says_what_the_graph_says_changes_nothing(sheet) -> None:
    """The load of the map has 16 users and all weights on the cards: said again, every draw stays."""
    as_asked = sheet.at(maps.SIZES[0], served_batch_count=np.array([16.0]))
    again = sheet.at(
        maps.SIZES[0],
        served_batch_count=np.array([16.0]),
        imc_resident_ratio=np.array([1.0]),
        imc_cache_in_dram_ratio=np.array([0.0]),
    )
    for name, values in as_asked.items():
        np.testing.assert_array_equal(values, again[name])


def test_points_are_independent_of_each_other(sheet) -> None:
    users, texts = np.array([1.0, 64.0, 512.0]), np.array([128.0, 2048.0, 32768.0])
    together = sheet.best("llama-3-1-70b", users, texts, np.ones(3))
    for k in range(3):
        alone = sheet.best("llama-3-1-70b", users[k : k + 1], texts[k : k + 1], np.ones(1))
        np.testing.assert_allclose(together[maps.GAIN][k], alone[maps.GAIN][0], rtol=1e-9)


def test_larger_models_take_more_cards_and_the_better_place_is_taken(sheet) -> None:
    one = (np.array([16.0]), np.array([2048.0]), np.ones(1))
    cards = [np.median(sheet.best(model, *one)["imc_card_count"]) for model in maps.SIZES]
    assert cards == sorted(cards)
    best = sheet.best("llama-3-1-70b", *one)[maps.GAIN]
    for place in (0.0, 1.0):
        fixed = sheet.at(
            "llama-3-1-70b",
            served_batch_count=one[0],
            context_token=one[1],
            imc_resident_ratio=one[2],
            imc_cache_in_dram_ratio=np.array([place]),
        )
        assert (best >= fixed[maps.GAIN]).all()


def test_parity_is_read_between_points_and_draws_that_never_win_lie_above() -> None:
    gains = np.array(maps.USERS)[:, None] ** 0.5 / np.array([2.0, 8.0, 1e3, 0.5])
    found = maps.parity(gains)
    assert found["never"] == 0.25
    assert found["always"] == 0.25
    assert found["p50"] == pytest.approx(64.0)
    assert found["p95"] is None
    assert found["p05"] == 4.0 or found["p05"] == 1.0


def test_numbers_lead_to_their_function_and_few_draws_are_never_all_or_none() -> None:
    some = {"p05": 0.5, "p50": 1.0, "p95": 2.0}
    parity = {"p05": None, "p25": None, "p50": 23.31, "p75": None, "p95": None, "never": 0.0}
    wins = np.ones((len(maps.USERS), len(maps.TEXTS), len(maps.STAYS)))
    model = {"title": "8 billion", "free": [some] * 11, "matched": [some] * 11, "wins": wins.tolist()}
    size = {"model": "llama-3-1-8b", "cards": some, "shares": {"cards that run or wait": some}}
    found = {
        "models": {"llama-3-1-8b": model | {"parity": {"free": parity, "matched": parity}}},
        "sizes": [size],
    }
    numbers = told.Numbers("in-memory", {"boundary": "b", "fingerprint": "f" * 20, "seed": 1})
    maps.count(found, numbers)
    assert numbers.found["in-memory.wins-8b.p50"]["text"] == "more than 99 %"
    assert numbers.found["in-memory.never-free-8b.p50"]["text"] == "less than 1 %"
    assert numbers.found["in-memory.parity-free-8b.p50"]["text"] == "23"
    known = functions()
    for one in numbers.found.values():
        module, name = one["href"].removeprefix("models/").split(".html#fn-")
        assert known[name].module == module
