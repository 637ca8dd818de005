"""Scenarios side by side: which rows moved, and from what to what."""

from typing import Any

SHOWN = ("word", "probability", "probability_text", "p50")


def moved(base: dict[str, dict[str, Any]], other: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows whose word, probability or median differs between two builds, in the base's order."""
    found = []
    for claim_id, one in base.items():
        theirs = {row["label"]: row for row in other[claim_id]["rows"]} if claim_id in other else {}
        for row in one["rows"]:
            there = theirs.get(row["label"])
            if there and any(row.get(key) != there.get(key) for key in SHOWN):
                found.append(
                    {
                        "claim": claim_id,
                        "row": row["label"],
                        "text": row["text"],
                        "is_headline": row["is_headline"],
                        "unit": row["unit"],
                        "turned": row["word"] != there["word"],
                        "base": {key: row.get(key) for key in SHOWN},
                        "here": {key: there.get(key) for key in SHOWN},
                    }
                )
    return found
