"""Gates of the built book: no hand-typed number, no dead link, nothing from another host."""

import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

from jouletrace.report.numerals import load_allowed, numerals

IDS = re.compile(r'\sid="([^"]*)"')
LINKS = re.compile(r'<a\b[^<>]*?\shref="([^"]*)"')
LOADED = re.compile(r'<(?:script|img|iframe|source|audio|video)\b[^<>]*?\ssrc="([^"]*)"|<(link\b[^<>]*)>')
FETCHED = re.compile(r'\srel="(?:stylesheet|icon|preload|modulepreload)"')
HREF = re.compile(r'\shref="([^"]*)"')


def check(html: Path, allowed: Path) -> list[str]:
    """One line for each problem."""
    pages = {
        path.relative_to(html).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(html.rglob("*.html"))
        if "_static" not in path.parts  # templates of the theme, not pages
    }
    patterns = load_allowed(allowed)
    typed = [
        f"{page}: typed number `{one.text}` in “{one.context}”; quote it, or allow it in {allowed.name}"
        for page, text in pages.items()
        for one in numerals(text, patterns)
    ]
    return typed + dead_links(html, pages)


@dataclass(frozen=True)
class Page:
    """Anchors of a page, its links, and what a browser would load with it."""

    ids: frozenset[str]
    links: tuple[str, ...]
    loaded: tuple[str, ...]


def read(text: str) -> Page:
    """What a page holds.

    >>> read('<p id="a"><a href="b.html#c">x</a><script src="d.js"></script>')
    Page(ids=frozenset({'a'}), links=('b.html#c',), loaded=('d.js',))
    """
    loaded = [source or _fetched(link) for source, link in LOADED.findall(text)]
    return Page(
        frozenset(map(unescape, IDS.findall(text))),
        tuple(map(unescape, LINKS.findall(text))),
        tuple(unescape(one) for one in loaded if one),
    )


def _fetched(link: str) -> str:
    return "".join(HREF.findall(link)) if FETCHED.search(link) else ""


def dead_links(html: Path, pages: dict[str, str]) -> list[str]:
    """Links of the book that lead nowhere, and files that would be fetched from elsewhere."""
    known = {name: read(text) for name, text in pages.items()}
    found = []
    for name, page in known.items():
        for address in dict.fromkeys(page.links):
            found += _dead(html, known, name, address)
        found += [line for one in dict.fromkeys(page.loaded) if (line := _unloadable(html, name, one))]
    return found


def _unloadable(html: Path, name: str, address: str) -> str | None:
    """What is wrong with a file that a browser would fetch with a page."""
    parts = urlsplit(address)
    if parts.netloc:
        return f"{name}: loads {address} from another host"
    missing = parts.scheme != "data" and not ((html / name).parent / unquote(parts.path)).is_file()
    return f"{name}: would load {address}, which is not there" if missing else None


def _dead(html: Path, pages: dict[str, Page], name: str, address: str) -> list[str]:
    parts = urlsplit(address)
    if parts.scheme in ("http", "https"):
        return []
    if parts.scheme or parts.netloc:
        return [f"{name}: link to `{address}`, which is neither http nor https"]
    page, fragment = urldefrag(address)
    target = (html / name).parent / unquote(page.partition("?")[0]) if page else html / name
    if not target.resolve().is_file():
        return [f"{name}: dead link `{address}`"]
    known = pages.get(target.resolve().relative_to(html.resolve()).as_posix())
    missing = fragment and known is not None and unquote(fragment) not in known.ids
    return [f"{name}: dead anchor `{address}`"] if missing else []
