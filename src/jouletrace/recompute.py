"""Running an experiment and keeping what it found: joint draws, small tables, and a record beside them."""

import gzip
import hashlib
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

from jouletrace import withheld
from jouletrace.computed import DRAWS, fingerprint, fingerprints, settings
from jouletrace.experiments.task import Found, Task
from jouletrace.heartbeat import beating
from jouletrace.kept import CARRIED, RECORD, cache, folder, record
from jouletrace.registry import Problem, Registry, RegistryError, did_you_mean
from jouletrace.registry.rows import Row

DIGITS = 7
#: Of draws fewer are worth keeping: their spread is thousands of times larger.
DRAW_DIGITS = 5
LIBRARIES = ("jax", "numpy", "numpyro", "scipy")
Tables = dict[str, tuple[Row, ...]]


def recompute(
    name: str,
    registry: Registry,
    tables: Tables,
    cores: int = 1,
    path: Path | None = None,
    mirror: str = "",
) -> Path:
    """Run an experiment of the registry and write its dataset; returns the folder.

    The module of an experiment has ``run(task)``, which returns a `Found`. The folder is written
    beside its place and moved there when it is whole.
    """
    entry = registry.computed[name].model_copy(update={"settings": settings(name, registry)})
    begun = time.monotonic()
    read = {key: tables[key] for key in entry.reads} | withheld.rows(entry, registry, mirror)
    used = {key: registry.quantities[key] for key in entry.uses}
    found: Found = import_module(f"jouletrace.experiments.{entry.experiment}").run(
        Task(entry, read, used, cores)
    )
    files = {f"{table}.csv": _csv(columns).encode() for table, columns in found.tables.items()}
    if found.draws:
        files[DRAWS] = gzip.compress(_csv(found.draws, DRAW_DIGITS).encode(), mtime=0)
    whole = hashlib.sha256(b"".join(files[one] for one in sorted(files))).hexdigest()
    kept = {
        "title": entry.title,
        "boundary": entry.boundary,
        "fingerprint": fingerprint(name, registry, tables),
        "digest": whole,
        "seed": entry.seed,
        "settings": {key: one.value for key, one in entry.settings.items()},
        "effective_draws": found.effective_draws,
        "seconds": round(time.monotonic() - begun),
        "cores": cores,
        "platform": {"machine": platform.machine(), **{one: version(one) for one in LIBRARIES}},
        **found.record,
    }
    files[RECORD] = f"{json.dumps(kept, indent=1, ensure_ascii=False)}\n".encode()
    path = path or registry.root / CARRIED / name
    _write(path, files)
    return path


def _write(path: Path, files: dict[str, bytes]) -> None:
    """Write a folder beside its place, and put it there when it is whole."""
    fresh = path.with_name(f"{path.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name, content in files.items():
        (fresh / name).write_bytes(content)
    shutil.rmtree(path, ignore_errors=True)
    fresh.rename(path)


def missing(registry: Registry, tables: Tables) -> list[tuple[str, Path]]:
    """Datasets that were not computed for this registry, and where they belong in the cache."""
    return [
        (name, registry.root / cache(name, sign))
        for name, sign in fingerprints(registry, tables).items()
        if folder(registry.root, name, sign) is None
    ]


def complete(registry: Registry, tables: Tables, cores: int, mirror: str = "") -> list[str]:
    """Compute what is missing, into the cache. One line for each dataset: where it lies."""
    for name, path in missing(registry, tables):
        told(name, registry, tables, cores, path, mirror)
    lines = []
    for name, sign in fingerprints(registry, tables).items():
        place = folder(registry.root, name, sign)
        assert place is not None
        (place / RECORD).touch()
        lines.append(f"{name}  {sign}  {place.relative_to(registry.root)}")
    return lines


def told(
    name: str, registry: Registry, tables: Tables, cores: int, path: Path | None = None, mirror: str = ""
) -> Path:
    """Recompute, never silent for long; how long it takes is known from the dataset that is carried."""
    known = record(registry.root / CARRIED / name)
    with beating(name, known.get("seconds", 0) * max(known.get("cores", 1) / cores, 1.0)):
        return recompute(name, registry, tables, cores, path, mirror)


def chosen(names: list[str], registry: Registry) -> list[str]:
    """The datasets that are asked for by name; all where none is. Raises `RegistryError` (J20)."""
    for name in names:
        if name not in registry.computed:
            file = registry.file_of("computed", name)
            near = did_you_mean(name, registry.computed)
            raise RegistryError([Problem(file, name, "J20", "no computed dataset has this name", near)])
    return names or list(registry.computed)


def _csv(columns: dict[str, Any], digits: int = DIGITS) -> str:
    """Columns as text, with the digits that processors agree on."""
    text = io.StringIO()
    pd.DataFrame(columns).to_csv(text, index=False, float_format=f"%.{digits}g", lineterminator="\n")
    return text.getvalue()
