"""The joint model of data centres and of AI in them, and the space in which chains walk."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.flatten_util import ravel_pytree
from jax.scipy.special import logsumexp
from numpyro import handlers
from numpyro.distributions import biject_to
from numpyro.infer.util import potential_energy

from jouletrace.experiments import ai_part, curves
from jouletrace.experiments.effects import Numbers

#: Draws of the prior whose mean is its middle.
DRAWS = 64


@dataclass(frozen=True)
class Seen:
    """All that the model is fitted to: data centres, and AI where it is fitted as well."""

    prior: curves.Prior
    estimates: curves.Observations
    ai_prior: ai_part.Prior | None = None
    ai: ai_part.Seen | None = None


class Data(NamedTuple):
    """Logarithms of what was published, apart from the design so that they can be replaced."""

    log_energy: Numbers | Array
    ai_log_value: Numbers | Array | None = None


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


class Space:
    """The parameters on the scale on which NUTS walks, all numbers free: a place is a vector."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.transforms: dict[str, Any] = {}
        shapes = jax.eval_shape(self._noted, jax.random.key(0))
        flat, self.shaped = ravel_pytree({name: jnp.zeros(one.shape) for name, one in shapes.items()})
        self.size: int = flat.shape[0]

    def _noted(self, key: Array) -> dict[str, Array]:
        """Parameters drawn from the prior; notes how each is made free."""
        sites = handlers.trace(handlers.seed(joint, key)).get_trace(self.seen, data_of(self.seen))
        free = {name: one for name, one in sites.items() if one["type"] == "sample"}
        free = {name: one for name, one in free.items() if not one["is_observed"]}
        self.transforms = {name: biject_to(one["fn"].support) for name, one in free.items()}
        return {name: one["value"] for name, one in free.items()}

    def place(self, sites: dict[str, Array]) -> Array:
        """The place of some parameters."""
        free = {name: transform.inv(sites[name]) for name, transform in self.transforms.items()}
        return ravel_pytree(free)[0]

    def sites(self, place: Array) -> dict[str, Array]:
        """Parameters and curves at a place."""
        fixed = {name: self.transforms[name](one) for name, one in self.shaped(place).items()}
        run = handlers.seed(handlers.substitute(joint, data=fixed), jax.random.key(0))
        return values(handlers.trace(run).get_trace(self.seen, data_of(self.seen)))

    def potential(self, data: Data, place: Array) -> Array:
        """- ln of the joint density of parameters and figures."""
        return potential_energy(joint, (self.seen, data), {}, self.shaped(place))

    def middle(self) -> Numbers:
        """The mean of places drawn from the prior."""
        keys = jax.random.split(jax.random.key(0), DRAWS)
        return np.asarray(jax.jit(jax.vmap(lambda key: self.place(self.truth(key))))(keys).mean(axis=0))

    def truth(self, key: Array) -> dict[str, Array]:
        """Parameters and curves, drawn from the prior."""
        drawn = handlers.trace(handlers.seed(joint, key))
        return values(drawn.get_trace(self.seen, data_of(self.seen)))


def values(sites: dict[str, Any]) -> dict[str, Array]:
    """What sites of a trace are worth, without the factors of the density."""
    kinds = ("sample", "deterministic")
    found = {name: one for name, one in sites.items() if one["type"] in kinds}
    return {name: one["value"] for name, one in found.items() if not one.get("is_observed")}
