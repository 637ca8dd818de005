"""The reconstruction as its pages and figures show it: results/reconstruction.json.

Everything is read from computed datasets, tables and evidence; all that is added are quantiles of
joint draws, counts, and each number under an id that pages quote.
"""

from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from jouletrace import analog, banks, computed, macro_scores, maps, scoreboard, site_gain, told, validation
from jouletrace.boundaries import boundaries
from jouletrace.present import figure
from jouletrace.registry import Registry
from jouletrace.registry.rows import Row
from jouletrace.units import to_coherent, to_reader

Record = dict[str, Any]
Tables = dict[str, tuple[Row, ...]]
NAME = "reconstruction"
QUANTILES = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
#: Spans of years over which the growth of the world's curve is told.
SPANS = ((2000, 2010), (2010, 2018), (2018, 2025))
#: Parts of Europe that are most of it: their figures can be scaled to the whole.
SCALED = ("eu-28", "eu-27", "eu-25", "western-europe")
#: What the headlines of claims ask of each curve, where their own figure is marked on it.
MARKED = {"world": ("data_centre_electricity_j", "about"), "ai-world": ("ai_electricity_j", "above")}
HOW = {"ai_power_estimate_w": "power", "ai_share_estimate_ratio": "share"}


def reconstructed(registry: Registry, tables: Tables, evidence: dict[str, Record]) -> Record:
    """All that is shown; empty where the registry has no reconstruction."""
    if NAME not in registry.computed:
        return {}
    shown = {name: dataset(name, registry, tables) for name in registry.computed}
    folder = registry.root / shown[NAME]["folder"]
    numbers = told.Numbers(NAME, shown[NAME])
    fans = fans_of(folder, numbers)
    parameters = validation.parameters(folder)
    estimates = estimates_of(folder, registry, tables, parameters)
    marks = {series: article_marks(evidence, *asked) for series, asked in MARKED.items()}
    tests, their_numbers = validation.validation(registry.root, shown)
    board, board_numbers = scoreboard.scoreboard(registry.root, shown, registry)
    silicon, silicon_numbers = macro_scores.macros(registry.root, shown, registry)
    found = {
        "datasets": shown,
        "fans": fans,
        "growth": growth(folder, numbers),
        "estimates": estimates,
        "dots": {series: dots(estimates, series) for series in fans},
        "publications": publications(estimates),
        "marks": marks,
        "parameters": parameters,
        "scoreboard": board,
        "macros": silicon,
        "boundaries": boundaries(evidence),
        **tests,
    }
    told.count(found, numbers)
    parts = [in_memory(registry, tables, evidence), at_banks(registry, tables), on_arrays(registry, shown)]
    made: Record = dict(found)
    captions = told.captions(found) | macro_scores.captions()
    every = numbers.found | their_numbers | board_numbers | silicon_numbers
    for part in parts:
        made, captions, every = made | part["shown"], captions | part["captions"], every | part["numbers"]
    return {**made, "captions": captions, "numbers": every}


def on_arrays(registry: Registry, shown: dict[str, Record]) -> Record:
    """What networks lose on analog arrays and what these cost, with captions and numbers, if it is known."""
    found = analog.accuracy(registry, shown)
    if not found:
        return {"shown": {}, "captions": {}, "numbers": {}}
    numbers = told.Numbers(analog.NAME, shown[analog.NAME])
    analog.count(found, numbers)
    return {"shown": {"analog": found}, "captions": analog.captions(found), "numbers": numbers.found}


def in_memory(registry: Registry, tables: Tables, evidence: dict[str, Record]) -> Record:
    """Maps of cards that compute in their memory against GPUs, with captions and numbers, if there are."""
    shown = maps.maps(registry, tables, evidence)
    if not shown:
        return {"shown": {}, "captions": {}, "numbers": {}}
    about = {"boundary": "", "fingerprint": "", "seed": registry.settings.seed}
    numbers = told.Numbers("in-memory", about)
    maps.count(shown, numbers)
    site_gain.count(shown["site_gain"], numbers)
    return {"shown": {"in_memory": shown}, "captions": maps.captions(), "numbers": numbers.found}


def at_banks(registry: Registry, tables: Tables) -> Record:
    """Memory that computes at its banks against GPUs, with captions and numbers, if it is known."""
    shown = banks.banks(registry, tables)
    if not shown:
        return {"shown": {}, "captions": {}, "numbers": {}}
    numbers = told.Numbers(banks.NAME, {"boundary": "", "fingerprint": "", "seed": registry.settings.seed})
    banks.count(shown, numbers)
    return {"shown": {"banks": shown}, "captions": banks.captions(), "numbers": numbers.found}


def dataset(name: str, registry: Registry, tables: Tables) -> Record:
    """What stands beside a computed dataset, where it lies, and its files."""
    path, record = computed.found(name, registry, tables)
    return {
        **{key: value for key, value in record.items() if key != "settings"},
        "folder": path.relative_to(registry.root).as_posix(),
        "tables": sorted(one.name for one in path.glob("*.csv*")),
    }


def fans_of(folder: Path, numbers: told.Numbers) -> dict[str, list[Record]]:
    """Quantiles by series and year, with AI's part of the world's data centres in percent."""
    fans: dict[str, list[Record]] = {}
    for row in computed.table(folder):
        line = {key: row[key] for key in ("year", *QUANTILES)}
        fans.setdefault(row["series"], []).append({**line, "year": int(row["year"])})
    fans["ai-part"] = [
        {"year": one["year"], **_quantiles(100.0 * _ratio(folder, f"ai-world-{one['year']}", one["year"]))}
        for one in fans["ai-world"]
    ]
    for series, lines in fans.items():
        unit, what = (
            ("percent", "AI's part of data centres") if series == "ai-part" else ("TWh", _what(series))
        )
        for line in lines:
            numbers.add(f"{series}-{line['year']}", line, unit, f"{what}, {line['year']}")
    return fans


def _what(series: str) -> str:
    kind = "electricity of AI" if series.startswith("ai-") else "electricity of data centres"
    return f"{kind}, {series.removeprefix('ai-').replace('-', ' ')}"


def _ratio(folder: Path, column: str, year: int) -> Any:
    return computed.column(folder, column) / computed.column(folder, f"world-{year}")


def _quantiles(values: Any) -> Record:
    ends = np.quantile(values, list(QUANTILES.values()))
    return {key: float(f"{value:.6g}") for key, value in zip(QUANTILES, ends, strict=True)}


def growth(folder: Path, numbers: told.Numbers) -> list[Record]:
    """Yearly growth of the world's curve over some spans, from joint draws."""
    found = []
    for first, last in SPANS:
        factor = computed.column(folder, f"world-{last}") / computed.column(folder, f"world-{first}")
        line = _quantiles(100.0 * (factor ** (1.0 / (last - first)) - 1.0))
        numbers.add(
            f"growth-{first}-{last}", line, "percent", f"yearly growth of the world, {first} to {last}"
        )
        found.append({"first": first, "last": last, **line})
    return found


def estimates_of(folder: Path, registry: Registry, tables: Tables, parameters: list[Record]) -> list[Record]:
    """Every published figure with its residual, as printed and as it is drawn beside a curve."""
    entry = registry.computed[NAME]
    rows = {row.id: (name, row) for name in entry.reads for row in tables[name]}
    middle = {one["key"]: one["raw"] for one in parameters}
    methods = validation.methods()
    found = []
    for one in computed.table(folder, "residuals"):
        name, row = rows[one["id"]]
        found.append(
            {
                **{
                    key: one[key] for key in ("level", "id", "region", "publication", "lineage", "percentile")
                },
                **{key: one[key] for key in ("p05", "p50", "p95")},
                **{"year": row.year, "published_year": row.published_year, "table": name},
                **{"method": methods[row.method], "said": _said(row), "ahead": row.year - row.published_year},
                "place": validation.place(row.region),
                **_drawn(row, middle),
            }
        )
    return found


def _said(row: Row) -> str:
    """A figure as it is printed, ranges with both ends and open ones with one; parts say of what."""
    of = " of data centres" if HOW.get(row.quantity) == "share" else ""
    if row.low is not None and row.high is not None and row.low != row.high:
        return figure(row.low, row.unit).split()[0] + " to " + figure(row.high, row.unit) + of
    one_end = (
        "at least " if row.high is None and row.low is not None else "up to " if row.low != row.high else ""
    )
    return one_end + figure(row.value, row.unit) + of


def _drawn(row: Row, middle: dict[str, float]) -> Record:
    """The figure in TWh (a part in percent), and how it came to that."""
    if HOW.get(row.quantity) == "share":
        return {"shown": _in(row, row.value, "x_ratio", "percent"), "how": "share"}
    if HOW.get(row.quantity) == "power":
        year_s = to_coherent(1.0, "year", "x_s")
        joules = to_coherent(row.value, row.unit, "x_w") * year_s
        return {"shown": to_reader(joules, "x_j", "TWh"), "how": "power"}
    value = _in(row, row.value, "x_j", "TWh")
    if row.region not in SCALED:
        return {"shown": value, "how": "printed"}
    since = row.year - validation.middle_year()
    part = np.exp(middle[f"place {row.region}"] + middle[f"trend {row.region}"] * since)
    return {"shown": float(value / part), "how": "scaled"}


def _in(row: Row, value: float, name: str, unit: str) -> float:
    return float(to_reader(to_coherent(value, row.unit, name), name, unit))


def dots(estimates: list[Record], series: str) -> list[Record]:
    """What is drawn of the estimates beside a curve."""
    keys = ("id", "year", "shown", "method", "ahead", "how")
    return [{key: one[key] for key in keys} for one in told.drawn(estimates, series)]


def publications(estimates: list[Record]) -> list[Record]:
    """Figures by lineage and publication, the highest lineage first, then the highest publication.

    A publication's line spans the 5 to 95 % intervals of all its figures.
    """
    found = []
    for level in dict.fromkeys(one["level"] for one in estimates):
        lineages = _grouped((one for one in estimates if one["level"] == level), "lineage")
        order = sorted(lineages, key=lambda name: -median(one["p50"] for one in lineages[name]))
        for lineage in order:
            groups = _grouped(lineages[lineage], "publication")
            for name in sorted(groups, key=lambda name: -median(one["p50"] for one in groups[name])):
                found.append({"level": level, "lineage": lineage, "publication": name, **_line(groups[name])})
    return found


def _line(rows: list[Record]) -> Record:
    return {
        "count": len(rows),
        "p50": median(one["p50"] for one in rows),
        "low": min(one["p05"] for one in rows),
        "high": max(one["p95"] for one in rows),
        "figures": [{key: one[key] for key in ("id", "p50", "method", "ahead")} for one in rows],
    }


def _grouped(rows: Iterable[Record], key: str) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for one in rows:
        found.setdefault(one[key], []).append(one)
    return found


def article_marks(evidence: dict[str, Record], quantity: str, asked: str) -> list[Record]:
    """What the headlines of claims state about a quantity of the world, in TWh.

    A stated part is taken of the middle of what it is a part of, in the same evidence.
    """
    found = []
    for claim_id, one in evidence.items():
        row = next(row for row in one["rows"] if row["is_headline"])
        question = row.get("proposition") or {}
        if question.get("quantity") != quantity or question["is"] != asked or not row.get("than_node"):
            continue
        whole = one["nodes"][row["than_node"]]
        twh = to_reader(to_coherent(whole["p50"], whole["unit"], whole["name"]), whole["name"], "TWh")
        stated = float(question["value"]) if question["value"] else row["edges"][0]
        parts = [to_coherent(part, row["unit"], "x_ratio") for part in (stated, *row["edges"])]
        said = figure(stated, row["unit"]) if question["value"] else f"above {figure(twh, 'TWh')}"
        found.append(
            {
                **{"claim": claim_id, "row": row["label"], "year": question["at"]["year"], "said": said},
                **{"value": parts[0] * twh, "edges": [part * twh for part in parts[1:]]},
                **{"of": whole["title"], "is": asked, "text": row["text"]},
            }
        )
    return sorted(found, key=lambda one: one["year"])
