"""The whole pipeline on the fixture project: same digits, no idle work, exact cones, recovery."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CARRIED = ["Snakefile", "workflow", "src", "tests", "environment.yml", "pyproject.toml"]
GOALS = ["results/verdicts.csv", "results/checks.txt"]


@pytest.fixture
def pipeline(project):
    for name in CARRIED:
        (project / name).symlink_to(ROOT / name)
    (project / "config.yaml").write_text("scenario: base\n", encoding="utf-8")
    return project


#: Takes the processors it is told and becomes snakemake there, as on a smaller machine.
NARROWED = """
import os, sys
os.sched_setaffinity(0, {int(core) for core in sys.argv[1].split(",")})
os.execv(sys.executable, [sys.executable, "-m", "snakemake", *sys.argv[2:]])
"""


def snakemake(folder, *words, cores=(0, 1), goals=GOALS, check=True):
    available = os.sched_getaffinity(0)
    wanted = [core for core in cores if core in available] or sorted(available)
    run = [*goals, "--cores", str(len(cores)), *words]
    done = subprocess.run(
        [sys.executable, "-c", NARROWED, ",".join(map(str, wanted)), *run],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "HOME": str(folder)},
    )
    assert not check or done.returncode == 0, done.stderr[-3000:]
    return done.stdout + done.stderr


def digests(folder):
    """sha256 of every published result."""
    names = [
        "verdicts.csv",
        *sorted(str(p.relative_to(folder / "results")) for p in folder.glob("results/*/*.json")),
    ]
    return {
        n: hashlib.sha256((folder / "results" / n).read_bytes()).hexdigest() for n in names if "logs" not in n
    }


def evidence(folder, claim, where="results"):
    return json.loads((folder / where / "evidence" / f"tiny.{claim}.json").read_text(encoding="utf-8"))


def edit(folder, name, old, new):
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_g09_same_bytes_on_one_two_and_four_cores_and_on_a_second_run(pipeline):
    found = []
    for cores in [(0,), (0, 1), (0, 1, 2, 3), (0, 1)]:
        shutil.rmtree(pipeline / "results", ignore_errors=True)
        shutil.rmtree(pipeline / ".cache", ignore_errors=True)
        snakemake(pipeline, "--forceall", cores=cores)
        found.append(digests(pipeline))
    assert found[0]
    assert all(one == found[0] for one in found)


def test_a_changed_row_reaches_the_tables_in_the_same_build(pipeline):
    """The registry changes with the digest: what reads tables must not run on those of before."""
    snakemake(pipeline)
    table = pipeline / "data/snapshot/generation.csv"
    old = table.read_text(encoding="utf-8").splitlines()[1].split(",")[5]
    before = hashlib.sha256(table.read_bytes()).hexdigest()
    edit(pipeline, "data/snapshot/generation.csv", f",{old},", f",{old}1,")
    after = hashlib.sha256(table.read_bytes()).hexdigest()
    edit(pipeline, "data/registry/datasets.yaml", before, after)
    edit(pipeline, "data/registry/quantities/all.yaml", "max: 3}}", "max: 4}}")
    snakemake(pipeline)
    assert f",{old}1," in (pipeline / "data/tidy/generation.csv").read_text(encoding="utf-8")
    assert "Nothing to be done" in snakemake(pipeline, "-n")


def test_g11_nothing_to_do_then_exactly_the_cone_then_nothing_again(pipeline):
    snakemake(pipeline)
    assert "Nothing to be done" in snakemake(pipeline, "-n")
    before = {claim: evidence(pipeline, claim) for claim in ("T1", "T2", "T3", "T4")}
    edit(pipeline, "data/registry/quantities/all.yaml", "max: 3}}", "max: 4}}")
    snakemake(pipeline)
    log = (pipeline / "results/logs/evidence.log").read_text(encoding="utf-8")
    assert log.strip().endswith("computed anew: tiny.T2")
    after = {claim: evidence(pipeline, claim) for claim in before}
    assert [claim for claim in before if before[claim] != after[claim]] == ["T2"]
    edit(pipeline, "data/registry/quantities/all.yaml", "max: 4}}", "max: 3}}")
    snakemake(pipeline)
    assert evidence(pipeline, "T2") == before["T2"]
    for path in (pipeline / "data").rglob("*.yaml"):
        path.touch()
    assert "Nothing to be done" in snakemake(pipeline, "-n")


def test_g26_two_scenarios_side_by_side_move_only_what_they_reach(pipeline):
    snakemake(pipeline, "--config", "scenario=base,lower")
    ledger = json.loads((pipeline / "results/ledger.json").read_text(encoding="utf-8"))
    assert ledger["build"]["scenario"] == "base"
    assert {one["claim"] for one in ledger["scenarios"]["lower"]["moved"]} == {"tiny.T1"}
    snakemake(pipeline, "--config", "scenario=lower")
    ledger = json.loads((pipeline / "results/ledger.json").read_text(encoding="utf-8"))
    assert ledger["build"]["scenario"] == "lower"
    assert evidence(pipeline, "T1")["scenario"] == "lower"


def test_g13_a_killed_run_can_be_taken_up_again(pipeline):
    snakemake(pipeline)
    wanted = digests(pipeline)
    shutil.rmtree(pipeline / "results")
    shutil.rmtree(pipeline / ".cache")
    command = [sys.executable, "-m", "snakemake", *GOALS, "--cores", "2"]
    running = subprocess.Popen(
        command, cwd=pipeline, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while not (pipeline / "results/logs/evidence.log").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.0)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    snakemake(pipeline, "--unlock")
    snakemake(pipeline, "--rerun-incomplete")
    assert digests(pipeline) == wanted


def test_a_dropped_claim_leaves_nothing_behind(pipeline):
    snakemake(pipeline)
    path = pipeline / "data/registry/claims/tiny.yaml"
    text = path.read_text(encoding="utf-8")
    first, last = text.index("  T2:"), text.index("  T3:")
    path.write_text(text[:first] + text[last:], encoding="utf-8")
    quantities = pipeline / "data/registry/quantities/all.yaml"
    whole = quantities.read_text(encoding="utf-8")
    kept = whole[: whole.index("  reported_electricity_generation_j:")]
    quantities.write_text(kept, encoding="utf-8")
    (pipeline / "data/registry/datasets.yaml").write_text(
        "schema_version: 1\ndatasets: {}\n", encoding="utf-8"
    )
    snakemake(pipeline)
    left = [str(one) for one in (pipeline / "results").rglob("*T2*")]
    assert left == []
    assert "tiny.T2" not in (pipeline / "results/verdicts.csv").read_text(encoding="utf-8")


def test_a_wrong_registry_stops_before_anything_is_written(pipeline):
    edit(pipeline, "data/registry/quantities/all.yaml", "unit: TWh", "unit: TWattHours")
    said = snakemake(pipeline, check=False)
    assert "TWattHours" in said
    assert "Nothing was built" in said
    assert "Traceback" not in said
    assert not (pipeline / "results").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fetsh=mirror"], "did you mean `fetch`"),
        (["fetch=mirrow"], "did you mean `mirror`"),
        (["fetch=mirror"], "no mirror is named"),
        (["scenario=lowr"], "did you mean `lower`"),
    ],
)
def test_a_wrong_configuration_is_one_clear_line(pipeline, words, said):
    printed = snakemake(pipeline, "-n", "--config", *words, check=False)
    assert said in printed
    assert "Traceback" not in printed


def test_evidence_that_was_altered_is_computed_again(pipeline):
    snakemake(pipeline)
    wanted = digests(pipeline)
    path = pipeline / "results/evidence/tiny.T1.json"
    path.write_text(path.read_text(encoding="utf-8").replace("0.", "0.9", 1), encoding="utf-8")
    snakemake(pipeline, "--forcerun", "evidence")
    assert digests(pipeline) == wanted


@pytest.fixture
def forked(joint):
    """The project with a claim on joint draws, and a package of its own that has their experiment."""
    for name in CARRIED:
        if name != "src":
            (joint / name).symlink_to(ROOT / name)
    for source in (ROOT / "src", ROOT / "tests/fixture/joint/src"):
        shutil.copytree(
            source, joint / "src", dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
        )
    (joint / "config.yaml").write_text("scenario: base\n", encoding="utf-8")
    return joint


def test_a_build_computes_what_is_missing_and_again_what_a_setting_moves(forked):
    goals = ["results/evidence/tiny.T5.json"]
    listed = forked / "results/computed.txt"
    snakemake(forked, goals=goals)
    first, sign, place = listed.read_text(encoding="utf-8").split()
    assert (first, place) == ("tiny-joint", f".cache/computed/tiny-joint-{sign[:16]}")
    assert evidence(forked, "T5")["rows"][0]["p50"] == 25.0
    assert "Nothing to be done" in snakemake(forked, "-n", goals=goals)
    edit(forked, "data/registry/computed.yaml", "value: 0.25", "value: 0.3")
    snakemake(forked, goals=goals)
    assert evidence(forked, "T5")["rows"][0]["p50"] == 30.0
    log = (forked / "results/logs/evidence.log").read_text(encoding="utf-8")
    assert log.strip().endswith("computed anew: tiny.T5")
    assert "Nothing to be done" in snakemake(forked, "-n", goals=goals)
    for path in (forked / ".cache/computed").glob("*"):
        shutil.rmtree(path)
    edit(forked, "data/registry/quantities/joint.yaml", "title: The part", "title: Its part")
    snakemake(forked, goals=goals)
    assert (forked / listed.read_text(encoding="utf-8").split()[2]).is_dir()
    assert "Nothing to be done" in snakemake(forked, "-n", goals=goals)
