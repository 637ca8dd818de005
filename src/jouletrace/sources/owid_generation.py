"""Electricity generation by country and year, from the energy table of Our World in Data.

The publisher's file has commas; the copy in a mirror has semicolons and fewer columns.
Boundary: gross generation, with what power plants use themselves and with grid losses.
"""

from pathlib import Path

import pandas as pd

from jouletrace.sources._long import long_table, needs, number, read_text_csv

CITE = "owid2025energy"
REGIONS = {
    "World": "world",
    "China": "china",
    "United States": "united-states",
    "European Union (27)": "eu-27",
}
YEARS = range(2000, 2025)


def tidy(path: Path) -> pd.DataFrame:
    """Generation of four regions, each year from 2000 to 2024, in TWh."""
    with path.open(encoding="utf-8-sig") as lines:
        sep = ";" if ";" in lines.readline() else ","
    table = read_text_csv(path, sep)
    needs(table, {"country", "year", "electricity_generation"}, path)
    kept = table[table["country"].isin(REGIONS) & table["year"].isin([str(year) for year in YEARS])]
    rows = [
        {
            "id": f"owid-2025-{REGIONS[country]}-{year}",
            "region": REGIONS[country],
            "year": int(year),
            "value": number(value, f"{country} {year}"),
        }
        for country, year, value in zip(
            kept["country"], kept["year"], kept["electricity_generation"], strict=True
        )
    ]
    return long_table(
        rows,
        quantity="reported_electricity_generation_j",
        unit="TWh",
        boundary="gross generation of all power plants, own use and grid losses included",
        method="statistics",
        publication="Our World in Data 2025, Energy dataset",
        published_year=2025,
        lineage="owid-ember-energy-institute",
        cite=CITE,
        locator="owid-energy-data.csv, column electricity_generation",
        licence="CC-BY-4.0",
        grade="read",
    )
