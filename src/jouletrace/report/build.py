"""Build the book: stage it, run Sphinx strictly from nothing, check the pages, move it into place.

``python -m jouletrace.report.build --results results --book book --out results/book``
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from jouletrace.report.gates import check
from jouletrace.report.stage import stage
from jouletrace.report.store import load

CONFIGURE = "from jupyter_book.cli.main import main; main()"


class BookError(Exception):
    """The book was not built; the text says why, one line for each problem."""


def build(results: Path, book: Path, out: Path, root: Path = Path()) -> Path:
    """The whole book in one step: its pages, then the book with its figures. Raises `BookError`."""
    pages(results, book, results / "pages", root)
    return assemble(results / "pages", results / "figures", book, out)


def pages(results: Path, book: Path, out: Path, root: Path = Path()) -> Path:
    """The pages of the book, built strictly from nothing.

    Raises `BookError` with the warnings of Sphinx; a build that failed leaves nothing at ``out``.
    """
    results, book, out, root = results.resolve(), book.resolve(), out.resolve(), root.resolve()
    staged, fresh, trees = results / "stage", results / "stage-html", results / "stage-trees"
    for folder in (fresh, trees, out):
        shutil.rmtree(folder, ignore_errors=True)
    stage(results, book, staged, root)
    _configure(results, staged, root / ".cache" / "book")
    settings = ["-D", f"jouletrace_results={results}", "-d", str(trees)]
    strict = ["-W", "-n", "--keep-going", "-q", "-b", "html"]
    _run([sys.executable, "-m", "sphinx", *strict, *settings, str(staged), str(fresh)], results, staged)
    (fresh / ".buildinfo").unlink(missing_ok=True)
    shutil.rmtree(trees, ignore_errors=True)
    fresh.rename(out)
    return out


def assemble(made: Path, figures: Path, book: Path, out: Path) -> Path:
    """Pages and figures in one folder, past the gates. Raises `BookError` with what they found."""
    fresh = out.with_name(f"{out.name}-part")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(made, fresh)
    (fresh / "figures").mkdir()
    for path in sorted(figures.glob("*.svg")):
        shutil.copyfile(path, fresh / "figures" / path.name)
    found = check(fresh, book / "allowed_numerals.yaml")
    if found:
        raise BookError("\n".join(found))
    shutil.rmtree(out, ignore_errors=True)
    fresh.rename(out)
    return out


def _configure(results: Path, staged: Path, cache: Path) -> None:
    """conf.py, as Jupyter Book makes it of its two files; the same files make the same conf.py."""
    made = [(staged / name).read_bytes() for name in ("_config.yml", "_toc.yml")]
    key = hashlib.sha256(b"".join([*made, version("jupyter-book").encode()])).hexdigest()[:24]
    kept = cache / f"{key}.py"
    if not kept.is_file():
        _run([sys.executable, "-c", CONFIGURE, "config", "sphinx", str(staged)], results, staged)
        cache.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(staged / "conf.py", kept)
    shutil.copyfile(kept, staged / "conf.py")


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
