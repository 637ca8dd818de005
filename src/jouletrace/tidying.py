"""The tables of a registry as rows, straight from the snapshots, as the tidy rule writes them."""

import hashlib
from functools import lru_cache
from pathlib import Path

from jouletrace import sources, tables
from jouletrace.registry import Problem, Registry, RegistryError
from jouletrace.registry.rows import Row, from_records
from jouletrace.registry.schema import Dataset


def tidy_tables(registry: Registry) -> dict[str, tuple[Row, ...]]:
    """Every dataset as rows. Raises `RegistryError` (J20), or `TableError` for a broken contract."""
    found = {}
    for name, dataset in registry.datasets.items():
        path = registry.root / dataset.snapshot.path
        found_digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
        if found_digest != dataset.snapshot.sha256:
            raise RegistryError([_changed(registry, name, found_digest)])
        found[name] = _rows(path, found_digest, dataset.model_dump_json(by_alias=True))
    return found


@lru_cache(maxsize=256)
def _rows(path: Path, digest: str, told: str) -> tuple[Row, ...]:
    """Rows of a file of some digest by what its dataset tells; the same for every scenario."""
    dataset = Dataset.model_validate_json(told)
    table = tables.read_table(path, dataset)
    done = sources.finish(dataset.tidy, tables.resolve_relative(table))
    return from_records(done.sort_values("id").astype(object).to_dict("records"))


def _changed(registry: Registry, name: str, digest: str | None) -> Problem:
    """A snapshot that is missing, or whose bytes are not the registered ones."""
    path = registry.datasets[name].snapshot.path
    if digest is None:
        return Problem(path, name, "J20", "does not exist", "restore it from git")
    what = f"has the digest {digest[:12]}, not the registered one"
    return Problem(
        path, name, "J20", what, 'restore it, or take it over: make refresh-accept ARGS="--mode snapshot"'
    )
