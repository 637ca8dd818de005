"""Published estimates of data-centre electricity, for 2000 to 2030, from a review.

Source: Mytton and Ashtine, Joule 6 (2022), data file estimates.csv, CC BY 4.0. Columns, labels and
descriptions are ours. The review tabulates other people's work, so the grade is ``secondary`` and
the lineage is that of the underlying study. Left out: works that the project carries from other
texts (`CARRIED`), figures that are quoted from another work or are no estimate of a region
(`QUOTED`), and what a later text of the same lineage gives again unchanged (`_once`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from jouletrace.contract import records
from jouletrace.sources._long import long_table, needs, number, read_text_csv, slug

CITE = "mytton2022"
YEARS = range(2000, 2031)
REGIONS = {
    "Global": "world",
    "USA": "united-states",
    "China": "china",
    "Europe": "europe",
    "Western Europe": "western-europe",
    "EU25": "eu-25",
    "EU27": "eu-27",
    "EU28": "eu-28",
    "Germany": "germany",
    "Sweden": "sweden",
}
#: EU26, EU29 and EU30 never were; the six rows of this work run from EU25 to EU30, as a spreadsheet
#: fills a column downwards, and its two scenarios start from the same figure for 2005.
FILLED_DOWN = {"Bio Intelligence Service, 2008": "eu-25"}
#: Works whose rows the project took from other texts, with other ends of ranges or other digits.
CARRIED = {
    "Koomey, 2008",
    "Koomey, 2011",
    "Whitney & Delforge, 2014",
    "Andrae & Edler, 2015",
    "Shehabi et al., 2016",
    "Greenpeace & North China Electric Power University, 2019",
    "Masanet et al., 2020",
    "Montevecchi et al., 2020",
}
#: (reference, estimate year, value): why the figure is no estimate of that work for a region.
QUOTED = {
    ("Koomey, 2007a", "2005", "45.0"): "given with one digit more by Koomey 2007b: 45.1",
    ("Koomey, 2007a", "2005", "123.0"): "given with one digit more by Koomey 2007b: 122.9",
    (
        "Global e-Sustainability Initiative aisbl & The Boston Consulting Group, Inc, 2012",
        "2011",
        "237",
    ): "middle of the two bounds of Koomey 2011 for 2010",
    ("Corcoran & Andrae, 2013", "2010", "237.4"): "middle of the two bounds of Koomey 2011",
    ("Whitehead et al., 2014", "2010", "238"): "middle of the two bounds of Koomey 2011",
    ("Belkhir & Elmeligi, 2018", "2008", "254"): "the figure of Pickavet et al. 2008, rounded",
    ("Andrae, 2020a", "2018", "400"): "the figure of Hintemann 2020",
    ("Andrae, 2019d", "2015", "400"): "the figure of The Shift Project 2019",
    ("Andrae, 2019d", "2020", "651"): "the figure of The Shift Project 2019",
    ("Avgerinou, Bertoldi & Castellazzi, 2017", "2016", "3.7"): (
        "sum over 289 sites of a survey, 3 to 5 % of those of Europe: a sample, not a region"
    ),
}
WHOLE, PARTS_UNSTATED = "data-centres-whole", "data-centres"
NO_NETWORKS, SERVERS = "data-centres-without-networks", "servers-with-cooling"


@dataclass(frozen=True)
class Work:
    """What we say about a work: its printed name, its lineage, its boundary, a remark."""

    publication: str
    lineage: str
    boundary: str = PARTS_UNSTATED
    note: str = ""


APART = "boundary inferred: the work counts networks and user devices apart"
ANDRAE = "same model family as Andrae and Edler 2015, whose boundary is taken"
BORDERSTEP = "boundary inferred from other texts of the institute; whether mining is inside is not known"
KOOMEY = "boundary inferred: that of Koomey 2011, whose figures it carries on"
LBNL = "boundary inferred: the model of the laboratory counts servers, storage and networks inside"
WORKS = {
    "Koomey, 2007a": Work("Koomey 2007a", "koomey", SERVERS),
    "Koomey, 2007b": Work("Koomey 2007b", "koomey", SERVERS),
    "Brown et al., 2007": Work("Brown et al. 2007", "lbnl", WHOLE),
    "Bio Intelligence Service, 2008": Work(
        "Bio Intelligence Service 2008", "bio-2008", note="printed as EU25 to EU30, row by row; read as EU25"
    ),
    "Koomey, 2008": Work("Koomey 2008", "koomey", WHOLE),
    "Pickavet et al., 2008": Work("Pickavet et al. 2008", "pickavet-vereecken", NO_NETWORKS, APART),
    "Somavat, Jadhav & Namboodiri, 2010": Work(
        "Somavat, Jadhav and Namboodiri 2010",
        "lbnl",
        WHOLE,
        "twice a projection of Brown et al. 2007 for the United States; boundary taken from there",
    ),
    "Malmodin et al., 2010": Work("Malmodin et al. 2010", "malmodin", NO_NETWORKS, APART),
    "Bertoldi, 2010": Work("Bertoldi 2010", "bertoldi"),
    "Vereecken et al., 2010a": Work("Vereecken et al. 2010a", "pickavet-vereecken", NO_NETWORKS, APART),
    "Koomey, 2011": Work("Koomey 2011", "koomey", WHOLE),
    "Masanet et al., 2011": Work("Masanet et al. 2011", "lbnl", WHOLE, LBNL),
    "Corcoran & Andrae, 2013": Work(
        "Corcoran and Andrae 2013", "andrae", NO_NETWORKS, "an earlier form of Andrae and Edler 2015"
    ),
    "Corcoran & Andrae, 2013, Koomey": Work(
        "Corcoran and Andrae 2013", "koomey", WHOLE, "middle of Koomey 2011 with 12 % growth a year"
    ),
    "Van Heddeghem et al., 2014": Work("Van Heddeghem et al. 2014", "van-heddeghem", NO_NETWORKS, APART),
    "Liua et al., 2014": Work("Liu et al. 2014", "liu-2014", note="printed in the review as Liua"),
    "Malmodin et al., 2014": Work(
        "Malmodin et al. 2014", "koomey", WHOLE, f"scaled down from the world; {KOOMEY}"
    ),
    "Whitehead et al., 2014": Work("Whitehead et al. 2014", "koomey", WHOLE, KOOMEY),
    "Whitney & Delforge, 2014": Work("Whitney and Delforge 2014", "koomey"),
    "Andrae & Edler, 2015": Work("Andrae and Edler 2015", "andrae", NO_NETWORKS),
    "Bio by Deloitte, 2015": Work("Bio by Deloitte 2015", "deloitte-2015"),
    "Hintemann, 2015a": Work("Hintemann 2015a", "borderstep", WHOLE, BORDERSTEP),
    "Hintemann, 2015b": Work("Hintemann 2015b", "borderstep", WHOLE, BORDERSTEP),
    "Hintemann & Clausen, 2016": Work(
        "Hintemann and Clausen 2016",
        "borderstep",
        WHOLE,
        f"{BORDERSTEP}; its figures for Germany are those of Stobbe et al. 2015",
    ),
    "Shehabi et al., 2016": Work("Shehabi et al. 2016, LBNL-1005775", "lbnl", WHOLE),
    "Malmodin & Lundén, 2016": Work(
        "Malmodin and Lunden 2016", "koomey", WHOLE, f"an update of Malmodin et al. 2014; {KOOMEY}"
    ),
    "Bertoldi, Avgerinou & Castellazzi, 2017": Work(
        "Bertoldi, Avgerinou and Castellazzi 2017",
        "bertoldi-2017",
        "boundary-unknown",
        "the review converted power to energy",
    ),
    "IEA, 2017": Work(
        "IEA 2017, Digitalization and Energy",
        "masanet",
        note="the review does not say what it rests on; put with the later pages of the IEA, our judgement",
    ),
    "Malmodin & Lundén, 2018": Work(
        "Malmodin and Lunden 2018", "malmodin", NO_NETWORKS, f"{APART}; networks of firms perhaps inside"
    ),
    "Shehabi et al., 2018": Work("Shehabi et al. 2018", "lbnl", WHOLE, LBNL),
    "Hintemann & Hinterholzer, 2019": Work(
        "Hintemann and Hinterholzer 2019", "borderstep", WHOLE, BORDERSTEP
    ),
    "Greenpeace & North China Electric Power University, 2019": Work(
        "Greenpeace and NCEPU 2019", "ncepu-sgeri"
    ),
    "Andrae, 2019a": Work("Andrae 2019a", "andrae", NO_NETWORKS, ANDRAE),
    "Andrae, 2019b": Work("Andrae 2019b", "andrae", NO_NETWORKS, ANDRAE),
    "Andrae, 2019c": Work("Andrae 2019c", "andrae", NO_NETWORKS, ANDRAE),
    "Andrae, 2019d": Work("Andrae 2019d", "andrae", NO_NETWORKS, ANDRAE),
    "The Shift Project, 2019": Work("The Shift Project 2019", "andrae", NO_NETWORKS, ANDRAE),
    "Hintemann, 2020": Work("Hintemann 2020", "borderstep", WHOLE, BORDERSTEP),
    "Andrae, 2020a": Work("Andrae 2020a", "andrae", NO_NETWORKS, ANDRAE),
    "Andrae, 2020b": Work("Andrae 2020b", "andrae", NO_NETWORKS, ANDRAE),
    "Masanet et al., 2020": Work("Masanet et al. 2020", "masanet"),
    "Montevecchi et al., 2020": Work("Montevecchi et al. 2020", "borderstep"),
    "Liu et al., 2020": Work("Liu et al. 2020", "liu-2020"),
    "Koot & Wijnhoven, 2021": Work("Koot and Wijnhoven 2021", "koot-wijnhoven"),
}
#: What makes two rows the same estimate, whoever printed it.
SAME = ("lineage", "region", "year", "boundary", "value")
Row = dict[str, Any]


def tidy(path: Path) -> pd.DataFrame:
    """Estimates of the works in `WORKS` that are not carried from elsewhere, each figure once.

    Raises `ValueError` for a work that is not known here: its lineage has to be judged first.
    """
    table = read_text_csv(path)
    needs(table, {"Reference", "Geography", "Estimate year", "Value (TWh)", "Pinpoint"}, path)
    rows = [
        _row(entry)
        for entry in records(table)
        if (entry["Reference"], entry["Estimate year"], entry["Value (TWh)"]) not in QUOTED
        and int(entry["Estimate year"]) in YEARS
    ]
    carried = {WORKS[name].publication for name in CARRIED}
    kept = [row for row in _named(_once(rows)) if row["publication"] not in carried]
    return long_table(
        kept,
        quantity="data_centre_electricity_estimate_j",
        unit="TWh",
        cite=CITE,
        licence="CC-BY-4.0",
        grade="secondary",
    )


def _row(entry: dict[str, str]) -> Row:
    work = _work(entry["Reference"], entry["Scenario name"])
    year, place = int(entry["Estimate year"]), entry["Pinpoint"] or "place not stated"
    return {
        "region": _region(entry["Reference"], entry["Geography"]),
        "year": year,
        "series": _series(entry["Scenario name"]),
        "value": number(entry["Value (TWh)"], f"{work.publication} {year}"),
        "boundary": work.boundary,
        "method": slug(entry["Method"]).replace("unknown", "model"),
        "publication": work.publication,
        "published_year": int(entry["Published"]),
        "lineage": work.lineage,
        "place": place,
        "locator": f"{place}, as tabulated in estimates.csv",
        "note": work.note,
    }


def _region(reference: str, geography: str) -> str:
    region = FILLED_DOWN.get(reference) or REGIONS.get(geography)
    if region is None:
        raise ValueError(f"{reference}: unknown region {geography}; add it to REGIONS")
    return region


def _work(reference: str, scenario: str) -> Work:
    work = WORKS.get(f"{reference}, Koomey") if "Koomey" in scenario else None
    work = work or WORKS.get(reference)
    if work is None:
        raise ValueError(f"{reference}: unknown work; add it to WORKS with its lineage")
    return work


def _series(scenario: str) -> str:
    """The scenario of a work; empty for what has happened and for a work with a single path.

    >>> _series("Projection: Best practice"), _series("Low growth (7.5%)"), _series("Historical")
    ('best-practice', 'low-growth-7-5', '')
    """
    for word in ("Data centers, ", "Data Centers ", "Projection: "):
        scenario = scenario.removeprefix(word)
    scenario = scenario.replace("Historical Compound Aggregated Growth Rate (CAGR) of electricity", "growth")
    return "" if scenario in ("Historical", "Historical estimate", "Projection") else slug(scenario)


def _once(rows: list[Row]) -> list[Row]:
    """Each estimate where it first stands: scenarios share their past, and authors repeat themselves.

    The same figure for the same year and region in a later text of the lineage is no second estimate.
    """
    first: dict[tuple[object, ...], Row] = {}
    again: dict[int, list[str]] = {}
    for row in sorted(rows, key=lambda one: one["published_year"]):
        kept = first.setdefault(tuple(row[name] for name in SAME), row)
        where = "publication" if row["publication"] != kept["publication"] else "series"
        if kept is not row and row[where] not in again.setdefault(id(kept), []):
            again[id(kept)].append(row[where] or "another place of the work")
    for row in first.values():
        told = f"again in {', '.join(again[id(row)])}" if id(row) in again else ""
        row["note"] = "; ".join(part for part in (row["note"], told) if part)
    return list(first.values())


def _named(rows: list[Row]) -> list[Row]:
    """Ids from work, scenario, region and year.

    Where a work gives a scenario twice for a year, its place in the work tells the two apart, and
    then a number.
    """
    both = [(row["publication"], row["series"], row["region"], row["year"]) for row in rows]
    twice = {key[:3] for key in both if both.count(key) > 1}
    seen: dict[tuple[object, ...], int] = {}
    for row, key in zip(rows, both, strict=True):
        if key[:3] in twice:
            row["series"] = slug(f"{row['series']} {row['place']}")
        count = seen[*key, row["series"]] = seen.get((*key, row["series"]), 0) + 1
        row["series"] += f"-{count}" if count > 1 else ""
        row["id"] = slug(f"{row['publication']} {row['series']} {row['region']} {row['year']}")
    return rows
