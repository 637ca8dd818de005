import pytest

from jouletrace.units import UnitError, to_coherent, to_reader, unit_of


def test_a_source_unit_is_converted_once():
    assert to_coherent(1.0, "TWh", "x_j") == pytest.approx(3.6e15)
    assert to_coherent(3.0, "percent", "x_ratio") == pytest.approx(0.03)
    assert to_coherent(8760.0, "h", "x_s") == pytest.approx(3.1536e7)


@pytest.mark.parametrize(
    ("value", "unit", "name"), [(7.5, "TWh", "x_j"), (12.0, "W / person", "x_w_per_person")]
)
def test_there_and_back(value, unit, name):
    assert to_reader(to_coherent(value, unit, name), name, unit) == pytest.approx(value)


@pytest.mark.parametrize(
    ("unit", "name", "word"),
    [
        ("W", "x_j", "cannot be converted"),
        ("Wat", "x_j", "unknown unit"),
        ("TWh", "energy", "does not end in a unit"),
        ("TWh", "x_furlong", "does not end in a unit"),
        ("degC", "x_ratio", "cannot be converted"),
    ],
)
def test_a_wrong_unit_is_one_clear_line(unit, name, word):
    with pytest.raises(UnitError, match=word):
        to_coherent(1.0, unit, name)


def test_names_with_several_denominators():
    assert unit_of("x_w_per_person_per_s") == "watt / person / second"
