import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from jouletrace import numerics  # noqa: F401  (float64)
from jouletrace.registry.distribution import KINDS, Exact, Lognormal, Triangular, Uniform, middle, parse
from jouletrace.transform import transform

Z = jnp.linspace(-4.0, 4.0, 401)


@pytest.mark.parametrize(
    ("raw", "reference"),
    [
        ({"uniform": {"min": 2, "max": 6}}, stats.uniform(2, 4)),
        ({"loguniform": {"min": 1e9, "max": 1e13}}, stats.loguniform(1e9, 1e13)),
        ({"triangular": {"min": 100, "mode": 116, "max": 140}}, stats.triang(0.4, 100, 40)),
        (
            {"lognormal": {"p05": 0.8, "p50": 1, "p95": 1.25}},
            stats.lognorm(np.log(1.25) / 1.6448536269514722),
        ),
    ],
)
def test_transform_is_the_inverse_distribution_function(raw, reference):
    found = transform(parse(raw), Z)
    np.testing.assert_allclose(found, reference.ppf(stats.norm.cdf(Z)), rtol=1e-9)


@given(low=st.floats(-1e6, 1e6), gap=st.floats(1e-3, 1e6), where=st.floats(0, 1))
def test_transform_is_monotone_and_stays_in_its_range(low, gap, where):
    kind = Triangular(min=low, mode=low + where * gap, max=low + gap)
    found = np.asarray(transform(kind, Z))
    assert (np.diff(found) >= -1e-9 * gap).all()
    assert found.min() >= low - 1e-9 * gap
    assert found.max() <= low + gap * (1 + 1e-9)


def test_split_lognormal_has_the_quantiles_it_states_and_is_lognormal_where_it_is_even():
    kind = parse({"split_lognormal": {"p05": 0.05, "p50": 0.084, "p95": 0.32}})
    z = jnp.asarray([-1.6448536269514722, 0.0, 1.6448536269514722])
    np.testing.assert_allclose(transform(kind, z), [0.05, 0.084, 0.32], rtol=1e-9)
    even, whole = (
        parse({name: {"p05": 0.5, "p50": 1, "p95": 2}}) for name in ("split_lognormal", "lognormal")
    )
    np.testing.assert_allclose(transform(even, Z), transform(whole, Z), rtol=1e-9)


def test_lognormal_has_the_quantiles_it_states():
    kind = Lognormal(p05=0.77, p50=1.0, p95=1.2987)
    z = jnp.asarray([-1.6448536269514722, 0.0, 1.6448536269514722])
    np.testing.assert_allclose(transform(kind, z), [0.77, 1.0, 1.2987], rtol=1e-3)


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        ({"triangular": {"min": 3, "mode": 2, "max": 4}}, "min <= mode <= max"),
        ({"lognormal": {"p05": 1, "p50": 5, "p95": 9}}, "sqrt"),
        ({"split_lognormal": {"p05": 1, "p50": 1, "p95": 9}}, "p05 < p50 < p95"),
        ({"uniform": {"min": 3, "max": 3}}, "min < max"),
        ({"loguniform": {"min": 0, "max": 3}}, "0 < min < max"),
        ({"normal": {"mean": 0}}, "no kind of distribution"),
        ([1, 2], "one of"),
    ],
)
def test_a_wrong_distribution_says_what_it_needs(raw, word):
    with pytest.raises(ValueError, match=word):
        parse(raw)


def test_scaling_changes_the_unit_only():
    kind = Uniform(min=1, max=2).scaled(3600.0)
    assert (kind.min, kind.max) == (3600.0, 7200.0)


def test_every_kind_has_a_middle_and_a_transform():
    samples = {
        "exact": 3.0,
        "uniform": {"min": 1, "max": 2},
        "loguniform": {"min": 1, "max": 100},
        "triangular": {"min": 1, "mode": 2, "max": 3},
        "lognormal": {"p05": 0.5, "p50": 1, "p95": 2},
        "split_lognormal": {"p05": 0.9, "p50": 1, "p95": 2},
        "empirical": [3, 1, 2],
    }
    assert set(samples) == set(KINDS)
    for name, numbers in samples.items():
        kind = parse({name: numbers})
        low, high = kind.stated
        assert low <= middle(kind) <= high
        assert np.isfinite(transform(kind, Z)).all()


def test_the_middle_of_a_loguniform_is_its_median():
    kind = parse({"loguniform": {"min": 1e9, "max": 1e13}})
    assert middle(kind) == pytest.approx(1e11)
    assert float(transform(kind, jnp.asarray(0.0))) == pytest.approx(1e11)


def test_exact_does_not_vary():
    assert set(np.asarray(transform(Exact(value=8760.0), Z))) == {8760.0}
