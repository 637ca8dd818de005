"""What serving makes of a data sheet: traits of GPUs, as a first fit has them until the project's own fit."""

from jax import Array


def gpu_bandwidth_efficiency_ratio(prior_bandwidth_efficiency_ratio: Array) -> Array:
    r"""Share of the rated bandwidth that serving reaches.

    Formula: \eta_b = \eta_{b,0}

    Boundary: one GPU that decodes.

    >>> gpu_bandwidth_efficiency_ratio(0.6)
    0.6
    """
    return prior_bandwidth_efficiency_ratio


def gpu_compute_efficiency_ratio(prior_compute_efficiency_ratio: Array) -> Array:
    r"""Share of the peak of arithmetic that serving reaches where arithmetic is the roof.

    Formula: \eta_f = \eta_{f,0}

    Boundary: one GPU, dense arithmetic in half precision.

    >>> gpu_compute_efficiency_ratio(0.6)
    0.6
    """
    return prior_compute_efficiency_ratio


def gpu_decode_overhead_s(prior_overhead_s: Array) -> Array:
    r"""Time of a decoding pass that neither memory nor arithmetic accounts for.

    Formula: t_0 = t_{0,0}

    Boundary: one pass on one GPU.

    >>> gpu_decode_overhead_s(0.001)
    0.001
    """
    return prior_overhead_s


def gpu_parallel_overhead_s(prior_parallel_overhead_s: Array) -> Array:
    r"""Time that a decoding pass takes longer where several GPUs share a model.

    Formula: t_1 = t_{1,0}

    Boundary: one pass on two GPUs or more.

    >>> gpu_parallel_overhead_s(0.001)
    0.001
    """
    return prior_parallel_overhead_s


def gpu_sequence_overhead_s(prior_sequence_overhead_s: Array) -> Array:
    r"""Time that each sequence adds to a decoding pass.

    Formula: t_B = t_{B,0}

    Boundary: one sequence in one pass.

    >>> gpu_sequence_overhead_s(0.001)
    0.001
    """
    return prior_sequence_overhead_s


def gpu_running_power_ratio(gpu_serving_power_ratio: Array, running_share_of_serving_ratio: Array) -> Array:
    r"""Power that a GPU draws by running at all, over the power it may draw.

    Formula: \rho_t = s \, \rho_s

    Boundary: one GPU with its clocks up that moves and computes nothing.

    >>> gpu_running_power_ratio(0.5, 0.5)
    0.25
    """
    return gpu_serving_power_ratio * running_share_of_serving_ratio
