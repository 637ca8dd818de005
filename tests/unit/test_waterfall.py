"""The waterfall: steps meet, the sum starts from zero, nothing is written over anything else."""

from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.text import Text
from pydantic import ValidationError

from jouletrace.figures import draw, selection, style, waterfall
from jouletrace.registry.schema import FigureSpec

STEPS = ["what grows", "what shrinks", "what is left"]
VALUES = {"g": 23.4, "s": -19.2, "r": 4.2, "h": 3.0, "t": -0.4, "q": 2.6}


def evidence() -> dict:
    context = [
        {"label": name, "p05": value - 3.0, "p50": value, "p95": value + 2.0}
        for name, value in VALUES.items()
    ]
    figure = {
        "kind": "waterfall",
        "unit": "percent",
        "label": "growth of hum",
        "steps": STEPS,
        "note": "a note",
    }
    figure["panels"] = [
        {"title": "Owls", "rows": ["g", "s", "r"]},
        {"title": "Elks", "rows": ["h", "t", "q"]},
    ]
    claim = {"figure": figure, "title": {"en": "Hum", "zh": ""}}
    return {"id": "a.C1", "claim": claim, "rows": [], "path": {}, "nodes": {}, "context": context}


def drawn(theme: str = "light"):
    colours = style.THEMES[theme]
    with style.applied(colours):
        figure = waterfall.figure(evidence(), [], colours)
        figure.set_dpi(288)
        figure.canvas.draw()
    return figure


def test_its_kind_is_what_the_claim_asks_for():
    assert selection.kind(evidence()) == "waterfall"


def test_each_step_starts_where_the_one_before_ended_and_the_sum_at_zero():
    bars = drawn().axes[1].patches
    ends = [(round(bar.get_x(), 9), round(bar.get_x() + bar.get_width(), 9)) for bar in bars]
    assert ends[:3] == [(0.0, 23.4), (4.2, 23.4), (0.0, 4.2)]
    assert ends[3:] == [(0.0, 3.0), (2.6, 3.0), (0.0, 2.6)]


def test_panels_share_one_scale_that_holds_every_line():
    low, high = drawn().axes[1].get_xlim()
    assert low < 0.0
    assert high > 23.4 + 2.0


@pytest.mark.parametrize("theme", style.THEMES)
def test_no_text_lies_over_another_or_outside(theme: str):
    figure = drawn(theme)
    texts = [*figure.axes[0].texts, *figure.axes[1].xaxis.get_ticklabels()]
    shown = [text for text in texts if text.get_text() and text.get_visible()]
    low, high = figure.axes[1].get_xlim()
    shown = [one for one in shown if one.axes is figure.axes[0] or low <= one.get_position()[0] <= high]
    boxes = [(text.get_text(), Text.get_window_extent(text).padded(-0.4)) for text in shown]
    page = figure.bbox.padded(1.0)
    assert len(boxes) > 12
    assert [name for name, box in boxes if not (page.contains(*box.min) and page.contains(*box.max))] == []
    assert [(a, b) for (a, x), (b, y) in combinations(boxes, 2) if x.overlaps(y)] == []


def test_medians_stand_beside_the_bars_with_their_signs():
    said = {text.get_text() for text in drawn().axes[0].texts}
    assert {"+23", "\N{MINUS SIGN}19", "+4.2", "\N{MINUS SIGN}0.4"} <= said


def test_a_changed_context_is_drawn_again(tmp_path: Path):
    assert draw.write(evidence(), {}, tmp_path)
    assert not draw.write(evidence(), {}, tmp_path)
    changed = evidence()
    changed["context"][0]["p50"] = 20.0
    assert draw.write(changed, {}, tmp_path)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"kind": "waterfall"}, "a waterfall has `panels`"),
        ({"panels": [{"title": "a", "rows": []}]}, "a waterfall has `panels`"),
        (
            {"kind": "waterfall", "steps": ["a", "b"], "panels": [{"title": "a", "rows": ["x"]}]},
            "one row for each",
        ),
    ],
)
def test_a_figure_that_does_not_add_up_is_refused(more: dict, words: str):
    with pytest.raises(ValidationError, match=words):
        FigureSpec(alt="", **more)
