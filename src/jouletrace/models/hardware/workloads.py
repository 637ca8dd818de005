"""What a unit of work costs: a token, a request, an image, a recommendation, a translation, an inference."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jouletrace.models.hardware.iteration import (
    busy_s,
    charged,
    decode,
    dynamic_j,
    encode,
    iteration,
    linking_s,
    overheads_s,
    prefill,
)
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


class Serving(NamedTuple):
    """Continuous batching: cost of an output token, and the usual time between two tokens of a sequence."""

    token: Cost
    inter_token_s: Array


def serving(
    machine: Machine,
    model: Model,
    load: Load,
    preparation_s: Array | float = 0.0,
    smooth: float | None = None,
) -> Serving:
    r"""Requests join and leave a batch that is always as full: mean cost, and the median time of a token.

    Formula: \bar{t} = t_d + (1 - e^{-\lambda / k}) t_p + \lambda (t_i + t_v),
    \lambda = B / n_{out} requests that join in an iteration, k at a time, t_p the overhead of an iteration
    in which some do, t_i the time of the arithmetic of an input and t_v its preparation; the median iteration
    takes in \max(\lambda - k \ln 2, 0) requests

    Holds: when inputs share iterations with decoding, so that weights are read for both at once.
    ``Cost.time_s`` is the machine's for one token.
    """
    device, traits, link, system = machine
    step, extra = token_work(model, load), _joining(model, load)
    joining = load.batch / load.output_tokens
    decoding_s = busy_s(device, traits, system, step, smooth) + overheads_s(traits, link, system, step)
    entering_s = (
        busy_s(device, traits, system, extra, smooth) + linking_s(link, system, extra) + preparation_s
    )
    some = -jnp.expm1(-joining / traits.joining_count)
    least_s = decoding_s + some * traits.prefill_overhead_s + joining * entering_s
    first, more = (dynamic_j(traits, link, system, one) for one in (step, extra))
    dynamic = jax.tree.map(lambda one, other: one + joining * other, first, more)
    mean = charged(device, traits, system, least_s, dynamic, smooth)
    usual = jnp.maximum(joining - traits.joining_count * jnp.log(2.0), 0.0)
    usual_s = decoding_s + jnp.minimum(usual, 1.0) * traits.prefill_overhead_s + usual * entering_s
    return Serving(times(mean, 1.0 / load.batch), usual_s * mean.time_s / least_s)


def _joining(model: Model, load: Load) -> Work:
    """What one more input adds to an iteration that takes place in any case: no weights are read for it."""
    work = prefill(model, load._replace(batch=jnp.ones_like(load.batch)))
    nothing = jnp.zeros_like(load.batch)
    return work._replace(weight_b=nothing, expert_b=nothing, operand_b=work.kv_b, logits=nothing)


def inter_token_s(machine: Machine, model: Model, load: Load, smooth: float | None = None) -> Array:
    """Usual time between two tokens of one sequence, when requests join and leave the batch."""
    return serving(machine, model, load, smooth=smooth).inter_token_s


def token(machine: Machine, model: Model, load: Load, smooth: float | None = None) -> Cost:
    """One output token with its share of the input, when requests join and leave the batch."""
    return serving(machine, model, load, smooth=smooth).token


def request(machine: Machine, model: Model, load: Load, smooth: float | None = None) -> Cost:
    r"""One request of a batch whose sequences begin and end together: prefill and all decoding.

    Formula: E(\mathrm{prefill}) / B + \sum_{k=1}^{n_{out}} E(\mathrm{decode}, n_{in} + k) / B

    Holds: the sum is taken at the mean context, exactly where one bound holds throughout the output.
    """
    first = times(cost(machine, prefill(model, load), smooth), 1.0 / load.batch)
    return both(first, times(decoded_token(machine, model, load, smooth), load.output_tokens))


def request_latency_s(machine: Machine, model: Model, load: Load, smooth: float | None = None) -> Array:
    """Time from the question to the last token, of sequences that begin and end together."""
    first = cost(machine, prefill(model, load), smooth).time_s
    return first + load.output_tokens * cost(machine, token_work(model, load), smooth).time_s


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
    rows_b = load.batch * lookups * row_b
    work = dense._replace(kv_b=rows_b, operand_b=dense.operand_b + rows_b, logits=jnp.zeros_like(rows_b))
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
    moved_b = parameters * value_b + 2.0 * batch * activations * value_b
    return Work(
        weight_b=moved_b,
        kv_b=zero,
        activation_b=zero,
        flop=2.0 * batch * multiplications,
        exchanged_b=zero,
        exchanges_count=zero,
        layers=layers,
        sequences=batch,
        operand_b=moved_b,
    )
