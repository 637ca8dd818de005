"""Evidence of many claims at once: few processes, each with JAX loaded once.

A file whose fingerprint is right and whose content is whole is left alone. So an edited
assumption costs only the claims that reach it, and a reverted edit costs nothing.
"""

import hashlib
import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from jouletrace.registry.rows import Row, read_rows


def evaluate(config: Path, tidy: Path, folder: Path, reuse: list[Path], cores: int) -> list[str]:
    """Write the evidence of every claim of a resolved registry; return those computed anew.

    ``reuse``: folders of other scenarios, whose files serve where the fingerprint is the same.
    """
    folder.mkdir(parents=True, exist_ok=True)
    resolved = json.loads(config.read_text(encoding="utf-8"))
    stale = []
    for claim_id, fingerprint in resolved["plan"]["claims"].items():
        path = folder / f"{claim_id}.json"
        if whole(path, fingerprint):
            path.touch()
        elif not _borrowed(path, fingerprint, reuse, resolved["scenario"]):
            stale.append(claim_id)
    if stale:
        _compute(config, stale, tidy, folder, cores)
    return stale


def _compute(config: Path, stale: list[str], tidy: Path, folder: Path, cores: int) -> None:
    """Deal the claims out like cards, so that each process gets a mix."""
    workers = max(1, min(cores, len(stale)))
    shares = [stale[i::workers] for i in range(workers)]
    if workers == 1:
        work(config, shares[0], tidy, folder)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for job in [pool.submit(work, config, share, tidy, folder) for share in shares]:
            job.result()


def work(config: Path, share: list[str], tidy: Path, folder: Path) -> None:
    """Evidence of some claims, in this process. Imports JAX."""
    from jouletrace.evidence import evidence
    from jouletrace.numerics import cache_compilations
    from jouletrace.registry.load import from_resolved

    resolved = json.loads(config.read_text(encoding="utf-8"))
    registry = from_resolved(resolved)
    cache_compilations(registry.root / ".cache" / "jax")
    tables: dict[str, tuple[Row, ...]] = {name: read_rows(tidy / f"{name}.csv") for name in registry.datasets}
    for claim_id in share:
        fingerprint = resolved["plan"]["claims"][claim_id]
        write(folder / f"{claim_id}.json", evidence(claim_id, registry, tables, fingerprint))


def write(path: Path, content: dict[str, Any]) -> None:
    """Write evidence with the digest of its own content, in one step."""
    body = json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
    seal = hashlib.sha256(body.encode()).hexdigest()
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


def _borrowed(path: Path, fingerprint: str, reuse: list[Path], scenario: str) -> bool:
    for folder in reuse:
        other = folder / path.name
        if whole(other, fingerprint):
            content = json.loads(other.read_text(encoding="utf-8"))
            del content["zz_seal"]
            write(path, {**content, "scenario": scenario})
            return True
    return False
