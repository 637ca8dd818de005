"""Where cards that compute in their memory use less energy than GPUs, and where not: maps of the graph.

The graph of the claims is walked with users, length of texts and the part of the weights that stays
on the cards set to the points of a grid, all other inputs drawn. So a map is what the claims are, and no
second model. Each point takes the better of two places for keys and values, on the cards or in DRAM.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jouletrace import site_gain
from jouletrace.evaluate import walk
from jouletrace.graph import Plan
from jouletrace.numerics import cache_compilations, jnp
from jouletrace.registry import Registry
from jouletrace.registry.rows import Row
from jouletrace.sampling import inputs_of
from jouletrace.streams import Streams
from jouletrace.told import Numbers, quantiles
from jouletrace.units import to_coherent

Record = dict[str, Any]
Tables = dict[str, tuple[Row, ...]]
Array = NDArray[np.float64]
#: Draws of a point: an end of an interval is off by a few percent.
DRAWS = 256
ARTICLE, SHAPES = "51cto-2023", "model-shapes"
CARD, GPUS, LOAD = "corsair", "serving-gpus", "eight-bit-16"
MODELS = {"llama-3-1-8b": "8 billion", "llama-3-1-70b": "70 billion", "llama-3-1-405b": "405 billion"}
SIZES = (
    *("llama-3-2-1b", "llama-3-2-3b", "llama-3-1-8b", "qwen-3-14b"),
    *("qwen-3-32b", "llama-3-1-70b", "mistral-large-123b", "llama-3-1-405b"),
)
USERS = tuple(2.0**k for k in range(11))
TEXTS = tuple(2.0**k for k in range(7, 18, 2))
STAYS = (1.0, 0.9, 0.5)
#: Users and length of texts of the lines that go along one of the two.
SOME_USERS, SOME_TEXT = 16.0, 1024.0
QUARTILES = ("p05", "p25", "p50", "p75", "p95")
SET = ("served_batch_count", "context_token", "imc_resident_ratio", "imc_cache_in_dram_ratio")
#: What each map asks for.
GAIN, MATCHED = "imc_gain_ratio", "matched_gain_ratio"
SHARES = {
    "transfer": "removed_transfer_ratio",
    "devices": "removed_device_ratio",
}
TIMES = {"cards": "imc_pass_s", "GPUs": "decode_s"}
PARTS = {
    "products": "imc_product_j",
    "transfer on and off the chips": "imc_transfer_j",
    "cards that run or wait": "imc_running_j",
    "all": "imc_facility_j",
}


class Sheet:
    """The graph at one model, with its draws; asked for models of any shape at points of a grid."""

    def __init__(self, registry: Registry, tables: Tables) -> None:
        self.plan = Plan(registry, tables)
        at: Any = {"series": SIZES[0], "device": CARD, "load": LOAD}
        base: Any = {"series": SIZES[0], "device": GPUS, "load": LOAD}
        self.shapes: dict[str, dict[str, float]] = {}
        for row in tables[SHAPES]:
            shape = self.shapes.setdefault(row.series, {})
            shape[row.quantity] = to_coherent(row.value, row.unit, row.quantity)
        here = (GAIN, MATCHED, *SHARES.values(), *PARTS.values(), "imc_pass_s", "imc_card_count")
        self.asked = {name: self.plan.add(name, at, base, "maps") for name in here}
        self.asked["decode_s"] = self.plan.add("decode_s", base, {}, "maps")
        self.asked["imc_link_j"] = self.plan.add("imc_link_j", at, base, "maps")
        self.nodes = list({one.id: None for top in self.asked.values() for one in self.plan.below(top)})
        inputs = inputs_of(self.plan, [self.plan.nodes[one] for one in self.nodes])
        streams = Streams(list(inputs.values()))
        made = streams.made(streams.drawn(registry.settings.seed, DRAWS))
        self.drawn = {name: jnp.asarray(made[i])[None, :] for i, name in enumerate(inputs)}

    def at(self, model: str, **points: Array) -> dict[str, Array]:
        """Values (point x draw) of all that is asked, at points of the quantities of `SET`."""
        shape = {name: np.array([value]) for name, value in self.shapes[model].items()}
        given = {}
        for node_id, drawn in self.drawn.items():
            values = {**shape, **points}.get(self.plan.nodes[node_id].name)
            given[node_id] = drawn if values is None else jnp.asarray(values)[:, None]
        found = walk(self.plan, self.nodes, given)
        whole = (len(next(iter(points.values()))), DRAWS)
        return {name: np.broadcast_to(np.asarray(found[one]), whole) for name, one in self.asked.items()}

    def best(self, model: str, users: Array, texts: Array, stays: Array) -> dict[str, Array]:
        """The same where keys and values lie at the better of the two places, draw by draw."""
        common = dict(zip(SET[:3], (users, texts, stays), strict=True))
        near, far = (
            self.at(model, **common, imc_cache_in_dram_ratio=np.full(len(users), x)) for x in (0.0, 1.0)
        )
        better = near[GAIN] >= far[GAIN]
        return {name: np.where(better, near[name], far[name]) for name in near}


def maps(registry: Registry, tables: Tables, evidence: Mapping[str, Record]) -> Record:
    """All maps, and rows of claims that are drawn beside them; empty where no such cards are known."""
    if "imc_memory_b" not in registry.quantities:
        return {}
    cache_compilations(registry.root / ".cache" / "jax")
    sheet = Sheet(registry, tables)
    return {
        "fall": _rows(evidence, "C64", "fall-"),
        "levers": _rows(evidence, "X5", "lever-")
        + _rows(evidence, "X5", "imc-")
        + _rows(evidence, "X5", "bound"),
        "users": list(USERS),
        "texts": list(TEXTS),
        "stays": list(STAYS),
        "models": {model: _model(sheet, model, title) for model, title in MODELS.items()},
        "sizes": [_size(sheet, model) for model in SIZES],
        "site_gain": site_gain.site_gain(registry, tables, evidence),
    }


def _rows(evidence: Mapping[str, Record], claim: str, start: str) -> list[Record]:
    """Context of a claim whose name begins so."""
    told = evidence.get(f"{ARTICLE}.{claim}", {}).get("context", [])
    keys = ("text", "p05", "p50", "p95", "unit")
    return [
        {"name": one["label"], **{key: one.get(key) for key in keys}}
        for one in told
        if one["label"].startswith(start)
    ]


def _model(sheet: Sheet, model: str, title: str) -> Record:
    users, texts, stays = (one.ravel() for one in np.meshgrid(USERS, TEXTS, STAYS, indexing="ij"))
    every = sheet.best(model, users, texts, stays)
    shape = (len(USERS), len(TEXTS), len(STAYS))
    middle = np.median(every[GAIN], axis=1).reshape(shape)
    wins = np.mean(every[GAIN] > 1.0, axis=1).reshape(shape)
    line = np.array(USERS)
    usual = sheet.best(model, line, np.full(len(line), SOME_TEXT), np.ones(len(line)))
    site = 1.0 - 1.0 / usual[GAIN]
    return {
        "title": title,
        "order": list(MODELS).index(model),
        "gain": _rounded(middle),
        "wins": _rounded(wins),
        "removed": {name: _ends(100.0 * usual[one]) for name, one in SHARES.items()}
        | {"site": _ends(100.0 * site)},
        "seconds": {name: _ends(1e3 * usual[one]) for name, one in TIMES.items()},
        "free": _ends(usual[GAIN]),
        "matched": _ends(usual[MATCHED]),
        "parity": {"free": parity(usual[GAIN]), "matched": parity(usual[MATCHED])},
    }


def parity(gains: Array, users: Sequence[float] = USERS) -> Record:
    """Users from which cards take no more energy than GPUs: quantiles, and how many draws never get there.

    Gains (users x draw) are read on straight lines in logarithms; a draw counts from the point after
    which it stays at one or above. Draws that never do lie above all others.

    >>> parity(np.array([[0.5]] * 10 + [[2.0]]))["p50"]
    724.1
    """
    logs, x = np.log(gains), np.log(np.array(users))
    above = logs >= 0.0
    lasting = np.flip(np.logical_and.accumulate(np.flip(above, axis=0), axis=0), axis=0)
    first = np.argmax(lasting, axis=0)
    never = ~lasting[-1]
    draws = np.arange(gains.shape[1])
    before = np.maximum(first - 1, 0)
    low, high = logs[before, draws], logs[first, draws]
    step = np.where(first > 0, -low / np.where(high > low, high - low, 1.0), 0.0)
    found = np.exp(x[before] + step * (x[first] - x[before]))
    found = np.where(never, np.inf, found)
    ends = {key: float(np.quantile(found, int(key[1:]) / 100, method="higher")) for key in QUARTILES}
    told = {key: float(f"{value:.4g}") if np.isfinite(value) else None for key, value in ends.items()}
    return {**told, "never": float(f"{never.mean():.3g}"), "always": float(f"{lasting[0].mean():.3g}")}


def _size(sheet: Sheet, model: str) -> Record:
    """Cards, links and power of cards for a model, some users."""
    one = sheet.best(model, np.array([SOME_USERS]), np.array([SOME_TEXT]), np.ones(1))
    whole = one[PARTS["all"]]
    parts = {name: part for name, part in PARTS.items() if name != "all"}
    return {
        "model": model,
        "parameters": sheet.shapes[model]["model_total_parameter"],
        "cards": quantiles(one["imc_card_count"], QUARTILES),
        "shares": {name: quantiles(100.0 * one[part] / whole, QUARTILES) for name, part in parts.items()},
        "links": quantiles(100.0 * one["imc_link_j"] / whole, QUARTILES),
    }


def _ends(values: Array) -> list[Record]:
    return [quantiles(row, QUARTILES) for row in values]


def _rounded(values: Array) -> Any:
    return np.round(values, 5).tolist()


def count(found: Record, numbers: Numbers) -> None:
    """Numbers that pages quote: gains, users at parity, and cards, model by model."""
    places: Record = {"sources": [SOURCE], "boundary": "a site with cooling and supply"}
    free, matched = (places | _led("in_memory_against", name) for name in (GAIN, MATCHED))
    cards, running = (places | _led("in_memory", name) for name in ("imc_card_count", "imc_running_j"))
    some = USERS.index(SOME_USERS)
    for model, one in found["models"].items():
        short = model.rpartition("-")[2]
        kinds = (("free", "GPUs need not be as fast", free), ("matched", "GPUs made as fast", matched))
        for kind, what, where in kinds:
            title = (
                f"Energy of a token on GPUs over that on cards, {one['title']} parameters, 16 users, {what}"
            )
            numbers.add(f"gain-{kind}-{short}", one[kind][some], "times", title, **where)
            line = one["parity"][kind]
            title = f"Users from which cards take no more energy, {one['title']} parameters, {what}"
            told = {key: round(line[key]) for key in QUARTILES if line[key] is not None}
            numbers.add(f"parity-{kind}-{short}", told, "ratio", title, **where)
            title = f"Draws in which cards take more energy at any number of users, {one['title']}, {what}"
            numbers.of_draws(f"never-{kind}-{short}", line["never"], title, **where)
        title = f"Draws in which cards take less energy, {one['title']} parameters, 16 users"
        wins = float(np.array(one["wins"])[some, TEXTS.index(2048.0), 0])
        numbers.of_draws(f"wins-{short}", wins, title, **free)
    for one in found["sizes"]:
        short = one["model"].rpartition("-")[2]
        numbers.add(f"cards-{short}", one["cards"], "ratio", f"Cards that hold {one['model']}", **cards)
        title = f"Part of the energy of the site that cards draw by running or waiting, {one['model']}"
        part = one["shares"]["cards that run or wait"]
        numbers.add(f"running-{short}", part, "percent", title, **running)


def _led(module: str, name: str) -> Record:
    """Where a number leads: to a function on its page, with its formula and its line of code."""
    return {"href": f"models/{module}.html#fn-{name}"}


#: Where numbers of the maps come from.
SOURCE = {
    "cite": None,
    "locator": (
        "the function that the trace leads to, at each point of a grid, with the inputs that the traces of "
        "C64 list (src/jouletrace/maps.py)"
    ),
    "grade": "fitted",
    "licence": "",
}


def captions() -> dict[str, str]:
    """What each figure shows."""
    return site_gain.captions() | {
        "in-memory-parity": (
            "Where cards that compute in their memory take less energy of the site than GPUs for the same "
            "token, at eight bits; GPUs need not be as fast. With sixteen users and texts of two thousand "
            "tokens cards win in {num:in-memory.wins-8b.p50} of the draws for eight billion parameters, in "
            "{num:in-memory.wins-70b.p50} for seventy billion and in {num:in-memory.wins-405b.p50} for four "
            "hundred billion."
        ),
        "in-memory-removed": (
            "How much of the energy cards remove, by what is counted; below zero they add to it. Over open "
            "models and as many users as services have they remove {num:51cto-2023.C60.ii.p50} of all "
            "transfer, but {num:51cto-2023.C60.iii.p50} of all that devices draw. Weights stay on the cards."
        ),
        "in-memory-time": (
            "Time between two tokens of one text, links and hops counted. Over open models and as many users "
            "as services have it is {num:51cto-2023.C61.time-card.p50} on cards and "
            "{num:51cto-2023.C61.time-gpu.p50} on GPUs."
        ),
        "in-memory-size": (
            "What a larger model asks of cards, sixteen users: {num:in-memory.cards-8b.p50} for eight "
            "billion parameters, {num:in-memory.cards-70b.p50} for seventy billion and "
            "{num:in-memory.cards-405b.p50} for four hundred billion."
        ),
        "in-memory-fall": (
            "From an array to a rack at work: operations for a joule fall by hundreds, on cards as on "
            "GPUs, since boards, hosts and waiting are not in the figure of an array."
        ),
        "in-memory-levers": (
            "Levers in one currency, energy for the same service before over after: serving sixteen users "
            "together gains {num:51cto-2023.X5.lever-batching.p50}, half the bits "
            "{num:51cto-2023.X5.lever-precision.p50}, a better site {num:51cto-2023.X5.lever-siting.p50}, "
            "and cards in place of GPUs {num:51cto-2023.X5.imc-small.p50} for eight billion parameters and "
            "{num:51cto-2023.X5.imc-large.p50} for four hundred billion, where one would be even."
        ),
    }
