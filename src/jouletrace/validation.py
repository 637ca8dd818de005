"""How far the reconstruction can be trusted: its parameters in readers' terms, its checks, its tests."""

import math
from pathlib import Path
from typing import Any

from scipy.stats import binom

from jouletrace import computed
from jouletrace.told import Numbers

Record = dict[str, Any]
#: Bars of a histogram of ranks: as many as the tests of the experiment take.
BINS = 10
BAND = 0.99
ENDS = ("p05", "p50", "p95")
METHODS = {
    "bottom-up": "built up from servers and sites",
    "extrapolation": "carried forward from earlier figures or from traffic",
    "counted": "counted by meters, surveys or statistics",
    "unstated": "that do not say how they were made",
}
BOUNDARIES = {
    "parts-unstated": "a figure that does not say what it counts",
    "with-mining": "a figure that counts mining of cryptocurrency",
    "servers-with-cooling": "a figure of servers and their cooling alone",
    "metered-sites": "a figure of metered sites alone",
}
COUNTS = {
    "servers": "AI: a figure of servers without cooling",
    "sites": "AI: a figure of sites built for AI",
    "undefined": "AI: a figure that does not say what it counts",
}
#: Beginning of a parameter's name: group on the page, words before the rest, and what is printed of it.
GROUPS = {
    "method ": ("methods", "level of figures ", "factor"),
    "drift ": ("methods", "drift of figures ", "drift"),
    "boundary ": ("boundaries", "", "factor"),
    "AI: counts ": ("boundaries", "", "factor"),
    "place ": ("places", "part of Europe: ", "part"),
    "trend ": ("places", "growth of that part: ", "drift"),
}


def methods() -> dict[str, str]:
    """How a table's word for a method is read."""
    from jouletrace.experiments.observations import METHODS as READ

    return {word: name for name, words in READ.items() for word in words}


def middle_year() -> int:
    """The year about which the parts of places are told."""
    from jouletrace.experiments.observations import MIDDLE_YEAR

    return MIDDLE_YEAR


def parameters(folder: Path) -> list[Record]:
    """What was learned, in readers' units, with the diagnostics of the chains where there are any."""
    found = []
    for row in computed.table(folder, "parameters"):
        group, words, kind = _told(row["name"])
        ends = {key: _shown(row[key], kind) for key in ENDS}
        quality = {key: row[key] for key in ("r_hat", "effective_draws", "error")}
        unit = "ratio" if kind in ("factor", "plain") else "percent"
        line = {"key": row["name"], "raw": row["p50"], "group": group, "words": words, "kind": kind}
        found.append({**line, **ends, "unit": unit, "says": _says(group, kind, ends), **quality})
    return found


def _says(group: str, kind: str, ends: Record) -> str:
    """What the interval of a method says in plain words."""
    if group != "methods":
        return ""
    even = 1.0 if kind == "factor" else 0.0
    high, low = (
        ("high on the whole", "low on the whole")
        if kind == "factor"
        else ("rise too fast", "rise too slowly")
    )
    unclear = "neither clearly high nor low" if kind == "factor" else "neither clearly too fast nor too slow"
    return high if ends["p05"] > even else low if ends["p95"] < even else unclear


def _told(name: str) -> tuple[str, str, str]:
    known = METHODS | BOUNDARIES | COUNTS
    for begin, (group, words, kind) in GROUPS.items():
        if name.startswith(begin):
            rest = name.removeprefix(begin)
            return group, words + known.get(rest, place(rest)), kind
    if name.endswith("from its prior"):
        return "scales", f"{name} (standard deviations)", "plain"
    head, _, rest = name.partition(", ")
    return "scales", f"{head}, figures {known[rest]}" if rest in known else name, "spread"


def place(name: str) -> str:
    """A place as it is written.

    >>> place("eu-27"), place("western-europe")
    ('EU-27', 'Western Europe')
    """
    return name.upper() if name.startswith("eu-") else name.replace("-", " ").title()


def _shown(value: float, kind: str) -> float:
    """A natural logarithm as a factor, as a part in percent, or as a change in percent."""
    if kind == "plain":
        return value
    factor = math.exp(value)
    return factor if kind == "factor" else 100.0 * factor if kind == "part" else 100.0 * (factor - 1.0)


def validation(root: Path, shown: dict[str, Record]) -> tuple[Record, dict[str, Record]]:
    """Checks and tests of the datasets that there are, and the numbers that their captions quote."""
    found: Record = {"checks": computed.table(root / shown["reconstruction"]["folder"], "checks")}
    numbers: dict[str, Record] = {}
    for name, gather in (("backtest", forecasts), ("calibration", ranks)):
        if name in shown:
            kept = Numbers(name, shown[name])
            found[name] = gather(root / shown[name]["folder"], kept)
            numbers |= kept.found
    return found, numbers


def forecasts(folder: Path, numbers: Numbers) -> Record:
    """Scores of each forecaster by year of the cut, and what was published later beside its forecast.

    ``shared``: scores on the rows of which every forecaster has a forecast, if there are any.
    """
    scores = computed.table(folder, "scores")
    for one in scores:
        missed = one["median_abs_log_error"]
        one["error"] = None if missed is None else math.exp(missed)
    whole = [one for one in scores if one["rows"] == scores[0]["rows"]]
    alike = [one for one in scores if one["rows"].startswith(f"{scores[0]['rows']}, where")]
    shared = [one for one in alike if one["error"] is not None] or whole
    own = scores[0]["forecaster"]
    for one in (score for score in whole if score["forecaster"] == own):
        inside = {"p50": 100.0 * one["coverage"]}
        numbers.add(f"coverage-{one['cutoff']}", inside, "percent", f"coverage, seen up to {one['cutoff']}")
        numbers.count(f"publications-{one['cutoff']}", one["publications"], "publications that were foretold")
    for one in (score for score in shared if score["forecaster"] == own):
        title = f"typical error as a factor, seen up to {one['cutoff']}"
        numbers.add(f"error-{one['cutoff']}", {"p50": one["error"]}, "ratio", title)
    caption = " ".join(
        _told_of(cutoff, own, shared) for cutoff in dict.fromkeys(one["cutoff"] for one in whole)
    )
    points = [_point(one) for one in computed.table(folder, "points")]
    found = {"scores": scores, "shared": shared, "own": own, "points": points, "caption": caption}
    return {**found, "spread_caption": _spread_caption(points, numbers)}


def _spread_caption(points: list[Record], numbers: Numbers) -> str:
    """A sentence on each cutoff: how many figures came out above and below their intervals."""
    said = []
    for cutoff in dict.fromkeys(one["cutoff"] for one in points):
        rows = [one for one in points if one["cutoff"] == cutoff]
        sides = {"above": sum(one["value"] > one["p95"] for one in rows)}
        sides["below"] = sum(one["value"] < one["p05"] for one in rows)
        for name, count in {"figures": len(rows), **sides}.items():
            numbers.count(f"{name}-{cutoff}", count, f"figures, seen up to {cutoff}")
        named = [f"{{num:backtest.{name}-{cutoff}.p50}}" for name in ("figures", "above", "below")]
        said.append(f"of {named[0]} figures after {cutoff} {named[1]} came out above and {named[2]} below")
    return f"Published figures against the intervals of their forecasts: {'; '.join(said)}."


def _point(one: Record) -> Record:
    """A figure and its interval as multiples of the middle of its forecast."""
    ratios = {key: one[key] / one["p50"] for key in ("value", "p05", "p95")}
    names = {key: one[key] for key in ("cutoff", "id", "publication", "region", "year")}
    return {**names, **ratios, "inside": one["p05"] <= one["value"] <= one["p95"]}


def _told_of(cutoff: int, own: str, shared: list[Record]) -> str:
    """A sentence on one cutoff: coverage, typical error, and which simple rules came nearer."""
    here = {one["forecaster"]: one["error"] for one in shared if one["cutoff"] == cutoff}
    said = (
        f"Seen up to {cutoff}, the nine-tenths intervals held {{num:backtest.coverage-{cutoff}.p50}} of what "
        f"{{num:backtest.publications-{cutoff}.p50}} later publications say"
    )
    if own not in here:
        return f"{said}."
    nearer = [name for name, error in here.items() if error < here[own]]
    compared = f"nearer came {' and '.join(nearer)}" if nearer else "no simple rule came nearer"
    return f"{said}; the typical error was a factor of {{num:backtest.error-{cutoff}.p50}}, and {compared}."


def ranks(folder: Path, numbers: Numbers) -> Record:
    """Histograms of the ranks of the truth, with the band in which nearly all bars of an even one lie."""
    tests = computed.table(folder, "tests")
    histograms: dict[str, list[int]] = {}
    for one in computed.table(folder, "ranks"):
        bars = histograms.setdefault(one["quantity"], [0] * BINS)
        bars[min(int(BINS * one["rank"] / (one["of"] + 1)), BINS - 1)] += 1
    runs = sum(next(iter(histograms.values())))
    band = [int(binom.ppf(end, runs, 1.0 / BINS)) for end in ((1 - BAND) / 2, (1 + BAND) / 2)]
    outside = sum(not band[0] <= bar <= band[1] for bars in histograms.values() for bar in bars)
    failed = sum(one["p_holm"] < 0.05 for one in tests)
    for key, value, title in (
        ("runs", runs, "runs"),
        ("quantities", len(histograms), "quantities"),
        ("bars", BINS * len(histograms), "bars"),
        ("outside", outside, "bars outside the band"),
        ("failed", failed, "quantities that fail the test"),
    ):
        numbers.count(key, value, title)
    least = min(one["p_holm"] for one in tests)
    numbers.add("least-p", {"p50": least}, "ratio", "smallest p-value after Holm's correction")
    caption = (
        "Ranks of the truth among draws of the posterior in {num:calibration.runs.p50} simulated worlds. Of "
        "{num:calibration.bars.p50} bars {num:calibration.outside.p50} lie outside the band in which nearly "
        "all bars of an even histogram lie. Of {num:calibration.quantities.p50} quantities "
        "{num:calibration.failed.p50} fail the test of evenness after Holm's correction; the smallest "
        "p-value is {num:calibration.least-p.p50}."
    )
    return {"tests": tests, "histograms": histograms, "band": band, "even": runs / BINS, "caption": caption}
