"""The JSON schemas that editors use are the types; the shipped registry is sound."""

from pathlib import Path

import pytest

from jouletrace.check import check
from jouletrace.registry import load, scenario
from jouletrace.registry.json_schema import schemas, text
from jouletrace.registry.load import FOLDER
from jouletrace.tidying import tidy_tables

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(
    ("name", "content"), list(schemas()), ids=lambda one: one if isinstance(one, str) else ""
)
def test_schema_is_in_step(name, content):
    path = ROOT / FOLDER / "schema" / name
    assert path.read_text(encoding="utf-8") == text(content), "make schema writes it anew"


@pytest.mark.parametrize("name", ["base", *scenario.names(ROOT)])
def test_the_shipped_registry_and_every_scenario_are_sound(name):
    registry = load(ROOT, name)
    assert check(registry, tidy_tables(registry))


def test_every_dataset_states_what_a_reader_must_know():
    for name, one in load(ROOT).datasets.items():
        assert one.licence, name
        assert one.publisher, name
        assert len(one.snapshot.sha256) == 64, name
