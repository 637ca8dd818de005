"""M7, M9: what moving data takes of time and energy, beside the arithmetic that it is moved for."""

from jax import Array


def link_energy_share_ratio(
    memory_link_energy_j_per_byte: Array, memory_access_energy_j_per_byte: Array
) -> Array:
    r"""Share of the link between dies in the energy of moving data from memory.

    Formula: s = \frac{e_\mathrm{link}}{e_\mathrm{access}}

    Boundary: one memory and its link; the wires of the processor would only lower the share.

    >>> link_energy_share_ratio(1.0, 4.0)
    0.25
    """
    return memory_link_energy_j_per_byte / memory_access_energy_j_per_byte
