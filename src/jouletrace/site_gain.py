"""How much a service gains when one part of its accelerators' energy falls and all else stays.

Amdahl's law for energy. A part that is a share of all that is drawn, made some times cheaper, lowers the
whole by what it saves, and never by more than its share. The share of accelerators at work is that of one
large service; parts of it are those of GPUs in the graph of the claims, prompts read as well.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jouletrace.evaluate import walk
from jouletrace.graph import Plan
from jouletrace.models.in_memory_against import imc_bound_ratio, removed_serving_ratio
from jouletrace.numerics import jnp
from jouletrace.registry import Registry
from jouletrace.registry.rows import Row
from jouletrace.sampling import inputs_of
from jouletrace.scoreboard import slug
from jouletrace.streams import Streams
from jouletrace.told import ENDS, Numbers, quantiles

Record = dict[str, Any]
Tables = dict[str, tuple[Row, ...]]
Array = NDArray[np.float64]
ARTICLE = "51cto-2023"
DRAWS = 2048
#: How many times less a part takes; below one are machines that take more.
FALLS = tuple(10.0 ** (k / 8.0) for k in range(-5, 25))
#: Falls that pages quote.
TENFOLD, THOUSANDFOLD = 10.0, 1000.0
SHARE = "accelerator_active_share_ratio"
#: Parts of what accelerators draw at work, from all of it down: quantity, title of a panel, words.
PARTS = {
    "accelerators": ("", "all that accelerators draw", "all energy of accelerators at work"),
    "waiting": (
        "caused_share_of_request_ratio",
        "moving data, and waiting for it",
        "moving data, and waiting for it",
    ),
    "moving": ("moving_share_of_request_ratio", "moving data", "moving data"),
    "arithmetic": ("computing_share_of_request_ratio", "arithmetic", "arithmetic"),
}
#: Energy of devices, and of what stands around them, at sites as they are modelled.
SITE = ("device_j", "around_devices_j", "facility_j")
#: Machines that are marked: part, claim, row, words; a row tells what is removed, in percent.
REMOVED = (
    ("accelerators", "C60", "iii/model=8b", "Corsair, 8 billion"),
    ("accelerators", "C60", "iii/model=70b", "70 billion"),
    ("accelerators", "C60", "iii/model=405b", "405 billion"),
    ("moving", "C60", "ii", "Corsair"),
)
#: Machines whose operations for a joule are set against those of an H100, and whether a vendor states them.
PEAKS = (
    ("fall-northpole-card", "NorthPole", False),
    ("fall-hermes-fast", "HERMES", False),
    ("fall-corsair-chip", "Corsair", True),
)
AGAINST = "fall-h100"


def gained(fall: Any, share: Any, active: Any) -> Any:
    """Gain of a service where a part, some share of the energy of its accelerators, takes that much less.

    >>> float(gained(2.0, 1.0, 0.5)), float(gained(1e12, 0.5, 0.5))
    (1.3333333333333333, 1.333333333332889)
    """
    return imc_bound_ratio(removed_serving_ratio(share * (1.0 - 1.0 / fall), active))


def shares(registry: Registry, tables: Tables) -> dict[str, Array]:
    """Draws of the share of accelerators at work, of their parts in it, and of modelled sites."""
    plan = Plan(registry, tables)
    at: Any = {"series": "open-models", "device": "serving-gpus", "load": "serving"}
    names = (SHARE, *SITE, *(name for name, *_ in PARTS.values() if name))
    asked = {name: plan.add(name, at, {}, "maps") for name in names}
    nodes = list({one.id: None for top in asked.values() for one in plan.below(top)})
    inputs = inputs_of(plan, [plan.nodes[one] for one in nodes])
    streams = Streams(list(inputs.values()))
    made = streams.made(streams.drawn(registry.settings.seed, DRAWS))
    found = walk(plan, nodes, {name: jnp.asarray(made[i]) for i, name in enumerate(inputs)})
    return {name: np.broadcast_to(np.asarray(found[one]), (DRAWS,)) for name, one in asked.items()}


def site_gain(registry: Registry, tables: Tables, evidence: Mapping[str, Record]) -> Record:
    """Gains of the service over how far each part falls, most that they can be, and machines on the lines."""
    drawn: Record = shares(registry, tables)
    active = drawn[SHARE]
    parts: Record = {}
    for order, (key, (name, title, words)) in enumerate(PARTS.items()):
        share = drawn[name] if name else np.ones(DRAWS)
        lines = [quantiles(gained(fall, share, active)) for fall in FALLS]
        told = {str(int(x)): quantiles(gained(x, share, active)) for x in (TENFOLD, THOUSANDFOLD)}
        parts[key] = {
            **{"order": order, "title": title, "words": words, "gain": lines, "at": told},
            **{"most": quantiles(imc_bound_ratio(share * active)), "share": quantiles(100.0 * share)},
        }
    device, around, site = (drawn[name] for name in SITE)
    parts["accelerators"]["sites"] = [quantiles(gained(fall, 1.0, device / site)) for fall in FALLS]
    return {
        "falls": list(FALLS),
        "parts": parts,
        "modelled": quantiles(imc_bound_ratio(device / site)),
        "cooled": quantiles(imc_bound_ratio(device / (device + around))),
        "machines": _machines(evidence, parts),
    }


def _machines(evidence: Mapping[str, Record], parts: Record) -> list[Record]:
    """Machines on the middle line of their part: how many times less they take of it."""
    found = []
    for part, claim, label, words in REMOVED:
        row = _row(evidence, claim, label, "rows")
        if row:
            falls = {key: 1.0 / (1.0 - row[key] / 100.0) for key in ENDS}
            found.append(_machine(part, f"{claim}-{label}", words, falls, False, parts))
    base = _row(evidence, "C64", AGAINST, "context")
    for label, words, vendor in PEAKS:
        row = _row(evidence, "C64", label, "context")
        if row and base:
            falls = {key: row[key] / base[key] for key in ENDS}
            found.append(_machine("arithmetic", label, words, falls, vendor, parts))
    return found


def _row(evidence: Mapping[str, Record], claim: str, label: str, where: str) -> Record:
    told = evidence.get(f"{ARTICLE}.{claim}", {}).get(where, [])
    return next((one for one in told if one["label"] == label), {})


def _machine(part: str, name: str, words: str, falls: Record, vendor: bool, parts: Record) -> Record:
    middle = [one["p50"] for one in parts[part]["gain"]]
    gain = float(np.interp(np.log(falls["p50"]), np.log(FALLS), middle))
    told = {key: float(f"{value:.5g}") for key, value in falls.items()}
    return {
        "part": part,
        "name": name,
        "words": words,
        "vendor": vendor,
        "gain": float(f"{gain:.5g}"),
        **told,
    }


#: Where numbers come from.
SOURCE = {
    "cite": "elsworth2025",
    "locator": "share of accelerators at work; its parts from the graph of the claims, drawn jointly",
    "grade": "fitted",
    "licence": "",
}


def count(found: Record, numbers: Numbers) -> None:
    """Numbers that pages quote: gains at some falls, most that they can be, and machines."""
    places: Record = {
        "href": "in-memory.html",
        "sources": [SOURCE],
        "boundary": "service of one firm at its facilities",
    }
    for key, one in found["parts"].items():
        title = f"Most that a service gains if this falls to nothing and all else stays: {one['words']}"
        numbers.add(f"site-{key}", one["most"], "times", title, **places)
        for fall, line in one["at"].items():
            title = f"What a service gains if this falls {fall} times and all else stays: {one['words']}"
            numbers.add(f"site-{key}-{fall}", line, "times", title, **places)
        title = f"Share of this in what accelerators draw at work, prompts read as well: {one['words']}"
        numbers.add(f"site-{key}-share", one["share"], "percent", title, **places)
    places["boundary"] = "a site with cooling and supply, as modelled"
    title = "Most that a site of GPUs gains if these fall to nothing and all else stays"
    numbers.add("site-modelled", found["modelled"], "times", title, **places)
    title = "Most that a site of GPUs gains if these fall to nothing and cooling falls with them"
    numbers.add("site-cooled", found["cooled"], "times", title, **places)
    places["boundary"] = "one part of the energy of devices"
    for one in found["machines"]:
        title = f"How many times less a machine takes: {one['words']}, {PARTS[one['part']][2]}"
        numbers.add(f"site-machine-{slug(one['name'])}", one, "times", title, **places)


def captions() -> dict[str, str]:
    """What the figure shows."""
    most = "{{num:in-memory.site-{0}.p50}} ({{num:in-memory.site-{0}.p05}} to {{num:in-memory.site-{0}.p95}})"
    return {
        "in-memory-site": (
            "What a whole service gains when one part of its accelerators' energy falls and all else stays. "
            f"Were arithmetic for nothing, the service would gain {most.format('arithmetic')}; were moving "
            f"data for nothing, {most.format('moving')}; and were no time lost in waiting for data either, "
            f"{most.format('waiting')}. If accelerators at work drew nothing at all, it would be "
            f"{most.format('accelerators')}. All lines are flat long before a factor of a hundred."
        )
    }
