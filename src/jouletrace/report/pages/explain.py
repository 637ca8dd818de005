"""Why a verdict is what it is: what drives it, what would turn it, how firm it is."""

from jouletrace.report.elements import Child, Part, Tag, el, para, section
from jouletrace.report.page import ClaimPage, small
from jouletrace.report.store import Record
from jouletrace.report.tables import Line, disclosure, table
from jouletrace.report.text import digits
from jouletrace.report.words import word_badge

#: Inputs below this share of the spread are not named.
LEAST_SHARE = 0.005
OUTSIDE = "outside the range we give it"


def what_drives(page: ClaimPage) -> Part | None:
    """The inputs behind the spread of the headline's result."""
    made = drivers(page, page.headline)
    return (
        section("What drives it", "drivers", para("For the reading that the verdict rests on."), made)
        if made
        else None
    )


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
    parts = [drivers(page, row), *flip(page, row), firmness(page, row)]
    kept = [part for part in parts if part is not None]
    title: list[Child] = [
        el("strong", row["label"], cls="jt-label"),
        " ",
        *page.rich(row["text"]),
        " ",
        word_badge(row["word"]),
    ]
    return disclosure(title, *kept) if kept else None


def drivers(page: ClaimPage, row: Record) -> Tag | None:
    """Inputs by their share of the spread, with what one percent more of each does."""
    found = [one for one in row.get("drivers") or [] if one["share"] >= LEAST_SHARE]
    if not found:
        return None
    lines = [
        Line(
            [
                page.node_link(one["input"]),
                page.node_value(one["input"]),
                _share(page, row, one),
                _moved(page, row, one),
            ]
        )
        for one in found
    ]
    head = ("Input", "Value", "Share of the spread", "One percent more moves it by")
    return table(head, lines, "Inputs that the result depends on most", "jt-drivers")


def _share(page: ClaimPage, row: Record, one: Record) -> list[Child]:
    percent = round(100 * one["share"])
    bar = el("span", el("span", style=f"width: {max(percent, 1)}%"), cls="jt-bar", aria_hidden="true")
    text = f"{percent} %" if percent else "<1 %"
    return [
        bar,
        " ",
        page.made(text, "Share of the variance of the result, in logarithms", {**row, "unit": ""}),
    ]


def _moved(page: ClaimPage, row: Record, one: Record) -> Tag:
    sign = "+" if one["elasticity"] > 0 else "\N{MINUS SIGN}"
    text = f"{sign}{digits(abs(one['elasticity']))} %"
    return page.made(text, "Elasticity at the central values", {**row, "unit": ""})


def flip(page: ClaimPage, row: Record) -> list[Tag]:
    """The nearest joint change that turns the sentence, and the break-even of each input alone."""
    if row["kind"] != "numbers" or not row.get("edges"):
        return []
    return [part for part in (_joint(page, row), _alone(page, row)) if part is not None]


def _joint(page: ClaimPage, row: Record) -> Tag:
    found = row.get("flip")
    if not found:
        return para("No joint change of the inputs was found that turns this reading.")
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
    found = [one for one in row.get("drivers") or [] if one["share"] >= LEAST_SHARE]
    if not found:
        return None
    lines = [
        Line([page.node_link(one["input"]), page.node_value(one["input"]), _even(page, one)]) for one in found
    ]
    head = ("Input", "Now", "Turns the reading alone at")
    return table(head, lines, "One input alone, all others at their middle", "jt-even")


def _even(page: ClaimPage, one: Record) -> list[Child]:
    if one["break_even"] is None:
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
