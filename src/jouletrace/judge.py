"""Judging one row: numbers, facts, attributions or a system of constraints."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jouletrace.evaluate import Target, holds
from jouletrace.facts import Answer, ask_attribution, ask_facts
from jouletrace.flip import Flip
from jouletrace.numeric import Judged
from jouletrace.numerics import jnp
from jouletrace.proposition import value_name
from jouletrace.registry import Registry
from jouletrace.registry.schema import Claim, Proposition, Reading
from jouletrace.solver import solve
from jouletrace.streams import Part, median
from jouletrace.trace import rounded
from jouletrace.units import to_reader
from jouletrace.verdict import borderline, monte_carlo_error, printed, word

Array = NDArray[np.float64]
#: Inputs that move less than this share of a flip's squared distance are not named.
NAMED_SHARE = 0.03
#: An input whose elasticity is smaller has no effect that a reader could see.
LEAST_ELASTICITY = 1e-9
INDICES = ("sobol_first", "sobol_first_half", "sobol_total", "sobol_total_half")


def judge(label: str, reading: Reading, claim: Claim, registry: Registry, numeric: Judged) -> dict[str, Any]:
    """The verdict on one row of a claim, with everything that a page says about it."""
    base: dict[str, Any] = {
        "label": label,
        "reading": label.split("/")[0],
        "text": reading.text,
        "note": reading.note,
        "reason": reading.reason,
        "ordinary": reading.ordinary,
        "probability": None,
        "probability_text": "",
        "unit": "",
        "flags": [],
    }
    open_flag = ["open"] if claim.open_until and claim.open_until > registry.settings.as_of else []
    provisional = ["provisional"] if claim.provisional else []
    if reading.proposition:
        found = _judge_numbers(label, reading, registry, numeric)
    elif reading.system:
        found = _judge_system(reading.system, registry)
    elif reading.fact or reading.attribution:
        found = _judge_facts(reading, registry)
    else:
        found = {"kind": "none", "word": "opinion" if "opinion" in claim.fidelity else "not judged"}
    flags = [*open_flag, *found.get("flags", []), *provisional]
    return {**base, **found, "flags": flags if found["word"] != "not judged" else provisional}


def _judge_facts(reading: Reading, registry: Registry) -> dict[str, Any]:
    if reading.fact:
        answer: Answer = ask_facts(reading.fact, registry.facts)
        section, entries = "facts", registry.facts
    else:
        assert reading.attribution is not None
        answer = ask_attribution(reading.attribution, registry.attributions)
        section, entries = "attributions", registry.attributions  # type: ignore[assignment]
    return {
        "kind": section,
        "word": answer.word,
        "flags": ["unverified"] if answer.grade == "recalled" else [],
        "grade": answer.grade,
        "deciding": {key: entries[key].model_dump(mode="json") for key in answer.rows},
        "flip_text": answer.flip,
    }


def _judge_system(name: str, registry: Registry) -> dict[str, Any]:
    system = registry.systems[name]
    solution = solve(system)
    return {
        "kind": "system",
        "word": "true" if solution.satisfiable else "false",
        "flags": [],
        "system": system.model_dump(mode="json"),
        "conflict": list(solution.conflict),
        "repairs": list(solution.repairs),
    }


def _judge_numbers(label: str, reading: Reading, registry: Registry, numeric: Judged) -> dict[str, Any]:
    proposition = reading.proposition
    assert proposition is not None
    row = numeric.index[label]
    one = numeric.targets[row]
    quantiles = numeric.summary(one)
    common = {
        "kind": "numbers",
        "unit": proposition.unit,
        "quantiles": quantiles,
        **{key: quantiles[key] for key in ("p05", "p50", "p95")},
        "proposition": proposition.model_dump(mode="json", by_alias=True),
        "edges": [_edge(one, edge.threshold) for edge in one.edges],
        "node": one.node,
        "than_node": one.than,
        "drivers": _drivers(row, numeric),
        "spread_of": "logarithm" if numeric.sobol.logarithm[row] else "value",
    }
    if not one.edges:
        return {**common, "word": "not judged", "flags": []}
    settings = registry.settings
    share = float(np.mean(holds(one, numeric.values[row])))
    now = word(share, settings.thresholds)
    tested = numeric.robustness(row, now)
    draws = numeric.effective_draws(row)
    flags = ["borderline"] if borderline(share, draws, settings.thresholds) else []
    flags += ["robust"] if tested.robust else []
    flags += ["unverified"] if tested.survives is not None else []
    return {
        **common,
        "word": now,
        "flags": flags,
        "probability": round(share, 5),
        "probability_text": printed(share, settings.thresholds),
        "monte_carlo_error": rounded(monte_carlo_error(share, draws), 2),
        "possible": share >= settings.possible_from,
        "stated_inside": _stated_inside(proposition, quantiles),
        "robustness": {
            "doubled": printed(tested.doubled, settings.thresholds),
            "doubled_word": word(tested.doubled, settings.thresholds),
            "dependent": printed(tested.dependent, settings.thresholds),
            "dependent_word": word(tested.dependent, settings.thresholds),
            "without_recalled": tested.without_recalled,
            "survives": tested.survives,
        },
        "flip": _flip(row, numeric, share),
    }


def _stated_inside(proposition: Proposition, quantiles: dict[str, float]) -> bool | None:
    """Whether a stated value lies inside the 90 % interval: shown, never scored."""
    if proposition.operator != "about" or proposition.value is None:
        return None
    return quantiles["p05"] <= float(proposition.value) <= quantiles["p95"]


def _edge(one: Target, threshold: float) -> float:
    return rounded(to_reader(threshold, value_name(one.proposition), one.proposition.unit))


def _drivers(row: int, numeric: Judged) -> list[dict[str, Any]]:
    """Handles that the row depends on, the strongest first, with their break-even values.

    The columns of a table that is drawn row by row are one factor: its strongest column carries the
    Sobol indices, the others say with which column they are counted.
    """
    handles = range(len(numeric.streams.handles))
    found = [one for one in (_driver(row, handle, numeric) for handle in handles) if one]
    found.sort(key=lambda one: (-(one["sobol_total"] or 0.0), one["factor"], -one["share"], one["input"]))
    leaders: dict[str, str] = {}
    for one in found:
        leader = leaders.setdefault(one["factor"], one["input"])
        one["counted_with"] = leader if leader != one["input"] else None
        one |= dict.fromkeys(INDICES) if one["counted_with"] else {}
    return found


def _driver(row: int, handle: int, numeric: Judged) -> dict[str, Any] | None:
    own = numeric.own(row, handle)
    elasticity = float(numeric.drivers.elasticity[row, handle])
    if own is None or not np.isfinite(elasticity):
        return None
    name, part = own
    column = int(numeric.streams.column[part])
    indices = _indices(row, column, numeric)
    if abs(elasticity) < LEAST_ELASTICITY and not indices["sobol_total"]:
        return None
    even = _break_even(row, handle, part, numeric)
    return {
        "input": name,
        "factor": numeric.streams.names[column],
        "elasticity": rounded(elasticity, 3),
        "share": rounded(float(numeric.drivers.share[row, handle]), 3),
        **indices,
        "break_even": None if np.isnan(even) else _shown(name, even, numeric, 4),
        "outside": None if np.isnan(even) else _outside(numeric.streams.parts[part], even),
    }


def _indices(row: int, column: int, numeric: Judged) -> dict[str, float | None]:
    """Sobol indices with the half widths of their intervals; None where the row has no finite spread."""
    found = numeric.sobol
    named = zip(INDICES, (found.first, found.first_half, found.total, found.total_half), strict=True)
    values = {key: float(one[row, column]) for key, one in named}
    return {key: None if np.isnan(one) else round(one, 3) + 0.0 for key, one in values.items()}


def _break_even(row: int, handle: int, part: int, numeric: Judged) -> float:
    """The break-even of a handle as a value of the part that the row reads; parts keep their ratio."""
    first = int(np.flatnonzero(numeric.streams.handle == handle)[0])
    center, even = numeric.space.center, float(numeric.break_even[row, handle])
    return even if part == first else even * float(center[part] / center[first])


def _shown(name: str, value: float, numeric: Judged, digits: int = 6) -> float:
    """A value of an input in the reader's unit; an error is a plain factor."""
    node = numeric.plan.nodes.get(name)
    if node is None:
        return rounded(value, digits)
    return rounded(to_reader(value, node.name, numeric.registry.quantities[node.name].unit), digits)


def _outside(part: Part, value: float) -> bool:
    low, high = part.kind.stated
    slack = 1e-9 * max(abs(low), abs(high))
    return not low - slack <= value <= high + slack


def _flip(row: int, numeric: Judged, share: float) -> dict[str, Any] | None:
    """The nearest flip of a row: of its only edge, or of the edge that decides it."""
    own = [one for one in numeric.flips if one.row == row and one.converged]
    wrong = [one for one in own if not one.holds_at_center]
    ways = wrong or own
    if not ways:
        return None
    nearest = min(ways, key=lambda one: one.distance)
    parts = np.asarray(numeric.space.parts(jnp.asarray(nearest.u)))
    return {
        "distance": rounded(nearest.distance, 3),
        "crossing_form": rounded(nearest.crossing_form, 3),
        "crossing_sampled": rounded(nearest.crossing_sampled, 3),
        "moves": _moves(nearest, parts, numeric),
    }


def _moves(nearest: Flip, parts: Array, numeric: Judged) -> list[dict[str, Any]]:
    """The handles that a flip moves, the farthest first, from the median to the flip."""
    weight = _weights(nearest.u, numeric)
    found = []
    for handle in (int(i) for i in np.argsort(-weight) if weight[i] >= NAMED_SHARE):
        own = numeric.own(nearest.row, handle)
        if own is None:  # a column that the row does not read moves with one that it does
            continue
        name, index = own
        part, value = numeric.streams.parts[index], float(parts[index])
        found.append(
            {
                "input": name,
                "from": _shown(name, median(part.kind), numeric, 4),
                "to": _shown(name, value, numeric, 4),
                "outside": _outside(part, value),
            }
        )
    return found


def _weights(u: Array, numeric: Judged) -> Array:
    """Each handle's part of a flip's squared distance; a table's part is dealt to its columns."""
    streams, space = numeric.streams, numeric.space
    away = (space.weights @ u) ** 2
    parts = np.array([away[streams.handle == one][0] for one in range(len(streams.handles))])
    of = np.array([streams.column[streams.handle == one][0] for one in range(len(streams.handles))])
    blocks = np.array([_block(u, numeric, one) for one in range(len(streams.names))])
    whole = np.array([parts[of == one].sum() for one in range(len(streams.names))])
    return np.asarray(parts * (blocks / np.maximum(whole, 1e-300))[of] / max(float(u @ u), 1e-300))


def _block(u: Array, numeric: Judged, stream: int) -> float:
    """Squared distance along the coordinates of one stream."""
    mine = np.abs(numeric.space.weights[numeric.streams.column == stream]).sum(axis=0) > 0.0
    return float((u[mine] ** 2).sum())
