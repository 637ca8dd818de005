"""From rows of published estimates to the arrays that the reconstruction is fitted to."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jouletrace.experiments.curves import (
    DRIFT,
    FIRST_YEAR,
    LAST_YEAR,
    LEVEL,
    PUBLICATION,
    REGIONS,
    SERIES,
    Observations,
    Prior,
)
from jouletrace.experiments.effects import Numbers, shared
from jouletrace.registry.distribution import Z95
from jouletrace.registry.rows import Row
from jouletrace.registry.schema import Setting

MIDDLE_YEAR = 2015
QUANTITY = "data_centre_electricity_estimate_j"
#: How a table's word for a method is read: who built up, who carried forward, who counted, who does not say.
METHODS = {
    "bottom-up": ("bottom-up",),
    "extrapolation": ("extrapolation",),
    "counted": ("top-down", "survey", "official", "metered", "statistics", "reported"),
    "unstated": ("model",),
}
#: Parts of Europe of which there are estimates; each is a share of Europe that may drift.
PLACES = ("eu-28", "eu-27", "eu-25", "western-europe", "germany", "ireland", "sweden", "denmark")
#: What a boundary adds to, or leaves out of, data centres with all inside them and without mining.
BOUNDARIES = {
    "parts-unstated": ("data-centres", "boundary-unknown"),
    "with-mining": ("data-centres-with-mining",),
    "servers-with-cooling": ("servers-with-cooling",),
    "metered-sites": ("metered-sites",),
}
#: The scales that are learned, in the order of the kinds of effects.
LEVELS = ("lineage level", "lineage drift", "publication level", "series drift")
Settings = dict[str, Setting]


@dataclass(frozen=True)
class Estimates:
    """Rows in the order of the arrays, and the names of everything that they share."""

    rows: tuple[Row, ...]
    seen: Observations
    common: tuple[str, ...]


def usable(rows: Iterable[Row]) -> list[Row]:
    """Estimates of data-centre electricity in the years and regions of the curves."""
    regions = {"world", *REGIONS, *PLACES}
    return [
        row
        for row in rows
        if row.quantity == QUANTITY and row.region in regions and FIRST_YEAR <= row.year <= LAST_YEAR
    ]


def prior(settings: Settings) -> Prior:
    """Scales of the prior, from the entry in computed.yaml."""
    value = {name: one.value for name, one in settings.items()}
    return Prior(
        years=LAST_YEAR - FIRST_YEAR + 1,
        start_twh=value["start_twh"],
        start_spread=value["start_spread_ratio"],
        growth=value["growth_ratio"],
        growth_spread=value["growth_spread_ratio"],
        growth_change=value["growth_change_ratio"],
        parts=tuple(value[f"{name.replace('-', '_')}_part_ratio"] for name in REGIONS),
        part_spread=value["part_spread_ratio"],
        part_trend=value["part_trend_ratio"],
        part_change=value["part_change_ratio"],
        knot_years=int(value["part_knot_years"]),
        methods=len(METHODS),
        error=value["error_ratio"],
        level=tuple(value[f"{name.replace(' ', '_')}_ratio"] for name in LEVELS),
    )


def estimates(rows: Sequence[Row], settings: Settings) -> Estimates:
    """Arrays of some rows. Raises `KeyError` for a setting or a method that is not known."""
    method = np.array([_method(row.method) for row in rows])
    lead = np.array([float(row.year - row.published_year) for row in rows])
    common = _common(rows, method, np.maximum(lead, 0.0), settings)
    width = np.array([_width(row, settings["rounding_ratio"].value) for row in rows])
    classes, variance = np.unique(np.stack([method, width], axis=1), axis=0, return_inverse=True)
    those = shared(
        _numbered([row.lineage for row in rows]),
        effects(rows),
        np.stack([column for _, column, _, _ in common], axis=1),
        variance.ravel(),
    )
    seen = Observations(
        log_energy=np.log([row.value for row in rows]),
        width=classes[:, 1],
        year=np.array([row.year - FIRST_YEAR for row in rows]),
        share=np.array([[float(row.region in ("world", name)) for name in REGIONS] for row in rows])
        + np.array([[float(row.region in PLACES and name == "europe") for name in REGIONS] for row in rows]),
        method=classes[:, 0].astype(int),
        middle=np.array([middle for _, _, middle, _ in common]),
        spread=np.array([spread for _, _, _, spread in common]),
        those=those,
    )
    return Estimates(tuple(rows), seen, tuple(name for name, _, _, _ in common))


def _method(word: str) -> int:
    return {one: i for i, words in enumerate(METHODS.values()) for one in words}[word]


def _width(row: Row, rounding: float) -> float:
    """Standard deviation of ln: the printed range as 5 % and 95 % points, and the rounding."""
    if row.low is None or row.high is None:
        return rounding
    return round(math.hypot(rounding, math.log(row.high / row.low) / (2.0 * Z95)), 4)


def _numbered(names: Sequence[str]) -> NDArray[np.int_]:
    known = sorted(set(names))
    return np.array([known.index(name) for name in names])


def _common(
    rows: Sequence[Row], method: NDArray[np.int_], ahead: Numbers, settings: Settings
) -> list[tuple[str, Numbers, float, float]]:
    """Global effects: name, column, middle and spread of the prior."""
    value = {name: one.value for name, one in settings.items()}
    found = []
    for i, name in enumerate(METHODS):
        key = name.replace("-", "_")
        of = (method == i).astype(float)
        found.append((f"method {name}", of, value[f"{key}_bias_ratio"], value[f"{key}_bias_spread_ratio"]))
        found.append((f"drift {name}", of * ahead, 0.0, value[f"{key}_drift_spread_ratio"]))
    for name, keys in BOUNDARIES.items():
        key = name.replace("-", "_")
        of = np.array([float(row.boundary in keys) for row in rows])
        found.append((f"boundary {name}", of, value[f"{key}_ratio"], value[f"{key}_spread_ratio"]))
    since = np.array([float(row.year - MIDDLE_YEAR) for row in rows])
    for name in PLACES:
        key = name.replace("-", "_")
        of = np.array([float(row.region == name) for row in rows])
        share, spread = math.log(value[f"{key}_share_ratio"]), value[f"{key}_share_spread_ratio"]
        found.append((f"place {name}", of, share, spread))
        found.append((f"trend {name}", of * since, 0.0, value[f"{key}_trend_spread_ratio"]))
    return [one for one in found if np.any(one[1])]


def effects(rows: Sequence[Row]) -> list[tuple[int, Numbers]]:
    """Effects of lineages, publications and scenarios: kind and column.

    A publication that hands on figures of two lineages has an effect in each.
    """
    lead = np.array([float(row.year - row.published_year) for row in rows])
    lineage = np.array([row.lineage for row in rows])
    publication = np.array([f"{row.publication} ({row.lineage})" for row in rows])
    series = np.array([f"{row.publication} ({row.lineage}) {row.series} {row.region}" for row in rows])
    found = []
    for name in sorted(set(lineage)):
        found.append((LEVEL, (lineage == name).astype(float)))
        found.append((DRIFT, (lineage == name) * np.maximum(lead, 0.0)))
    found += [(PUBLICATION, (publication == name).astype(float)) for name in sorted(set(publication))]
    found += [(SERIES, (series == name) * lead) for name in sorted(set(series))]
    return found
