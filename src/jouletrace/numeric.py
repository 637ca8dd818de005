"""Targets evaluated: on draws, about their medians, at their flips, and under stress."""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jouletrace import computed
from jouletrace.companion import Companion
from jouletrace.evaluate import Machine, Target
from jouletrace.flip import flips
from jouletrace.graph import Plan
from jouletrace.numerics import jnp
from jouletrace.proposition import value_name
from jouletrace.registry import Registry
from jouletrace.robustness import Robustness, Stresser
from jouletrace.sampling import inputs_of
from jouletrace.sensitivity import Drivers, break_even, drivers
from jouletrace.sobol import sobol
from jouletrace.streams import Streams, standard_normal
from jouletrace.trace import error_records, node_record, rounded
from jouletrace.units import to_reader

Array = NDArray[np.float64]
QUANTILES = (0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99)
#: Draws with which first-order flips are checked.
CHECK_DRAWS = 8192


class Sampled:
    """Targets evaluated on the draws of the registry: values, and quantiles for readers."""

    def __init__(self, plan: Plan, targets: list[Target], registry: Registry) -> None:
        self.registry, self.plan = registry, plan
        self.targets = targets
        self.index = {one.label: i for i, one in enumerate(targets)}
        if targets:
            self._evaluate(registry)

    def _evaluate(self, registry: Registry) -> None:
        settings = registry.settings
        self.machine = Machine(self.plan, self.targets)
        self.inputs = inputs_of(self.plan, self.machine.nodes.values())
        self.streams = Streams([self.inputs[name] for name in self.machine.inputs])
        self.parts = self.streams.drawn(settings.seed, settings.draws)
        self.draws = self.streams.made(self.parts)
        self.values = np.asarray(self.machine.values(jnp.asarray(self.draws)))

    def summaries(self) -> dict[str, dict[str, float]]:
        """Quantiles of every target."""
        return {one.label: self.summary(one) for one in self.targets}

    def summary(self, one: Target) -> dict[str, float]:
        """Quantiles of a target in the reader's unit."""
        values = self.values[self.index[one.label]]
        found = np.quantile(values, QUANTILES)
        name, unit = value_name(one.proposition), one.proposition.unit
        return {
            f"p{round(100 * q):02d}": rounded(to_reader(float(v), name, unit))
            for q, v in zip(QUANTILES, found, strict=True)
        }


class Judged(Sampled):
    """All numeric rows of a claim, with what drives them and what would flip them."""

    def _evaluate(self, registry: Registry) -> None:
        super()._evaluate(registry)
        settings = registry.settings
        space = Companion(self.streams)
        names = [f"companion.{name}" for name in space.coordinates]
        z = np.stack([standard_normal(n, settings.seed, CHECK_DRAWS) for n in names], axis=1)
        self.space = space
        self.drivers: Drivers = drivers(self.machine, space)
        self.sobol = sobol(self.machine, self.streams, settings.seed, settings.draws)
        self.break_even = break_even(self.machine, space)
        self.flips = flips(self.machine, space, z)
        slopes = np.nan_to_num(self.drivers.elasticity)
        self.stresser = Stresser(self.machine, self.streams, settings, slopes, self.parts)

    def own(self, row: int, handle: int) -> tuple[str, int] | None:
        """Under which id a page finds a handle that a row reads, and which part of it the row reads.

        The id is the input's own, or that of an error. None where the row does not read the handle.
        """
        name, streams = self.streams.handles[handle], self.streams
        for one, parts in zip(streams.inputs, streams.parts_of, strict=True):
            mine = [part for part in parts if streams.handle[part] == handle]
            if mine and one.id in self._reached[row]:
                return (name if name.startswith("error.") else one.id), mine[0]
        return None

    @cached_property
    def _reached(self) -> list[frozenset[str]]:
        """Nodes that each row needs."""
        tops = [[top for top in (one.node, one.than) if top] for one in self.targets]
        return [frozenset(node.id for top in found for node in self.plan.below(top)) for found in tops]

    def effective_draws(self, row: int) -> int:
        """How many independent draws the probability of a row rests on.

        A row that reads a posterior has no more of them than the chains gave, however often each
        of their draws is used.
        """
        moved = np.flatnonzero(np.nan_to_num(self.drivers.elasticity[row]) != 0.0)
        nodes = [self.plan.nodes.get(self.streams.handles[one]) for one in moved]
        read = {node.draws[0] for node in nodes if node and node.draws}
        known = [computed.found(name, self.registry, self.plan.tables)[1] for name in read]
        return min([self.registry.settings.draws, *(int(one["effective_draws"]) for one in known)])

    def robustness(self, row: int, now: str) -> Robustness:
        """Whether the word of a row survives stress."""
        return self.stresser.row(row, now)

    def node_records(self) -> dict[str, Any]:
        """Every node that the rows need, with its value and where it comes from."""
        if not self.targets:
            return {}
        everything = np.asarray(self.machine.everything(jnp.asarray(self.draws)))
        spread = np.quantile(everything, [0.05, 0.5, 0.95], axis=1)
        nodes = {
            node_id: node_record(self.plan, self.registry, node_id, spread[:, i], self.inputs)
            for i, node_id in enumerate(self.machine.nodes)
        }
        return nodes | error_records(self.plan, self.registry, nodes)
