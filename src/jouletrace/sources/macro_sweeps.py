"""Sweeps of voltage and bits within three chips, as AccelForge digitised them from the papers.

Source: Accelergy-Project/accelforge, MIT. A series names a point: chip, metric, supply in millivolt, input
bits, weight bits, output bits, registers of a column and phases, `x` for what is not stated.
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from jouletrace.contract import records
from jouletrace.sources._long import long_table, needs, number, read_text_csv, slug

#: Quantity and unit of each metric.
METRICS = {
    "energy_per_MAC": ("swept_mac_energy_j", "fJ"),
    "latency_not_bit_pipelined": ("swept_latency_s", "us"),
    "throughput": ("swept_operation_count_per_s", "1 / ns"),
    "compute_density_1b": ("swept_operation_count_per_s_per_sqm", "1 / s / um**2"),
    "efficiency_1b": ("swept_operation_count_per_j", "1 / pJ"),
    "efficiency": ("swept_operation_count_per_j", "1 / pJ"),
    "energy_ADC_per_col": ("swept_column_energy_j", "pJ"),
    "energy_CIM_per_col": ("swept_column_energy_j", "pJ"),
    "energy_NMC_per_col": ("swept_column_energy_j", "pJ"),
    "throughput_1b": ("swept_operation_count_per_s", "1 / ns"),
    "throughput_vs_bits": ("swept_operation_count_per_s", "1 / ns"),
    "throughput_48_macros": ("swept_operation_count_per_s", "1 / ns"),
    "energy_component_WL_switching": ("swept_operation_energy_j", "fJ"),
    "energy_component_input_pulses": ("swept_operation_energy_j", "fJ"),
    "energy_component_neuron_ops_control": ("swept_operation_energy_j", "fJ"),
}
#: Tera-operations in units of a table that counts in giga-operations a second.
TERA = {"throughput_1b", "throughput_vs_bits", "throughput_48_macros"}
#: Tera-operations for a square millimetre are millions for a square micrometre.
DENSE = {"compute_density_1b"}
SETTINGS = ("in_bits", "w_bits", "out_bits", "regs_per_col", "one_phase")


def tidy(path: Path) -> pd.DataFrame:
    """All points; metrics of one unit are told apart by their series."""
    table = read_text_csv(path)
    needs(table, {"chip", "node_nm", "metric", "reference", "vdd", *SETTINGS}, path)
    rows = [row for place, entry in enumerate(records(table), start=1) for row in _row(entry, place)]
    same = {"region": "world", "method": "reported", "cite": "accelforge2025", "licence": "MIT"}
    return long_table(rows, **same, grade="read")


def _row(entry: dict[str, str], place: int) -> Iterator[dict[str, object]]:
    chip, _, year = entry["chip"].rpartition("_")
    metric = entry["metric"]
    quantity, unit = METRICS[metric]
    factor = 1e3 if metric in TERA else 1e6 if metric in DENSE else 1.0
    supply = f"{number(entry['vdd'], metric) * 1e3:.0f}" if entry["vdd"] else "x"
    settings = [slug(entry[name].removesuffix(".0")) or "x" for name in SETTINGS]
    yield {
        "id": f"{slug(chip)}-{place}",
        "quantity": quantity,
        "year": int(year),
        "series": "--".join((slug(chip), slug(metric), supply, *settings, str(place))),
        "value": float(f"{number(entry['reference'], metric) * factor:.12g}"),
        "unit": unit,
        "boundary": "the macro",
        "publication": entry["chip"].replace("_", " "),
        "published_year": int(year),
        "lineage": slug(chip),
        "locator": f"notebooks/compute_in_memory, {metric}; digitised there from figures of the paper",
    }
