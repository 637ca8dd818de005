"""Getting a file: the snapshot by default; a mirror or the publisher when asked; always by sha256.

pooch downloads into a temporary file, checks the digest and only then gives the file its name, so
that a wrong file never has one. What is added here: a deadline for all tries together, a limit on
size, refusal of HTML pages, tries again only where that can help, and messages that name the
dataset, the URL and the next step.
"""

import hashlib
import logging
import os
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import quote

import pooch
import requests
from requests.exceptions import BaseHTTPError as BrokenTransfer

from jouletrace.registry.schema import Dataset

USER_AGENT = "jouletrace (research report; checks the digest of every file)"
TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}
HTML = (b"<!doctype html", b"<html")
CHUNK_BYTES = 1 << 16
BACK = "or build from the snapshots: --config fetch=snapshot"
pooch.get_logger().setLevel(logging.WARNING)


class FetchError(RuntimeError):
    """A file that could not be had with the right bytes; one line, with the next step."""


class _Transient(Exception):
    """A failure that another try may cure, after a pause in seconds if the server names one."""

    def __init__(self, what: str, pause_s: float = 0.0) -> None:
        super().__init__(what)
        self.pause_s = pause_s


@dataclass(frozen=True)
class Place:
    """A full file: a URL or a local path, and the digest it must have."""

    url: str
    sha256: str | None


@dataclass(frozen=True)
class Patience:
    """How long to wait and how often to try, all tries together within the deadline."""

    deadline_s: float = 120.0
    silence_s: float = 15.0
    tries: int = 4
    pause_s: float = 1.0
    size_bytes: int = 1 << 28


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def snapshot(name: str, dataset: Dataset, root: Path, target: Path) -> None:
    """Copy the snapshot of a dataset to ``target`` if its bytes are the registered ones."""
    source = root / dataset.snapshot.path
    if not source.is_file():
        raise FetchError(f"{name}: {dataset.snapshot.path}: is missing; next: git checkout it")
    raw = source.read_bytes()
    if hashlib.sha256(raw).hexdigest() != dataset.snapshot.sha256:
        what = "its bytes are not those registered in datasets.yaml"
        todo = "next: git checkout it, or type: make refresh-accept"
        raise FetchError(f"{name}: {dataset.snapshot.path}: {what}; {todo}")
    _place_bytes(raw, target)


def _place_bytes(raw: bytes, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
        os.replace(draft, target)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def place(name: str, dataset: Dataset, mode: str, mirror: str = "") -> Place | str:
    """Where the full file of a dataset is, or in words why none is fetched.

    Raises `FetchError` for a mode that is not known and for a mirror that is not given.
    """
    if mode == "snapshot":
        return "the snapshot is used; no full file is fetched"
    if mode == "mirror":
        if not mirror:
            raise FetchError(f"{name}: mirror: no folder or URL; next: set mirror in config.yaml, {BACK}")
        if dataset.mirror is None:
            return "compiled by the project; a mirror holds no file of it"
        return Place(below(mirror, dataset.mirror.path), dataset.mirror.sha256)
    if mode != "upstream":
        raise FetchError(f"{name}: fetch: {mode!r} is not known; next: write snapshot, mirror or upstream")
    if dataset.upstream is None:
        return "compiled by the project, hence exempt from upstream; the snapshot is used"
    if dataset.upstream.sha256 is None:
        why = dataset.upstream.note or "no reason is registered"
        return f"not compared with {dataset.upstream.url}: no digest is known ({why}); type: make refresh"
    return Place(dataset.upstream.url, dataset.upstream.sha256)


def below(mirror: str, path: str) -> str:
    """The address of a file below a mirror, which is a folder or a URL."""
    if mirror.startswith(("http://", "https://")):
        return f"{mirror.rstrip('/')}/{quote(path)}"
    return str(Path(mirror).expanduser() / path)


def get(name: str, where: Place, target: Path, patience: Patience | None = None) -> Path:
    """Get a full file. Nothing is left behind when it cannot be had with the right bytes.

    Only `refresh` asks without a digest. Raises `FetchError`.
    """
    patience = patience or Patience()
    if target.exists() and digest(target) != where.sha256:
        target.unlink()
    try:
        return _tries(where, target, patience)
    except (FetchError, ValueError, OSError) as error:
        what = "the digest is not the registered one" if isinstance(error, ValueError) else str(error)
        raise FetchError(f"{name}: {where.url}: {what}; next: check the address, {BACK}") from error


def _tries(where: Place, target: Path, patience: Patience) -> Path:
    end = time.monotonic() + patience.deadline_s
    known = f"sha256:{where.sha256}" if where.sha256 else None
    for number in range(patience.tries):
        try:
            take = _Download(end, patience) if "://" in where.url else _copy
            return Path(pooch.retrieve(where.url, known, target.name, target.parent, downloader=take))
        except _Transient as error:
            what = str(error)
            pause_s = max(error.pause_s, patience.pause_s * 2**number)
            if number + 1 == patience.tries or time.monotonic() + pause_s > end:
                break
            time.sleep(pause_s)
    raise FetchError(f"{what}, after {number + 1} tries")


def _copy(url: str, output_file: str, pooch: object) -> None:
    if not Path(url).is_file():
        raise FetchError("no such file in the mirror")
    shutil.copyfile(url, output_file)


@dataclass(frozen=True)
class _Download:
    """One try over HTTP, as pooch calls it."""

    end: float
    patience: Patience
    headers: dict[str, str] = field(
        default_factory=lambda: {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    )

    def __call__(self, url: str, output_file: str, pooch: object) -> None:
        try:
            with (
                requests.get(url, headers=self.headers, stream=True, timeout=self._wait_s()) as reply,
                open(output_file, "wb") as file,
            ):
                _judge(reply)
                self._write(reply, file)
        except (requests.Timeout, requests.ConnectionError, BrokenTransfer) as error:
            raise _Transient(_in_words(error)) from error
        except requests.RequestException as error:
            raise FetchError(_in_words(error)) from error

    def _wait_s(self) -> float:
        return max(0.05, min(self.patience.silence_s, self.end - time.monotonic()))

    def _write(self, reply: requests.Response, file: IO[bytes]) -> None:
        size = 0
        # read1 returns what has come, so that a server that drips cannot outlast the deadline
        while chunk := reply.raw.read1(CHUNK_BYTES, decode_content=True):
            if size == 0 and chunk.lstrip()[:20].lower().startswith(HTML):
                raise FetchError("an HTML page came instead of the file")
            size += file.write(chunk)
            if size > self.patience.size_bytes:
                raise FetchError(f"more than {self.patience.size_bytes} bytes came")
            if time.monotonic() > self.end:
                raise FetchError(f"not complete within {self.patience.deadline_s:g} s")


def _judge(reply: requests.Response) -> None:
    if reply.status_code in TRY_AGAIN:
        named = reply.headers.get("Retry-After", "")
        raise _Transient(f"the server answered {reply.status_code}", float(named) if named.isdigit() else 0.0)
    if reply.status_code != requests.codes.ok:
        raise FetchError(f"the server answered {reply.status_code}")


def _in_words(error: Exception) -> str:
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return "the server fell silent"
    if "IncompleteRead" in str(error):
        return "the file broke off before its end"
    return f"no usable answer ({type(error).__name__})"
