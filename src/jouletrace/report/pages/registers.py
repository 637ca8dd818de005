"""The lists at the back of the book: tables of figures, inputs, works, scenarios, messages, corrections."""

from jouletrace.report.elements import Child, Part, Tag, el, para, section, titled, to, web
from jouletrace.report.page import Page
from jouletrace.report.pages.inputs import distribution
from jouletrace.report.store import Record, claim_doc
from jouletrace.report.tables import Line, dl, spaced, table
from jouletrace.report.text import one as noun
from jouletrace.report.text import show, slug
from jouletrace.report.words import FLAGS, GRADES, flag_badges, grade_badge, word_badge


def used_by(page: Page, claims: list[str]) -> list[Child]:
    """Links to the claims that use something."""
    known = [page.store.claims[one] for one in claims if one in page.store.claims]
    links = [to(claim_doc(one), "", one["short"]) for one in known]
    return spaced(links) if links else ["no claim yet"]


def datasets(page: Page) -> list[Part]:
    """Each table: publisher, licence, digest, rows, how to cite it, and the file."""
    return [_dataset(page, key, one) for key, one in page.store.datasets.items()]


def _dataset(page: Page, key: str, one: Record) -> Part:
    snapshot = one.get("snapshot") or {}
    download = (
        el("a", f"{key}.csv", href=one["download"], download=f"{key}.csv") if one.get("download") else None
    )
    licence: list[Child] = [
        web(one["licence_url"], one["licence"]) if one.get("licence_url") else one["licence"]
    ]
    upstream = one.get("upstream") or {}
    return section(
        one["title"],
        f"dataset-{slug(key)}",
        dl(
            ("Publisher", "compiled by this project" if one.get("compiled") else one["publisher"]),
            ("Licence", licence),
            ("Rows", str(one["rows"])),
            ("Retrieved", str(one["retrieved"])),
            ("Digest (sha256)", el("code", snapshot.get("sha256", ""), cls="jt-digest")),
            (
                "Cite",
                page.work(one["cite"]) if one.get("cite") else None,
            ),
            ("Boundaries", _boundaries(one.get("boundaries") or {})),
            ("Publisher's file", web(upstream["url"], upstream["url"]) if upstream.get("url") else None),
            ("Note", one.get("note") or upstream.get("note")),
            ("Used by", used_by(page, one["used_by"])),
            ("Download", download),
            cls="jt-data",
        ),
    )


def _boundaries(titles: dict[str, str]) -> Tag | None:
    """What the keys in the column ``boundary`` of a table mean."""
    lines = [el("li", el("code", key), f": {title}") for key, title in titles.items()]
    return el("ul", *lines) if lines else None


def inputs(page: Page) -> list[Part]:
    """Every input of the registry with its cases."""
    return [
        el(
            "div",
            *(_input(page, key, one) for key, one in sorted(page.store.inputs.items())),
            cls="jt-register",
        )
    ]


def _input(page: Page, key: str, one: Record) -> Tag:
    cases = [_case(page, name, case, one["unit"]) for name, case in (one.get("cases") or {}).items()]
    found = one.get("from") or {}
    table_link = (
        to("data", f"dataset-{slug(found['dataset'])}", found["dataset"]) if found.get("dataset") else None
    )
    error = one.get("error")
    return el(
        "div",
        el("h3", one["title"]),
        dl(
            ("Name", el("code", key)),
            ("Boundary", one["boundary"]),
            ("Cases", el("ul", *cases) if cases else None),
            ("Table", table_link),
            ("Computed dataset", _drawn(one.get("draws"))),
            (
                "Error",
                [
                    grade_badge(error["grade"]),
                    " ",
                    distribution(error["distribution"]),
                    "; ",
                    error.get("why") or "",
                ]
                if error
                else None,
            ),
            ("Note", one.get("note")),
            ("File", el("code", one["file"])),
            ("Used by", used_by(page, one["used_by"])),
            cls="jt-data",
        ),
        ids=f"input-{slug(key)}",
        cls="jt-entry",
    )


def _drawn(draws: Record | None) -> list[Child]:
    """Which column of a computed dataset an input is."""
    if not draws:
        return []
    link = to("data", f"computed-{slug(draws['dataset'])}", draws["dataset"])
    return [link, ", column ", el("code", draws["column"])]


def _case(page: Page, name: str, case: Record, unit: str) -> Tag:
    cite = case.get("cite")
    work: list[Child] = [", ", page.work(cite), f", {case.get('locator') or ''}"] if cite else []
    why = f"; {case['why']}" if case.get("why") else ""
    return el(
        "li",
        el("strong", name),
        ": ",
        distribution(case["distribution"], unit),
        f" ({unit}) ",
        grade_badge(case["grade"]),
        *work,
        why,
    )


def bibliography(page: Page) -> list[Part]:
    """Every work, with an anchor."""
    found = sorted(page.store.bibliography.values(), key=lambda one: (one["author"], one["year"], one["key"]))
    return [el("ul", *(_work(one) for one in found), cls="jt-bibliography jt-data")]


def _work(one: Record) -> Tag:
    parts: list[Child] = [
        f"{one['author']} ({one['year']}). ",
        titled(one["title"]),
        f". {one['publisher']}.",
    ]
    out: list[Child] = [" ", web(one["url"], one["url"])] if one.get("url") else []
    note = el("span", one["note"], cls="jt-small jt-block") if one.get("note") else None
    return el(
        "li",
        *parts,
        *out,
        note,
        el("code", one["key"], cls="jt-block jt-name"),
        ids=f"bib-{slug(one['key'])}",
    )


def scenarios(page: Page) -> list[Part]:
    """What each scenario changes, and which readings it moves."""
    found = [_scenario(page, key, one) for key, one in page.store.scenarios.items()]
    return found or [para("This build judged no scenario beside its own.")]


def _scenario(page: Page, key: str, one: Record) -> Part:
    turned = [line for line in one["moved"] if line["turned"]]
    moved = [_moved(page, line) for line in sorted(one["moved"], key=lambda line: not line["turned"])]
    head = ("Reading", "Here", "In the scenario")
    shown = (
        table(head, moved, f"What moves: {one['title']}") if moved else para("No word and no value moves.")
    )
    count = f"{len(one['moved'])} of {one['rows']} {noun(one['rows'], 'reading')} "
    return section(
        one["title"],
        f"scenario-{slug(key)}",
        para(one["why"], cls="jt-data"),
        para(
            el("span", count, cls="jt-data"),
            "move, ",
            el("span", f"{len(turned) or 'none'} of them to another word", cls="jt-data"),
            ". The file is ",
            el("code", f"data/registry/scenarios/{key}.yaml"),
            ".",
        ),
        shown,
    )


def _moved(page: Page, line: Record) -> Line:
    claim = page.store.claims[line["claim"]]
    name = [
        to(claim_doc(claim), f"row-{slug(line['row'])}", f"{claim['short']} {line['row']}"),
        " ",
        line["text"],
        el("span", "turns", cls="jt-small jt-block") if line["turned"] else None,
    ]
    return Line([name, *(_state(line[side], line["unit"]) for side in ("base", "here"))])


def _state(state: Record, unit: str) -> list[Child]:
    return [
        word_badge(state["word"]),
        f" P {state['probability_text']}" if state.get("probability_text") else "",
        el("span", show(state["p50"], unit), cls="jt-small jt-block")
        if state.get("p50") is not None
        else None,
    ]


def problems(page: Page) -> list[Part]:
    """The catalogue of messages: what is wrong, and what to do."""
    lines = [
        Line([el("code", code), what, todo], ids=f"problem-{code.lower()}")
        for code, (what, todo) in sorted(page.store.problems.items())
    ]
    return [table(("Code", "What is wrong", "What to do"), lines, "Messages of the registry's check")]


def corrections(page: Page) -> list[Part]:
    """The corrections log."""
    lines = [
        Line(
            [
                el("span", str(one.get("date", ""))),
                used_by(page, [one["claim"]]) if one.get("claim") else None,
                one["what"],
            ]
        )
        for one in page.store.ledger["corrections"]
    ]
    if not lines:
        return [para("No correction has been made yet.")]
    return [table(("Date", "Claim", "What was corrected"), lines, "Corrections, the latest first")]


def words(page: Page) -> list[Part]:
    """Every word, flag and grade of a verdict, with what it means."""
    limits = page.store.settings["thresholds"]
    ranges = {
        "true": f"P from {limits['true_from']}",
        "leans true": f"P from {limits['leans_true_from']}, below {limits['true_from']}",
        "undetermined": f"P from {limits['undetermined_from']}, below {limits['leans_true_from']}",
        "leans false": f"P above {limits['leans_false_above']}, below {limits['undetermined_from']}",
        "false": f"P up to {limits['leans_false_above']}",
        "located": "the text that the article names was found",
        "not located": "it was not found",
        "opinion": "a view, which no number decides",
        "not judged": "no verdict, with the reason on the page of the claim",
    }
    lines = [Line([word_badge(word), meaning]) for word, meaning in ranges.items()]
    flags = [Line([flag_badges([flag])[0], meaning]) for flag, meaning in FLAGS.items()]
    grades = [Line([grade_badge(grade), meaning]) for grade, meaning in GRADES.items()]
    head = ("Word", "Meaning")
    return [
        table(head, lines, "Words of a verdict"),
        table(("Flag", "Meaning"), flags, "Flags beside it"),
        table(("Grade", "Meaning"), grades, "Grades of the inputs below it"),
    ]
