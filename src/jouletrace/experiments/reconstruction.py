"""Electricity of data centres, and of AI in them, reconstructed from everything published.

Joint draws of the curves are what claims read. Beside them: how far each estimate lies from the
curves, what was learned of methods and boundaries with the diagnostics of the chains, and how well
replicated estimates look like the published ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from scipy.special import logsumexp
from scipy.stats import spearmanr

from jouletrace.experiments import ai_part, curves, fit, observations
from jouletrace.experiments.effects import Numbers
from jouletrace.experiments.joint import Seen, data_of
from jouletrace.experiments.stock import Fleet
from jouletrace.experiments.task import Found, Table, Task
from jouletrace.registry.rows import Row

STOCK_YEARS = (2022, 2023, 2024, 2025)
STOCK_DRAWS = 20_000
#: Draws for which shared errors, and replicated estimates, are drawn as well.
REPLICATES = 1000
QUANTILES = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
ENDS = {"p05": 0.05, "p50": 0.5, "p95": 0.95}
#: Sites whose entries are shown with the diagnostics of the chains.
SHOWN = ("error", "level", "change", "part_change")
SHOWN_AI = ("ai_error", "ai_level", "ai_drift", "ai_change", "ai_offset")
FAR_AHEAD_YEARS = 5


@dataclass(frozen=True)
class Evidence:
    """What the reconstruction is fitted to, as rows and as arrays."""

    estimates: observations.Estimates
    published: ai_part.Published
    seen: Seen


def evidence(task: Task) -> Evidence:
    """Everything published, and the totals from the stock of accelerators."""
    settings = task.entry.settings
    fleet = Fleet(task, STOCK_DRAWS)
    estimates = observations.estimates(observations.usable(task.tables["data-centre-estimates"]), settings)
    published = ai_part.published(
        ai_part.usable(task.tables["ai-electricity-estimates"]),
        settings,
        {year: fleet.electricity_twh(year) for year in STOCK_YEARS},
    )
    seen = Seen(observations.prior(settings), estimates.seen, ai_part.prior(settings), published.seen)
    return Evidence(estimates, published, seen)


def run(task: Task) -> Found:
    """Curves by region and year in TWh, and what the fit says of estimates and of itself."""
    known = evidence(task)
    chains = round(task.setting("chains_count"))
    seeds = [task.entry.seed + one for one in range(chains)]
    with fit.workers(task.cores) as pool:
        samples = fit.chains(known.seen, data_of(known.seen), fit.schedule(task), seeds, pool)
    logs = log_columns(samples)
    quality = fit.diagnostics(logs)
    flat = {name: values.reshape(-1, *values.shape[2:]) for name, values in samples.items()}
    rng = np.random.default_rng(task.entry.seed)
    picked = rng.choice(len(flat["error"]), REPLICATES, replace=False)
    some = {name: values[picked] for name, values in flat.items()}
    centres = centre_errors(known.estimates, some, rng)
    ai = ai_errors(known, some, rng)
    least = min(float(one["n_eff"]) for one in quality.values())
    return Found(
        draws={name: np.exp(values).ravel() for name, values in logs.items()},
        tables={
            "points": points(logs),
            "residuals": residuals(known, centres, ai),
            "parameters": parameters(samples, known, centres, ai),
            "checks": checks(known.estimates, centres),
        },
        effective_draws=round(least),
        record={
            "chains": chains,
            "draws": int(flat["error"].shape[0]),
            "largest_r_hat": round(max(float(one["r_hat"]) for one in quality.values()), 4),
            "divergences": int(samples["diverging"].sum()),
            "mean_steps": round(float(samples["num_steps"].mean()), 1),
        },
    )


def log_columns(samples: dict[str, Numbers]) -> dict[str, Numbers]:
    """ln of TWh of each region and year (chain x draw), by the names of the columns."""
    log_curves, log_ai = samples["log_curves"], samples["log_ai"]
    regions = {"world": logsumexp(log_curves, axis=2)}
    regions |= {name: log_curves[:, :, i] for i, name in enumerate(curves.REGIONS)}
    found = {
        f"{name}-{curves.FIRST_YEAR + k}": values[:, :, k]
        for name, values in regions.items()
        for k in range(values.shape[-1])
    }
    for i, name in enumerate(ai_part.REGIONS):
        for k in range(log_ai.shape[-1]):
            found[f"ai-{name}-{ai_part.FIRST_YEAR + k}"] = log_ai[:, :, i, k]
    return found


def points(logs: dict[str, Numbers]) -> Table:
    """Quantiles of each curve, by series and year."""
    rows: list[dict[str, Any]] = []
    for column, values in logs.items():
        series, _, year = column.rpartition("-")
        found = np.exp(np.quantile(values, list(QUANTILES.values())))
        rows.append({"series": series, "year": int(year), **dict(zip(QUANTILES, found, strict=True))})
    return _columns(rows)


@dataclass(frozen=True)
class Errors:
    """Draws of the errors of some rows (draw x row) and of what they share (draw x effect).

    ``apart`` is what is left when the usual effects of boundary and place are taken off;
    ``replicated`` is a new set of errors, with effects drawn anew.
    """

    residual: Numbers
    apart: Numbers
    replicated: Numbers
    effects: Numbers
    names: tuple[str, ...]


def centre_errors(estimates: observations.Estimates, some: dict[str, Numbers], rng: Any) -> Errors:
    """Errors of the estimates of data-centre electricity."""
    seen = estimates.seen
    own_effects = observations.effects(estimates.rows)
    design = np.concatenate(
        [seen.those.common, np.stack([column for _, column in own_effects], axis=1)], axis=1
    )
    kinds = np.array([kind for kind, _ in own_effects])
    middle = np.concatenate([seen.middle, np.zeros(len(kinds))])
    where = np.array([name.split()[0] in ("boundary", "place", "trend") for name in estimates.common])
    apart = np.concatenate([where, np.zeros(len(kinds), dtype=bool)])
    found = []
    for i in range(len(some["error"])):
        energy = (np.exp(some["log_curves"][i])[:, seen.year].T * seen.share).sum(axis=1)
        residual = seen.log_energy - np.log(energy)
        variance = (some["error"][i][seen.method] ** 2 + seen.width**2)[seen.those.variance]
        spread = np.concatenate([seen.spread, some["level"][i][kinds]])
        found.append(_drawn(residual, design, middle, spread, variance, apart, rng))
    return Errors(*_stacked(found), estimates.common)


def ai_errors(known: Evidence, some: dict[str, Numbers], rng: Any) -> Errors:
    """Errors of the published figures of AI; an open end is taken as it is printed."""
    seen, published = known.published.seen, known.published
    count = len(published.rows)
    lineages = np.eye(len(published.lineages))[seen.lineage[:count]]
    design = np.concatenate([seen.design[:count], lineages, lineages * seen.ahead[:count, None]], axis=1)
    middle = np.concatenate([seen.middle, np.zeros(2 * lineages.shape[1])])
    apart = np.arange(design.shape[1]) < len(seen.middle)
    first = ai_part.FIRST_YEAR - curves.FIRST_YEAR
    open_ends = np.flatnonzero(seen.side)
    found = []
    for i in range(len(some["ai_error"])):
        log_curves = some["log_curves"][i][:, first:]
        log_all = np.stack([logsumexp(log_curves, axis=0), log_curves[0]])
        expected = np.asarray(ai_part.expected(jnp.asarray(some["log_ai"][i]), jnp.asarray(log_all), seen))[
            :count
        ]
        beyond, fresh = np.zeros(count), np.zeros(count)
        beyond[open_ends] = seen.side[open_ends] * some["ai_beyond"][i]
        scale = known.seen.ai_prior.open_end if known.seen.ai_prior else 0.0
        fresh[open_ends] = seen.side[open_ends] * np.abs(scale * rng.standard_normal(len(open_ends)))
        residual = seen.log_value[:count] - expected - beyond
        scales = np.repeat([some["ai_level"][i], some["ai_drift"][i]], lineages.shape[1])
        spread = np.concatenate([seen.spread, scales])
        variance = some["ai_error"][i] ** 2 + seen.width**2
        one = _drawn(residual, design, middle, spread, variance, apart, rng)
        found.append((one[0] + beyond, one[1] + beyond, one[2] + fresh, one[3]))
    return Errors(*_stacked(found), published.common)


def _drawn(
    residual: Numbers,
    design: Numbers,
    middle: Numbers,
    spread: Numbers,
    variance: Numbers,
    apart: Any,
    rng: Any,
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Effects given residuals, by Matheron's rule: a draw of the prior, moved by what it misses."""
    effects = middle + spread * rng.standard_normal(len(middle))
    error = np.sqrt(variance) * rng.standard_normal(len(residual))
    replicated = design @ effects + error
    scaled = design * spread**2
    covariance = scaled @ design.T + np.diag(variance)
    effects = effects + scaled.T @ np.linalg.solve(covariance, residual - replicated)
    return residual, residual - design[:, apart] @ effects[apart], replicated, effects


def _stacked(found: Sequence[tuple[Numbers, ...]]) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    residual, apart, replicated, effects = (np.stack(one) for one in zip(*found, strict=True))
    return residual, apart, replicated, effects


def residuals(known: Evidence, centres: Errors, ai: Errors) -> Table:
    """How many times the reconstruction each figure says, at its own boundary and place.

    ``percentile``: the part of replicated figures that lie below it.
    """
    rows: list[dict[str, Any]] = []
    for level, figures, errors in (
        ("data centres", known.estimates.rows, centres),
        ("AI", known.published.rows, ai),
    ):
        ratio = np.exp(np.quantile(errors.apart, list(ENDS.values()), axis=0))
        below = (errors.replicated < errors.residual).mean(axis=0)
        rows += [
            {
                "level": level,
                **_named(row),
                **dict(zip(ENDS, ratio[:, i], strict=True)),
                "percentile": below[i],
            }
            for i, row in enumerate(figures)
        ]
    return _columns(rows)


def _named(row: Row) -> dict[str, Any]:
    names = ("id", "region", "year", "published_year", "publication", "lineage", "method", "value", "unit")
    return {name: getattr(row, name) for name in names}


def parameters(samples: dict[str, Numbers], known: Evidence, centres: Errors, ai: Errors) -> Table:
    """What was learned: scales of the errors, with the diagnostics of the chains, and common effects."""
    names = [f"error of its own, {name}" for name in observations.METHODS]
    names += [f"scale of {name}" for name in observations.LEVELS]
    names += ["change of the world's growth in a year", "change of a region's part in a year"]
    names += ["AI: error of its own", "AI: scale of lineage level", "AI: scale of lineage drift"]
    names += ["AI: change of growth in a year", "AI: part of the United States, from its prior"]
    kept = {site: samples[site] for site in (*SHOWN, *SHOWN_AI)}
    quality = fit.diagnostics(kept)
    rows: list[dict[str, Any]] = []
    for site, values in kept.items():
        flat = values.reshape(*values.shape[:2], -1)
        r_hat, effective = (np.ravel(quality[site][key]) for key in ("r_hat", "n_eff"))
        for k in range(flat.shape[2]):
            ends = np.quantile(flat[:, :, k], list(ENDS.values()))
            error = float(flat[:, :, k].std() / np.sqrt(effective[k]))
            line = {"name": names[len(rows)], **dict(zip(ENDS, ends, strict=True))}
            rows.append({**line, "r_hat": r_hat[k], "effective_draws": effective[k], "error": error})
    for label, errors in (("", centres), ("AI: counts ", ai)):
        for k, name in enumerate(errors.names):
            ends = np.quantile(errors.effects[:, k], list(ENDS.values()))
            rows.append({"name": f"{label}{name}", **dict(zip(ENDS, ends, strict=True))})
    return _columns(rows)


def checks(estimates: observations.Estimates, errors: Errors) -> Table:
    """Statistics of the published residuals beside those of replicated ones."""
    ahead = np.array([row.year - row.published_year for row in estimates.rows])
    far = ahead >= FAR_AHEAD_YEARS
    statistics = {
        "spread of all residuals": lambda one: float(one.std()),
        "largest residual": lambda one: float(np.abs(one).max()),
        "part of residuals within a fifth": lambda one: float((np.abs(one) < np.log(1.2)).mean()),
        "spread of residuals five years ahead or more": lambda one: float(one[far].std()),
        "mean residual five years ahead or more": lambda one: float(one[far].mean()),
        "rank correlation of size with years ahead": lambda one: float(spearmanr(np.abs(one), ahead)[0]),
    }
    rows = []
    for name, statistic in statistics.items():
        published = np.array([statistic(one) for one in errors.residual])
        replicated = np.array([statistic(one) for one in errors.replicated])
        ends = np.quantile(replicated, list(ENDS.values()))
        chance = float((replicated >= published).mean())
        line = {"statistic": name, "published": float(np.median(published))}
        rows.append({**line, **dict(zip(ENDS, ends, strict=True)), "p_value": chance})
    return _columns(rows)


def _columns(rows: list[dict[str, Any]]) -> Table:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: [row.get(name) for row in rows] for name in names}
