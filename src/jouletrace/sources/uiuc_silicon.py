"""Published silicon of in-memory computing: macros and processors, a design point each.

Source: UIUC IMC Benchmarking (MIT), ZigZag-IMC (BSD-3-Clause) and AccelForge (MIT) in one table, with
figures of some abstracts. A series names a point, its parts joined by two hyphens: chip, number of the
point, memory, cell, kind, and whether a macro or a whole processor is counted.
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from jouletrace.contract import records
from jouletrace.sources._long import long_table, needs, number, read_text_csv, slug

#: Quantity, column and unit of what a point is told by.
FIGURES = (
    ("macro_node_m", "node_nm", "nm"),
    ("macro_supply_v", "vdd", "V"),
    ("macro_row_count", "rows", "count"),
    ("macro_column_count", "cols", "count"),
    ("macro_accumulated_count", "dot_len_N", "count"),
    ("macro_cycle_bit_count", "in_bits_per_cycle", "count"),
    ("macro_input_bit_count", "in_bits_total", "count"),
    ("macro_weight_bit_count", "w_bits_in_bank", "count"),
    ("macro_whole_weight_bit_count", "w_bits_total_if_DIMC", "count"),
    ("macro_converter_bit_count", "adc_bits", "count"),
    ("macro_invocation_s", "T_core_ns", "ns"),
    ("macro_operation_count_per_j", "TOPSW_1b", "1 / pJ"),
    ("macro_native_operation_count_per_j", "TOPSW_native", "1 / pJ"),
)
#: What a point says about itself, beside its figures.
TOLD = ("memory", "cell", "compute_model", "is_processor", "type", "paper", "year", "source")
#: Licence and key of the collection that a row was taken from, by the first word of its source.
COLLECTIONS = {
    "UIUC-IMC/UIUC-IMC-Benchmarking": ("MIT", "uiuc2024imc"),
    "KULeuven-MICAS/zigzag-imc": ("BSD-3-Clause", "zigzagimc2024"),
    "Accelergy-Project/accelforge": ("MIT", "accelforge2025"),
}
#: How an empty cell is written.
BLANK = ("", "nan")
#: Kinds that the table names in words only.
KINDS = {
    "digital IMC": "dimc",
    "digital SRAM IMC": "dimc",
    "digital accelerator (non-IMC)": "accelerator",
    "digital near-memory (not IMC cell)": "near-memory",
    "near-bank PIM": "near-bank",
}


def tidy(path: Path) -> pd.DataFrame:
    """All points with a figure each row; a column without a figure gives no row."""
    table = read_text_csv(path)
    needs(table, {"id", "read_or_recalled", *TOLD, *(column for _, column, _ in FIGURES)}, path)
    counted: dict[str, int] = {}
    rows: list[dict[str, object]] = []
    for entry in records(table):
        key = slug(entry["id"])
        counted[key] = counted.get(key, 0) + 1
        rows += _rows(entry, key, counted[key])
    return long_table(rows, region="world", method="reported")


def _rows(entry: dict[str, str], key: str, place: int) -> Iterator[dict[str, object]]:
    collection = entry["source"].split("@")[0].split(" ")[0]
    licence, cite = COLLECTIONS.get(collection, ("figure cited", "jouletrace2026tables"))
    year = int(float(entry["year"]))
    for quantity, column, unit in FIGURES:
        if entry[column]:
            yield {
                "id": f"{key}-{place}-{slug(quantity)}",
                "quantity": quantity,
                "year": year,
                "series": series(entry, key, place),
                "value": number(entry[column], entry["id"]),
                "unit": unit,
                "boundary": "the chip" if entry["is_processor"] == "Y" else "the macro",
                "publication": entry["paper"].strip(),
                "published_year": year,
                "lineage": key,
                "cite": cite,
                "locator": f"{entry['source']}, {entry['id']}, column {column}",
                "licence": licence,
                "grade": "recalled" if entry["read_or_recalled"] == "recalled" else "read",
                "note": entry["type"],
            }


def series(entry: dict[str, str], key: str, place: int) -> str:
    """The name of a point."""
    parts = (
        *(key, str(place), slug(entry["memory"]) or "unstated", slug(entry["cell"]) or "unstated"),
        *(kind(entry), "processor" if entry["is_processor"] == "Y" else "macro"),
    )
    return "--".join(parts)


def kind(entry: dict[str, str]) -> str:
    """How a point computes: in charge, current or logic.

    A cell with logic of its own computes digitally, also where the table does not say so.

    >>> kind({"compute_model": "nan", "type": "SRAM IMC (compute model not given)", "cell": "6T+D"})
    'dimc'
    """
    if entry["compute_model"] not in BLANK:
        return slug(entry["compute_model"])
    return "dimc" if entry["cell"].endswith("+D") else KINDS.get(entry["type"], "unstated")
