"""The fixture project: two claims on numbers, a fact, a system, one table; built in seconds."""

import shutil
from pathlib import Path

import pytest
from hypothesis import settings

import jouletrace  # noqa: F401  Before NumPy, whose threads it limits.

ROOT = Path(__file__).parent.parent

# The first call of a model compiles, and that time says nothing about the model.
settings.register_profile("compiling", deadline=None, derandomize=True)
settings.load_profile("compiling")


@pytest.fixture
def project(tmp_path):
    """A copy of the registry and tables of the fixture project, free to be broken."""
    shutil.copytree(ROOT / "tests" / "fixture" / "data", tmp_path / "data")
    return tmp_path


@pytest.fixture
def edit(project):
    """Replace a text in a file of the project; the text must be there."""

    def replace(name: str, old: str, new: str) -> None:
        path = project / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace


@pytest.fixture
def joint(project, monkeypatch):
    """The project with a claim, T5, that reads joint draws, and with the experiment that makes them."""
    from jouletrace import experiments

    added = ROOT / "tests" / "fixture" / "joint"
    shutil.copytree(added / "data", project / "data", dirs_exist_ok=True)
    folder = added / "src" / "jouletrace" / "experiments"
    monkeypatch.setattr(experiments, "__path__", [*experiments.__path__, str(folder)])
    return project
