"""M19: can statements hold together? A linear program in the logarithms.

Each constraint is ``left`` relation ``factor`` x ``right`` between positive quantities, hence
linear in the logarithms. Strict relations must hold with a common positive slack; the program
maximises that slack. Minimal sets that cannot hold are found by deletion.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from jouletrace.registry.schema import Constraint, System

SLACK = 1e-9


@dataclass(frozen=True)
class Solution:
    """Whether all constraints can hold, and if not, a smallest set that cannot."""

    satisfiable: bool
    conflict: tuple[str, ...]
    repairs: tuple[str, ...]


def solve(system: System) -> Solution:
    """Decide a system of constraints.

    ``repairs`` are the constraints whose removal alone makes the rest satisfiable.
    """
    constraints = dict(system.constraints)
    if _satisfiable(constraints):
        return Solution(True, (), ())
    kept = dict(constraints)
    for name in constraints:
        without = {key: one for key, one in kept.items() if key != name}
        if not _satisfiable(without):
            kept = without
    repairs = [
        name
        for name in constraints
        if _satisfiable({key: one for key, one in constraints.items() if key != name})
    ]
    return Solution(False, tuple(kept), tuple(repairs))


def _satisfiable(constraints: dict[str, Constraint]) -> bool:
    names = sorted({side for one in constraints.values() for side in (one.left, one.right)})
    if not names:
        return True
    upper, upper_right, equal, equal_right = [], [], [], []
    for one in constraints.values():
        row = np.zeros(len(names) + 1)
        sign = -1.0 if one.relation in (">", ">=") else 1.0
        row[names.index(one.left)] += sign
        row[names.index(one.right)] -= sign
        right = sign * math.log(one.factor)
        if one.relation == "=":
            equal.append(row)
            equal_right.append(right)
        else:
            row[-1] = 1.0 if one.relation in ("<", ">") else 0.0
            upper.append(row)
            upper_right.append(right)
    result = linprog(
        c=np.append(np.zeros(len(names)), -1.0),
        A_ub=np.array(upper) if upper else None,
        b_ub=upper_right or None,
        A_eq=np.array(equal) if equal else None,
        b_eq=equal_right or None,
        bounds=[(-100.0, 100.0)] * len(names) + [(0.0, 1.0)],
        method="highs",
    )
    strict = any(one.relation in ("<", ">") for one in constraints.values())
    return bool(result.success and (not strict or result.x[-1] > SLACK))
