"""The rows of a claim: each reading, and each reading crossed with its variants."""

from collections.abc import Iterator
from typing import Any

from jouletrace.registry.schema import Claim, Reading


def rows(claim: Claim) -> Iterator[tuple[str, Reading]]:
    """Label and question of each row: ``V1``, then ``V1/scope=networks`` and so on.

    A variant is the reading with some keys of its proposition replaced; ``at`` and ``base`` are
    merged, so that a variant names only the coordinate that differs.
    """
    for label, reading in claim.readings.items():
        yield label, reading
        for name, change in reading.variants.items():
            yield f"{label}/{name}", varied(reading, change)


def questions(claim: Claim) -> Iterator[tuple[str, Reading]]:
    """Everything that a claim asks: readings, variants, context."""
    yield from rows(claim)
    yield from claim.context.items()


def varied(reading: Reading, change: dict[str, Any]) -> Reading:
    """A reading with the changes of a variant."""
    raw = reading.model_dump(by_alias=True, exclude={"variants"}, exclude_none=True)
    text = change.get("text", raw["text"])
    question = dict(raw.get("proposition") or {})
    for key, value in change.items():
        if key == "text":
            continue
        if key in ("at", "base"):
            question[key] = {**question.get(key, {}), **value}
        elif value is None:
            question.pop(key, None)
        else:
            question[key] = value
    return Reading.model_validate({**raw, "text": text, "ordinary": False, "proposition": question})
