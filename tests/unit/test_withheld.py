"""Tables that only a mirror has: read by digest, never carried, and no need of a default build."""

import hashlib
from pathlib import Path

import pytest

from jouletrace import computed, sources
from jouletrace.config import MIRROR
from jouletrace.fetch import FetchError
from jouletrace.recompute import complete, missing, recompute
from jouletrace.registry import RegistryError, load
from jouletrace.tidying import tidy_tables

NAME = "tiny-joint"
FILE = "series,watt\na,400\nb,600\n"
SOURCE = '''"""Rows of a file that a publisher lets nobody pass on."""

from pathlib import Path

import pandas as pd

from jouletrace.sources._gauge import watts
from jouletrace.sources._long import long_table, read_text_csv


def tidy(path: Path) -> pd.DataFrame:
    """One row for each line."""
    lines = read_text_csv(path).to_dict("records")
    rows = [{"id": one["series"], "series": one["series"], "value": watts(one)} for one in lines]
    shared = dict(quantity="device_power_w", region="world", year=2025, unit="W", method="metered")
    shared |= dict(publication="Secret 2025", published_year=2025, lineage="secret", cite="tiny2024")
    return long_table(rows, **shared, licence="none stated", grade="read", boundary="device", locator="f", note="")
'''
HELPER = '''"""What several sources share."""


def watts(line: dict[str, str]) -> float:
    """Power of a line."""
    return float(line["watt"])
'''
ENTRY = """schema_version: 1
withheld:
  secret:
    {{title: A table, publisher: Somebody, licence: none stated, retrieved: 2025-01-01, cite: tiny2024,
      url: "https://example.org", tidy: secret, mirror: {{path: a/secret.csv, sha256: {digest}, rows: 2}}}}
"""


@pytest.fixture
def mirror(joint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mirror with one table, which the experiment of the fixture project reads as well."""
    folder = tmp_path / "mirror"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "secret.csv").write_text(FILE)
    modules = tmp_path / "sources"
    modules.mkdir()
    (modules / "secret.py").write_text(SOURCE)
    (modules / "_gauge.py").write_text(HELPER)
    monkeypatch.setattr(sources, "__path__", [*sources.__path__, str(modules)])
    monkeypatch.setitem(computed.FOLDERS, "sources", (*computed.FOLDERS["sources"], modules))
    monkeypatch.delenv(MIRROR, raising=False)
    digest = hashlib.sha256(FILE.encode()).hexdigest()
    (joint / "data/registry/withheld.yaml").write_text(ENTRY.format(digest=digest))
    entry = joint / "data/registry/computed.yaml"
    entry.write_text(
        entry.read_text().replace("reads: [generation]", "reads: [generation]\n    withheld: [secret]")
    )
    return folder


def loaded(root: Path):
    registry = load(root)
    return registry, tidy_tables(registry)


def test_an_experiment_reads_the_table_from_the_mirror(joint, mirror, monkeypatch):
    seen = {}
    tiny = __import__("jouletrace.experiments.tiny", fromlist=["run"])
    run = tiny.run
    monkeypatch.setattr(tiny, "run", lambda task: seen.update(task.tables) or run(task))
    recompute(NAME, *loaded(joint), mirror=str(mirror))
    assert [(row.series, row.value) for row in seen["secret"]] == [("a", 400.0), ("b", 600.0)]


def test_what_was_found_is_used_without_a_mirror(joint, mirror):
    recompute(NAME, *loaded(joint), mirror=str(mirror))
    assert missing(*loaded(joint)) == []
    assert complete(*loaded(joint), 1)[0].endswith(f"data/computed/{NAME}")


def test_without_a_mirror_one_line_says_what_to_do(joint, mirror):
    with pytest.raises(RegistryError) as caught:
        complete(*loaded(joint), 1)
    line = str(caught.value)
    assert len(line.splitlines()) == 1
    for words in ("withheld.yaml", "secret", "none stated", "a/secret.csv", "config.yaml", MIRROR):
        assert words in line


def test_the_environment_may_name_the_mirror(joint, mirror, monkeypatch):
    monkeypatch.setenv(MIRROR, str(mirror))
    assert recompute(NAME, *loaded(joint)).is_dir()


def test_a_file_with_other_bytes_is_refused(joint, mirror):
    (mirror / "a" / "secret.csv").write_text(FILE.replace("400", "401"))
    with pytest.raises(FetchError, match="digest"):
        recompute(NAME, *loaded(joint), mirror=str(mirror))
    assert not (joint / "data/computed" / NAME).exists()


@pytest.mark.parametrize(
    ("file", "old", "new", "stale"),
    [
        ("withheld.yaml", "rows: 2", "rows: 2 ", False),
        ("withheld.yaml", "sha256: ", "sha256: 0", True),
        ("secret.py", "watts(one)", "2.0 * watts(one)", True),
        ("_gauge.py", "float(", "2.0 * float(", True),
        ("_gauge.py", "Power of a line", "What a line says", False),
    ],
)
def test_a_new_file_or_other_code_that_reads_it_makes_the_dataset_stale(
    joint, mirror, tmp_path, file, old, new, stale
):
    recompute(NAME, *loaded(joint), mirror=str(mirror))
    path = (joint / "data/registry" if file.endswith("yaml") else tmp_path / "sources") / file
    path.write_text(path.read_text().replace(old, new))
    computed.code.cache_clear()
    assert bool(missing(*loaded(joint))) is stale
    computed.code.cache_clear()


def test_an_unknown_table_has_a_neighbour(joint, mirror):
    from jouletrace.check import check

    path = joint / "data/registry/computed.yaml"
    path.write_text(path.read_text().replace("withheld: [secret]", "withheld: [sekret]"))
    with pytest.raises(RegistryError, match=r"no withheld table is called `sekret`.*secret"):
        check(load(joint), tidy_tables(load(joint)))
