"""The environment is what the locks say, and every direct dependency earns its place."""

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import jouletrace

ROOT = Path(__file__).parents[2]
FIVE = ["jupyter-book", "snakemake", "pandas", "jax", "seaborn"]
LOCKS = ["requirements.lock", "requirements-boot.lock", "requirements-gpu.lock", "requirements-peers.lock"]
# Extras, and the file and words in it by which the project calls each package of theirs.
EXTRAS = {
    ("gpu", "nvidia-ml-py"): ("src/jouletrace/measure/nvml.py", 'import_module("pynvml")'),
    ("gpu", "jax"): ("src/jouletrace/measure/kernels.py", '"jax_platforms", "cuda'),
}
CODE = ["src", "workflow", "tests", "benchmarks", "book"]

# Packages that nothing imports: the file and the words in it by which the project calls them.
CALLED = {
    "jupyter-book": ("src/jouletrace/report/build.py", "jupyter_book"),
    "snakemake": ("src/jouletrace/progress.py", '"-m", "snakemake"'),
    "pytest-xdist": ("Makefile", "pytest -n auto"),
    "ruff": ("Makefile", "-m ruff check"),
    "snakefmt": ("Makefile", "-m snakefmt --check"),
    "import-linter": ("Makefile", "lint-imports"),
    "mypy": ("Makefile", "-m mypy"),
}
STUBS = {"pandas-stubs": "pandas", "types-docutils": "docutils"}  # mypy reads them for what is imported


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def direct(listed: str = "requirements.in") -> dict[str, str]:
    lines = (line.partition("#")[0].strip() for line in (ROOT / listed).read_text().splitlines())
    parts = (line.partition("==") for line in lines if line)
    return {canonical(name.partition("[")[0]): version for name, _, version in parts}


def pins(lock: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([\w.+!]+)", (ROOT / lock).read_text(), re.MULTILINE):
        found.setdefault(canonical(name), []).append(version)
    return found


def imported_modules() -> set[str]:
    files = [path for folder in CODE for path in (ROOT / folder).rglob("*.py")]
    return {name.partition(".")[0] for path in files for name in _imports(ast.parse(path.read_text()))}


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def imported_packages() -> set[str]:
    homes = packages_distributions()
    return {canonical(package) for module in imported_modules() for package in homes.get(module, [])}


@pytest.mark.parametrize("package", FIVE)
def test_the_five_are_direct_and_pinned(package):
    assert package in direct()
    assert pins("requirements.lock")[package]


def test_jupyter_book_is_the_last_of_its_line():
    assert direct()["jupyter-book"] == "1.0.4.post1"
    assert pins("requirements.lock")["jupyter-book"] == ["1.0.4.post1"]


def test_every_direct_dependency_is_pinned():
    assert set(direct()) <= set(pins("requirements.lock"))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_a_hash(lock):
    entries = re.split(r"^(?=\S)", (ROOT / lock).read_text(), flags=re.MULTILINE)[1:]
    assert entries
    bare = [entry.split()[0] for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry)]
    assert bare == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_a_host(lock):
    assert not re.search(r"http|index|find-links|file:|//", (ROOT / lock).read_text())


def test_conda_users_get_the_same_lock():
    environment = YAML(typ="safe").load(ROOT / "environment.yml")
    python, pip, listed = environment["dependencies"]
    assert (python, pip, listed) == ("python=3.11", "pip", {"pip": ["-r requirements.lock"]})
    assert all(name in (ROOT / "environment.yml").read_text() for name in FIVE)


@pytest.mark.parametrize("package", sorted(direct()))
def test_every_direct_dependency_earns_its_place(package):
    if package in CALLED:
        path, words = CALLED[package]
        assert words in (ROOT / path).read_text(), f"{package}: nothing in {path} calls it any more"
    elif package in STUBS:
        assert STUBS[package] in imported_modules()
    else:
        assert package in imported_packages(), f"{package}: nobody imports it; drop it from requirements.in"


def test_every_package_of_an_extra_is_pinned_and_called():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["dynamic"]
    listed = {
        (extra, name)
        for extra in extras["optional-dependencies"]
        for name in direct(f"requirements-{extra}.in")
    }
    assert listed == set(EXTRAS)
    for (extra, name), (path, words) in EXTRAS.items():
        assert pins(f"requirements-{extra}.lock")[name]
        assert words in (ROOT / path).read_text(), f"{name}: nothing in {path} calls it any more"


def test_an_extra_agrees_with_the_lock_that_it_adds_to():
    own, whole = pins("requirements-gpu.lock"), pins("requirements.lock")
    assert {name: own[name] for name in own if name in whole} == {
        name: whole[name] for name in own if name in whole
    }


def test_every_import_is_a_direct_dependency():
    known = imported_packages() - {"jouletrace"} - {name for _, name in EXTRAS if name not in direct()}
    assert known - set(direct()) == set(), "imported, but missing from requirements.in"


def test_the_profile_builds_with_all_cores():
    profile = YAML(typ="safe").load(ROOT / "profiles/default/profile.yaml")
    assert profile["cores"] == "all"
    assert profile["rerun-incomplete"] is True


def test_one_version_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = YAML(typ="safe").load(ROOT / "CITATION.cff")
    codemeta = json.loads((ROOT / "codemeta.json").read_text())
    assert {project["version"], citation["version"], codemeta["version"]} == {jouletrace.__version__}


def test_linear_algebra_takes_one_thread() -> None:
    """On several the last digits of sums depend on the machine, and tests that run side by side on each other."""
    assert {one["num_threads"] for one in import_module("threadpoolctl").threadpool_info()} == {1}
