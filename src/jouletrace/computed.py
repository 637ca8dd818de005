"""Computed datasets: what an experiment of ours wrote, found by the fingerprint of all it was made from.

A dataset is a folder with tables and a ``record.json``. The project carries one for the registry as
it stands (data/computed); a fork, or an edit, finds its own in the cache once it was computed.
"""

import ast
import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jouletrace.kept import CARRIED, folder, measurements, record
from jouletrace.registry import Problem, Registry, RegistryError, did_you_mean
from jouletrace.registry.rows import Row
from jouletrace.registry.schema import Setting

PACKAGE = Path(__file__).parent
#: Folders whose code a dataset is made of: experiments and models, and what reads withheld tables.
FOLDERS = {name: (PACKAGE / name,) for name in ("experiments", "models", "sources")}
DRAWS = "draws.csv.gz"
#: The one table of a measurement.
WINDOWS = "windows.csv"
Tables = dict[str, tuple[Row, ...]]


def fingerprint(name: str, registry: Registry, tables: Tables) -> str:
    """sha256 over the entry, what it reads and uses, its code and its settings.

    A withheld table counts by the digest of its file and the code that reads it, a measurement by the
    digests of what is kept of it.
    """
    entry = registry.computed[name]
    used = [registry.quantities[key].model_dump(mode="json") for key in entry.uses]
    apart = {"title", "note", "settings", "settings_of", "withheld", "takes"}
    told = entry.model_dump(mode="json", exclude=apart)
    values = {key: one.value for key, one in settings(name, registry).items()}
    rows = tuple(tuple(tables.get(dataset, ())) for dataset in entry.reads)
    files = [registry.withheld[key] for key in entry.withheld]
    beside: list[list[str]] = [[one.mirror.sha256, code(f"sources.{one.tidy}")] for one in files]
    beside += [[key, *kept_of(registry.root, key)] for key in entry.takes]
    return _signed(json.dumps([told, values, used, *beside]), rows, entry.experiment)


@lru_cache(maxsize=64)
def _signed(words: str, rows: tuple[tuple[Row, ...], ...], experiment: str) -> str:
    """The fingerprint; kept, since every node that reads a dataset asks for it.

    ``words``: what the entry tells, its settings, the quantities that it uses, and what it reads beside
    tables that are carried.
    """
    from jouletrace.graph import digest

    told, values, used, *beside = json.loads(words)
    read = [[row.as_dict() for row in table] for table in rows]
    return digest(told, values, read, used, code(f"experiments.{experiment}"), *beside)


def settings(name: str, registry: Registry) -> dict[str, Setting]:
    """The settings of an experiment, those of the entry that it leans on among them.

    Counts say how an experiment is run, not what it is about: each has its own.
    """
    entry = registry.computed[name]
    other = registry.computed[entry.settings_of].settings if entry.settings_of else {}
    shared = {key: one for key, one in other.items() if not key.endswith("_count")}
    return {**shared, **entry.settings}


def fingerprints(registry: Registry, tables: Tables) -> dict[str, str]:
    """What each computed dataset of a registry has to be made from."""
    return {name: fingerprint(name, registry, tables) for name in registry.computed}


def identity(name: str, registry: Registry, tables: Tables) -> tuple[str, str]:
    """What evidence depends on: the fingerprint, and the digest of the tables that are carried for it.

    Another machine gives the same fingerprint other last digits, and so other draws.
    """
    wanted = fingerprint(name, registry, tables)
    carried = record(registry.root / CARRIED / name)
    return wanted, carried.get("digest", "") if carried.get("fingerprint") == wanted else ""


@lru_cache(maxsize=32)
def code(start: str) -> str:
    """What a module does, and the experiments, models and readers of tables that it imports."""
    done: dict[str, str] = {}
    waiting = [start]
    while waiting:
        module = waiting.pop()
        path = _file(module)
        if module in done or path is None:
            continue
        tree = _without_words(ast.parse(path.read_text(encoding="utf-8")))
        done[module] = ast.dump(tree)
        waiting += _imported(tree)
    return json.dumps(done, sort_keys=True)


def _file(module: str) -> Path | None:
    """The file of a module, by its path below the package."""
    top, _, name = module.partition(".")
    paths = [folder / f"{name.replace('.', '/')}.py" for folder in FOLDERS[top]]
    return next((path for path in paths if path.is_file()), None)


def entrance(experiment: str) -> tuple[int, str]:
    """Line and source of the function that runs an experiment; line 0 where there is none."""
    path = PACKAGE / "experiments" / f"{experiment}.py"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    for item in ast.parse(text).body:
        if isinstance(item, ast.FunctionDef) and item.name == "run":
            return item.lineno, ast.get_source_segment(text, item) or ""
    return 0, ""


def _imported(tree: ast.Module) -> list[str]:
    """Modules of the package that a module imports, by their path below it."""
    names = [
        name
        for item in ast.walk(tree)
        if isinstance(item, ast.ImportFrom)
        for name in (str(item.module), *(f"{item.module}.{one.name}" for one in item.names))
    ]
    below = [name.removeprefix("jouletrace.") for name in names if name.startswith("jouletrace.")]
    return [name for name in below if name.split(".")[0] in FOLDERS]


def _without_words(tree: ast.Module) -> ast.Module:
    """A module without its docstrings: words change no number."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        first = body[0] if isinstance(body, list) and body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            first.value = ast.Constant(value=None)
    return tree


def found(name: str, registry: Registry, tables: Tables) -> tuple[Path, dict[str, Any]]:
    """Folder and record of a dataset. Raises `RegistryError` (J20) when it was not computed yet."""
    path = folder(registry.root, name, fingerprint(name, registry, tables))
    if path is None:
        what = "is not computed for this registry"
        file = registry.file_of("computed", name)
        raise RegistryError([Problem(file, name, "J20", what, "build, or type: make recompute")])
    return path, record(path)


def column(path: Path, name: str) -> NDArray[np.float64]:
    """One column of the joint draws, in the order of the draws. Raises `RegistryError` (J20)."""
    columns = _draws(path)
    if name not in columns:
        near = did_you_mean(name, columns)
        raise RegistryError([Problem(str(path), name, "J20", "the dataset has no such column", near)])
    return columns[name]


def columns(path: Path) -> dict[str, NDArray[np.float64]]:
    """All columns of the joint draws, in the order of the draws."""
    return dict(_draws(path))


@lru_cache(maxsize=8)
def _draws(path: Path) -> dict[str, NDArray[np.float64]]:
    import pandas as pd

    table = pd.read_csv(path / DRAWS)
    return {str(name): table[name].to_numpy(dtype=np.float64) for name in table.columns}


def table(path: Path, name: str = "points") -> list[dict[str, Any]]:
    """A small table of an experiment, row by row; an empty cell is None.

    ``points`` is what figures show: series, year, and what else it has.
    """
    import pandas as pd

    table = pd.read_csv(path / f"{name}.csv")
    rows = table.to_dict("records")
    return [{str(key): None if cell != cell else cell for key, cell in row.items()} for row in rows]


def kept_of(root: Path, name: str) -> list[str]:
    """Digests of what is kept of a measurement, device by device."""
    return [str(record(path).get("digest")) for path in measurements(root, name)]


def measured(root: Path, name: str) -> tuple[dict[str, Any], ...]:
    """Rows of a measurement, of all devices; none where nothing was measured.

    Raises `RegistryError` (J20) for a table whose bytes are not those that its record has.
    """
    rows: list[dict[str, Any]] = []
    for path in measurements(root, name):
        file = path / WINDOWS
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != record(path).get("digest"):
            what, todo = "is not what was measured", "restore it from git, or measure anew"
            raise RegistryError([Problem(str(file.relative_to(root)), name, "J20", what, todo)])
        rows += table(path, file.stem)
    return tuple(rows)
