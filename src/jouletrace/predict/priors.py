"""Draws of all that a row leaves open, from the registry: the fitted posterior, or priors before the fit.

A stream is keyed by the name of what it is drawn for, so that every row sees the same draws and
another row, or another input, moves none of them.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jouletrace import computed
from jouletrace.graph import Plan
from jouletrace.models.hardware.state import Link, Traits
from jouletrace.predict.catalogue import SCALED, Catalogue, catalogue
from jouletrace.predict.machine import Drawn, predictions
from jouletrace.predict.resolve import Case
from jouletrace.predict.writing import Prediction
from jouletrace.registry import Registry
from jouletrace.registry.asked import PRIORS
from jouletrace.registry.rows import Row
from jouletrace.registry.schema import Coordinates
from jouletrace.sampling import inputs_of
from jouletrace.streams import Streams, standard_normal

Array = NDArray[np.float64]
Tables = dict[str, tuple[Row, ...]]
#: Draws of each row: enough that another set of them moves an end of an interval by about a percent.
DRAWS = 1024
#: The computed dataset whose columns take the place of priors, by the names of the fields of `Traits`.
POSTERIOR = "serving-fit"
#: Of the bandwidth of a link, which data sheets state for both directions together.
DIRECTIONS = 0.5
#: Devices that the power of a server's host is stated for.
PER_HOST = 8.0


def ready(
    registry: Registry, tables: Tables
) -> tuple[Catalogue, Callable[[Sequence[Case]], list[Prediction]]]:
    """What the registry knows by name, and what predicts from all else that it holds."""
    known = catalogue(registry, tables)
    return known, partial(predictions, drawn=drawn(known, Source(registry, tables)))


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

    def posterior(self) -> Mapping[str, Array]:
        """Columns of the fit, one row a draw; empty as long as the registry has none."""
        if POSTERIOR not in self.registry.computed:
            return {}
        folder, _ = computed.found(POSTERIOR, self.registry, self.tables)
        columns = computed.columns(folder)
        count = len(next(iter(columns.values())))
        rows = self.one_of(f"draws.{POSTERIOR}", tuple(range(count))).astype(int)
        return {name: column[rows] for name, column in columns.items()}


def drawn(known: Catalogue, source: Source) -> Drawn:
    """The draws that the kernel is given for a row."""
    fitted = source.posterior()
    zero = np.zeros(source.draws)
    priors = {name: source.of(prior) for name, prior in PRIORS.items() if name not in fitted}
    usual = {name: zero + value for name, value in Traits._field_defaults.items()}
    found: dict[str, Any] = {**dict.fromkeys(Traits._fields, zero), **usual, **priors, **fitted}
    traits = Traits(**{name: found[name] for name in Traits._fields})
    scaling = known.scaling()
    return Drawn(
        traits=lambda case: traits,
        link=partial(_link, known=known, source=source),
        residuals=partial(_residuals, fitted=fitted, source=source),
        host_power_w=source.of("server_host_power_w") / PER_HOST,
        idle_power_ratio=source.one_of("idle power", _idle(known)),
        pue_ratio=source.of("serving_pue_ratio", "industry"),
        used_time_ratio=source.of("serving_used_time_ratio"),
        batch=np.maximum(source.of("served_batch_count"), 1.0),
        input_tokens=source.of("served_input_tokens_count"),
        output_tokens=np.maximum(source.of("served_output_tokens_count"), 1.0),
        shape_z=np.stack([source.normal(f"shape.{name}") for name in SCALED]),
        shared_ratio=source.one_of("shared parameters", scaling.shared_ratios),
        scaling=scaling,
    )


def _idle(known: Catalogue) -> tuple[float, ...]:
    """Idle power over rated power of the devices that both are known of."""
    figures = [one.figures for one in known.devices.values()]
    return tuple(
        one["idle_power_w"] / one["tdp_w"] for one in figures if {"idle_power_w", "tdp_w"} <= set(one)
    )


def _link(case: Case, known: Catalogue, source: Source) -> Link:
    """The link of a board: that of its data sheet, else one of those of the registry."""
    bandwidths = [one.figures.get("link_bandwidth_b_per_s") for one in known.devices.values()]
    own = known.devices[case.device_key].figures.get("link_bandwidth_b_per_s") if case.device_key else None
    energy: Any = source.of("link_energy_j_per_b", "nvlink" if "sxm" in case.device_key else "pcie-5")
    some = source.one_of("link bandwidth", tuple(one for one in bandwidths if one))
    bandwidth: Any = DIRECTIONS * (np.full(source.draws, own) if own else some)
    latency: Any = source.of("serving_link_latency_s")
    return Link(energy, bandwidth, latency)


def _residuals(case: Case, fitted: Mapping[str, Array], source: Source) -> tuple[Array, Array]:
    """Factors of energy and of time by which measurements scatter about the model."""
    scale = source.of("family_residual_scale_ratio")
    found = [fitted.get(f"{name}_residual_scale_ratio", scale) for name in ("energy", "time")]
    energy, time = (
        np.exp(one * source.normal(f"residual.{name}"))
        for name, one in zip(("energy", "time"), found, strict=True)
    )
    return energy, time
