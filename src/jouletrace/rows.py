"""The rows of a claim: each reading, each reading crossed with its variants, each member of a table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jouletrace.registry.schema import Claim, Dataset, Proposition, Reading


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


@dataclass(frozen=True)
class Member:
    """One cell of a table of members: a quantity asked for one series of a group."""

    table: str
    group: str
    series: str
    column: str
    proposition: Proposition

    @property
    def label(self) -> str:
        """Name of the cell, such as ``models.crossing@gpt-3``."""
        return f"{self.table}.{self.column}@{self.series}"


def members(claim: Claim, datasets: Mapping[str, Dataset]) -> Iterator[Member]:
    """Every cell of the tables of members of a claim; an unknown group has none."""
    for table, asked in claim.members.items():
        known = datasets[asked.dataset].groups if asked.dataset in datasets else {}
        for group in asked.groups:
            for series in known.get(group, ()):
                for column, reading in asked.columns.items():
                    if reading.proposition:
                        at = {**reading.proposition.at, "series": series}
                        moved = reading.proposition.model_copy(update={"at": at})
                        yield Member(table, group, series, column, moved)


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
