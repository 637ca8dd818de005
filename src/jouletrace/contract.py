"""The contract of the long table: what every row keeps, and what is said when it does not.

Form and bounds are checked by pandera; what concerns several rows, by a function for each rule.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
from numpy.typing import NDArray

from jouletrace.registry.problems import did_you_mean
from jouletrace.registry.schema import Dataset

COLUMNS = [
    "id",
    *("quantity", "region", "year", "series"),
    *("value", "low", "high", "unit"),
    *("boundary", "method", "publication", "published_year", "lineage", "relative_to"),
    *("cite", "locator", "licence", "grade", "note"),
]
NUMBERS = ["value", "low", "high"]
YEARS = ["year", "published_year"]
#: What makes a publication of a figure the same publication.
PUBLICATION = ["quantity", "publication", "year", "region", "series", "boundary"]
#: Whose neighbours in time a figure is held against, by the bounds of its table.
LEVELS = {"series": ["quantity", "region", "series"], "region": ["quantity", "region"]}
METHODS = [
    *("bottom-up", "top-down", "extrapolation", "model"),
    *("metered", "reported", "official", "statistics", "survey"),
]
#: Digits of a computed figure; in later ones processors may differ.
DIGITS = 12
GRADES = ["read", "secondary", "recalled", "measured"]
NEIGHBOURS = 4
Numbers = NDArray[Any]
#: A region may exceed the median of the world's estimates by so much before a unit is doubted.
WORLD, PART_OF_WHOLE = "world", 2.0
RATIO_RANGE = (1e-3, 1e3)


def problems(table: pd.DataFrame, dataset: Dataset) -> Iterator[str]:
    """Broken rules of a parsed table, one line each: row, what is wrong, what to do."""
    yield from _broken(table, _contract(dataset))
    absolute = table[table["unit"] != "ratio"]
    yield from _broken(absolute, _limits(dataset.bounds.value["min"], dataset.bounds.value["max"]))
    yield from _broken(table[table["unit"] == "ratio"], _limits(*RATIO_RANGE))
    yield from _ranges(table)
    yield from _duplicates(table)
    yield from _relations(table)
    yield from _unknown_boundaries(table, dataset)
    yield from _shifts(absolute, dataset.bounds.level_shift, LEVELS[dataset.bounds.level_by])
    yield from _parts(absolute)


def _text(pattern: str, advice: str, **more: Any) -> pa.Column:
    return pa.Column(str, pa.Check.str_matches(pattern, error=advice), **more)


def _one_of(words: list[str]) -> pa.Column:
    advice = "is not known; write one of " + ", ".join(words)
    return pa.Column(str, pa.Check.isin(words, error=advice))


def _contract(dataset: Dataset) -> pa.DataFrameSchema:
    slug, words = r"^[a-z0-9][a-z0-9-]*$", r"^[^\s=@+-].*$"
    name = "is not a slug; write a-z, 0-9 and hyphens"
    some = "is empty or starts like a formula; write words"
    first, last = dataset.bounds.year["min"], dataset.bounds.year["max"]
    years = pa.Check.in_range(first, last, error=f"is outside {first}-{last}; write the calendar year")
    return pa.DataFrameSchema(
        {
            "id": _text(slug, name, unique=True),
            "quantity": _text(r"^[a-z][a-z0-9_]*_[a-z]+$", "does not end in a coherent unit"),
            "region": _one_of(list(dataset.regions)),
            "year": pa.Column(int, years),
            "series": _text(r"^([a-z0-9][a-z0-9-]*)?$", name),
            **{column: pa.Column(float, nullable=True) for column in NUMBERS},
            "unit": _text(words, some),
            "boundary": _text(words, some),
            "method": _one_of(METHODS),
            "publication": _text(words, some),
            "published_year": pa.Column(int, years),
            "lineage": _text(slug, name),
            "relative_to": _text(r"^([a-z0-9][a-z0-9-]*)?$", name),
            "cite": _text(r"^[a-z][a-z0-9]*$", "is no key of sources.bib"),
            "locator": _text(words, some),
            "licence": _text(words, some),
            "grade": _one_of(GRADES),
            "note": _text(r"^([^\s=@+-].*)?$", "starts like a formula; write words"),
        },
        strict=True,
        ordered=True,
    )


def _limits(least: float, most: float) -> pa.DataFrameSchema:
    advice = f"is outside {least:g} to {most:g}; check its unit, or the bounds in datasets.yaml"
    check = pa.Check.in_range(least, most, error=advice)
    return pa.DataFrameSchema({name: pa.Column(float, check, nullable=True) for name in NUMBERS})


def _broken(table: pd.DataFrame, schema: pa.DataFrameSchema) -> Iterator[str]:
    try:
        schema.validate(table, lazy=True)
    except pa.errors.SchemaErrors as error:
        for case in records(error.failure_cases):
            row = table.loc[case["index"], "id"] if case["index"] in table.index else "all"
            what = str(case["check"]).replace("field_uniqueness", "stands twice; rename one row")
            yield f"row {row}: {case['column']} {case['failure_case']!r} {what}"


def _ranges(table: pd.DataFrame) -> Iterator[str]:
    for row in records(table):
        numbers = [row[name] for name in ("low", "value", "high") if not math.isnan(row[name])]
        lone = math.isnan(row["low"]) != math.isnan(row["high"])
        if lone and set(numbers) != {row["value"]}:
            what = "a lone end of a range; give low and high, or for an open end the same figure as value"
            yield f"row {row['id']}: {what}"
        elif not numbers:
            yield f"row {row['id']}: no figure; give a value, or low and high"
        elif numbers != sorted(numbers):
            yield f"row {row['id']}: low <= value <= high does not hold; swap or correct them"


def _duplicates(table: pd.DataFrame) -> Iterator[str]:
    for _, group in table[table.duplicated(PUBLICATION, keep=False)].groupby(PUBLICATION, sort=False):
        first, *others = group["id"]
        for other in others:
            why = "same publication, year, region, series and boundary"
            yield f"row {other}: duplicate publication of {first} ({why}); keep one of the two"


def _relations(table: pd.DataFrame) -> Iterator[str]:
    known = set(table["id"])
    for name, unit, base in zip(table["id"], table["unit"], table["relative_to"], strict=True):
        if (unit == "ratio") != bool(base):
            yield f"row {name}: unit ratio and relative_to go together; give both or neither"
        elif base and base not in known:
            yield f"row {name}: relative_to {base!r} is no row of this table; name an existing id"
    absolute = table[table["unit"] != "ratio"]
    for quantity, units in absolute.groupby("quantity", sort=False)["unit"]:
        if units.nunique() > 1:
            yield f"row all: {quantity} in {sorted(set(units))}; quote it in one unit per table"


def _unknown_boundaries(table: pd.DataFrame, dataset: Dataset) -> Iterator[str]:
    """Boundaries that are no key, where the table has typed ones."""
    for name, written in zip(table["id"], table["boundary"], strict=True):
        if dataset.boundaries and written and written not in dataset.boundaries:
            near = did_you_mean(written, dataset.boundaries)
            todo = near or f"write one of {', '.join(dataset.boundaries)}"
            yield f"row {name}: boundary {written!r} is not known; {todo}"


def _shifts(table: pd.DataFrame, factor: float, level: list[str]) -> Iterator[str]:
    """Rows that leave the level of their nearest neighbours in time: GWh labelled as TWh."""
    middle = central(table)
    usable = table[middle > 0]
    several = usable[usable.duplicated(level, keep=False)]
    for _, group in several.groupby(level, sort=False):
        years, figures = group["year"].to_numpy(), middle[group.index].to_numpy()
        steps = [_step(place, years, figures) for place in range(len(group))]
        worst = max(steps)
        for place in (place for place, step in enumerate(steps) if step == worst > factor):
            what = f"differs by a factor {worst:.3g} from its neighbours (limit {factor:g})"
            hint = "is it GWh labelled as TWh?"
            yield f"row {group['id'].iloc[place]}: {figures[place]:g} {what}; {hint}"


def _step(place: int, years: Numbers, figures: Numbers) -> float:
    if len(years) == 1:
        return 1.0
    level = _level(years[place], np.delete(years, place), np.delete(figures, place))
    return max(float(figures[place]) / level, level / float(figures[place]))


def _level(year: int, years: Numbers, figures: Numbers) -> float:
    """Median of the figures nearest in time; of one year, all of them or none."""
    apart = np.abs(years - year)
    farthest = np.sort(apart)[:NEIGHBOURS][-1]
    return float(np.median(figures[apart <= farthest]))


def _parts(table: pd.DataFrame) -> Iterator[str]:
    """Figures of a region that lie above those of the world: the only check of a lone figure."""
    middle = central(table)
    for _, group in table.groupby("quantity", sort=False):
        whole = group[group["region"] == WORLD]
        years, figures = whole["year"].to_numpy(), middle[whole.index].to_numpy()
        for index in group.index.difference(whole.index) if len(whole) else ():
            level = _level(group.loc[index, "year"], years, figures)
            if middle[index] > PART_OF_WHOLE * level:
                what = f"{middle[index]:g} for a part of the world, whose figures lie near {level:g}"
                yield f"row {group.loc[index, 'id']}: {what}; is it GWh labelled as TWh?"


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table, each as a mapping from column to cell."""
    return [{str(name): cell for name, cell in row.items()} for row in table.to_dict("records")]


def central(table: pd.DataFrame) -> "pd.Series[float]":
    """The value of each row, or the geometric middle of its range where it has only a range."""
    return table["value"].fillna((table["low"] * table["high"]) ** 0.5)


def rounded(number: float) -> float:
    """A computed figure with `DIGITS` digits.

    >>> rounded(416.0 * 1.17)
    486.72
    """
    return float(f"{number:.{DIGITS}g}")
