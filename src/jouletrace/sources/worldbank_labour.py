"""Labour force by region and year, World Bank (SL.TLF.TOTL.IN), modelled by the ILO.

The publisher hands out a zip archive; a mirror holds its data file. The table is wide by year,
below four lines of preamble.
"""

import zipfile
from io import BytesIO
from pathlib import Path

import pandas as pd

from jouletrace.sources._long import long_table, needs, number

CITE = "worldbank2023labour"
REGIONS = {"WLD": "world", "CHN": "china", "USA": "united-states", "EUU": "eu-27"}
YEARS = range(2000, 2023)
PREAMBLE_LINES = 4


def tidy(path: Path) -> pd.DataFrame:
    """Employed and unemployed people in four regions, each year from 2000 to 2022."""
    table = _wide(path)
    needs(table, {"Country Code", *map(str, YEARS)}, path)
    kept = table[table["Country Code"].isin(REGIONS)].set_index("Country Code")
    rows = [
        {
            "id": f"worldbank-labour-{region}-{year}",
            "region": region,
            "year": year,
            "value": number(str(kept.loc[code, str(year)]), f"{code} {year}"),
        }
        for code, region in REGIONS.items()
        for year in YEARS
    ]
    return long_table(
        rows,
        quantity="labour_force_person",
        unit="person",
        boundary="people of 15 or more who work or look for work, the unemployed included",
        method="model",
        publication="World Bank 2023, World Development Indicators, SL.TLF.TOTL.IN",
        published_year=2023,
        lineage="ilo-modelled-estimates",
        cite=CITE,
        locator="API_SL.TLF.TOTL.IN, edition of 2023-10-26",
        licence="CC-BY-4.0",
        grade="read",
        note="modelled by the ILO; an upper bound for people at work",
    )


def _wide(path: Path) -> pd.DataFrame:
    raw = _member(path) if zipfile.is_zipfile(path) else path.read_bytes()
    return pd.read_csv(
        BytesIO(raw), skiprows=PREAMBLE_LINES, dtype=str, keep_default_na=False, encoding="utf-8-sig"
    )


def _member(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if Path(name).name.startswith("API_")]
        if len(names) != 1:
            raise ValueError(f"{path.name}: expects one file API_* inside, found {len(names)}")
        return archive.read(names[0])
