"""M7, M18: parts of the energy of a request, its prompt read as well, as a service meets them."""

from jax import Array


def prompt_computing_j(
    model_active_parameter: Array,
    parameter_flop_per_token: Array,
    prompt_token: Array,
    gpu_flop_energy_j_per_flop: Array,
) -> Array:
    r"""Energy of the operations that reading one prompt takes.

    Formula: E_{pf} = 2 P_a n \, e_f

    Boundary: devices; arithmetic, and the registers and buffers that each operation reads; attention within
    the prompt is left out.

    Scope: device, site, per-unit

    >>> prompt_computing_j(10.0, 2.0, 5.0, 0.5)
    50.0
    """
    return parameter_flop_per_token * model_active_parameter * prompt_token * gpu_flop_energy_j_per_flop


def request_pass_count(answer_token: Array, pass_token: Array, served_batch_count: Array) -> Array:
    r"""Decoding passes that fall to one request, shared evenly among all that are served together.

    Formula: m = \frac{n_{out}}{B}

    Boundary: one request among those that are served with it.

    >>> request_pass_count(30.0, 1.0, 10.0)
    3.0
    """
    return answer_token / (pass_token * served_batch_count)


def request_device_j(request_pass_count: Array, device_j: Array, prompt_j: Array) -> Array:
    r"""Energy of a request at the devices: its passes, and its prompt.

    Formula: E_q = m E + E_p

    Boundary: devices while they serve.

    Scope: device, site, per-unit

    >>> request_device_j(3.0, 20.0, 40.0)
    100.0
    """
    return request_pass_count * device_j + prompt_j


def computing_share_of_request_ratio(
    request_pass_count: Array, computing_j: Array, prompt_computing_j: Array, request_device_j: Array
) -> Array:
    r"""Share of arithmetic in all that devices draw for a request, prompt and answer.

    Formula: s_f = \frac{m E_f + E_{pf}}{E_q}

    Boundary: devices while they serve.

    >>> computing_share_of_request_ratio(3.0, 10.0, 20.0, 100.0)
    0.5
    """
    return (request_pass_count * computing_j + prompt_computing_j) / request_device_j


def caused_share_of_request_ratio(
    request_pass_count: Array, device_j: Array, unhindered_j: Array, request_device_j: Array
) -> Array:
    r"""Share of a request's energy that would vanish if data were at hand at once and for nothing.

    Formula: s_w = \frac{m (E - E_0)}{E_q}

    Boundary: devices while they serve: transfer, and what they draw while they wait for it in decoding.

    >>> caused_share_of_request_ratio(3.0, 20.0, 10.0, 60.0)
    0.5
    """
    return request_pass_count * (device_j - unhindered_j) / request_device_j
