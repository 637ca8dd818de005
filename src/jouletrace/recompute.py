"""Running an experiment and keeping what it found: joint draws, small tables, and a record beside them."""

import gzip
import io
import json
import platform
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from jouletrace.computed import CARRIED, DRAWS, POINTS, fingerprint
from jouletrace.registry import Registry
from jouletrace.registry.rows import Row

DIGITS = 7
Tables = dict[str, tuple[Row, ...]]


def recompute(name: str, registry: Registry, tables: Tables, folder: Path | None = None) -> Path:
    """Run an experiment of the registry and write its dataset; returns the folder.

    The module of an experiment has ``run(entry, tables)``, which returns the columns of joint draws,
    and the columns of a small table that figures show.
    """
    entry = registry.computed[name]
    draws, points = import_module(f"jouletrace.experiments.{entry.experiment}").run(entry, tables)
    folder = folder or registry.root / CARRIED / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DRAWS).write_bytes(gzip.compress(_csv(draws).encode(), mtime=0))
    (folder / POINTS).write_text(_csv(points), encoding="utf-8")
    record = {
        "title": entry.title,
        "boundary": entry.boundary,
        "fingerprint": fingerprint(name, registry, tables),
        "seed": entry.seed,
        "settings": {key: one.value for key, one in entry.settings.items()},
        "effective_draws": len(next(iter(draws.values()))),
        "platform": {"machine": platform.machine(), "numpy": version("numpy")},
    }
    text = json.dumps(record, indent=1, ensure_ascii=False)
    (folder / "record.json").write_text(f"{text}\n", encoding="utf-8")
    return folder


def _csv(columns: dict[str, Any]) -> str:
    """Columns as text, with the digits that processors agree on."""
    text = io.StringIO()
    pd.DataFrame(columns).to_csv(text, index=False, float_format=f"%.{DIGITS}g", lineterminator="\n")
    return text.getvalue()
