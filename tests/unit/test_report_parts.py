"""Small parts of the report: elements are escaped, links are safe, stubs hold no values."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from jouletrace.report.elements import curly, el, num, to, web, written
from jouletrace.report.gates import check
from jouletrace.report.mathml import formula
from jouletrace.report.pages.members import listed, members
from jouletrace.report.stage import expanded, stubs
from jouletrace.report.store import Number
from jouletrace.report.words import WORDS, word_badge


class Builder:
    """The one thing that a tree asks a builder for."""

    def get_relative_uri(self, here: str, there: str) -> str:
        return f"{'../' * here.count('/')}{there}.html"


def html(part: object) -> str:
    return written(part, Builder(), "claims/a1/C01")  # type: ignore[arg-type]


def test_text_and_attributes_are_escaped() -> None:
    assert (
        html(el("p", "<b>&", cls='x" onclick="y')) == '<p class="x&quot; onclick=&quot;y">&lt;b&gt;&amp;</p>'
    )


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "//host/path",
        "vbscript:x",
        'https://x/"onclick=',
        "https:///path",
        "file:///etc/passwd",
        "",
    ],
)
def test_g18_only_plain_web_addresses_become_links(url: str) -> None:
    assert html(web(url, "text")) == "<span>text</span>"


def test_a_web_address_becomes_a_link() -> None:
    assert 'href="https://example.org/a?b=1&amp;c=2"' in html(web("https://example.org/a?b=1&c=2", "text"))


def test_a_number_carries_its_popover_as_escaped_data() -> None:
    made = html(num(Number("1 %", "A <title>", boundary='"in" & out', href="claims/a1/C01.html#trace-v1")))
    assert made.startswith('<a href="#trace-v1" class="jt-num" data-jt="{&quot;boundary&quot;')
    assert "<title>" not in made


def test_links_are_relative_to_the_page() -> None:
    assert html(to("data", "x", "t")) == '<a href="../../data.html#x">t</a>'


def test_formulas_hold_known_elements_only() -> None:
    made = html(formula(r"\frac{a}{b}")) + html(formula(r"x \href{javascript:alert(1)}{x}"))
    assert "<mfrac>" in made
    assert "<script" not in made
    assert " href=" not in made
    assert "&lt;script&gt;" in html(formula(r"\text{<script>}"))


def test_quotation_marks() -> None:
    assert curly("""the plants' own "use", and Gartner's""") == "the plants’ own “use”, and Gartner’s"


def test_badges_differ_in_sign_and_word() -> None:
    signs = [sign for _, sign in WORDS.values()]
    assert len(set(signs)) == len(signs)
    assert "undetermined" in html(word_badge("undetermined"))


LEDGER = {
    "claims": {"a1.C01": {"article": "a1", "short": "C01", "word": "false", "p50": 1.25}},
    "articles": {"a1": {"claims": ["a1.C01"]}},
    "functions": {"share_ratio": {"module": "shares"}},
}


def test_a_stub_holds_a_heading_and_one_directive() -> None:
    made = stubs(LEDGER)
    assert made["claims/a1/C01"] == "# {claim-title}`a1.C01`\n\n```{claim-page} a1.C01\n```\n"
    assert set(made) == {"claims/a1/C01", "articles/a1", "models/shares"}


def test_generated_pages_take_their_place_in_the_contents() -> None:
    contents = {
        "parts": [{"chapters": [{"generated": "articles"}, {"file": "data"}, {"generated": "models"}]}]
    }
    assert expanded(contents, LEDGER)["parts"][0]["chapters"] == [
        {"file": "articles/a1", "sections": [{"file": "claims/a1/C01"}]},
        {"file": "data"},
        {"file": "models/shares"},
    ]


def test_g23_gates_find_dead_links_foreign_files_and_unsafe_addresses(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<a href="b.html">x</a><a href="#gone">x</a><a href="javascript:x">x</a><a href="a.html#here">x</a>'
        '<p id="here"></p><script src="https://cdn.example/x.js"></script><a href="https://example.org">x</a>',
        encoding="utf-8",
    )
    found = check(tmp_path, tmp_path / "none.yaml")
    assert [one.split(": ", 1)[1] for one in found] == [
        "dead link `b.html`",
        "dead anchor `#gone`",
        "link to `javascript:x`, which is neither http nor https",
        "loads https://cdn.example/x.js from another host",
    ]


def test_a_table_of_members_has_a_line_for_each_and_marks_what_is_recalled() -> None:
    column = {"hum": {"text": "hum"}}
    asked = {"owls": {"title": "Owl by owl", "groups": {"old": "old owls"}, "columns": column}}
    hum = {"hum": {"unit": "times", "p05": 0.5, "p50": 1.234, "p95": 2.0}}
    lines = [
        {"table": "owls", "group": "old", "series": name, "name": name, "grade": grade, "columns": hum}
        for name, grade in (("Ada", "read"), ("Bo", "recalled"))
    ]
    page = SimpleNamespace(claim={"members": asked}, evidence={"members": lines})
    made = html(listed(page, "owls", asked["owls"]))  # type: ignore[arg-type]
    assert made.count("<tr") == 3
    assert "1.23 times" in made
    assert "0.5 to 2 times" in made
    assert "Bo †" in made
    assert "Ada †" not in made
    assert members(SimpleNamespace(claim={})) is None  # type: ignore[arg-type]
