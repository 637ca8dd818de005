"""Simulation-based calibration: where the truth is known, it should be one more draw of the posterior.

Parameters are drawn from the prior and every published figure is simulated from them, with the design
(regions, years, boundaries, lineages, publications) of the real ones; then the truth is ranked among
draws of the posterior of the simulated figures. If simulation, density and sampler agree, each rank is
as likely as any other.

The chain is that of Gandy and Scott (2020): it begins at the truth, which is itself a draw of that
posterior, and takes as many steps before it as behind it as chance says. NUTS with a fixed metric is
reversible, so steps before are made as steps behind are, and the truth stands at a random place of a
stationary chain. Nothing has to be thrown away or thinned: the ranks are uniform however slowly the
chain moves. What slowness costs is power, so that the effective draws are published too. Nothing that
steers the chain may know the truth. Its metric is the information that figures hold on average over the
prior, and its steps are of random size, so that the narrowest posteriors are walked as well.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.scipy.special import logsumexp
from numpyro.diagnostics import effective_sample_size
from numpyro.infer.hmc import hmc
from scipy.stats import chi2

from jouletrace.experiments import ai_part, curves, fit, observations
from jouletrace.experiments.effects import Numbers
from jouletrace.experiments.joint import Data, Seen, Space
from jouletrace.experiments.stock import Fleet
from jouletrace.experiments.task import Found, Table, Task

STOCK_YEARS = (2022, 2023, 2024, 2025)
STOCK_DRAWS = 20_000
#: What the state of a chain says of where it is.
WHERE = ("z", "z_grad", "potential_energy")
BINS = 10
AI_FIRST = ai_part.FIRST_YEAR - curves.FIRST_YEAR


@dataclass(frozen=True)
class Design:
    """What is simulated: which figures there are, and what they share.

    ``columns`` (estimate x effect) and ``kinds`` are the effects of lineages, publications and scenarios.
    """

    seen: Seen
    columns: Numbers
    kinds: Numbers


def design(task: Task) -> Design:
    """The design of everything published."""
    settings = task.entry.settings
    fleet = Fleet(task, STOCK_DRAWS)
    rows = observations.usable(task.tables["data-centre-estimates"])
    published = ai_part.published(
        ai_part.usable(task.tables["ai-electricity-estimates"]),
        settings,
        {year: fleet.electricity_twh(year) for year in STOCK_YEARS},
    )
    estimates = observations.estimates(rows, settings)
    own = observations.effects(estimates.rows)
    return Design(
        Seen(observations.prior(settings), estimates.seen, ai_part.prior(settings), published.seen),
        np.stack([column for _, column in own], axis=1),
        np.array([kind for kind, _ in own]),
    )


def simulated(known: Design, true: dict[str, Array], rng: np.random.Generator) -> tuple[Numbers, Numbers]:
    """Figures as these parameters would have them published: effect by effect, none integrated out."""
    value = {name: np.asarray(one) for name, one in true.items()}
    seen = known.seen.estimates
    energy = (np.exp(value["log_curves"])[:, seen.year].T * seen.share).sum(axis=1)
    common = seen.middle + seen.spread * rng.standard_normal(len(seen.middle))
    own = value["level"][known.kinds] * rng.standard_normal(len(known.kinds))
    variance = (value["error"][seen.method] ** 2 + seen.width**2)[seen.those.variance]
    error = np.sqrt(variance) * rng.standard_normal(len(energy))
    estimates = np.log(energy) + seen.those.common @ common + known.columns @ own + error
    return estimates, simulated_ai(known.seen, value, rng)


def simulated_ai(known: Seen, value: dict[str, Numbers], rng: np.random.Generator) -> Numbers:
    """Figures of AI, and the totals from the stock of accelerators behind them."""
    seen = known.ai
    assert seen is not None
    count, lineages = len(seen.width), int(seen.lineage.max()) + 1
    level = value["ai_level"] * rng.standard_normal(lineages)
    drift = value["ai_drift"] * rng.standard_normal(lineages)
    common = seen.middle + seen.spread * rng.standard_normal(len(seen.middle))
    figures = ai_figures(seen, value) + seen.design @ common
    figures[:count] += (level + drift * seen.ahead[:count, None])[np.arange(count), seen.lineage[:count]]
    figures[:count] += np.sqrt(value["ai_error"] ** 2 + seen.width**2) * rng.standard_normal(count)
    figures[np.flatnonzero(seen.side)] += seen.side[seen.side != 0.0] * value["ai_beyond"]
    stock = seen.stock_covariance[count:, count:]
    figures[count:] += np.linalg.cholesky(stock) @ rng.standard_normal(len(stock))
    return figures


def ai_figures(seen: ai_part.Seen, value: dict[str, Numbers]) -> Numbers:
    """ln of what each figure of AI stands for: an energy, a part, or the middle of two years."""
    log_curves = value["log_curves"][:, AI_FIRST:]
    log_all = np.stack([np.log(np.exp(log_curves).sum(axis=0)), log_curves[0]])
    found = []
    for share, region, year, end in zip(seen.is_share, seen.region, seen.year, seen.end, strict=True):
        line = value["log_ai"][region] - (log_all[region] if share else 0.0)
        later = min(year + 1, len(line) - 1)
        found.append(0.5 * (line[year] + line[later]) if end else line[year])
    return np.concatenate([found, value["log_ai"][0, seen.stock_year]])


YEARS, AI_YEARS = (2005, 2010, 2017, 2025, 2030), (2020, 2025, 2030)
#: What is ranked; the density sums up all parameters and figures.
NAMES = (
    *(f"world {year}" for year in YEARS),
    "part of the United States 2017",
    "China 2025",
    *(f"part of AI {year}" for year in AI_YEARS),
    "error of bottom-up estimates",
    "scale of lineage level",
    "scale of series drift",
    "AI: scale of lineage level",
    "joint density",
)


def quantities(sites: dict[str, Array]) -> list[Array]:
    """Curves, parts and scales, in the order of `NAMES`; the density is known to the chain."""
    log_curves, log_ai = sites["log_curves"], sites["log_ai"]
    log_world = logsumexp(log_curves, axis=0)
    at = {year: year - curves.FIRST_YEAR for year in (*YEARS, *AI_YEARS)}
    return [
        *(log_world[at[year]] for year in YEARS),
        (log_curves[0] - log_world)[at[2017]],
        log_curves[curves.REGIONS.index("china"), at[2025]],
        *(log_ai[0, at[year] - AI_FIRST] - log_world[at[year]] for year in AI_YEARS),
        sites["error"][0],
        sites["level"][curves.LEVEL],
        sites["level"][curves.SERIES],
        sites["ai_level"],
    ]


@dataclass(frozen=True)
class Schedule:
    """How the truth is ranked: places in a chain, the longest step, the steps of a trajectory (2 to a power).

    ``batch``: runs that one process takes at once, which shares their overhead; ``pilots``: draws of
    the prior that the metric is an average over.
    """

    places: int
    step: float
    least_part: float
    tree_depth: int
    batch: int
    pilots: int
    seed: int


class Ranked(Space):
    """The space of the joint model, with what is ranked at a place of it."""

    def ranked(self, place: Array) -> Array:
        """What is ranked, as a vector."""
        return jnp.stack(quantities(self.sites(place)))


@dataclass(frozen=True)
class Cases:
    """Simulated runs: where the truth lies, and the figures that follow from it."""

    place: Array
    data: Data


def cases(known: Design, space: Space, seed: int, runs: Sequence[int]) -> Cases:
    """Runs by number; each has random numbers of its own."""
    keys = jnp.stack([jax.random.fold_in(jax.random.key(seed), run) for run in runs])
    true = jax.jit(jax.vmap(space.truth))(keys)
    figures = [
        simulated(known, {name: one[i] for name, one in true.items()}, np.random.default_rng([seed, run]))
        for i, run in enumerate(runs)
    ]
    log_energy, ai_log_value = (jnp.asarray(np.stack(one)) for one in zip(*figures, strict=True))
    return Cases(jax.vmap(space.place)(true), Data(log_energy, ai_log_value))


def inverse_information(known: Design, plan: Schedule) -> Numbers:
    """The metric: inverse of the curvature of the joint density at truths, averaged over the prior."""
    space = Space(known.seen)
    curvature = jax.jit(jax.vmap(jax.hessian(space.potential, argnums=1)))
    total = np.zeros((space.size, space.size))
    for first in range(0, plan.pilots, plan.batch):
        some = cases(known, space, plan.seed + 1, range(first, first + plan.batch))
        total += np.asarray(curvature(some.data, some.place)).sum(axis=0)
    worth, axes = np.linalg.eigh(total / plan.pilots)
    # Less than the prior's own information cannot be: that is chance.
    inverse: Numbers = (axes / np.maximum(worth, 1.0)) @ axes.T
    return inverse


@dataclass(frozen=True)
class Walked:
    """Batches of runs: ranks and effective draws (run x quantity), and how the chains went (run)."""

    runs: Numbers
    rank: Numbers
    effective: Numbers
    divergences: Numbers
    accepted: Numbers
    steps: Numbers


def walked(known: Design, metric: Numbers, plan: Schedule, batches: Sequence[int]) -> Iterator[Walked]:
    """Runs of some batches, by one process."""
    space = Ranked(known.seen)
    chains = jax.jit(jax.vmap(partial(around, space, jnp.asarray(metric), plan)))
    for batch in batches:
        runs = range(batch * plan.batch, (batch + 1) * plan.batch)
        some = cases(known, space, plan.seed, runs)
        rng = np.random.default_rng([plan.seed, 2, batch])
        truth_at = rng.integers(plan.places, size=plan.batch)
        keys = jax.random.split(jax.random.fold_in(jax.random.key(plan.seed + 2), batch), plan.batch)
        chain = chains(some.place, some.data, jnp.asarray(truth_at), keys)
        ranked, true, diverging, accepted, steps = (np.asarray(one) for one in chain)
        yield Walked(
            runs=np.array(runs),
            rank=np.stack([rank(*one, rng) for one in zip(true, ranked, strict=True)]),
            effective=np.stack([effective(*one) for one in zip(true, ranked, truth_at, strict=True)]),
            divergences=diverging.sum(axis=1),
            accepted=accepted.mean(axis=1),
            steps=steps.mean(axis=1),
        )


def around(
    space: Ranked,
    metric: Array,
    plan: Schedule,
    place: Array,
    data: Data,
    truth_at: Array,
    key: Array,
) -> tuple[Array, ...]:
    """A chain around the truth, whose place in it is ``truth_at``: what is ranked, in draws and at the truth.

    The first draws are the steps before the truth, the nearest first; then come those behind it.
    """
    begin, step = hmc(potential_fn_gen=lambda data: partial(space.potential, data), algo="NUTS")
    of_chain, of_sizes = jax.random.split(key)
    start = begin(
        place,
        0,
        step_size=plan.step,
        inverse_mass_matrix=metric,
        dense_mass=True,
        adapt_step_size=False,
        adapt_mass_matrix=False,
        max_tree_depth=plan.tree_depth,
        model_args=(data,),
        rng_key=of_chain,
    )
    sizes = plan.step * jax.random.uniform(of_sizes, (plan.places - 1,), minval=plan.least_part)

    def one(state: Any, at: tuple[Array, Array]) -> tuple[Any, tuple[Array, ...]]:
        number, size = at
        turn = number == truth_at
        here = {name: jnp.where(turn, getattr(start, name), getattr(state, name)) for name in WHERE}
        adapted = state.adapt_state._replace(step_size=size)
        state = step(state._replace(**here, adapt_state=adapted), (data,), {})
        found = jnp.append(space.ranked(state.z), -state.potential_energy)
        return state, (found, state.diverging, state.accept_prob, state.num_steps)

    chain = jax.lax.scan(one, start, (jnp.arange(plan.places - 1), sizes))[1]
    return chain[0], jnp.append(space.ranked(place), -start.potential_energy), *chain[1:]


def rank(true: Numbers, draws: Numbers, rng: np.random.Generator) -> Numbers:
    """How many draws (draw x quantity) lie below the truth; a tie goes either way.

    >>> rank(np.array([1.5]), np.array([[1.0], [2.0], [0.0]]), np.random.default_rng(0))
    array([2])
    """
    below, equal = (draws < true).sum(axis=0), (draws == true).sum(axis=0)
    found: Numbers = below + rng.integers(equal + 1)
    return found


def effective(true: Numbers, draws: Numbers, truth_at: int) -> Numbers:
    """How many independent draws the chain is worth, for each quantity."""
    chain = np.concatenate([draws[:truth_at][::-1], true[None, :], draws[truth_at:]])
    moved = chain.std(axis=0) > 0.0
    worth = np.ones(len(true))
    worth[moved] = effective_sample_size(chain[None, :, moved])
    return np.minimum(worth, len(chain))


def run(task: Task) -> Found:
    """Ranks of the truth, and whether they are uniform."""
    plan = schedule(task)
    count = round(task.setting("runs_count"))
    batches = range(count // plan.batch)
    known = design(task)
    with fit.workers(task.cores) as pool:
        metric = pool.submit(inverse_information, known, plan).result()
        jobs = [
            pool.submit(_all, known, metric, plan, batches[core :: task.cores]) for core in range(task.cores)
        ]
        found = [one for job in jobs for one in job.result()]
    return told(sorted(found, key=lambda one: one.runs[0]), plan)


def _all(known: Design, metric: Numbers, plan: Schedule, batches: Sequence[int]) -> list[Walked]:
    return list(walked(known, metric, plan, batches))


def schedule(task: Task) -> Schedule:
    """How the truth is ranked, from the entry in computed.yaml."""
    return Schedule(
        places=round(task.setting("places_count")),
        step=task.setting("step_ratio"),
        least_part=task.setting("least_step_ratio"),
        tree_depth=round(task.setting("tree_depth_count")),
        batch=round(task.setting("batch_count")),
        pilots=round(task.setting("pilots_count")),
        seed=task.entry.seed,
    )


def told(found: Sequence[Walked], plan: Schedule) -> Found:
    """Tables of ranks and of their tests."""
    runs = np.concatenate([one.runs for one in found])
    ranks = np.concatenate([one.rank for one in found])
    worth = np.concatenate([one.effective for one in found])
    count = len(NAMES)
    return Found(
        draws={},
        tables={
            "ranks": {
                "run": np.repeat(runs, count),
                "quantity": list(NAMES) * len(runs),
                "rank": ranks.ravel(),
                "of": np.full(ranks.size, plan.places - 1),
            },
            "tests": uniformity(ranks, plan.places) | {"effective_draws": np.median(worth, axis=0)},
        },
        record={
            "runs": len(runs),
            "divergences": int(sum(one.divergences.sum() for one in found)),
            "runs_with_a_divergence": int(sum((one.divergences > 0).sum() for one in found)),
            "steps_of_chains": len(runs) * (plan.places - 1),
            "mean_accepted": round(float(np.mean([one.accepted.mean() for one in found])), 3),
            "least_accepted": round(float(min(one.accepted.min() for one in found)), 3),
            "mean_steps": round(float(np.mean([one.steps.mean() for one in found])), 1),
        },
    )


def uniformity(ranks: Numbers, places: int) -> Table:
    """Chi-square of ranks (run x quantity) in ten bins, corrected after Holm; mean and coverage beside it."""
    part = (ranks + 0.5) / places
    counts = np.stack([np.histogram(one, bins=BINS, range=(0.0, 1.0))[0] for one in part.T])
    each = len(ranks) / BINS
    square = ((counts - each) ** 2 / each).sum(axis=1)
    chance = chi2.sf(square, BINS - 1)
    return {
        "quantity": list(NAMES[: len(square)]),
        "runs": np.full(len(square), len(ranks)),
        "chi2": square,
        "p_value": chance,
        "p_holm": holm(chance),
        "mean_rank": part.mean(axis=0),
        "coverage": (np.abs(part - 0.5) <= 0.45).mean(axis=0),
    }


def holm(chance: Numbers) -> Numbers:
    """p-values corrected for their number, so that one below 0.05 is as rare as when there is only one.

    >>> holm(np.array([0.01, 0.04, 0.03])).round(9).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(chance)
    stepped = np.maximum.accumulate(chance[order] * np.arange(len(chance), 0, -1))
    found = np.empty_like(chance)
    found[order] = np.minimum(stepped, 1.0)
    return found
