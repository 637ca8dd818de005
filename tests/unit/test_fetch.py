"""Fetching, against a server on loopback that fails in every way that we know servers to fail."""

import gzip
import hashlib
import http.server
import re
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

import pytest

from jouletrace import fetch
from jouletrace.registry.schema import Dataset

BODY = b"country,year,value\n" + b"World,2020,26729.11\n" * 2000
DIGEST = hashlib.sha256(BODY).hexdigest()
QUICK = fetch.Patience(deadline_s=2.0, silence_s=0.3, tries=3, pause_s=0.01, size_bytes=1 << 20)
PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"


class Server(http.server.ThreadingHTTPServer):
    """Remembers what was asked; `busy` is how often it still answers 503."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str]] = []
        self.busy = 2

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{path}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["User-Agent"]))
        name = re.sub(r"\W", "_", unquote(self.path.strip("/")))
        with suppress(BrokenPipeError, ConnectionResetError):
            getattr(self, f"serve_{name}", self.serve_missing)()

    def answer(self, body: bytes, status: int = 200, claimed: int | None = None, **headers: str) -> None:
        self.send_response(status)
        if claimed != -1:
            self.send_header("Content-Length", str(len(body) if claimed is None else claimed))
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        self.wfile.write(body)

    def serve_missing(self) -> None:
        self.answer(b"no such page", 404)

    def serve_good(self) -> None:
        self.answer(BODY)

    def serve_folder_a_file_csv(self) -> None:
        self.answer(BODY)

    def serve_forbidden(self) -> None:
        self.answer(b"", 403)

    def serve_error(self) -> None:
        self.answer(b"", 500)

    def serve_busy(self) -> None:
        self.server.busy -= 1
        self.answer(b"", 503, Retry_After="0") if self.server.busy >= 0 else self.answer(BODY)

    def serve_limited(self) -> None:
        self.answer(b"", 429, Retry_After="60")

    def serve_html(self) -> None:
        self.answer(PAGE, Content_Type="text/csv")

    def serve_truncated(self) -> None:
        self.answer(BODY[:700], claimed=len(BODY))

    def serve_short(self) -> None:
        self.answer(BODY[:700], claimed=-1)

    def serve_changed(self) -> None:
        self.answer(BODY.replace(b"26729.11", b"26729.12", 1))

    def serve_stalled(self) -> None:
        self.answer(BODY[:700], claimed=len(BODY))
        time.sleep(1)

    def serve_drip(self) -> None:
        self.answer(b"", claimed=len(BODY))
        for byte in BODY:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(0.05)

    def serve_large(self) -> None:
        self.answer(b"0" * (1 << 21))

    def serve_bomb(self) -> None:
        self.answer(gzip.compress(b"0" * (1 << 24)), Content_Encoding="gzip")

    def serve_loop(self) -> None:
        self.answer(b"", 302, Location="/loop")

    def serve_to_file(self) -> None:
        self.answer(b"", 302, Location="file:///etc/hostname")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield running
        running.shutdown()


def dataset(**change: object) -> Dataset:
    entry = {
        "title": "Generation",
        "publisher": "us",
        "licence": "CC0-1.0",
        "retrieved": "2026-11-23",
        "cite": "smith2020",
        "snapshot": {"path": "data/snapshot/generation.csv", "sha256": DIGEST},
        "bounds": {"value": {"min": 1, "max": 1e6}, "level_shift": 3},
    }
    return Dataset.model_validate(entry | change)


def test_good_file_arrives_whole(server: Server, tmp_path: Path) -> None:
    got = fetch.get("gen", fetch.Place(server.url("good"), DIGEST), tmp_path / "gen", QUICK)
    assert got.read_bytes() == BODY
    assert [path.name for path in tmp_path.iterdir()] == ["gen"]
    assert server.asked == [("/good", fetch.USER_AGENT)]


def test_present_file_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "gen").write_bytes(BODY)
    fetch.get("gen", fetch.Place(server.url("good"), DIGEST), tmp_path / "gen", QUICK)
    assert server.asked == []


def test_busy_server_is_asked_again(server: Server, tmp_path: Path) -> None:
    got = fetch.get("gen", fetch.Place(server.url("busy"), DIGEST), tmp_path / "gen", QUICK)
    assert got.read_bytes() == BODY
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("path", "words", "tries"),
    [
        ("missing", "the server answered 404", 1),
        ("forbidden", "the server answered 403", 1),
        ("error", "the server answered 500, after 3 tries", 3),
        ("limited", "the server answered 429, after 1 tries", 1),
        ("html", "an HTML page came instead of the file", 1),
        ("truncated", "the file broke off before its end, after 3 tries", 3),
        ("short", "the digest is not the registered one", 1),
        ("changed", "the digest is not the registered one", 1),
        ("stalled", "the server fell silent, after 3 tries", 3),
        ("drip", "not complete within 2 s", 1),
        ("large", "more than 1048576 bytes came", 1),
        ("bomb", "more than 1048576 bytes came", 1),
        ("loop", "no usable answer (TooManyRedirects)", None),
        ("to-file", "no usable answer (InvalidSchema)", 1),
    ],
)
@pytest.mark.parametrize("stale", [False, True])
def test_fault_is_refused_and_nothing_stays(
    server: Server, tmp_path: Path, path: str, words: str, tries: int | None, stale: bool
) -> None:
    target = tmp_path / "raw" / "gen"
    target.parent.mkdir()
    if stale:
        target.write_bytes(b"of another edition")
    start = time.monotonic()
    with pytest.raises(fetch.FetchError) as caught:
        fetch.get("gen", fetch.Place(server.url(path), DIGEST), target, QUICK)
    assert str(caught.value).startswith(f"gen: {server.url(path)}: {words}; next: ")
    assert "--config fetch=snapshot" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(target.parent.iterdir()) == []
    assert tries is None or len(server.asked) == tries
    assert time.monotonic() - start < QUICK.deadline_s + 2


def test_nobody_listens(tmp_path: Path) -> None:
    with pytest.raises(fetch.FetchError, match=r"gen: http://127\.0\.0\.1:9/x: no usable answer"):
        fetch.get("gen", fetch.Place("http://127.0.0.1:9/x", DIGEST), tmp_path / "gen", QUICK)


@pytest.mark.parametrize("path", ["html", "truncated"])
def test_without_digest_pages_and_torsos_are_refused_too(server: Server, tmp_path: Path, path: str) -> None:
    with pytest.raises(fetch.FetchError):
        fetch.get("gen", fetch.Place(server.url(path), None), tmp_path / "gen", QUICK)
    assert list(tmp_path.iterdir()) == []


def test_mirror_is_a_folder_or_a_url(server: Server, tmp_path: Path) -> None:
    entry = dataset(mirror={"path": "folder/a file.csv", "sha256": DIGEST})
    folder = tmp_path / "mirror"
    (folder / "folder").mkdir(parents=True)
    (folder / "folder/a file.csv").write_bytes(BODY)
    for mirror in (str(folder), server.url("")):
        where = fetch.place("gen", entry, "mirror", mirror)
        assert isinstance(where, fetch.Place)
        assert fetch.get("gen", where, tmp_path / "raw" / "gen", QUICK).read_bytes() == BODY
        (tmp_path / "raw" / "gen").unlink()


def test_mirror_url_is_quoted() -> None:
    where = fetch.place(
        "gen", dataset(mirror={"path": "a/b c.csv", "sha256": DIGEST}), "mirror", "http://h/m/"
    )
    assert where == fetch.Place("http://h/m/a/b%20c.csv", DIGEST)


def test_missing_and_changed_file_of_a_mirror(tmp_path: Path) -> None:
    entry = dataset(mirror={"path": "gen.csv", "sha256": DIGEST})
    where = fetch.place("gen", entry, "mirror", str(tmp_path))
    assert isinstance(where, fetch.Place)
    with pytest.raises(fetch.FetchError, match=r"gen: .*gen.csv: no such file in the mirror; next"):
        fetch.get("gen", where, tmp_path / "raw" / "gen", QUICK)
    (tmp_path / "gen.csv").write_bytes(BODY + b" ")
    with pytest.raises(fetch.FetchError, match=r"gen: .*gen.csv: the digest is not the registered one"):
        fetch.get("gen", where, tmp_path / "raw" / "gen", QUICK)
    assert list((tmp_path / "raw").iterdir()) == []


@pytest.mark.parametrize(
    ("change", "mode", "words"),
    [
        ({}, "snapshot", "the snapshot is used"),
        ({"compiled": True}, "mirror", "compiled by the project; a mirror holds no file of it"),
        ({"compiled": True}, "upstream", "exempt from upstream; the snapshot is used"),
        (
            {"upstream": {"url": "http://h/x", "note": "it moves"}},
            "upstream",
            "no digest is known (it moves)",
        ),
    ],
)
def test_says_why_no_full_file_is_fetched(change: dict[str, object], mode: str, words: str) -> None:
    said = fetch.place("gen", dataset(**change), mode, "/media/stick")
    assert isinstance(said, str)
    assert words in said


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("mirror", "gen: mirror: no folder or URL; next: set mirror"),
        ("net", "gen: fetch: 'net' is not known; next"),
    ],
)
def test_wrong_configuration_is_refused(mode: str, words: str) -> None:
    with pytest.raises(fetch.FetchError) as caught:
        fetch.place("gen", dataset(), mode, "")
    assert str(caught.value).startswith(words)


def test_snapshot_is_copied_only_with_the_registered_bytes(tmp_path: Path) -> None:
    target = tmp_path / "raw" / "gen.csv"
    source = tmp_path / "data/snapshot/generation.csv"
    with pytest.raises(fetch.FetchError, match="is missing; next: git checkout"):
        fetch.snapshot("gen", dataset(), tmp_path, target)
    source.parent.mkdir(parents=True)
    source.write_bytes(BODY)
    fetch.snapshot("gen", dataset(), tmp_path, target)
    assert target.read_bytes() == BODY
    assert [path.name for path in target.parent.iterdir()] == ["gen.csv"]


@pytest.mark.parametrize("position", range(0, len(BODY), 997))
def test_one_corrupt_byte_of_a_snapshot_is_seen(tmp_path: Path, position: int) -> None:
    source = tmp_path / "data/snapshot/generation.csv"
    source.parent.mkdir(parents=True)
    source.write_bytes(BODY[:position] + bytes([BODY[position] ^ 1]) + BODY[position + 1 :])
    with pytest.raises(fetch.FetchError, match=r"generation\.csv: its bytes are not those registered"):
        fetch.snapshot("gen", dataset(), tmp_path, tmp_path / "raw.csv")
    assert not (tmp_path / "raw.csv").exists()
