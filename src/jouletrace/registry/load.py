"""Reading data/registry: every file strictly, all problems at once, nothing half-read."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from jouletrace.registry import scenario as scenarios
from jouletrace.registry import schema, strict_yaml
from jouletrace.registry.bibliography import Entry, read_bibliography
from jouletrace.registry.problems import Problem, RegistryError, did_you_mean

FOLDER = Path("data/registry")
#: How many times the draws of settings.yaml a build of cost "full" takes.
FULL_DRAWS = 8
#: section of the registry -> (files, type of one entry)
SECTIONS: dict[str, tuple[str, type[BaseModel]]] = {
    "articles": ("articles.yaml", schema.Article),
    "boundaries": ("boundaries.yaml", schema.Boundary),
    "datasets": ("datasets.yaml", schema.Dataset),
    "withheld": ("withheld.yaml", schema.Withheld),
    "computed": ("computed.yaml", schema.Computed),
    "quantities": ("quantities/*.yaml", schema.Quantity),
    "facts": ("facts.yaml", schema.Fact),
    "attributions": ("attributions.yaml", schema.Attribution),
    "systems": ("systems.yaml", schema.System),
    "claims": ("claims/**/*.yaml", schema.Claim),
}


@dataclass
class Registry:
    """Everything that people typed, as types, after a scenario was laid over it."""

    root: Path
    scenario: str
    settings: schema.Settings
    bibliography: dict[str, Entry]
    articles: dict[str, schema.Article] = field(default_factory=dict)
    boundaries: dict[str, schema.Boundary] = field(default_factory=dict)
    datasets: dict[str, schema.Dataset] = field(default_factory=dict)
    withheld: dict[str, schema.Withheld] = field(default_factory=dict)
    computed: dict[str, schema.Computed] = field(default_factory=dict)
    quantities: dict[str, schema.Quantity] = field(default_factory=dict)
    facts: dict[str, schema.Fact] = field(default_factory=dict)
    attributions: dict[str, schema.Attribution] = field(default_factory=dict)
    systems: dict[str, schema.System] = field(default_factory=dict)
    claims: dict[str, schema.Claim] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    scenario_entry: schema.Scenario | None = None

    def file_of(self, section: str, entry: str) -> str:
        """The file in which a person finds an entry."""
        return self.files.get(f"{section}.{entry}", str(FOLDER))

    def boundary(self, written: str) -> str:
        """The boundary of a row in words: the title of a key, or the text as it stands."""
        return self.boundaries[written].title if written in self.boundaries else written

    def resolved(self) -> dict[str, Any]:
        """The registry as plain data: the one configuration that every rule reads."""
        parts = {
            name: {key: _plain(entry) for key, entry in getattr(self, name).items()} for name in SECTIONS
        }
        return {
            "scenario": self.scenario,
            "scenario_entry": _plain(self.scenario_entry) if self.scenario_entry else None,
            "settings": _plain(self.settings),
            "bibliography": {key: entry.as_dict() for key, entry in self.bibliography.items()},
            "files": self.files,
            **parts,
        }


def from_resolved(content: dict[str, Any], root: Path | None = None) -> Registry:
    """The registry from its resolved form, as the rules of a build read it."""
    sections = {
        name: {key: model.model_validate(entry) for key, entry in content[name].items()}
        for name, (_, model) in SECTIONS.items()
    }
    overlay = content["scenario_entry"]
    return Registry(
        root=root or Path.cwd(),
        scenario=content["scenario"],
        settings=schema.Settings.model_validate(content["settings"]),
        bibliography={key: Entry(**entry) for key, entry in content["bibliography"].items()},
        files=content["files"],
        scenario_entry=schema.Scenario.model_validate(overlay) if overlay else None,
        **sections,  # type: ignore[arg-type]
    )


def read_resolved(path: Path) -> Registry:
    """The registry that a build stored with its results."""
    return from_resolved(json.loads(path.read_text(encoding="utf-8")))


def _plain(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True)


def load(root: Path, scenario: str = "base", cost: str = "standard") -> Registry:
    """The registry below ``root`` with a scenario applied; ``cost`` full takes more draws.

    Raises `RegistryError` with one line for each problem: file, entry, what, what to do.
    """
    problems: list[Problem] = []
    raw: dict[str, dict[str, Any]] = {}
    files: dict[str, str] = {}
    for section, (pattern, _) in SECTIONS.items():
        raw[section] = _read_section(root, section, pattern, files, problems)
    settings_file = root / FOLDER / "settings.yaml"
    raw["settings"] = _read_file(root, settings_file, "settings", problems)
    if problems:
        raise RegistryError(problems)
    overlay = scenarios.read(root, scenario)
    if overlay:
        raw, files = scenarios.apply(root, scenario, overlay, raw, files)
    typed = {
        section: _typed(raw[section], model, section, files, problems)
        for section, (_, model) in SECTIONS.items()
    }
    settings = _entry(
        raw["settings"],
        schema.Settings,
        str(settings_file.relative_to(root)),
        "settings",
        problems,
    )
    bibliography = read_bibliography(root / FOLDER / "sources.bib", root)
    if problems:
        raise RegistryError(problems)
    assert isinstance(settings, schema.Settings)
    if cost == "full":
        settings = settings.model_copy(update={"draws": FULL_DRAWS * settings.draws})
    return Registry(
        root=root,
        scenario=scenario,
        settings=settings,
        bibliography=bibliography,
        files=files,
        scenario_entry=overlay,
        **typed,
    )


def _read_section(
    root: Path, section: str, pattern: str, files: dict[str, str], problems: list[Problem]
) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for path in sorted((root / FOLDER).glob(pattern)):
        name = str(path.relative_to(root))
        content = _read_file(root, path, section, problems)
        prefix = _article(path.relative_to(root / FOLDER)) if section == "claims" else ""
        for key, entry in content.items():
            if prefix + key in entries:
                problems.append(Problem(name, key, "J10", f"`{key}` stands in two files"))
            entries[prefix + key] = entry
            files[f"{section}.{prefix}{key}"] = name
    return entries


def _article(path: Path) -> str:
    """Which article the claims of a file belong to: its folder, or the name of a file without one.

    >>> _article(Path("claims/51cto-2023/C12.yaml")), _article(Path("claims/tiny.yaml"))
    ('51cto-2023.', 'tiny.')
    """
    return f"{path.parts[1].removesuffix('.yaml')}."


def _read_file(root: Path, path: Path, section: str, problems: list[Problem]) -> dict[str, Any]:
    name = str(path.relative_to(root))
    try:
        content = strict_yaml.load(path, root)
    except RegistryError as error:
        problems.extend(error.problems)
        return {}
    except FileNotFoundError:
        problems.append(Problem(name, "file", "J01", "does not exist", "restore it from git"))
        return {}
    return _unwrap(content, name, section, problems)


def _unwrap(content: Any, name: str, section: str, problems: list[Problem]) -> dict[str, Any]:
    if not isinstance(content, dict) or set(content) != {"schema_version", section}:
        found = ", ".join(map(str, content)) if isinstance(content, dict) else "no mapping"
        what = f"expects exactly the keys schema_version and {section}, found {found}"
        problems.append(Problem(name, "file", "J03", what))
        return {}
    if content["schema_version"] != 1:
        what = f"schema_version is {content['schema_version']}"
        problems.append(Problem(name, "file", "J18", what))
    entries = content[section] if content[section] is not None else {}
    if not isinstance(entries, dict):
        problems.append(Problem(name, section, "J03", "expects entries, each with its name"))
        return {}
    return entries


def _typed(
    raw: dict[str, Any],
    model: type[BaseModel],
    section: str,
    files: dict[str, str],
    problems: list[Problem],
) -> dict[str, Any]:
    return {key: _entry(entry, model, files[f"{section}.{key}"], key, problems) for key, entry in raw.items()}


def _entry(
    raw: Any, model: type[BaseModel], file: str, key: str, problems: list[Problem]
) -> BaseModel | None:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        problems.extend(_explain(error, model, file, key))
        return None


def _explain(error: ValidationError, model: type[BaseModel], file: str, key: str) -> Iterator[Problem]:
    for one in error.errors(include_url=False):
        where = ".".join([key, *(str(part) for part in one["loc"])])
        message = str(one["msg"]).removeprefix("Value error, ")
        if one["type"] == "extra_forbidden":
            near = did_you_mean(str(one["loc"][-1]), _known_keys(model))
            yield Problem(file, where, "J03", f"unknown key `{one['loc'][-1]}`", near)
        elif message[:1] == "J" and message[1:3].isdigit():
            yield Problem(file, where, message[:3], message[4:])
        elif "distribution" in where:
            yield Problem(file, where, "J05", message)
        else:
            yield Problem(file, where, "J03", message)


def _known_keys(model: type[BaseModel]) -> set[str]:
    """Keys known anywhere below a type: enough to suggest the nearest one."""
    found: set[str] = set()

    def walk(schema_part: Any) -> None:
        if isinstance(schema_part, dict):
            found.update(schema_part.get("properties", {}))
            for part in schema_part.values():
                walk(part)
        elif isinstance(schema_part, list):
            for part in schema_part:
                walk(part)

    walk(model.model_json_schema(by_alias=True, mode="validation"))
    return found
