"""G1: the checker finds hand-typed numbers in prose, and leaves names, years and quoted numbers alone."""

import random
from pathlib import Path

import pytest

from jouletrace.report.numerals import load_allowed, numerals

ALLOWED = load_allowed(Path(__file__).resolve().parents[2] / "book" / "allowed_numerals.yaml")
PLANTED = 200
FRAMES = (
    "The share of data centres was {} in the year before.",
    "It takes {} of all electricity, which is less than it seems.",
    "About {} were counted.",
    "<strong>{}</strong> is the figure of the report.",
    "Between the views lies a factor of {}, in <em>{}</em> of them.",
    "这一比例约为{},低于文中所述。",
    "据估计,二〇二五年将达到{}。",
)
CLEAN = (
    "In 2017 the share was small, and by 2025 it had grown.",
    "Claim C12 of the article rests on reading V1; H8 of C01 differs.",
    "The passage S0.P3 says so, and S5.P1 repeats it.",
    "The text is under CC-BY-4.0, the code under its own licence.",
    'The share was <a class="jt-num" href="x">4.5 %</a> of electricity.',
    "Run <code>make book ARGS=2</code> to build it.",
    'The row <span class="jt-data">owid-2025-world-2017, 25,400 TWh</span> decides.',
    "ChatGPT and 51CTO are names.",
    "二〇二五年AI能耗超过人类,一个说法而已,千万不要当真。",
    "2025年的说法,一些人并不同意。",
    "One of the readings holds, the other two do not.",
    "P is printed between &lt;0.01 and &gt;0.99, never as certainty.",
    "The interval from 5 to 95 % is printed beside it.",
    "<pre>42</pre>",
    "<math><mn>1.5</mn></math>",
)


def page(body: str) -> str:
    return (
        f"<html><nav>7 links</nav><main><article><p>{body}</p></article></main><footer>v1.2.3</footer></html>"
    )


def made(chance: random.Random) -> str:
    """A number as people type it."""
    value = chance.uniform(0.01, 9999)
    return chance.choice(
        [
            f"{value:.0f}",
            f"{value:.1f} %",
            f"{value:,.0f} TWh",
            f"{value:.2f}",
            f"{value:.0f} to {value * 2:.0f}",
            f"{value:.0f}x",
            f"{value:.1e}",
            f"−{value:.1f}",
            f"~{value:.0f}",
            f"{value:.0f}%",
            f"{chance.choice('三四五六')}倍",
            f"百分之{chance.choice('三四五六')}点{chance.choice('一二')}",
            f"{chance.choice('三四五六')}百太瓦时",
            f"${value:.0f}",
            f"{value:.0f}-fold",
        ]
    )


def test_g1_at_least_95_percent_of_planted_numbers_are_found() -> None:
    chance = random.Random(2023)
    found = 0
    for _ in range(PLANTED):
        number = made(chance)
        frame = chance.choice(FRAMES)
        found += bool(numerals(page(frame.format(*[number] * frame.count("{}"))), ALLOWED))
    assert found >= 0.95 * PLANTED


def test_g1_at_most_2_percent_of_clean_sentences_raise_an_alarm() -> None:
    alarms = [one for one in CLEAN * 10 if numerals(page(one), ALLOWED)]
    assert len(alarms) <= 0.02 * len(CLEAN) * 10, set(alarms)


@pytest.mark.parametrize("typed", ["2,017", "1.2017", "20175", "CC-BY 94", "C123", "the 2017.5 mark"])
def test_what_only_looks_like_a_year_or_an_id_is_found(typed: str) -> None:
    assert numerals(page(f"It was {typed} then."), ALLOWED)


def test_parts_that_hold_no_prose_are_skipped() -> None:
    table = '<table class="jt-table"><tr><td>94</td></tr></table>'
    assert numerals(page(table), ALLOWED) == []
    assert numerals(page("<table><tr><td>94</td></tr></table>"), ALLOWED)


def test_an_entry_of_the_list_needs_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "allowed.yaml"
    path.write_text("allowed:\n  - {pattern: '\\d+', reason: ''}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="needs a reason"):
        load_allowed(path)
