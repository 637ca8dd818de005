"""Whether chains find what Laplace's approximation says: NUTS on the same density, of all parameters.

The chains move in the coordinates in which the approximation is a unit normal, and start from draws of it.
Sizes of residuals are no part of the density: they come from groups that are left out.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpyro.diagnostics import summary
from numpyro.infer import MCMC, NUTS

from jouletrace.experiments.laplace import Fit, Numbers, Posterior, Rows
from jouletrace.experiments.task import Table, Task


def drawn(fit: Fit, posterior: Posterior, rows: Rows, counts: tuple[int, int, int], seed: int) -> Numbers:
    """Draws of the parameters on the free scale (chain x draw x parameter).

    ``counts``: of chains, of steps before draws are kept, and of draws of each chain.
    """
    chains, before, kept = counts
    used = jnp.asarray(np.isfinite(fit.seen.logs) & rows)
    middle, root = jnp.asarray(posterior.mode), jnp.asarray(np.linalg.cholesky(posterior.covariance))

    def potential(white: Array) -> Array:
        return fit.potential(middle + root @ white, used)

    walk = MCMC(
        NUTS(potential_fn=potential),
        num_warmup=before,
        num_samples=kept,
        num_chains=chains,
        chain_method="vectorized",
        progress_bar=False,
    )
    start = np.random.default_rng(seed).standard_normal((chains, len(posterior.mode)))
    walk.run(jax.random.key(seed), init_params=jnp.asarray(start))
    white = np.asarray(walk.get_samples(group_by_chain=True))
    return posterior.mode + white @ np.asarray(root).T


def compared(task: Task, fit: Fit, posterior: Posterior, rows: Rows) -> tuple[Table, dict[str, Any]]:
    """Each parameter by chains beside the approximation, on the free scale; and the same in a few words.

    ``shift``: how far the mean of the chains lies from the mode, in standard deviations of the
    approximation; ``spread``: its standard deviation over that of the approximation.
    """
    counts = tuple(round(task.setting(f"{name}_count")) for name in ("chain", "warm_up", "kept"))
    places = drawn(fit, posterior, rows, (counts[0], counts[1], counts[2]), task.entry.seed)
    told = summary({"place": jnp.asarray(places)}, prob=0.9)["place"]
    wide = np.sqrt(np.diag(posterior.covariance))
    table: Table = {
        "parameter": np.array(fit.prior.names),
        "shift_ratio": (told["mean"] - posterior.mode) / wide,
        "spread_ratio": told["std"] / wide,
        "r_hat": told["r_hat"],
        "effective_draws": told["n_eff"],
    }
    ends = {name: [float(table[name].min()), float(table[name].max())] for name in list(table)[1:]}
    return table, {"chains": {"draws": counts[0] * counts[2], **ends}}
