"""Tables that the project may read but not carry: only a mirror has them.

A default build never needs them: what an experiment found in them is kept under the digests of the
files. Whoever changes the experiment needs a mirror to run it again.
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from jouletrace import fetch, sources
from jouletrace.config import MIRROR
from jouletrace.registry import Problem, Registry, RegistryError
from jouletrace.registry.rows import Row, from_records
from jouletrace.registry.schema import Computed


def rows(entry: Computed, registry: Registry, mirror: str = "") -> dict[str, tuple[Row, ...]]:
    """The withheld tables of an experiment, by name, checked by their digests.

    ``mirror``: folder or URL; without one that of the environment. Raises `RegistryError` (J20)
    where there is none, and `FetchError` where it does not have the file.
    """
    place = mirror or os.environ.get(MIRROR, "")
    if entry.withheld and not place:
        raise RegistryError([_problem(name, registry) for name in entry.withheld])
    with TemporaryDirectory() as folder:
        return {name: _rows(name, registry, place, Path(folder)) for name in entry.withheld}


def _rows(name: str, registry: Registry, mirror: str, folder: Path) -> tuple[Row, ...]:
    one = registry.withheld[name]
    where = fetch.Place(fetch.below(mirror, one.mirror.path), one.mirror.sha256)
    path = fetch.get(name, where, folder / Path(one.mirror.path).name)
    return from_records(sources.tidy(one.tidy, path).astype(object).to_dict("records"))


def _problem(name: str, registry: Registry) -> Problem:
    what = f"may be read but not carried (licence: {registry.withheld[name].licence}), and no mirror is named"
    todo = f"name one that has {registry.withheld[name].mirror.path}: mirror in config.yaml, or {MIRROR}"
    return Problem(registry.file_of("withheld", name), name, "J20", what, todo)
