"""The page of a claim: verdict first, then what it rests on, down to every input."""

from jouletrace.report.elements import Child, Part, Tag, el, para, section, titled, to, web
from jouletrace.report.page import ClaimPage
from jouletrace.report.pages.calculation import traces
from jouletrace.report.pages.explain import other_rows, robustness, what_drives, would_be_true
from jouletrace.report.pages.figure import figure
from jouletrace.report.pages.inputs import inputs
from jouletrace.report.pages.matrix import context, matrix
from jouletrace.report.pages.members import members
from jouletrace.report.pages.questions import also_on_record, questions
from jouletrace.report.tables import disclosure, dl, spaced
from jouletrace.report.words import FLAGS, flag_badges, word_badge


def claim(page: ClaimPage) -> list[Part]:
    """All parts in reading order; parts without content are left out."""
    parts: list[Part | None] = [
        para(el("span", page.claim["title"]["zh"], lang="zh"), cls="jt-zh-title"),
        verdict(page),
        finding(page),
        said(page),
        source(page),
        figure(page),
        matrix(page),
        context(page),
        members(page),
        what_drives(page),
        would_be_true(page),
        robustness(page),
        other_rows(page),
        questions(page),
        also_on_record(page),
        inputs(page),
        traces(page),
        history(page),
        report_problem(page),
    ]
    return [part for part in parts if part is not None]


def verdict(page: ClaimPage) -> Tag:
    """The word, its probability, the reading that it rests on, and what weakens it."""
    row, entry = page.headline, page.entry
    probability = page.figure(row, "probability")
    value = page.figure(row, "p50")
    about = [el("p", "Read as: ", *page.rich(row["text"]), f" ({row['label']}).", cls="jt-reading")]
    if probability:
        about.append(el("p", "Probability that this holds: ", probability, ". ", *_computed(page, value)))
    if row.get("grade"):
        about.append(el("p", f"Decided by a record of grade “{row['grade']}”."))
    notes = _notes(page)
    return el(
        "div",
        el(
            "div",
            word_badge(row["word"], large=True),
            *spaced([None, *flag_badges(entry["flags"])]),
            cls="jt-words",
        ),
        *about,
        el("ul", *notes, cls="jt-notes") if notes else None,
        cls=f"jt-verdict jt-edge-{row['word'].replace(' ', '-')}",
    )


def _computed(page: ClaimPage, value: Tag | None) -> list[Child]:
    span = page.span(page.headline)
    if not value:
        return []
    tail = [" (", page.made(span, "5 to 95 % interval of the result", page.headline), ")."] if span else ["."]
    return ["Computed: ", value, *tail]


def _notes(page: ClaimPage) -> list[Tag]:
    row, claim_entry = page.headline, page.claim
    notes: list[list[Child]] = []
    if page.evidence["depends_on_reading"]:
        notes.append([el("strong", "Depends on the reading:"), " ordinary readings contradict each other."])
    if claim_entry["open_until"]:
        notes.append(
            [
                el("strong", "Open:"),
                " the date of the claim, ",
                el("span", claim_entry["open_until"], cls="jt-data"),
                ", lies ahead.",
            ]
        )
    if claim_entry["provisional"]:
        notes.append([el("strong", "Provisional:"), " ", *page.rich(claim_entry["provisional"])])
    if claim_entry["modal"] and row.get("possible") is not None:
        reached = "reaches" if row["possible"] else "does not reach"
        least = el("span", str(page.store.settings["possible_from"]), cls="jt-data")
        said = f" the claim only says that it may be so. P {reached} "
        notes.append([el("strong", "“May”:"), said, least, ", from which on a “may” is granted."])
    if row.get("stated_inside") is not None:
        where = "inside" if row["stated_inside"] else "outside"
        notes.append([el("strong", "The stated value"), f" lies {where} the interval."])
    notes += [
        [el("strong", f"{flag}:"), f" {FLAGS[flag]}."]
        for flag in row["flags"]
        if flag in ("borderline", "unverified")
    ]
    return [el("li", *note) for note in notes]


def finding(page: ClaimPage) -> Tag:
    """The finding, with a note where it was written for another verdict."""
    entry = page.entry
    turned = entry["word"] != entry["written_for"]
    note = el(
        "p",
        "This paragraph was written for another state of the registry, in which the verdict was "
        f"“{entry['written_for']}”; the verdict here is ",
        word_badge(entry["word"]),
        ".",
        cls="jt-note",
    )
    return el("div", note if turned else None, para(*page.rich(page.claim["finding"])), cls="jt-finding")


def said(page: ClaimPage) -> Part:
    """What the article says, in both languages, and where."""
    article = page.store.articles[page.article]
    places = [f"{_place(article, one)} ({one})" for one in page.claim["location"]]
    return section(
        "What the article says",
        "says",
        el(
            "blockquote",
            el("p", *page.rich(page.claim["says"]["en"])),
            el("p", *page.rich(page.claim["says"]["zh"]), lang="zh"),
            cls="jt-says",
        ),
        el(
            "p",
            "Our paraphrase. Place: ",
            "; ".join(places),
            ", in ",
            to(f"articles/{page.article}", "", article["title"]["en"]),
            ".",
            cls="jt-small",
        ),
    )


def _place(article: dict, place: str) -> str:
    return article["places"].get(place) or article["places"].get(place.split(".")[0], place)


def source(page: ClaimPage) -> Part:
    """What the article's source says, what changed on the way, and the word for it."""
    found = page.claim["source"]
    cited = [_cited(page, key) for key in found["cite"]]
    return section(
        "What its source says",
        "source",
        para(*page.rich(found["says"])),
        dl(
            ("What changed on the way", page.rich(found["change"])),
            ("Fidelity", el("span", page.entry["fidelity_text"], cls="jt-fidelity")),
            ("Works", el("ul", *(el("li", one) for one in cited), cls="jt-works") if cited else None),
        ),
    )


def _cited(page: ClaimPage, key: str) -> Tag:
    entry = page.store.bibliography.get(key, {})
    out: list[Child] = [" ", web(entry["url"], "(link)")] if entry.get("url") else []
    return el("span", page.work(key), ": ", titled(entry.get("title", key)), *out, cls="jt-data")


def history(page: ClaimPage) -> Part | None:
    """Changes of the entry after it was first evaluated."""
    found = page.claim.get("history") or []
    changes = [el("li", *page.rich(one)) for one in found]
    rule = para("How it is judged: ", *page.rich(page.claim["rule"]))
    listed = (
        el("ul", *changes) if changes else para("The entry has not changed since it was first evaluated.")
    )
    return section("Rule and history", "rule", rule, listed)


def report_problem(page: ClaimPage) -> Tag:
    """A block to copy into a message: what is wrong, with the trace already named."""
    build = page.store.build
    text = "\n".join(
        f"{key}: {value}"
        for key, value in (
            ("claim", page.name),
            ("verdict", page.entry["word"]),
            ("reading", page.headline["label"]),
            ("version", build["version"]),
            ("commit", build["commit"] or "unknown"),
            ("data", build["data_digest"]),
            ("as of", build["as_of"]),
            ("scenario", build["scenario"]),
            ("what is wrong", ""),
            ("what the source says, with page or table", ""),
        )
    )
    return disclosure(
        "Report a problem with this page",
        el(
            "p",
            "Copy this block, fill in its last lines, and send it as ",
            to("about", "answer-back", "the page on answering back"),
            " says.",
        ),
        el("pre", text, cls="jt-report"),
        ids="report-a-problem",
    )
