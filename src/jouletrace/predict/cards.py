"""Cards that compute in their memory, as machines of users: where a model lies on them, and predictions.

No measurement was fitted: what a card draws is drawn from the ranges of the registry, and each row says so.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jouletrace.models.hardware import in_memory
from jouletrace.models.hardware.state import Link, Load, Model
from jouletrace.numerics import jax, jnp
from jouletrace.predict import machine
from jouletrace.predict.catalogue import Card
from jouletrace.predict.machine import ROWS, Drawn
from jouletrace.predict.resolve import Case
from jouletrace.predict.writing import LIMITS, Prediction

Array = NDArray[np.float64]
#: A leaf of the kernel's tuples, here a vector over draws; the kernel itself says jax.Array.
Leaf = Any
Source = Callable[[str, str, str], Array]
#: Parts of the energy of a product in analog arrays (part x draw): cells, converters, drivers of rows.
Shares = Callable[[str], Array]
#: Products that one read of a weight serves where it is computed with in place: as many as there are.
ALL = 1e30
#: A product and its sum are two operations.
FLOP_PER_MAC = 2.0


def predictions(cases: Sequence[Case], drawn: Drawn, source: Source, shares: Shares) -> list[Prediction]:
    """What is predicted for each case, of cards and of all other machines."""
    others = [case for case in cases if not case.card]
    told = iter(machine.predictions(others, drawn))
    cards = [case for case in cases if case.card]
    made: list[Prediction] = []
    for start in range(0, len(cards), ROWS):
        made += _block(cards[start : start + ROWS], drawn, source, shares)
    found = iter(made)
    return [next(found) if case.card else next(told) for case in cases]


def _block(cases: Sequence[Case], drawn: Drawn, source: Source, shares: Shares) -> list[Prediction]:
    points = [point(case, drawn, source, shares) for case in cases]
    points += [points[-1]] * (ROWS - len(points))
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *points)
    energy, time, limits = (np.asarray(one) for one in _answered(*stacked[:3]))
    return list(machine._summed(energy, time, limits, stacked[3]))[: len(cases)]


def point(
    case: Case, drawn: Drawn, source: Source, shares: Shares
) -> tuple[in_memory.Design, Model, tuple[Load, Array], Array]:
    """The kernel's arguments for one case, each a vector over the draws, and the residual factors."""
    card = case.card
    assert card is not None

    def of(name: str) -> Leaf:
        return source(name, card.device, card.place)

    link: dict[str, Leaf] = {"bandwidth_b_per_s": card.link_bandwidth_b_per_s}
    link |= {"energy_j_per_b": of("imc_link_energy_j_per_b"), "latency_s": of("imc_hop_s")}
    energies = _banks(of) if card.place else _arrays(card, of, shares)
    around = _layout(case, card, drawn, of)
    design = in_memory.Design(_chip(case, card, of), energies, Link(**link), around)
    loads = Load(*(machine._first(getattr(case, name), getattr(drawn, name)) for name in Load._fields))
    asked = (loads, float(case.scenario == "serving"))
    given = jax.tree.map(partial(machine._over, drawn.count), (design, machine._model(case, drawn), asked))
    scale = of("family_residual_scale_ratio")
    factors = [np.exp(scale * source(f"residual {what}", "", "")) for what in ("energy", "time")]
    return *given, np.stack(factors)


def _chip(case: Case, card: Card, of: Callable[[str], Leaf]) -> in_memory.Chip:
    running = of("pim_running_ratio" if card.place else "imc_running_ratio") * case.tdp_w
    made: dict[str, Leaf] = {
        "memory_b": case.memory_b,
        "array_bandwidth_b_per_s": case.memory_bandwidth_b_per_s,
        "peak_flop_per_s": case.peak_flop_per_s,
        "reuse_count": of("pim_reuse_count") if card.place else ALL,
        "dram_b": card.dram_b,
        "dram_bandwidth_b_per_s": card.dram_bandwidth_b_per_s,
        "write_bandwidth_b_per_s": card.dram_bandwidth_b_per_s,
        "running_w": running,
        "waiting_w": running * of("imc_waiting_ratio"),
        "idle_w": running * of("imc_idle_ratio"),
        "tdp_w": case.tdp_w,
    }
    return in_memory.Chip(**made)


def _arrays(card: Card, of: Callable[[str], Leaf], shares: Shares) -> in_memory.Energies:
    """The energy of a product is known as a whole; of analog arrays the fit to silicon says its parts."""
    whole = FLOP_PER_MAC * of("imc_array_energy_j_per_flop")
    parts = shares(card.array) if card.array else np.zeros((3, 1))
    adc, dac = parts[1] * whole, parts[2] * whole
    made: dict[str, Leaf] = {
        "mac_j": whole - adc - dac,
        "adc_j": adc,
        "dac_j": dac,
        "digital_j_per_flop": of("imc_attention_energy_j_per_flop"),
        "operand_b": FLOP_PER_MAC * of("imc_operand_b_per_flop"),
        "array_j_per_b": 0.0,
        "sram_j_per_b": of("engine_sram_energy_j_per_b"),
        "wire_j_per_b": of("imc_wire_energy_j_per_b"),
        "dram_j_per_b": of("imc_dram_energy_j_per_b"),
        "write_j_per_b": of("imc_write_energy_j_per_b"),
        "banked_ratio": 0.0,
    }
    return in_memory.Energies(**made)


def _banks(of: Callable[[str], Leaf]) -> in_memory.Energies:
    """Weights, keys and values, and inputs take the way from their bank to the unit; nothing is converted."""
    path, product = of("pim_path_energy_j_per_b"), of("pim_product_energy_j_per_flop")
    made: dict[str, Leaf] = {
        "mac_j": FLOP_PER_MAC * product,
        "adc_j": 0.0,
        "dac_j": 0.0,
        "digital_j_per_flop": product,
        "operand_b": FLOP_PER_MAC * of("pim_operand_b_per_flop"),
        "array_j_per_b": path,
        "sram_j_per_b": path,
        "wire_j_per_b": of("imc_wire_energy_j_per_b"),
        "dram_j_per_b": of("imc_dram_energy_j_per_b"),
        "write_j_per_b": path,
        "banked_ratio": 1.0,
    }
    return in_memory.Energies(**made)


def _layout(case: Case, card: Card, drawn: Drawn, of: Callable[[str], Leaf]) -> in_memory.Layout:
    beside, site = case.boundary != "gpu", case.boundary == "facility"
    host = of("server_host_power_w") / card.server_cards
    made: dict[str, Leaf] = {
        "resident_ratio": 1.0,
        "usable_ratio": of("usable_memory_ratio" if card.place else "imc_usable_ratio"),
        "dram_kv_ratio": 0.0,
        "group_chips": np.minimum(of("imc_group_card_count"), case.devices),
        "layer_overhead_s": of("imc_layer_overhead_s"),
        "host_power_w": host if beside else 0.0,
        "pue_ratio": drawn.pue_ratio if site else 1.0,
        "used_time_ratio": drawn.used_time_ratio if site and case.scenario == "serving" else 1.0,
        "least_chips": case.devices,
    }
    return in_memory.Layout(**made)


@jax.jit
def _answered(design: in_memory.Design, model: Model, asked: tuple[Any, ...]) -> tuple[Any, Any, Any]:
    return jax.vmap(jax.vmap(_token))(design, model, asked)


def _token(design: in_memory.Design, model: Model, asked: tuple[Any, ...]) -> tuple[Any, Any, Any]:
    """Energy and time of an output token, on as many cards as the row says, and what the time hangs on."""
    load, serving = asked
    weights, each = _held(model, load)
    room = design.layout.least_chips * design.chip.memory_b * design.layout.usable_ratio
    outside = design.chip.dram_b > 1.0
    # What has no DRAM is laid out so that its weights fit: a row whose weights cannot is refused before.
    room = jnp.where(outside, room, jnp.maximum(room, 1.01 * weights))
    usable = room / (design.layout.least_chips * design.chip.memory_b)
    most = jnp.where(outside, jnp.inf, jnp.maximum((room - weights) / jnp.maximum(each, 1.0), 1.0))
    load = load._replace(batch=jnp.clip(load.batch, 1.0, most))
    near = jnp.clip((room - weights) / jnp.maximum(each * load.batch, 1.0), 0.0, 1.0)
    placed = design._replace(
        layout=design.layout._replace(
            usable_ratio=1.01 * usable,
            resident_ratio=jnp.clip(room / weights, 0.001, 1.0),
            dram_kv_ratio=jnp.where(outside, 1.0 - near, 0.0),
        )
    )
    made = in_memory.served(placed, model, load)
    alone = in_memory.decoded_token(placed, model, load)
    energy = jnp.where(serving > 0.5, made.energy_j / load.batch, alone.energy_j)
    time = jnp.where(serving > 0.5, made.time_s, alone.time_s * load.batch)
    return energy, time, _shares(placed, model, load)


def _held(model: Model, load: Load) -> tuple[Any, Any]:
    """Bytes of the weights, and of keys and values of one sequence."""
    one = in_memory.held_b(model, load._replace(batch=jnp.ones_like(load.batch)))
    weights = in_memory.held_b(model, load._replace(batch=jnp.zeros_like(load.batch)))
    return weights, one - weights


def _shares(design: in_memory.Design, model: Model, load: Load) -> Any:
    """How much shorter a pass becomes, by limit eased: in the order of `LIMITS`."""

    def eased(by: Any) -> Any:
        chip, link, layout = design.chip, design.link, design.layout
        faster = chip._replace(
            array_bandwidth_b_per_s=chip.array_bandwidth_b_per_s * jnp.exp(by[0]),
            dram_bandwidth_b_per_s=chip.dram_bandwidth_b_per_s * jnp.exp(by[0]),
            write_bandwidth_b_per_s=chip.write_bandwidth_b_per_s * jnp.exp(by[0]),
            peak_flop_per_s=chip.peak_flop_per_s * jnp.exp(by[1]),
            tdp_w=chip.tdp_w * jnp.exp(by[2]),
        )
        nearer = link._replace(
            bandwidth_b_per_s=link.bandwidth_b_per_s * jnp.exp(by[4]),
            latency_s=link.latency_s * jnp.exp(-by[4]),
        )
        lighter = layout._replace(layer_overhead_s=layout.layer_overhead_s * jnp.exp(-by[3]))
        changed = design._replace(chip=faster, link=nearer, layout=lighter)
        return -jnp.log(in_memory.step(changed, model, load).time_s)

    return jax.grad(eased)(jnp.zeros(len(LIMITS)))
