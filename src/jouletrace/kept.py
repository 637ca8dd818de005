"""Where computed datasets lie. The Snakefile reads this file, so it imports nothing heavy."""

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

CARRIED = Path("data/computed")
CACHED = Path(".cache/computed")
RECORD = "record.json"


def cache(name: str, wanted: str) -> Path:
    """Where a build keeps a dataset that the project does not carry, below the root."""
    return CACHED / f"{name}-{wanted[:16]}"


def folder(root: Path, name: str, wanted: str) -> Path | None:
    """Where the dataset with this fingerprint lies, or None when it has to be computed."""
    for path in (root / CARRIED / name, root / cache(name, wanted)):
        if record(path).get("fingerprint") == wanted:
            return path
    return None


def record(path: Path) -> dict[str, Any]:
    """What stands beside the tables of a computed dataset; empty where there is none."""
    try:
        content: dict[str, Any] = json.loads((path / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content


def to_cache(root: Path, wanted: Iterable[Mapping[str, str]]) -> list[str]:
    """Records of the datasets that the project does not carry: a build writes them, once each."""
    found = {
        str(cache(name, sign) / RECORD): None
        for signs in wanted
        for name, sign in signs.items()
        if record(root / CARRIED / name).get("fingerprint") != sign
    }
    return list(found)


def write(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder beside its place, and put it there when it is whole."""
    fresh = path.with_name(f"{path.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name, content in files.items():
        (fresh / name).write_bytes(content)
    shutil.rmtree(path, ignore_errors=True)
    fresh.rename(path)


def measurements(root: Path, name: str) -> list[Path]:
    """Folders of a measurement, one for each device that it was made on; none where there is none."""
    return sorted(path.parent for path in (root / CARRIED / name).glob(f"*/{RECORD}"))
