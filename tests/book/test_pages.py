"""The extension on a tiny book: unknown ids stop the build, hostile text is inert, pages are the same."""

import hashlib
import json
import re
from html import unescape
from pathlib import Path

import pytest

from jouletrace.report.build import BookError, build

from .conftest import INDEX, write_book, write_results
from .fixture import SHA, ledger, one_claim, text

PAGES = (
    "index.html",
    "claims/a1/C01.html",
    "articles/a1.html",
    "sources.html",
    "data.html",
    "models/shares.html",
    "residuals.html",
    "validation.html",
)


def refused(root: Path, index: str) -> str:
    results = write_results(root / "results", ledger(), one_claim())
    with pytest.raises(BookError) as caught:
        build(results, write_book(root / "book", index), results / "book", root)
    assert not (results / "book").exists()
    return str(caught.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("```{shown-figure} reconstruction-residual\n```", "did you mean `reconstruction-residuals`?"),
        ("{num}`a1.C01.V1.p51`", "unknown number `a1.C01.V1.p51`; did you mean `a1.C01.V1.p50`?"),
        ("{claim}`a1.C02`", "unknown claim `a1.C02`; did you mean `a1.C01`?"),
        ("{asserts}`a1.C01.V9|true|x`", "unknown reading `a1.C01.V9`"),
        ("```{raw} html\n<b>x</b>\n```", "`raw` is not allowed in this book"),
        ("[a page](missing.md)", "missing.md"),
    ],
)
def test_a_wrong_line_stops_the_build_with_file_and_line(tmp_path: Path, line: str, said: str) -> None:
    message = refused(tmp_path, f"# Title\n\n{line}\n")
    assert said in message
    assert "book/index.md:3" in message


def test_g1_a_typed_number_stops_the_build(tmp_path: Path) -> None:
    assert "typed number `94` in “It takes 94 percent.”" in refused(
        tmp_path, "# Title\n\nIt takes 94 percent.\n"
    )


@pytest.mark.parametrize("page", PAGES)
def test_g18_hostile_registry_text_is_inert(built: Path, page: str) -> None:
    html = (built / page).read_text(encoding="utf-8")
    assert "<script>window.hit" not in html
    assert not re.search(
        r"<[^>]*\son(error|mouseover|click)\s*=\s*[\"']?window", re.sub(r'"[^"]*"', '""', html)
    )
    assert not re.search(r"(href|src)=\"?\s*javascript:", html)
    assert "<img src=x" not in html


def test_braces_stay_text(built: Path) -> None:
    html = (built / "index.html").read_text(encoding="utf-8")
    assert "{{ env.app.srcdir }}" in html
    assert "stage" not in html


def test_a_number_is_a_link_to_its_trace_without_scripts(built: Path) -> None:
    html = (built / "index.html").read_text(encoding="utf-8")
    assert re.search(r'<a [^>]*href="claims/a1/C01.html#trace-v1"[^>]*>1.25 %</a>', html)
    assert 'id="trace-v1"' in (built / "claims/a1/C01.html").read_text(encoding="utf-8")


def test_prose_written_for_another_verdict_says_so(built: Path) -> None:
    index = (built / "index.html").read_text(encoding="utf-8")
    assert re.search(r"It holds\.<.*?Written for the verdict “true”; here it is", index, re.DOTALL)
    page = (built / "claims/a1/C01.html").read_text(encoding="utf-8")
    assert "written for another state of the registry" in page


def test_every_table_row_and_input_is_on_the_page(built: Path) -> None:
    page = (built / "claims/a1/C01.html").read_text(encoding="utf-8")
    for anchor in ("row-v1", "row-v1-scope-wide", "trace-v1", "trace-v1-scope-wide", "input-part-j"):
        assert f'id="{anchor}"' in page
    assert "<math" in page
    assert 'class="only-light"' in page
    assert 'class="only-dark"' in page


def test_joint_draws_say_who_computed_them_from_what_and_link_to_the_code(built: Path) -> None:
    page = (built / "claims/a1/C01.html").read_text(encoding="utf-8")
    table, trace = (page[page.index(f'id="{one}"') :] for one in ("input-whole-j", "trace-v1"))
    for part in (table, trace):
        assert "computed by this project: " in part
        for link in ("computed-joint", "code-joint", "dataset-figures"):
            assert f'href="../../data.html#{link}"' in part
        assert "12,345 effective draws, seed 11" in part
        assert "<code>world-2017</code>" in part
    popovers = [json.loads(unescape(one)) for one in re.findall(r'data-jt="([^"]*)"', trace)]
    whole = next(one for one in popovers if one["title"].startswith("Whole"))
    assert [one.split(" <")[0] for one in whole["sources"]] == ["computed by this project from figures"]
    assert whole["sources"][0].endswith("grade: fitted")
    data = (built / "data.html").read_text(encoding="utf-8")
    for anchor in ("computed-joint", "code-joint"):
        assert f'id="{anchor}"' in data
    assert "src/jouletrace/experiments/joint_draws.py, line 7" in data


@pytest.mark.parametrize("page", PAGES)
def test_g23_no_page_loads_from_another_host_or_carries_the_engines_scripts(built: Path, page: str) -> None:
    html = (built / page).read_text(encoding="utf-8")
    assert not re.search(r"<(script|img|link)[^>]*(src|href)=\"(https?:)?//", html)
    assert not re.search(r"thebe|mathjax", html, re.IGNORECASE)
    assert "onclick" not in html


def test_g9_two_builds_are_the_same_bytes(tmp_path: Path, built: Path) -> None:
    root = tmp_path / "a path 测"
    results = write_results(root / "results", ledger(), one_claim())
    again = build(results, write_book(root / "book"), results / "book", root)
    assert digests(again) == digests(built)


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def test_the_index_of_the_fixture_quotes_only_known_ids() -> None:
    numbers = json.loads(json.dumps(ledger()))["numbers"]
    assert all(name in numbers for name in re.findall(r"\{num\}`([^`]+)`", INDEX))


def test_drivers_show_both_shares_of_the_spread_and_say_what_they_mean(built: Path) -> None:
    html = (built / "claims/a1/C01.html").read_text(encoding="utf-8")
    plain = re.sub(r"<[^>]+>", "", html)
    assert "Of the spread of the result, 80 % would go away if this input were known" in plain
    assert "Another 20 % is due to inputs acting together" in plain
    table = html[html.index("jt-drivers") :]
    cells = re.sub(r"<[^>]+>", "|", table[: table.index("</table>")])
    assert re.findall(r"\d+ %", cells)[:3] == ["80 %", "95 %", "90 %"]
    assert "\N{PLUS-MINUS SIGN} 3.0 %" in html


def test_a_page_says_what_is_counted_and_why_unlike_things_are_compared(built: Path) -> None:
    html = (built / "claims/a1/C01.html").read_text(encoding="utf-8")
    plain = unescape(re.sub(r"<[^>]+>", "", html))
    scope, across = (text(word).partition('"')[0] for word in ("scope", "across"))
    assert f"counts {scope}" in plain
    assert f"Compares unlike things: {across}" in plain
    records = [json.loads(unescape(one)) for one in re.findall(r'data-jt="([^"]*)"', html)]
    assert text("scope") in {one.get("counts") for one in records}


def test_every_estimate_stands_in_the_table_the_highest_first_with_its_source(built: Path) -> None:
    html = (built / "residuals.html").read_text(encoding="utf-8")
    table = html[html.index('id="all-centres"') :]
    assert table.index('id="estimate-r1"') < table.index('id="estimate-r2"')
    assert re.search(r'<a [^>]*href="data.html#dataset-figures"[^>]*>9 TWh</a>', table)
    assert "0.5 to 9" in table
    lists = html[: html.index('id="all-centres"')]
    assert re.search(r'href="#estimate-r1"[^>]*>2.5 times</a> the reconstruction', lists)
    assert "a projection of 2027" in lists


def test_a_figure_of_the_reconstruction_says_its_caption_as_its_alternative(built: Path) -> None:
    html = (built / "residuals.html").read_text(encoding="utf-8")
    alts = [unescape(one) for one in re.findall(r'<img[^>]*alt="([^"]*)"', html)]
    assert len(alts) == 2
    assert all(one.startswith("Two say 2 times.") for one in alts)
    assert re.search(r'jt-caption">Two say <a [^>]*>2 times</a>', html)


def test_each_dataset_names_its_fingerprint_and_seed_and_offers_its_files(built: Path) -> None:
    html = (built / "validation.html").read_text(encoding="utf-8")
    for name in ("reconstruction", "backtest", "calibration"):
        record = html[html.index(f'id="dataset-{name}"') :]
        assert f'href="data.html#computed-{name}"' in record
        assert f'href="data.html#code-{name}"' in record
        assert SHA in record
        assert (built / f"computed/{name}/points.csv").is_file()
    plain = unescape(re.sub(r"<[^>]+>", " ", html))
    assert "75 %" in plain
    assert "1 of 6,000 draws" in plain


def test_without_a_dataset_its_tests_are_not_spoken_of(tmp_path: Path) -> None:
    results = write_results(tmp_path / "results", ledger(), one_claim())
    told = json.loads((results / "reconstruction.json").read_text(encoding="utf-8"))
    for name in ("backtest", "calibration"):
        del told[name]
    (results / "reconstruction.json").write_text(json.dumps(told), encoding="utf-8")
    html = build(results, write_book(tmp_path / "book"), results / "book", tmp_path) / "validation.html"
    assert 'id="dataset-backtest"' not in html.read_text(encoding="utf-8")


def test_data_page_says_which_devices_were_measured_and_where_none_was(built: Path) -> None:
    data = (built / "data.html").read_text(encoding="utf-8")
    start = {one: data.index(f'id="measured-{one}"') for one in ("made", "unmade")}
    made = data[start["made"] : start["unmade"]]
    assert "2026-11-01" in made
    assert "570.1" in made
    assert "No device was measured yet" not in made
    assert "No device was measured yet" in data[start["unmade"] :]
