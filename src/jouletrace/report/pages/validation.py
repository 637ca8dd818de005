"""Whether the reconstruction can be trusted: chains, parameters, checks, forecasts of the past, ranks."""

from jouletrace.report.elements import Part, Tag, el, para, section
from jouletrace.report.page import Page
from jouletrace.report.pages.reconstruction import dataset, figure
from jouletrace.report.store import Record
from jouletrace.report.tables import Line, dl, table
from jouletrace.report.text import digits, interval, share, show, slug, whole
from jouletrace.report.text import one as noun

TITLES = {
    "methods": "Methods of making a figure",
    "boundaries": "What a figure counts",
    "places": "Parts of Europe",
    "scales": "Sizes of errors and of changes",
}
LEADS = {
    "methods": "Level: what figures made this way are, on the whole, times the reconstruction. Drift: how "
    "much higher they come out with each year that they look ahead. Bottom-up studies are the reference: "
    "nothing in the data can tell whether all of them are wrong together.",
    "boundaries": "What a figure with another boundary is, times one with that of the reconstruction.",
    "places": "The part of Europe that a place is, and by how much that part grows each year.",
    "scales": "Typical sizes: one standard deviation, in percent. The chains move in these; the effects "
    "above are drawn afterwards and have no diagnostics of their own.",
}
LESS = "the smallest over all curves and years"


def diagnostics(page: Page) -> list[Part]:
    """What the chains say of themselves."""
    one = page.store.shown["datasets"]["reconstruction"]
    pairs = (
        (
            "Chains and draws kept",
            f"{one['chains']} {noun(one['chains'], 'chain')}, {digits(one['draws'])} draws",
        ),
        ("Largest R-hat", f"{one['largest_r_hat']} (chains that agree have one; wanted below 1.01)"),
        ("Effective draws", f"{digits(one['effective_draws'])}, {LESS}"),
        ("Divergences", f"{one['divergences']} of {digits(one['draws'])} draws, steps that went astray"),
        ("Steps for a draw", f"{digits(one['mean_steps'])} on average"),
        ("Time", f"{show(one['seconds'])} s on {one['cores']} {noun(one['cores'], 'core')}"),
    )
    return [dl(*((term, el("span", text, cls="jt-data")) for term, text in pairs))]


def parameters(page: Page) -> list[Part]:
    """What was learned, in groups."""
    found = page.store.shown["parameters"]
    parts: list[Part] = []
    for group, title in TITLES.items():
        rows = [one for one in found if one["group"] == group]
        parts.append(section(title, f"learned-{group}", para(LEADS[group]), _learned(rows, title)))
    return parts


def _learned(rows: list[Record], title: str) -> Tag:
    has_chains = any(one["r_hat"] is not None for one in rows)
    has_words = any(one["says"] for one in rows)
    more = ("R-hat", "Effective draws") if has_chains else ("That is",) if has_words else ()
    lines = []
    for one in rows:
        last = _quality(one) if has_chains else (one["says"],) if has_words else ()
        lines.append(Line([one["words"], _value(one), _span(one), *last], ids=f"learned-{slug(one['key'])}"))
    return table(("What", "Median", "5 to 95\N{NO-BREAK SPACE}%", *more), lines, title)


def _value(one: Record) -> str:
    sign = "+" if one["kind"] == "drift" and round(one["p50"], 1) > 0 else ""
    return f"{sign}{_short(one, 'p50')}{' %' if one['unit'] == 'percent' else ''}"


def _span(one: Record) -> str:
    unit = " %" if one["unit"] == "percent" else ""
    return f"{_short(one, 'p05')} to {_short(one, 'p95')}{unit}"


def _short(one: Record, end: str) -> str:
    """Factors to three digits; percents to two, and never beyond a tenth of a percent."""
    return digits(one[end]) if one["unit"] == "ratio" else digits(round(one[end], 1), 2)


def _quality(one: Record) -> tuple[str | None, str | None]:
    if one["r_hat"] is None:
        return None, None
    return f"{one['r_hat']:.3f}", digits(one["effective_draws"])


def checks(page: Page) -> list[Part]:
    """Statistics of the published residuals beside those of replicated ones."""
    lines = [
        Line(
            [
                one["statistic"],
                digits(one["published"]),
                digits(one["p50"]),
                interval(one["p05"], one["p95"], "ratio"),
                digits(one["p_value"], 2),
            ]
        )
        for one in page.store.shown["checks"]
    ]
    head = ("Statistic", "Published", "Replicated", "5 to 95\N{NO-BREAK SPACE}%", "p")
    return [table(head, lines, "Published residuals beside replicated ones")]


def forecasts(page: Page) -> list[Part]:
    """Forecasting the past, where it was computed."""
    if "backtest" not in page.store.shown:
        return []
    scores = page.store.shown["backtest"]["scores"]
    lines = [_score(one) for one in scores]
    head = (
        "Seen up to",
        "Figures",
        "Forecaster",
        "Publications",
        "n",
        "Inside",
        "Band",
        "Log score",
        "Typical error",
    )
    return [
        *figure(_as(page, "backtest")),
        *figure(_as(page, "backtest-figures")),
        table(head, lines, "Scores of each forecaster, by the year up to which it saw", "jt-sortable"),
        para(
            "Inside: the part of the figures that fell into the nine-tenths interval; band: where that part "
            "lies for a right forecaster. The log score is higher for a sharper and truer forecast. Half of "
            "the publications were nearer than the typical error."
        ),
        *dataset(_as(page, "backtest")),
    ]


def _score(one: Record) -> Line:
    names = [str(one["cutoff"]), one["rows"], one["forecaster"], str(one["publications"]), str(one["n"])]
    if one["coverage"] is None:
        return Line([*names, None, None, None, None])
    band = f"{whole(one['band_low'])} to {share(one['band_high'])}"
    score, error = digits(one["log_score"]), f"{digits(one['error'])} times"
    return Line([*names, share(one["coverage"]), band, score, error])


def calibration(page: Page) -> list[Part]:
    """Simulation-based calibration, where it was computed."""
    if "calibration" not in page.store.shown:
        return []
    lines = [_test(one) for one in page.store.shown["calibration"]["tests"]]
    head = (
        "Quantity",
        "Runs",
        "Chi squared",
        "p",
        "p after Holm",
        "Mean rank",
        "Coverage",
        "Effective draws",
    )
    return [
        *figure(_as(page, "calibration")),
        table(head, lines, "Tests of even ranks, with Holm's correction for their number", "jt-sortable"),
        *dataset(_as(page, "calibration")),
    ]


def _test(one: Record) -> Line:
    keys = ("runs", "chi2", "p_value", "p_holm", "mean_rank", "coverage", "effective_draws")
    numbers = (one.get(key) for key in keys)
    return Line([one["quantity"], *(None if value is None else digits(value) for value in numbers)])


def _as(page: Page, name: str) -> Page:
    return Page(page.store, name, page.doc, page.srcdir, page.location)
