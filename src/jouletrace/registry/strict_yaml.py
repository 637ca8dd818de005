"""Strict YAML: what a person wrote is what is read, or the file is refused.

Refused with file and line: duplicate keys, anchors, aliases, tags, NaN and infinity, depth over
12, files over 512 KiB. YAML 1.2 is read, so ``NO`` is a word and ``1e3`` a number.
"""

import math
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from jouletrace.registry.problems import Problem, RegistryError

MAX_BYTES = 512 * 1024
MAX_DEPTH = 12
MAX_NUMBER = 40


def load(path: Path, root: Path | None = None) -> Any:
    """Content of a YAML file as plain dicts, lists, strings, numbers and dates.

    Raises `RegistryError` (J01, J02) and never returns part of a file.
    """
    name = str(path.relative_to(root)) if root else str(path)
    data = path.read_bytes()
    if len(data) > MAX_BYTES:
        raise RegistryError([Problem(name, "file", "J02", f"has {len(data)} bytes, too many")])
    try:
        content = deepcopy(_parsed(data.decode("utf-8"), name))
    except UnicodeDecodeError as error:
        raise RegistryError([Problem(name, "file", "J01", "is not UTF-8")]) from error
    except DuplicateKeyError as error:
        raise RegistryError([Problem(name, _line(error), "J01", _first(error))]) from error
    except (YAMLError, ValueError) as error:
        raise RegistryError([Problem(name, _line(error), "J01", _first(error))]) from error
    _refuse_numbers(content, name, "")
    return content


@lru_cache(maxsize=1024)
def _parsed(text: str, name: str) -> Any:
    """Each text is parsed once, however many scenarios are laid over it: more texts than a registry has."""
    _refuse_features(text, name)
    return YAML(typ="safe", pure=True).load(text)


def _refuse_features(text: str, name: str) -> None:
    depth = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        kind = type(event).__name__
        where = f"line {event.start_mark.line + 1}"
        depth += kind.endswith("StartEvent") and kind[:3] in ("Map", "Seq")
        depth -= kind in ("MappingEndEvent", "SequenceEndEvent")
        if kind == "AliasEvent" or getattr(event, "anchor", None):
            raise RegistryError([Problem(name, where, "J02", "an anchor or alias stands here")])
        if getattr(event, "tag", None) and not _implicit(event):
            raise RegistryError([Problem(name, where, "J02", "a tag stands here")])
        if depth > MAX_DEPTH:
            raise RegistryError([Problem(name, where, "J02", "entries are nested too deep")])


def _implicit(event: Any) -> bool:
    """Whether YAML itself resolved the tag; a scalar says so for plain and for quoted text."""
    found = getattr(event, "implicit", True)
    return any(found) if isinstance(found, tuple) else bool(found)


def _refuse_numbers(content: Any, name: str, entry: str) -> None:
    if isinstance(content, dict):
        for key, value in content.items():
            _refuse_numbers(value, name, f"{entry}.{key}".strip("."))
    elif isinstance(content, list):
        for position, value in enumerate(content):
            _refuse_numbers(value, name, f"{entry}[{position}]")
    elif isinstance(content, float) and not math.isfinite(content):
        raise RegistryError([Problem(name, entry, "J02", f"the number is {content}")])
    elif isinstance(content, int) and not isinstance(content, bool) and content.bit_length() > 128:
        raise RegistryError([Problem(name, entry, "J02", "the number is too long")])


def _line(error: Exception) -> str:
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    return f"line {mark.line + 1}" if mark else "file"


def _first(error: Exception) -> str:
    problem = getattr(error, "problem", None) or str(error)
    return " ".join(str(problem).split())
