"""The fixture project: two claims on numbers, a fact, a system, one table; built in seconds."""

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


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
