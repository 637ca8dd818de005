"""The contract of the long table: what it refuses, and that it says where and why."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jouletrace import contract, tables
from jouletrace.registry.schema import Dataset

ENTRY = {
    "title": "Generation",
    "publisher": "us",
    "licence": "CC0-1.0",
    "retrieved": "2026-11-23",
    "cite": "smith2020",
    "regions": ["world", "NA"],
    "snapshot": {"path": "data/snapshot/generation.csv", "sha256": "0" * 64},
    "bounds": {"value": {"min": 1, "max": 1e6}, "level_shift": 3},
}
ROW = dict(
    id="a-2020",
    quantity="generation_j",
    region="world",
    year="2020",
    series="",
    value="26729.11",
    low="",
    high="",
    unit="TWh",
    boundary="gross generation",
    method="statistics",
    publication="Smith 2020",
    published_year="2020",
    lineage="smith",
    relative_to="",
    cite="smith2020",
    locator="table 1",
    licence="CC0-1.0",
    grade="read",
    note="",
)
SERIES = [
    ROW | {"id": f"a-{year}", "year": str(year), "value": str(26000.5 + year)} for year in range(2018, 2023)
]


@pytest.fixture
def dataset() -> Dataset:
    return Dataset.model_validate(ENTRY)


def write(path: Path, rows: list[dict[str, str]], columns: list[str] = contract.COLUMNS) -> Path:
    lines = [",".join(columns), *(",".join(row.get(name, "") for name in columns) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    return path


def refusal(path: Path, dataset: Dataset) -> str:
    with pytest.raises(tables.TableError) as caught:
        tables.read_table(path, dataset)
    return str(caught.value)


def test_good_table_is_read_exactly(tmp_path: Path, dataset: Dataset) -> None:
    table = tables.read_table(write(tmp_path / "t.csv", SERIES), dataset)
    assert list(table.columns) == contract.COLUMNS
    assert table["value"].tolist() == [float(row["value"]) for row in SERIES]
    assert table["year"].dtype == "int64"


def test_written_table_reads_back_the_same(tmp_path: Path, dataset: Dataset) -> None:
    table = tables.read_table(write(tmp_path / "t.csv", SERIES), dataset)
    tables.write_table(table, tmp_path / "again.csv")
    assert tables.read_table(tmp_path / "again.csv", dataset).equals(table)


def test_region_na_stays_text(tmp_path: Path, dataset: Dataset) -> None:
    table = tables.read_table(write(tmp_path / "t.csv", [ROW | {"region": "NA"}]), dataset)
    assert table["region"].tolist() == ["NA"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"value": '"26,729.11"'}, "a-2020: value '26,729.11' is no plain number; no thousands separators"),
        ({"value": '"26729,11"'}, "decimal point not comma"),
        ({"value": "26729110"}, "a-2020: value 26729110.0 is outside 1 to 1e+06; check its unit"),
        ({"value": "0.5"}, "is outside 1 to 1e+06"),
        ({"high": "2e7", "low": "2"}, "a-2020: high 20000000.0 is outside"),
        ({"value": ""}, "a-2020: no figure; give a value, or low and high"),
        ({"low": "20000"}, "a-2020: a lone end of a range; give low and high"),
        ({"low": "20000", "high": "21000"}, "a-2020: low <= value <= high does not hold"),
        ({"year": "20"}, "a-2020: year '20' is no year of four digits"),
        ({"year": "1020"}, "a-2020: year 1020 is outside 1900-2100"),
        ({"region": "wrold"}, "a-2020: region 'wrold' is not known; write one of world, NA"),
        ({"grade": "seen"}, "grade 'seen' is not known; write one of read, secondary"),
        ({"method": "guess"}, "method 'guess' is not known"),
        ({"quantity": "generation"}, "quantity 'generation' does not end in a coherent unit"),
        ({"id": "A 2020"}, "id 'A 2020' is not a slug"),
        ({"boundary": ""}, "boundary '' is empty"),
        ({"note": '"=HYPERLINK(""x"")"'}, "starts like a formula"),
        ({"cite": "Smith 2020"}, "cite 'Smith 2020' is no key of sources.bib"),
        ({"unit": "ratio"}, "a-2020: unit ratio and relative_to go together"),
        ({"unit": "ratio", "relative_to": "b-2020", "value": "1.2"}, "'b-2020' is no row of this table"),
    ],
)
def test_bad_cell_is_refused(tmp_path: Path, dataset: Dataset, change: dict[str, str], words: str) -> None:
    path = write(tmp_path / "t.csv", [ROW | change])
    lines = refusal(path, dataset).splitlines()
    assert any(words in line for line in lines), lines
    assert all(line.startswith(f"{path}: row ") for line in lines)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (["ident", *contract.COLUMNS[1:]], "missing [id], unknown [ident]"),
        (contract.COLUMNS[::-1], "columns in another order"),
        (contract.COLUMNS[:-1], "missing [note]"),
        ([*contract.COLUMNS, "extra"], "unknown [extra]"),
        ([*contract.COLUMNS, "note"], "a column twice"),
        (["long table of figures"], "missing [id, quantity"),
    ],
    ids=["rename", "reorder", "drop", "add", "twice", "merged header"],
)
def test_bad_header_is_refused(tmp_path: Path, dataset: Dataset, columns: list[str], words: str) -> None:
    message = refusal(write(tmp_path / "t.csv", [ROW], columns), dataset)
    assert words in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda raw: b"\xef\xbb\xbf" + raw, "byte order mark"),
        (lambda raw: raw.replace(b"\n", b"\r\n"), "CR line ends"),
        (lambda raw: raw.replace(b"gross", b"gr\xf6ss"), "UTF-8"),
        (lambda raw: raw.replace(b"table 1", b"table 1, sheet 2"), "cells instead of 20; quote cells"),
        (lambda raw: b"", "not a CSV table"),
    ],
    ids=["bom", "crlf", "latin-1", "comma", "empty"],
)
def test_bad_bytes_are_refused(tmp_path: Path, dataset: Dataset, damage, words: str) -> None:
    path = write(tmp_path / "t.csv", [ROW])
    path.write_bytes(damage(path.read_bytes()))
    assert words in refusal(path, dataset)


def test_duplicate_publication_is_refused(tmp_path: Path, dataset: Dataset) -> None:
    message = refusal(write(tmp_path / "t.csv", [ROW, ROW | {"id": "b-2020", "value": "26730"}]), dataset)
    assert "row b-2020: duplicate publication of a-2020" in message


def test_duplicate_id_is_refused(tmp_path: Path, dataset: Dataset) -> None:
    message = refusal(write(tmp_path / "t.csv", [ROW, ROW | {"year": "2021"}]), dataset)
    assert "row a-2020: id 'a-2020' stands twice; rename one row" in message


def test_other_boundary_is_no_duplicate(tmp_path: Path, dataset: Dataset) -> None:
    rows = [ROW, ROW | {"id": "b-2020", "boundary": "net generation"}]
    assert len(tables.read_table(write(tmp_path / "t.csv", rows), dataset)) == 2


def test_two_units_for_one_quantity_are_refused(tmp_path: Path, dataset: Dataset) -> None:
    rows = [ROW, ROW | {"id": "b-2021", "year": "2021", "unit": "GWh"}]
    assert "quote it in one unit" in refusal(write(tmp_path / "t.csv", rows), dataset)


@pytest.mark.parametrize("index", range(5))
@pytest.mark.parametrize("factor", [1000, 1e-3])
def test_gwh_labelled_as_twh_is_refused(tmp_path: Path, index: int, factor: float) -> None:
    entry = ENTRY | {"bounds": {"value": {"min": 1e-9, "max": 1e12}, "level_shift": 3}}
    rows = [dict(row) for row in SERIES]
    rows[index]["value"] = repr(float(rows[index]["value"]) * factor)
    message = refusal(write(tmp_path / "t.csv", rows), Dataset.model_validate(entry))
    assert message.count("\n") == 0
    assert f"row {rows[index]['id']}: " in message
    assert "is it GWh labelled as TWh?" in message


def test_whole_table_in_gwh_is_refused(tmp_path: Path, dataset: Dataset) -> None:
    rows = [row | {"value": repr(float(row["value"]) * 1000)} for row in SERIES]
    assert len(refusal(write(tmp_path / "t.csv", rows), dataset).splitlines()) == 5


def test_relative_rows_become_absolute_along_a_chain(tmp_path: Path, dataset: Dataset) -> None:
    grown = {"unit": "ratio", "value": "1.17", "grade": "secondary"}
    rows = [
        ROW | {"value": "416"},
        ROW | grown | {"id": "a-2021", "year": "2021", "relative_to": "a-2020"},
        ROW | grown | {"id": "a-2022", "year": "2022", "relative_to": "a-2021", "note": "as printed"},
    ]
    table = tables.resolve_relative(tables.read_table(write(tmp_path / "t.csv", rows), dataset))
    last = table.set_index("id").loc["a-2022"]
    assert last["value"] == pytest.approx(416 * 1.17**2, rel=1e-12)
    assert (last["unit"], last["relative_to"], last["grade"]) == ("TWh", "", "secondary")
    assert last["note"] == "as printed; 1.17 times a-2021"
    assert list(contract.problems(table, dataset)) == []


def test_circle_of_relative_rows_is_refused(tmp_path: Path, dataset: Dataset) -> None:
    rows = [
        ROW | {"unit": "ratio", "value": "2", "relative_to": "a-2021"},
        ROW | {"id": "a-2021", "year": "2021", "unit": "ratio", "value": "2", "relative_to": "a-2020"},
    ]
    table = tables.read_table(write(tmp_path / "t.csv", rows), dataset)
    with pytest.raises(tables.TableError, match="a-2020: relative_to goes in a circle"):
        tables.resolve_relative(table)


@given(st.floats(min_value=1, max_value=1e6, allow_nan=False))
def test_every_float_survives_the_file(tmp_path_factory: pytest.TempPathFactory, value: float) -> None:
    path = tmp_path_factory.mktemp("floats") / "t.csv"
    table = tables.parse(write(path, [ROW | {"value": repr(value)}]))
    tables.write_table(table, path)
    assert tables.parse(path)["value"].tolist() == [value]
