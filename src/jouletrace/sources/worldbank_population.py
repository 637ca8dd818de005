"""Population by region and year, World Bank (SP.POP.TOTL), as packaged by datasets/population."""

from pathlib import Path

import pandas as pd

from jouletrace.sources._long import long_table, needs, number, read_text_csv

CITE = "worldbank2024population"
REGIONS = {"WLD": "world", "CHN": "china", "USA": "united-states", "EUU": "eu-27"}
YEARS = range(2000, 2025)


def tidy(path: Path) -> pd.DataFrame:
    """People at mid-year in four regions, each year from 2000 to 2024."""
    table = read_text_csv(path)
    needs(table, {"Country Code", "Year", "Value"}, path)
    years = [str(year) for year in YEARS]
    kept = table[table["Country Code"].isin(REGIONS) & table["Year"].isin(years)]
    rows = [
        {
            "id": f"worldbank-population-{REGIONS[code]}-{year}",
            "region": REGIONS[code],
            "year": int(year),
            "value": number(value, f"{code} {year}"),
        }
        for code, year, value in zip(kept["Country Code"], kept["Year"], kept["Value"], strict=True)
    ]
    return long_table(
        rows,
        quantity="population_person",
        unit="person",
        boundary="all residents whatever their status, at mid-year",
        method="statistics",
        publication="World Bank 2025, World Development Indicators, SP.POP.TOTL",
        published_year=2025,
        lineage="world-bank-population",
        cite=CITE,
        locator="population.csv, column Value",
        licence="CC-BY-4.0",
        grade="read",
    )
