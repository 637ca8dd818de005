"""Chains of the joint model, sampled by NUTS: one process for each, and a metric that they share.

A chain runs on one thread, so its draws are the same on any number of cores. Chains start near the mode
with the curvature around it as their metric, and learn in pilots of short steps: the covariance of the
draws of all chains is the metric of what comes next. Alone, a chain takes ten times as long to learn it.
"""

import os
import pickle
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpyro.diagnostics import summary
from numpyro.infer.hmc import hmc
from scipy.optimize import minimize

from jouletrace.experiments.effects import Numbers
from jouletrace.experiments.joint import Data, Seen, Space
from jouletrace.experiments.task import Task

#: Step of the finite differences of the gradient.
STEP = 1e-4
#: Places around the mode over which the curvature is averaged.
PLACES = 12
#: Steps of a chain that are compiled as one.
BLOCK = 50
#: Pilots by which the chains learn their metric.
PILOTS = 3
#: Steps of a trajectory, as a power of two, while a chain adapts and afterwards.
TREE_DEPTHS = (6, 9)
#: What a process of its own needs so that its arithmetic does not depend on the machine's cores.
ONE_THREAD = {
    "NPROC": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "JAX_ENABLE_X64": "1",
}


@dataclass(frozen=True)
class Schedule:
    """How a chain is run: draws in which a step is adapted, draws to keep, and how careful a step is.

    The second half of the draws of a pilot, in which the step is adapted all the while, tells the
    metric. ``climb``: at most so many steps towards the mode.
    """

    warm_up: int
    kept: int
    target_accept: float = 0.9
    climb: int = 500


def schedule(task: Task) -> Schedule:
    """How chains are run, from the entry in computed.yaml."""
    return Schedule(*(round(task.setting(f"{name}_count")) for name in ("warm_up", "kept")))


@dataclass(frozen=True)
class Start:
    """Where a chain goes on, and the factor F of its metric: the inverse mass is F F'."""

    place: Numbers
    factor: Numbers


@dataclass(frozen=True)
class Walk:
    """Draws of a chain as places, and for each how many steps it took and whether it diverged."""

    places: Numbers
    num_steps: Numbers
    diverging: Numbers


class Walker:
    """The posterior of some figures, and steps in it, compiled once for a process."""

    def __init__(self, seen: Seen, data: Data, schedule: Schedule) -> None:
        self.space = Space(seen)
        self.schedule = schedule
        self.both = jax.jit(jax.value_and_grad(partial(self.space.potential, data)))
        self.begin, step = hmc(potential_fn=_with_slope(self.both), algo="NUTS")

        def one(state: Any, _: None) -> tuple[Any, tuple[Array, ...]]:
            state = step(state)
            return state, (state.z, state.num_steps, state.diverging)

        self.block = jax.jit(lambda state: jax.lax.scan(one, state, None, length=BLOCK))

    def slope(self, place: Numbers) -> tuple[float, Numbers]:
        """The potential and its gradient."""
        value, gradient = self.both(jnp.asarray(place))
        return float(value), np.asarray(gradient)

    def curvature(self, place: Numbers) -> Numbers:
        """Second derivatives of the potential, by differences of the gradient."""
        moves = STEP * np.eye(len(place))
        found = [self.slope(place + one)[1] - self.slope(place - one)[1] for one in moves]
        return np.stack(found) / (2.0 * STEP)

    def start(self, seed: int) -> Start:
        """A draw of the normal approximation about the mode, with the curvature around it."""
        options = {"maxiter": self.schedule.climb}
        first = self.space.middle()
        mode: Numbers = minimize(self.slope, first, jac=True, method="L-BFGS-B", options=options).x
        rng = np.random.default_rng(seed)
        factor = root_inverse(self.curvature(mode))
        places = mode + rng.standard_normal((PLACES, len(mode))) @ factor.T
        factor = root_inverse(np.mean([self.curvature(one) for one in places], axis=0))
        return Start(mode + factor @ rng.standard_normal(len(mode)), factor)

    def walk(self, start: Start, kept: slice, seed: Sequence[int]) -> Walk:
        """Some draws of a walk; in the first of it the step is adapted to the metric."""
        state = self.begin(
            jnp.asarray(start.place),
            num_warmup=self.schedule.warm_up,
            inverse_mass_matrix=jnp.asarray(start.factor @ start.factor.T),
            dense_mass=True,
            adapt_mass_matrix=False,
            target_accept_prob=self.schedule.target_accept,
            max_tree_depth=TREE_DEPTHS,
            step_size=0.1,
            rng_key=jax.random.key(np.random.SeedSequence(seed).generate_state(1)[0]),
        )
        drawn = []
        for _ in range(-(-kept.stop // BLOCK)):
            state, found = self.block(state)
            drawn.append([np.asarray(one) for one in found])
        return Walk(*(np.concatenate(one)[kept] for one in zip(*drawn, strict=True)))


def _with_slope(both: Any) -> Any:
    """A potential whose gradient is computed with it, so that each is compiled once."""

    @jax.custom_vjp
    def potential(place: Array) -> Array:
        value: Array = both(place)[0]
        return value

    potential.defvjp(both, lambda slope, change: (change * slope,))
    return potential


def root_inverse(curvature: Numbers) -> Numbers:
    """F with F F' the inverse; where there is less curvature than the prior's own, of one, that is kept."""
    worth, axes = np.linalg.eigh(0.5 * (curvature + curvature.T))
    found: Numbers = axes / np.sqrt(np.maximum(worth, 1.0))
    return found


def learned(places: Numbers, before: Numbers) -> Numbers:
    r"""The factor of the metric from draws (draw x parameter); the one before counts as a draw for each axis.

    Formula: F' = F \operatorname{chol}\left(\frac{n S + d I}{n + d}\right), S the covariance of F^{-1} z.
    """
    count, size = places.shape
    white = np.linalg.solve(before, (places - places.mean(axis=0)).T)
    weighed = (count * np.cov(white) + size * np.eye(size)) / (count + size)
    found: Numbers = before @ np.linalg.cholesky(weighed)
    return found


@cache
def _walker(known: bytes) -> Walker:
    """The walker of this process for what was pickled, so that it is compiled once for all phases."""
    return Walker(*pickle.loads(known))


def _start(known: bytes, seed: int) -> Start:
    return _walker(known).start(seed)


def _walk(known: bytes, start: Start, kept: slice, seed: Sequence[int]) -> Walk:
    return _walker(known).walk(start, kept, seed)


def _sites(known: bytes, places: Numbers) -> dict[str, Numbers]:
    found = jax.jit(jax.vmap(_walker(known).space.sites))(jnp.asarray(places))
    return {name: np.asarray(one) for name, one in found.items()}


def chains(
    seen: Seen, data: Data, schedule: Schedule, seeds: Sequence[int], pool: ProcessPoolExecutor
) -> dict[str, Numbers]:
    """Draws of every site of the model by several chains (chain x draw x ...), side by side.

    ``num_steps`` and ``diverging`` come with them.
    """
    known = pickle.dumps((seen, data, schedule))
    starts = list(pool.map(partial(_start, known), seeds))
    warm_up = schedule.warm_up
    phases = [slice(warm_up // 2, warm_up)] * PILOTS + [slice(warm_up, warm_up + schedule.kept)]
    places: list[Numbers] = []
    for phase, kept in enumerate(phases):
        jobs = [
            pool.submit(_walk, known, start, kept, (seed, phase))
            for start, seed in zip(starts, seeds, strict=True)
        ]
        walks = [job.result() for job in jobs]
        if phase < PILOTS:
            # The first pilot is on its way; the others add up.
            places = [one.places for one in walks] + (places if phase > 1 else [])
            factor = pool.submit(learned, np.concatenate(places), starts[0].factor).result()
            starts = [Start(one.places[-1], factor) for one in walks]
    sites = list(pool.map(partial(_sites, known), [one.places for one in walks]))
    found = {name: np.stack([one[name] for one in sites]) for name in sites[0]}
    of_walks = {name: np.stack([getattr(one, name) for one in walks]) for name in ("num_steps", "diverging")}
    return found | of_walks


@contextmanager
def workers(cores: int) -> Iterator[ProcessPoolExecutor]:
    """Processes of one thread each."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        with ProcessPoolExecutor(max(cores, 1), mp_context=get_context("spawn")) as pool:
            yield pool
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value


def diagnostics(samples: Mapping[str, Numbers]) -> dict[str, dict[str, Any]]:
    """R-hat, effective draws, mean and spread of each entry of each site (chain x draw x ...)."""
    return summary({name: jnp.asarray(values) for name, values in samples.items()}, prob=0.9)
