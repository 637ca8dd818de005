"""What the kernels are given and give back: tuples of scalars, the unit at the end of each name."""

from typing import NamedTuple

from jax import Array

#: Parts of an energy, in the order of ``Cost.energy_j``; they sum to the total at the facility.
PARTS = ("static", "dram", "sram", "wires", "links", "mac", "adc", "dac", "rewrite", "host", "cooling")
#: Where energy may be counted: without what a device draws by running at all, all of it, the whole site.
BOUNDARIES = ("dynamic", "device", "facility")
STATIC, DRAM, SRAM, WIRES, LINKS, MAC, ADC, DAC, REWRITE, HOST, COOLING = range(len(PARTS))


class Device(NamedTuple):
    """One device at the precision that is used: its data sheet."""

    peak_flop_per_s: Array
    memory_bandwidth_b_per_s: Array
    memory_b: Array
    tdp_w: Array
    idle_power_w: Array


class Traits(NamedTuple):
    """How software and silicon fall short of a data sheet: what is fitted to measurements.

    ``overhead_s`` is spent in every iteration, ``layer_overhead_s`` in every layer of it,
    ``parallel_overhead_s`` where several devices serve together, and ``sequence_overhead_s`` for every
    sequence. ``running_power_ratio`` is the power of a running device that does nothing else, as a
    share of its TDP. ``activation_accesses_count`` is how often the width of a layer passes through
    memory for one token.
    """

    bandwidth_efficiency_ratio: Array
    compute_efficiency_ratio: Array
    overhead_s: Array
    layer_overhead_s: Array
    parallel_overhead_s: Array
    sequence_overhead_s: Array
    running_power_ratio: Array
    byte_energy_j_per_b: Array
    flop_energy_j_per_flop: Array
    activation_accesses_count: Array


class Link(NamedTuple):
    """The link between devices that serve together: energy of a byte, bandwidth of a device, latency."""

    energy_j_per_b: Array
    bandwidth_b_per_s: Array
    latency_s: Array


class System(NamedTuple):
    """Devices that serve together, what stands around them, and the share of time that they serve."""

    devices: Array
    host_power_w: Array
    pue_ratio: Array
    used_time_ratio: Array


class Machine(NamedTuple):
    """All of the hardware."""

    device: Device
    traits: Traits
    link: Link
    system: System


class Model(NamedTuple):
    """A language model, or any stack of transformer layers.

    ``shared_parameters`` are used for every token (all of them in a dense model); the others are
    experts. ``lookup_parameters`` are tables of which a token reads one row. ``attention_width`` is
    query heads times head size. Keys and values are kept by ``attention_layers`` for the whole context
    and by ``window_layers`` for ``window_tokens`` of it; other layers keep ``state_b`` bytes for a
    sequence, all layers together. ``*_b`` after a noun are bytes of one value.
    """

    total_parameters: Array
    active_parameters: Array
    shared_parameters: Array
    lookup_parameters: Array
    layers: Array
    width: Array
    attention_width: Array
    attention_layers: Array
    window_layers: Array
    window_tokens: Array
    kv_heads: Array
    head_size: Array
    state_b: Array
    weight_b: Array
    kv_b: Array
    activation_b: Array


class Load(NamedTuple):
    """What is asked: sequences that run side by side, and tokens into and out of each."""

    batch: Array
    input_tokens: Array
    output_tokens: Array


class Work(NamedTuple):
    """What one iteration moves and computes, over all devices.

    ``exchanged_b`` is the result that devices have to add up in ``exchanges_count`` rounds, when there
    are several of them. ``layers`` and ``sequences`` are what overheads count.
    """

    weight_b: Array
    kv_b: Array
    activation_b: Array
    flop: Array
    exchanged_b: Array
    exchanges_count: Array
    layers: Array
    sequences: Array

    @property
    def moved_b(self) -> Array:
        """Bytes to and from memory."""
        return self.weight_b + self.kv_b + self.activation_b


class Cost(NamedTuple):
    """Time, and energy at the facility by part; ``idle_j`` of the static part is drawn between loads."""

    time_s: Array
    energy_j: Array
    idle_j: Array
