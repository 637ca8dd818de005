"""A build tells what it does, in words that fit the Snakemake of the lock."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src"
SNAKEFILE = """
rule book:
    input: "b.txt"
    output: "book.txt"
    shell: "touch {output}"
rule tidy:
    output: "{name}.txt"
    log: "results/logs/tidy/{name}.log"
    shell: "seq 1 30 > {log}; %s touch {output}"
"""


def build(folder: Path, command: str = "", verb: str = "book") -> subprocess.CompletedProcess[str]:
    (folder / "Snakefile").write_text(SNAKEFILE % command)
    words = [sys.executable, "-m", "jouletrace.progress", verb, "--cores", "1"]
    env = {**os.environ, "PYTHONPATH": str(SRC)}
    return subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "with a space").mkdir()
    return tmp_path / "with a space"


def test_one_line_per_step_then_nothing_to_do(folder):
    first = build(folder)
    lines = first.stdout.splitlines()
    assert first.returncode == 0
    assert [line.split()[:2] for line in lines[:2]] == [["1/2", "tidy"], ["2/2", "book"]]
    assert lines[2].startswith("book: steps done: 2, ")
    assert "nothing to do" in build(folder).stdout


def test_a_failing_step_shows_the_end_of_its_log_and_what_to_type(folder):
    failed = build(folder, "echo boom >> {log}; exit 3;")
    lines = failed.stdout.splitlines()
    assert failed.returncode == 1
    assert lines[0].startswith("tidy b stopped after ")
    assert lines[0].endswith("; the end of results/logs/tidy/b.log:")
    assert [line.strip() for line in lines[1:-1]] == [*map(str, range(12, 31)), "boom"]
    assert lines[-1].endswith("then type: make book   (finished steps are kept)")


def test_recover_unlocks_and_builds_on(folder):
    build(folder)
    (folder / "book.txt").unlink()
    for name in ["0.input.lock", "0.output.lock"]:
        (folder / ".snakemake/locks").mkdir(exist_ok=True)
        (folder / ".snakemake/locks" / name).write_text("b.txt\n")
    assert build(folder).stdout.endswith("type: make recover\n")
    assert "steps done: 1" in build(folder, verb="recover").stdout


def test_recover_waits_for_what_is_still_writing(folder):
    build(folder)
    job = subprocess.Popen(
        ["bash", "-c", "set -euo pipefail; sleep 60; true"], cwd=folder, start_new_session=True
    )
    try:
        refused = build(folder, verb="recover")
    finally:
        os.killpg(job.pid, signal.SIGKILL)
        job.wait()
    assert refused.returncode == 1
    assert str(job.pid) in refused.stdout
