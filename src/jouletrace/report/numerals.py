"""The checker of hand-typed numbers: digits, and Chinese numerals with digits, in the prose of pages.

A number in prose comes from the ledger. What may stand by hand, such as years and the ids of claims,
is listed with a reason in book/allowed_numerals.yaml.
"""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from jouletrace.registry.strict_yaml import load

#: Parts of a page that hold no prose of ours, or quote the ledger.
SKIPPED_TAGS = frozenset(
    [
        "script",
        "style",
        "code",
        "pre",
        "math",
        "nav",
        "footer",
        "head",
        "svg",
        "kbd",
        "samp",
        "template",
        "select",
        "table",
    ]
)
#: Elements that the extension made from the ledger.
SKIPPED_CLASSES = frozenset(
    [
        "jt-num",
        "jt-data",
        "jt-label",
        "jt-short",
        "jt-claim",
        "jt-table",
        "jt-tree",
        "headerlink",
        "jt-footer",
        "jt-name",
    ]
)
VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
BLOCK = frozenset(
    [
        "p",
        "li",
        "td",
        "th",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "div",
        "section",
        "dd",
        "dt",
        "summary",
        "figcaption",
        "blockquote",
        "caption",
    ]
)
CHINESE = "〇零一二三四五六七八九十百千万亿两"
#: Digits with what belongs to them; or a Chinese numeral beside a unit, a digit or a percent word.
NUMERAL = re.compile(
    r"[+\-−]?\d[\d,.\u00a0\u202f]*\d|[+\-−]?\d"
    rf"|百分之[{CHINESE}]+(?:点[{CHINESE}]+)?|[{CHINESE}]+(?:点[{CHINESE}]+)?(?=[倍瓦度%％]|太瓦|千瓦|亿千瓦)"
    rf"|[{CHINESE}]{{2,}}(?=[年月日])|[{CHINESE}]*[十百千万亿][{CHINESE}]*(?=[个人台次])"
)


@dataclass(frozen=True)
class Found:
    """A numeral, and the words around it."""

    text: str
    context: str


def numerals(html: str, allowed: list[re.Pattern[str]]) -> list[Found]:
    """Numerals in the prose of a page that no pattern allows.

    >>> [one.text for one in numerals("<main><p>It took 3.5 percent.</p></main>", [])]
    ['3.5']
    >>> numerals('<main><p>It took <a class="jt-num">3.5 %</a>.</p></main>', [])
    []
    """
    found = []
    for block in blocks(html):
        spans = [match.span() for pattern in allowed for match in pattern.finditer(block)]
        for match in NUMERAL.finditer(block):
            if not any(low <= match.start() and match.end() <= high for low, high in spans):
                around = block[max(match.start() - 30, 0) : match.end() + 30].strip()
                found.append(Found(match[0], around))
    return found


def blocks(html: str) -> list[str]:
    """Paragraphs of prose, each as one line of text."""
    reader = _Prose()
    reader.feed(html)
    reader.close()
    reader.flush()
    return reader.found


class _Prose(HTMLParser):
    """Collects the text of the article, leaving the skipped parts out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.open: list[tuple[str, bool]] = []
        self.text: list[str] = []

    @property
    def skipping(self) -> bool:
        return any(skipped for _, skipped in self.open) or not any(
            name in ("main", "article") for name, _ in self.open
        )

    def handle_starttag(self, name: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = set((dict(attrs).get("class") or "").split())
        skipped = name in SKIPPED_TAGS or bool(classes & SKIPPED_CLASSES)
        if name in BLOCK or name == "br":
            self.flush()
        if name not in VOID:
            if skipped and not self.skipping:
                self.text.append("\ufffc")
            self.open.append((name, skipped))

    def handle_endtag(self, name: str) -> None:
        if name in BLOCK:
            self.flush()
        for position in range(len(self.open) - 1, -1, -1):
            if self.open[position][0] == name:
                del self.open[position:]
                break

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            self.text.append(data)

    def flush(self) -> None:
        """End a block."""
        line = " ".join("".join(self.text).split())
        if line:
            self.found.append(line)
        self.text = []


def load_allowed(path: Path) -> list[re.Pattern[str]]:
    """Patterns of the allow-list; each entry has a pattern and a reason."""
    entries = load(path)["allowed"] if path.exists() else []
    if any(not one.get("reason") for one in entries):
        raise ValueError(f"{path.name}: every pattern needs a reason")
    return [re.compile(one["pattern"]) for one in entries]
