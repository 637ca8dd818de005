"""config.yaml: read once, strictly, before anything else. Light: the Snakefile imports it."""

from pathlib import Path
from typing import Any

from jouletrace.registry.problems import Problem, RegistryError, did_you_mean

KEYS = {"fetch": "snapshot", "mirror": "", "scenario": "base", "cost": "standard"}
#: Variable of the environment that names a mirror where config.yaml names none.
MIRROR = "JOULETRACE_MIRROR"
FETCH = ("snapshot", "mirror", "upstream")
COST = ("standard", "full")


def resolved(raw: dict[str, Any]) -> dict[str, Any]:
    """The configuration with defaults; ``scenario`` as a list of which the first is published.

    Raises `RegistryError` (J17): unknown key, unknown fetch mode, mirror mode without a mirror.
    """
    problems = []
    for key in raw:
        if key not in KEYS:
            near = did_you_mean(str(key), KEYS)
            problems.append(_problem(str(key), f"unknown key `{key}`", near))
    config = {**KEYS, **raw}
    for key, known in (("fetch", FETCH), ("cost", COST)):
        if config[key] not in known:
            near = did_you_mean(str(config[key]), known)
            problems.append(_problem(key, f"`{config[key]}` is none of {', '.join(known)}", near))
    if config["fetch"] == "mirror" and not config["mirror"]:
        problems.append(_problem("mirror", "fetch is mirror, but no mirror is named", "name one"))
    if problems:
        raise RegistryError(problems)
    names = config["scenario"]
    listed = names.split(",") if isinstance(names, str) else [str(name) for name in names]
    cleaned = list(dict.fromkeys(name.strip() for name in listed if name.strip())) or ["base"]
    return {**config, "scenario": cleaned}


def stop_on_problems(raw: dict[str, Any]) -> dict[str, Any]:
    """As `resolved`, for the Snakefile: problems end the run as plain lines, without a traceback."""
    try:
        return resolved(raw)
    except RegistryError as error:
        raise SystemExit(f"\n{error}\n\nNothing was built.") from None


def _problem(entry: str, what: str, hint: str) -> Problem:
    return Problem("config.yaml", entry, "J17", what, hint)


def root_of(path: Path) -> Path:
    """The project's folder, from a file or folder inside it."""
    for folder in (path, *path.parents):
        if (folder / "data" / "registry").is_dir():
            return folder
    raise RegistryError([_problem(str(path), "no data/registry above this folder", "go there")])
