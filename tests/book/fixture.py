"""A ledger and the evidence of one claim, small enough to read, with hostile text in every field."""

from typing import Any

ARTICLE, CLAIM = "a1", "a1.C01"
HOSTILE = (
    "<script>window.hit=true</script> <img src=x onerror=window.hit=true> {{ env.app.srcdir }} {raw} html "
    '[x](javascript:window.hit=true) ```{raw} html``` </script> " onmouseover=window.hit=true x=" \''
)
BAD_LINK = "javascript:window.hit=true"
SHA = "0" * 64


def text(words: str) -> str:
    return f"{words} {HOSTILE}"


def number(**changes: Any) -> dict[str, Any]:
    return {
        "text": "1.25 %",
        "value": 1.25,
        "p05": 1.0,
        "p95": 1.5,
        "unit": "%",
        "title": text("share"),
        "boundary": text("boundary"),
        "kind": "result",
        "sources": [{"cite": "work1", "locator": text("page"), "grade": "read", "licence": "CC0"}],
        "claim": CLAIM,
        "row": "V1",
        "href": "claims/a1/C01.html#trace-v1",
        **changes,
    }


def ledger() -> dict[str, Any]:
    both = {"en": text("A title"), "zh": "标题"}
    thresholds = {
        "true_from": 0.9,
        "leans_true_from": 0.66,
        "undetermined_from": 0.34,
        "leans_false_above": 0.1,
    }
    return {
        "schema_version": 1,
        "build": {
            "version": "1.0",
            "commit": "",
            "commit_date": "",
            "data_digest": "abc",
            "as_of": "2026-01-31",
            "scenario": "base",
            "draws": 10,
            "seed": 1,
        },
        "settings": {"thresholds": thresholds, "possible_from": 0.05},
        "articles": {
            ARTICLE: {
                "title": both,
                "publisher": text("P"),
                "source_named": "S",
                "published": "2023",
                "language": "zh",
                "cite": "work1",
                "brief": text("Brief."),
                "places": {"T": "title"},
                "claims": [CLAIM],
            }
        },
        "claims": {
            CLAIM: {
                "id": CLAIM,
                "short": "C01",
                "article": ARTICLE,
                "title": both,
                "location": ["T"],
                "kind": "quantitative",
                "fidelity": ["number"],
                "fidelity_text": "altered: number",
                "headline": "V1",
                "headline_text": text("reading"),
                "word": "false",
                "probability": 0.03,
                "probability_text": "0.03",
                "p05": 1.0,
                "p50": 1.25,
                "p95": 1.5,
                "unit": "percent",
                "flags": ["robust"],
                "depends_on_reading": False,
                "finding": text("Found {num:C01.V1.p50}."),
                "written_for": "true",
                "open_until": None,
            }
        },
        "numbers": {
            f"{CLAIM}.V1.p50": number(),
            f"{CLAIM}.V1.probability": number(text="0.03", kind="probability"),
            **{
                f"row.figures.{one}": number(text="9", href="data.html#dataset-figures")
                for one in ("r1", "r2")
            },
            **shown()["numbers"],
        },
        "datasets": {"figures": _figures()},
        "computed": dict.fromkeys(("joint", "reconstruction", "backtest", "calibration"), _joint()),
        "measured": {"unmade": _measured(), "made": _measured(_kept())},
        "inputs": {},
        "bibliography": {
            "work1": {
                "key": "work1",
                "author": text("Author, A."),
                "title": text("Work"),
                "year": "2020",
                "publisher": "P",
                "url": BAD_LINK,
                "note": text("note"),
            }
        },
        "facts": {},
        "attributions": {},
        "problems": {"J01": [text("wrong"), text("do")]},
        "functions": {
            "share_ratio": {
                "title": text("Share"),
                "module": "shares",
                "line": 3,
                "formula": r"s = \frac{a}{b} \href{javascript:alert(true)}{x}",
                "boundary": text("b"),
                "holds": "",
                "source": "def share_ratio(a):\n    return a  # </pre><script>window.hit=true</script>",
                "args": ["part_j"],
                "used_by": [CLAIM],
            }
        },
        "scenarios": {},
        "corrections": [],
    }


def _figures() -> dict[str, Any]:
    return {
        "title": text("Figures"),
        "publisher": text("P"),
        "licence": text("CC0"),
        "retrieved": "2026-01-01",
        "rows": 1,
        "cite": "work1",
        "snapshot": {"path": "data/snapshot/figures.csv", "sha256": SHA},
        "note": text("note"),
        "used_by": [CLAIM],
    }


def _joint() -> dict[str, Any]:
    setting = {"value": 0.25, "grade": "judgement", "why": text("why"), "cite": None, "locator": None}
    return {
        "title": text("Joint draws"),
        "boundary": text("boundary"),
        "experiment": "joint_draws",
        "reads": ["figures"],
        "withheld": [
            {
                **{"title": text("A table of others"), "licence": text("none stated")},
                **{"publisher": text("Others"), "url": "https://example.org", "mirror": {"sha256": SHA}},
            }
        ],
        "uses": [],
        "spread": "both",
        "seed": 11,
        "settings": {"part_ratio": setting},
        "note": text("note"),
        "fingerprint": SHA,
        "effective_draws": 12345,
        "seconds": 3,
        "cores": 2,
        "line": 7,
        "source": "def run(task):\n    return None  # </pre><script>window.hit=true</script>",
        "used_by": [CLAIM],
    }


def _measured(*devices: dict[str, Any]) -> dict[str, Any]:
    setting = {"value": 10.0, "grade": "judgement", "why": text("why"), "cite": None, "locator": None}
    return {
        **{"title": text("Windows"), "boundary": text("boundary"), "command": text("command")},
        **{"settings": {"window_s": setting}, "devices": list(devices)},
    }


def _kept() -> dict[str, Any]:
    return {"device": text("A device"), "driver": text("570.1"), "date": "2026-11-01", "digest": SHA}


def one_claim() -> dict[str, Any]:
    entry = ledger()["claims"][CLAIM]
    return {
        "schema_version": 1,
        "id": CLAIM,
        "depends_on_reading": False,
        "claim": {
            **{key: entry[key] for key in ("title", "location", "kind", "fidelity", "headline", "finding")},
            "says": {"en": text("It says."), "zh": "它说"},
            "source": {"says": text("Source."), "change": text("Changed."), "cite": ["work1"]},
            "rule": text("Rule."),
            "figure": {"alt": text("A picture.")},
            "open_until": None,
            "provisional": text("why"),
            "modal": True,
            "history": [text("changed once")],
            "facts": [],
        },
        "rows": [_row("V1", True), {**_row("V1/scope=wide", False), "note": text("note"), "flags": []}],
        "context": [],
        "path": {},
        "nodes": _nodes(),
    }


def _row(label: str, headline: bool) -> dict[str, Any]:
    return {
        "label": label,
        "reading": "V1",
        "text": text("reading"),
        "note": None,
        "reason": None,
        "ordinary": headline,
        "probability": 0.03,
        "probability_text": "0.03",
        "unit": "percent",
        "flags": ["robust"],
        "kind": "numbers",
        "p05": 1.0,
        "p50": 1.25,
        "p95": 1.5,
        "proposition": {"is": "about", "value": "3", "of": "b", "than": None, "across": text("across")},
        "edges": [2.5, 3.5],
        "node": "share_ratio",
        "than_node": None,
        "drivers": [
            {
                **{"input": "part_j", "elasticity": -1.0, "share": 0.9, "break_even": 5.0, "outside": True},
                **{"sobol_first": 0.8, "sobol_first_half": 0.03},
                **{"sobol_total": 0.95, "sobol_total_half": 0.04},
                **{"factor": "part_j", "counted_with": None},
            }
        ],
        "spread_of": "logarithm",
        "word": "false",
        "possible": False,
        "robustness": {
            "doubled": "0.05",
            "doubled_word": "false",
            "dependent": "0.04",
            "dependent_word": "false",
            "without_recalled": None,
            "survives": None,
        },
        "flip": {
            "distance": 2.0,
            "crossing_form": 0.02,
            "crossing_sampled": 0.02,
            "moves": [{"input": "part_j", "from": 1.0, "to": 2.0, "outside": True}],
        },
        "is_headline": headline,
    }


def _nodes() -> dict[str, Any]:
    common = {"at": {"region": "world", "year": 2017}, "base": {}, "p05": 1.0, "p50": 1.25, "p95": 1.5}
    common |= {"scope": text("scope")}
    row = {"id": "r1", "value": 1.0, "low": None, "unit": "TWh", "year": 2017, "cite": "work1"}
    row |= {"locator": text("p"), "grade": "read", "licence": "CC0"}
    return {
        "share_ratio": {
            **common,
            "kind": "function",
            "name": "share_ratio",
            "unit": "ratio",
            "title": text("Share"),
            "formula": r"s = \frac{a}{b}",
            "boundary": text("b"),
            "holds": "",
            "module": "shares",
            "line": 3,
            "args": ["part_j", "whole_j"],
        },
        "whole_j": {
            **common,
            "kind": "draws",
            "name": "whole_j",
            "unit": "TWh",
            "title": text("Whole"),
            "boundary": text("b"),
            "note": None,
            "why": text("w"),
            "file": "data/registry/quantities/x.yaml",
            "cite": None,
            "locator": text("computed by this project from figures"),
            "grade": "fitted",
            "grades": ["fitted"],
            "computed": "joint",
            "column": "world-2017",
            "seed": 11,
            "fingerprint": SHA,
            "experiment": "joint_draws",
            "reads": ["figures"],
            "effective_draws": 12345,
        },
        "part_j": {
            **common,
            "kind": "table",
            "name": "part_j",
            "unit": "TWh",
            "title": text("Part"),
            "boundary": text("b"),
            "note": text("n"),
            "why": text("w"),
            "file": "data/registry/quantities/x.yaml",
            "column": "value",
            "sha256": SHA,
            "rows": [row],
            "grades": ["judgement", "read"],
            "error": {
                "grade": "judgement",
                "why": text("e"),
                "distribution": {"p05": 0.8, "p50": 1.0, "p95": 1.25},
            },
        },
    }


def shown() -> dict[str, Any]:
    """What the pages of the reconstruction show: two estimates, and one line of everything else."""
    ends = {"p05": 0.5, "p50": 2.5, "p95": 9.0}
    numbers = {
        f"reconstruction.{key}.p50": number(text=f"{value} times", href="residuals.html#estimate-r1")
        for key, value in (("residual.r1", "2.5"), ("residual.r2", "0.4"), ("count", "2"))
    }
    estimate = {"level": "data centres", "publication": text("Owl 2020"), "lineage": text("owl"), "ahead": 3}
    estimate |= {
        "place": "World",
        "year": 2030,
        "published_year": 2027,
        "said": "9 TWh",
        "method": "unstated",
    }
    estimate |= {"table": "figures", **ends}
    parameter = {"group": "methods", "words": text("level"), "key": "method unstated", "kind": "factor"}
    parameter |= {**ends, "unit": "ratio", "says": text("high"), "r_hat": None, "effective_draws": None}
    scale = parameter | {"group": "scales", "kind": "spread", "unit": "percent", "says": "", "r_hat": 1.001}
    score = {"cutoff": 2015, "rows": text("all"), "forecaster": text("owl"), "publications": 3, "n": 4}
    score |= {"coverage": 0.75, "band_low": 0.5, "band_high": 1.0, "log_score": -0.5, "error": 1.5}
    test = {"quantity": text("hum"), "runs": 500, "chi2": 9.0, "p_value": 0.4, "p_holm": 1.0}
    dataset = {"title": text("Joint draws"), "fingerprint": SHA, "seed": 11, "seconds": 3, "cores": 1}
    dataset |= {"platform": {"machine": text("m")}, "folder": "made", "tables": ["points.csv"], "chains": 4}
    dataset |= {
        "draws": 6000,
        "largest_r_hat": 1.002,
        "effective_draws": 3000,
        "divergences": 1,
        "mean_steps": 64,
    }
    names = ("reconstruction-residuals", "backtest", "backtest-figures", "calibration")
    return {
        "numbers": numbers,
        "captions": dict.fromkeys(names, text("Two say {num:reconstruction.count.p50}.")),
        "datasets": dict.fromkeys(("reconstruction", "backtest", "calibration"), dataset),
        "estimates": [
            {**estimate, "id": "r1"},
            {
                **estimate,
                "id": "r2",
                "table": "figures",
                "publication": text("Elk 2021"),
                "p50": 0.4,
                "ahead": 0,
            },
        ],
        "parameters": [parameter, {**scale, "effective_draws": 900.0}],
        "checks": [{"statistic": text("spread"), "published": 0.9, **ends, "p_value": 0.2}],
        "backtest": {"scores": [score, score | {"coverage": None}]},
        "calibration": {"tests": [test | {"mean_rank": 0.5, "coverage": 0.9}]},
    }
