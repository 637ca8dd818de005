"""Figures: drawn once per evidence, alike on every run, legible, with the threshold where it belongs."""

import json
import math
import runpy
import sys
from copy import deepcopy
from importlib import import_module
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from jouletrace.figures import draw, selection, style, threshold
from jouletrace.figures.shown import SHOWN
from jouletrace.registry.rows import Row
from jouletrace.scopes import COUNTS

ROOT = Path(__file__).parents[2]
QUANTILES = {"p05": 0.5, "p25": 0.8, "p50": 1.0, "p75": 1.3, "p95": 2.0}
LONG = "the electricity of everything that hums, against everything that does not hum at all, in a leap year"
SPEC = {"kind": "intervals", "unit": "percent", "label": "share of hum", "readings": [], "series": {}}
GROUPS = (("owl", 2.0), ("elk", 9.0), ("owl", 4.0))
ROW = dict(id="", quantity="hum_j", region="north", year=2024, series="owl", value=1.0, low=None, high=None)
ROW |= dict(unit="GWh", boundary="", method="", publication="Owl, annual", published_year=2024, lineage="")
ROW |= dict(cite="", locator="", licence="", grade="read", note="")


def numbers(label: str, scale: float = 1.0, unit: str = "percent", **asked: Any) -> dict[str, Any]:
    spread = {key: value * scale for key, value in QUANTILES.items()}
    proposition = {
        "is": "above",
        "value": None,
        "upper": None,
        "at": {"year": 2024, "region": "north"},
    } | asked
    row = {
        "label": label,
        "reading": label.split("/")[0],
        "text": LONG,
        "kind": "numbers",
        "word": "leans false",
    }
    more = {"unit": unit, "quantiles": spread, "edges": [3.0], "proposition": proposition, "node": "hum"}
    return row | more | {key: spread[key] for key in ("p05", "p50", "p95")}


def case(rows: list[dict[str, Any]], path: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    claim = {"figure": SPEC | spec, "title": {"en": "Hum", "zh": ""}}
    nodes = {
        "hum": {"dataset": "hums", "at": {"region": "north"}, "rows": [{"series": "owl"}, {"series": "elk"}]}
    }
    return {"id": "a.C1", "claim": claim, "rows": rows, "path": path or {}, "nodes": nodes}


def forest(*scales: float) -> dict[str, Any]:
    rows = [numbers(f"V{i}", scale) for i, scale in enumerate(scales)]
    return case([*rows, numbers("V9", 1.0), numbers("V9/grid=large", 1.1)])


def fan() -> dict[str, Any]:
    rows = [{**numbers("V1", 1e3, "GWh", value="3000"), "edges": [2500.0, 3500.0]}]
    years = range(2020, 2031)
    path = {f"all@{year}": {k: 100 * v * (year - 2015) for k, v in QUANTILES.items()} for year in years}
    return case(rows, path, kind="path", unit="GWh", series={"all": "V1"}, years=[2020, 2030])


def bound() -> dict[str, Any]:
    variables = {"a": "what the owl says", "b": "what the elk says", "c": "what the hare says"}
    links = {"ab": ("a", "<=", "b"), "bc": ("b", "=", "c"), "ac": ("a", ">", "c")}
    constraints = {
        name: {"left": left, "relation": sign, "right": right, "factor": 0.5, "because": LONG}
        for name, (left, sign, right) in links.items()
    }
    system = {"title": "All of them, taken together", "variables": variables, "constraints": constraints}
    row = {"label": "V1", "reading": "V1", "text": LONG, "kind": "system", "word": "false", "unit": ""}
    return case([row | {"system": system, "conflict": ["ac"]}])


def ranked() -> dict[str, Any]:
    rows = [numbers(f"c{i}", scale) | {"text": f"{group}: {LONG}"} for i, (group, scale) in enumerate(GROUPS)]
    found = case([numbers("V1")], kind="ranking", readings=["c0", "c1", "c2"])
    return found | {"context": [*rows, numbers("c9", 50.0)]}


def bends() -> dict[str, Any]:
    series = {"hums of the owl, counted at night": "owl", "hums of the elk": "elk", "hums of all": "all"}
    points = [
        {"series": name, "year": year, "value": 3.0 ** (year - 2012), "line": 2.9 ** (year - 2012)}
        for name in series.values()
        for year in range(2012, 2021)
    ]
    points.insert(5, points[4] | {"year": 2016.5, "value": None})
    found = case([numbers("V1")], kind="breaks", series=series)
    for place, name in enumerate(series.values()):
        at = {"kind": "draws", "at": {"series": name}}
        found["nodes"][f"{name}.year"] = at | {"name": "trend_break_year", "p50": 2016.0}
        found["nodes"][f"{name}.chance"] = at | {"name": "chance_ratio", "p50": (0.001, 0.03, 0.4)[place]}
    return found | {"points": points}


def said() -> dict[str, Any]:
    row = {"label": "ii", "reading": "ii", "text": LONG, "kind": "facts", "word": "not judged", "unit": ""}
    return case([row, row | {"label": "iii", "reading": "iii"}])


def lives() -> dict[str, Any]:
    """Owls and elks that hum for 400 days, and four published splits that lie close together."""

    def member(table: str, group: str, name: str, **columns: float) -> dict[str, Any]:
        found = {key: {"unit": "times", "p50": value} for key, value in columns.items()}
        return {"table": table, "group": group, "series": name, "name": name, "columns": found}

    owls = {f"owl {day}": ("owls", day) for day in (0.5, 4.0, 50.0)}
    elks = {f"elk {day}": ("elks", day) for day in (6.0, 300.0)}
    models = [
        member("models", group, name, ratio=400 / day, crossing=day)
        for name, (group, day) in (owls | elks).items()
    ]
    splits = [member("splits", "all", f"hare {value}", ratio=value) for value in (0.5, 1.5, 1.6, 1.7)]
    evidence = case([numbers("V1")], kind="lifetime")
    evidence["claim"]["members"] = {"models": {"groups": {"owls": "owls", "elks": "elks"}}}
    return evidence | {"members": [*models, *splits]}


LEVELS = ("facility", "facility", "not-stated", "device")


def joined() -> dict[str, Any]:
    """Three figures of one unit: brought on from the device, published for the facility, not stated."""
    kinds = {"a": ("function", "facility_device_energy_j"), "b": ("table", "facility_energy_j")}
    kinds |= {"c": ("table", "undisclosed_energy_j")}
    rows = [
        numbers(name, 3.0, "Wh") | {"text": f"One hum: of owl {name}, at night", "node": name}
        for name in kinds
    ]
    scopes = {name: f"{COUNTS[level]}; the energy itself" for name, level in zip("abcd", LEVELS, strict=True)}
    nodes: dict[str, Any] = {
        name: {"kind": kind, "name": quantity, "unit": "Wh", "p50": 3.0, "args": ["d"]}
        for name, (kind, quantity) in kinds.items()
    }
    nodes["d"] = {"kind": "table", "name": "device_energy_j", "unit": "J", "p50": 3600.0}
    for name, scope in scopes.items():
        nodes[name]["scope"] = scope
    spec = {"kind": "dumbbell", "unit": "Wh", "groups": {"One hum": ["a", "b"], "One howl": ["c"]}}
    evidence = case([numbers("V1")], **spec)
    return evidence | {"context": rows, "nodes": nodes}


TABLES = {
    "hums": tuple(
        Row(
            **(
                ROW
                | {"id": f"{name}-{year}", "series": name, "year": year, "value": value, "publication": name}
            )
        )
        for name, value in (("owl", 900.0), ("elk", 930.0), ("hare", 1.0))
        for year in (2018, 2024, 2030)
    )
}
KINDS = {"intervals": forest(0.01, 1.0, 40.0), "path": fan(), "system": bound(), "words": said()}
KINDS |= {"ranking": ranked(), "breaks": bends(), "lifetime": lives(), "dumbbell": joined()}
LINEAR = forest(1.0, 2.0)


def drawn(evidence: dict[str, Any], theme: str = "light") -> Figure:
    colours = style.THEMES[theme]
    with style.applied(colours):
        module = import_module(f"jouletrace.figures.{selection.kind(evidence)}")
        figure: Figure = module.figure(evidence, selection.published(evidence, TABLES), colours)
        figure.set_dpi(288)  # letters as wide as in the SVG, which knows no pixels
        figure.canvas.draw()
    return figure


def missed() -> list[dict[str, Any]]:
    """Groups that are missed by little, by much, and both ways."""
    lines = [{"group": name, "bias_ln": bias, "rms_ln": 0.4} for name, bias in (("owl", 0.3), ("elk", -0.9))]
    return [{"title": LONG, "lines": lines}, {"title": "Others", "lines": lines[:1]}]


def shown() -> dict[str, Any]:
    """Fans, figures, forecasts and ranks, as the pages of the reconstruction have them, with long names."""
    years, methods = range(2000, 2031), ("bottom-up", "extrapolation", "counted", "unstated")
    fan = [{"year": year} | {k: v * 1.05 ** (year - 2000) for k, v in QUANTILES.items()} for year in years]
    dots = [
        {"year": 2000 + i % 31, "shown": 0.5 + i % 7, "method": methods[i % 4], "ahead": i % 3 - 1}
        for i in range(90)
    ]
    mark = {"claim": "a.C1", "year": 2017, "value": 6.0, "edges": [5.0, 7.0], "said": "3 %", "is": "about"}
    series = ("world", "united-states", "china", "europe", "ai-world", "ai-part")
    figures = [{"id": "x", "p50": 0.5 * i, "method": methods[i], "ahead": i % 2} for i in (1, 2, 3)]
    line = {"count": 3, "p50": 1.0, "low": 0.3, "high": 2.4, "figures": figures}
    works = [("owl", LONG), ("owl", "Owl 2020"), ("elk", "Elk 2021")]
    publications = [
        {"level": level, "lineage": lineage, "publication": name} | line
        for level in ("data centres", "AI")
        for lineage, name in works
    ]
    names = ("reconstruction", "last value", "exponential", "mean of published forecasts")
    scores = [
        {"cutoff": cutoff, "forecaster": name, "coverage": 0.9 - 0.2 * i, "band_low": 0.7, "band_high": 1.0}
        | {"error": 1.2 + i}
        for cutoff in (2015, 2018)
        for i, name in enumerate(names)
    ]
    points = [
        {"cutoff": cutoff, "value": 0.5 + 0.1 * i, "p05": 0.7, "p95": 1.4, "inside": 2 <= i <= 9}
        for cutoff in (2015, 2018)
        for i in range(15)
    ]
    ranks = {
        name: [20 + i % 3 for i in range(19)] + [60] for name in ("the hum of the owl in 2030", "b", "c", "d")
    }
    watts = [
        {"measured_w": w, "p05_w": 0.6 * w, "p50_w": 0.9 * w, "p95_w": 1.2 * w} for w in (5.0, 90.0, 4e3)
    ]
    servers = [*watts, watts[1] | {"p50_w": 20.0, "p95_w": 40.0}]
    loads = ("one owl", "as many owls as there are trees", "256 owls at once")
    words = ("leans false", "undetermined", "true")
    lines = [
        {"text": text, "word": word, "p05": 20.0, "p50": 45.0, "p95": 80.0}
        for text, word in zip(loads, words, strict=True)
    ]
    return {
        "fans": dict.fromkeys(series, fan),
        "dots": dict.fromkeys(series, dots),
        "marks": {
            "world": [mark],
            "ai-world": [mark | {"is": "above", "edges": [6.0], "said": "above 6 TWh"}],
        },
        "publications": publications,
        "backtest": {"shared": scores, "own": names[0], "points": points},
        "calibration": {"histograms": ranks, "band": [12, 30], "even": 20.0},
        "analog": arrays(),
        "scoreboard": {"groups": missed(), "servers": servers},
        "in_memory": cards(),
        "banks": at_banks(),
        "boundaries": [{"title": f"Of {name}, and all of it", "lines": lines} for name in ("owls", "elks")],
        "macros": {
            "points": [
                {"family": family, "measured": 0.1 * 3.0**i, "p05": 0.05 * 3.0**i, "p50": 0.2 * 3.0**i}
                | {"p95": 3.0**i, "inside": i % 2 == 0}
                for i, family in enumerate(
                    ("digital", "charge", "other analog", "non-volatile", "accelerator") * 2
                )
            ]
        },
    }


def at_banks() -> dict[str, Any]:
    """Machines over users, for two models and two lengths of texts."""
    names = ("gpu", "bank", "bank-group", "buffer-die", "aimx")

    def panel(model: int, text: str) -> dict[str, Any]:
        users = [1.0, 16.0, 256.0, 1024.0][: 4 if text == "short" else 2]
        lines = {
            name: [
                {k: (1.0 + place) * v / (u if name == "gpu" else 1.0) for k, v in QUANTILES.items()}
                for u in users
            ]
            for place, name in enumerate(names)
        }
        return {"title": f"{70 + model} billion", "text": text, "users": users, "joules": lines}

    panels = [panel(model, text) for text in ("short", "long") for model in (0, 1)]
    return {"titles": dict.fromkeys(names, "on a die of owls"), "panels": panels}


def cards() -> dict[str, Any]:
    """Machines against each other, for three models, over users and lengths of texts."""
    users, texts, stays = [1.0, 16.0, 256.0, 1024.0], [128.0, 2048.0, 131072.0], [1.0, 0.9, 0.5]
    points = [(u, t, f) for u in users for t in texts for f in stays]

    def shaped(value: Any) -> Any:
        flat = [value(*point) for point in points]
        return [
            [flat[k : k + 3] for k in range(row, row + len(texts) * 3, 3)] for row in range(0, len(flat), 9)
        ]

    def line(middle: float) -> list[dict[str, float]]:
        return [{k: middle * v * (1.0 + i) for k, v in QUANTILES.items()} for i, _ in enumerate(users)]

    def model(order: int) -> dict[str, Any]:
        return {
            "title": ("8 billion", "70 billion", "405 billion")[order],
            "order": order,
            "gain": shaped(lambda u, t, f: 0.3 * (u / 8.0) ** 0.5 * f / (order + 1)),
            "wins": shaped(lambda u, t, f: min(1.0, 0.02 * u * f / (order + 1))),
            "removed": {"transfer": line(20.0), "devices": line(-60.0), "site": line(10.0)},
            "seconds": {"cards": line(2.0), "GPUs": line(20.0)},
        }

    shares = {"cards that run or wait": 30.0, "products": 1.0, "transfer on and off the chips": 2.0}

    def size(parameters: float) -> dict[str, Any]:
        found = {
            "cards": {k: max(1.0, v * parameters / 1e9) for k, v in QUANTILES.items()},
            "links": {k: 1e-3 * v for k, v in QUANTILES.items()},
            "shares": {
                name: {k: middle * v for k, v in QUANTILES.items()} for name, middle in shares.items()
            },
        }
        return found | {"model": "m", "parameters": parameters}

    rungs = ("fall-hermes-core", "fall-corsair-card", "fall-h100-site")
    fall = [
        {"name": name, "text": LONG, "unit": "TFLOP / J"} | {k: 0.1 * v for k, v in QUANTILES.items()}
        for name in rungs
    ]
    names = ("lever-batching", "lever-siting", "imc-small")
    levers = [
        {"name": name, "text": f"{LONG} {name}", "unit": "times"} | {k: 2.0 * v for k, v in QUANTILES.items()}
        for name in names
    ]
    models = {"c": model(2), "b": model(1), "a": model(0)}
    return {
        **{"fall": fall, "levers": levers, "models": models, "stays": stays, "texts": texts, "users": users},
        "sizes": [size(one) for one in (1e9, 8e9, 4e11)],
        "site_gain": gains(),
    }


def gains() -> dict[str, Any]:
    """A service that gains by each part of what its accelerators draw, with two machines on each line."""
    falls = [0.25, 1.0, 10.0, 1000.0]

    def line(share: float) -> list[dict[str, float]]:
        return [
            {k: 1.0 / (1.0 - share * (1.0 - 1.0 / x) * min(v, 1.2)) for k, v in QUANTILES.items()}
            for x in falls
        ]

    titles = {"accelerators": 0.6, "waiting": 0.4, "moving": 0.3, "arithmetic": 0.1}
    parts = {
        name: {"order": order, "title": f"what owls {name}", "gain": line(share), "most": line(share)[-1]}
        for order, (name, share) in enumerate(titles.items())
    }
    parts["accelerators"]["sites"] = line(0.5)
    machines = [
        {"part": part, "name": part, "words": "Owl 9000", "vendor": vendor, "gain": 1.05}
        | {k: scale * v for k, v in QUANTILES.items()}
        for part in titles
        for vendor, scale in ((False, 1.2), (True, 9.0))
    ]
    return {"falls": falls, "parts": parts, "machines": machines}


def arrays() -> dict[str, Any]:
    """Networks on arrays, with losses from nothing to nearly all."""
    networks = {"a": "digits, three layers", "b": "letters, convolutions", "c": "prose, transformer"}
    settings = [
        {"network": network, "training": training, "rows": 256, "noise": noise}
        | {"adc_bits": adc, "weight_bits": bits, "loss": 0.6 / (adc or 9) ** 2 + 0.4 / bits**2 + noise - 0.01}
        | {"effective_bits": 0.5 * bits, "energy_fj": adc and 1.5 * bits + adc}
        for network in networks
        for training in ("exact", "noisy")
        for noise in (0.0, 0.02, 0.05, 0.1)
        for adc in (4, 8, None)
        for bits in (2, 4, 8)
    ]
    ends = {"p05": 3.0, "p50": 4.0, "p95": 4.5}
    return {
        "networks": networks,
        "settings": settings,
        "rows": 256,
        "tolerance": 0.01,
        "digital": {str(bits): {"p50": 10.0 * bits} for bits in (2, 4, 8)},
        "enough": [{"network": name, "training": "exact"} | ends for name in networks],
    }


def drawn_shown(name: str, theme: str = "light") -> Figure:
    _, module, function, _ = SHOWN[name]
    colours = style.THEMES[theme]
    with style.applied(colours):
        figure: Figure = getattr(import_module(f"jouletrace.figures.{module}"), function)(shown(), colours)
        figure.set_dpi(288)
        figure.canvas.draw()
    return figure


@pytest.mark.parametrize("theme", style.THEMES)
@pytest.mark.parametrize("name", SHOWN)
def test_no_text_of_the_reconstruction_lies_over_another_or_outside(name: str, theme: str) -> None:
    figure = drawn_shown(name, theme)
    found = boxes(figure)
    assert len(found) > 4
    page = figure.bbox.padded(1.0)
    assert [text for text, box in found if not (page.contains(*box.min) and page.contains(*box.max))] == []
    assert [(a, b) for (a, x), (b, y) in combinations(found, 2) if x.overlaps(y)] == []


def test_a_figure_of_the_reconstruction_is_drawn_once_and_anew_when_its_part_changes(tmp_path: Path) -> None:
    first = shown()
    assert draw.write_shown(first, "calibration", tmp_path)
    assert not draw.write_shown(first | {"fans": {}}, "calibration", tmp_path)
    first["calibration"]["even"] = 21.0
    assert draw.write_shown(first, "calibration", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "calibration-dark.svg",
        "calibration-light.svg",
    ]


def test_every_published_figure_is_a_dot_at_its_value_within_half_a_year() -> None:
    axes = drawn_shown("reconstruction-world").axes[1]
    dots = [one for one in axes.collections if one.get_offsets().shape == (1, 2) and one.get_zorder() == 6]
    asked = shown()["dots"]["world"]
    assert len(dots) == len(asked)
    for one, dot in zip(asked, dots, strict=True):
        x, y = dot.get_offsets()[0]
        assert y == pytest.approx(one["shown"])
        assert abs(x - one["year"]) <= 0.5
        is_open = to_rgb(dot.get_facecolor()[0]) == to_rgb(style.THEMES["light"].page)
        assert is_open == (one["ahead"] > 0)


def test_the_article_stands_on_the_fan_at_its_year_and_value() -> None:
    axes = drawn_shown("reconstruction-world").axes[1]
    marks = [tuple(one.get_offsets()[0]) for one in axes.collections if one.get_zorder() == 9]
    assert marks == [pytest.approx((2017.0, 6.0))]


def test_only_bars_outside_the_band_are_strong() -> None:
    theme = style.THEMES["light"]
    panels = drawn_shown("calibration").axes[1:]
    for axes in panels:
        strong = [
            bar.get_height() for bar in axes.patches if to_rgb(bar.get_facecolor()) == to_rgb(theme.accent)
        ]
        assert strong == [60]


def boxes(figure: Figure) -> list[tuple[str, Any]]:
    texts: list[Text] = []
    for axes in figure.axes:
        texts += axes.texts
        for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            place = 0 if axis is axes.xaxis else 1
            inside = [
                t for t in axis.get_ticklabels() if min(limits) <= t.get_position()[place] <= max(limits)
            ]
            texts += inside if axes.axison else []
    shown = [text for text in texts if text.get_visible() and text.get_text()]
    return [(text.get_text(), Text.get_window_extent(text).padded(-0.4)) for text in shown]


@pytest.mark.parametrize("name", KINDS)
def test_the_kind_follows_from_the_evidence(name: str) -> None:
    assert selection.kind(KINDS[name]) == name


@pytest.mark.parametrize("name", KINDS)
def test_both_variants_are_written_and_alike_on_every_run(name: str, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        assert draw.write(KINDS[name], TABLES, tmp_path / folder)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == ["a.C1-dark.svg", "a.C1-light.svg"]
    light, dark = ((tmp_path / "one" / f"a.C1-{theme}.svg").read_bytes() for theme in ("light", "dark"))
    assert light != dark
    assert light == (tmp_path / "two/a.C1-light.svg").read_bytes()
    assert dark == (tmp_path / "two/a.C1-dark.svg").read_bytes()


def test_unchanged_evidence_is_not_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw.write(KINDS["path"], TABLES, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    with monkeypatch.context() as patched:
        patched.setattr(draw, "import_module", lambda name: pytest.fail(f"imports {name}"))
        assert not draw.write(deepcopy(KINDS["path"]), TABLES, tmp_path)
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert draw.write(KINDS["path"], TABLES, tmp_path, force=True)


def test_what_a_figure_shows_makes_it_drawn_again(tmp_path: Path) -> None:
    draw.write(KINDS["path"], TABLES, tmp_path)
    changed = deepcopy(KINDS["path"])
    changed["path"]["all@2025"]["p50"] += 1.0
    assert draw.write(changed, TABLES, tmp_path)
    fewer = {"hums": tuple(row for row in TABLES["hums"] if row.id != "elk-2030")}
    assert draw.write(changed, fewer, tmp_path)
    assert not draw.write(changed | {"seed": 7}, fewer, tmp_path)


def test_a_damaged_or_missing_figure_is_drawn_again(tmp_path: Path) -> None:
    draw.write(LINEAR, TABLES, tmp_path)
    half = tmp_path / "a.C1-light.svg"
    half.write_text(half.read_text()[:-200])
    assert draw.write(LINEAR, TABLES, tmp_path)
    half.unlink()
    assert draw.write(LINEAR, TABLES, tmp_path)


def test_the_axis_is_logarithmic_where_values_span_decades() -> None:
    assert drawn(KINDS["intervals"]).axes[1].get_xscale() == "log"
    assert drawn(LINEAR).axes[1].get_xscale() == "linear"
    assert drawn(LINEAR).axes[1].get_xlim()[0] == 0.0


def test_an_edge_at_zero_and_bars_down_to_zero_leave_a_wide_axis_logarithmic() -> None:
    rows = [numbers("V1", 1.0), numbers("V2", 1000.0)]
    for row in rows:
        row["edges"] = [0.0]
    low, _ = drawn(case(rows)).axes[1].get_xlim()
    assert drawn(case(rows)).axes[1].get_xscale() == "log"
    assert 0.0 < low < 0.5
    rows[0] |= {"p05": 0.0, "quantiles": rows[0]["quantiles"] | {"p05": 0.0}}
    made = drawn(case(rows))
    assert made.axes[1].get_xscale() == "log"
    assert any("goes on to zero" in text.get_text() for text in made.findobj(Text))
    rows[0] |= {"p05": -1.0, "quantiles": rows[0]["quantiles"] | {"p05": -1.0}}
    assert drawn(case(rows)).axes[1].get_xscale() == "linear"


def test_a_ratio_that_must_pass_one_has_no_unit() -> None:
    row = numbers("V1", 1.0, "times") | {"edges": [1.0]}
    assert threshold.text(row) == "holds above 1"
    assert threshold.text(row | {"edges": [2.0]}) == "holds above 2 times"


@pytest.mark.parametrize("edges", [[3.0], [2.5, 3.5]])
def test_the_threshold_crosses_every_bar_at_its_value(edges: list[float]) -> None:
    evidence = deepcopy(LINEAR)
    for row in evidence["rows"]:
        row["edges"] = edges
    lines = [one for one in drawn(evidence).axes[1].collections if one.get_label() == "_threshold"]
    assert len(lines) == len(evidence["rows"])
    assert {path.vertices[0, 0] for one in lines for path in one.get_paths()} == set(edges)


def test_the_threshold_says_the_value_of_the_article() -> None:
    about = numbers("V1", **{"is": "about", "value": "3.0"}) | {"edges": [2.5, 3.5]}
    assert threshold.text(about) == "article: 3.0 % (2.5 to 3.5 counts)"
    assert threshold.text(numbers("V1")) == "holds above 3 %"
    granted = {"is": "between", "value": "2", "upper": "3", "tolerance": {"plus_minus": 0.5, "why": "digits"}}
    between = numbers("V1", unit="times", **granted) | {"edges": [1.5, 3.5]}
    assert threshold.text(between) == "article: 2 to 3 times (1.5 to 3.5 counts)"
    between["proposition"]["tolerance"] = None
    assert threshold.text(between) == "holds from 2 to 3 times"


def test_rows_held_against_other_edges_have_a_threshold_of_their_own() -> None:
    evidence = deepcopy(LINEAR)
    evidence["rows"][1]["edges"] = [4.0]
    labels = [text for text, _ in boxes(drawn(evidence)) if text.startswith("holds")]
    assert labels == ["holds above 3 %", "holds above 4 %", "holds above 3 %"]


@pytest.mark.parametrize("theme", style.THEMES)
@pytest.mark.parametrize("name", [*KINDS, "linear"])
def test_no_text_lies_over_another_or_outside(name: str, theme: str) -> None:
    figure = drawn(KINDS.get(name, LINEAR), theme)
    found = boxes(figure)
    assert len(found) > 4
    page = figure.bbox.padded(1.0)
    assert [text for text, box in found if not (page.contains(*box.min) and page.contains(*box.max))] == []
    assert [(a, b) for (a, x), (b, y) in combinations(found, 2) if x.overlaps(y)] == []


def test_a_life_crosses_one_on_its_day_and_splits_stand_at_their_ratios() -> None:
    axes = drawn(KINDS["lifetime"]).axes[1]
    models = [line for line in KINDS["lifetime"]["members"] if line["table"] == "models"]
    slopes = {
        round(line.get_ydata()[1] / line.get_xdata()[1], 9)
        for line in axes.lines
        if len(line.get_xdata()) == 2
    }
    assert {round(1.0 / line["columns"]["crossing"]["p50"], 9) for line in models} <= slopes
    dots = {round(float(x), 6) for one in axes.collections for x, _ in one.get_offsets()}
    assert dots == {4.0, 50.0, 6.0, 300.0}
    assert [text.get_text() for text in axes.texts if "hare" in text.get_text()] == [
        "0.5  hare 0.5",
        "1.5  hare 1.5",
        "1.6  hare 1.6",
        "1.7  hare 1.7",
    ]


def test_published_views_are_those_that_the_reading_drew_from() -> None:
    views = selection.published(KINDS["path"], TABLES)
    assert [view["name"] for view in views] == ["elk", "owl"]
    assert views[1]["points"] == [[2024, pytest.approx(900.0), True], [2030, pytest.approx(900.0), True]]
    assert selection.published(LINEAR, TABLES) == []
    with pytest.raises(KeyError, match="hums"):
        selection.published(KINDS["path"], {})


def test_a_ranking_has_the_largest_first_and_only_what_is_asked_for() -> None:
    rows = selection.ranked(KINDS["ranking"])
    assert [row["label"] for row in rows] == ["c1", "c2", "c0"]
    bars = [patch.get_width() for patch in drawn(KINDS["ranking"]).axes[1].patches]
    assert bars == [9.0, 4.0, 2.0]


def test_a_break_is_said_only_where_chance_would_hardly_make_one() -> None:
    texts = [text for text, _ in boxes(drawn(KINDS["breaks"]))]
    said = [text for text in texts if "p = " in text or "p <" in text]
    assert said == ["bends about 2016, p < 0.01", "bends about 2016, p = 0.03", "no clear break, p = 0.40"]


def test_a_dumbbell_starts_at_what_was_published_and_never_moves_what_is_not_stated() -> None:
    first, second, third = selection.published(KINDS["dumbbell"], {})
    assert (first["level"], first["before"], first["p50"]) == ("device", pytest.approx(1.0), 3.0)
    assert (second["level"], second["before"]) == ("facility", None)
    assert (third["group"], third["level"], third["before"]) == ("One howl", "not-stated", None)


def test_a_text_with_dollars_stays_a_text() -> None:
    evidence = deepcopy(LINEAR)
    evidence["rows"][0]["text"] = r"from $5 to $\frac"
    assert evidence["rows"][0]["text"] in [text for text, _ in boxes(drawn(evidence))]


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", style.THEMES.values(), ids=style.THEMES)
def test_texts_and_marks_stand_out(theme: style.Theme) -> None:
    words = (theme.ink, theme.muted, theme.accent, theme.third, theme.fourth)
    assert min(contrast(colour, theme.page) for colour in words) >= 4.5
    assert min(contrast(colour, theme.page) for colour in (theme.mark, theme.second)) >= 3.0


def test_the_door_writes_the_figures_of_its_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "a.C1.json"
    source.write_text(json.dumps(KINDS["words"]))
    outputs = [str(tmp_path / f"figures/a.C1-{theme}.svg") for theme in draw.THEMES]
    told = tmp_path / "reconstruction.json"
    told.write_text(json.dumps(shown()))
    outputs += [str(tmp_path / f"figures/calibration-{theme}.svg") for theme in draw.THEMES]
    read = SimpleNamespace(evidence=[str(source)], tables=[], shown=str(told))
    asked = SimpleNamespace(shown=["calibration"])
    given = SimpleNamespace(input=read, output=outputs, params=asked, log=[str(tmp_path / "log")])
    monkeypatch.setattr(sys, "stderr", sys.stderr)  # the door sends it to its log; put it back after
    runpy.run_path(str(ROOT / "workflow/scripts/figures.py"), init_globals={"snakemake": given})
    assert all(Path(path).read_text().endswith("</svg>\n") for path in outputs)


def test_groups_missed_by_more_than_a_fifth_are_drawn_strongly() -> None:
    axes = drawn_shown("scoreboard-groups").axes[1]
    places = {
        round(float(dot.get_offsets()[0][0]), 3): dot.get_facecolor()[0] for dot in axes.collections[1::2]
    }
    assert sorted(places) == [round(math.exp(bias), 3) for bias in (-0.9, 0.3)]
    theme = style.THEMES["light"]
    assert {to_hex(colour) for colour in places.values()} == {theme.accent}


def test_servers_outside_their_interval_are_drawn_strongly() -> None:
    dots = drawn_shown("scoreboard-servers").axes[1].collections[1:]
    assert [len(one.get_offsets()) for one in dots] == [3, 1]
    assert dots[1].get_offsets()[0].tolist() == [90.0, 20.0]
