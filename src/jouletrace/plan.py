"""The plan of a build, kept by the digest of what it was made from.

Imported by the Snakefile, so it imports nothing heavy: a registry that was checked before costs
the reading of one small file, and a new one is checked by ``python -m jouletrace check``.
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

SOURCES = (
    *("data/registry/**/*", "data/snapshot/*.csv", "data/computed/**/record.json"),
    "src/jouletrace/**/*.py",
)
SKIPPED = ("report", "figures", "schema")
CACHE = Path(".cache/plan")


class PlanError(SystemExit):
    """The registry or the configuration is wrong; the text says what and where."""


def activate(root: Path) -> None:
    """Let the jobs of a build find this environment's programs and this tree's package."""
    programs = str(Path(sys.executable).parent)
    for name, entry in (("PATH", programs), ("PYTHONPATH", str((root / "src").resolve()))):
        os.environ[name] = os.pathsep.join([entry, os.environ.get(name, "")]).rstrip(os.pathsep)
    if " " in sys.executable:
        # Snakemake pastes it into a shell line without quotes; PATH leads to the same program.
        sys.executable = "python"


def folders(main: str, others: list[str]) -> dict[str, str]:
    """Where results of each scenario lie: the published one on top, the others side by side."""
    return {main: "results"} | {name: f"results/scenarios/{name}" for name in others}


def sources_digest(root: Path) -> str:
    """sha256 over the names and bytes of everything that a plan depends on."""
    whole = hashlib.sha256()
    for pattern in SOURCES:
        for path in sorted(root.glob(pattern)):
            parts = path.relative_to(root).parts
            if path.is_file() and not set(SKIPPED) & set(parts) and "__pycache__" not in parts:
                whole.update(f"{'/'.join(parts)}\0{path.stat().st_size}\0".encode())
                whole.update(path.read_bytes())
    return whole.hexdigest()


def files_digest(root: Path, names: list[str]) -> str:
    """sha256 over some files of the package, for the rules that run them."""
    whole = hashlib.sha256()
    for name in names:
        pattern = name if "static" in name or "templates" in name else f"{name}.py"
        for path in sorted((root / "src/jouletrace").glob(pattern)):
            if path.is_file():
                whole.update(path.read_bytes())
    return whole.hexdigest()


def commit(root: Path) -> str:
    """The commit that is built, or nothing where there is no git."""
    try:
        words = ["git", "rev-parse", "HEAD"]
        return subprocess.run(words, cwd=root, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def plan(root: Path, scenarios: list[str], cost: str = "standard") -> dict[str, Any]:
    """Claims, fingerprints and datasets of each scenario. Raises `PlanError`."""
    folder = root / CACHE / f"{sources_digest(root)[:24]}-{cost}"
    missing = [name for name in scenarios if not (folder / f"{name}.json").exists()]
    if missing:
        _check(root, folder, missing, cost)
    found = {name: json.loads((folder / f"{name}.plan.json").read_text()) for name in scenarios}
    return {"folder": str(folder.relative_to(root)), "scenarios": found}


def _check(root: Path, folder: Path, scenarios: list[str], cost: str) -> None:
    words = ["check", "--cost", cost, "--write", str(folder), *scenarios]
    command = [sys.executable, "-m", "jouletrace", *words]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if done.returncode != 0:
        raise PlanError(f"\n{done.stderr.strip() or done.stdout.strip()}\n\nNothing was built.")
