"""Published estimates of the world's data-centre electricity, 2010-2020, from a review.

Source: Mytton and Ashtine, Joule 6 (2022), data file estimates.csv, CC BY 4.0. Columns, labels and
descriptions are ours. The review tabulates other people's work, so the grade is ``secondary`` and
the lineage is that of the underlying study. Left out: works that the project carries from other
texts (`CARRIED`), and figures that a work only quotes from another (`QUOTED`).
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from jouletrace.contract import records
from jouletrace.sources._long import long_table, needs, number, read_text_csv, slug

CITE = "mytton2022"
YEARS = range(2010, 2021)
CARRIED = {"Koomey, 2011", "Andrae & Edler, 2015", "Masanet et al., 2020"}
#: (reference, estimate year, value): Andrae 2020a quotes Hintemann 2020 for 2018.
QUOTED = {("Andrae, 2020a", "2018", "400")}
ALL_PARTS = "data centres, IT and infrastructure, parts not stated in the review"
NO_NETWORKS = "data centres without networks"


@dataclass(frozen=True)
class Work:
    """What we say about a work: its printed name, its lineage, its boundary, a remark."""

    publication: str
    lineage: str
    boundary: str = ALL_PARTS
    note: str = ""


ANDRAE = "same model family as Andrae and Edler 2015"
WORKS = {
    "Somavat, Jadhav & Namboodiri, 2010": Work(
        "Somavat, Jadhav and Namboodiri 2010", "brown-2007", note="twice the US projection for 2011"
    ),
    "Vereecken et al., 2010a": Work("Vereecken et al. 2010a", "pickavet-vereecken"),
    "Global e-Sustainability Initiative aisbl & The Boston Consulting Group, Inc, 2012": Work(
        "GeSI and BCG 2012", "koomey", note="mean of the two bounds of Koomey 2011"
    ),
    "Corcoran & Andrae, 2013": Work("Corcoran and Andrae 2013", "corcoran-andrae", NO_NETWORKS),
    "Van Heddeghem et al., 2014": Work("Van Heddeghem et al. 2014", "van-heddeghem"),
    "Whitehead et al., 2014": Work(
        "Whitehead et al. 2014", "koomey", note="carries the growth of Koomey 2011 forward"
    ),
    "Hintemann & Clausen, 2016": Work("Hintemann and Clausen 2016", "borderstep"),
    "IEA, 2017": Work("IEA 2017, Digitalization and Energy", "iea-digitalization"),
    "Malmodin & Lundén, 2018": Work("Malmodin and Lunden 2018", "malmodin-lunden"),
    "Hintemann & Hinterholzer, 2019": Work("Hintemann and Hinterholzer 2019", "borderstep"),
    "Andrae, 2019a": Work("Andrae 2019a", "andrae", note=ANDRAE),
    "Andrae, 2019b": Work("Andrae 2019b", "andrae", note=ANDRAE),
    "Andrae, 2019d": Work("Andrae 2019d", "andrae", note=ANDRAE),
    "The Shift Project, 2019": Work("The Shift Project 2019", "andrae", note=ANDRAE),
    "Hintemann, 2020": Work("Hintemann 2020", "borderstep"),
    "Andrae, 2020a": Work("Andrae 2020a", "andrae", note=ANDRAE),
    "Andrae, 2020b": Work("Andrae 2020b", "andrae", note=ANDRAE),
    "Koot & Wijnhoven, 2021": Work("Koot and Wijnhoven 2021", "koot-wijnhoven"),
}


def tidy(path: Path) -> pd.DataFrame:
    """World estimates for 2010 to 2020 of the works in `WORKS`, one row per published figure.

    Raises `ValueError` for a work that is not known here: its lineage has to be judged first.
    """
    table = read_text_csv(path)
    needs(table, {"Reference", "Geography", "Estimate year", "Value (TWh)", "Pinpoint"}, path)
    world = table[
        (table["Geography"] == "Global") & table["Estimate year"].isin([str(year) for year in YEARS])
    ]
    rows = [
        _row(entry)
        for entry in records(world)
        if entry["Reference"] not in CARRIED
        and (entry["Reference"], entry["Estimate year"], entry["Value (TWh)"]) not in QUOTED
    ]
    return long_table(
        _numbered(rows),
        quantity="data_centre_electricity_estimate_j",
        region="world",
        unit="TWh",
        cite=CITE,
        licence="CC-BY-4.0",
        grade="secondary",
    )


def _row(entry: dict[str, str]) -> dict[str, object]:
    if entry["Reference"] not in WORKS:
        raise ValueError(f"{entry['Reference']}: unknown work; add it to WORKS with its lineage")
    work = WORKS[entry["Reference"]]
    pinpoint = entry["Pinpoint"] or "place not stated"
    year = int(entry["Estimate year"])
    return {
        "year": year,
        "series": _series(entry["Scenario name"], pinpoint),
        "value": number(entry["Value (TWh)"], f"{work.publication} {year}"),
        "boundary": work.boundary,
        "method": slug(entry["Method"]).replace("unknown", "model"),
        "publication": work.publication,
        "published_year": int(entry["Published"]),
        "lineage": "koomey" if "Koomey" in entry["Scenario name"] else work.lineage,
        "locator": f"{pinpoint}, as tabulated in estimates.csv",
        "note": work.note,
    }


def _series(scenario: str, pinpoint: str) -> str:
    """Scenario and place in the work: one work may give a scenario twice.

    >>> _series("Low growth (7.5%)", "Table 15")
    'low-growth-7-5-table-15'
    """
    scenario = scenario.removeprefix("Data centers, ").removeprefix("Data Centers ")
    if scenario in ("", "Historical", "Historical estimate", "Projection"):
        return slug(pinpoint)
    return slug(f"{scenario} {pinpoint}")


def _numbered(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Ids from work, scenario and year; a work that gives one of them twice gets a number."""
    seen: dict[tuple[object, ...], int] = {}
    for row in rows:
        key = (row["publication"], row["series"], row["year"])
        seen[key] = seen.get(key, 0) + 1
        if seen[key] > 1:
            row["series"] = f"{row['series']}-{seen[key]}"
        row["id"] = f"{slug(str(row['publication']))}-{row['series']}-world-{row['year']}"
    return rows
