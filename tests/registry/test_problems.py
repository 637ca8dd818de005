"""One test for each kind of wrong input: the message names file, entry, fault and remedy."""

import pytest

from jouletrace.check import check
from jouletrace.cli import main
from jouletrace.registry import CATALOGUE, RegistryError, load
from jouletrace.tidying import tidy_tables

Q = "data/registry/quantities/all.yaml"
C = "data/registry/claims/tiny.yaml"
D = "data/registry/datasets.yaml"
T = "data/registry/settings.yaml"
Y = "data/registry/systems.yaml"

CASES = [
    ("duplicate key", Q, "    unit: TWh\n", "    unit: TWh\n    unit: GWh\n", "J01", ["all.yaml", "line"]),
    ("alias", Q, "    title: Share", "    title: &x Share", "J02", ["anchor or alias"]),
    ("tag", Q, "    title: Share", "    title: !!python/name:os.system Share", "J02", ["tag"]),
    ("nan", Q, "p05: 300", "p05: .nan", "J02", ["number is nan"]),
    (
        "unknown key",
        Q,
        "    boundary: gross",
        "    bondary: gross",
        "J03",
        ["bondary", "did you mean `boundary`"],
    ),
    ("unknown unit", Q, "unit: TWh", "unit: TWattHours", "J04", ["stated_data_centre_electricity_j"]),
    ("wrong dimension", Q, "unit: TWh", "unit: GW", "J04", ["cannot be converted"]),
    ("bad distribution", Q, "mode: 4", "mode: 9", "J05", ["min <= mode <= max", "stated_share_ratio"]),
    ("bare range", Q, "{uniform: {min: 1, max: 3}}", "{low: 1, high: 3}", "J05", ["uniform"]),
    (
        "missing source",
        Q,
        "        cite: tiny2026\n        locator: p. 1\n",
        "",
        "J06",
        ["stated_share_ratio"],
    ),
    ("judgement without why", Q, "        why: made for tests\n", "", "J06", ["needs `why`"]),
    ("unknown cite", Q, "cite: tiny2026", "cite: tiny2027", "J07", ["tiny2027", "did you mean `tiny2026`"]),
    (
        "orphan",
        Q,
        "  electricity_growth_ratio:",
        "  idle_ratio: {title: x, unit: ratio, boundary: x, cases: {any: {distribution: {exact: 1}, "
        "grade: judgement, why: x}}}\n  electricity_growth_ratio:",
        "J08",
        ["idle_ratio", "nobody uses"],
    ),
    (
        "misspelt quantity",
        C,
        "implied_national_electricity_j",
        "implied_nationl_electricity_j",
        "J09",
        ["did you mean"],
    ),
    (
        "missing input",
        Q,
        "  stated_share_ratio:",
        "  stated_shore_ratio:",
        "J09",
        ["did you mean `stated_shore_ratio`"],
    ),
    ("no row", C, "region: world, year: 2026", "region: mars, year: 2026", "J11", ["0 rows", "mars"]),
    ("no comparison", C, 'is: above, value: "8000"', "is: above", "J13", ["lacks what it needs"]),
    ("no such headline", C, "headline: V1", "headline: V9", "J13", ["V9"]),
    ("unknown fact", C, "predicate: launch", "predicate: lunch", "J14", ["did you mean `launch`"]),
    ("unknown number", C, "{num:T1.V1.p50}", "{num:T1.V1.p51}", "J15", ["T1.V1.p51"]),
    ("schema version", C, "schema_version: 1", "schema_version: 2", "J18", ["schema_version is 2"]),
    (
        "unknown dataset",
        Q,
        "dataset: generation",
        "dataset: generations",
        "J20",
        ["did you mean `generation`"],
    ),
    ("year as a word", C, "year: 2026", "year: soon", "J03", ["no whole number"]),
    ("value as a word", C, 'value: "8000"', 'value: "eight"', "J13", ["`eight` is no number"]),
    ("figure of nothing", C, "readings: [V1]", "readings: [V7]", "J13", ["shows a reading `V7`"]),
    ("odd id", C, "  T1:", '  "../T1":', "J03", ["letters, digits and dashes"]),
    ("variant key", C, '{value: "12000", text', '{valu: "12000", text', "J03", ["variant has a wrong key"]),
    ("settings order", T, "leans_true_from: 0.66", "leans_true_from: 0.96", "J03", ["must fall"]),
    ("no draws", T, "draws: 4096", "draws: 0", "J03", ["settings.draws"]),
    ("system side", Y, "left: part", "left: prt", "J14", ["no variable is called `prt`"]),
    ("table elsewhere", D, "data/snapshot/generation.csv", "../../etc/passwd", "J03", ["snapshot.path"]),
    ("changed table", "data/snapshot/generation.csv", "80.0", "81.0", "J20", ["not the registered one"]),
    (
        "no scope",
        Q,
        "    scope: {counts: sector, energy: site, period: calendar-year}\n",
        "",
        "J21",
        ["without `scope`"],
    ),
    ("scope of nothing", Q, "counts: sector", "counts: sectr", "J03", ["counts", "'sector'"]),
    (
        "unlike share",
        C,
        'quantity: electricity_generation_j, is: about, value: "100", unit: TWh',
        'quantity: electricity_generation_j, of: stated_data_centre_electricity_j, is: about, value: "100", unit: ratio',
        "J22",
        ["tiny.T2/V1", "country is no part of sector", "`across`"],
    ),
    ("place", C, "location: [S0]", "location: [S7.P1]", "J03", ["no place `S7.P1`"]),
]


def problems(project, scenario="base"):
    try:
        registry = load(project, scenario)
        check(registry, tidy_tables(registry))
    except RegistryError as error:
        return error.problems
    raise AssertionError("nothing was refused")


def test_the_fixture_is_sound(project):
    registry = load(project)
    assert set(check(registry, tidy_tables(registry))) == {"tiny.T1", "tiny.T2", "tiny.T3", "tiny.T4"}


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "words"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_one_clear_line(project, edit, file, old, new, code, words):
    edit(file, old, new)
    lines = [str(one) for one in problems(project) if one.code == code]
    assert lines, problems(project)
    assert any(all(word in line for word in words) for line in lines), lines
    assert all(line.startswith("data/") and "\n" not in line for line in lines)


def test_every_code_of_the_catalogue_says_what_to_do():
    assert all(what and todo for what, todo in CATALOGUE.values())


def test_the_command_line_exits_with_the_lines_and_writes_nothing(project, edit, monkeypatch, capsys):
    edit(Q, "unit: TWh", "unit: TWattHours")
    monkeypatch.chdir(project)
    before = sorted(project.rglob("*"))
    assert main(["check", "--write", "plan"]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "TWattHours" in error
    assert sorted(project.rglob("*")) == before


def test_two_files_may_not_define_one_quantity(project):
    text = (project / Q).read_text(encoding="utf-8")
    (project / "data/registry/quantities/more.yaml").write_text(text, encoding="utf-8")
    assert {one.code for one in problems(project)} == {"J10"}


def test_a_quantity_that_is_also_a_function_is_refused(project, edit):
    edit(Q, "  stated_share_ratio:", "  implied_national_electricity_j:")
    assert "J10" in {one.code for one in problems(project)}


def test_no_is_a_word_and_1e3_a_number(project, edit):
    edit(Q, "boundary: per year", "boundary: NO")
    edit(Q, "p05: 300, p50: 400", "p05: 3.0e2, p50: 4e2")
    registry = load(project)
    assert registry.quantities["electricity_growth_ratio"].boundary == "NO"
