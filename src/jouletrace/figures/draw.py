"""Write the two figures of a claim, light and dark, unless they already show the same evidence.

Each SVG carries the digest of what it was drawn from: the evidence that figures use, the published views,
the code of this package and the versions of the plotting libraries. Equal digests mean an equal picture.
"""

import json
import os
from hashlib import sha256
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jouletrace.figures.selection import Evidence, Tables, kind, panels, published

THEMES = ("light", "dark")
LIBRARIES = ("matplotlib", "seaborn")


def write(evidence: Evidence, tables: Tables, folder: Path, force: bool = False) -> bool:
    """Write ``<claim>-light.svg`` and ``<claim>-dark.svg``; tell whether they had to be drawn."""
    views = published(evidence, tables)
    digest = f"sha256:{_digest(evidence, views)}"
    paths = {theme: folder / f"{evidence['id']}-{theme}.svg" for theme in THEMES}
    if not force and all(_shows(path, digest) for path in paths.values()):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    for theme, path in paths.items():
        _save(evidence, views, theme, path, digest)
    return True


def _digest(evidence: Evidence, views: list[dict[str, Any]]) -> str:
    drawn = {
        "figure": evidence["claim"]["figure"],
        "title": evidence["claim"]["title"]["en"],
        **{key: evidence.get(key) for key in ("id", "rows", "context", "path", "points", "members")},
        "views": views,
        "panels": panels(evidence),
        "code": {path.name: path.read_text("utf-8") for path in sorted(Path(__file__).parent.glob("*.py"))},
        "libraries": {name: version(name) for name in LIBRARIES},
    }
    return sha256(json.dumps(drawn, sort_keys=True).encode()).hexdigest()


def _shows(path: Path, digest: str) -> bool:
    """Whether a complete SVG with this digest lies there."""
    if not path.exists():
        return False
    text = path.read_text("utf-8")
    return f">{digest}<" in text and text.rstrip().endswith("</svg>")


def _save(evidence: Evidence, views: list[dict[str, Any]], theme: str, path: Path, digest: str) -> None:
    """Draw and write in one step, so that no half-written figure is ever found."""
    style = import_module("jouletrace.figures.style")
    colours = style.THEMES[theme]
    metadata = {
        "Title": evidence["claim"]["title"]["en"],
        "Identifier": digest,
        "Creator": "Jouletrace",
        "Date": None,
    }
    part = path.with_suffix(".part")
    with style.applied(colours):
        module = import_module(f"jouletrace.figures.{kind(evidence)}")
        module.figure(evidence, views, colours).savefig(part, format="svg", metadata=metadata)
    os.replace(part, path)
