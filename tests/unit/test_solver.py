from jouletrace.registry.schema import System
from jouletrace.solver import solve


def system(**constraints):
    full = {
        name: {"left": left, "relation": relation, "right": right, "factor": factor, "because": "x"}
        for name, (left, relation, right, factor) in constraints.items()
    }
    sides = {side: side for one in full.values() for side in (one["left"], one["right"])}
    return System.model_validate({"title": "t", "variables": sides, "constraints": full})


def test_a_chain_holds():
    assert solve(system(one=("a", "<", "b", 1), two=("b", "<=", "c", 0.5))).satisfiable


def test_a_circle_does_not_and_the_conflict_is_minimal():
    found = solve(
        system(
            one=("a", "<=", "b", 1),
            two=("b", "=", "c", 0.045),
            three=("c", "<", "d", 1),
            four=("a", ">", "d", 1),
            aside=("e", "<", "f", 1),
        )
    )
    assert not found.satisfiable
    assert set(found.conflict) == {"one", "two", "three", "four"}
    assert set(found.repairs) == {"one", "two", "three", "four"}


def test_equality_is_not_strictness():
    assert solve(system(one=("a", "<=", "b", 1), two=("b", "<=", "a", 1))).satisfiable
    assert not solve(system(one=("a", "<", "b", 1), two=("b", "<=", "a", 1))).satisfiable


def test_factors_count():
    assert solve(system(one=("a", "=", "b", 2), two=("a", ">", "b", 1.9))).satisfiable
    assert not solve(system(one=("a", "=", "b", 2), two=("a", ">", "b", 2))).satisfiable
