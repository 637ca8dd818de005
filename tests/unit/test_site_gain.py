"""Gains of a service over how far a part of its energy falls: by hand, their bounds, and where machines lie."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jouletrace import numerics as _doubles  # noqa: F401
from jouletrace import site_gain, told
from jouletrace.models.in_memory_against import imc_bound_ratio
from jouletrace.registry import load
from jouletrace.tidying import tidy_tables

ROOT = Path(__file__).parents[2]
SHARE, FALL = st.floats(0.01, 0.99), st.floats(1.0, 1e3)


def row(label: str, p05: float, p50: float, p95: float) -> dict[str, object]:
    return {"label": label, "p05": p05, "p50": p50, "p95": p95}


EVIDENCE = {
    "51cto-2023.C60": {"rows": [row("iii/model=8b", -100.0, 50.0, 75.0)]},
    "51cto-2023.C64": {"context": [row("fall-h100", *(2.0,) * 3), row("fall-hermes-fast", *(8.0,) * 3)]},
}


@pytest.fixture(scope="module")
def found() -> dict[str, object]:
    registry = load(ROOT)
    return site_gain.site_gain(registry, tidy_tables(registry), EVIDENCE)


def test_a_gain_by_hand() -> None:
    """Half of the energy is of accelerators, half of that arithmetic; four times less of it leaves 13/16."""
    assert float(site_gain.gained(4.0, 0.5, 0.5)) == pytest.approx(16.0 / 13.0)
    assert float(site_gain.gained(1.0, 0.5, 0.5)) == 1.0
    # a machine that takes twice as much adds a quarter to the whole
    assert float(site_gain.gained(0.5, 0.5, 0.5)) == pytest.approx(0.8)


@given(SHARE, SHARE, FALL, FALL)
def test_gains_rise_to_a_bound_that_no_fall_passes(share, active, fall, other) -> None:
    low, high = (float(site_gain.gained(x, share, active)) for x in sorted((fall, other)))
    most = float(imc_bound_ratio(share * active))
    assert 1.0 - 1e-12 <= low <= high * (1 + 1e-12) <= most * (1 + 1e-12)
    assert float(site_gain.gained(1e15, share, active)) == pytest.approx(most)
    # A whole never gains more than its part, nor than all of the accelerators would give.
    assert high <= max(fall, other) * (1 + 1e-12)
    assert most <= float(imc_bound_ratio(active)) * (1 + 1e-12)


def test_lines_rise_and_parts_give_less_than_the_whole(found) -> None:
    parts = found["parts"]
    one = int(np.argmin(np.abs(np.log(found["falls"]))))
    for part in parts.values():
        middle = [x["p50"] for x in part["gain"]]
        assert middle == sorted(middle)
        assert middle[one] == pytest.approx(1.0)
        assert middle[-1] <= part["most"]["p50"] <= parts["accelerators"]["most"]["p50"]
        assert part["most"]["p05"] <= part["most"]["p50"] <= part["most"]["p95"]
    for end in ("p05", "p50", "p95"):
        assert parts["moving"]["most"][end] <= parts["waiting"]["most"][end]


def test_moving_and_arithmetic_leave_something_to_what_runs_with_time() -> None:
    registry = load(ROOT)
    drawn = site_gain.shares(registry, tidy_tables(registry))
    both = drawn["moving_share_of_request_ratio"] + drawn["computing_share_of_request_ratio"]
    assert (both < 1.0).all()
    assert (drawn["caused_share_of_request_ratio"] >= drawn["moving_share_of_request_ratio"] - 1e-12).all()


def test_machines_lie_on_the_line_of_their_part(found) -> None:
    card, chip = found["machines"]
    assert (card["p05"], card["p50"], card["p95"]) == (0.5, 2.0, 4.0)
    active = 0.58
    assert card["gain"] == pytest.approx(1.0 / (1.0 - active / 2.0), rel=0.01)
    assert (chip["part"], chip["p50"]) == ("arithmetic", 4.0)
    assert 1.0 < chip["gain"] < found["parts"]["arithmetic"]["most"]["p50"]


def test_every_number_that_a_caption_quotes_is_there(found) -> None:
    numbers = told.Numbers("in-memory", {"boundary": "", "fingerprint": "", "seed": 1})
    site_gain.count(found, numbers)
    (caption,) = site_gain.captions().values()
    asked = [part.split("}")[0] for part in caption.split("{num:")[1:]]
    assert len(asked) == 12
    assert set(asked) <= set(numbers.found)
    assert json.dumps(numbers.found)
