"""Build the book: stage it, run Sphinx strictly from nothing, check the pages, move it into place.

``python -m jouletrace.report.build --results results --book book --out results/book``
"""

import argparse
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from jouletrace.report.gates import check
from jouletrace.report.stage import stage
from jouletrace.report.store import load

CONFIGURE = "from jupyter_book.cli.main import main; main()"


class BookError(Exception):
    """The book was not built; the text says why, one line for each problem."""


def build(results: Path, book: Path, out: Path, root: Path = Path()) -> Path:
    """The built book's folder; a build that fails leaves ``out`` as it was.

    Raises `BookError` with the warnings of Sphinx, or with what the gates found.
    """
    results, book, out = results.resolve(), book.resolve(), out.resolve()
    staged, fresh, trees = results / "stage", results / "stage-html", results / "stage-trees"
    for folder in (fresh, trees):
        shutil.rmtree(folder, ignore_errors=True)
    stage(results, book, staged, root.resolve())
    _run([sys.executable, "-c", CONFIGURE, "config", "sphinx", str(staged)], results, staged)
    settings = ["-D", f"jouletrace_results={results}", "-d", str(trees)]
    strict = ["-W", "-n", "--keep-going", "-q", "-b", "html"]
    _run([sys.executable, "-m", "sphinx", *strict, *settings, str(staged), str(fresh)], results, staged)
    (fresh / ".buildinfo").unlink(missing_ok=True)
    found = check(fresh, book / "allowed_numerals.yaml")
    if found:
        raise BookError("\n".join(found))
    shutil.rmtree(out, ignore_errors=True)
    fresh.rename(out)
    shutil.rmtree(trees, ignore_errors=True)
    return out


def _run(command: list[str], results: Path, staged: Path) -> None:
    done = subprocess.run(command, env=_environment(results), capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr + done.stdout).replace(f"{staged}/", "book/")
        raise BookError("\n".join(line for line in said.splitlines() if line.strip()))


def _environment(results: Path) -> dict[str, str]:
    day = datetime.fromisoformat(load(results).build["as_of"]).replace(tzinfo=UTC)
    source = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(one for one in (source, os.environ.get("PYTHONPATH", "")) if one)
    fixed = {
        "SOURCE_DATE_EPOCH": str(int(day.timestamp())),
        "PYTHONHASHSEED": "0",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }
    return {**os.environ, **fixed, "PYTHONPATH": path}


def main(words: list[str] | None = None) -> int:
    """Command line; 1 and the problems on stderr when the book was not built."""
    parser = argparse.ArgumentParser(prog="jouletrace.report.build", description=build.__doc__)
    for name, default in (("results", "results"), ("book", "book"), ("out", "results/book"), ("root", ".")):
        parser.add_argument(f"--{name}", type=Path, default=Path(default))
    given = parser.parse_args(words)
    try:
        out = build(given.results, given.book, given.out, given.root)
    except BookError as error:
        print(f"{error}\n\nThe book was not built.", file=sys.stderr)
        return 1
    print(out / "index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
