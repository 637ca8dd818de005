"""Running an experiment and keeping what it found: joint draws, small tables, and a record beside them."""

import gzip
import io
import json
import platform
import shutil
import time
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from jouletrace.computed import CACHED, CARRIED, DRAWS, fingerprint, folder
from jouletrace.experiments.task import Found, Task
from jouletrace.registry import Registry
from jouletrace.registry.rows import Row

DIGITS = 7
#: Of draws fewer are worth keeping: their spread is thousands of times larger.
DRAW_DIGITS = 5
LIBRARIES = ("jax", "numpy", "numpyro", "scipy")
Tables = dict[str, tuple[Row, ...]]


def recompute(
    name: str, registry: Registry, tables: Tables, cores: int = 1, path: Path | None = None
) -> Path:
    """Run an experiment of the registry and write its dataset; returns the folder.

    The module of an experiment has ``run(task)``, which returns a `Found`. The folder is written
    beside its place and moved there when it is whole.
    """
    entry = registry.computed[name]
    begun = time.monotonic()
    read = {key: tables[key] for key in entry.reads}
    used = {key: registry.quantities[key] for key in entry.uses}
    found: Found = import_module(f"jouletrace.experiments.{entry.experiment}").run(
        Task(entry, read, used, cores)
    )
    path = path or registry.root / CARRIED / name
    fresh = path.with_name(f"{path.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    if found.draws:
        (fresh / DRAWS).write_bytes(gzip.compress(_csv(found.draws, DRAW_DIGITS).encode(), mtime=0))
    for table, columns in found.tables.items():
        (fresh / f"{table}.csv").write_text(_csv(columns), encoding="utf-8")
    record = {
        "title": entry.title,
        "boundary": entry.boundary,
        "fingerprint": fingerprint(name, registry, tables),
        "seed": entry.seed,
        "settings": {key: one.value for key, one in entry.settings.items()},
        "effective_draws": found.effective_draws,
        "seconds": round(time.monotonic() - begun),
        "cores": cores,
        "platform": {"machine": platform.machine(), **{one: version(one) for one in LIBRARIES}},
        **found.record,
    }
    text = json.dumps(record, indent=1, ensure_ascii=False)
    (fresh / "record.json").write_text(f"{text}\n", encoding="utf-8")
    shutil.rmtree(path, ignore_errors=True)
    fresh.rename(path)
    return path


def missing(registry: Registry, tables: Tables) -> list[tuple[str, Path]]:
    """Datasets that were not computed for this registry, and where they belong in the cache."""
    wanted = {name: fingerprint(name, registry, tables) for name in registry.computed}
    return [
        (name, registry.root / CACHED / f"{name}-{sign[:16]}")
        for name, sign in wanted.items()
        if folder(registry.root, name, sign) is None
    ]


def _csv(columns: dict[str, Any], digits: int = DIGITS) -> str:
    """Columns as text, with the digits that processors agree on."""
    text = io.StringIO()
    pd.DataFrame(columns).to_csv(text, index=False, float_format=f"%.{digits}g", lineterminator="\n")
    return text.getvalue()
