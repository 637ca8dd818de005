"""Cases through the kernel: every row by every draw, and what remains of the draws."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jouletrace.models.hardware import workloads
from jouletrace.models.hardware.iteration import held_b
from jouletrace.models.hardware.state import Device, Link, Load, Machine, Model, System, Traits
from jouletrace.numerics import jax, jnp
from jouletrace.predict.catalogue import SCALED, Scaling
from jouletrace.predict.resolve import Case
from jouletrace.predict.writing import LIMITS, QUANTILES, Prediction

Array = NDArray[np.float64]
#: A leaf of the kernel's tuples, here a vector over draws; the kernel itself says jax.Array.
Leaf = Any
#: Bytes of one value of a state that a model keeps: single precision.
STATE_B = 4.0
#: Rows that go through the kernel at once: always as many, so that it is compiled once and a row gives
#: the same digits wherever it stands.
ROWS = 16


@dataclass(frozen=True)
class Drawn:
    """Draws of what a row does not say: the same streams for every row.

    ``traits`` and ``link`` are asked by case, and ``residuals`` gives the factors of energy and time
    by which measurements scatter about the model. The power of a host is that for one device.
    """

    traits: Callable[[Case], Traits]
    link: Callable[[Case], Link]
    residuals: Callable[[Case], tuple[Array, Array]]
    host_power_w: Array
    idle_power_w: Callable[[Case], Leaf]
    pue_ratio: Array
    used_time_ratio: Array
    batch: Array
    input_tokens: Array
    output_tokens: Array
    shape_z: Array
    shared_ratio: Array
    scaling: Scaling

    @property
    def count(self) -> int:
        """How many draws there are."""
        return len(self.batch)


def predictions(cases: Sequence[Case], drawn: Drawn) -> list[Prediction]:
    """What is predicted for each case: the same for a case whatever the others are."""
    found: dict[int, Prediction] = {}
    for joining in (True, False):
        some = [k for k, case in enumerate(cases) if (case.scenario == "serving") == joining]
        for start in range(0, len(some), ROWS):
            block = some[start : start + ROWS]
            made = _block([cases[k] for k in block], drawn, joining)
            found |= dict(zip(block, made, strict=True))
    return [found[k] for k in range(len(cases))]


def _block(cases: Sequence[Case], drawn: Drawn, joining: bool) -> list[Prediction]:
    """A few cases, filled up to as many as the kernel is compiled for."""
    points = [point(case, drawn) for case in cases]
    points += [points[-1]] * (ROWS - len(points))
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *points)
    energy, time, shares = (np.asarray(one) for one in _answered(*stacked[:3], joining))
    return list(_summed(energy, time, shares, stacked[3]))[: len(cases)]


def point(case: Case, drawn: Drawn) -> tuple[Machine, Model, tuple[Load, Array], Array]:
    """The kernel's arguments for one case, each a vector over the draws, and the residual factors."""
    sheet: dict[str, Leaf] = {name: getattr(case, name) for name in Device._fields}
    sheet["idle_power_w"] = drawn.idle_power_w(case)
    beside, site = case.boundary != "gpu", case.boundary == "facility"
    around: dict[str, Leaf] = {
        "devices": case.devices,
        "host_power_w": drawn.host_power_w * case.devices if beside else 0.0,
        "pue_ratio": drawn.pue_ratio if site else 1.0,
        "used_time_ratio": drawn.used_time_ratio if site and case.scenario == "serving" else 1.0,
    }
    loads = Load(*(_first(getattr(case, name), getattr(drawn, name)) for name in Load._fields))
    machine = Machine(Device(**sheet), drawn.traits(case), drawn.link(case), System(**around))
    asked = (loads, float(case.batch is None))
    given = jax.tree.map(partial(_over, drawn.count), (machine, _model(case, drawn), asked))
    return *given, np.stack(drawn.residuals(case))


def _first(stated: float | None, prior: Leaf) -> Leaf:
    return prior if stated is None else stated


def _over(draws: int, leaf: Leaf) -> Array:
    return np.broadcast_to(np.asarray(leaf, dtype=np.float64), (draws,))


def _model(case: Case, drawn: Drawn) -> Model:
    """The model of a case: the shape of the registry, or one drawn for its parameters; the row goes first."""
    shape = case.shape
    made: dict[str, Leaf] = dict(vars(shape)) if shape else _drawn_shape(case, drawn)
    if case.layers is not None:
        ratio = case.layers / made["layers"]
        for key in ("layers", "attention_layers", "window_layers"):
            made[key] = made[key] * ratio
    usual = shape.head_values if shape else drawn.scaling.head_values
    values: dict[str, Leaf] = {
        "total_parameters": case.total,
        "active_parameters": case.active,
        "shared_parameters": made["shared"],
        "lookup_parameters": made["lookup"],
        "attention_width": made["attention_values"],
        "kv_heads": _first(case.kv_heads, made["kv_values"] / max(usual, 1.0)),
        "head_size": _first(case.head_dim, usual),
        "state_b": made["state_values"] * STATE_B,
        "weight_b": case.weight_b,
        "expert_bytes_ratio": case.expert_bytes_ratio,
        "kv_b": case.value_b,
        "activation_b": case.value_b,
    }
    kept = {key: value for key, value in made.items() if key in Model._fields}
    return Model(**{**kept, **{key: value for key, value in values.items() if key in Model._fields}})


def _drawn_shape(case: Case, drawn: Drawn) -> dict[str, Leaf]:
    """A shape for the parameters of a case: attention to the whole context, experts where some are idle."""
    line = drawn.scaling
    made = dict(zip(SCALED, line.drawn(case.total, case.active, drawn.shape_z), strict=True))
    sparse = case.active < case.total
    none = ("lookup", "window_layers", "window_tokens", "state_values")
    return {
        **dict.fromkeys(none, 0.0),
        **made,
        "attention_layers": made["layers"],
        "shared": case.active * drawn.shared_ratio if sparse else case.total,
        "experts": line.experts if sparse else 0.0,
    }


@partial(jax.jit, static_argnums=3)
def _answered(machine: Machine, model: Model, asked: tuple[Load, Any], joining: bool) -> tuple[Any, Any, Any]:
    """Of every row and draw: energy by part and time of an output token, and what the time hangs on."""
    one = partial(_token, joining=joining)
    return jax.vmap(jax.vmap(one))(machine, model, asked)


def _token(machine: Machine, model: Model, asked: tuple[Load, Any], joining: bool) -> tuple[Any, Any, Any]:
    """Energy and time of an output token: of a batch that requests join and leave, or of one kept together.

    The time of the former is that between two tokens; of the latter the whole latency over its tokens.
    """
    load, drawn = asked
    load = load._replace(batch=jnp.where(drawn > 0.5, _held(machine, model, load), load.batch))
    if joining:
        found = workloads.serving(machine, model, load)
        energy, time = found.token.energy_j, found.inter_token_s
    else:
        energy = workloads.request(machine, model, load).energy_j / load.output_tokens
        time = workloads.request_latency_s(machine, model, load) / load.output_tokens
    return energy, time, _shares(machine, model, load)


def _held(machine: Machine, model: Model, load: Load) -> Any:
    """A drawn batch, or as much of it as memory holds beside the weights; at least one sequence."""
    weights = model.weight_b * model.total_parameters
    each = (held_b(model, load) - weights) / load.batch
    free = machine.system.devices * machine.device.memory_b - weights
    return jnp.clip(free / jnp.maximum(each, 1.0), 1.0, load.batch)


def _shares(machine: Machine, model: Model, load: Load) -> Any:
    """How much shorter an iteration becomes, by limit eased: in the order of `LIMITS`."""

    def eased(by: Any) -> Any:
        device, traits, link, system = machine
        rates = device._replace(
            memory_bandwidth_b_per_s=device.memory_bandwidth_b_per_s * jnp.exp(by[0]),
            peak_flop_per_s=device.peak_flop_per_s * jnp.exp(by[1]),
            tdp_w=device.tdp_w * jnp.exp(by[2]),
        )
        spent = traits._replace(
            **{
                name: getattr(traits, name) * jnp.exp(-by[3])
                for name in Traits._fields
                if name.endswith("_s")
            },
            running_power_ratio=traits.running_power_ratio * jnp.exp(-by[2]),
        )
        faster = link._replace(
            bandwidth_b_per_s=link.bandwidth_b_per_s * jnp.exp(by[4]),
            latency_s=link.latency_s * jnp.exp(-by[4]),
        )
        return -jnp.log(workloads.inter_token_s(Machine(rates, spent, faster, system), model, load))

    return jax.grad(eased)(jnp.zeros(len(LIMITS)))


def _summed(energy: Array, time: Array, shares: Array, factors: Array) -> Iterator[Prediction]:
    """Quantiles over the draws of each row; parts in the proportions of their medians."""
    levels = list(QUANTILES.values())
    joules = np.quantile(energy.sum(axis=2) * factors[:, 0], levels, axis=1).T
    seconds = np.quantile(time * factors[:, 1], levels, axis=1).T
    middle = np.zeros((len(energy), energy.shape[2]))
    used = energy.any(axis=(0, 1))
    middle[:, used] = np.median(np.ascontiguousarray(energy[:, :, used].swapaxes(1, 2)), axis=2)
    parts = joules[:, 1:2] * middle / middle.sum(axis=1, keepdims=True)
    limits = np.median(np.ascontiguousarray(shares.swapaxes(1, 2)), axis=2).argmax(axis=1)
    for row in range(len(energy)):
        yield Prediction(
            tuple(joules[row].tolist()),
            tuple(seconds[row].tolist()),
            tuple(parts[row].tolist()),
            LIMITS[limits[row]],
        )
