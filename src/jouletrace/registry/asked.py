"""Quantities and tables that a command asks for by name, beside what claims and experiments use."""

#: What is fitted, before the fit: the fields of the kernel's traits, each behind ``prior_``.
PRIORS = {
    "bandwidth_efficiency_ratio": "prior_bandwidth_efficiency_ratio",
    "compute_efficiency_ratio": "prior_compute_efficiency_ratio",
    "overhead_s": "prior_overhead_s",
    "parallel_overhead_s": "prior_parallel_overhead_s",
    "sequence_overhead_s": "prior_sequence_overhead_s",
    "running_power_ratio": "prior_running_power_ratio",
    "byte_energy_j_per_b": "prior_byte_energy_j_per_b",
    "flop_energy_j_per_flop": "prior_flop_energy_j_per_flop",
    "activation_accesses_count": "prior_activation_access_count",
}
#: What a row of a deployment leaves open.
SERVING = (
    *("served_batch_count", "served_input_tokens_count", "served_output_tokens_count"),
    *("serving_used_time_ratio", "serving_pue_ratio", "serving_link_latency_s"),
    *("server_host_power_w", "link_energy_j_per_b", "idle_power_w", "family_residual_scale_ratio"),
)
#: Tables of devices and of models.
TABLES = ("device-specs", "model-shapes")
#: Coefficients of the peer that predictions are held against, by the arguments of its two functions.
PEERS = (
    *("ecologits_energy_slope_j_per_token", "ecologits_batch_exponent_ratio"),
    *("ecologits_energy_level_j_per_token", "ecologits_latency_slope_s"),
    *("ecologits_latency_sequence_s", "ecologits_latency_level_s"),
)
#: What memory that computes at its banks takes, beside what arrays take.
BANKS = (
    *("pim_product_energy_j_per_flop", "pim_operand_b_per_flop", "pim_running_ratio", "pim_reuse_count"),
)
QUANTITIES = (*PRIORS.values(), *SERVING, *PEERS, *BANKS)
