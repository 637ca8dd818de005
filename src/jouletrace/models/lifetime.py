"""M5: what a model takes to train, and what it takes to serve, over its life.

An example is a token, or one pass over an image. Training looks at each example forwards and
backwards, service only forwards; so the two compare by how many examples each of them sees, and by
how much energy each of them spends on the same arithmetic.
"""

from jax import Array


def forward_flop_per_example(
    training_run_flop: Array, seen_example: Array, training_to_forward_ratio: Array
) -> Array:
    r"""Arithmetic of one pass forwards, from that of a whole training run.

    Formula: f = F_\mathrm{train} / (m \, D)

    Boundary: one example, forwards only; for a dense language model about twice its parameters.

    Worked by hand: 3.14e23 / (3 x 2.99e11) = 3.5e11, twice the 175 billion parameters of GPT-3.

    >>> f"{forward_flop_per_example(3.14e23, 2.99e11, 3.0):.2e}"
    '3.50e+11'
    """
    return training_run_flop / (training_to_forward_ratio * seen_example)


def training_energy_j_per_flop(
    accelerator_power_w: Array,
    training_power_ratio: Array,
    model_site_pue_ratio: Array,
    accelerator_peak_flop_per_s: Array,
    training_utilisation_ratio: Array,
) -> Array:
    r"""Energy for one useful operation of training.

    Formula: e_\mathrm{train} = \frac{P \, q \, \mathrm{PUE}}{\pi \, u_\mathrm{train}}

    Boundary: accelerator with its share of the server, cooling and power supply.

    Scope: facility, site, per-unit

    Converts: accelerator to facility, by the server's share and the PUE of the site.

    >>> training_energy_j_per_flop(400.0, 1.0, 1.0, 400.0, 0.5)
    2.0
    """
    power_w = accelerator_power_w * training_power_ratio * model_site_pue_ratio
    return power_w / (accelerator_peak_flop_per_s * training_utilisation_ratio)


def serving_energy_j_per_flop(
    accelerator_power_w: Array,
    training_power_ratio: Array,
    serving_to_training_power_ratio: Array,
    model_site_pue_ratio: Array,
    accelerator_peak_flop_per_s: Array,
    serving_utilisation_ratio: Array,
) -> Array:
    r"""Energy for one useful operation of service.

    Formula: e_\mathrm{serve} = \frac{P \, q \, v \, \mathrm{PUE}}{\pi \, u_\mathrm{serve}}

    Boundary: as for training, on the same accelerator; hours without work count in the utilisation.

    Scope: facility, site, per-unit

    Converts: accelerator to facility, by the server's share and the PUE of the site.

    >>> serving_energy_j_per_flop(400.0, 1.0, 0.5, 1.0, 400.0, 0.05)
    10.0
    """
    power_w = accelerator_power_w * training_power_ratio * serving_to_training_power_ratio
    return power_w * model_site_pue_ratio / (accelerator_peak_flop_per_s * serving_utilisation_ratio)


def serving_to_training_energy_ratio(
    serving_energy_j_per_flop: Array, training_energy_j_per_flop: Array
) -> Array:
    r"""Energy for one operation of service, over energy for one operation of training.

    Formula: \eta = e_\mathrm{serve} / e_\mathrm{train}

    Boundary: the same accelerator at the same site.

    >>> serving_to_training_energy_ratio(10.0, 2.0)
    5.0
    """
    return serving_energy_j_per_flop / training_energy_j_per_flop


def training_run_energy_j(training_run_flop: Array, training_energy_j_per_flop: Array) -> Array:
    r"""Energy of the final training run of a model.

    Formula: E_\mathrm{run} = F_\mathrm{train} \, e_\mathrm{train}

    Boundary: the run that made the published model; experiments and failed runs are left out.

    Scope: facility, site, lifetime

    >>> training_run_energy_j(10.0, 2.0)
    20.0
    """
    return training_run_flop * training_energy_j_per_flop


def model_training_energy_j(training_run_energy_j: Array, training_overhead_ratio: Array) -> Array:
    r"""Energy to make a model, with experiments and failed runs.

    Formula: E_\mathrm{train} = k \, E_\mathrm{run}

    Boundary: all arithmetic that led to the published model.

    Scope: facility, site, lifetime

    >>> model_training_energy_j(20.0, 2.0)
    40.0
    """
    return training_run_energy_j * training_overhead_ratio


def training_energy_j_per_example(
    training_run_flop: Array, seen_example: Array, training_energy_j_per_flop: Array
) -> Array:
    r"""Energy to train on one example, forwards and backwards.

    Formula: E = (F_\mathrm{train} / D) \, e_\mathrm{train}

    Boundary: one example of the final training run.

    Scope: facility, site, per-unit

    >>> training_energy_j_per_example(30.0, 3.0, 2.0)
    20.0
    """
    return training_run_flop / seen_example * training_energy_j_per_flop


def forward_energy_j_per_example(forward_flop_per_example: Array, training_energy_j_per_flop: Array) -> Array:
    r"""Energy of one pass forwards, on machines as busy as in training.

    Formula: E = f \, e_\mathrm{train}

    Boundary: one example, in large batches.

    Scope: facility, site, per-unit

    >>> forward_energy_j_per_example(10.0, 2.0)
    20.0
    """
    return forward_flop_per_example * training_energy_j_per_flop


def serving_energy_j_per_example(forward_flop_per_example: Array, serving_energy_j_per_flop: Array) -> Array:
    r"""Energy to serve one example, as services run.

    Formula: E = f \, e_\mathrm{serve}

    Boundary: one example, averaged over what comes in and what goes out.

    Scope: facility, site, per-unit

    >>> serving_energy_j_per_example(10.0, 2.0)
    20.0
    """
    return forward_flop_per_example * serving_energy_j_per_flop


def served_example_per_s(service_volume_example_per_s: Array, output_pass_ratio: Array) -> Array:
    r"""Examples that a service passes through its model.

    Formula: T' = n \, V

    Boundary: one model; a picture of a diffusion model takes many passes, a token one.

    >>> served_example_per_s(10.0, 50.0)
    500.0
    """
    return service_volume_example_per_s * output_pass_ratio


def service_power_w(serving_energy_j_per_example: Array, served_example_per_s: Array) -> Array:
    r"""Average power of the service of one model.

    Formula: P_\mathrm{serve} = E \, T'

    Boundary: one model, all who use it.

    Scope: facility, site, lifetime

    >>> service_power_w(2.0, 500.0)
    1000.0
    """
    return serving_energy_j_per_example * served_example_per_s


def service_energy_j(service_power_w: Array, service_life_s: Array) -> Array:
    r"""Energy of the service of one model, from its first day to its last.

    Formula: E_\mathrm{inf} = P_\mathrm{serve} \, L

    Boundary: one model, all who use it, an even volume over its life.

    Scope: facility, site, lifetime

    >>> service_energy_j(1000.0, 60.0)
    60000.0
    """
    return service_power_w * service_life_s


def inference_to_training_ratio(service_energy_j: Array, model_training_energy_j: Array) -> Array:
    r"""Energy of service over energy of training, at the end of a model's life.

    Formula: R = E_\mathrm{inf} / E_\mathrm{train} = \frac{\eta \, T' L}{m \, k \, D}

    Boundary: one model; training with experiments and failed runs.

    Worked by hand: serving three times the examples of training, at the energy of training for
    the same arithmetic and without experiments, is as much as training.

    >>> inference_to_training_ratio(60000.0, 40000.0)
    1.5
    """
    return service_energy_j / model_training_energy_j


def inference_to_final_run_ratio(service_energy_j: Array, training_run_energy_j: Array) -> Array:
    r"""Energy of service over energy of the final training run alone.

    Formula: R = E_\mathrm{inf} / E_\mathrm{run}

    Boundary: one model; experiments and failed runs are left out.

    >>> inference_to_final_run_ratio(60000.0, 20000.0)
    3.0
    """
    return service_energy_j / training_run_energy_j


def weekly_inference_to_training_ratio(
    service_power_w: Array, retraining_interval_s: Array, training_run_energy_j: Array
) -> Array:
    r"""Energy of service between two trainings, over one training, where a model is trained anew each time.

    Formula: R = P_\mathrm{serve} \, \tau / E_\mathrm{run}

    Boundary: one model; experiments and failed runs are left out.

    >>> weekly_inference_to_training_ratio(1000.0, 60.0, 20000.0)
    3.0
    """
    return service_power_w * retraining_interval_s / training_run_energy_j


def inference_overtakes_s(model_training_energy_j: Array, service_power_w: Array) -> Array:
    r"""Time of service after which it has used as much energy as training.

    Formula: t^* = E_\mathrm{train} / P_\mathrm{serve}

    Boundary: one model at an even volume; it may lie beyond the model's life.

    >>> inference_overtakes_s(40000.0, 1000.0)
    40.0
    """
    return model_training_energy_j / service_power_w


def break_even_example(model_training_energy_j: Array, serving_energy_j_per_example: Array) -> Array:
    r"""Examples served by the time that service has used as much energy as training.

    Formula: T^* = E_\mathrm{train} / E = m \, k \, D / \eta

    Boundary: one model; whatever its volume.

    >>> break_even_example(40000.0, 2.0)
    20000.0
    """
    return model_training_energy_j / serving_energy_j_per_example


def reported_volume_overtakes_s(break_even_example: Array, reported_served_example_per_s: Array) -> Array:
    r"""Time after which service overtakes training, at a volume that the developer has published.

    Formula: t^* = T^* / T'

    Boundary: one model, at the volume of one day for all days.

    >>> reported_volume_overtakes_s(20000.0, 500.0)
    40.0
    """
    return break_even_example / reported_served_example_per_s


def published_split_ratio(split_error_ratio: Array, inference_share_ratio: Array) -> Array:
    r"""Inference over training, from a published share of inference.

    Formula: R = \epsilon \, s / (1 - s)

    Boundary: that of the published share.

    >>> published_split_ratio(1.0, 0.75)
    3.0
    """
    return split_error_ratio * inference_share_ratio / (1.0 - inference_share_ratio)


def fleet_inference_share_ratio(published_split_ratio: Array) -> Array:
    r"""Share of inference in a fleet, from a published split with its error.

    Formula: s = R / (1 + R)

    Boundary: that of the published share.

    >>> fleet_inference_share_ratio(3.0)
    0.75
    """
    return published_split_ratio / (1.0 + published_split_ratio)


def modelled_inference_share_ratio(inference_to_training_ratio: Array) -> Array:
    r"""Share of inference in the energy of a model's life.

    Formula: s = R / (1 + R)

    Boundary: one model; of a fleet, if all its models were like it and followed each other.

    >>> modelled_inference_share_ratio(3.0)
    0.75
    """
    return inference_to_training_ratio / (1.0 + inference_to_training_ratio)


def language_split_ratio(language_training_share_ratio: Array) -> Array:
    r"""Inference over training of the language model that the article's source measured.

    Formula: R = (1 - s) / s

    Boundary: carbon of operation of one language model, training with experiments.

    Worked by hand: 65 / 35 = 1.857.

    >>> f"{language_split_ratio(0.35):.3f}"
    '1.857'
    """
    return (1.0 - language_training_share_ratio) / language_training_share_ratio


def language_to_initial_training_ratio(
    language_split_ratio: Array, experiment_share_of_training_ratio: Array
) -> Array:
    r"""The same, over training without experiments.

    Formula: R_0 = R / (1 - x)

    Boundary: one language model; experiments taken off in the proportion of the firm's whole fleet.

    >>> language_to_initial_training_ratio(2.0, 0.5)
    4.0
    """
    return language_split_ratio / (1.0 - experiment_share_of_training_ratio)


def training_memory_to_serving_memory_ratio(
    training_state_byte_per_count: Array, serving_state_byte_per_count: Array
) -> Array:
    r"""Memory that training holds for a parameter, over memory that inference holds.

    Formula: r = b_\mathrm{train} / b_\mathrm{serve}

    Boundary: weights, gradients and the optimiser's state over weights; activations are left out.

    >>> training_memory_to_serving_memory_ratio(16.0, 2.0)
    8.0
    """
    return training_state_byte_per_count / serving_state_byte_per_count


def training_reuse_to_serving_reuse_ratio(training_reuse_count: Array, serving_reuse_count: Array) -> Array:
    r"""How often training uses a weight that it has read, over how often token-by-token service does.

    Formula: r = B_\mathrm{train} / B_\mathrm{serve}

    Boundary: one accelerator, one reading of the weights; the ratio of arithmetic intensities.

    >>> training_reuse_to_serving_reuse_ratio(4096.0, 32.0)
    128.0
    """
    return training_reuse_count / serving_reuse_count
