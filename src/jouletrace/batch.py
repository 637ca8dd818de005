"""Evidence of many claims and scenarios at once: few processes, each with JAX loaded once.

A file whose fingerprint is right and whose content is whole is left alone. So an edited
assumption costs only the claims that reach it, a reverted edit costs nothing, and a scenario
costs only the claims that it moves.
"""

import hashlib
import json
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from jouletrace.registry import Registry
from jouletrace.registry.rows import Row, read_rows

Resolved = dict[str, Any]
KEPT = Path(".cache/evidence")


def evaluate(configs: list[Path], tidy: Path, cores: int) -> list[str]:
    """Write the evidence of every claim of each resolved registry, in ``evidence`` beside it.

    Returns the claims that were computed anew. Claims of one fingerprint are computed once.
    """
    wanted: list[tuple[Path, str, str]] = []
    for config in configs:
        claims = _read(config)["plan"]["claims"]
        only(config.parent / "evidence", {f"{claim_id}.json" for claim_id in claims})
        for claim_id, fingerprint in claims.items():
            path = _path(config, claim_id)
            if whole(path, fingerprint):
                path.touch()
            else:
                wanted.append((config, claim_id, fingerprint))
    unknown = {one: (config, claim_id) for config, claim_id, one in wanted if not whole(_kept(one), one)}
    _compute(sorted(unknown.values(), key=_size, reverse=True), tidy, cores)
    for config, claim_id, fingerprint in wanted:
        _take(config, claim_id, _kept(fingerprint))
    return sorted({claim_id for _, claim_id in unknown.values()})


def only(folder: Path, names: set[str]) -> None:
    """Make the folder, and take from it every file that no claim has any more."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.name not in names:
            path.unlink()


def _compute(stale: list[tuple[Path, str]], tidy: Path, cores: int) -> None:
    """One claim after another to whichever process is free, the largest first."""
    workers = min(cores, len(stale))
    if workers <= 1:
        for config, claim_id in stale:
            work(config, claim_id, tidy)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for job in [pool.submit(work, config, claim_id, tidy) for config, claim_id in stale]:
            job.result()


def work(config: Path, claim_id: str, tidy: Path) -> None:
    """Evidence of one claim, in this process. Imports JAX."""
    from jouletrace.evidence import evidence
    from jouletrace.numerics import cache_compilations

    registry, tables = _loaded(config, tidy)
    cache_compilations(registry.root / ".cache" / "jax")
    fingerprint = _read(config)["plan"]["claims"][claim_id]
    write(_kept(fingerprint), evidence(claim_id, registry, tables, fingerprint))


@lru_cache(maxsize=8)
def _loaded(config: Path, tidy: Path) -> tuple[Registry, dict[str, tuple[Row, ...]]]:
    from jouletrace.registry.load import read_resolved

    registry = read_resolved(config)
    return registry, {name: read_rows(tidy / f"{name}.csv") for name in registry.datasets}


@lru_cache(maxsize=8)
def _read(config: Path) -> Resolved:
    content: Resolved = json.loads(config.read_text(encoding="utf-8"))
    return content


def _kept(fingerprint: str) -> Path:
    """Where evidence is kept by what it was made from: a reverted edit finds its own again."""
    return KEPT / f"{fingerprint[:32]}.json"


def _path(config: Path, claim_id: str) -> Path:
    return config.parent / "evidence" / f"{claim_id}.json"


def _size(job: tuple[Path, str]) -> int:
    config, claim_id = job
    readings = _read(config)["claims"][claim_id]["readings"].values()
    return sum(1 + len(one["variants"]) for one in readings)


def _take(config: Path, claim_id: str, kept: Path) -> None:
    """Put kept evidence into a scenario's results, under the scenario's name."""
    content = json.loads(kept.read_text(encoding="utf-8"))
    del content["zz_seal"]
    write(_path(config, claim_id), {**content, "scenario": _read(config)["scenario"]})


def write(path: Path, content: dict[str, Any]) -> None:
    """Write evidence with the digest of its own content, in one step."""
    body = json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
    seal = hashlib.sha256(body.encode()).hexdigest()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    temporary.write_text(f'{body[:-2]},\n "zz_seal": "{seal}"\n}}\n', encoding="utf-8")
    temporary.replace(path)


def whole(path: Path, fingerprint: str) -> bool:
    """Whether a file of evidence is the one wanted, and unchanged since it was written."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        seal = content.pop("zz_seal")
    except (OSError, ValueError, KeyError):
        return False
    body = json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1)
    return content["fingerprint"] == fingerprint and seal == hashlib.sha256(body.encode()).hexdigest()
