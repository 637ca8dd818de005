"""What a unit of work costs: a token, a request, an image, a recommendation, a translation, an inference."""

import jax
import jax.numpy as jnp
from jax import Array

from jouletrace.models.hardware.iteration import decode, encode, iteration, prefill
from jouletrace.models.hardware.state import (
    BOUNDARIES,
    COOLING,
    HOST,
    STATIC,
    Cost,
    Load,
    Machine,
    Model,
    Work,
)


def cost(machine: Machine, work: Work, smooth: float | None = None) -> Cost:
    """Cost of one iteration on a machine."""
    return iteration(*machine, work, smooth)


def times(one: Cost, count: Array) -> Cost:
    """Cost of a thing done ``count`` times, or of a part of it."""
    return Cost(one.time_s * count, one.energy_j * count, one.idle_j * count)


def both(first: Cost, then: Cost) -> Cost:
    """Cost of two things one after the other."""
    return jax.tree.map(jnp.add, first, then)


def together(first: Work, second: Work, share: Array) -> Work:
    """One iteration that does all of the first work and a share of the second.

    Weights are read once for both, and overheads of an iteration and its layers are paid once.
    """
    added = jax.tree.map(lambda one, other: one + share * other, first, second)
    weight_b = jnp.maximum(first.weight_b, jnp.minimum(second.weight_b, added.weight_b))
    return added._replace(weight_b=weight_b, exchanges_count=first.exchanges_count, layers=first.layers)


def boundary(one: Cost, name: str) -> Array:
    """Energy by part as it is counted at a boundary: dynamic, device or facility.

    ``device`` is what devices draw while they serve; ``dynamic`` leaves out what they draw by running.
    """
    if name not in BOUNDARIES:
        raise ValueError(f"no boundary is called {name}; there are {', '.join(BOUNDARIES)}")
    if name == "facility":
        return one.energy_j
    inside = one.energy_j.at[HOST].set(0.0).at[COOLING].set(0.0)
    return inside.at[STATIC].set(0.0) if name == "dynamic" else inside.at[STATIC].add(-one.idle_j)


def mean_context(load: Load) -> Array:
    r"""Tokens behind a sequence, in the mean over its output.

    Formula: c = n_{in} + (n_{out} + 1) / 2
    """
    return load.input_tokens + 0.5 * (load.output_tokens + 1.0)


def token_work(model: Model, load: Load) -> Work:
    """One decode iteration in the middle of the output."""
    return decode(model, load, mean_context(load))


def decoded_token(machine: Machine, model: Model, load: Load, smooth: float | None = None) -> Cost:
    r"""One output token, without the prefill of its request.

    Formula: E(\mathrm{decode}) / B

    Holds: time is the machine's for one token; a sequence waits B times as long.
    """
    return times(cost(machine, token_work(model, load), smooth), 1.0 / load.batch)


def inter_token_s(machine: Machine, model: Model, load: Load, smooth: float | None = None) -> Array:
    """Time between two tokens of one sequence."""
    return cost(machine, token_work(model, load), smooth).time_s


def request(machine: Machine, model: Model, load: Load, smooth: float | None = None) -> Cost:
    r"""One request: its share of a prefill and of all decode iterations.

    Formula: E(\mathrm{prefill}) / B + \sum_{k=1}^{n_{out}} E(\mathrm{decode}, n_{in} + k) / B

    Holds: the sum is taken at the mean context, exactly where one bound holds throughout the output.
    """
    first = times(cost(machine, prefill(model, load), smooth), 1.0 / load.batch)
    return both(first, times(decoded_token(machine, model, load, smooth), load.output_tokens))


def token(machine: Machine, model: Model, load: Load, smooth: float | None = None) -> Cost:
    r"""One output token with its share of the prefill: a request over its tokens.

    Formula: E(\mathrm{request}) / n_{out}
    """
    return times(request(machine, model, load, smooth), 1.0 / load.output_tokens)


def request_latency_s(machine: Machine, model: Model, load: Load, smooth: float | None = None) -> Array:
    """Time from the question to the last token, of a sequence that is served at once."""
    first = cost(machine, prefill(model, load), smooth).time_s
    return first + load.output_tokens * inter_token_s(machine, model, load, smooth)


def image(
    machine: Machine, model: Model, load: Load, steps: Array, around: Work, smooth: float | None = None
) -> Cost:
    r"""One image of a diffusion model: steps of its transformer, and the encoder and decoder around them.

    Formula: (s E(\mathrm{step}) + E(\mathrm{around})) / B

    Holds: ``input_tokens`` are those of the latent image and its text; ``batch`` counts a guided image twice
    where guidance is a second pass; ``around`` is the work of encoder and decoder for the batch.
    """
    steps_cost = times(cost(machine, encode(model, load), smooth), steps)
    return times(both(steps_cost, cost(machine, around, smooth)), 1.0 / load.batch)


def recommendation(
    machine: Machine, model: Model, load: Load, lookups: Array, row_b: Array, smooth: float | None = None
) -> Cost:
    r"""One recommendation: rows read from tables, and the dense layers on top.

    Formula: b = B l r + W, f = 2 P_a B

    Holds: ``lookup_parameters`` of the model are the tables, which are read row by row.
    """
    dense = decode(model, load, jnp.zeros_like(load.batch))
    work = dense._replace(kv_b=dense.kv_b + load.batch * lookups * row_b)
    return times(cost(machine, work, smooth), 1.0 / load.batch)


def translation(
    machine: Machine, encoder: Model, decoder: Model, load: Load, beam: Array, smooth: float | None = None
) -> Cost:
    r"""One sentence: the encoder once, and the decoder for every token of every beam.

    Formula: E = \frac{1}{B} \left( E(\mathrm{encode}) + n_{out} E(\mathrm{decode}, B k) \right)

    Holds: every beam attends to the whole input and to the mean of what it has said.
    """
    first = cost(machine, encode(encoder, load), smooth)
    beams = load._replace(batch=load.batch * beam)
    said = times(cost(machine, decode(decoder, beams, mean_context(load)), smooth), load.output_tokens)
    return times(both(first, said), 1.0 / load.batch)


def inference(machine: Machine, work: Work, batch: Array, smooth: float | None = None) -> Cost:
    """One inference of a network whose work for a batch is given, such as a convolutional one."""
    return times(cost(machine, work, smooth), 1.0 / batch)


def convolutional(
    parameters: Array, multiplications: Array, activations: Array, layers: Array, batch: Array, value_b: Array
) -> Work:
    r"""Work of a convolutional network on a batch: weights once, activations written and read, products.

    Formula: b = w P + 2 B a w, f = 2 B m
    """
    zero = jnp.zeros_like(batch)
    return Work(
        weight_b=parameters * value_b,
        kv_b=2.0 * batch * activations * value_b,
        activation_b=zero,
        flop=2.0 * batch * multiplications,
        exchanged_b=zero,
        exchanges_count=zero,
        layers=layers,
        sequences=batch,
    )
