"""Draws of all that a row leaves open, from the registry: the fitted posterior, or priors before the fit.

A stream is keyed by the name of what it is drawn for, so that every row sees the same draws and
another row, or another input, moves none of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jouletrace import computed
from jouletrace.graph import Plan
from jouletrace.models.hardware.state import Link, Traits
from jouletrace.predict import cards
from jouletrace.predict.catalogue import SCALED, Catalogue, catalogue
from jouletrace.predict.machine import Drawn
from jouletrace.predict.resolve import Case
from jouletrace.predict.writing import Prediction
from jouletrace.registry import Registry, RegistryError
from jouletrace.registry.asked import PRIORS
from jouletrace.registry.distribution import middle
from jouletrace.registry.rows import Row
from jouletrace.registry.schema import Coordinates
from jouletrace.sampling import inputs_of
from jouletrace.streams import Streams, standard_normal
from jouletrace.units import to_coherent

Array = NDArray[np.float64]
Tables = dict[str, tuple[Row, ...]]
#: Draws of each row: enough that another set of them moves an end of an interval by about a percent.
DRAWS = 1024
#: The computed dataset whose columns take the place of priors, by the names of the fields of `Traits`.
POSTERIOR = "serving-fit"
#: Of the bandwidth of a link, which data sheets state for both directions together.
DIRECTIONS = 0.5
#: In the names of residuals that only runs with pictures or videos have.
VISUAL = "visual"
#: What the fit scales with the node, from the devices that it saw: of now, and of a generation before.
OF_NODE = ("operand_energy_j_per_b", "flop_energy_j_per_flop")
NOW, EARLIER = "h100-sxm5-80gb", "a100-sxm4-40gb"
#: Devices that the power of a server's host is stated for.
PER_HOST = 8.0


def ready(
    registry: Registry, tables: Tables
) -> tuple[Catalogue, Callable[[Sequence[Case]], list[Prediction]]]:
    """What the registry knows by name, and what predicts from all else that it holds."""
    # Arrays draw with what this module holds.
    from jouletrace.predict import arrays

    known, source = catalogue(registry, tables), Source(registry, tables)
    note = "" if _fitted(source) else f"priors, as {POSTERIOR} is not computed here"
    made, shares = drawn(known, source), arrays.Shares(registry, tables, source)
    split = {key: arrays.note(shares, one.array) for key, one in known.cards.items() if one.array}
    predicted = partial(cards.predictions, drawn=made, source=source.of_card, shares=shares)
    return replace(known, note=note, split=split), predicted


class Source:
    """Draws of quantities of the registry, by name and by series."""

    def __init__(self, registry: Registry, tables: Tables, draws: int = DRAWS) -> None:
        self.plan = Plan(registry, tables)
        self.draws = draws
        self.seed = registry.settings.seed
        self.registry = registry
        self.tables = tables

    @lru_cache(maxsize=64)  # noqa: B019 - a source lives as long as the command
    def of(self, name: str, series: str = "") -> Array:
        """Draws of a quantity; each stream takes every level once, in an order of its own."""
        at: Coordinates = {"series": series} if series else {}
        node = self.plan.nodes[self.plan.add(name, at, {}, "predict")]
        streams = Streams(list(inputs_of(self.plan, [node]).values()))
        values = streams.at(np.stack([self.normal(stream) for stream in streams.names]))
        return np.asarray(streams.made(values)[0])

    @lru_cache(maxsize=256)  # noqa: B019 - as above
    def of_card(self, name: str, device: str, place: str = "") -> Array:
        """Draws of a quantity for a card that computes in its memory; of a residual, standard normal ones.

        ``place``: where in its DRAM it computes, if it does.
        """
        if not device:
            return self.normal(name)
        at: Coordinates = {"device": device, "load": "eight-bit"}
        if place:
            at["series"] = place
        node = self.plan.nodes[self.plan.add(name, at, {}, "predict")]
        streams = Streams(list(inputs_of(self.plan, [node]).values()))
        values = streams.at(np.stack([self.normal(stream) for stream in streams.names]))
        return np.asarray(streams.made(values)[0])

    @lru_cache(maxsize=64)  # noqa: B019 - as above
    def normal(self, stream: str) -> Array:
        """Standard normal numbers that are evenly spread: a stream by its ranks."""
        from scipy.special import ndtri

        ranks = np.argsort(np.argsort(standard_normal(stream, self.seed, self.draws)))
        return np.asarray(ndtri((ranks + 0.5) / self.draws))

    @lru_cache(maxsize=64)  # noqa: B019 - as above
    def one_of(self, stream: str, values: tuple[float, ...]) -> Array:
        """Draws of some values, each as often as another."""
        from scipy.special import ndtr

        rank = np.floor(len(values) * ndtr(self.normal(stream))).astype(int)
        return np.sort(np.asarray(values))[rank]

    def posterior(self) -> dict[str, Array]:
        """Columns of the fit, one row a draw. Raises `RegistryError` where it was not computed."""
        folder, _ = computed.found(POSTERIOR, self.registry, self.tables)
        columns = computed.columns(folder)
        count = len(next(iter(columns.values())))
        rows = self.one_of(f"draws.{POSTERIOR}", tuple(range(count))).astype(int)
        return {name: column[rows] for name, column in columns.items()}

    def middle(self, name: str, device: str) -> float:
        """The median of a quantity for a device, or for the group that holds it. Raises `RegistryError`."""
        at: Coordinates = {"device": device}
        node = self.plan.nodes[self.plan.add(name, at, {}, "predict")]
        assert node.case is not None
        return to_coherent(middle(node.case.distribution), self.registry.quantities[name].unit, name)


def drawn(known: Catalogue, source: Source) -> Drawn:
    """The draws that the kernel is given for a row."""
    fitted = _fitted(source)
    scaling = known.scaling()
    return Drawn(
        traits=_Traits(known, source, fitted),
        link=partial(_link, known=known, source=source, fitted=fitted),
        residuals=partial(_residuals, source=source, fitted=fitted),
        host_power_w=source.of("server_host_power_w") / PER_HOST,
        idle_power_w=partial(_idle_w, known=known, source=source),
        pue_ratio=source.of("serving_pue_ratio", "industry"),
        used_time_ratio=source.of("serving_used_time_ratio"),
        batch=np.maximum(source.of("served_batch_count"), 1.0),
        input_tokens=source.of("served_input_tokens_count"),
        output_tokens=np.maximum(source.of("served_output_tokens_count"), 1.0),
        shape_z=np.stack([source.normal(f"shape.{name}") for name in SCALED]),
        shared_ratio=source.one_of("shared parameters", scaling.shared_ratios),
        scaling=scaling,
    )


def _fitted(source: Source) -> dict[str, Array]:
    """Columns of the fit; none where it is not computed for this registry."""
    try:
        return source.posterior() if POSTERIOR in source.registry.computed else {}
    except RegistryError:
        return {}


class _Traits:
    """Traits of the device of a case: fitted ones carried over to its memory and its node, or priors."""

    def __init__(self, known: Catalogue, source: Source, fitted: Mapping[str, Array]) -> None:
        self.known, self.source, self.fitted = known, source, fitted
        zero = np.zeros(source.draws)
        usual = {name: zero + value for name, value in Traits._field_defaults.items()}
        before = {} if fitted else {name: source.of(prior) for name, prior in PRIORS.items()}
        columns = {**dict.fromkeys(Traits._fields, zero), **usual, **before, **fitted}
        self.plain: dict[str, Any] = {name: columns[name] for name in Traits._fields}

    def __call__(self, case: Case) -> Traits:
        """The traits of a case."""
        if not self.fitted:
            return Traits(**self.plain)
        dearer = self.fitted["earlier_energy_ratio"] ** self._generations(case)
        byte = self.fitted["byte_energy_ratio"] * self._byte_energy(case)
        scaled = {name: self.plain[name] * dearer for name in OF_NODE}
        return Traits(**{**self.plain, **scaled, "byte_energy_j_per_b": byte})

    def _generations(self, case: Case) -> float | Array:
        """How many generations the node of a case lies behind that of H100, as A100 lies behind it by one."""
        nodes = {
            key: one.figures["node_nm"] for key, one in self.known.devices.items() if "node_nm" in one.figures
        }
        step = np.log(nodes[EARLIER] / nodes[NOW])
        own = case.node_nm or self.source.one_of("node", tuple(nodes.values()))
        return np.asarray(np.log(own / nodes[NOW]) / step)

    def _byte_energy(self, case: Case) -> float:
        """Energy of a byte of the memory of a case, else of the device most like it."""
        own = _memory_energy(self.source, case.device_key) if case.device_key else None
        if own is not None:
            return own
        apart = {key: _apart(one.figures, case) for key, one in self.known.devices.items()}
        near = (_memory_energy(self.source, key) for key in sorted(apart, key=lambda key: (apart[key], key)))
        return next(energy for energy in near if energy is not None)


def _apart(figures: Mapping[str, float], case: Case) -> float:
    """How far a device is from a case, in logarithms of bandwidth and, where both are known, of node."""
    pairs = [(figures["memory_bandwidth_b_per_s"], case.memory_bandwidth_b_per_s)]
    pairs += [(figures["node_nm"], case.node_nm)] if case.node_nm and "node_nm" in figures else []
    return float(sum(abs(np.log(one / other)) for one, other in pairs))


def _memory_energy(source: Source, device: str) -> float | None:
    """Energy of a byte of a known device's memory, where the registry says of which kind it is."""
    try:
        return source.middle("memory_energy_j_per_b", device)
    except RegistryError:
        return None


def _idle_w(case: Case, known: Catalogue, source: Source) -> Array | float:
    """Power of a device that waits: measured, of its data sheet, or drawn as a share of its rated power."""
    try:
        return source.of("idle_power_w", case.device_key)
    except RegistryError:
        figures = [one.figures for one in known.devices.values()]
    both = [one for one in figures if {"idle_power_w", "tdp_w"} <= set(one)]
    shares = tuple(one["idle_power_w"] / one["tdp_w"] for one in both)
    drawn = case.tdp_w * source.one_of("idle power", shares)
    return case.idle_power_w if case.idle_power_w is not None else drawn


def _link(case: Case, known: Catalogue, source: Source, fitted: Mapping[str, Array]) -> Link:
    """The link of a board: that of its data sheet, else one of those of the registry."""
    bandwidths = [one.figures.get("link_bandwidth_b_per_s") for one in known.devices.values()]
    own = known.devices[case.device_key].figures.get("link_bandwidth_b_per_s") if case.device_key else None
    energy: Any = source.of("link_energy_j_per_b", "nvlink" if "sxm" in case.device_key else "pcie-5")
    some = source.one_of("link bandwidth", tuple(one for one in bandwidths if one))
    bandwidth: Any = DIRECTIONS * (np.full(source.draws, own) if own else some)
    latency: Any = fitted.get("link_latency_s", source.of("serving_link_latency_s"))
    return Link(energy, bandwidth, latency)


def _residuals(case: Case, source: Source, fitted: Mapping[str, Array]) -> tuple[Array, Array]:
    """Factors of energy and of time by which measurements scatter about the model."""
    return _factor("energy", "token_energy", source, fitted), _factor(
        "time", "token_interval", source, fitted
    )


def _factor(stream: str, output: str, source: Source, fitted: Mapping[str, Array]) -> Array:
    """A residual of each level of the fit, or of the one that is assumed before it."""
    sizes = {
        name: size for name, size in fitted.items() if name.startswith(f"{output}-") and VISUAL not in name
    }
    sizes = sizes or {"family": source.of("family_residual_scale_ratio")}
    parts = [size * source.normal(f"residual.{stream}.{name}") for name, size in sorted(sizes.items())]
    return np.asarray(np.exp(np.sum(parts, axis=0)))
