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
from jouletrace.figures.shown import SHOWN

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


def write_shown(shown: dict[str, Any], name: str, folder: Path) -> bool:
    """Write a figure of the reconstruction, light and dark, unless it already shows the same."""
    _, module, function, parts = SHOWN[name]
    seen = {part: shown[part] for part in parts}
    digest = f"sha256:{_sealed({'name': name, 'shown': seen})}"
    paths = {theme: folder / f"{name}-{theme}.svg" for theme in THEMES}
    if all(_shows(path, digest) for path in paths.values()):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    for theme, path in paths.items():
        style = import_module("jouletrace.figures.style")
        with style.applied(style.THEMES[theme]):
            draw = getattr(import_module(f"jouletrace.figures.{module}"), function)
            _put(draw(seen, style.THEMES[theme]), name.replace("-", " ").capitalize(), path, digest)
    return True


def _digest(evidence: Evidence, views: list[dict[str, Any]]) -> str:
    drawn = {
        "figure": evidence["claim"]["figure"],
        "title": evidence["claim"]["title"]["en"],
        **{key: evidence.get(key) for key in ("id", "rows", "context", "path", "points", "members")},
        "views": views,
        "panels": panels(evidence),
    }
    return _sealed(drawn)


def _sealed(drawn: dict[str, Any]) -> str:
    """Digest of what is drawn, of the code that draws and of its libraries."""
    made = {
        "code": {path.name: path.read_text("utf-8") for path in sorted(Path(__file__).parent.glob("*.py"))},
        "libraries": {name: version(name) for name in LIBRARIES},
    }
    return sha256(json.dumps({**drawn, **made}, sort_keys=True).encode()).hexdigest()


def _shows(path: Path, digest: str) -> bool:
    """Whether a complete SVG with this digest lies there."""
    if not path.exists():
        return False
    text = path.read_text("utf-8")
    return f">{digest}<" in text and text.rstrip().endswith("</svg>")


def _save(evidence: Evidence, views: list[dict[str, Any]], theme: str, path: Path, digest: str) -> None:
    """Draw the figure of a claim in the colours of a theme."""
    style = import_module("jouletrace.figures.style")
    colours = style.THEMES[theme]
    with style.applied(colours):
        module = import_module(f"jouletrace.figures.{kind(evidence)}")
        figure = module.figure(evidence, views, colours)
        _put(figure, evidence["claim"]["title"]["en"], path, digest)


def _put(figure: Any, title: str, path: Path, digest: str) -> None:
    """Write in one step, so that no half-written figure is ever found."""
    metadata = {"Title": title, "Identifier": digest, "Creator": "Jouletrace", "Date": None}
    part = path.with_suffix(".part")
    figure.savefig(part, format="svg", metadata=metadata)
    os.replace(part, path)
