"""A scenario is a fork in one file: which entries change, and why.

The overlay is merged into the raw entries before they are typed, so a scenario obeys the same
rules as the registry. It may change what exists; a misspelt name is an error, not a new entry.
"""

from copy import deepcopy
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from jouletrace.registry import strict_yaml
from jouletrace.registry.problems import Problem, RegistryError, did_you_mean
from jouletrace.registry.schema import Scenario

FOLDER = Path("data/registry/scenarios")
#: Values of these keys are replaced as a whole, because their parts belong together.
WHOLE = {"distribution", "proposition", "at", "ids"}

Raw = dict[str, dict[str, Any]]


def names(root: Path) -> list[str]:
    """Scenarios that exist, besides ``base``."""
    return sorted(path.stem for path in (root / FOLDER).glob("*.yaml"))


def read(root: Path, name: str) -> Scenario | None:
    """The scenario's entry, or None for ``base``. Raises `RegistryError` (J16)."""
    if name == "base":
        return None
    path = root / FOLDER / f"{name}.yaml"
    if name not in names(root):
        hint = did_you_mean(name, ["base", *names(root)])
        file = str(FOLDER)
        raise RegistryError([Problem(file, name, "J16", "no scenario has this name", hint)])
    content = strict_yaml.load(path, root)
    file = str(path.relative_to(root))
    if not isinstance(content, dict) or set(content) != {"schema_version", "scenario"}:
        what = "expects exactly the keys schema_version and scenario"
        raise RegistryError([Problem(file, name, "J03", what)])
    try:
        return Scenario.model_validate(content["scenario"])
    except ValidationError as error:
        problems = [
            Problem(file, ".".join(map(str, one["loc"])), "J16", str(one["msg"])) for one in error.errors()
        ]
        raise RegistryError(problems) from error


def apply(
    root: Path,
    name: str,
    overlay: Scenario,
    raw: Raw,
    files: dict[str, str],
    above: tuple[str, ...] = (),
) -> tuple[Raw, dict[str, str]]:
    """Raw entries with the overlay (and those it stands on) merged in, and who changed what."""
    above = above or (name,)
    file = str(FOLDER / f"{name}.yaml")
    if overlay.base and overlay.base != "base":
        if overlay.base in above:
            what = f"stands on itself: {' -> '.join([*above, overlay.base])}"
            raise RegistryError([Problem(file, name, "J12", what)])
        below = read(root, overlay.base)
        if below:
            raw, files = apply(root, overlay.base, below, raw, files, (*above, overlay.base))
    merged, owners, problems = deepcopy(raw), dict(files), []
    for section, entries in overlay.changes.items():
        for key, change in entries.items():
            problems += _merge(merged[section], key, change, file, section)
            owners[f"{section}.{key}"] = file
    if problems:
        raise RegistryError(problems)
    return merged, owners


def _merge(target: dict[str, Any], key: str, change: Any, file: str, where: str) -> list[Problem]:
    named = "." not in where or where.endswith(".cases")
    if named and key not in target:
        hint = did_you_mean(key, target)
        return [Problem(file, f"{where}.{key}", "J16", f"there is no `{key}` to change", hint)]
    both = isinstance(change, dict) and isinstance(target.get(key), dict)
    if not both or key in WHOLE:
        target[key] = change
        return []
    if "draws" in target[key]:
        _room_for_cases(target[key], change)
    problems = []
    for part, value in change.items():
        problems += _merge(target[key], part, value, file, f"{where}.{key}")
    return problems


def _room_for_cases(quantity: dict[str, Any], change: dict[str, Any]) -> None:
    """Beside draws there is a place for every case that says where it holds."""
    cases = quantity.setdefault("cases", {})
    for name, case in change.get("cases", {}).items():
        if isinstance(case, dict) and "at" in case:
            cases.setdefault(name, {})
