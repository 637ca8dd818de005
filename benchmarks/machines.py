"""Speed of the kernel of machines: designs and gradients a second, compilation, a front of a million designs.

Beside it, on the same question (energy and time of an output token), EcoLogits and a plain roofline.
Everything runs in processes of one thread, the front in four of them. What is said of one core is in
seconds of its processor, so that other work on the machine does not count; the front is by the clock.
"""

import importlib
import os
import statistics
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
Row = tuple[str, str, str, str]
POINTS = 1 << 20
#: Designs that go through the kernel together: what they need fits a core's cache.
BLOCK = 1 << 13
DESIGNS = 1_000_000
CORES = 4
PEER_CALLS = 5000
SMOOTH = 8.0
#: How far designs are spread, as a standard deviation of the logarithm of each input.
SPREAD = 0.3
DEPLOYMENT = {
    **{"device": "H100 SXM", "devices": "1", "model": "Qwen3-14B", "weight_bits": "16"},
    **{"batch": "32", "input_tokens": "500", "output_tokens": "500", "boundary": "facility"},
}


def rows() -> list[Row]:
    """The rows of the table."""
    from jouletrace.experiments.fit import workers

    with workers(CORES) as pool:
        kernel = pool.submit(_kernel, 0).result()
        front = _front(pool)
        peer = pool.submit(_ecologits, 0).result()
    points, slopes, compiled, roofline, inputs = kernel
    found = [
        ("designs, all outputs", f"{points:.1e} a second", ">= 2.5e6 a core", f"{inputs} inputs, 1 core"),
        ("gradients of all inputs", f"{slopes:.1e} a second", "same order", "energy of a token, 1 core"),
        ("compilation", f"{compiled:.2f} s", "<= 2 s", "no cache"),
        (
            f"front of {DESIGNS:,} designs",
            f"{front[0]:.2f} s",
            f"<= 1 s on {CORES} cores",
            f"{front[1]} designs on it",
        ),
        (
            "roofline, same designs",
            f"{roofline:.1e} a second",
            "",
            f"{points / roofline:.2g} x as fast: ours",
        ),
    ]
    if peer is None:
        return [*found, ("EcoLogits, same question", "not installed", "", "make peers")]
    core, whole = peer
    note = f"{points / core:.2g} x as fast: ours"
    return [
        *found,
        ("EcoLogits, its two regressions", f"{core:.1e} a second", "", note),
        ("EcoLogits, its public call", f"{whole:.1e} a second", "", f"{points / whole:.2g} x as fast: ours"),
    ]


def _pinned(core: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        allowed = sorted(os.sched_getaffinity(0))
        if len(allowed) > core:
            os.sched_setaffinity(0, {allowed[core]})


@cache
def _designs(count: int, seed: int = 0) -> Any:
    """Machines, models and loads about one deployment: every input of the kernel spread by itself."""
    from jouletrace.numerics import jax
    from jouletrace.predict import machine
    from jouletrace.predict.deployment import typed
    from jouletrace.predict.priors import ready
    from jouletrace.predict.resolve import resolve
    from jouletrace.registry import load
    from jouletrace.tidying import tidy_tables

    registry = load(ROOT)
    known, predictor = ready(registry, tidy_tables(registry))
    case = resolve(typed(DEPLOYMENT), known).case
    hardware, model, (asked, _), _ = machine.point(case, predictor.keywords["drawn"])
    random = np.random.default_rng(seed)

    def spread(leaf: Any) -> Any:
        return np.median(leaf) * np.exp(SPREAD * random.standard_normal(count))

    return jax.tree.map(spread, (hardware, model, asked))


def _within(machine: Any) -> Any:
    """The same machines, with shares below one and overheads of a site above it."""
    traits = {
        name: np.minimum(value, 0.95) if name.endswith("ratio") else value
        for name, value in machine.traits._asdict().items()
    }
    system = machine.system._replace(
        devices=np.maximum(np.round(machine.system.devices), 1.0),
        pue_ratio=np.maximum(machine.system.pue_ratio, 1.0),
        used_time_ratio=np.minimum(machine.system.used_time_ratio, 1.0),
    )
    return machine._replace(traits=type(machine.traits)(**traits), system=system)


def _blocks(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one design mapped over many, block after block."""
    from jouletrace.numerics import jax

    return lambda *given: jax.lax.map(lambda one: function(*one), given, batch_size=BLOCK)


def _kernel(core: int) -> tuple[float, float, float, float, int]:
    """Designs and gradients a second, seconds of compilation, roofline points a second, inputs."""
    _pinned(core)
    from jouletrace.models import peers
    from jouletrace.models.hardware import workloads
    from jouletrace.numerics import jax

    machine, model, load = _designs(POINTS)
    given = jax.tree.map(jax.numpy.asarray, (_within(machine), model, load))

    def total(machine: Any, model: Any, load: Any) -> Any:
        return workloads.token(machine, model, load, SMOOTH).energy_j.sum()

    every = jax.jit(_blocks(workloads.token))
    start = time.process_time()
    compiled = every.lower(*given).compile()
    compiling = time.process_time() - start
    slope = jax.jit(_blocks(jax.grad(total, argnums=(0, 1, 2)))).lower(*given).compile()
    work = jax.jit(jax.vmap(workloads.token_work))(given[1], given[2])
    moved = work.weight_b + work.kv_b
    rated = (machine.device.memory_bandwidth_b_per_s, machine.device.peak_flop_per_s)

    def plain(moved: Any, flop: Any, bandwidth: Any, peak: Any, tdp: Any, tokens: Any) -> Any:
        seconds = peers.roofline_s(moved, flop, bandwidth, peak, 1.0)
        return seconds, peers.roofline_energy_j_per_token(seconds, tdp, 1.0, tokens)

    roof = jax.jit(_blocks(plain))
    asked = jax.tree.map(jax.numpy.asarray, (moved, work.flop, *rated, machine.device.tdp_w, load.batch))
    inputs = len(jax.tree.leaves(given))
    rates = [
        POINTS / _median(lambda run=run, of=of: jax.block_until_ready(run(*of)))
        for run, of in (
            (compiled, given),
            (slope, given),
            (roof, asked),
        )
    ]
    return rates[0], rates[1], compiling, rates[2], inputs


def _front(pool: Any) -> tuple[float, int]:
    """Seconds from designs to those that no other beats in both energy and time; how many they are."""
    for _ in pool.map(_best, range(CORES)):
        pass  # each process has compiled, and holds its share of the designs
    times = []
    for _ in range(3):
        start = time.perf_counter()
        shares = list(pool.map(_best, range(CORES)))
        points = np.concatenate(shares)
        front = points[_undominated(points)]
        times.append(time.perf_counter() - start)
    return statistics.median(times), len(front)


@cache
def _share(count: int) -> Any:
    """One workload on many designs: clock, bandwidth, number of devices and batch; compiled, for one core."""
    from jouletrace.models.hardware import workloads
    from jouletrace.numerics import jax

    random = np.random.default_rng(os.getpid())
    hardware, model, load = jax.tree.map(np.median, _designs(POINTS))
    clock, bandwidth = random.uniform(0.4, 1.0, count), random.uniform(0.4, 1.0, count)
    given = (clock, bandwidth, 2.0 ** random.integers(0, 4, count), np.exp(random.uniform(0.0, 6.0, count)))

    def answered(clock: Any, bandwidth: Any, devices: Any, batch: Any) -> Any:
        device = hardware.device._replace(
            peak_flop_per_s=hardware.device.peak_flop_per_s * clock,
            tdp_w=hardware.device.tdp_w * clock,
            memory_bandwidth_b_per_s=hardware.device.memory_bandwidth_b_per_s * bandwidth,
        )
        machine = hardware._replace(device=device, system=hardware.system._replace(devices=devices))
        asked = load._replace(batch=batch)
        return (
            workloads.inter_token_s(machine, model, asked),
            workloads.token(machine, model, asked).energy_j.sum(),
        )

    ready = [jax.numpy.asarray(one) for one in given]
    return jax.jit(_blocks(answered)).lower(*ready).compile(), ready


def _best(core: int) -> Any:
    """The designs of one core that no other of it beats: energy and time of each."""
    del core
    run, given = _share(DESIGNS // CORES)
    points = np.stack([np.asarray(one) for one in run(*given)], axis=1)
    return points[_undominated(points)]


def _undominated(points: Any) -> Any:
    """Places of the points that no other beats in both columns."""
    order = np.lexsort((points[:, 1], points[:, 0]))
    least = np.minimum.accumulate(points[order, 1])
    first = np.ones(len(order), dtype=bool)
    first[1:] = points[order[1:], 1] < least[:-1]
    return order[first]


def _ecologits(core: int) -> tuple[float, float] | None:
    """Calls a second of the regressions of EcoLogits, and of its public function; None without it."""
    _pinned(core)
    try:
        llm = importlib.import_module("ecologits.impacts.llm")
    except ImportError:
        return None
    energy = {
        **{"gpu_energy_alpha": llm.GPU_ENERGY_ALPHA, "gpu_energy_beta": llm.GPU_ENERGY_BETA},
        "gpu_energy_gamma": llm.GPU_ENERGY_GAMMA,
    }
    latency = {
        **{"latency_alpha": llm.LATENCY_ALPHA, "latency_beta": llm.LATENCY_BETA},
        **{"latency_gamma": llm.LATENCY_GAMMA, "request_latency": 1e9},
    }
    load = {"model_active_parameter_count": 14.0, "output_token_count": 500, "batch_size": 32}
    mix = {f"if_electricity_mix_{name}": 0.5 for name in ("adpe", "pe", "gwp", "wue")}
    site = {"datacenter_pue": 1.2, "datacenter_wue": 0.5, "model_total_parameter_count": 14.0}
    asked = {key: value for key, value in load.items() if key != "batch_size"}

    def regressions() -> None:
        for _ in range(PEER_CALLS):
            llm.gpu_energy(**load, **energy)
            llm.generation_latency(**load, **latency)

    def public() -> None:
        for _ in range(PEER_CALLS // 10):
            llm.compute_llm_impacts(**asked, **mix, **site, request_latency=1e9)

    return PEER_CALLS / _median(regressions), PEER_CALLS / 10 / _median(public)


def _median(run: Callable[[], object]) -> float:
    """Median seconds of the processor of five runs, after one that is not counted."""
    run()
    times = []
    for _ in range(5):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return statistics.median(times)
