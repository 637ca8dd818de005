"""What an experiment is given that takes measurements as well."""

from dataclasses import dataclass, field
from typing import Any

from jouletrace.experiments.task import Task


@dataclass(frozen=True)
class Taken(Task):
    """A task with what was measured on devices at hand: rows by measurement, none where none is kept."""

    measured: dict[str, tuple[dict[str, Any], ...]] = field(default_factory=dict)
