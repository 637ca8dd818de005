"""Speed of the joint model: machines with memory beside them and machines that compute in it, in one map."""

import time
from typing import Any

import machines
import numpy as np

Row = tuple[str, str, str, str]
#: A card about which designs are spread: round figures of a card on sale.
CHIP = (2e9, 1.5e14, 2.4e15, 1e30, 2.56e11, 4e11, 1e12, 300.0, 150.0, 60.0, 600.0)
ENERGIES = (2e-13, 5e-14, 2e-14, 5e-13, 0.02, 1e-15, 4e-12, 6e-12, 4e-11, 1e-13, 0.1)
LINK = (3e-11, 6.4e10, 1e-6)
LAYOUT = (0.9, 0.7, 0.1, 2.0, 2.5e-5, 150.0, 1.2, 0.7, 1.0)
SHARES = ("resident_ratio", "usable_ratio", "dram_kv_ratio", "used_time_ratio")


def rows() -> list[Row]:
    """The rows of the table."""
    from jouletrace.experiments.fit import workers

    with workers(1) as pool:
        points, slopes, compiled, inputs = pool.submit(_joint, 0).result()
    return [
        ("both kinds, all outputs", f"{points:.1e} a second", ">= 2.5e6 a core", f"{inputs} inputs, 1 core"),
        ("both kinds, gradients", f"{slopes:.1e} a second", "same order", "energy of a token, 1 core"),
        ("both kinds, compilation", f"{compiled:.2f} s", "<= 2 s", "no cache"),
    ]


def _designs(count: int) -> Any:
    """Machines of both kinds, half of each, with the models and loads of the other benchmark."""
    from jouletrace.models.hardware.in_memory import Chip, Design, Energies, Joint, Layout
    from jouletrace.models.hardware.state import Link
    from jouletrace.numerics import jax

    machine, model, load = machines._designs(count)
    random = np.random.default_rng(1)
    about = Design(Chip(*CHIP), Energies(*ENERGIES), Link(*LINK), Layout(*LAYOUT))
    design = jax.tree.map(lambda x: x * np.exp(machines.SPREAD * random.standard_normal(count)), about)
    bounded = {name: np.minimum(getattr(design.layout, name), 0.95) for name in SHARES}
    whole = {name: np.maximum(getattr(design.layout, name), 1.0) for name in ("pue_ratio", "least_chips")}
    power = np.maximum(design.chip.tdp_w, 1.2 * design.chip.running_w)
    design = design._replace(
        chip=design.chip._replace(tdp_w=power), layout=design.layout._replace(**bounded, **whole)
    )
    kind = np.arange(count, dtype=float) % 2.0
    return Joint(kind, machines._within(machine), design), model, load


def _joint(core: int) -> tuple[float, float, float, int]:
    """Designs and gradients a second, seconds of compilation, inputs."""
    machines._pinned(core)
    from jouletrace.models.hardware import in_memory
    from jouletrace.numerics import jax

    given = jax.tree.map(jax.numpy.asarray, _designs(machines.POINTS))

    def total(joint: Any, model: Any, load: Any) -> Any:
        return in_memory.either_token(joint, model, load, machines.SMOOTH).energy_j.sum()

    every = jax.jit(machines._blocks(in_memory.either_token))
    start = time.process_time()
    compiled = every.lower(*given).compile()
    compiling = time.process_time() - start
    slope = jax.jit(machines._blocks(jax.grad(total, argnums=(0, 1, 2)))).lower(*given).compile()
    rates = [
        machines.POINTS / machines._median(lambda run=run: jax.block_until_ready(run(*given)))
        for run in (compiled, slope)
    ]
    return rates[0], rates[1], compiling, len(jax.tree.leaves(given))
