import pytest

from jouletrace.graph import Plan, find_rows, functions
from jouletrace.registry import RegistryError, load
from jouletrace.registry.schema import Lookup
from jouletrace.tidying import tidy_tables


@pytest.fixture
def plan(project):
    registry = load(project)
    return Plan(registry, tidy_tables(registry))


def test_the_signature_is_the_provenance(plan):
    top = plan.add("implied_national_electricity_j", {}, {}, "t")
    assert [node.name for node in plan.below(top)] == [
        "stated_data_centre_electricity_j",
        "stated_share_ratio",
        "implied_national_electricity_j",
    ]


def test_coordinates_choose_the_row(plan):
    top = plan.add("electricity_generation_j", {"region": "world", "year": 2026}, {}, "t")
    rows = {node.name: node.rows[0].id for node in plan.below(top) if node.rows}
    assert rows["reported_electricity_generation_j"] == "tiny-world-2024"
    assert top == "electricity_generation_j[region=world,year=2026]"


def test_base_asks_for_the_same_quantity_elsewhere(plan):
    at, base = {"region": "world", "year": 2024}, {"region": "world", "year": 2023}
    top = plan.add("grid_growth_ratio", at, base, "t")
    named = {node.id for node in plan.below(top) if node.kind == "table" and node.rows[0].value > 0}
    assert {name.split("year=")[1] for name in named} == {"2023]", "2024]"}
    assert "base" in top


def test_a_missing_name_suggests_the_nearest(plan):
    with pytest.raises(RegistryError, match="did you mean `electricity_generation_j`"):
        plan.add("electricity_generatoin_j", {}, {}, "tiny.T1/V1")


def test_after_and_before(plan):
    rows = plan.tables["generation"]
    later = Lookup.model_validate({"dataset": "generation", "match": {"year": "after"}})
    assert [row.id for row in find_rows(rows, later, {"year": 2023})] == ["tiny-world-2024"]
    assert find_rows(rows, later, {"year": 2024}) == []


def test_a_circle_is_refused(plan, monkeypatch):
    one = functions()["implied_national_electricity_j"]
    loop = {
        **plan.functions,
        "stated_share_ratio": type(one)(
            "stated_share_ratio", ("implied_national_electricity_j",), one.module, 1, "", ""
        ),
    }
    monkeypatch.setattr(plan, "functions", loop)
    with pytest.raises(RegistryError, match="needs itself"):
        plan.add("implied_national_electricity_j", {}, {}, "t")


def test_a_table_may_be_read_along_another_coordinate(plan):
    """Devices are the series of their own table, so that a model and its machine can be asked for together."""
    rows = plan.tables["generation"]
    region = rows[0].region
    named = [type(row)(**{**row.as_dict(), "series": f"chip-{row.year}"}) for row in rows]
    lookup = Lookup.model_validate({"dataset": "generation", "match": {"series": "at"}, "along": "device"})
    found = find_rows(named, lookup, {"series": "another", "device": "chip-2024"})
    assert {row.year for row in found} == {2024}
    both = lookup.model_copy(update={"match": {"series": "group", "region": "at"}})
    at = {"region": region, "device": "some"}
    assert find_rows(named, both, at, {"some": ("chip-2024",)}) == [
        row for row in found if row.region == region
    ]
    assert find_rows(named, lookup, {"series": "chip-2024"}) == []


def test_a_case_fits_a_member_of_a_group_of_devices(plan, monkeypatch):
    case = next(iter(plan.registry.quantities["stated_share_ratio"].cases.values()))
    wide = case.model_copy(update={"at": {"device": "all"}})
    narrow = case.model_copy(update={"at": {"device": "some"}})
    monkeypatch.setattr(plan, "groups", {"all": ("one", "two", "three"), "some": ("one", "two")})
    assert plan._fits(wide, {"device": "three"})
    assert not plan._fits(narrow, {"device": "three"})
    assert plan._narrowest([wide, narrow], {"device": "one"}) == [narrow]
