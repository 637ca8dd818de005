"""From rows to arrays: what a row counts, how wide it is, and what it shares with which others."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jouletrace.contract import METHODS as WORDS
from jouletrace.experiments import observations
from jouletrace.experiments.curves import DRIFT, FIRST_YEAR, LEVEL, PUBLICATION, REGIONS, SERIES
from jouletrace.experiments.effects import log_density
from jouletrace.experiments.observations import METHODS, PLACES, QUANTITY, effects, estimates, usable
from jouletrace.numerics import jnp
from jouletrace.registry import load
from jouletrace.registry.distribution import Z95
from jouletrace.registry.rows import Row
from jouletrace.tidying import tidy_tables

REGISTRY = load(Path(__file__).parents[2])
ENTRY = REGISTRY.computed["reconstruction"].settings
VALUE = {name: one.value for name, one in ENTRY.items()}
PLAIN = Row(
    **{"id": "a", "quantity": QUANTITY, "region": "world", "year": 2015, "series": "", "value": 200.0},
    **{"low": None, "high": None, "unit": "TWh", "boundary": "data-centres-whole", "method": "bottom-up"},
    **{"publication": "Study 2015", "published_year": 2015, "lineage": "study", "cite": "a2015"},
    **{"locator": "p. 1", "licence": "CC0", "grade": "read", "note": ""},
)
OTHER = replace(PLAIN, id="other", publication="Other 2015", lineage="other")


@pytest.fixture(scope="module")
def table() -> list[Row]:
    return usable(tidy_tables(REGISTRY)["data-centre-estimates"])


def column(rows: list[Row], name: str) -> np.ndarray:
    """The global column of an effect, zero where no row has it."""
    found = estimates(rows, ENTRY)
    zero = np.zeros(len(rows))
    return found.seen.those.common[:, found.common.index(name)] if name in found.common else zero


def test_every_word_for_a_method_that_occurs_is_known_and_known_once(table):
    known = [word for words in METHODS.values() for word in words]
    assert len(known) == len(set(known))
    assert {row.method for row in table} <= set(known)
    assert set(WORDS) <= set(known)


def test_every_row_of_the_table_has_one_curve_or_all_and_one_method(table):
    found = estimates(table, ENTRY)
    seen, of_class = found.seen, found.seen.those.variance
    assert set(seen.share.sum(axis=1)) == {1.0, float(len(REGIONS))}
    methods = [next(i for i, words in enumerate(METHODS.values()) if row.method in words) for row in table]
    assert seen.method[of_class].tolist() == methods
    own = [i for block in seen.those.of_lineages for i in np.unique(block.rows[np.any(block.design, axis=2)])]
    assert sorted(own) == list(range(len(table)))


def test_every_boundary_of_the_table_is_the_whole_or_has_an_effect(table):
    named = {key for keys in observations.BOUNDARIES.values() for key in keys}
    whole = {
        f"data-centres-{end}"
        for end in ("whole", "without-networks", "without-mining", "without-base-stations")
    }
    assert {row.boundary for row in table} - named <= whole


def test_only_years_and_regions_of_the_curves_are_usable():
    rows = [
        PLAIN,
        replace(PLAIN, year=FIRST_YEAR - 1),
        replace(PLAIN, year=2031),
        replace(PLAIN, region="japan"),
        replace(PLAIN, quantity="network_electricity_j"),
        replace(PLAIN, region="ireland"),
    ]
    assert usable(rows) == [rows[0], rows[5]]


def test_a_range_is_its_5_and_95_percent_points_and_a_plain_figure_is_rounded():
    ranged = replace(OTHER, low=100.0, high=400.0)
    found = estimates([PLAIN, ranged], ENTRY).seen
    widths = found.width[found.those.variance]
    assert widths[0] == VALUE["rounding_ratio"]
    assert widths[1] == pytest.approx(math.hypot(VALUE["rounding_ratio"], math.log(4) / (2 * Z95)), abs=1e-4)
    assert found.log_energy == pytest.approx(math.log(200))


def test_places_are_shares_of_europe_that_drift_about_a_middle_year():
    rows = [
        PLAIN,
        replace(OTHER, region="germany", year=2020, published_year=2020),
        replace(OTHER, region="china"),
    ]
    found = estimates(rows, ENTRY)
    europe, china = (np.array([name == one for name in REGIONS], dtype=float) for one in ("europe", "china"))
    assert found.seen.share.tolist() == [[1.0] * 4, europe.tolist(), china.tolist()]
    assert column(rows, "place germany").tolist() == [0, 1, 0]
    assert column(rows, "trend germany").tolist() == [0, 2020 - observations.MIDDLE_YEAR, 0]
    middle = found.seen.middle[found.common.index("place germany")]
    assert middle == pytest.approx(math.log(VALUE["germany_share_ratio"]))
    assert not [name for name in found.common if name.split()[-1] in set(PLACES) - {"germany"}]


def test_a_boundary_that_leaves_something_out_or_adds_it_has_its_usual_effect():
    rows = [
        PLAIN,
        replace(OTHER, boundary="data-centres-with-mining"),
        replace(OTHER, id="c", boundary="data-centres"),
    ]
    found = estimates(rows, ENTRY)
    assert column(rows, "boundary with-mining").tolist() == [0, 1, 0]
    assert column(rows, "boundary parts-unstated").tolist() == [0, 0, 1]
    at = found.common.index("boundary with-mining")
    assert (found.seen.middle[at], found.seen.spread[at]) == (
        VALUE["with_mining_ratio"],
        VALUE["with_mining_spread_ratio"],
    )


def test_only_looking_ahead_drifts_with_the_method_and_the_lineage():
    past = replace(PLAIN, year=2010)
    ahead = replace(OTHER, year=2020)
    rows = [PLAIN, past, ahead]
    assert column(rows, "drift bottom-up").tolist() == [0, 0, 5]
    found = {
        kind: [one for of, one in effects(rows) if of == kind] for kind in (LEVEL, DRIFT, PUBLICATION, SERIES)
    }
    assert sum(one.sum() for one in found[DRIFT]) == 5
    assert sorted(np.sum(found[SERIES], axis=0).tolist()) == [-5, 0, 5]
    assert np.sum(found[LEVEL], axis=0).tolist() == np.sum(found[PUBLICATION], axis=0).tolist() == [1, 1, 1]


def left(rows: list[Row]) -> float:
    """Standard deviation of the world's ln TWh that a few figures of one year leave, from a flat prior."""
    seen = estimates(rows, ENTRY).seen
    own = (np.full(4, 0.1)[seen.method] ** 2 + seen.width**2).tolist()

    def density(level: float) -> float:
        residual = jnp.asarray(seen.log_energy - level)
        kinds = jnp.asarray([0.3, 0.05, 0.2, 0.05]) ** 2
        return float(
            log_density(residual, jnp.asarray(own), seen.those, kinds, jnp.asarray(seen.spread) ** 2)
        )

    middle, step = float(seen.log_energy.mean()), 0.1
    curvature = (density(middle + step) - 2 * density(middle) + density(middle - step)) / step**2
    return 1 / math.sqrt(-curvature)


def test_a_figure_printed_twice_counts_about_once_and_another_study_counts_anew():
    again = replace(PLAIN, id="b")
    once = left([PLAIN])
    assert once == pytest.approx(
        math.sqrt(
            0.1**2
            + VALUE["rounding_ratio"] ** 2
            + 0.3**2
            + 0.2**2
            + VALUE["bottom_up_bias_spread_ratio"] ** 2
        )
    )
    assert left([PLAIN, again]) > 0.97 * once
    other = left([PLAIN, OTHER])
    shared = VALUE["bottom_up_bias_spread_ratio"] ** 2
    assert other == pytest.approx(math.sqrt((once**2 - shared) / 2 + shared))


def test_an_unknown_method_stops_the_reading():
    with pytest.raises((KeyError, StopIteration, RuntimeError)):
        estimates([replace(PLAIN, method="guesswork")], ENTRY)


def test_the_prior_has_the_numbers_of_the_registry():
    found = observations.prior(ENTRY)
    assert sum(found.parts) == pytest.approx(1.0)
    assert found.start_twh == VALUE["start_twh"]
    assert found.level == tuple(VALUE[f"{name.replace(' ', '_')}_ratio"] for name in observations.LEVELS)
