"""Comparing the snapshots with the full files, and taking differences over when a person says so.

A build only compares: its values are always those of the snapshots. Nothing but `refresh` with
``accept`` writes to data/snapshot, together with the digest in datasets.yaml.
"""

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd

from jouletrace import contract, fetch, sources, tables
from jouletrace.registry.schema import Dataset

DATASETS = Path("data/registry/datasets.yaml")


def check(name: str, dataset: Dataset, root: Path, mode: str, mirror: str, folder: Path) -> Iterator[str]:
    """Fetch the full file by its digest, tidy it, and say where the snapshot differs from it.

    Raises `FetchError` when the bytes are not the registered ones: that stops a build.
    """
    where = fetch.place(name, dataset, mode, mirror)
    if isinstance(where, str) or dataset.tidy is None:
        yield f"{name}: {where}"
        return
    path = fetch.get(name, where, folder / _file_name(where.url, name))
    carried = tables.read_table(root / dataset.snapshot.path, dataset)
    fresh = sources.tidy(dataset.tidy, path)
    found = list(differences(_owned(carried, dataset.tidy, fresh), fresh))
    yield from (f"{name}: {line}; the snapshot is used" for line in found)
    yield f"{name}: {len(found)} differences between the snapshot and {where.url}"


def differences(old: pd.DataFrame, new: pd.DataFrame) -> Iterator[str]:
    """Rows that came, went or changed, one line for each changed cell, with both values."""
    before, after = old.set_index("id"), new.set_index("id")
    yield from (f"row {name}: gone" for name in before.index.difference(after.index))
    yield from (f"row {name}: new" for name in after.index.difference(before.index))
    for name in before.index.intersection(after.index):
        for column in before.columns:
            was, now = before.loc[name, column], after.loc[name, column]
            if was != now and not (pd.isna(was) and pd.isna(now)):
                yield f"row {name}: {column} {was} -> {now}"


def _file_name(url: str, name: str) -> str:
    """The publisher's own name of a file, of which a source may make part of its rows."""
    return Path(urlsplit(url).path).name or name


def _owned(table: pd.DataFrame, module: str, fresh: pd.DataFrame) -> pd.DataFrame:
    return table[table["cite"].isin(sources.cites_of(module, fresh))]


@dataclass(frozen=True)
class Latest:
    """What a table would be now: its rows, what to say, and the file whose digest changed."""

    table: pd.DataFrame
    said: list[str]
    changed: tuple[str, str] | None = None


def refresh(
    root: Path, datasets: Mapping[str, Dataset], mode: str, mirror: str = "", accept: bool = False
) -> Iterator[str]:
    """Ask the mirror or the publishers for what they hold now, and report; write if ``accept``.

    ``mode`` snapshot asks nobody: it takes over what a person changed in data/snapshot by hand.
    A table that breaks its contract is never accepted: `TableError`.
    """
    for name, dataset in datasets.items():
        try:
            latest = _latest(name, dataset, root, mode, mirror)
        except fetch.FetchError as error:
            yield str(error)
            continue
        yield from (f"{name}: {line}" for line in latest.said)
        if accept:
            yield from _accept(name, dataset, root, latest)


def _latest(name: str, dataset: Dataset, root: Path, mode: str, mirror: str) -> Latest:
    carried = tables.parse(root / dataset.snapshot.path)
    asked = _asked(dataset, mode, mirror)
    if asked is None or dataset.tidy is None:
        return Latest(carried, ["nobody is asked: compiled by the project, or fetch is snapshot"])
    key, url, known = asked
    with tempfile.TemporaryDirectory() as folder:
        path = fetch.get(name, fetch.Place(url, None), Path(folder) / _file_name(url, name))
        fresh, digest = sources.tidy(dataset.tidy, path), fetch.digest(path)
    owned = _owned(carried, dataset.tidy, fresh)
    said = [*differences(owned, fresh), f"digest of {url} is now {digest}"]
    table = pd.concat([carried.drop(owned.index), fresh], ignore_index=True)
    return Latest(table, said, (key, digest) if known not in (None, digest) else None)


def _asked(dataset: Dataset, mode: str, mirror: str) -> tuple[str, str, str | None] | None:
    """Key in datasets.yaml, address and registered digest of the file to ask for."""
    if mode == "mirror" and dataset.mirror:
        path = dataset.mirror.path
        return path, fetch.below(mirror, path), dataset.mirror.sha256
    if mode == "upstream" and dataset.upstream:
        return dataset.upstream.url, dataset.upstream.url, dataset.upstream.sha256
    return None


def _accept(name: str, dataset: Dataset, root: Path, latest: Latest) -> Iterator[str]:
    path = root / dataset.snapshot.path
    lines = [f"{path}: {line}" for line in contract.problems(latest.table, dataset)]
    if lines:
        raise tables.TableError("\n".join(lines))
    tables.write_table(latest.table, path)
    digest = fetch.digest(path)
    if latest.changed:
        stamp(root / DATASETS, *latest.changed)
    if digest != dataset.snapshot.sha256:
        stamp(root / DATASETS, dataset.snapshot.path, digest, len(latest.table))
        yield f"{name}: {dataset.snapshot.path} accepted, {len(latest.table)} rows, sha256 {digest}"


def stamp(registry: Path, key: str, digest: str, rows: int | None = None) -> None:
    """Write a digest, and a number of rows, behind a path or URL of datasets.yaml.

    All else stays as people typed it.
    """
    text = registry.read_text(encoding="utf-8")
    text, count = re.subn(rf"((?:path|url): {re.escape(key)}\s+sha256: )\S+", rf"\g<1>{digest}", text)
    if count != 1:
        raise ValueError(f"{registry}: {key}: stands {count} times with sha256 below it; write it once")
    if rows is not None:
        text = re.sub(rf"({digest}\s+rows: )\d+", rf"\g<1>{rows}", text)
    registry.write_text(text, encoding="utf-8")
