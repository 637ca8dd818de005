"""The seven chips on which the equations of ZigZag-IMC were validated by their authors.

Source: KULeuven-MICAS/zigzag-imc, BSD-3-Clause. A series is the label of the chip and its kind.
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from jouletrace.contract import records
from jouletrace.sources._long import long_table, needs, number, read_text_csv, slug

COLUMNS = {
    "label",
    "chip",
    "type",
    "node_nm",
    "in/w/bits_per_cycle",
    "macro_size",
    "vdd",
    "energy_model_over_meas",
}
MEASURED = (
    ("validated_area_sqm", "area_mm2_measured", "mm**2"),
    ("validated_delay_s", "delay_ns_measured", "ns"),
    ("validated_mac_energy_j", "energy_fJ_per_MAC_measured", "fJ"),
)
#: What the authors' own model says: its figure is the measured one times a printed ratio.
MODELLED = "energy_model_over_meas"


def tidy(path: Path) -> pd.DataFrame:
    """Shape of each chip, what was measured, and the energy that the authors' model gives."""
    table = read_text_csv(path)
    needs(table, COLUMNS | {MODELLED} | {column for _, column, _ in MEASURED}, path)
    rows = [row for entry in records(table) for row in _rows(entry)]
    same = {"region": "world", "method": "reported", "boundary": "the macro", "cite": "zigzagimc2024"}
    return long_table(rows, **same, licence="BSD-3-Clause", grade="read")


def _rows(entry: dict[str, str]) -> Iterator[dict[str, object]]:
    label = slug(entry["label"])
    year = next(int(word) for word in entry["chip"].split() if word.isdigit())
    for quantity, value, unit, column in _figures(entry):
        yield {
            "id": f"{label}-{slug(quantity)}",
            "quantity": quantity,
            "year": year,
            "series": f"{label}--{slug(entry['type'])}",
            "value": value,
            "unit": unit,
            "publication": entry["chip"],
            "published_year": year,
            "lineage": label,
            "locator": f"imc_model_validation, model_validation.png and scripts, {entry['label']}, {column}",
        }


def _figures(entry: dict[str, str]) -> Iterator[tuple[str, float, str, str]]:
    given = [number(part, entry["label"]) for part in entry["in/w/bits_per_cycle"].split("/")]
    shape = [number(part, entry["label"]) for part in entry["macro_size"].split("x")]
    names = ("input_bit", "weight_bit", "cycle_bit", "row", "output")
    for name, value in zip(names, (*given, *shape), strict=True):
        yield f"validated_{name}_count", value, "count", "bits and size of the macro"
    for quantity, column, unit in (("validated_node_m", "node_nm", "nm"), ("validated_supply_v", "vdd", "V")):
        if entry[column]:
            yield quantity, number(entry[column], entry["label"]), unit, column
    for quantity, column, unit in MEASURED:
        yield quantity, number(entry[column], entry["label"]), unit, column
    energy = number(entry[MEASURED[-1][1]], entry["label"]) * number(entry[MODELLED], entry["label"])
    yield "validated_modelled_energy_j", float(f"{energy:.12g}"), "fJ", MODELLED
