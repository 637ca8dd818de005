"""The checker of hand-typed numbers: digits, and Chinese numerals with digits, in the prose of pages.

A number in prose comes from the ledger. What may stand by hand, such as years and the ids of claims,
is listed with a reason in book/allowed_numerals.yaml.
"""

import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from jouletrace.registry.strict_yaml import load


def named(names: str) -> frozenset[str]:
    """Names in a line as a set."""
    return frozenset(names.split())


#: Parts of a page that hold no prose of ours, or quote the ledger.
SKIPPED_TAGS = named("script style code pre math nav footer head svg kbd samp template select")
#: Elements that the extension made from the ledger.
SKIPPED_CLASSES = named(
    "jt-num jt-data jt-label jt-short jt-claim jt-table jt-tree jt-footer jt-name headerlink"
)
VOID = named("area base br col embed hr img input link meta source track wbr")
BLOCK = named("p li td th h1 h2 h3 h4 h5 h6 div section dd dt summary figcaption blockquote caption")
ARTICLE = named("main article")
UNREAD = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1>", re.DOTALL)
TOKEN = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)([^<>]*)>|([^<]+)")
CLASS = re.compile(r'\sclass="([^"]*)"')
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
    """Paragraphs of prose, each as one line of text. What is skipped leaves a mark, so words stay apart."""
    reader = _Prose()
    for closing, name, attributes, text in TOKEN.findall(UNREAD.sub("", html)):
        if text:
            reader.data(text)
        elif closing:
            reader.end(name.lower())
        else:
            reader.start(name.lower(), attributes)
    reader.flush()
    return reader.found


class _Prose:
    """Collects the text of the article, leaving the skipped parts out."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.article = 0
        self.skipped = 0  # depth at which the outermost skipped element opened, or 0

    def start(self, name: str, attributes: str) -> None:
        if name in BLOCK or name == "br":
            self.flush()
        if name in VOID:
            return
        self.open.append(name)
        self.article += name in ARTICLE
        if not self.skipped and (
            name in SKIPPED_TAGS or not SKIPPED_CLASSES.isdisjoint(_classes(attributes))
        ):
            self.skipped = len(self.open)
            self.text.append("\ufffc")

    def end(self, name: str) -> None:
        if name in BLOCK:
            self.flush()
        while name in self.open:
            last = self.open.pop()
            self.article -= last in ARTICLE
            self.skipped = self.skipped if self.skipped <= len(self.open) else 0
            if last == name:
                break

    def data(self, text: str) -> None:
        if self.article and not self.skipped:
            self.text.append(unescape(text))

    def flush(self) -> None:
        line = " ".join("".join(self.text).split())
        if line:
            self.found.append(line)
        self.text = []


def _classes(attributes: str) -> list[str]:
    found = CLASS.search(attributes)
    return found[1].split() if found else []


def load_allowed(path: Path) -> list[re.Pattern[str]]:
    """Patterns of the allow-list; each entry has a pattern and a reason."""
    entries = load(path)["allowed"] if path.exists() else []
    if any(not one.get("reason") for one in entries):
        raise ValueError(f"{path.name}: every pattern needs a reason")
    return [re.compile(one["pattern"]) for one in entries]
