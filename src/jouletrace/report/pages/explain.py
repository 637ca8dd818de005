"""Why a verdict is what it is: what drives it, what would turn it, how firm it is."""

from jouletrace.report.elements import Child, Part, Tag, el, para, section
from jouletrace.report.page import ClaimPage, small
from jouletrace.report.store import Record
from jouletrace.report.tables import Line, disclosure, table
from jouletrace.report.text import digits
from jouletrace.report.text import share as parted
from jouletrace.report.words import word_badge

#: Inputs below this share of the spread are not named.
LEAST_SHARE = 0.005
#: Shares below this are told as less than one percent: they are estimates, and may come out below zero.
NOTICED = 0.005
#: What inputs do together is told from this share of the spread on.
LEAST_TOGETHER = 0.05
PASSING = " It may pass the whole where inputs that come from one row of a table cancel in part."
UNSETTLED = "The search for a change of several inputs together that would do it did not settle."
SMALLER = (
    "The nearest change of several inputs together can only be smaller; the search for it did not settle."
)
OUTSIDE = "outside the range we give it"


def what_drives(page: ClaimPage) -> Part | None:
    """The inputs behind the spread of the headline's result."""
    made = drivers(page, page.headline)
    if not made:
        return None
    taken = "the logarithm of the result" if page.headline["spread_of"] == "logarithm" else "the result"
    passing = PASSING if max(one["share"] for one in _named(page.headline)) > 1.0 else ""
    lead = para(
        "For the reading that the verdict rests on. The first share of an input is the part of the spread "
        "(the variance of ",
        taken,
        " over all draws) that would go away if it were known; its whole share adds what it does together "
        "with others; the share at the middle is the same at the central values alone.",
        passing,
    )
    return section("What drives it", "drivers", lead, *made)


def would_be_true(page: ClaimPage) -> Part | None:
    """What would turn the headline's verdict."""
    made = flip(page, page.headline)
    return section("What would have to be true", "flip", *made) if made else None


def robustness(page: ClaimPage) -> Part | None:
    """How firm the headline's verdict is."""
    made = firmness(page, page.headline)
    return section("How firm it is", "robustness", made) if made else None


def other_rows(page: ClaimPage) -> Part | None:
    """The same three answers for every other reading and variant, closed at first."""
    rows = [row for row in page.evidence["rows"] if not row["is_headline"] and row["kind"] == "numbers"]
    if not rows:
        return None
    parts = [_other(page, row) for row in rows]
    return section("The other readings", "others", *[part for part in parts if part is not None])


def _other(page: ClaimPage, row: Record) -> Tag | None:
    parts = [*drivers(page, row), *flip(page, row), firmness(page, row)]
    kept = [part for part in parts if part is not None]
    title: list[Child] = [
        el("strong", row["label"], cls="jt-label"),
        " ",
        *page.rich(row["text"]),
        " ",
        word_badge(row["word"]),
    ]
    return disclosure(title, *kept) if kept else None


def drivers(page: ClaimPage, row: Record) -> list[Tag]:
    """Inputs by their share of the spread, with what one percent more of each does."""
    found = _named(row)
    if not found:
        return []
    lines = [
        Line(
            [
                page.node_link(one["input"]),
                page.node_value(one["input"]),
                _share(page, row, one, "sobol_first", "Part of the spread that goes with it", bar=True),
                _share(page, row, one, "sobol_total", "Part of the spread that it has a hand in"),
                _share(page, row, one, "share", "Share of the variance at the central values"),
                _moved(page, row, one),
            ]
        )
        for one in found
    ]
    head = ("Input", "Value", "First share", "Whole share", "At the middle", "One percent more moves it by")
    made = table(head, lines, "Inputs that the result depends on most", "jt-drivers")
    return [*_known(page, row, found), made]


def _named(row: Record) -> list[Record]:
    """Drivers that a reader could notice, the strongest first."""
    return [one for one in row.get("drivers") or [] if max(_weight(one), one["share"]) >= LEAST_SHARE]


def _weight(one: Record) -> float:
    total = one["sobol_total"]
    return one["share"] if total is None else float(total)


def _known(page: ClaimPage, row: Record, found: list[Record]) -> list[Tag]:
    """In plain words: what knowing the strongest input would do, and what inputs do together."""
    first = [one["sobol_first"] for one in row["drivers"] if one["sobol_first"] is not None]
    if not first:
        return []
    best = max(found, key=lambda one: one["sobol_first"] or 0.0)
    parts: list[Child] = [
        "Of the spread of the result, ",
        _percent(page, row, best["sobol_first"], "Part of the spread that goes if this input is known"),
        " would go away if this input were known: ",
        page.node_link(best["input"]),
        ".",
    ]
    together = 1.0 - sum(first)
    if together >= LEAST_TOGETHER:
        shown = _percent(page, row, together, "One less the first shares of all inputs")
        parts += [" Another ", shown, " is due to inputs acting together."]
    return [para(*parts)]


def _share(
    page: ClaimPage, row: Record, one: Record, key: str, title: str, bar: bool = False
) -> list[Child] | None:
    if one[key] is None:
        return ["counted with ", page.node_link(one["counted_with"])] if bar and one["counted_with"] else None
    half = one.get(f"{key}_half")
    note = f"95 % interval of the estimate: \N{PLUS-MINUS SIGN} {100 * half:.1f} %" if half else ""
    made = _percent(page, row, one[key], title, note)
    return [_bar(one[key]), " ", made] if bar else [made]


def _percent(page: ClaimPage, row: Record, share: float, title: str, note: str = "") -> Tag:
    text = parted(share) if share >= NOTICED else "<1 %"
    return page.made(text, title, {**row, "unit": ""}, note)


def _bar(share: float) -> Tag:
    width = min(max(round(100 * share), 1), 100)
    return el("span", el("span", style=f"width: {width}%"), cls="jt-bar", aria_hidden="true")


def _moved(page: ClaimPage, row: Record, one: Record) -> Tag:
    sign = "+" if one["elasticity"] > 0 else ""
    text = f"{sign}{digits(one['elasticity'])} %" if one["elasticity"] else "not at all"
    return page.made(text, "Elasticity at the central values", {**row, "unit": ""})


def flip(page: ClaimPage, row: Record) -> list[Tag]:
    """The nearest joint change that turns the sentence, and the break-even of each input alone."""
    if row["kind"] != "numbers" or not row.get("edges"):
        return []
    return [part for part in (_joint(page, row), _alone(page, row)) if part is not None]


def _joint(page: ClaimPage, row: Record) -> Tag:
    found = row.get("flip")
    if not found:
        return _unsettled(page, row)
    turned = "true" if (row["probability"] or 0.0) < 0.5 else "false"
    distance = page.made(
        digits(found["distance"]), "Distance of the nearest turn, in standard deviations", {**row, "unit": ""}
    )
    chance = page.made(
        _chance(found["crossing_sampled"]),
        "Probability of lying beyond the turn, by sampling",
        {**row, "unit": ""},
        f"first-order value {_chance(found['crossing_form'])}",
    )
    lead = para(
        f"For this reading to come out {turned}, the least unlikely change of the inputs is this",
        ":" if len(found["moves"]) == 1 else ", all of it together:",
    )
    tail = para(
        "That lies ",
        distance,
        " standard deviations from the middle of our inputs. With every input made normal or lognormal, "
        "the chance of being beyond it is ",
        chance,
        "; P above uses the inputs as they are stated.",
    )
    moves = el("ul", *(_move(page, one) for one in found["moves"]), cls="jt-moves")
    return el("div", lead, moves, tail)


def _unsettled(page: ClaimPage, row: Record) -> Tag:
    """What turns a reading whose nearest joint change was not found: single inputs, if any do."""
    turning = [one for one in _named(row) if _is_possible(page, one)]
    inside = [one for one in turning if not one["outside"]]
    if inside:
        moves = [
            _move(page, {**one, "from": page.graph[one["input"]]["p50"], "to": one["break_even"]})
            for one in inside
        ]
        lead = "Each of these changes alone turns this reading, within the range that we give the input:"
        return el("div", para(lead), el("ul", *moves, cls="jt-moves"), para(SMALLER))
    if turning:
        return para("No input alone turns this reading unless it leaves the range we give it. ", UNSETTLED)
    return para("No input alone turns this reading, whatever its value. ", UNSETTLED)


def _chance(value: float) -> str:
    return "below one in a million" if value < 1e-6 else digits(value)


def _move(page: ClaimPage, one: Record) -> Tag:
    mark: list[Child] = [" ", el("span", OUTSIDE, cls="jt-outside")] if one["outside"] else []
    return el(
        "li",
        page.node_link(one["input"]),
        ": from ",
        page.node_value(one["input"], one["from"]),
        " to ",
        page.node_value(one["input"], one["to"]),
        *mark,
    )


def _alone(page: ClaimPage, row: Record) -> Tag | None:
    found = _named(row)
    if not found:
        return None
    lines = [
        Line([page.node_link(one["input"]), page.node_value(one["input"]), _even(page, one)]) for one in found
    ]
    head = ("Input", "Now", "Turns the reading alone at")
    return table(head, lines, "One input alone, all others at their middle", "jt-even")


def _is_possible(page: ClaimPage, one: Record) -> bool:
    """Whether a value of the input turns the reading: none below zero for what is never below zero."""
    even = one["break_even"]
    return even is not None and not even < 0.0 < page.graph[one["input"]]["p05"]


def _even(page: ClaimPage, one: Record) -> list[Child]:
    if not _is_possible(page, one):
        return ["no value does it"]
    mark = el("span", OUTSIDE, cls="jt-outside jt-block") if one["outside"] else small("within its range")
    return [page.node_value(one["input"], one["break_even"]), mark]


def firmness(page: ClaimPage, row: Record) -> Tag | None:
    """P again with judgements stressed, and the word without figures from memory."""
    found = row.get("robustness")
    if not found:
        return None
    cases: list[tuple[str, str, str]] = [
        ("as computed", row["probability_text"], row["word"]),
        ("ranges of our judgements doubled", found["doubled"], found["doubled_word"]),
        (
            "our judgements high or low together",
            found["dependent"],
            found["dependent_word"],
        ),
    ]
    lines = [
        Line([name, page.made(p, f"Probability, {name}", {**row, "unit": ""}), word_badge(w)])
        for name, p, w in cases
    ]
    if found["survives"] is not None:
        kept = "the word stays" if found["survives"] else "the word does not stay"
        without = found["without_recalled"]
        lines.append(
            Line(
                [
                    f"figures from memory at their worst: {kept}",
                    None,
                    word_badge(without) if without else None,
                ]
            )
        )
    return table(("Case", "P", "Verdict"), lines, "The verdict under stress", "jt-firm")
