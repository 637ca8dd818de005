"""M7: energy of moving data at three boundaries, in devices that serve and in engines built from parts.

What a device draws is told apart as three: what grows with bytes from memory, what grows with operations,
and what runs with time. The first counts as direct transfer.
"""

import jax.numpy as jnp
from jax import Array


def link_energy_share_ratio(memory_link_energy_j_per_b: Array, memory_energy_j_per_b: Array) -> Array:
    r"""Share of the link between dies in the energy of moving data from memory.

    Formula: s = \frac{e_\mathrm{link}}{e_\mathrm{access}}

    Boundary: one memory and its link; the wires of the processor would only lower the share.

    Converts: the link of a chip as a part of the memory device

    >>> link_energy_share_ratio(1.0, 4.0)
    0.25
    """
    return memory_link_energy_j_per_b / memory_energy_j_per_b


def gpu_running_power_ratio(gpu_serving_power_ratio: Array, running_share_of_serving_ratio: Array) -> Array:
    r"""Power that a GPU draws by running at all, over the power it may draw.

    Formula: \rho_t = s \, \rho_s

    Boundary: one GPU with its clocks up that moves and computes nothing.

    >>> gpu_running_power_ratio(0.5, 0.5)
    0.25
    """
    return gpu_serving_power_ratio * running_share_of_serving_ratio


def gpu_byte_energy_j_per_b(
    gpu_serving_power_ratio: Array,
    gpu_running_power_ratio: Array,
    device_tdp_w: Array,
    device_memory_bandwidth_b_per_s: Array,
    gpu_serving_bandwidth_ratio: Array,
) -> Array:
    r"""Energy of a byte from memory that serving leaves, given what the device draws by running at all.

    Formula: e_b = \frac{(\rho_s - \rho_t) \, P_{TDP}}{\beta \rho_b}

    Boundary: devices; memory, its link, and the path on the processor that each byte takes once, with the
    losses of its supply.

    Holds: where memory is the roof. Time and bytes are then proportional, so serving fixes this one line
    between the two energies and not the point on it; the little arithmetic is counted as bytes.

    Scope: device, site, per-unit

    >>> gpu_byte_energy_j_per_b(0.75, 0.25, 100.0, 10.0, 0.5)
    10.0
    """
    moving_w = (gpu_serving_power_ratio - gpu_running_power_ratio) * device_tdp_w
    return moving_w / (device_memory_bandwidth_b_per_s * gpu_serving_bandwidth_ratio)


def moving_j(gpu_byte_energy_j_per_b: Array, decode_b: Array) -> Array:
    r"""Energy of direct transfer in one decoding pass: all that grows with the bytes from memory.

    Formula: E_b = e_b b

    Boundary: devices; memory, its link, and the path on the processor that each byte takes once, with the
    losses of its supply.

    Scope: device, site, per-unit

    >>> moving_j(2.0, 40.0)
    80.0
    """
    return gpu_byte_energy_j_per_b * decode_b


def computing_j(gpu_flop_energy_j_per_flop: Array, decode_flop: Array) -> Array:
    r"""Energy of one decoding pass that grows with its operations.

    Formula: E_f = e_f f

    Boundary: devices; arithmetic, and the registers and buffers that each operation reads.

    Scope: device, site, per-unit

    >>> computing_j(2.0, 40.0)
    80.0
    """
    return gpu_flop_energy_j_per_flop * decode_flop


def dynamic_j(moving_j: Array, computing_j: Array) -> Array:
    r"""Energy of one decoding pass that grows with what is done.

    Formula: E_d = E_b + E_f

    Boundary: devices, without what they draw by running at all.

    Scope: device, site, per-unit

    >>> dynamic_j(80.0, 20.0)
    100.0
    """
    return moving_j + computing_j


def decode_s(
    roof_s: Array, dynamic_j: Array, device_count: Array, device_tdp_w: Array, gpu_running_power_ratio: Array
) -> Array:
    r"""Time of one decoding pass, stretched where the devices would draw more than they may.

    Formula: t = \max \left( t_r, \frac{E_d}{N (P_{TDP} - P_t)} \right)

    Boundary: one pass; the design power as a cap on the average.

    Scope: device, site, per-unit

    >>> float(decode_s(3.0, 100.0, 1.0, 50.0, 0.5)), float(decode_s(5.0, 100.0, 1.0, 50.0, 0.5))
    (4.0, 5.0)
    """
    free_w = device_count * device_tdp_w * (1.0 - gpu_running_power_ratio)
    return jnp.maximum(roof_s, dynamic_j / free_w)


def running_j(
    decode_s: Array, device_count: Array, device_tdp_w: Array, gpu_running_power_ratio: Array
) -> Array:
    r"""Energy that devices draw in one decoding pass by running at all, whatever they do.

    Formula: E_t = N P_t t

    Boundary: devices; clocks, leakage, memory refresh, regulators, fans of the board.

    Scope: device, site, per-unit

    >>> running_j(2.0, 1.0, 50.0, 0.5)
    50.0
    """
    return device_count * device_tdp_w * gpu_running_power_ratio * decode_s


def device_j(dynamic_j: Array, running_j: Array) -> Array:
    r"""Energy of one decoding pass at the devices.

    Formula: E = E_d + E_t

    Boundary: devices while they serve.

    Scope: device, site, per-unit

    >>> device_j(100.0, 50.0)
    150.0
    """
    return dynamic_j + running_j


def host_power_w(server_host_power_w: Array, server_device_count: Array) -> Array:
    r"""Power of a server beside its devices, for each device.

    Formula: P_h = \frac{P_H}{n}

    Boundary: processors, memory, network, fans and losses of a server.

    Scope: server, site, per-unit

    >>> host_power_w(1200.0, 8.0)
    150.0
    """
    return server_host_power_w / server_device_count


def around_devices_j(
    decode_s: Array,
    device_count: Array,
    host_power_w: Array,
    device_idle_power_w: Array,
    serving_time_ratio: Array,
) -> Array:
    r"""Energy around the devices in one decoding pass: their hosts, and both while they wait for work.

    Formula: E_o = \frac{N P_h t}{u} + \left( \frac{1}{u} - 1 \right) N P_i t

    Boundary: servers without their devices at work.

    Scope: server, site, per-unit

    Converts: idle devices are counted with the servers that hold them

    >>> around_devices_j(2.0, 1.0, 10.0, 5.0, 0.5)
    50.0
    """
    unused_ratio = 1.0 / serving_time_ratio - 1.0
    host_w = host_power_w / serving_time_ratio
    return device_count * (host_w + unused_ratio * device_idle_power_w) * decode_s


def facility_j(device_j: Array, around_devices_j: Array, model_site_pue_ratio: Array) -> Array:
    r"""Energy of one decoding pass at the site.

    Formula: E_s = PUE \, (E + E_o)

    Boundary: a site with cooling and supply.

    Scope: facility, site, per-unit

    Converts: devices and servers to the site, by what stands around them

    >>> facility_j(150.0, 50.0, 1.5)
    300.0
    """
    return model_site_pue_ratio * (device_j + around_devices_j)


def cooling_j(device_j: Array, around_devices_j: Array, model_site_pue_ratio: Array) -> Array:
    r"""Energy of cooling and supply of the building in one decoding pass.

    Formula: E_c = (PUE - 1) \, (E + E_o)

    Boundary: a site, without its computers.

    Scope: facility, site, per-unit

    Converts: devices and servers to what the site adds to them

    >>> cooling_j(150.0, 50.0, 1.5)
    100.0
    """
    return (model_site_pue_ratio - 1.0) * (device_j + around_devices_j)


def site_energy_j_per_token(facility_j: Array, served_batch_count: Array, pass_token: Array) -> Array:
    r"""Energy of the site for each token that is written.

    Formula: \frac{E_s}{B}

    Boundary: a site with cooling and supply, hours without work counted.

    Scope: facility, site, per-unit

    >>> site_energy_j_per_token(300.0, 4.0, 1.0)
    75.0
    """
    return facility_j / (served_batch_count * pass_token)


def moving_share_of_dynamic_ratio(moving_j: Array, dynamic_j: Array) -> Array:
    r"""Share of direct transfer in the dynamic energy of decoding.

    Formula: s_a = \frac{E_b}{E_d}

    Boundary: devices, without what they draw by running at all.

    >>> moving_share_of_dynamic_ratio(80.0, 100.0)
    0.8
    """
    return moving_j / dynamic_j


def moving_share_of_device_ratio(moving_j: Array, device_j: Array) -> Array:
    r"""Share of direct transfer in all that devices draw while they decode.

    Formula: s_b = \frac{E_b}{E}

    Boundary: devices while they serve.

    >>> moving_share_of_device_ratio(80.0, 160.0)
    0.5
    """
    return moving_j / device_j


def fitted_moving_share_ratio(fitted_running_power_ratio: Array, gpu_serving_power_ratio: Array) -> Array:
    r"""Share of direct transfer in all that a GPU draws for small batches, by a fit to serving.

    Formula: s = 1 - \frac{\rho_t}{\rho_s}

    Boundary: one GPU while it decodes; the little arithmetic is counted as transfer.

    Holds: where memory is the roof.

    >>> fitted_moving_share_ratio(0.25, 0.5)
    0.5
    """
    return 1.0 - fitted_running_power_ratio / gpu_serving_power_ratio


def moving_share_of_facility_ratio(moving_j: Array, facility_j: Array) -> Array:
    r"""Share of direct transfer in all that the site draws for decoding.

    Formula: s_c = \frac{E_b}{E_s}

    Boundary: a site with cooling and supply, hours without work counted.

    Converts: the numerator stays at the devices: cooling of the heat of transfer is not counted as transfer

    >>> moving_share_of_facility_ratio(80.0, 320.0)
    0.25
    """
    return moving_j / facility_j


def unhindered_j(
    decode_arithmetic_s: Array,
    decode_overhead_s: Array,
    computing_j: Array,
    device_count: Array,
    device_tdp_w: Array,
    gpu_running_power_ratio: Array,
) -> Array:
    r"""Energy of a decoding pass at the devices if data were at hand at once and for nothing.

    Formula: E_0 = E_f + N P_t \max \left( t_c + t_o, \frac{E_f}{N (P_{TDP} - P_t)} \right)

    Boundary: devices while they serve.

    Scope: device, site, per-unit

    >>> float(unhindered_j(1.0, 1.0, 10.0, 1.0, 50.0, 0.5))
    60.0
    """
    running_w = device_count * device_tdp_w * gpu_running_power_ratio
    capped_s = computing_j / (device_count * device_tdp_w * (1.0 - gpu_running_power_ratio))
    return computing_j + running_w * jnp.maximum(decode_arithmetic_s + decode_overhead_s, capped_s)


def caused_share_ratio(unhindered_j: Array, device_j: Array) -> Array:
    r"""Share of the energy of decoding that would vanish if data were at hand at once and for nothing.

    Formula: s = 1 - \frac{E_0}{E}

    Boundary: devices while they serve: transfer, and what they draw while they wait for it.

    >>> caused_share_ratio(40.0, 160.0)
    0.75
    """
    return 1.0 - unhindered_j / device_j


def spent_energy_j_per_flop(device_j: Array, decode_flop: Array) -> Array:
    r"""Energy of devices for each useful operation of decoding.

    Formula: e = \frac{E}{f}

    Boundary: devices while they serve.

    Scope: device, site, per-unit

    >>> spent_energy_j_per_flop(160.0, 80.0)
    2.0
    """
    return device_j / decode_flop


def spent_to_arithmetic_ratio(spent_energy_j_per_flop: Array, multiplier_energy_j_per_flop: Array) -> Array:
    r"""Energy that decoding spends for an operation, over what the bare arithmetic takes.

    Formula: \frac{e}{e_\mathrm{mac}}

    Boundary: devices that serve, against a multiplier and adder alone: a floor, not a machine.

    Converts: compares a device with one of its parts, since the floor is meant

    >>> spent_to_arithmetic_ratio(20.0, 2.0)
    10.0
    """
    return spent_energy_j_per_flop / multiplier_energy_j_per_flop


def spent_to_imc_ratio(spent_energy_j_per_flop: Array, imc_chip_energy_j_per_flop: Array) -> Array:
    r"""Energy that decoding spends for an operation, over that of a chip which computes in its memory.

    Formula: \frac{e}{e_\mathrm{imc}}

    Boundary: devices that serve, against a whole chip at its best, without its memory for other data.

    Converts: compares a device with a chip, in favour of the chip

    >>> spent_to_imc_ratio(20.0, 2.0)
    10.0
    """
    return spent_energy_j_per_flop / imc_chip_energy_j_per_flop


def engine_dram_j(memory_energy_j_per_b: Array, decode_b: Array) -> Array:
    r"""Energy of the traffic to external memory in one decoding pass of an engine.

    Formula: E_m = e_m b

    Boundary: memory, its link and its interface.

    Scope: device, site, per-unit

    Converts: parts of a chip count for the device that holds it

    >>> engine_dram_j(4.0, 10.0)
    40.0
    """
    return memory_energy_j_per_b * decode_b


def engine_sram_j(
    engine_sram_energy_j_per_b: Array, decode_b: Array, decode_flop: Array, operand_b_per_flop: Array
) -> Array:
    r"""Energy of the traffic to memory on the chip: bytes from outside go in and out, and operands are fed.

    Formula: E_s = e_s \left( 2 b + o f \right)

    Boundary: buffers on the chip; registers inside the array of multipliers are left out.

    Scope: device, site, per-unit

    Converts: parts of a chip count for the device that holds it

    >>> engine_sram_j(1.0, 10.0, 100.0, 0.1)
    30.0
    """
    return engine_sram_energy_j_per_b * (2.0 * decode_b + operand_b_per_flop * decode_flop)


def engine_arithmetic_j(multiplier_energy_j_per_flop: Array, decode_flop: Array) -> Array:
    r"""Energy of the arithmetic in one decoding pass of an engine.

    Formula: E_f = e_f f

    Boundary: multipliers and adders with their registers.

    Scope: device, site, per-unit

    Converts: parts of a chip count for the device that holds it

    >>> engine_arithmetic_j(0.5, 100.0)
    50.0
    """
    return multiplier_energy_j_per_flop * decode_flop


def engine_memory_share_ratio(
    engine_dram_j: Array, engine_sram_j: Array, engine_arithmetic_j: Array
) -> Array:
    r"""Share of DRAM and SRAM traffic in the dynamic energy of an engine.

    Formula: s = \frac{E_m + E_s}{E_m + E_s + E_f}

    Boundary: engine and its memories; control, clocks and leakage are left out.

    >>> engine_memory_share_ratio(40.0, 30.0, 30.0)
    0.7
    """
    memories_j = engine_dram_j + engine_sram_j
    return memories_j / (memories_j + engine_arithmetic_j)


def engine_dram_share_ratio(engine_dram_j: Array, engine_sram_j: Array, engine_arithmetic_j: Array) -> Array:
    r"""Share of DRAM traffic alone in the dynamic energy of an engine.

    Formula: s = \frac{E_m}{E_m + E_s + E_f}

    Boundary: engine and its memories; control, clocks and leakage are left out.

    >>> engine_dram_share_ratio(40.0, 30.0, 30.0)
    0.4
    """
    return engine_dram_j / (engine_dram_j + engine_sram_j + engine_arithmetic_j)


def convolution_memory_share_ratio(
    memory_energy_j_per_b: Array,
    engine_sram_energy_j_per_b: Array,
    multiplier_energy_j_per_flop: Array,
    convolution_b_per_flop: Array,
    operand_b_per_flop: Array,
) -> Array:
    r"""Share of DRAM and SRAM traffic in the dynamic energy of an engine that runs convolutions.

    Formula: s = \frac{e_m c + e_s (2 c + o)}{e_m c + e_s (2 c + o) + e_f}

    Boundary: engine and its memories; weights and pixels are used many times once they are read.

    Converts: parts of a chip count for the device that holds it

    >>> convolution_memory_share_ratio(4.0, 1.0, 2.0, 0.25, 0.5)
    0.5
    """
    outside = memory_energy_j_per_b * convolution_b_per_flop
    inside = engine_sram_energy_j_per_b * (2.0 * convolution_b_per_flop + operand_b_per_flop)
    return (outside + inside) / (outside + inside + multiplier_energy_j_per_flop)


def operation_energy_j_per_flop(device_tdp_w: Array, device_peak_fp16_flop_per_s: Array) -> Array:
    r"""Energy of an operation of a device that runs at its peak.

    Formula: e = \frac{P_{TDP}}{F}

    Boundary: data sheet of one device, half precision where it has any.

    Scope: device, site, per-unit

    >>> operation_energy_j_per_flop(400.0, 200.0)
    2.0
    """
    return device_tdp_w / device_peak_fp16_flop_per_s


def saving_against_base_ratio(
    operation_energy_j_per_flop: Array, base_operation_energy_j_per_flop: Array
) -> Array:
    r"""Energy of an operation on another device over that on this one, both at their peak.

    Formula: \frac{e_0}{e}

    Boundary: data sheets of two devices.

    >>> saving_against_base_ratio(2.0, 80.0)
    40.0
    """
    return base_operation_energy_j_per_flop / operation_energy_j_per_flop


def prompt_j(
    model_active_parameter: Array,
    parameter_flop_per_token: Array,
    prompt_token: Array,
    gpu_flop_energy_j_per_flop: Array,
    gpu_compute_efficiency_ratio: Array,
    device_peak_fp16_flop_per_s: Array,
    device_tdp_w: Array,
    gpu_running_power_ratio: Array,
) -> Array:
    r"""Energy of reading one prompt, where arithmetic is the roof.

    Formula: E_p = e_f f + P_t \max \left( \frac{f}{F \eta_f}, \frac{e_f f}{P_{TDP} - P_t} \right), \quad
    f = 2 P_a n

    Boundary: devices while they serve; bytes, attention within the prompt and overhead are left out.

    Scope: device, site, per-unit

    >>> float(prompt_j(10.0, 2.0, 5.0, 1.0, 0.5, 100.0, 200.0, 0.5))
    300.0
    """
    flop = parameter_flop_per_token * model_active_parameter * prompt_token
    roof_s = flop / (device_peak_fp16_flop_per_s * gpu_compute_efficiency_ratio)
    capped_s = gpu_flop_energy_j_per_flop * flop / (device_tdp_w * (1.0 - gpu_running_power_ratio))
    running_w = device_tdp_w * gpu_running_power_ratio
    return gpu_flop_energy_j_per_flop * flop + running_w * jnp.maximum(roof_s, capped_s)


def moving_share_of_request_ratio(
    moving_j: Array,
    device_j: Array,
    served_batch_count: Array,
    answer_token: Array,
    pass_token: Array,
    prompt_j: Array,
) -> Array:
    r"""Share of direct transfer in all that devices draw for a request, prompt and answer.

    Formula: s = \frac{m E_b / B}{m E / B + E_p}

    Boundary: devices while they serve.

    >>> moving_share_of_request_ratio(40.0, 80.0, 2.0, 3.0, 1.0, 30.0)
    0.4
    """
    passes = answer_token / pass_token / served_batch_count
    return passes * moving_j / (passes * device_j + prompt_j)
