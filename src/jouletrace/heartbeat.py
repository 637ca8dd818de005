"""No long silence: a running command's lines, and a beat where there are none. Standard library only."""

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

BEAT_S = 7.0  # a silence is broken after this long; the promise to the reader is 10 s
BAR = 24  # characters of a bar on a terminal


def span(seconds: float) -> str:
    """Say a duration as people do.

    >>> span(0.42), span(7.2), span(65)
    ('0.4 s', '7 s', '1 min 05 s')
    """
    if seconds < 1:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def lines_or_none(stream: Iterable[str] | None) -> Iterator[str | None]:
    r"""Yield each line of `stream` as it comes, and None in every second without one.

    >>> list(lines_or_none(["a\n", "b"]))
    ['a', 'b']
    """
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for line in stream or ():
            lines.put(line.rstrip("\n"))
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=1.0)
        except queue.Empty:
            yield None
            continue
        if line is None:
            return
        yield line


def run(command: list[str], label: str) -> int:
    """Run a command: with its own bar on a terminal, in a log with `label` and the time until it ends.

    A command that fails has all its words printed. Returns its exit code.
    """
    if sys.stderr.isatty():
        return subprocess.run(command, check=False).returncode
    start = said = time.monotonic()
    words = []
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in lines_or_none(child.stdout):
        words += [line] if line is not None else []
        if time.monotonic() - said >= BEAT_S:
            said = time.monotonic()
            print(f"{label}, {span(said - start)}", flush=True)
    code = child.wait()
    if code:
        print("\n".join(words), flush=True)
    return code


@contextmanager
def beating(label: str, about_s: float = 0.0) -> Iterator[None]:
    """While its body is at work, say for how long: a bar on a terminal, a line now and then in a log.

    ``about_s``: how long it took before, 0 where that is not known.
    """
    over, start, live = threading.Event(), time.monotonic(), sys.stdout.isatty()

    def beat() -> None:
        while not over.wait(1.0 if live else BEAT_S):
            words = at_work(label, time.monotonic() - start, about_s, live)
            print(words, end="\x1b[K\r" if live else "\n", flush=True)

    teller = threading.Thread(target=beat, daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()
        print("\x1b[K" if live else "", end="", flush=True)


def at_work(label: str, elapsed: float, about_s: float, live: bool = False) -> str:
    """Say how far something has come that took `about_s` before.

    >>> at_work("chains", 65, 0), at_work("chains", 65, 240)
    ('chains, 1 min 05 s', 'chains, 1 min 05 s of about 4 min 00 s')
    >>> at_work("chains", 60, 240, live=True)
    '[######..................] chains, 1 min 00 s of about 4 min 00 s'
    """
    if not about_s:
        return f"{label}, {span(elapsed)}"
    done = round(BAR * min(elapsed / about_s, 1.0))
    bar = f"[{'#' * done}{'.' * (BAR - done)}] " if live else ""
    return f"{bar}{label}, {span(elapsed)} of about {span(about_s)}"
