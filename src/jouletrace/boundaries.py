"""One share at three boundaries: how much of the energy is moving data, by where one stops counting."""

from typing import Any

Record = dict[str, Any]
#: What the share is of, by the quantity that a claim asks for, the narrowest first.
BOUNDARIES = {
    "moving_share_of_dynamic_ratio": "Of what grows with the work",
    "moving_share_of_device_ratio": "Of all that the GPUs draw",
    "moving_share_of_facility_ratio": "Of the whole site",
}
LOADS = {"batch-1": "one user", "serving": "as many users as services have", "batch-256": "256 users at once"}
KEYS = ("p05", "p50", "p95", "word", "probability_text")


def boundaries(evidence: dict[str, Record]) -> list[Record]:
    """Shares at each boundary and load with their verdicts, from the one claim that asks for all of them."""
    for claim, one in sorted(evidence.items()):
        rows = [row for row in one["rows"] if _quantity(row) in BOUNDARIES]
        if {_quantity(row) for row in rows} == set(BOUNDARIES):
            return [_boundary(claim, words, name, rows) for name, words in BOUNDARIES.items()]
    return []


def _quantity(row: Record) -> str:
    return str((row.get("proposition") or {}).get("quantity", ""))


def _boundary(claim: str, words: str, name: str, rows: list[Record]) -> Record:
    found = {row["proposition"]["at"]["load"]: row for row in rows if _quantity(row) == name}
    lines = [
        {"load": load, "text": text, "number": f"{claim}.{found[load]['label']}.p50"}
        | {key: found[load][key] for key in KEYS}
        for load, text in LOADS.items()
        if load in found
    ]
    return {"title": words, "lines": lines}
