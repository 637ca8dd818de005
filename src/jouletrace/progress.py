"""Run a build so that a person can follow it, and pick up one that was killed.

    python -m jouletrace.progress book [...]      snakemake book [...], one line per finished step
    python -m jouletrace.progress recover         after a kill or a power cut: unlock, then book

Snakemake 9 prints each step as a block of indented fields; `Board` reads those blocks.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from jouletrace.heartbeat import BEAT_S, lines_or_none, span

TAIL_LINES = 20
RUN_MARK = "JOULETRACE_BUILD"  # in the environment of every process of a build: its folder
JOB = re.compile(r"-m snakemake|bin/snakemake|snakemake/__main__|set -euo pipefail;|-m jouletrace")
NEXT_GO_ON = "next: type make book, it goes on from there"
NEXT_MEND = "next: mend what is named above, then type: make book   (finished steps are kept)"
NEXT_RECOVER = "next: wait for it to end, or type: make recover"
BANNER = re.compile(
    r"SNAKEMAKE$|=+$|Assuming unrestricted|Using workflow|Config file|Building DAG|  [A-Z][\w() ]+: |\s*$"
)


@dataclass
class Step:
    """One job: its rule with wildcards, its log file, and when it started."""

    name: str
    start: float = field(default_factory=time.monotonic)
    log: Path | None = None
    failed: bool = False

    def take(self, key: str, value: str) -> None:
        """Read one indented field of the job's block."""
        if key == "wildcards":
            self.name += " " + ", ".join(pair.partition("=")[2] for pair in value.split(", "))
        elif key == "log":
            self.log = Path(re.sub(r" \(check .*", "", value).split(", ")[0])

    def age(self) -> str:
        """Say how long ago the step started."""
        return span(time.monotonic() - self.start)


@dataclass
class Board:
    """What is known of a running build, from the lines that Snakemake has printed.

    >>> board = Board()
    >>> block = ["localrule tidy:", "    jobid: 4", "    wildcards: dataset=owid", "Finished jobid: 4"]
    >>> [board.read(line) for line in block]
    [None, None, None, None]
    >>> board.read("3 of 11 steps (27%) done")
    ' 3/11  tidy owid'
    """

    running: dict[str, Step] = field(default_factory=dict)
    block: Step | None = None
    finished: Step = field(default_factory=lambda: Step("start"))
    done: int = 0
    total: str = "?"
    lines: list[str] = field(default_factory=list)
    interrupted: bool = False

    def read(self, line: str) -> str | None:
        """Take in one line; return what to tell the reader when it closes a step."""
        self.lines.append(line)
        if head := re.match(r"(Error in )?(?:local)?(?:rule|checkpoint) (\w+)[:,]", line):
            self.block = Step(head[2], failed=bool(head[1]))
        elif (pair := re.match(r"    (\w+): (.*)", line)) and self.block:
            self._read_field(self.block, *pair.groups())
        elif end := re.match(r"Finished jobid: (\d+)", line):
            self.finished = self.running.pop(end[1], self.finished)
        elif total := re.match(r"total +(\d+)$", line):
            self.total = total[1]
        elif count := re.match(r"(\d+) of (\d+) steps", line):
            self.done, self.total = int(count[1]), count[2]
            return f"{self.count()}  {self.finished.name}"
        return None

    def _read_field(self, block: Step, key: str, value: str) -> None:
        if key != "jobid":
            return block.take(key, value) if not block.failed else None
        self.block = self.running.setdefault(value, block)
        self.block.failed = block.failed

    def count(self) -> str:
        """Say n/m, aligned."""
        return f"{self.done:>{len(self.total)}}/{self.total}"

    def failures(self) -> list[Step]:
        """Return the steps that stopped the build."""
        return [step for step in self.running.values() if step.failed]


def follow(command: list[str], env: dict[str, str]) -> tuple[int, Board]:
    """Run `command` in a process group of its own, printing a line per finished step and none too late."""
    board, start = Board(), time.monotonic()
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env, start_new_session=True
    )
    said = start
    with signals_passed_on(child, board):
        for line in lines_or_none(child.stdout):
            told = board.read(line) if line is not None else None
            if told is None and time.monotonic() - said < BEAT_S:
                continue
            now = time.monotonic()
            print(told_line(told, board, now - start), flush=True)
            said = now
    return child.wait(), board


def told_line(told: str | None, board: Board, elapsed: float) -> str:
    """Return the line of a finished step, or who is still at work."""
    if told is not None:
        return f"{told:<44} {board.finished.age():>12}  (in all {span(elapsed)})"
    working = ", ".join(f"{step.name} ({step.age()})" for step in board.running.values())
    return f"{board.count()}  at work: {working or 'planning the build'}"


@contextmanager
def signals_passed_on(child: subprocess.Popen[str], board: Board) -> Iterator[None]:
    """Hand Ctrl-C and the like to the whole build, which then tidies up by itself."""

    def hand_on(number: int, _frame: object) -> None:
        board.interrupted = True
        os.killpg(child.pid, number)

    heeded = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    heeded -= {number for number in heeded if signal.getsignal(number) == signal.SIG_IGN}  # as nohup does
    before = {number: signal.signal(number, hand_on) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def book(arguments: list[str]) -> int:
    """Run `snakemake book`; say what came out, or why not and what to type next."""
    start = time.monotonic()
    code, board = follow([sys.executable, "-m", "snakemake", "book", *arguments], environment())
    if code:
        print(explain(board, killed=code < 0), flush=True)
        return code
    steps = f"steps done: {board.done}" if board.done else "nothing to do, everything is up to date"
    print(f"book: {steps}, {span(time.monotonic() - start)}\nopen: results/book/index.html", flush=True)
    return code


def environment() -> dict[str, str]:
    """Return this process's environment, with its Python and src/ first, and the mark of a build."""
    first = {"PATH": Path(sys.executable).parent, "PYTHONPATH": Path("src").resolve()}
    paths = {
        key: os.pathsep.join(filter(None, [str(path), os.environ.get(key)])) for key, path in first.items()
    }
    return {**os.environ, **paths, RUN_MARK: str(Path.cwd())}


def explain(board: Board, killed: bool = False) -> str:
    """Say why a build stopped: the end of each failed step's log, or Snakemake's own words."""
    if board.interrupted:
        return f"stopped on request after {board.done} of {board.total} steps\n{NEXT_GO_ON}"
    if any("LockException" in line for line in board.lines):
        return f"another build runs in this folder, or one was killed\n{NEXT_RECOVER}"
    if killed and not board.failures():
        return "the build was killed from outside\nnext: type make recover"
    words = [line for line in board.lines if not BANNER.match(line)][-10 * TAIL_LINES :]
    told = [tail(step, words) for step in board.failures()] or words
    return "\n".join([*told, NEXT_MEND])


def tail(step: Step, words: list[str]) -> str:
    """Return the last lines of a failed step's log."""
    log = step.log.read_text(errors="replace").splitlines() if step.log and step.log.exists() else []
    where = f"the end of {step.log}:" if log else "it left no log; Snakemake says:"
    lines = (log or words)[-TAIL_LINES:]
    return "\n".join([f"{step.name} stopped after {step.age()}; {where}", *(f"    {line}" for line in lines)])


def recover(arguments: list[str]) -> int:
    """Unlock the folder and build on, once no process of the killed build is left."""
    if alive := survivors(Path.cwd()):
        print("processes of a build are still alive here:", *alive, sep="\n    ")
        print("next: wait until they end or end them (kill and their number), then type: make recover")
        return 1
    subprocess.run([sys.executable, "-m", "snakemake", "--unlock", "--quiet"], check=False)
    return book(["--rerun-incomplete", *arguments])


def survivors(folder: Path) -> list[str]:
    """List the processes that belong to a build of `folder`: number and command."""
    import psutil

    me = psutil.Process()
    own = {me.pid, *(parent.pid for parent in me.parents())}
    found = []
    for process in psutil.process_iter():
        try:
            command = " ".join(process.cmdline())
            marked = process.environ().get(RUN_MARK) == str(folder)
            plain = process.cwd() == str(folder) and JOB.search(command)
            if (marked or plain) and process.pid not in own:
                found.append(f"{process.pid}  {command[:100]}")
        except psutil.Error:
            continue  # gone meanwhile, or somebody else's
    return found


if __name__ == "__main__":
    commands = {"book": book, "recover": recover}
    sys.exit(commands[sys.argv[1]](sys.argv[2:]))
