"""The ledger: everything that the pages print, in one file, each number under its id.

It computes nothing: it gathers evidence, registry and tables. Next to it stand the verdict
table and a table for each claim, as CSV with a description.
"""

import csv
import hashlib
import json
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jouletrace
from jouletrace.graph import functions
from jouletrace.numbers import numbers
from jouletrace.registry import CATALOGUE, Registry
from jouletrace.registry.rows import Row
from jouletrace.scenarios import moved

Evidence = dict[str, dict[str, Any]]
ALTERED = ("number", "unit", "tense", "scope", "object", "reversal", "mistranslation")
VERDICT_COLUMNS = (
    "claim",
    "reading",
    "is_headline",
    "fidelity",
    "probability",
    "p05",
    "p50",
    "p95",
    "unit",
    "word",
    "flags",
)


def ledger(
    registry: Registry,
    tables: dict[str, tuple[Row, ...]],
    evidence: Evidence,
    others: dict[str, tuple[Registry, Evidence]],
) -> dict[str, Any]:
    """Everything for the pages. ``others``: the scenarios that are compared with this one."""
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
        "numbers": numbers(registry, tables, evidence),
        "datasets": {
            key: {
                **one.model_dump(mode="json"),
                "rows": len(tables[key]),
                "used_by": used.get(key, []),
                "download": f"data/{key}.csv",
            }
            for key, one in registry.datasets.items()
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
        "functions": _functions(used),
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


def fidelity(values: Iterable[str]) -> str:
    """The values of a claim as one phrase.

    >>> fidelity(["object", "scope"])
    'altered: object, scope'
    >>> fidelity(["source not located", "tense"])
    'source not located; altered: tense'
    """
    found = list(values)
    changed = [one for one in found if one in ALTERED]
    rest = [one for one in found if one not in ALTERED]
    return "; ".join([*rest, f"altered: {', '.join(changed)}"] if changed else rest)


def verdict_rows(evidence: Evidence) -> list[dict[str, Any]]:
    """The verdict table: one row for each reading and variant."""
    return [
        {
            "claim": claim_id,
            "reading": row["label"],
            "is_headline": str(row["is_headline"]).lower(),
            "fidelity": fidelity(one["claim"]["fidelity"]),
            "probability": row["probability"],
            **{key: row.get(key) for key in ("p05", "p50", "p95")},
            "unit": row["unit"],
            "word": row["word"],
            "flags": ";".join(row["flags"]),
        }
        for claim_id, one in evidence.items()
        for row in one["rows"]
    ]


def write_csv(path: Path, rows: list[dict[str, Any]], columns: Iterable[str]) -> None:
    """A CSV whose text cells cannot be taken for formulas by a spreadsheet."""
    temporary = path.with_suffix(".part")
    with temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(columns), lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows({key: _safe(value) for key, value in row.items()} for row in rows)
    temporary.replace(path)


def _safe(value: Any) -> Any:
    risky = isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{value}" if risky else value


def claim_table(one: dict[str, Any]) -> list[dict[str, Any]]:
    """All rows of a claim, readings and context, for its CSV."""
    return [
        {
            "reading": row["label"],
            "text": row["text"],
            "quantity": (row.get("proposition") or {}).get("quantity", ""),
            "word": row["word"],
            "probability": row["probability"],
            **{key: row.get(key) for key in ("p05", "p50", "p95")},
            "unit": row["unit"],
            "threshold": " to ".join(str(edge) for edge in row.get("edges") or []),
            "flags": ";".join(row["flags"]),
        }
        for row in [*one["rows"], *one["context"]]
    ]


def describe(one: dict[str, Any], build: dict[str, Any]) -> dict[str, Any]:
    """What the columns of a claim's CSV mean, and what the table was made from."""
    claim = one["claim"]
    return {
        "title": f"{one['id']}: {claim['title']['en']}",
        "rule": re.sub(r"\s+", " ", claim["rule"]),
        "columns": {
            "reading": "label of the reading, variant or context quantity",
            "text": "the reading in words",
            "quantity": "the computed quantity, by its name in the models",
            "word": "verdict word, by the thresholds of the registry",
            "probability": "share of draws in which the reading holds; empty where none is judged",
            "p05": "5 % quantile, in the unit of the row",
            "p50": "median, in the unit of the row",
            "p95": "95 % quantile, in the unit of the row",
            "unit": "unit of the row",
            "threshold": "edge or edges that the quantity is compared with, in the unit of the row",
            "flags": "open, borderline, robust, unverified, provisional",
        },
        "licence": "CC-BY-4.0",
        **{key: build[key] for key in ("version", "commit", "data_digest", "as_of", "scenario")},
        "draws": one["draws"],
        "seed": one["seed"],
        "fingerprint": one["fingerprint"],
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


def _used_by(evidence: Evidence) -> dict[str, list[str]]:
    used: dict[str, list[str]] = {}
    for claim_id, one in evidence.items():
        names = {node["name"] for node in one["nodes"].values()}
        names |= {node["dataset"] for node in one["nodes"].values() if "dataset" in node}
        for name in sorted(names):
            used.setdefault(name, []).append(claim_id)
    return used


def _functions(used: dict[str, list[str]]) -> dict[str, Any]:
    return {
        name: {
            "title": one.title,
            "module": one.module,
            "line": one.line,
            "args": list(one.args),
            "source": one.source,
            **{key.lower(): one.section(key) for key in ("Formula", "Boundary", "Holds")},
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


def write_all(content: dict[str, Any], evidence: Evidence, results: Path) -> None:
    """Write ledger, verdict table, and a table with a description for each claim."""
    (results / "csv").mkdir(parents=True, exist_ok=True)
    write_csv(results / "verdicts.csv", verdict_rows(evidence), VERDICT_COLUMNS)
    for claim_id, one in evidence.items():
        rows = claim_table(one)
        write_csv(results / "csv" / f"{claim_id}.csv", rows, rows[0])
        note = json.dumps(describe(one, content["build"]), ensure_ascii=False, indent=1)
        (results / "csv" / f"{claim_id}.metadata.json").write_text(f"{note}\n", encoding="utf-8")
    body = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    (results / "ledger.json").write_text(f"{body}\n", encoding="utf-8")
