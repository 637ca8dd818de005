"""M20: what a good die costs, what cutting it into chiplets saves, and what merging it with DRAM adds."""

import jax.numpy as jnp
from jax import Array


def die_yield_ratio(
    die_area_sqm: Array, defect_density_count_per_sqm: Array, defect_clustering_count: Array
) -> Array:
    r"""Share of dies without a fatal defect.

    Formula: Y = \left( 1 + \frac{A D_0}{\alpha} \right)^{-\alpha}

    Boundary: random defects of the process; dies with a defect that are sold with parts switched off
    count as lost.

    Holds: for one kind of defect that clusters; for large alpha it is the exponential of Poisson.

    >>> die_yield_ratio(2.0, 1.0, 2.0)
    0.25
    """
    return (1.0 + die_area_sqm * defect_density_count_per_sqm / defect_clustering_count) ** (
        -defect_clustering_count
    )


def wafer_usable_ratio(die_area_sqm: Array, wafer_diameter_m: Array) -> Array:
    r"""Share of a round wafer that whole square dies cover.

    Formula: u = 1 - \frac{2 \sqrt{2 A}}{d}

    Boundary: dies cut by the edge are lost; the lanes between dies are left out.

    Holds: for dies much smaller than the wafer.

    >>> float(wafer_usable_ratio(2.0, 16.0))
    0.75
    """
    return 1.0 - 2.0 * jnp.sqrt(2.0 * die_area_sqm) / wafer_diameter_m


def silicon_cost_usd_per_sqm(wafer_cost_usd: Array, wafer_diameter_m: Array) -> Array:
    r"""Price of a processed wafer for each part of its surface, good or not.

    Formula: c = \frac{4 C}{\pi d^2}

    Boundary: what a customer pays the foundry; design, masks, test and package are left out.

    >>> round(float(silicon_cost_usd_per_sqm(3.141592653589793, 2.0)), 6)
    1.0
    """
    return 4.0 * wafer_cost_usd / (jnp.pi * wafer_diameter_m**2)


def good_silicon_cost_usd_per_sqm(
    silicon_cost_usd_per_sqm: Array, wafer_usable_ratio: Array, die_yield_ratio: Array
) -> Array:
    r"""Cost of silicon that works, edge of the wafer counted.

    Formula: c_g = \frac{c}{u Y}

    Boundary: one die before its package.

    >>> good_silicon_cost_usd_per_sqm(1.0, 0.8, 0.5)
    2.5
    """
    return silicon_cost_usd_per_sqm / (wafer_usable_ratio * die_yield_ratio)


def yielded_silicon_cost_usd_per_sqm(silicon_cost_usd_per_sqm: Array, die_yield_ratio: Array) -> Array:
    r"""Cost of silicon that works, by the yield alone.

    Formula: c_Y = \frac{c}{Y}

    Boundary: one die before its package; the edge of the wafer is left out.

    >>> yielded_silicon_cost_usd_per_sqm(1.0, 0.5)
    2.0
    """
    return silicon_cost_usd_per_sqm / die_yield_ratio


def cost_rise_ratio(
    yielded_silicon_cost_usd_per_sqm: Array, base_yielded_silicon_cost_usd_per_sqm: Array
) -> Array:
    r"""Cost of good silicon in a large die over that in a small one, by the yield alone.

    Formula: \frac{c_Y(A_1)}{c_Y(A_0)}

    Boundary: one process, two areas of the die.

    >>> cost_rise_ratio(3.0, 2.0)
    1.5
    """
    return yielded_silicon_cost_usd_per_sqm / base_yielded_silicon_cost_usd_per_sqm


def cost_rise_with_edge_ratio(
    good_silicon_cost_usd_per_sqm: Array, base_good_silicon_cost_usd_per_sqm: Array
) -> Array:
    r"""Cost of good silicon in a large die over that in a small one, edge of the wafer counted.

    Formula: \frac{c_g(A_1)}{c_g(A_0)}

    Boundary: one process, two areas of the die.

    >>> cost_rise_with_edge_ratio(3.0, 2.0)
    1.5
    """
    return good_silicon_cost_usd_per_sqm / base_good_silicon_cost_usd_per_sqm


def reticle_filled_ratio(
    largest_die_area_sqm: Array, reticle_width_m: Array, reticle_height_m: Array
) -> Array:
    r"""Share of one exposure of the lithography that a die fills.

    Formula: \frac{A}{w h}

    Boundary: one die; above one it cannot be printed in one piece.

    >>> reticle_filled_ratio(9.0, 4.0, 3.0)
    0.75
    """
    return largest_die_area_sqm / (reticle_width_m * reticle_height_m)


def node_gain_ratio(node_power_saving_ratio: Array) -> Array:
    r"""Operations for a joule in a new process, over those in the one before, at the same speed.

    Formula: g = \frac{1}{1 - s}

    Boundary: logic of one design, as the foundry states it.

    >>> float(node_gain_ratio(0.5))
    2.0
    """
    return jnp.divide(1.0, jnp.abs(1.0 - node_power_saving_ratio))


def classical_gain_ratio(node_shrink_ratio: Array) -> Array:
    r"""Operations for a joule in a new process over the one before, if voltage shrank with length.

    Formula: g = k^{-3}

    Boundary: logic of one design; capacitance falls with length, and energy with the voltage squared.

    Holds: for scaling after Dennard, which ended about 2005.

    >>> classical_gain_ratio(0.5)
    8.0
    """
    return node_shrink_ratio**-3.0


def chiplet_area_sqm(die_area_sqm: Array, chiplet_count: Array, link_area_ratio: Array) -> Array:
    r"""Area of each part of a die that is cut into equal chiplets.

    Formula: a = \frac{A \left( 1 + o \min(n - 1, 1) \right)}{n}

    Boundary: one chiplet, with the circuits of its links.

    >>> float(chiplet_area_sqm(8.0, 4.0, 0.5)), float(chiplet_area_sqm(8.0, 1.0, 0.5))
    (3.0, 8.0)
    """
    return die_area_sqm * (1.0 + link_area_ratio * jnp.minimum(chiplet_count - 1.0, 1.0)) / chiplet_count


def chiplet_silicon_cost_usd_per_sqm(
    silicon_cost_usd_per_sqm: Array,
    chiplet_area_sqm: Array,
    wafer_diameter_m: Array,
    defect_density_count_per_sqm: Array,
    defect_clustering_count: Array,
) -> Array:
    r"""Cost of silicon that works, in dies of the size of a chiplet.

    Formula: c_a = \frac{c}{u(a) Y(a)}

    Boundary: one chiplet before its package, tested.

    >>> round(float(chiplet_silicon_cost_usd_per_sqm(3.0, 2.0, 16.0, 1.0, 2.0)), 6)
    16.0
    """
    works_ratio = die_yield_ratio(chiplet_area_sqm, defect_density_count_per_sqm, defect_clustering_count)
    return silicon_cost_usd_per_sqm / (wafer_usable_ratio(chiplet_area_sqm, wafer_diameter_m) * works_ratio)


def assembly_yield_ratio(bonding_yield_ratio: Array, chiplet_count: Array) -> Array:
    r"""Share of packages in which every chiplet was joined well.

    Formula: Y_a = y^n

    Boundary: chiplets that were tested before; a package with a bad joint is lost with all its chiplets.

    >>> assembly_yield_ratio(0.5, 2.0)
    0.25
    """
    return bonding_yield_ratio**chiplet_count


def chiplet_cost_ratio(
    chiplet_silicon_cost_usd_per_sqm: Array,
    good_silicon_cost_usd_per_sqm: Array,
    chiplet_area_sqm: Array,
    chiplet_count: Array,
    die_area_sqm: Array,
    packaging_cost_usd_per_sqm: Array,
    assembly_yield_ratio: Array,
) -> Array:
    r"""Cost of a die that is cut into chiplets and joined again, over that of the die in one piece.

    Formula: \frac{n a c_a + p A \min(n - 1, 1)}{Y_a A c_g}

    Boundary: silicon, and what joining adds to a package; design, masks and test are left out.

    >>> float(chiplet_cost_ratio(1.0, 4.0, 2.5, 4.0, 8.0, 0.25, 0.75))
    0.5
    """
    silicon_usd = chiplet_count * chiplet_area_sqm * chiplet_silicon_cost_usd_per_sqm
    joined_usd = packaging_cost_usd_per_sqm * die_area_sqm * jnp.minimum(chiplet_count - 1.0, 1.0)
    return (silicon_usd + joined_usd) / (assembly_yield_ratio * die_area_sqm * good_silicon_cost_usd_per_sqm)


def chiplet_saving_ratio(chiplet_cost_ratio: Array) -> Array:
    r"""Share of the cost of a die in one piece that chiplets save.

    Formula: s = 1 - r

    Boundary: as the ratio; below zero chiplets cost more.

    >>> chiplet_saving_ratio(0.75)
    0.25
    """
    return 1.0 - chiplet_cost_ratio


def link_penalty_ratio(die_crossing_b_per_j: Array, die_link_energy_j_per_b: Array) -> Array:
    r"""Energy of the links between chiplets, over all energy of the chip.

    Formula: \epsilon = q e

    Boundary: one package at work; wires on a die in one piece, which the links replace, are left out.

    >>> link_penalty_ratio(2.0, 0.05)
    0.1
    """
    return die_crossing_b_per_j * die_link_energy_j_per_b


def chiplet_rule_ratio(
    chiplet_saving_ratio: Array,
    link_penalty_ratio: Array,
    chiplet_needed_saving_ratio: Array,
    chiplet_allowed_penalty_ratio: Array,
) -> Array:
    r"""How far chiplets meet two demands at once: the smaller of saving over need and of limit over penalty.

    Formula: \min \left( \frac{s}{s_0}, \frac{\epsilon_0}{\epsilon} \right)

    Boundary: one package; above one both demands are met.

    >>> float(chiplet_rule_ratio(0.375, 0.0625, 0.25, 0.125))
    1.5
    >>> float(chiplet_rule_ratio(0.375, 0.25, 0.25, 0.125))
    0.5
    """
    return jnp.minimum(
        chiplet_saving_ratio / chiplet_needed_saving_ratio, chiplet_allowed_penalty_ratio / link_penalty_ratio
    )


def merged_silicon_sqm(
    logic_area_sqm: Array,
    dram_area_sqm: Array,
    dram_area_penalty_ratio: Array,
    merged_wafer_cost_ratio: Array,
    dram_vulnerable_ratio: Array,
    defect_density_count_per_sqm: Array,
    defect_clustering_count: Array,
) -> Array:
    r"""Logic and DRAM on one die, as the area of a plain logic wafer that would cost the same.

    Formula: m \, \frac{A_l + k A_d}{Y(A_l + v k A_d)}

    Boundary: silicon before its package; spare rows make up for most defects in the memory.

    >>> merged_silicon_sqm(1.0, 1.0, 3.0, 2.0, 0.0, 1.0, 1.0)
    16.0
    """
    memory_sqm = dram_area_penalty_ratio * dram_area_sqm
    critical_sqm = logic_area_sqm + dram_vulnerable_ratio * memory_sqm
    works_ratio = die_yield_ratio(critical_sqm, defect_density_count_per_sqm, defect_clustering_count)
    return merged_wafer_cost_ratio * (logic_area_sqm + memory_sqm) / works_ratio


def separate_silicon_sqm(
    logic_area_sqm: Array,
    dram_area_sqm: Array,
    dram_bought_ratio: Array,
    dram_wafer_cost_ratio: Array,
    dram_vulnerable_ratio: Array,
    second_package_ratio: Array,
    defect_density_count_per_sqm: Array,
    defect_clustering_count: Array,
) -> Array:
    r"""Logic and DRAM on two dies, as the area of a plain logic wafer that would cost the same.

    Formula: \frac{A_l}{Y(A_l)} + (1 + p) \, w \, \frac{b A_d}{Y(v b A_d)}

    Boundary: silicon, and what a second package and its place on a board add.

    >>> separate_silicon_sqm(1.0, 1.0, 2.0, 0.5, 0.0, 1.0, 1.0, 1.0)
    4.0
    """
    bought_sqm = dram_bought_ratio * dram_area_sqm
    density, clustering = defect_density_count_per_sqm, defect_clustering_count
    logic_sqm = logic_area_sqm / die_yield_ratio(logic_area_sqm, density, clustering)
    memory_sqm = bought_sqm / die_yield_ratio(dram_vulnerable_ratio * bought_sqm, density, clustering)
    return logic_sqm + (1.0 + second_package_ratio) * dram_wafer_cost_ratio * memory_sqm


def merged_to_separate_ratio(merged_silicon_sqm: Array, separate_silicon_sqm: Array) -> Array:
    r"""Cost of logic and DRAM on one die, over their cost on two.

    Formula: r = \frac{m}{s}

    Boundary: production; energy and speed of the finished computer are left out.

    >>> merged_to_separate_ratio(3.0, 2.0)
    1.5
    """
    return merged_silicon_sqm / separate_silicon_sqm


def sram_cost_usd_per_b(
    sram_cell_sqm_per_b: Array, sram_array_ratio: Array, good_silicon_cost_usd_per_sqm: Array
) -> Array:
    r"""Cost of a byte that stays on a chip, in its static memory.

    Formula: \kappa = \frac{a_c c_g}{\eta}

    Boundary: blocks of memory on a good die, cells and their share of what drives them; the rest of the
    die, its package and its board are left out.

    >>> sram_cost_usd_per_b(4.0, 0.5, 2.0)
    16.0
    """
    return sram_cell_sqm_per_b / sram_array_ratio * good_silicon_cost_usd_per_sqm


def sram_to_hbm_cost_ratio(sram_cost_usd_per_b: Array, hbm_cost_usd_per_b: Array) -> Array:
    r"""Cost of a byte on a chip over that of a byte in stacked memory beside it.

    Formula: \frac{\kappa_s}{\kappa_h}

    Boundary: silicon of the one, price of the other.

    >>> sram_to_hbm_cost_ratio(6.0, 2.0)
    3.0
    """
    return sram_cost_usd_per_b / hbm_cost_usd_per_b
