"""Every model, called once with pint quantities, returns the unit that its name promises."""

import inspect
from types import ModuleType

import numpy as np
import pytest

import jouletrace.models.people
from jouletrace.evaluate import model
from jouletrace.graph import functions
from jouletrace.numerics import jax
from jouletrace.units import pint_registry, unit_of

ELEMENTWISE = {
    "abs add ceil convert_element_type copy cos div eq erf erf_inv exp expm1 floor ge gt integer_pow le log log1p "
    "logistic lt max min mul ne neg pow select_n sign sin sqrt square sub tanh jit pjit"
}
NAMES = sorted(functions())


@pytest.fixture
def in_numpy(monkeypatch):
    """The models with numpy in place of jax.numpy, so that pint quantities pass through them."""

    def swap(module: ModuleType) -> None:
        if hasattr(module, "jnp"):
            monkeypatch.setattr(module, "jnp", np)

    return swap


@pytest.mark.parametrize("name", NAMES)
def test_returns_the_unit_of_its_name(name, in_numpy):
    function = model(functions()[name].module, name)
    in_numpy(inspect.getmodule(function))
    registry = pint_registry()
    values = [
        registry.Quantity(1.0 + 0.1 * i, unit_of(arg.removeprefix("base_")))
        for i, arg in enumerate(inspect.signature(function).parameters)
    ]
    result = registry.Quantity(1.0, "") * function(*values)
    assert result.check(registry.Quantity(1.0, unit_of(name)).dimensionality), result.units
    # Coherent: the bare numbers give the same, with no factor between units (pint's base of a byte is a bit).
    bare = float(function(*(value.magnitude for value in values)))
    assert result.to(unit_of(name)).magnitude == pytest.approx(bare)


@pytest.mark.parametrize("name", NAMES)
def test_is_elementwise_so_that_it_can_be_emitted_as_javascript(name):
    function = model(functions()[name].module, name)
    arguments = [1.5 + 0.1 * i for i in range(len(inspect.signature(function).parameters))]
    primitives = {str(equation.primitive) for equation in jax.make_jaxpr(function)(*arguments).eqns}
    (allowed,) = (words.split() for words in ELEMENTWISE)
    assert primitives <= set(allowed), primitives - set(allowed)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_equal_finite_differences(name):
    function = model(functions()[name].module, name)
    point = [1.5 + 0.1 * i for i in range(len(inspect.signature(function).parameters))]
    for i in range(len(point)):
        slope = jax.grad(lambda x, i=i: function(*[*point[:i], x, *point[i + 1 :]]))(point[i])
        step = 1e-6
        high = function(*[*point[:i], point[i] + step, *point[i + 1 :]])
        low = function(*[*point[:i], point[i] - step, *point[i + 1 :]])
        assert float(slope) == pytest.approx(float(high - low) / (2 * step), rel=1e-5, abs=1e-7)


def test_a_vague_name_is_caught():
    """The test above can fail: a power times a power is not an energy."""
    registry = pint_registry()
    wrong = jouletrace.models.people.workers_metabolism_j(
        registry.Quantity(1.0, "watt"), registry.Quantity(1.0, "watt"), registry.Quantity(1.0, "s")
    )
    assert not wrong.check(registry.Quantity(1.0, "joule").dimensionality)


def test_every_model_documents_formula_and_boundary():
    missing = [
        name
        for name, one in functions().items()
        if not (one.title and one.section("Formula") and one.section("Boundary"))
    ]
    assert missing == []
