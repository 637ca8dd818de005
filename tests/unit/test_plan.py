"""What the Snakefile knows before anything heavy is imported."""

import subprocess
import sys
from pathlib import Path

import pytest

from jouletrace import config, plan
from jouletrace.registry import RegistryError

ROOT = Path(__file__).parent.parent.parent


def test_parsing_the_snakefile_imports_nothing_heavy():
    heavy = ("jax", "pandas", "pint", "numpy", "scipy", "matplotlib")
    code = f"import sys; from jouletrace import config, kept, plan; print([m for m in {heavy} if m in sys.modules])"
    path = str(ROOT / "src")
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_path_with_a_space_does_not_reach_a_shell_line(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/a folder/bin/python")
    monkeypatch.setenv("PATH", "/usr/bin")
    plan.activate(ROOT)
    assert sys.executable == "python"


def test_the_published_scenario_lies_on_top():
    assert plan.folders("mine", ["base"]) == {"mine": "results", "base": "results/scenarios/base"}


def test_the_digest_sees_a_number_and_not_a_page(tmp_path):
    for name in ("data/registry/a.yaml", "src/jouletrace/report/x.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("1", encoding="utf-8")
    before = plan.sources_digest(tmp_path)
    (tmp_path / "src/jouletrace/report/x.py").write_text("2", encoding="utf-8")
    assert plan.sources_digest(tmp_path) == before
    (tmp_path / "data/registry/a.yaml").write_text("2", encoding="utf-8")
    assert plan.sources_digest(tmp_path) != before


def test_scenarios_come_as_words_or_as_a_list():
    assert config.resolved({"scenario": "a, b,a"})["scenario"] == ["a", "b"]
    assert config.resolved({"scenario": ["b", "a"]})["scenario"] == ["b", "a"]
    assert config.resolved({})["scenario"] == ["base"]


def test_a_wrong_cost_is_refused():
    with pytest.raises(RegistryError, match="did you mean `full`"):
        config.resolved({"cost": "ful"})
