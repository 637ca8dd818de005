"""Forecasting the past: how well what was published up to a cutoff foretells the rest.

Each later row is scored by its predictive distribution: the curves, the errors that it shares with
earlier rows (given what these tell of them), those that it shares with none (as the prior has them),
and an error of its own. Given curves and scales all of that is normal, so the distribution is a mixture
of normals, one for each draw. Beside it stand baselines, scored on the same rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jax.scipy.special import logsumexp
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from jouletrace.experiments import curves, fit, forecasts, observations
from jouletrace.experiments.effects import Numbers
from jouletrace.experiments.joint import Seen, data_of
from jouletrace.experiments.task import Found, Table, Task
from jouletrace.registry.rows import Row

MODEL = "reconstruction"
#: Draws of which a predictive distribution is made.
PREDICTIVE = 800
ENDS = {"p05": 0.05, "p50": 0.5, "p95": 0.95}


@dataclass(frozen=True)
class Scored:
    """Later rows of a cutoff, and for each forecaster its median, score and probability below.

    A forecast that was not given is NaN.
    """

    cutoff: int
    rows: tuple[Row, ...]
    ends: dict[str, Numbers]
    middle: dict[str, Numbers]
    score: dict[str, Numbers]
    below: dict[str, Numbers]


def run(task: Task) -> Found:
    """Scores of the reconstruction and of the baselines, by cutoff."""
    rows = observations.usable(task.tables["data-centre-estimates"])
    cutoffs = [round(one.value) for name, one in task.entry.settings.items() if name.endswith("_cutoff_year")]
    chains = round(task.setting("chains_count"))
    samples = {}
    with fit.workers(task.cores) as pool:
        for cutoff in cutoffs:
            seen = fitted_to([row for row in rows if row.published_year <= cutoff], task)
            seeds = [task.entry.seed + cutoff + 10_000 * one for one in range(chains)]
            samples[cutoff] = fit.chains(seen, data_of(seen), fit.schedule(task), seeds, pool)
        jobs = [pool.submit(foretold, cutoff, rows, samples[cutoff], task) for cutoff in cutoffs]
        scored = [job.result() for job in jobs]
    return Found(
        draws={},
        tables={"scores": scores(scored), "points": points(scored)},
        record={"fits": {str(cutoff): quality(some) for cutoff, some in samples.items()}},
    )


def fitted_to(rows: Sequence[Row], task: Task) -> Seen:
    """The model of data centres alone, for some rows."""
    settings = task.entry.settings
    return Seen(observations.prior(settings), observations.estimates(rows, settings).seen)


def quality(samples: dict[str, Numbers]) -> dict[str, Any]:
    """Whether the chains agree on the curves, and how many draws they are worth."""
    log_curves = samples["log_curves"]
    world = np.asarray(logsumexp(log_curves, axis=2))
    found = fit.diagnostics({"regions": log_curves, "world": world})
    return {
        "largest_r_hat": round(max(float(np.max(one["r_hat"])) for one in found.values()), 4),
        "least_effective_draws": round(min(float(np.min(one["n_eff"])) for one in found.values())),
        "divergences": int(samples["diverging"].sum()),
    }


def foretold(cutoff: int, rows: Sequence[Row], samples: dict[str, Numbers], task: Task) -> Scored:
    """Forecasts of all rows that were published after the cutoff, and their scores."""
    early = [row for row in rows if row.published_year <= cutoff]
    later = [row for row in rows if row.published_year > cutoff]
    draws = {name: thinned(samples[name]) for name in ("log_curves", "error", "level")}
    middle, deviation = predictive(early, later, draws, task)
    log_value = np.log([row.value for row in later])
    ends = {name: forecasts.quantile(part, middle, deviation) for name, part in ENDS.items()}
    middles = {MODEL: ends["p50"]}
    pairs = {MODEL: forecasts.mixture(log_value, middle, deviation)}
    for name, baseline in forecasts.BASELINES.items():
        found = [baseline(early, row.region, row.year) for row in later]
        wide = forecasts.spread(early, baseline)
        middles[name] = np.array([np.nan if one is None or wide is None else one for one in found])
        given = np.full((1, len(later)), np.nan if wide is None else wide)
        pairs[name] = forecasts.mixture(log_value, middles[name][None, :], given)
    score, below = ({name: pair[k] for name, pair in pairs.items()} for k in (0, 1))
    return Scored(cutoff, tuple(later), ends, middles, score, below)


def thinned(draws: Numbers) -> Numbers:
    """So many draws of all chains (chain x draw x ...) as a predictive distribution needs."""
    flat = draws.reshape(-1, *draws.shape[2:])
    return flat[:: max(len(flat) // PREDICTIVE, 1)]


def predictive(
    early: Sequence[Row], later: Sequence[Row], draws: dict[str, Numbers], task: Task
) -> tuple[Numbers, Numbers]:
    """Middle and standard deviation of ln of each later row, given each draw of curves and scales.

    Formula: with e the earlier and l the later rows, residuals r_e about the curves and the covariance
    C of all that rows share, m_l = C_le (C_ee + V_e)^-1 r_e and v_l = C_ll - C_le (C_ee + V_e)^-1 C_el + V_l.
    """
    rows = [*early, *later]
    seen = observations.estimates(rows, task.entry.settings).seen
    own = observations.effects(rows)
    design = np.concatenate([seen.those.common, np.stack([column for _, column in own], axis=1)], axis=1)
    kinds = np.array([kind for kind, _ in own])
    found = [
        conditional(
            seen.log_energy - located(log_curves, seen),
            design * np.concatenate([seen.spread, level[kinds]]),
            (error[seen.method] ** 2 + seen.width**2)[seen.those.variance],
            len(early),
        )
        for log_curves, error, level in zip(draws["log_curves"], draws["error"], draws["level"], strict=True)
    ]
    missed, deviation = (np.stack(one) for one in zip(*found, strict=True))
    usual = np.stack([located(log_curves, seen)[len(early) :] for log_curves in draws["log_curves"]])
    return usual + missed, deviation


def located(log_curves: Numbers, seen: curves.Observations) -> Numbers:
    """ln of TWh where each row lies if nothing but its boundary's usual effect moves it."""
    energy = (np.exp(log_curves)[:, seen.year].T * seen.share).sum(axis=1)
    located: Numbers = np.log(energy) + seen.those.common @ seen.middle
    return located


def conditional(residual: Numbers, scaled: Numbers, variance: Numbers, early: int) -> tuple[Numbers, Numbers]:
    """Middle and standard deviation of later residuals, given the first ``early`` ones.

    ``scaled`` (row x effect): what rows share, each effect with the deviation one. Two rows of one
    effect and errors like it: the second is half the first, with a variance of 2 - 1/2.

    >>> middle, deviation = conditional(np.array([1.0, 9.0]), np.ones((2, 1)), np.ones(2), 1)
    >>> round(float(middle[0]), 9), round(float(deviation[0] ** 2), 9)
    (0.5, 1.5)
    """
    before, after = scaled[:early], scaled[early:]
    factor = cho_factor(before @ before.T + np.diag(variance[:early]), lower=True)
    across = before @ after.T
    explained = (across * cho_solve(factor, across)).sum(axis=0)
    left = (after**2).sum(axis=1) + variance[early:] - explained
    return across.T @ cho_solve(factor, residual[:early]), np.sqrt(left)


def scores(scored: Sequence[Scored]) -> Table:
    """How each forecaster did: means over the rows of a publication, then over publications.

    Some forecasters have no forecast of some rows; common rows are those of which all have one.
    """
    lines = []
    for one in scored:
        given = np.all([np.isfinite(middle) for middle in one.middle.values()], axis=0)
        ahead = np.array([row.year > one.cutoff for row in one.rows])
        everything = np.ones(len(one.rows), dtype=bool)
        kinds = {
            "all": everything,
            "after cutoff": ahead,
            "all, where every forecaster has one": given,
            "after cutoff, where every forecaster has one": ahead & given,
        }
        for rows, among in kinds.items():
            for name in one.middle:
                counted = among & np.isfinite(one.middle[name])
                lines.append({"cutoff": one.cutoff, "rows": rows, **score(one, name, counted)})
    return _columns(lines)


def score(one: Scored, forecaster: str, counted: NDArray[np.bool_]) -> dict[str, Any]:
    """One forecaster on some of the rows; the median is over publications, of their mean error."""
    picked = np.flatnonzero(counted)
    names = [one.rows[i].publication for i in picked]
    line: dict[str, Any] = {"forecaster": forecaster, "publications": len(set(names)), "n": len(picked)}
    if not len(picked):
        return line
    missed = np.abs(np.log([row.value for row in one.rows]) - one.middle[forecaster])
    covered = forecasts.inside(one.below[forecaster]).astype(float)
    grouped = {
        name: list(forecasts.by_publication(names, values[picked]).values())
        for name, values in (("covered", covered), ("score", one.score[forecaster]), ("missed", missed))
    }
    low, high = forecasts.band(len(set(names)))
    return line | {
        "coverage": float(np.mean(grouped["covered"])),
        "band_low": low,
        "band_high": high,
        "log_score": float(np.mean(grouped["score"])),
        "median_abs_log_error": float(np.median(grouped["missed"])),
    }


def points(scored: Sequence[Scored]) -> Table:
    """One line for each row that was foretold."""
    lines = []
    for one in scored:
        for i, row in enumerate(one.rows):
            line: dict[str, Any] = {"cutoff": one.cutoff}
            line |= {name: getattr(row, name) for name in ("id", "publication", "region", "year", "value")}
            line |= {name: float(np.exp(ends[i])) for name, ends in one.ends.items()}
            line["log_score"] = float(one.score[MODEL][i])
            for name in forecasts.BASELINES:
                key = name.replace(" ", "_")
                line[key] = float(np.exp(one.middle[name][i]))
                line[f"{key}_log_score"] = float(one.score[name][i])
            lines.append(line)
    return _columns(lines)


def _columns(rows: list[dict[str, Any]]) -> Table:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: [row.get(name) for row in rows] for name in names}
