"""Sources: the tidy form of the publishers' files, and the filling of trajectories.

Expected numbers are typed from the publications, not taken from what the code returned.
"""

import os
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from jouletrace import contract, refresh, registry, sources, tables
from jouletrace.registry.schema import Dataset
from jouletrace.sources import mytton_ashtine, owid_generation, trajectories, worldbank_labour

ROOT = Path(__file__).parents[2]
MIRROR = os.environ.get("JOULETRACE_MIRROR", "")
needs_mirror = pytest.mark.skipif(
    not MIRROR, reason="JOULETRACE_MIRROR is not set: no publishers' files here"
)
FROM_FILES = [
    *("electricity-generation", "population", "labour-force", "data-centre-estimates"),
    *("measured-energy", "task-energy"),
]

REVIEW = (
    "Reference,Published,Method,Geography,Scenario name,Estimate year,Value (TWh),Pinpoint,Notes\n"
    '"Hintemann, 2020",2020,Bottom-up,Global,,2018,400.0,Pg 4,\n'
    '"Hintemann, 2020",2020,Bottom-up,Germany,,2018,14.0,Figure 1,\n'
    '"Andrae, 2020a",2020,Unknown,Global,,2018,400,Section 5.1,\n'
    '"Andrae, 2020a",2020,Unknown,Global,,2020,289.87,Section 5.1,\n'
    '"Andrae, 2020a",2020,Unknown,Global,,2020,294,Section 5.1,\n'
    '"Hintemann, 2015b",2015,Bottom-up,Germany,,2018,14.0,Figure 3,\n'
    '"Bio Intelligence Service, 2008",2008,Extrapolation,EU29,Eco,2010,50.2,Table 60,\n'
    '"Corcoran & Andrae, 2013",2013,Extrapolation,Global,"Koomey, 2011 Extrapolation",2011,265.9,Table 4b,\n'
    '"Masanet et al., 2020",2020,Bottom-up,Global,Historical,2018,205.2,Sheet,\n'
    '"Liu et al., 2020",2020,Extrapolation,Global,Centralized,2030,1499,Fig 10,\n'
)


@pytest.fixture(scope="module")
def datasets() -> dict[str, Dataset]:
    return registry.load(ROOT).datasets


@needs_mirror
@pytest.mark.parametrize("name", FROM_FILES)
def test_mirror_gives_the_rows_of_the_snapshot(datasets: dict[str, Dataset], name: str) -> None:
    dataset = datasets[name]
    assert dataset.tidy
    assert dataset.mirror
    carried = tables.read_table(ROOT / dataset.snapshot.path, dataset)
    fresh = sources.tidy(dataset.tidy, Path(MIRROR) / dataset.mirror.path)
    cites = sources.cites_of(dataset.tidy, fresh)
    owned = carried[carried["cite"].isin(cites)].reset_index(drop=True)
    pd.testing.assert_frame_equal(fresh, owned)
    assert set(fresh["cite"]) == cites


@needs_mirror
def test_a_comparison_with_the_mirror_reaches_every_table(
    datasets: dict[str, Dataset], tmp_path: Path
) -> None:
    """As a build does that is told of one: files under the names that their publishers gave them."""
    for name, dataset in datasets.items():
        said = list(refresh.check(name, dataset, ROOT, "mirror", MIRROR, tmp_path))
        expected = ": 0 differences" if dataset.mirror and dataset.tidy else name
        assert expected in said[-1], said


@pytest.mark.parametrize("sep", [",", ";"])
def test_generation_of_publisher_and_of_mirror(tmp_path: Path, sep: str) -> None:
    lines = ["country,year,iso_code,electricity_generation,oil"]
    lines += ["World,2024,,30938.180,1", "Namibia,2024,NA,1.5,", "World,1999,,14000.0,1", "China,2025,CHN,,1"]
    path = tmp_path / "owid.csv"
    path.write_text("\n".join(lines).replace(",", sep))
    table = sources.tidy("owid_generation", path)
    assert table[["id", "region", "year", "value"]].values.tolist() == [
        ["owid-2025-world-2024", "world", 2024, 30938.18]
    ]


@pytest.mark.parametrize(
    ("header", "cell", "words"),
    [
        ("country,year,generation", "1", "column electricity_generation is gone"),
        (
            "country,year,electricity_generation",
            '"30,938.18"',
            "World 2024: '30,938.18' is not a plain number",
        ),
        ("country,year,electricity_generation", "", "World 2024: '' is not a plain number"),
    ],
)
def test_changed_format_is_refused(tmp_path: Path, header: str, cell: str, words: str) -> None:
    path = tmp_path / "owid.csv"
    path.write_text(f"{header}\nWorld,2024,{cell}\n")
    with pytest.raises(ValueError, match=r"gone|plain number") as caught:
        owid_generation.tidy(path)
    assert words in str(caught.value)


def labour_file() -> str:
    years = ",".join(f'"{year}"' for year in worldbank_labour.YEARS)
    people = ",".join('"3428273175"' for _ in worldbank_labour.YEARS)
    rows = [f'"{code}",{people},' for code in worldbank_labour.REGIONS]
    return "\n".join(['"Data Source",', "", '"Last Updated",', "", f'"Country Code",{years},', *rows])


def test_labour_force_of_mirror_and_of_publisher(tmp_path: Path) -> None:
    plain, archive = tmp_path / "labour.csv", tmp_path / "labour.zip"
    plain.write_text(labour_file(), encoding="utf-8-sig")
    with zipfile.ZipFile(archive, "w") as file:
        file.write(plain, "API_SL.TLF.TOTL.IN_DS2.csv")
        file.writestr("Metadata_Country.csv", "x")
    table = sources.tidy("worldbank_labour", plain)
    assert len(table) == 4 * 23
    assert set(table["value"]) == {3428273175.0}
    pd.testing.assert_frame_equal(sources.tidy("worldbank_labour", archive), table)


def test_review_gives_every_estimate_once(tmp_path: Path) -> None:
    path = tmp_path / "estimates.csv"
    path.write_text(REVIEW, encoding="utf-8")
    table = sources.tidy("mytton_ashtine", path)
    assert dict(zip(table["id"], table["value"], strict=True)) == {
        "andrae-2020a-section-5-1-world-2020": 289.87,
        "andrae-2020a-section-5-1-2-world-2020": 294.0,
        "bio-intelligence-service-2008-eco-eu-25-2010": 50.2,
        "corcoran-and-andrae-2013-koomey-2011-extrapolation-world-2011": 265.9,
        "hintemann-2015b-germany-2018": 14.0,
        "hintemann-2020-world-2018": 400.0,
        "liu-et-al-2020-centralized-world-2030": 1499.0,
    }
    assert set(table["grade"]) == {"secondary"}
    rows = table.set_index("id")
    assert rows.loc["hintemann-2015b-germany-2018", "note"].endswith("; again in Hintemann 2020")
    carried_on = rows.loc["corcoran-and-andrae-2013-koomey-2011-extrapolation-world-2011"]
    assert (carried_on["lineage"], carried_on["boundary"]) == ("koomey", "data-centres-whole")


def test_unknown_work_or_region_of_the_review_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "estimates.csv"
    path.write_text(REVIEW.replace("Hintemann, 2020", "Nobody, 2022"), encoding="utf-8")
    with pytest.raises(ValueError, match="Nobody, 2022: unknown work; add it to WORKS with its lineage"):
        mytton_ashtine.tidy(path)
    path.write_text(REVIEW.replace("Germany", "Germoney"), encoding="utf-8")
    with pytest.raises(ValueError, match="unknown region Germoney; add it to REGIONS"):
        mytton_ashtine.tidy(path)


@pytest.fixture(scope="module")
def paths(datasets: dict[str, Dataset]) -> pd.DataFrame:
    dataset = datasets["data-centre-trajectories"]
    carried = tables.read_table(ROOT / dataset.snapshot.path, dataset)
    return sources.finish(dataset.tidy, tables.resolve_relative(carried))


def test_every_year_of_every_trajectory_is_there_once(paths: pd.DataFrame) -> None:
    assert not paths["id"].duplicated().any()
    for _, group in paths.groupby(["region", "series"]):
        years = sorted(group["year"])
        assert years == list(range(years[0], years[-1] + 1))


def test_filled_trajectories_keep_the_contract(paths: pd.DataFrame, datasets: dict[str, Dataset]) -> None:
    assert list(contract.problems(paths, datasets["data-centre-trajectories"])) == []


@pytest.mark.parametrize(
    ("row", "value", "grade"),
    [
        ("snp-china-2030", 140 * 1.2**6, "secondary"),
        ("bnef-china-2030", 200.0, "secondary"),
        ("greenpeace-china-2030-interpolated", 150.7 * (485.5 / 150.7) ** (10 / 15), "secondary"),
        ("masanet-world-2017-interpolated", 194 * (205 / 194) ** (7 / 8), "secondary"),
        ("andrae-worst-world-2017-interpolated", 199 * (1200 / 199) ** 0.7, "secondary"),
        ("borderstep-world-2017", 350.0, "secondary"),
        ("iea-china-2027-interpolated", (102 * 277) ** 0.5, "read"),
    ],
)
def test_known_points_of_trajectories(paths: pd.DataFrame, row: str, value: float, grade: str) -> None:
    found = paths.set_index("id").loc[row]
    assert found["value"] == pytest.approx(value, rel=1e-11)
    assert found["grade"] == grade


def test_a_range_is_carried_along(paths: pd.DataFrame) -> None:
    row = paths.set_index("id").loc["government-china-2024-interpolated"]
    assert row["low"] == pytest.approx(77 * (150 / 77) ** (2 / 3), rel=1e-11)
    assert row["high"] == pytest.approx(77 * (200 / 77) ** (2 / 3), rel=1e-11)
    assert row["low"] < row["value"] < row["high"]
    assert row["note"] == "interpolated log-linearly between government-china-2022 and government-china-2025"


def test_nothing_is_filled_outside_the_published_years(paths: pd.DataFrame) -> None:
    filled = paths[paths["id"].str.endswith("-interpolated")]
    published = paths.drop(filled.index).groupby(["region", "series"])["year"]
    ends = filled.groupby(["region", "series"])["year"]
    assert (ends.min() > published.min().reindex(ends.min().index)).all()
    assert (ends.max() < published.max().reindex(ends.max().index)).all()


def test_weaker_grade_wins() -> None:
    base = dict.fromkeys(contract.COLUMNS, "") | {"region": "world", "series": "s"}
    rows = [
        base
        | {
            "id": f"s-{year}",
            "year": year,
            "value": value,
            "low": float("nan"),
            "high": float("nan"),
            "grade": grade,
        }
        for year, value, grade in ((2010, 1.0, "read"), (2012, 4.0, "recalled"))
    ]
    middle = (
        trajectories.finish(pd.DataFrame(rows, columns=contract.COLUMNS))
        .set_index("id")
        .loc["s-world-2011-interpolated"]
    )
    assert (middle["value"], middle["grade"]) == (2.0, "recalled")
