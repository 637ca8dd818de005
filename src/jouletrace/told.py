"""What the pages of the reconstruction say in words: numbers under ids, and captions that quote them."""

from typing import Any

import numpy as np

from jouletrace.numbers import PROSE_DIGITS
from jouletrace.present import DIGITS, figure, printed

Record = dict[str, Any]
#: Levels of the residuals, as their ids are written.
LEVELS = {"data centres": "centres", "AI": "ai"}
Ends = tuple[str, ...]
ENDS: Ends = ("p05", "p50", "p95")
COMPUTED = "data.html#computed-{}"


def quantiles(values: Any, at: Ends = ENDS) -> Record:
    """Quantiles of draws by name, that at 5 % as ``p05``, with more digits than a page prints."""
    return {key: float(f"{np.quantile(np.asarray(values), int(key[1:]) / 100):.5g}") for key in at}


class Numbers:
    """Numbers of a computed dataset, each with what its popover says."""

    def __init__(self, name: str, dataset: Record) -> None:
        """``dataset``: its title, boundary, fingerprint and seed."""
        self.found: dict[str, Record] = {}
        self.name = name
        self.boundary = str(dataset["boundary"])
        where = (
            f"computed dataset `{name}`, fingerprint {dataset['fingerprint'][:16]}, seed {dataset['seed']}"
        )
        self.source = {"cite": None, "locator": where, "grade": "fitted", "licence": ""}

    def add(self, key: str, line: Record, unit: str, title: str, ends: Ends = ENDS, **changes: Any) -> None:
        """A number with its interval under ``<dataset>.<key>.p50``, and its ends beside it."""
        low, high = line.get("p05"), line.get("p95")
        common = {
            **{"kind": "result", "claim": None, "row": key, "unit": printed(unit), "title": title},
            **{"p05": low, "p95": high, "boundary": self.boundary, "scope": "", "sources": [self.source]},
            "href": COMPUTED.format(self.name),
            **changes,
        }
        for end in ends:
            if line.get(end) is not None:
                text = figure(line[end], unit, PROSE_DIGITS.get(unit, DIGITS))
                self.found[f"{self.name}.{key}.{end}"] = {**common, "value": line[end], "text": text}

    def count(self, key: str, value: int, title: str) -> None:
        """A count, which has no interval."""
        self.add(key, {"p50": value}, "ratio", title, boundary="")

    def of_draws(self, key: str, part: float, title: str, **changes: Any) -> None:
        """A part of a few draws: none of them is told as less than one percent, all as more than 99."""
        self.add(key, {"p50": 100.0 * part}, "percent", title, ("p50",), **changes)
        if part in (0.0, 1.0):
            self.found[f"{self.name}.{key}.p50"]["text"] = "more than 99 %" if part else "less than 1 %"


def count(found: Record, numbers: Numbers) -> None:
    """Numbers of residuals, of the article's marks, and of how many estimates lie where."""
    for one in found["estimates"]:
        title = f"{one['publication']}, {one['region']}, {one['year']}: times the reconstruction"
        href = f"residuals.html#estimate-{one['id']}"
        numbers.add(f"residual.{one['id']}", one, "times", title, ("p50",), href=href)
    for level, short in LEVELS.items():
        _count_residuals([one for one in found["estimates"] if one["level"] == level], short, numbers)
    for series, marks in found["marks"].items():
        for mark in marks:
            _mark(f"mark.{series}-{mark['year']}", mark, numbers)
    for series, lines in found["fans"].items():
        _count_band(found, series, lines, numbers)


def _count_residuals(rows: list[Record], short: str, numbers: Numbers) -> None:
    numbers.count(f"count.{short}", len(rows), "estimates")
    names = {one["publication"] for one in rows}
    numbers.count(f"count.{short}-publications", len(names), "publications")
    numbers.count(f"count.{short}-lineages", len({one["lineage"] for one in rows}), "lineages")
    numbers.count(f"count.{short}-high", sum(one["p05"] > 1.0 for one in rows), "estimates clearly high")
    numbers.count(f"count.{short}-low", sum(one["p95"] < 1.0 for one in rows), "estimates clearly low")


def _count_band(found: Record, series: str, lines: list[Record], numbers: Numbers) -> None:
    """How many figures, as drawn, lie above and below the band of their year."""
    band = {one["year"]: one for one in lines}
    rows = [one for one in drawn(found["estimates"], series) if one["year"] in band]
    numbers.count(f"count.drawn-{series}", len(rows), "published figures")
    above = sum(one["shown"] > band[one["year"]]["p95"] for one in rows)
    below = sum(one["shown"] < band[one["year"]]["p05"] for one in rows)
    numbers.count(f"count.above-{series}", above, "published figures above the band")
    numbers.count(f"count.below-{series}", below, "published figures below the band")


def drawn(estimates: list[Record], series: str) -> list[Record]:
    """The estimates that stand beside a curve: of its region, and for Europe its large parts, scaled."""
    level, share = ("AI" if series.startswith("ai-") else "data centres"), series == "ai-part"
    region = "world" if share else series.removeprefix("ai-")
    rows = [one for one in estimates if one["level"] == level and (one["how"] == "share") == share]
    return [one for one in rows if one["region"] == region or (region == "europe" and one["how"] == "scaled")]


def _mark(key: str, mark: Record, numbers: Numbers) -> None:
    article, short = mark["claim"].split(".")
    line = {"p50": mark["value"]}
    what = f"{mark['said']}, of {mark['of'].rstrip('.')}" if mark["is"] == "about" else mark["text"]
    source = {"cite": None, "locator": "the article", "grade": "read", "licence": ""}
    href = f"claims/{article}/{short}.html#trace-{mark['row'].lower()}"
    title = f"What the article says for {mark['year']}: {what}"
    boundary = "as the article states it; it gives no definition"
    numbers.add(key, line, "TWh", title, href=href, boundary=boundary, sources=[source])


def captions(found: Record) -> dict[str, str]:
    """What each figure shows, computed; ``{num:ID}`` stands for a number."""
    made = {
        "reconstruction-world": _world(found),
        "reconstruction-regions": _regions(found),
        "reconstruction-ai": _ai(found),
        "reconstruction-residuals": _residuals(found, "data centres"),
        "reconstruction-ai-residuals": _residuals(found, "AI"),
    }
    for name in ("backtest", "calibration"):
        if name in found:
            made[name] = found[name]["caption"]
    if "backtest" in found:
        made["backtest-figures"] = found["backtest"]["spread_caption"]
    return made | _boards(found["scoreboard"]) | _shares(found["boundaries"])


def _shares(blocks: list[Record]) -> dict[str, str]:
    """What the figure of boundaries shows, where there is one."""
    told = [
        f"{one['title']}: {{num:{line['number']}}}, {line['word']}"
        for one in blocks
        for line in one["lines"]
        if line["load"] == "serving"
    ]
    words = "The share of moving data, with as many users as services have. "
    return {"boundaries": words + ". ".join(told) + "."} if told else {}


def _boards(board: Record) -> dict[str, str]:
    """What the figures of the scoreboard show, where there is one."""
    lines = [line for one in board["groups"] for line in one["lines"]]
    if not lines:
        return {}
    high, low = max(lines, key=lambda one: one["bias_ln"]), min(lines, key=lambda one: one["bias_ln"])
    median = "{{num:{dataset}.{id}.median_ln.p50}}"
    return {
        "scoreboard-groups": (
            "Predicted over measured, group by group. The typical error of the group that is farthest too "
            f"high is {median.format(**high)} as a logarithm, and of the one farthest too low "
            f"{median.format(**low)}."
        ),
        "scoreboard-servers": (
            "Power at the wall of {num:server-fit.runs-told.p50} runs of MLPerf, each predicted by a fit "
            "without its system; {num:server-fit.runs-inside.p50} were measured inside their nine-tenths "
            "interval."
        ),
    }


def _n(key: str, end: str = "p50") -> str:
    return f"{{num:reconstruction.{key}.{end}}}"


def _between(key: str) -> str:
    return f"between {_n(key, 'p05')} and {_n(key, 'p95')}"


def _counted(series: str) -> str:
    drawn = f"count.drawn-{series}", f"count.above-{series}", f"count.below-{series}"
    total, above, below = map(_n, drawn)
    return f"Of {total} published figures {above} lie above the band of their year and {below} below it."


def _world(found: Record) -> str:
    ends = found["fans"]["world"][0]["year"], found["fans"]["world"][-1]["year"]
    lines = [
        f"Electricity of the world's data centres, reconstructed: {_n(f'world-{ends[0]}')} in {ends[0]}, "
        f"{_n('world-2010')} in 2010, {_n('world-2020')} in 2020 and {_n('world-2025')} in 2025; for "
        f"{ends[1]} nine tenths of the draws lie {_between(f'world-{ends[1]}')}.",
        "Growth was " + ", ".join(_span(one) for one in found["growth"]) + ".",
        _counted("world"),
    ]
    return " ".join([*lines, *(_marked(found, "world", mark) for mark in found["marks"]["world"])])


def _span(one: Record) -> str:
    key = f"growth-{one['first']}-{one['last']}"
    return f"{_n(key)} a year from {one['first']} to {one['last']}"


def _marked(found: Record, series: str, mark: Record) -> str:
    band = next(one for one in found["fans"][series] if one["year"] == mark["year"])
    side = "above" if mark["value"] > band["p95"] else "below" if mark["value"] < band["p05"] else "inside"
    said = (
        "what the article's share comes to"
        if mark["is"] == "about"
        else "what the article's comparison asks for"
    )
    year = mark["year"]
    return f"For {year}, {said}, {_n(f'mark.{series}-{year}')}, lies {side} the band."


def _regions(found: Record) -> str:
    year = 2025
    names = {"united-states": "the United States", "china": "China", "europe": "Europe"}
    used = ", ".join(f"{title} {_n(f'{name}-{year}')}" for name, title in names.items())
    medians = {name: {one["year"]: one["p50"] for one in found["fans"][name]} for name in names}
    fastest = max(names, key=lambda name: medians[name][year] / medians[name][2010])
    beyond = "; ".join(_beyond(name, title) for name, title in names.items())
    return (
        f"In {year} data centres used, by region: {used}. Since 2010 {names[fastest]} grew fastest. "
        f"Published figures above and below the band of their year: {beyond}."
    )


def _beyond(name: str, title: str) -> str:
    total, above, below = (_n(f"count.{key}-{name}") for key in ("drawn", "above", "below"))
    return f"for {title} {above} and {below} of {total}"


def _ai(found: Record) -> str:
    last = found["fans"]["ai-world"][-1]["year"]
    lines = [
        f"Electricity of AI in the world's data centres: {_n('ai-world-2020')} in 2020 and "
        f"{_n('ai-world-2025')} in 2025, which is {_n('ai-part-2025')} of all data centres; for {last} nine "
        f"tenths of the draws lie {_between(f'ai-world-{last}')}.",
        _counted("ai-world"),
    ]
    return " ".join([*lines, *(_marked(found, "ai-world", mark) for mark in found["marks"]["ai-world"])])


def _residuals(found: Record, level: str) -> str:
    short = LEVELS[level]
    rows = sorted((one for one in found["estimates"] if one["level"] == level), key=lambda one: one["p50"])
    low, high = rows[0], rows[-1]
    keys = (short, f"{short}-publications", f"{short}-high", f"{short}-low")
    total, works, above, below = (_n(f"count.{key}") for key in keys)
    return (
        f"Of {total} figures from {works} publications {above} lie clearly above the reconstruction and "
        f"{below} clearly below it. The highest says {_n('residual.' + high['id'])} the reconstruction, the "
        f"lowest {_n('residual.' + low['id'])}."
    )
