"""data/registry/schema: what editors complete from, generated from the types."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from jouletrace.registry.load import FOLDER, SECTIONS
from jouletrace.registry.schema import Scenario, Settings


def schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    """File name and content of each schema."""
    for section, (_, model) in SECTIONS.items():
        yield f"{section}.json", _file(section, model, many=True)
    yield "settings.json", _file("settings", Settings, many=False)
    yield "scenario.json", _file("scenario", Scenario, many=False)


def _file(section: str, model: type[BaseModel], *, many: bool) -> dict[str, Any]:
    one = model.model_json_schema(by_alias=True)
    definitions = one.pop("$defs", {})
    entries = {"type": "object", "additionalProperties": one} if many else one
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Jouletrace registry: {section}",
        "type": "object",
        "additionalProperties": False,
        "required": ["schema_version", section],
        "properties": {"schema_version": {"const": 1}, section: entries},
        "$defs": definitions,
    }


def text(content: dict[str, Any]) -> str:
    """A schema as it stands in its file."""
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def write(root: Path) -> Iterator[Path]:
    """Write every schema and yield its path."""
    folder = root / FOLDER / "schema"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in schemas():
        (folder / name).write_text(text(content), encoding="utf-8")
        yield (folder / name).relative_to(root)
