"""Carbon intensity of electricity by country and year, from the energy table of Our World in Data.

The publisher's file has commas; the copy in a mirror has fewer columns, and empty rows after 2024.
Boundary: emissions over the life of the power plants, per unit generated.
"""

from pathlib import Path

import pandas as pd

from jouletrace.sources._long import long_table, needs, number, read_text_csv

CITE = "owid2025carbon"
REGIONS = {"World": "world", "United States": "united-states", "Sweden": "sweden"}
YEARS = range(2010, 2025)
COLUMN = "carbon_intensity_elec"


def tidy(path: Path) -> pd.DataFrame:
    """Carbon intensity of three regions, each year from 2010 to 2024, in grams per kWh."""
    table = read_text_csv(path)
    needs(table, {"country", "year", COLUMN}, path)
    kept = table[table["country"].isin(REGIONS) & table["year"].isin([str(year) for year in YEARS])]
    rows = [
        {
            "id": f"owid-2025-{REGIONS[country]}-{year}",
            "region": REGIONS[country],
            "year": int(year),
            "value": number(value, f"{country} {year}"),
        }
        for country, year, value in zip(kept["country"], kept["year"], kept[COLUMN], strict=True)
    ]
    return long_table(
        rows,
        quantity="grid_carbon_kg_per_j",
        unit="g / kWh",
        boundary="average of generation, greenhouse gases over the life of the plants, as carbon dioxide",
        method="statistics",
        publication="Our World in Data 2025, Energy dataset",
        published_year=2025,
        lineage="owid-ember-energy-institute",
        cite=CITE,
        locator=f"owid-energy-data.csv, column {COLUMN}",
        licence="CC-BY-4.0",
        grade="read",
    )
