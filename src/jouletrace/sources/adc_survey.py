"""Stand-alone converters of the ADC Performance Survey: energy of a conversion, resolution, rate, node.

Source: B. Murmann, ADC Performance Survey 1997-2025, BSD-3-Clause. Only converters of coarse resolution
since 2005, as columns of in-memory computing might use them. A series is the place in the survey.
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from jouletrace.contract import records
from jouletrace.sources._long import long_table, needs, number, read_text_csv

FIGURES = (
    ("converter_resolution_count", "ENOB", "count"),
    ("converter_node_m", "TECHnm", "nm"),
    ("converter_sample_count_per_s", "fsnyq [Hz]", "1 / s"),
    ("converter_energy_j", "E_per_conversion_J", "pJ"),
)
FIRST_YEAR, LEAST, MOST = 2005, 2.0, 10.0
PICO = 1e12


def tidy(path: Path) -> pd.DataFrame:
    """Four figures of every converter that is kept."""
    table = read_text_csv(path)
    needs(table, {"YEAR", "ID", "venue", "ARCHITECTURE", *(column for _, column, _ in FIGURES)}, path)
    rows = [row for place, entry in enumerate(records(table), start=1) for row in _rows(entry, place)]
    same = {"region": "world", "method": "reported", "boundary": "one converter", "cite": "murmann2025adc"}
    return long_table(rows, **same, licence="BSD-3-Clause", grade="read")


def _rows(entry: dict[str, str], place: int) -> Iterator[dict[str, object]]:
    if any(not entry[column] for _, column, _ in FIGURES):
        return
    year, bits = int(float(entry["YEAR"])), number(entry["ENOB"], str(place))
    if year < FIRST_YEAR or not LEAST <= bits < MOST:
        return
    for quantity, column, unit in FIGURES:
        value = number(entry[column], str(place)) * (PICO if unit == "pJ" else 1.0)
        yield {
            "id": f"adc-{place}-{quantity.split('_')[1]}",
            "quantity": quantity,
            "year": year,
            "series": f"adc-{place}",
            "value": float(f"{value:.12g}"),
            "unit": unit,
            "publication": f"{entry['venue']} {year}, {entry['ID']}",
            "published_year": year,
            "lineage": f"adc-{place}",
            "locator": f"ADCsurvey_rev20250609.xlsx, row {place} of the extract, {column}",
            "note": entry["ARCHITECTURE"],
        }
