"""What the project carries in data/snapshot: digests, contract, known answers; and refreshing it."""

import csv
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from jouletrace import fetch, refresh, registry, tables
from jouletrace.registry.schema import Dataset

ROOT = Path(__file__).parents[2]
MIRROR = os.environ.get("JOULETRACE_MIRROR", "")
needs_mirror = pytest.mark.skipif(
    not MIRROR, reason="JOULETRACE_MIRROR is not set: no publishers' files here"
)
DATASETS = registry.load(ROOT).datasets
#: Figures of the IEA data annex, whose licence is unclear, that the project may carry.
ANNEX_FIGURES = 10
REGIONS = {
    "World": "world",
    "China": "china",
    "United States": "united-states",
    "EU-28": "eu-28",
    "EU-27": "eu-27",
    "European Union": "eu-27",
    "Europe": "europe",
    "Germany": "germany",
    "Ireland": "ireland",
    "Denmark": "denmark",
    "EU (TYNDP)": "eu-27",
    "Global": "world",
    "USA": "united-states",
    "EU28": "eu-28",
}
#: Rows whose figures stand in neither compilation of the mirror: found in other texts.
ELSEWHERE = {
    *("bnef-2025-china-2035", "cie-2020-china-2019"),
    *("goldman-2025-china-2025", "goldman-2025-china-2030"),
    *("government-2025-china-2025", "government-2025-china-2030"),
    *("iea-2020-world-2018", "lbnl-2024-united-states-2016"),
    *("malmodin-2024-world-2020", "nea-2022-china-2020", "nea-2022-china-2021"),
    *("nrdc-2014-united-states-2020", "rystad-2025-china-2030", "sgeri-2021-china-2030"),
    *("smith-2026-united-states-2024", "smith-2026-united-states-2028", "smith-2026-united-states-2030"),
}


def carried(name: str) -> pd.DataFrame:
    return tables.read_table(ROOT / DATASETS[name].snapshot.path, DATASETS[name])


@pytest.mark.parametrize("name", DATASETS)
def test_snapshot_has_the_registered_bytes_and_rows(name: str) -> None:
    snapshot = DATASETS[name].snapshot
    assert fetch.digest(ROOT / snapshot.path) == snapshot.sha256
    assert len(carried(name)) == snapshot.rows


@pytest.mark.parametrize("name", DATASETS)
def test_snapshot_is_as_the_project_writes_it(name: str, tmp_path: Path) -> None:
    tables.write_table(carried(name), tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (ROOT / DATASETS[name].snapshot.path).read_bytes()


def test_every_snapshot_is_registered() -> None:
    found = {path.relative_to(ROOT).as_posix() for path in (ROOT / "data/snapshot").iterdir()}
    assert found == {dataset.snapshot.path for dataset in DATASETS.values()}


@pytest.mark.parametrize("name", DATASETS)
def test_every_row_cites_a_known_work(name: str) -> None:
    known = registry.load(ROOT).bibliography
    assert set(carried(name)["cite"]) - set(known) == set()


@pytest.mark.parametrize(
    ("name", "row", "value"),
    [
        ("electricity-generation", "owid-2025-world-2024", 30938.18),
        ("electricity-generation", "owid-2025-china-2024", 10086.88),
        ("electricity-generation", "owid-2025-united-states-2024", 4391.02),
        ("electricity-generation", "owid-2025-eu-27-2024", 2767.56),
        ("population", "worldbank-population-world-2024", 8141808945.0),
        ("labour-force", "worldbank-labour-world-2022", 3428273175.0),
        ("data-centre-estimates", "iea-2025-world-2024", 416.0),
        ("data-centre-estimates", "masanet-2020-world-2018", 205.0),
        ("data-centre-trajectories", "sgeri-china-2030", 400.0),
        ("firm-electricity", "meta-2020", 7.17),
        ("measured-energy", "gemini", 0.24),
        ("measured-energy", "image-generation-luccioni", 2.907),
    ],
)
def test_known_answers(name: str, row: str, value: float) -> None:
    assert carried(name).set_index("id").loc[row, "value"] == value


def test_annex_of_unclear_licence_stays_within_its_limit() -> None:
    rows = pd.concat([carried(name) for name in DATASETS])
    annex = rows[(rows["publication"].str.contains("data annex")) & (rows["unit"] != "ratio")]
    assert len(annex[["region", "year", "value"]].drop_duplicates()) <= ANNEX_FIGURES


@pytest.mark.parametrize(
    ("name", "regions", "years"),
    [
        ("electricity-generation", 4, range(2000, 2025)),
        ("population", 4, range(2000, 2025)),
        ("labour-force", 4, range(2000, 2023)),
    ],
)
def test_panels_have_no_gap(name: str, regions: int, years: range) -> None:
    table = carried(name)
    assert table["region"].nunique() == regions
    assert all(sorted(group["year"]) == list(years) for _, group in table.groupby("region"))


@needs_mirror
def test_compiled_estimates_are_in_the_compilations_that_were_read() -> None:
    known = set()
    for name, region, year, numbers in (
        ("dc_electricity_estimates", "region", "year", ("twh", "twh_low", "twh_high")),
        ("mytton_ashtine2022_estimates", "Geography", "Estimate year", ("Value (TWh)",)),
    ):
        with (Path(MIRROR) / f"datacentres/{name}.csv").open(encoding="utf-8-sig") as file:
            for row in csv.DictReader(file):
                cells = [row[column] for column in numbers if row[column]]
                known |= {(REGIONS.get(row[region]), int(row[year]), float(cell)) for cell in cells}
    table = carried("data-centre-estimates")
    ours = table[
        (table["cite"] != "mytton2022") & (table["unit"] == "TWh") & (table["cite"] != "iea2026keyquestions")
    ]
    missing = {
        row["id"]
        for row in ours.to_dict("records")
        for number in (row["value"], row["low"], row["high"])
        if pd.notna(number) and (row["region"], row["year"], number) not in known
    }
    assert missing == ELSEWHERE


def test_every_published_point_of_a_path_is_an_estimate() -> None:
    """With the same figure, boundary and lineage: the two tables cannot drift apart."""
    same = ["lineage", "region", "year", "boundary", "value", "low", "high"]
    known, paths = (
        carried(f"data-centre-{name}").set_index("id")[[*same, "unit"]].fillna(0.0)
        for name in ("estimates", "trajectories")
    )
    estimates = {tuple(row) for row in known[same].itertuples(index=False)}
    points = paths[paths["unit"] != "ratio"]
    lost = {name for name, *row in points[same].itertuples() if tuple(row) not in estimates}
    assert lost == {"rystad-china-2022"}  # our product of a published share


@pytest.fixture
def fork(tmp_path: Path) -> Iterator[Path]:
    """A copy of the registry's datasets and of the snapshots that a test may change."""
    for folder in ("data/snapshot", "data/registry"):
        (tmp_path / folder).mkdir(parents=True)
    for path in (ROOT / "data/snapshot").iterdir():
        shutil.copy(path, tmp_path / "data/snapshot")
    shutil.copy(ROOT / refresh.DATASETS, tmp_path / refresh.DATASETS)
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_row_changed_by_hand_is_accepted_with_its_digest(fork: Path) -> None:
    name = "firm-electricity"
    path = fork / DATASETS[name].snapshot.path
    change(path, "world,2020,meta,7.17,", "world,2020,meta,7.2,")
    said = list(refresh.refresh(fork, {name: DATASETS[name]}, "snapshot", accept=True))
    assert any("firm-electricity.csv accepted, 19 rows" in line for line in said)
    text = (fork / refresh.DATASETS).read_text(encoding="utf-8")
    assert fetch.digest(path) in text
    assert DATASETS[name].snapshot.sha256 not in text
    same = text.replace(fetch.digest(path), DATASETS[name].snapshot.sha256)
    assert same == (ROOT / refresh.DATASETS).read_text(encoding="utf-8")


def test_a_broken_row_is_never_accepted(fork: Path) -> None:
    name = "firm-electricity"
    path = fork / DATASETS[name].snapshot.path
    change(path, "world,2020,meta,7.17,", "world,2020,meta,7170.0,")
    before = (fork / refresh.DATASETS).read_bytes()
    with pytest.raises(tables.TableError, match=r"row meta-2020: value 7170\.0 is outside 2 to 200"):
        list(refresh.refresh(fork, {name: DATASETS[name]}, "snapshot", accept=True))
    assert (fork / refresh.DATASETS).read_bytes() == before


@pytest.fixture
def mirror(fork: Path) -> Path:
    """A mirror whose generation differs from the snapshot in one revised year."""
    table = carried("electricity-generation")
    names = {
        "world": "World",
        "china": "China",
        "united-states": "United States",
        "eu-27": "European Union (27)",
    }
    lines = ["country;year;electricity_generation"]
    lines += [
        f"{names[r]};{y};{v}" for r, y, v in zip(table["region"], table["year"], table["value"], strict=True)
    ]
    text = "\n".join(lines).replace("World;2023;29665.26", "World;2023;29700.5")
    path = fork / "mirror" / "generation.csv"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    return path


def pinned(path: Path) -> Dataset:
    entry = DATASETS["electricity-generation"].model_dump()
    return Dataset.model_validate(entry | {"mirror": {"path": path.name, "sha256": fetch.digest(path)}})


def test_revised_history_is_reported_and_the_snapshot_used(fork: Path, mirror: Path) -> None:
    before = (fork / "data/snapshot/electricity-generation.csv").read_bytes()
    said = list(refresh.check("gen", pinned(mirror), fork, "mirror", str(mirror.parent), fork / "full"))
    assert said[0] == "gen: row owid-2025-world-2023: value 29665.26 -> 29700.5; the snapshot is used"
    assert said[1].startswith("gen: 1 differences between the snapshot and ")
    assert (fork / "data/snapshot/electricity-generation.csv").read_bytes() == before


def test_corrupt_mirror_stops_the_comparison(fork: Path, mirror: Path) -> None:
    dataset = pinned(mirror)
    mirror.write_bytes(mirror.read_bytes().replace(b"29700.5", b"29700.6"))
    with pytest.raises(fetch.FetchError, match="the digest is not the registered one"):
        list(refresh.check("gen", dataset, fork, "mirror", str(mirror.parent), fork / "full"))


def test_refresh_takes_the_revision_only_when_accepted(fork: Path, mirror: Path) -> None:
    only = {"gen": pinned(mirror)}
    path = fork / "data/snapshot/electricity-generation.csv"
    before = path.read_bytes()
    said = list(refresh.refresh(fork, only, "mirror", str(mirror.parent)))
    assert "gen: row owid-2025-world-2023: value 29665.26 -> 29700.5" in said
    assert path.read_bytes() == before
    list(refresh.refresh(fork, only, "mirror", str(mirror.parent), accept=True))
    assert b"29700.5" in path.read_bytes()
    assert fetch.digest(path) in (fork / refresh.DATASETS).read_text(encoding="utf-8")


def test_new_and_lost_rows_are_named() -> None:
    table = carried("firm-electricity")
    newer = table.assign(id=table["id"].replace("meta-2020", "meta-2019"))
    assert list(refresh.differences(table, newer)) == ["row meta-2020: gone", "row meta-2019: new"]
