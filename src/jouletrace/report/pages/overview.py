"""The verdict table, and the page of an article."""

from jouletrace.report.elements import Child, Part, Tag, el, num, para, section, to
from jouletrace.report.page import Page, small
from jouletrace.report.store import Record, claim_doc
from jouletrace.report.tables import Line, dl, spaced, table
from jouletrace.report.text import interval
from jouletrace.report.text import one as noun
from jouletrace.report.tokens import rich
from jouletrace.report.words import FLAGS, WORDS, flag_badges, word_badge

HEAD = ("Claim", "Verdict", "P", "Computed (5 to 95\N{NO-BREAK SPACE}%)", "Fidelity", "Flags")


def verdict_table(page: Page) -> list[Part]:
    """All claims of an article, or of the whole book; a filter appears where scripts run."""
    claims = [one for one in page.store.claims.values() if page.name in ("", one["article"])]
    claims.sort(key=lambda one: (one["article"], one["short"][0] == "X", one["short"]))
    lines = [_line(page, one) for one in claims]
    made = table(HEAD, lines, "Every claim with its verdict", "jt-verdicts", cards=True)
    return [el("div", _tally(claims), _controls(claims), made, cls="jt-browser")]


def _tally(claims: list[Record]) -> Tag:
    """How many claims have each word."""
    counts = {word: sum(one["word"] == word for one in claims) for word in WORDS}
    shown = [
        el("span", word_badge(word), f" {count}", cls="jt-tally-one")
        for word, count in counts.items()
        if count
    ]
    return el("p", f"{len(claims)} {noun(len(claims), 'claim')}: ", *spaced(shown), cls="jt-tally jt-data")


def _line(page: Page, claim: Record) -> Line:
    data = {
        "data_word": claim["word"],
        "data_fidelity": claim["fidelity_text"],
        "data_flags": " ".join(claim["flags"]),
    }
    name: list[Child] = [
        el("span", claim["short"], cls="jt-short"),
        " ",
        to(claim_doc(claim), "", claim["title"]["en"]),
        el("span", claim["title"]["zh"], lang="zh", cls="jt-small jt-block"),
        _stated(page, claim),
    ]
    depends = "depends on the reading" if claim["depends_on_reading"] else ""
    return Line(
        [
            name,
            [word_badge(claim["word"]), el("span", depends, cls="jt-depends jt-block")],
            _number(page, claim, "probability"),
            _value(page, claim),
            claim["fidelity_text"],
            spaced(flag_badges(claim["flags"])),
        ],
        data=data,
    )


def _stated(page: Page, claim: Record) -> Tag | None:
    """The article's own figure, where the verdict is on one."""
    full = f"{claim['id']}.{claim['headline']}.stated"
    number = _number(page, claim, "stated") if page.store.numbers.get(full, {}).get("said") else None
    return el("span", "the article: ", number, cls="jt-small jt-block") if number else None


def _number(page: Page, claim: Record, part: str, extra: Tag | None = None) -> Tag | None:
    full = f"{claim['id']}.{claim['headline']}.{part}"
    return num(page.store.number(full), extra) if full in page.store.numbers else None


def _value(page: Page, claim: Record) -> Tag:
    span = interval(claim["p05"], claim["p95"], claim["unit"])
    return _number(page, claim, "p50", small(span)) or el("span", "rests on records", cls="jt-small")


def _controls(claims: list[Record]) -> Tag:
    """Filter controls; hidden until the script can serve them."""
    words = [one for one in WORDS if any(claim["word"] == one for claim in claims)]
    fidelity = sorted({claim["fidelity_text"] for claim in claims})
    flags = [one for one in FLAGS if any(one in claim["flags"] for claim in claims)]
    return el(
        "div",
        _select("word", "Verdict", words),
        _select("fidelity", "Fidelity", fidelity),
        _select("flags", "Flag", flags),
        el("label", "Text ", el("input", type="search", data_filter="text", autocomplete="off")),
        el("p", "", cls="jt-count", role="status", aria_live="polite"),
        cls="jt-controls",
        hidden="hidden",
    )


def _select(key: str, title: str, values: list[str]) -> Tag:
    options = [el("option", "all", value=""), *(el("option", one, value=one) for one in values)]
    return el("label", f"{title} ", el("select", *options, data_filter=key))


def article(page: Page) -> list[Part]:
    """An article: what it is, its places, and its claims in the order of the text."""
    found = page.store.articles[page.name]
    about = dl(
        ("Title", el("span", found["title"]["zh"], lang="zh")),
        (
            "Published",
            [
                el("span", f"{found['publisher']}, {found['published']}", cls="jt-data"),
                f"; source named: {found['source_named']}",
            ],
        ),
        ("Work", page.work(found["cite"])),
    )
    places = section(
        "Its parts, and the claims in them",
        "places",
        *(_place(page, found, key) for key in sorted(found["places"], key=_order)),
    )
    whole = section("All its claims", "claims", *verdict_table(page))
    return [about, para(*rich(page.store, found["brief"], page.name, page.location)), places, whole]


def _place(page: Page, found: Record, key: str) -> Tag:
    claims = [page.store.claims[one] for one in found["claims"]]
    here = [one for one in claims if any(place.split(".")[0] == key for place in one["location"])]
    listed = [
        el(
            "li",
            el("span", one["short"], cls="jt-short"),
            " ",
            to(claim_doc(one), "", one["title"]["en"]),
            " ",
            word_badge(one["word"]),
        )
        for one in here
    ]
    head: list[Child] = [el("strong", f"{key}: "), found["places"][key]]
    if not listed:
        return el("p", *head, el("span", " (no claim of it is judged yet)", cls="jt-small"))
    return el("div", el("p", *head), el("ul", *listed))


def _order(place: str) -> tuple[bool, bool, str]:
    """The title first, what is only implied last."""
    return place != "T", place == "implied", place


def articles(page: Page) -> list[Part]:
    """The articles of the book, one paragraph each."""
    found: list[Part] = []
    for key, one in page.store.articles.items():
        head = para(
            to(f"articles/{key}", "", one["title"]["en"]),
            " (",
            el("span", one["title"]["zh"], lang="zh"),
            "), ",
            el("span", f"{one['publisher']}, {one['published']}", cls="jt-data"),
            ".",
        )
        found += [head, para(*rich(page.store, one["brief"], key, page.location))]
    return found
