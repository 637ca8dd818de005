"""The ledger: everything that the pages print, in one file, each number under its id.

It computes nothing: it gathers evidence, registry and tables.
"""

import hashlib
import subprocess
from pathlib import Path
from typing import Any

import jouletrace
from jouletrace import computed
from jouletrace.graph import functions
from jouletrace.numbers import numbers
from jouletrace.published import fidelity
from jouletrace.registry import CATALOGUE, Registry
from jouletrace.registry.rows import Row
from jouletrace.scenarios import moved
from jouletrace.scopes import scope_of, words

Evidence = dict[str, dict[str, Any]]


def ledger(
    registry: Registry,
    tables: dict[str, tuple[Row, ...]],
    evidence: Evidence,
    others: dict[str, tuple[Registry, Evidence]],
    shown: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Everything for the pages. ``others``: the scenarios that are compared with this one.

    ``shown``: numbers of the reconstruction under their ids.
    """
    used = _used_by(evidence)
    return {
        "schema_version": 1,
        "build": _build(registry),
        "settings": registry.settings.model_dump(mode="json"),
        "articles": {
            key: {**one.model_dump(mode="json"), "claims": [c for c in evidence if c.startswith(f"{key}.")]}
            for key, one in registry.articles.items()
        },
        "claims": {key: _claim(one) for key, one in evidence.items()},
        "numbers": numbers(registry, tables, evidence) | (shown or {}),
        "datasets": {
            key: {
                **one.model_dump(mode="json"),
                "boundaries": {name: registry.boundary(name) for name in one.boundaries},
                "rows": len(tables[key]),
                "used_by": used.get(key, []),
                "download": f"data/{key}.csv",
            }
            for key, one in registry.datasets.items()
        },
        "computed": {
            key: {
                **one.model_dump(mode="json"),
                **_made(key, registry, tables),
                "withheld": [registry.withheld[name].model_dump(mode="json") for name in one.withheld],
                "used_by": used.get(key, []),
            }
            for key, one in registry.computed.items()
        },
        "measured": {
            key: {
                **one.model_dump(mode="json"),
                "devices": [computed.record(path) for path in computed.measurements(registry.root, key)],
            }
            for key, one in registry.measured.items()
        },
        "inputs": {
            key: {
                **one.model_dump(mode="json", by_alias=True),
                "file": registry.file_of("quantities", key),
                "used_by": used.get(key, []),
            }
            for key, one in registry.quantities.items()
        },
        "bibliography": {key: one.as_dict() for key, one in registry.bibliography.items()},
        "facts": {key: one.model_dump(mode="json") for key, one in registry.facts.items()},
        "attributions": {key: a.model_dump(mode="json") for key, a in registry.attributions.items()},
        "problems": {code: list(words) for code, words in CATALOGUE.items()},
        "functions": _functions(registry, used),
        "scenarios": {
            name: {
                "title": other.scenario_entry.title if other.scenario_entry else "The registry as it stands",
                "why": other.scenario_entry.why if other.scenario_entry else "",
                "moved": moved(evidence, theirs),
                "rows": sum(len(one["rows"]) for one in theirs.values()),
            }
            for name, (other, theirs) in others.items()
        },
        "corrections": [
            {"claim": key, "what": what} for key, one in registry.claims.items() for what in one.history
        ],
    }


def _claim(one: dict[str, Any]) -> dict[str, Any]:
    claim = one["claim"]
    headline = next(row for row in one["rows"] if row["is_headline"])
    return {
        "id": one["id"],
        "short": one["id"].split(".")[1],
        "article": one["id"].split(".")[0],
        **{key: claim[key] for key in ("title", "location", "kind", "fidelity", "headline")},
        **{key: claim[key] for key in ("finding", "written_for", "open_until")},
        "fidelity_text": fidelity(claim["fidelity"]),
        "headline_text": headline["text"],
        "depends_on_reading": one["depends_on_reading"],
        **{key: headline[key] for key in ("word", "probability", "probability_text", "flags", "unit")},
        **{key: headline.get(key) for key in ("p05", "p50", "p95")},
    }


def _made(name: str, registry: Registry, tables: dict[str, tuple[Row, ...]]) -> dict[str, Any]:
    """What a computed dataset is worth, what it was made from, and where its code starts."""
    _, record = computed.found(name, registry, tables)
    line, source = computed.entrance(registry.computed[name].experiment)
    kept = {key: record[key] for key in ("fingerprint", "effective_draws", "seconds", "cores")}
    return {**kept, "line": line, "source": source}


def _used_by(evidence: Evidence) -> dict[str, list[str]]:
    used: dict[str, list[str]] = {}
    for claim_id, one in evidence.items():
        names = {node["name"] for node in one["nodes"].values()}
        names |= {
            node[key] for node in one["nodes"].values() for key in ("dataset", "computed") if key in node
        }
        names |= {one["claim"]["figure"].get("dataset")} - {None}
        for name in sorted(names):
            used.setdefault(name, []).append(claim_id)
    return used


def _functions(registry: Registry, used: dict[str, list[str]]) -> dict[str, Any]:
    return {
        name: {
            "title": one.title,
            "module": one.module,
            "line": one.line,
            "args": list(one.args),
            "source": one.source,
            **{key.lower(): one.section(key) for key in ("Formula", "Boundary", "Converts", "Holds")},
            "scope": words(scope_of(name, registry)),
            "used_by": used.get(name, []),
        }
        for name, one in functions().items()
    }


def _build(registry: Registry) -> dict[str, Any]:
    seals = sorted(one.snapshot.sha256 for one in registry.datasets.values())
    return {
        "version": jouletrace.__version__,
        "commit": _git(registry.root, "rev-parse", "--short=12", "HEAD"),
        "commit_date": _git(registry.root, "log", "-1", "--format=%cs"),
        "data_digest": hashlib.sha256("".join(seals).encode()).hexdigest()[:16],
        "as_of": registry.settings.as_of.isoformat(),
        "scenario": registry.scenario,
        "draws": registry.settings.draws,
        "seed": registry.settings.seed,
    }


def _git(root: Path, *words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
