"""Computed datasets: what an experiment of ours wrote, found by the fingerprint of all it was made from.

A dataset is a folder with tables and a ``record.json``. The project carries one for the registry as
it stands (data/computed); a fork, or an edit, finds its own in the cache once it was computed.
"""

import ast
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jouletrace.registry import Problem, Registry, RegistryError
from jouletrace.registry.rows import Row

CARRIED = Path("data/computed")
CACHED = Path(".cache/computed")
EXPERIMENTS = Path(__file__).parent / "experiments"
DRAWS = "draws.csv.gz"
POINTS = "points.csv"
Tables = dict[str, tuple[Row, ...]]


def fingerprint(name: str, registry: Registry, tables: Tables) -> str:
    """sha256 over the entry, the rows that it reads, its code and its settings."""
    from jouletrace.graph import digest

    entry = registry.computed[name]
    rows = [[row.as_dict() for row in tables.get(dataset, ())] for dataset in entry.reads]
    told = entry.model_dump(mode="json", exclude={"title", "note", "settings"})
    settings = {key: one.value for key, one in entry.settings.items()}
    return digest(told, settings, rows, code(entry.experiment))


@lru_cache(maxsize=16)
def code(experiment: str) -> str:
    """What an experiment's module, and the modules of its folder that it imports, do."""
    done: dict[str, str] = {}
    waiting = [experiment]
    while waiting:
        module = waiting.pop()
        path = EXPERIMENTS / f"{module}.py"
        if module in done or not path.is_file():
            continue
        tree = _without_words(ast.parse(path.read_text(encoding="utf-8")))
        done[module] = ast.dump(tree)
        waiting += [
            str(item.module).removeprefix("jouletrace.experiments.")
            for item in ast.walk(tree)
            if isinstance(item, ast.ImportFrom) and str(item.module).startswith("jouletrace.experiments.")
        ]
    return json.dumps(done, sort_keys=True)


def _without_words(tree: ast.Module) -> ast.Module:
    """A module without its docstrings: words change no number."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        first = body[0] if isinstance(body, list) and body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            first.value = ast.Constant(value=None)
    return tree


def folder(root: Path, name: str, wanted: str) -> Path | None:
    """Where the dataset with this fingerprint lies, or None when it has to be computed."""
    for path in (root / CARRIED / name, root / CACHED / f"{name}-{wanted[:16]}"):
        if record(path).get("fingerprint") == wanted:
            return path
    return None


def record(path: Path) -> dict[str, Any]:
    """What stands beside the tables of a computed dataset; empty where there is none."""
    try:
        content: dict[str, Any] = json.loads((path / "record.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content


def found(name: str, registry: Registry, tables: Tables) -> tuple[Path, dict[str, Any]]:
    """Folder and record of a dataset. Raises `RegistryError` (J20) when it was not computed yet."""
    path = folder(registry.root, name, fingerprint(name, registry, tables))
    if path is None:
        what = "is not computed for this registry"
        file = registry.file_of("computed", name)
        raise RegistryError([Problem(file, name, "J20", what, "build, or type: make recompute")])
    return path, record(path)


def column(path: Path, name: str) -> NDArray[np.float64]:
    """One column of the joint draws, in the order of the draws."""
    return _draws(path)[name]


@lru_cache(maxsize=8)
def _draws(path: Path) -> dict[str, NDArray[np.float64]]:
    import pandas as pd

    table = pd.read_csv(path / DRAWS)
    return {str(name): table[name].to_numpy(dtype=np.float64) for name in table.columns}


def points(path: Path) -> list[dict[str, Any]]:
    """The small table of an experiment that figures show: series, year, and what else it has.

    An empty cell is None.
    """
    import pandas as pd

    table = pd.read_csv(path / POINTS)
    rows = table.to_dict("records")
    return [{str(key): None if cell != cell else cell for key, cell in row.items()} for row in rows]
