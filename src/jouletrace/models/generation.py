"""M6: passes of a network, and energy, for each unit that is generated: an image, a text, an answer."""

from jax import Array


def image_pass_count(diffusion_step_count: Array, guidance_pass_count: Array) -> Array:
    r"""Passes of the network for one image that is made by removing noise step by step.

    Formula: n = s \, g

    Boundary: passes of the denoising network; the passes that read the prompt and that unfold the
    final picture, one of each, are left out.

    Holds: for diffusion models; g is two where each step runs with and without the prompt.

    >>> image_pass_count(50.0, 2.0)
    100.0
    """
    return diffusion_step_count * guidance_pass_count


def autoregressive_image_pass_count(image_token_count: Array, token_pass_count: Array) -> Array:
    r"""Passes of the network for one image that is written piece by piece, as a text is.

    Formula: n = t \, p

    Boundary: passes of the network that writes the pieces.

    >>> autoregressive_image_pass_count(1024.0, 1.0)
    1024.0
    """
    return image_token_count * token_pass_count


def word_pass_count(word_token_count: Array, token_pass_count: Array) -> Array:
    r"""Passes of the network for one word, on average over a text.

    Formula: n = t_\mathrm{word} \, p

    Boundary: passes that write the word; the pass that reads the prompt is left out.

    >>> word_pass_count(1.5, 1.0)
    1.5
    """
    return word_token_count * token_pass_count


def answer_pass_count(answer_token_count: Array, token_pass_count: Array) -> Array:
    r"""Passes of the network for one finished answer.

    Formula: n = t_\mathrm{answer} \, p

    Boundary: passes that write the answer; the prompt is read in one pass more.

    >>> answer_pass_count(270.0, 1.0)
    270.0
    """
    return answer_token_count * token_pass_count


def image_pass_flop(image_multiply_count: Array, multiply_accumulate_flop: Array) -> Array:
    r"""Arithmetic of one pass of an image network.

    Formula: F = m \, f, \quad f = 2

    Boundary: one pass, one image; multiplications with the additions that follow them.

    >>> image_pass_flop(3.0e11, 2.0)
    600000000000.0
    """
    return image_multiply_count * multiply_accumulate_flop


def token_pass_flop(language_model_parameter_count: Array, multiply_accumulate_flop: Array) -> Array:
    r"""Arithmetic of one pass of a language model: every weight takes part once.

    Formula: F = N \, f, \quad f = 2

    Boundary: one pass, one token; attention to the text so far is left out.

    Holds: while the text so far is short beside N over the width of the model, which is true up to
    some ten thousand tokens.

    >>> token_pass_flop(1.75e11, 2.0)
    350000000000.0
    """
    return language_model_parameter_count * multiply_accumulate_flop


def image_j_per_flop(
    serving_accelerator_power_w: Array,
    image_draw_ratio: Array,
    serving_accelerator_peak_flop_per_s: Array,
    image_utilisation_ratio: Array,
) -> Array:
    r"""Energy of an accelerator for each FLOP while it makes images.

    Formula: e = \frac{P \, d}{C \, u}

    Boundary: the accelerator board, its static power included.

    Scope: device, site, per-unit

    >>> image_j_per_flop(400.0, 0.5, 1e14, 0.25)
    8e-12
    """
    return (
        serving_accelerator_power_w
        * image_draw_ratio
        / (serving_accelerator_peak_flop_per_s * image_utilisation_ratio)
    )


def token_j_per_flop(
    serving_accelerator_power_w: Array,
    token_draw_ratio: Array,
    serving_accelerator_peak_flop_per_s: Array,
    token_utilisation_ratio: Array,
) -> Array:
    r"""Energy of an accelerator for each FLOP while it writes text.

    Formula: e = \frac{P \, d}{C \, u}

    Boundary: the accelerator board, its static power included; u is what is left of the peak while
    weights are read from memory for each token.

    Scope: device, site, per-unit

    >>> token_j_per_flop(400.0, 0.5, 1e14, 0.05)
    4e-11
    """
    return (
        serving_accelerator_power_w
        * token_draw_ratio
        / (serving_accelerator_peak_flop_per_s * token_utilisation_ratio)
    )


def device_image_energy_j(image_pass_count: Array, image_pass_flop: Array, image_j_per_flop: Array) -> Array:
    r"""Energy of the accelerator for one image, from its passes.

    Formula: E = n \, F \, e

    Boundary: the accelerator board alone.

    Scope: device, site, per-unit

    >>> device_image_energy_j(100.0, 6e11, 5e-12)
    300.0
    """
    return image_pass_count * image_pass_flop * image_j_per_flop


def device_answer_energy_j(
    answer_pass_count: Array, token_pass_flop: Array, token_j_per_flop: Array
) -> Array:
    r"""Energy of the accelerators for one answer, from its passes.

    Formula: E = n \, F \, e

    Boundary: the accelerator boards alone; reading the prompt is left out, as its tokens share passes.

    Scope: device, site, per-unit

    >>> device_answer_energy_j(200.0, 1e11, 1e-11)
    200.0
    """
    return answer_pass_count * token_pass_flop * token_j_per_flop


def device_text_energy_j(
    text_word_count: Array, word_pass_count: Array, token_pass_flop: Array, token_j_per_flop: Array
) -> Array:
    r"""Energy of the accelerators for a text of some length, from its passes.

    Formula: E = w \, n \, F \, e

    Boundary: the accelerator boards alone.

    Scope: device, site, per-unit

    >>> device_text_energy_j(1000.0, 1.5, 1e11, 1e-11)
    1500.0
    """
    return text_word_count * word_pass_count * token_pass_flop * token_j_per_flop


def measured_text_energy_j(
    device_token_energy_j: Array, word_token_count: Array, text_word_count: Array
) -> Array:
    r"""Energy of the accelerators for a text, from a measured energy of a token.

    Formula: E = e_\mathrm{token} \, t_\mathrm{word} \, w

    Boundary: as measured, the accelerator boards alone.

    Scope: device, site, per-unit

    >>> measured_text_energy_j(0.5, 1.5, 1000.0)
    750.0
    """
    return device_token_energy_j * word_token_count * text_word_count


def server_overhead_ratio(host_overhead_ratio: Array, reserve_overhead_ratio: Array) -> Array:
    r"""Energy of all servers of a service over that of its accelerators while they work.

    Formula: r = (1 + h) (1 + b)

    Boundary: from the accelerator boards to the servers, those that wait in reserve included.

    >>> server_overhead_ratio(0.5, 0.25)
    1.875
    """
    return (1.0 + host_overhead_ratio) * (1.0 + reserve_overhead_ratio)


def facility_device_energy_j(
    device_energy_j: Array, server_overhead_ratio: Array, serving_facility_ratio: Array
) -> Array:
    r"""An energy measured at the accelerators, brought to the meter of the facility.

    Formula: E = E_\mathrm{dev} \, r \, \mathrm{PUE}

    Boundary: accelerators, hosts, servers in reserve, cooling and power supply.

    Scope: facility, site, per-unit

    Converts: from the accelerators to the facility, by the overheads of hosts, reserve, cooling and power
    supply (Elsworth et al. 2025, EcoLogits, IEA).

    Holds: for a service on servers like those that the overheads were seen on.

    >>> facility_device_energy_j(100.0, 1.5, 1.2)
    180.0
    """
    return device_energy_j * server_overhead_ratio * serving_facility_ratio


def facility_accelerator_energy_j(
    accelerator_energy_j: Array, server_overhead_ratio: Array, serving_facility_ratio: Array
) -> Array:
    r"""An energy of the accelerators that is published in watt hours, brought to the facility.

    Formula: E = E_\mathrm{acc} \, r \, \mathrm{PUE}

    Boundary: accelerators, hosts, servers in reserve, cooling and power supply.

    Scope: facility, site, per-unit

    Converts: from the accelerators to the facility, by the overheads of hosts, reserve, cooling and power
    supply (Elsworth et al. 2025, EcoLogits, IEA).

    >>> facility_accelerator_energy_j(100.0, 1.5, 1.2)
    180.0
    """
    return accelerator_energy_j * server_overhead_ratio * serving_facility_ratio


def facility_text_energy_j(
    measured_text_energy_j: Array, server_overhead_ratio: Array, serving_facility_ratio: Array
) -> Array:
    r"""A text's energy, measured at the accelerators, brought to the facility.

    Formula: E = E_\mathrm{dev} \, r \, \mathrm{PUE}

    Boundary: accelerators, hosts, servers in reserve, cooling and power supply.

    Scope: facility, site, per-unit

    Converts: from the accelerators to the facility, by the overheads of hosts, reserve, cooling and power
    supply (Elsworth et al. 2025, EcoLogits, IEA).

    >>> facility_text_energy_j(100.0, 1.5, 1.2)
    180.0
    """
    return measured_text_energy_j * server_overhead_ratio * serving_facility_ratio


def facility_server_energy_j(server_energy_j: Array, serving_facility_ratio: Array) -> Array:
    r"""An energy measured at the servers, brought to the meter of the facility.

    Formula: E = E_\mathrm{srv} \, \mathrm{PUE}

    Boundary: the servers as they were measured, with cooling and power supply.

    Scope: facility, site, per-unit

    Converts: from the servers to the facility, by cooling and power supply (PUE of the IEA).

    >>> facility_server_energy_j(100.0, 1.2)
    120.0
    """
    return server_energy_j * serving_facility_ratio


def modelled_image_energy_j(
    device_image_energy_j: Array,
    generation_form_ratio: Array,
    server_overhead_ratio: Array,
    serving_facility_ratio: Array,
) -> Array:
    r"""Energy of one image at the facility, from its passes.

    Formula: E = n \, F \, e \, \varepsilon \, r \, \mathrm{PUE}

    Boundary: accelerators, hosts, servers in reserve, cooling and power supply.

    Scope: facility, site, per-unit

    Converts: from the accelerators to the facility, by the overheads of hosts, reserve, cooling and power
    supply (Elsworth et al. 2025, EcoLogits, IEA).

    >>> modelled_image_energy_j(100.0, 1.0, 1.5, 1.2)
    180.0
    """
    return device_image_energy_j * generation_form_ratio * server_overhead_ratio * serving_facility_ratio


def modelled_answer_energy_j(
    device_answer_energy_j: Array,
    generation_form_ratio: Array,
    server_overhead_ratio: Array,
    serving_facility_ratio: Array,
) -> Array:
    r"""Energy of one answer at the facility, from its passes.

    Formula: E = n \, F \, e \, \varepsilon \, r \, \mathrm{PUE}

    Boundary: accelerators, hosts, servers in reserve, cooling and power supply.

    Scope: facility, site, per-unit

    Converts: from the accelerators to the facility, by the overheads of hosts, reserve, cooling and power
    supply (Elsworth et al. 2025, EcoLogits, IEA).

    >>> modelled_answer_energy_j(100.0, 1.0, 1.5, 1.2)
    180.0
    """
    return device_answer_energy_j * generation_form_ratio * server_overhead_ratio * serving_facility_ratio


def modelled_text_energy_j(
    device_text_energy_j: Array,
    generation_form_ratio: Array,
    server_overhead_ratio: Array,
    serving_facility_ratio: Array,
) -> Array:
    r"""Energy of a text at the facility, from its passes.

    Formula: E = w \, n \, F \, e \, \varepsilon \, r \, \mathrm{PUE}

    Boundary: accelerators, hosts, servers in reserve, cooling and power supply.

    Scope: facility, site, per-unit

    Converts: from the accelerators to the facility, by the overheads of hosts, reserve, cooling and power
    supply (Elsworth et al. 2025, EcoLogits, IEA).

    >>> modelled_text_energy_j(100.0, 1.0, 1.5, 1.2)
    180.0
    """
    return device_text_energy_j * generation_form_ratio * server_overhead_ratio * serving_facility_ratio


def batched_image_ratio(image_batch_count: Array, image_batch_exponent_ratio: Array) -> Array:
    r"""Energy of an image that is made in a batch, over that of an image made alone.

    Formula: \frac{E(b)}{E(1)} = b^{\beta}

    Boundary: the accelerator board alone; same model, same steps.

    Holds: for batches of up to 64, the range of the fit.

    >>> batched_image_ratio(16.0, -0.5)
    0.25
    """
    return image_batch_count**image_batch_exponent_ratio


def generation_share_ratio(
    ai_electricity_j: Array, generative_part_ratio: Array, electricity_generation_j: Array
) -> Array:
    r"""Share of generating tasks in electricity.

    Formula: s = \frac{E_\mathrm{AI} \, a}{E_\mathrm{el}}

    Boundary: world, calendar year; AI as each view counts it, over gross generation.

    >>> generation_share_ratio(150.0, 0.5, 30000.0)
    0.0025
    """
    return ai_electricity_j * generative_part_ratio / electricity_generation_j


def user_token_count_per_s(
    user_prompt_count_per_s: Array, prompt_token_count: Array, answer_token_count: Array
) -> Array:
    r"""Tokens that a service reads and writes for one user.

    Formula: \dot t = \dot q \, (t_\mathrm{prompt} + t_\mathrm{answer})

    Boundary: one user, average over days.

    >>> user_token_count_per_s(2.0, 300.0, 200.0)
    1000.0
    """
    return user_prompt_count_per_s * (prompt_token_count + answer_token_count)


def completion_flop_per_s(
    assistant_user_count: Array, user_token_count_per_s: Array, token_pass_flop: Array
) -> Array:
    r"""Arithmetic of completing text for all users of a service.

    Formula: \dot F = u \, \dot t \, F, \quad F = 2 N

    Boundary: all users of the service; forward passes only, no training.

    >>> completion_flop_per_s(1e8, 0.01, 1e11)
    1e+17
    """
    return assistant_user_count * user_token_count_per_s * token_pass_flop


def keyboard_flop_per_s(
    assistant_user_count: Array, typed_word_count_per_s: Array, token_pass_flop: Array
) -> Array:
    r"""Arithmetic of suggesting the next word on the keyboards of as many telephones.

    Formula: \dot F = u \, \dot w \, F, \quad F = 2 N

    Boundary: all users; one pass of the keyboard's own small network for each word typed.

    >>> keyboard_flop_per_s(1e8, 0.01, 1e6)
    1000000000000.0
    """
    return assistant_user_count * typed_word_count_per_s * token_pass_flop


def completion_accelerator_count(
    completion_flop_per_s: Array,
    serving_accelerator_peak_flop_per_s: Array,
    token_utilisation_ratio: Array,
) -> Array:
    r"""Accelerators that keep up with the completions, working day and night.

    Formula: k = \frac{\dot F}{C \, u}

    Boundary: accelerators at work; none in reserve for the busy hours.

    >>> completion_accelerator_count(1e17, 1e15, 0.05)
    2000.0
    """
    return completion_flop_per_s / (serving_accelerator_peak_flop_per_s * token_utilisation_ratio)
