"""Keeping a measurement: its table and a record beside it, whole or not at all."""

import fcntl
import hashlib
import os
import platform
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from io import StringIO
from json import dumps
from pathlib import Path
from typing import Any

import pandas as pd

from jouletrace.computed import WINDOWS
from jouletrace.kept import CARRIED, RECORD, write
from jouletrace.measure.parts import Device, MeasureError
from jouletrace.registry.schema import Measured

NAME = "gpu-measurement"
LIBRARIES = ("jax", "jaxlib", "jax-cuda12-plugin", "nvidia-ml-py", "numpy")
DIGITS = 9
Row = dict[str, Any]


def place(root: Path, device: Device) -> Path:
    """Where the measurement of a device is kept: a folder of its name."""
    return root / CARRIED / NAME / re.sub(r"[^a-z0-9]+", "-", device.name.lower()).strip("-")


def refuse_to_overwrite(path: Path, replace: bool) -> None:
    """Raise `MeasureError` where a measurement, or anything else, is in the way."""
    if path.exists() and not replace:
        raise MeasureError(f"{path} exists already; type --replace to measure anew, or -o for another folder")
    if path.exists() and any(one.name not in (WINDOWS, RECORD) for one in path.iterdir()):
        raise MeasureError(f"{path} holds other files than a measurement; choose another folder with -o")
    if not os.access(_nearest(path), os.W_OK):
        raise MeasureError(f"{path} cannot be written; choose another folder with -o")


def _nearest(path: Path) -> Path:
    return next(one for one in path.absolute().parents if one.exists())


@contextmanager
def alone(device: Device, folder: Path | None = None) -> Iterator[None]:
    """No second measurement of a device at the same time. Raises `MeasureError`."""
    path = (folder or Path(tempfile.gettempdir())) / f"jouletrace-{device.uuid}.lock"
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise MeasureError(f"{path}: {error.strerror}; another user may be measuring {device.name}") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise MeasureError(f"{device.name} is being measured by another run; wait until it ends") from None
    finally:
        os.close(file)


def keep(path: Path, rows: list[Row], device: Device, entry: Measured, used: Row, seconds: float) -> None:
    """Write table and record."""
    today = datetime.now(UTC).date().isoformat()
    common = {"device": device.name, "driver": device.driver, "date": today}
    limit = {"power_limit_w": device.power_limit_w}
    text = StringIO()
    table = pd.DataFrame([{**common, **row, **limit} for row in rows])
    table.to_csv(text, index=False, float_format=f"%.{DIGITS}g", lineterminator="\n")
    content = text.getvalue().encode()
    record = {
        "title": entry.title,
        "boundary": entry.boundary,
        "command": entry.command,
        "digest": hashlib.sha256(content).hexdigest(),
        **common,
        **limit,
        "compute_capability": ".".join(map(str, device.capability)),
        "memory_b": device.memory_b,
        "memory_bandwidth_b_per_s": device.memory_bandwidth_b_per_s,
        "top_sm_clock_hz": device.top_sm_clock_hz,
        **used,
        "seconds": round(seconds),
        "platform": {"machine": platform.machine(), **_versions()},
    }
    write(path, {WINDOWS: content, RECORD: f"{dumps(record, indent=1)}\n".encode()})


def _versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
