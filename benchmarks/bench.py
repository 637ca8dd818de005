"""What the project promises to be fast, measured on this machine, one table.

Whole builds run in a copy of the tree in a temporary folder, so that nothing here changes.
Times are the median of three runs, except the forced rebuild (one run).
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import joint
import machines

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))
CARRIED = [
    "Snakefile",
    "config.yaml",
    "workflow",
    "src",
    "tests",
    "book",
    "data",
    "profiles",
    "pyproject.toml",
]
ASSUMPTION = Path("data/registry/quantities/people.yaml")
OLD, NEW = "mode: 25, max: 75", "mode: 26, max: 75"


Row = tuple[str, str, str, str]
GRADIENTS = 200


def main(names: list[str]) -> None:
    """Print the table, or the named parts of it: builds, throughput, reconstruction, machines, joint."""
    parts: dict[str, Callable[[], list[Row]]] = {
        "builds": builds,
        "throughput": throughput,
        "reconstruction": reconstruction,
        "machines": machines.rows,
        "joint": joint.rows,
    }
    if unknown := set(names) - set(parts):
        raise SystemExit(f"no part is called {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
    rows = [("what", "measured", "promised", "note")]
    for name in names or parts:
        rows += parts[name]()
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def builds() -> list[Row]:
    """Whole builds: the first, an idle one, one after an edit, one without any result kept."""
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        copy(tree)
        first = clock(lambda: build(tree))
        idle = median(lambda: build(tree))
        edited = edits(tree)
        for made in ("results", "data/tidy", ".cache/evidence"):
            shutil.rmtree(tree / made)
        forced = clock(lambda: build(tree, "--forceall"))
    return [
        ("first build, environment ready", f"{first:.1f} s", "", f"{cores} cores"),
        ("nothing to do", f"{idle:.1f} s", "<= 3 s", "snakemake"),
        ("one assumption edited", f"{edited:.1f} s", "<= 20 s", "to the finished book"),
        ("everything forced", f"{forced:.1f} s", "<= 60 s", "no result kept"),
    ]


def copy(tree: Path) -> None:
    """The parts of the project that a build needs."""
    skipped = shutil.ignore_patterns("__pycache__", "raw", "tidy", "fixture")
    for name in CARRIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=skipped)
        else:
            shutil.copy(source, tree / name)
    shutil.copy(ROOT / "environment.yml", tree / "environment.yml")


def build(tree: Path, *words: str) -> None:
    """One run of snakemake in the copy."""
    command = [sys.executable, "-m", "snakemake", "--cores", "all", *words]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])


def edits(tree: Path) -> float:
    """Median time from an edited assumption to the finished book; the edit goes to and fro."""
    path, times = tree / ASSUMPTION, []
    for old, new in ((OLD, NEW), (NEW, OLD), (OLD, NEW)):
        text = path.read_text(encoding="utf-8")
        if old not in text:
            raise SystemExit(f"{ASSUMPTION}: the edit of this benchmark no longer fits")
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        times.append(clock(lambda: build(tree)))
    return statistics.median(times)


def throughput() -> list[Row]:
    """Draws of all inputs, rows of all claims and their probabilities, from warm functions."""
    import numpy as np

    from jouletrace.evaluate import Machine, holds, target
    from jouletrace.graph import Plan
    from jouletrace.numerics import jnp
    from jouletrace.registry import load
    from jouletrace.rows import questions
    from jouletrace.sampling import inputs_of
    from jouletrace.streams import Streams, standard_normal
    from jouletrace.tidying import tidy_tables

    registry = load(ROOT)
    tables, settings = tidy_tables(registry), registry.settings
    machines = []
    for claim_id, claim in registry.claims.items():
        plan = Plan(registry, tables)
        asked = [(label, one.proposition) for label, one in questions(claim) if one.proposition]
        targets = [target(plan, label, one, settings, claim_id) for label, one in asked]
        if targets:
            machines.append(Machine(plan, targets))

    def drawn(machine: Machine) -> np.ndarray:
        inputs = inputs_of(machine.plan, machine.nodes.values())
        streams = Streams([inputs[name] for name in machine.inputs])
        return streams.made(streams.drawn(settings.seed, settings.draws))

    def judge(draws: list[np.ndarray]) -> None:
        for machine, x in zip(machines, draws, strict=True):
            values = np.asarray(machine.values(jnp.asarray(x)))
            for row, one in enumerate(machine.targets):
                np.mean(holds(one, values[row]))

    def everything() -> None:
        standard_normal.cache_clear()
        judge([drawn(machine) for machine in machines])

    held = [drawn(machine) for machine in machines]
    judge(held)
    rows = sum(len(machine.targets) for machine in machines)
    found = []
    for words, run in (
        ("evaluation, draws in hand", lambda: judge(held)),
        ("evaluation, inputs drawn anew", everything),
    ):
        seconds = median(run)
        claims = f"{settings.draws * len(machines) / seconds:.1e} draws x claims"
        note = f"{claims}; {rows} rows of {len(machines)} claims, {settings.draws:,} draws"
        rate = f"{settings.draws * rows / seconds:.1e} draws x rows a second"
        found.append((words, rate, ">= 1e7", note))
    return found


def reconstruction() -> list[Row]:
    """Effective draws a second of the kept reconstruction, and the time of one gradient now."""
    from jouletrace.experiments import fit
    from jouletrace.kept import CARRIED, record

    with fit.workers(1) as pool:
        seconds, free, figures = pool.submit(gradient).result()
    note = f"{free} parameters, {figures} published figures, 1 core"
    rows = [("gradient of the joint density", f"{1e3 * seconds:.2f} ms", "", note)]
    kept = record(ROOT / CARRIED / "reconstruction")
    if not kept:
        return [
            *rows,
            ("effective draws a second", "unknown", "", "data/computed/reconstruction is not there"),
        ]
    effective, wall, cores = (kept[key] for key in ("effective_draws", "seconds", "cores"))
    steps = kept["draws"] * kept["mean_steps"] / effective
    note = f"{effective:,} effective draws, the fewest of any column; {steps:.0f} gradients for each"
    rows.append(("effective draws a second", f"{effective / wall:.1f}", "", note))
    return [
        *rows,
        ("reconstruction, when it was kept", f"{wall} s", "<= 180 s on 4 cores", f"cores: {cores}"),
    ]


def gradient() -> tuple[float, int, int]:
    """Seconds of one gradient; how many parameters are free; published figures."""
    import jax

    from jouletrace.experiments.joint import Space, data_of
    from jouletrace.experiments.reconstruction import evidence
    from jouletrace.experiments.task import Task
    from jouletrace.registry import load
    from jouletrace.tidying import tidy_tables

    registry = load(ROOT)
    tables, entry = tidy_tables(registry), registry.computed["reconstruction"]
    read = {name: tables[name] for name in entry.reads}
    known = evidence(Task(entry, read, {name: registry.quantities[name] for name in entry.uses}))
    space, data = Space(known.seen), data_of(known.seen)
    slope = jax.jit(jax.value_and_grad(lambda place: space.potential(data, place)))
    start = space.middle()
    jax.block_until_ready(slope(start))
    seconds = median(lambda: [jax.block_until_ready(slope(start)) for _ in range(GRADIENTS)]) / GRADIENTS
    return seconds, space.size, len(known.estimates.rows) + len(known.published.rows)


def clock(run: Callable[[], object]) -> float:
    """Seconds of one run."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def median(run: Callable[[], object]) -> float:
    """Median seconds of three runs."""
    return statistics.median(clock(run) for _ in range(3))


if __name__ == "__main__":
    main(sys.argv[1:])
