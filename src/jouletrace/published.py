"""What is published beside the book: the verdict table, and a table with a description per claim."""

import csv
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jouletrace.batch import only

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
    ] + [
        {
            "reading": f"{line['table']}.{column}@{line['series']}",
            "text": f"{line['name']}: {asked['text']}",
            "quantity": asked["proposition"]["quantity"],
            "word": "",
            "probability": None,
            **{key: line["columns"][column][key] for key in ("p05", "p50", "p95", "unit")},
            "threshold": "",
            "flags": "unverified" if line["grade"] == "recalled" else "",
        }
        for line in one.get("members", [])
        for column, asked in one["claim"]["members"][line["table"]]["columns"].items()
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


def write_all(content: dict[str, Any], evidence: Evidence, results: Path) -> None:
    """Write ledger, verdict table, and a table with a description for each claim."""
    only(results / "csv", {f"{one}.{kind}" for one in evidence for kind in ("csv", "metadata.json")})
    write_csv(results / "verdicts.csv", verdict_rows(evidence), VERDICT_COLUMNS)
    for claim_id, one in evidence.items():
        rows = claim_table(one)
        write_csv(results / "csv" / f"{claim_id}.csv", rows, rows[0])
        note = json.dumps(describe(one, content["build"]), ensure_ascii=False, indent=1)
        (results / "csv" / f"{claim_id}.metadata.json").write_text(f"{note}\n", encoding="utf-8")
    body = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    (results / "ledger.json").write_text(f"{body}\n", encoding="utf-8")
