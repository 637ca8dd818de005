"""Every reading and variant of a claim against its verdict, and the other numbers of its page."""

from jouletrace.report.elements import Child, Part, Tag, el, para, section, to
from jouletrace.report.page import ClaimPage
from jouletrace.report.store import Record, anchor
from jouletrace.report.tables import Line, spaced, table
from jouletrace.report.text import show
from jouletrace.report.words import flag_badges, word_badge

BY_RULE = "an edge that the words of the article or the rule of this page set"
SIGNS = {"above": "above", "below": "below", "about": "about", "between": "between"}


def matrix(page: ClaimPage) -> Part:
    """The matrix of readings; an ordinary reader's are marked, the headline's is first among them."""
    head = ("Reading", "Value (5 to 95\N{NO-BREAK SPACE}%)", "Holds if", "P", "Verdict")
    notes = {row["label"]: row.get("note") for row in page.evidence["rows"]}
    lines = [_line(page, row, _is_new(row, notes)) for row in page.evidence["rows"]]
    made = table(head, lines, "Readings and variants, each with its verdict", "jt-matrix", cards=True)
    return section(
        "Readings and verdicts",
        "readings",
        para(
            "A sentence can be read in several ways. ",
            el("strong", "★"),
            " marks the reading that the verdict rests on, ",
            el("strong", "☆"),
            " other readings that an ordinary reader may take; indented lines "
            "change one thing of the reading above them.",
        ),
        made,
    )


def _is_new(row: Record, notes: dict[str, str | None]) -> bool:
    """Whether a row has a note of its own: a variant that keeps its reading's does not repeat it."""
    reading, _, variant = row["label"].partition("/")
    return not variant or row.get("note") != notes.get(reading)


def _line(page: ClaimPage, row: Record, has_note: bool) -> Line:
    return Line(
        cells=[
            _name(page, row, has_note),
            page.figure(row, "p50", with_interval=True),
            threshold(page, row) if row["kind"] == "numbers" else None,
            page.figure(row, "probability"),
            [
                word_badge(row["word"]),
                el("span", *spaced(flag_badges(row["flags"])), cls="jt-flags jt-block"),
            ],
        ],
        ids=anchor("row", row["label"]),
        cls=("jt-variant" if "/" in row["label"] else "jt-first")
        + (" jt-headline" if row["is_headline"] else ""),
    )


def _name(page: ClaimPage, row: Record, has_note: bool) -> list[Child]:
    mark = "★ " if row["is_headline"] else "☆ " if row["ordinary"] else ""
    text = page.rich(row["text"])
    across = (row.get("proposition") or {}).get("across")
    told = [
        row.get("reason"),
        row.get("note") if has_note else None,
        f"Compares unlike things: {across}." if across else "",
    ]
    notes = [el("span", *page.rich(one), cls="jt-small jt-block") for one in told if one]
    if "/" in row["label"]:
        return [
            *text,
            el("span", _label(page, row, row["label"].partition("/")[2]), cls="jt-small jt-block"),
            *notes,
        ]
    return [mark, el("strong", _label(page, row, row["label"])), " ", *text, *notes]


def _label(page: ClaimPage, row: Record, text: str) -> Tag:
    if row["kind"] == "none":
        return el("span", text, cls="jt-label")
    return to(page.doc, anchor("trace", row["label"]), text, cls="jt-label")


def threshold(page: ClaimPage, row: Record) -> Tag | None:
    """What the value must reach, in the unit of the row."""
    edges, asked = row.get("edges") or [], row.get("proposition") or {}
    if not edges:
        return None
    if len(edges) == 1:
        unit = "ratio" if edges[0] == 1.0 and row["unit"] == "times" else row["unit"]
        text = f"{SIGNS[asked['is']]} {show(edges[0], unit)}"
    else:
        text = f"{show(edges[0], row['unit'])} to {show(edges[-1], row['unit'])}"
    return page.made(text, "What the value must reach", row, _against(page, row, asked))


def _against(page: ClaimPage, row: Record, asked: Record) -> str:
    other = page.graph.get(row.get("than_node") or "")
    if asked.get("than") and other:
        return f"compared with: {other['title']}"
    if asked.get("of") and other:
        return f"as a share of: {other['title']}"
    if not asked.get("value"):
        return ""
    return f"the article states {show(asked['value'], row['unit'])}" if asked["is"] == "about" else BY_RULE


def context(page: ClaimPage) -> Part | None:
    """Computed quantities that the text of the page speaks of, without a verdict."""
    found = page.evidence["context"]
    if not found:
        return None
    lines = [
        Line(
            [page.rich(row["text"]), page.figure(row, "p50", with_interval=True)],
            ids=anchor("row", row["label"]),
        )
        for row in found
    ]
    made = table(
        ("Quantity", "Value (5 to 95\N{NO-BREAK SPACE}%)"),
        lines,
        "Other quantities computed for this page",
        "jt-scale",
    )
    return section("For scale", "context", made)
