"""Fill .venv from the hashed locks: `make` calls this with any Python from 3.11 on. Standard library only."""

import fcntl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "src"))
from jouletrace.heartbeat import run

VENV = Path(".venv")
MARK = VENV / ".installed"
PYTHON, UV = VENV / "bin/python", VENV / "bin/uv"
BOOT, LOCK = Path("requirements-boot.lock"), Path("requirements.lock")
PIP = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r"]
SYNC = ["pip", "sync", "--compile-bytecode", "--require-hashes", "--python"]


def works(*command: str | Path) -> bool:
    """Tell whether a command runs at all."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def steps() -> Iterator[list[str | Path]]:
    """Yield the commands still to run; a half-made .venv starts again from nothing."""
    if not works(UV, "--version") or not works(PYTHON, "-c", ""):
        yield [sys.executable, "-m", "venv", "--clear", VENV]
        yield [PYTHON, *PIP, BOOT]
    yield [UV, *SYNC, PYTHON, BOOT, LOCK]


def install() -> int:
    """Run the steps, put src/ on the path of .venv, and touch the mark last."""
    for step in steps():
        words = [str(word) for word in step]
        print("installing packages:", *words[:4], "...", flush=True)
        if code := run(words, "installing packages"):
            print(f"stopped at: {' '.join(words)}\nnext: see what it says above, then type: make")
            return code
    site = next((VENV / "lib").glob("python3*/site-packages"))
    (site / "jouletrace.pth").write_text("../../../../src\n")
    MARK.touch()
    return 0


with LOCK.open() as one_at_a_time:
    fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
    newest = max(BOOT.stat().st_mtime, LOCK.stat().st_mtime)
    sys.exit(0 if MARK.exists() and MARK.stat().st_mtime >= newest else install())
