"""Chains of the reconstruction: the joint model, sampled by NUTS, one process for each chain.

A chain runs on one thread, so its draws are the same on any number of cores.
"""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jax.scipy.special import logsumexp
from numpyro.diagnostics import summary
from numpyro.infer import MCMC, NUTS, init_to_median
from numpyro.infer.util import initialize_model
from scipy.optimize import minimize

from jouletrace.experiments import ai_part, curves
from jouletrace.experiments.effects import Numbers

#: Step of the finite differences of the gradient.
STEP = 1e-4
#: What a process of its own needs so that its arithmetic does not depend on the machine's cores.
ONE_THREAD = {
    "NPROC": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "JAX_ENABLE_X64": "1",
}


@dataclass(frozen=True)
class Seen:
    """All that the model is fitted to: data centres, and AI where it is fitted as well."""

    prior: curves.Prior
    estimates: curves.Observations
    ai_prior: ai_part.Prior | None = None
    ai: ai_part.Seen | None = None


@dataclass(frozen=True)
class Data:
    """Logarithms of what was published, apart from the design so that it can be replaced."""

    log_energy: Numbers
    ai_log_value: Numbers | None = None


@dataclass(frozen=True)
class Schedule:
    """How a chain is run: steps to adapt, steps to keep, and how careful a step is.

    ``climb``: at most so many steps towards the mode.
    """

    warm_up: int
    kept: int
    target_accept: float = 0.8
    max_tree_depth: int = 9
    climb: int = 500


def data_of(seen: Seen) -> Data:
    """What was published."""
    if seen.ai is None:
        return Data(seen.estimates.log_energy)
    return Data(seen.estimates.log_energy, seen.ai.log_value)


def joint(seen: Seen, data: Data) -> None:
    """The joint density of curves, AI's part and everything published."""
    log_curves = curves.model(seen.prior, seen.estimates, data.log_energy)
    if seen.ai is None or seen.ai_prior is None or data.ai_log_value is None:
        return
    first = ai_part.FIRST_YEAR - curves.FIRST_YEAR
    log_world = logsumexp(log_curves, axis=0)
    log_all = jnp.stack([log_world, log_curves[0]])[:, first : first + seen.ai_prior.years]
    ai_part.model(seen.ai_prior, seen.ai, log_all, jnp.asarray(data.ai_log_value))


def chain(seen: Seen, data: Data, schedule: Schedule, seed: int) -> dict[str, Numbers]:
    """Draws of every site of the model by one chain; ``diverging`` and ``num_steps`` come with them.

    It starts near the mode, at a place of its own, with the curvature there as its first scales.
    """
    start, inverse_mass = near_mode(seen, data, schedule, seed)
    kernel = NUTS(
        joint,
        target_accept_prob=schedule.target_accept,
        max_tree_depth=schedule.max_tree_depth,
        dense_mass=True,
        inverse_mass_matrix=inverse_mass,
    )
    run = MCMC(kernel, num_warmup=schedule.warm_up, num_samples=schedule.kept, progress_bar=False)
    extra = ("diverging", "num_steps")
    run.run(jax.random.key(seed), seen, data, extra_fields=extra, init_params=start)
    kept = {**run.get_samples(), **run.get_extra_fields()}
    return {name: np.asarray(values) for name, values in kept.items()}


def near_mode(seen: Seen, data: Data, schedule: Schedule, seed: int) -> tuple[dict[str, Any], Any]:
    """A draw of the normal approximation at the mode of the free parameters, and its covariance."""
    begun = initialize_model(
        jax.random.key(seed), joint, model_args=(seen, data), init_strategy=init_to_median()
    )
    flat, shaped = ravel_pytree(begun.param_info.z)
    slope = jax.jit(jax.value_and_grad(lambda point: begun.potential_fn(shaped(point))))

    def both(point: Numbers) -> tuple[float, Numbers]:
        value, gradient = slope(jnp.asarray(point))
        return float(value), np.asarray(gradient)

    options = {"maxiter": schedule.climb}
    mode = minimize(both, np.asarray(flat), jac=True, method="L-BFGS-B", options=options).x
    moves = STEP * np.eye(len(mode))
    curvature = np.stack([(both(mode + one)[1] - both(mode - one)[1]) / (2.0 * STEP) for one in moves])
    values, vectors = np.linalg.eigh(0.5 * (curvature + curvature.T))
    # Where the mode is flat or a saddle, the prior's own scale of one is kept.
    factor = vectors / np.sqrt(np.maximum(values, 1.0))
    start = mode + factor @ np.random.default_rng(seed).standard_normal(len(mode))
    return shaped(jnp.asarray(start)), jnp.asarray(factor @ factor.T)


def chains(seen: Seen, data: Data, schedule: Schedule, seeds: list[int], cores: int) -> dict[str, Numbers]:
    """Draws of several chains (chain x draw x ...), side by side."""
    with workers(cores) as pool:
        jobs = [pool.submit(chain, seen, data, schedule, seed) for seed in seeds]
        found = [job.result() for job in jobs]
    return {name: np.stack([one[name] for one in found]) for name in found[0]}


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
