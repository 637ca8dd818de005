"""The real table of estimates: what it holds, and that one wrong row in it is refused by name.

Each wrong input is the carried table with one row edited; everything else stays as it is.
"""

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from jouletrace import contract, registry, tables
from jouletrace.check import check
from jouletrace.numbers import numbers
from jouletrace.registry.rows import from_records
from jouletrace.registry.schema import Boundary, Dataset
from jouletrace.sources import mytton_ashtine
from jouletrace.tidying import tidy_tables

ROOT = Path(__file__).parents[2]
REGISTRY = registry.load(ROOT)
NAME = "data-centre-estimates"
MIRROR = os.environ.get("JOULETRACE_MIRROR", "")
needs_mirror = pytest.mark.skipif(
    not MIRROR, reason="JOULETRACE_MIRROR is not set: no publishers' files here"
)
MASANET = "masanet-2020-world-2018"


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return REGISTRY.datasets[NAME]


@pytest.fixture(scope="module")
def table(dataset: Dataset) -> pd.DataFrame:
    return tables.read_table(ROOT / dataset.snapshot.path, dataset)


def edited(table: pd.DataFrame, row: str, **cells: object) -> pd.DataFrame:
    changed = table.copy()
    for column, cell in cells.items():
        changed.loc[changed["id"] == row, column] = cell
    return changed


def refusals(table: pd.DataFrame, dataset: Dataset, tmp_path: Path) -> list[str]:
    path = tmp_path / "t.csv"
    tables.write_table(table, path)
    with pytest.raises(tables.TableError) as caught:
        tables.read_table(path, dataset)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("row", "cells", "words"),
    [
        (MASANET, {"boundary": ""}, f"row {MASANET}: boundary '' is empty"),
        (
            MASANET,
            {"boundary": "data-centre-without-mining"},
            f"row {MASANET}: boundary 'data-centre-without-mining' is not known; "
            "did you mean `data-centres-without-mining`?",
        ),
        (
            MASANET,
            {"boundary": "zzz"},
            f"row {MASANET}: boundary 'zzz' is not known; write one of data-centres, ",
        ),
        (MASANET, {"value": -205.0}, f"row {MASANET}: value -205.0 is outside 1 to 10000; check its unit"),
        (MASANET, {"year": 2081}, f"row {MASANET}: year 2081 is outside 2000-2035"),
        (MASANET, {"year": 1918}, f"row {MASANET}: year 1918 is outside 2000-2035"),
        (
            MASANET,
            {"year": 2010},
            f"row {MASANET}: duplicate publication of masanet-2020-world-2010 "
            "(same publication, year, region, series and boundary); keep one of the two",
        ),
        (MASANET, {"region": "wrold"}, f"row {MASANET}: region 'wrold' is not known; write one of world, "),
        ("kamiya-2024-eu-27-2022", {"low": 70.0}, "row kamiya-2024-eu-27-2022: low <= value <= high"),
        # GWh labelled as TWh. A German figure is far from the other German ones; the only figure of
        # Denmark has no neighbour, but would exceed the world's.
        (
            "hintemann-2015b-germany-2013",
            {"value": 9700.0},
            "row hintemann-2015b-germany-2013: 9700 differs by a factor ",
        ),
        (
            "iea-2024-denmark-2026",
            {"value": 6000.0},
            "row iea-2024-denmark-2026: 6000 for a part of the world, whose figures lie near ",
        ),
        ("iea-2024-denmark-2026", {"value": 0.006}, "row iea-2024-denmark-2026: value 0.006 is outside 1 "),
        (
            "andrae-edler-2015-worst-world-2030",
            {"value": 7.993},
            "row andrae-edler-2015-worst-world-2030: 7.993 differs by a factor ",
        ),
    ],
)
def test_one_wrong_row_is_refused(
    table: pd.DataFrame,
    dataset: Dataset,
    tmp_path: Path,
    row: str,
    cells: dict[str, object],
    words: str,
) -> None:
    lines = refusals(edited(table, row, **cells), dataset, tmp_path)
    assert any(words in line for line in lines), lines
    assert all(f"row {row}: " in line for line in lines)
    assert len(lines) <= 2


@pytest.mark.parametrize("factor", [1000.0, 0.001])
def test_no_row_escapes_as_gwh_labelled_twh(table: pd.DataFrame, dataset: Dataset, factor: float) -> None:
    """Whatever single figure is off by a thousand, either the bounds or its neighbours give it away."""
    low, high = dataset.bounds.value["min"], dataset.bounds.value["max"]
    level = contract.LEVELS[dataset.bounds.level_by]
    absolute = table[table["unit"] != "ratio"]
    escaped = []
    for index in absolute.index:
        region, quantity = absolute.loc[index, ["region", "quantity"]]
        near = absolute["region"].isin({region, "world"}) & (absolute["quantity"] == quantity)
        wrong = absolute[near].copy()
        wrong.loc[index, contract.NUMBERS] *= factor
        figures = wrong.loc[index, contract.NUMBERS].dropna()
        said = [*contract._shifts(wrong, dataset.bounds.level_shift, level), *contract._parts(wrong)]
        named = any(f"row {wrong.loc[index, 'id']}: " in line for line in said)
        if not named and figures.between(low, high).all():
            escaped.append(wrong.loc[index, "id"])
    assert escaped == []


def test_honest_spread_passes(table: pd.DataFrame) -> None:
    """The most extreme projections stand in the table, ten times and more above the least ones."""
    at = table[(table["region"] == "world") & (table["year"] == 2030)]
    figures = contract.central(at[at["quantity"] == "data_centre_electricity_estimate_j"])
    assert figures.max() == 8253.0
    assert figures.min() == 146.0
    assert 7993.0 in set(figures)


def test_every_boundary_is_used_and_typed(table: pd.DataFrame, dataset: Dataset) -> None:
    typed = [one for one in REGISTRY.datasets.values() if one.boundaries]
    rows = pd.concat([tables.read_table(ROOT / one.snapshot.path, one) for one in typed])
    assert set(rows["boundary"]) == set(REGISTRY.boundaries)
    assert set(dataset.boundaries) == set(table["boundary"])


@needs_mirror
def test_no_row_of_the_review_is_lost(table: pd.DataFrame) -> None:
    """Each stands in the table under its lineage, as a value or an end of a range, or is left out by name."""
    review = pd.read_csv(Path(MIRROR) / "datacentres/mytton_ashtine2022_estimates.csv", dtype=str).fillna("")
    lost, left_out = [], set()
    for reference, geography, scenario, year, value in zip(
        *(review[c] for c in ("Reference", "Geography", "Scenario name", "Estimate year", "Value (TWh)")),
        strict=True,
    ):
        if (reference, year, value) in mytton_ashtine.QUOTED:
            left_out.add((reference, year, value))
            continue
        lineage = mytton_ashtine._work(reference, scenario).lineage
        region = mytton_ashtine._region(reference, geography)
        at = (table["region"] == region) & (table["year"] == int(year)) & (table["lineage"] == lineage)
        figures = table[at][contract.NUMBERS].to_numpy().ravel()
        if not any(abs(figure / float(value) - 1) < 0.002 for figure in figures):
            lost.append((reference, year, value))
    assert left_out == set(mytton_ashtine.QUOTED)
    assert lost == [("Whitney & Delforge, 2014", "2013", "140.0")]  # the text says: by 2020


def test_figures_of_ai_stand_in_a_table_of_their_own(table: pd.DataFrame) -> None:
    narrowed = {key for key, one in REGISTRY.boundaries.items() if any("-only" in p for p in one.includes)}
    assert set(table["quantity"]) == {"data_centre_electricity_estimate_j"}
    assert not set(table["boundary"]) & narrowed
    of_ai = REGISTRY.datasets["ai-electricity-estimates"]
    assert set(tables.read_table(ROOT / of_ai.snapshot.path, of_ai)["boundary"]) == set(of_ai.boundaries)


@pytest.mark.parametrize(
    ("row", "counted"),
    [
        (
            "koomey-2007b-world-2000",
            {"storage": False, "internal-networks": False, "cooling-and-power": True},
        ),
        ("koomey-2008-world-2000", {"storage": True, "internal-networks": True}),
        ("iea-2024-world-2022", {"crypto-mining": True}),
        ("masanet-2020-world-2018", {"crypto-mining": False}),
        ("hintemann-2020-world-2018", {"crypto-mining": None}),
        ("greenpeace-2021-china-2020", {"base-stations": False}),
        ("andrae-edler-2015-best-world-2020", {"wide-area-networks": False}),
    ],
)
def test_what_a_row_counts(table: pd.DataFrame, row: str, counted: dict[str, bool | None]) -> None:
    """Typed from the notes of the review and from the works; None: the source says nothing."""
    boundary = REGISTRY.boundaries[table.set_index("id").loc[row, "boundary"]]
    for part, is_in in counted.items():
        assert (part in boundary.includes, part in boundary.excludes) == (is_in is True, is_in is False)


def test_storage_and_networks_add_to_servers(table: pd.DataFrame) -> None:
    """Koomey's two boundaries, one year: the wider one is larger by a fifth to a quarter."""
    value = table.set_index("id")["value"]
    for region in ("world", "united-states"):
        ratio = value[f"koomey-2008-{region}-2000"] / value[f"koomey-2007b-{region}-2000"]
        assert ratio == pytest.approx(1.21, abs=0.01)


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ("lbnl-2024-united-states-2014", 58.0),
        ("lbnl-2024-united-states-2016", 60.0),
        ("lbnl-2024-united-states-2018", 76.0),
        ("lbnl-2024-united-states-2023", 176.39),
        ("brown-et-al-2007-united-states-2006", 61.4),
        ("iea-2025-growth-world-2017", 188.2),
        ("cso-2025-ireland-2024", 6.969),
        ("bertoldi-2010-survey-western-europe-2007", 56.0),
        ("nrdc-2014-united-states-2020", 140.0),
    ],
)
def test_known_figures(table: pd.DataFrame, row: str, value: float) -> None:
    whole = tables.resolve_relative(table).set_index("id")
    assert whole.loc[row, "value"] == pytest.approx(value, rel=5e-4)


def test_ranges_stay_ranges(table: pd.DataFrame) -> None:
    rows = table.set_index("id")
    for name, low, high in (
        ("koomey-2011-world-2010", 203.4, 271.8),
        ("koomey-2011-united-states-2010", 67.1, 85.6),
        ("lbnl-2024-united-states-2028", 325.0, 580.0),
    ):
        assert (rows.loc[name, "low"], rows.loc[name, "high"]) == (low, high)
        assert pd.isna(rows.loc[name, "value"])


def test_pages_print_the_title_of_a_boundary(table: pd.DataFrame) -> None:
    rows = from_records(table.astype(object).to_dict("records"))
    found = numbers(REGISTRY, {NAME: rows}, {})[f"row.{NAME}.{MASANET}"]
    assert found["boundary"] == ("data centres with cooling and power supply, without cryptocurrency mining")
    assert REGISTRY.boundary("gross generation") == "gross generation"


def test_a_part_is_in_or_out() -> None:
    scope = {"counts": "facility", "energy": "site", "period": "calendar-year"}
    with pytest.raises(ValueError, match="J03 `storage` is both included and excluded"):
        Boundary.model_validate(
            {"title": "x", "scope": scope, "includes": ["storage"], "excludes": ["storage"]}
        )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "  metered-sites:\n",
            "  metred-sites:\n",
            "no boundary is called `metered-sites`; did you mean `metred-sites`? [J20]",
        ),
        (
            "boundaries:\n",
            "boundaries:\n  spare:\n    title: x\n"
            "    scope: {counts: facility, energy: site, period: calendar-year}\n"
            "    includes: [it]\n    excludes: []\n",
            "data/registry/boundaries.yaml: spare: nobody uses this entry",
        ),
    ],
)
def test_boundaries_are_known_and_used(tmp_path: Path, old: str, new: str, words: str) -> None:
    for folder in ("data/registry", "data/snapshot"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    path = tmp_path / "data/registry/boundaries.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(old, new), encoding="utf-8")
    changed = registry.load(tmp_path)
    with pytest.raises(registry.RegistryError) as caught:
        check(changed, tidy_tables(changed))
    assert words in str(caught.value)
