"""What the registry knows by name: devices with their data sheets, models with their shapes."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jouletrace.registry import Registry
from jouletrace.registry.distribution import middle
from jouletrace.registry.rows import Row
from jouletrace.sources import _names
from jouletrace.units import to_coherent

Array = NDArray[np.float64]
DEVICES, MODELS = "device-specs", "model-shapes"
#: Columns of rows say nanometres.
NANO = 1e9
CAPACITY = "imc_memory_b"
#: Bits of a value in which cards are described.
CARD_BITS = 8
#: The same of memory that computes at its banks.
BANK_BITS = 16
#: Cards with the names of their makers.
CARD_TITLES = {
    **{"d-matrix corsair": "corsair", "ibm northpole": "northpole", "ibm hermes": "hermes"},
    **{"mythic m1076": "mythic-m1076", "m1076": "mythic-m1076"},
    **dict.fromkeys(("sk hynix aimx", "sk hynix gddr6-aim", "gddr6-aim"), "aimx"),
    **{"encharge en100": "en100", "encharge ai en100": "en100", "axelera metis": "metis"},
    **dict.fromkeys(("samsung hbm-pim", "hbm-pim", "samsung aquabolt-xl"), "aquabolt-xl"),
}
#: Where in a memory of DRAM a device computes, by the device of the registry.
PLACES = {
    "aimx": ("gddr6-bank",),
    "aquabolt-xl": ("bank",),
    "hbm3-pim": ("bank", "bank-group", "buffer-die"),
}
#: What is said of a device, by its name in the registry.
BANK_NOTE = "a weight is read from its bank again for every token, of inputs as of outputs"
SAID = {
    "aimx": f"figures of its maker for a prototype; {BANK_NOTE}",
    "aquabolt-xl": f"the processor that its stacks stand beside is not counted; {BANK_NOTE}",
    "hbm3-pim": f"simulated, as no such memory exists; {BANK_NOTE}",
}
#: The arrays of analog cards, by the published macro whose figures they are.
ARRAYS = {
    "hermes": "uiuc49--1--envm--pcm-cross--is--macro",
    "mythic-m1076": "r-mythic1076--1--eflash--unstated--unstated--processor",
}
#: Machines that compute in their memory and cannot be predicted, and why.
REFUSED = {
    "en100": "no figure was found of how much its analog arrays hold, nor of how fast they are refilled",
    "metis": "made for pictures; no figure was found of how fast its arrays are refilled",
    "upmem": "its units imitate floating point, and no figure was found of a language model on them",
}
PEAK = re.compile(r"device_peak_(?:fp|bf|int)(\d+)_(?:flop|op)_per_s")


@dataclass(frozen=True)
class Sheet:
    """The data sheet of a device: dense peaks by bits of a value, and the figures that rows may give."""

    peaks: Mapping[int, float]
    figures: Mapping[str, float]


@dataclass(frozen=True)
class Card:
    """A card that computes in its memory: what is outside its chips, around it, and how long its cells last.

    ``life_s`` is how long a model is served at most; cells that wear out before are no place for it.
    ``bits`` is what it computes in. ``device`` is its name in the registry and ``place``, where its arrays
    are banks of DRAM, where it computes; ``array`` is the published macro that its analog arrays are.
    """

    dram_b: float
    dram_bandwidth_b_per_s: float
    link_bandwidth_b_per_s: float
    server_cards: float
    endurance: float
    life_s: float
    bits: int = CARD_BITS
    device: str = ""
    place: str = ""
    array: str = ""
    said: str = ""


@dataclass(frozen=True)
class Shape:
    """Numbers of a language model that do not depend on how its values are stored.

    ``attention_values`` and ``kv_values`` are heads times head size, for queries and for keys alone.
    """

    total: float
    active: float
    shared: float
    lookup: float
    layers: float
    width: float
    attention_values: float
    kv_values: float
    head_values: float
    attention_layers: float
    window_layers: float
    window_tokens: float
    state_values: float
    vocabulary: float
    experts: float


@dataclass(frozen=True)
class Scaling:
    """Shapes of models by their parameters: a line in logarithms, with the scatter of models about it.

    ``head_values``: the head size that most of them have; keys and values are drawn for a whole layer.
    ``shared_ratios``: of models with experts, how much of what a token uses every token uses;
    ``experts``: how many they have in a layer, in the middle.
    """

    slopes: Array
    scatter: Array
    head_values: float
    shared_ratios: tuple[float, ...]
    experts: float

    def drawn(self, total: float, active: float, z: Array) -> Array:
        """Values of `SCALED` (value x draw) from standard normal numbers (value x draw)."""
        middle = _terms(total, active) @ self.slopes
        return np.asarray(np.exp(middle[:, None] + self.scatter @ z))


#: What is drawn for a model of which only the parameters are known.
SCALED = ("layers", "width", "attention_values", "kv_values", "vocabulary")


@dataclass(frozen=True)
class Catalogue:
    """Devices and models by key, what measurements call models of the same shape, and titles.

    ``note`` is said of every row, ``split`` of rows of analog cards; ``refused`` are cards that no row can
    have, and why.
    """

    devices: Mapping[str, Sheet]
    models: Mapping[str, Shape]
    model_aliases: Mapping[str, str] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    cards: Mapping[str, Card] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    split: Mapping[str, str] = field(default_factory=dict)

    def scaling(self) -> Scaling:
        """The line through the logarithms of all models that keep keys and values, by least squares."""
        shapes = [one for one in self.models.values() if one.kv_values > 0.0]
        x = np.array([_terms(one.total, one.active) for one in shapes])
        y = np.log([[getattr(one, name) for name in SCALED] for one in shapes])
        slopes, *_ = np.linalg.lstsq(x, y, rcond=None)
        left = y - x @ slopes
        spread = left.T @ left / (len(shapes) - x.shape[1])
        heads = [one.head_values for one in shapes]
        usual = max(sorted(set(heads)), key=heads.count)
        sparse = [one for one in shapes if one.experts > 0.0]
        ratios = tuple(sorted(one.shared / one.active for one in sparse))
        experts = float(np.median([one.experts for one in sparse]))
        return Scaling(slopes, np.linalg.cholesky(spread), usual, ratios, experts)


def _terms(total: float, active: float) -> Array:
    return np.array([1.0, math.log(active), math.log(total / active)])


def catalogue(registry: Registry, tables: Mapping[str, tuple[Row, ...]]) -> Catalogue:
    """All that the tables of devices and of models hold."""
    tables_named = [registry.datasets[name] for name in (DEVICES, MODELS)]
    devices, models = _by_series(tables[DEVICES]), _by_series(tables[MODELS])
    cards = _cards(registry)
    sheets = {key: _sheet(one) for key, one in devices.items()}
    return Catalogue(
        {**sheets, **{key: _card_sheet(registry, card) for key, card in cards.items()}},
        {key: shape for key, one in models.items() if (shape := _shape(one))},
        _names.MODELS,
        {title.lower(): key for one in tables_named for key, title in one.names.items()} | CARD_TITLES,
        cards=cards,
        refused=REFUSED,
    )


def _cards(registry: Registry) -> dict[str, Card]:
    """Cards that compute in their memory, by the cases of their capacity."""
    known = registry.quantities.get(CAPACITY)
    if known is None:
        return {}
    found = {}
    for device in known.cases:
        places = PLACES.get(device, ("",))
        for place in places:
            key = f"{device}-{place}" if len(places) > 1 else device
            found[key] = _card(registry, device, place)
    return found


def _card(registry: Registry, device: str, place: str) -> Card:
    of = partial(_of_card, registry, device=device, place=place)
    return Card(
        dram_b=of("imc_dram_b"),
        dram_bandwidth_b_per_s=of("imc_dram_bandwidth_b_per_s"),
        link_bandwidth_b_per_s=of("imc_link_bandwidth_b_per_s"),
        server_cards=of("imc_server_card_count"),
        endurance=of("imc_endurance_count"),
        life_s=of("model_life_s", most=True),
        bits=BANK_BITS if place else CARD_BITS,
        device=device,
        place=place,
        array=ARRAYS.get(device, ""),
        said=SAID.get(device, ""),
    )


def _card_sheet(registry: Registry, card: Card) -> Sheet:
    """What stands for the data sheet of a card: arithmetic in its bits, and its arrays as its memory."""
    of = partial(_of_card, registry, device=card.device, place=card.place)
    figures = {
        "memory_b": of(CAPACITY),
        "memory_bandwidth_b_per_s": of("imc_array_bandwidth_b_per_s"),
        "tdp_w": of("imc_card_power_w"),
    }
    return Sheet({card.bits: of("imc_peak_flop_per_s")}, figures)


def _of_card(registry: Registry, name: str, device: str, place: str, most: bool = False) -> float:
    """The middle or the upper end of a quantity for a card, or for any where it has no case of its own."""
    quantity = registry.quantities[name]
    here = {"device": device, "series": place}
    fits = [one for one in quantity.cases.values() if one.at.items() <= here.items()]
    case = max(fits, key=lambda one: len(one.at))
    value = case.distribution.stated[1] if most else middle(case.distribution)
    return to_coherent(value, quantity.unit, name)


def _by_series(rows: Iterable[Row]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        found.setdefault(row.series, {})[row.quantity] = to_coherent(row.value, row.unit, row.quantity)
    return found


def _sheet(one: Mapping[str, float]) -> Sheet:
    peaks: dict[int, float] = {}
    for name, value in one.items():
        if found := PEAK.fullmatch(name):
            bits = int(found[1])
            peaks[bits] = max(value, peaks.get(bits, 0.0))
    figures = {name.removeprefix("device_"): value for name, value in one.items()}
    if "node_m" in figures:
        figures["node_nm"] = figures["node_m"] * NANO
    return Sheet(peaks, figures)


def _shape(one: Mapping[str, float]) -> Shape | None:
    def of(name: str) -> Any:
        return one[f"model_{name}"]

    try:
        return Shape(
            total=of("total_parameter"),
            active=of("active_parameter") + of("lookup_parameter"),
            shared=of("shared_parameter") + of("lookup_parameter"),
            lookup=of("lookup_parameter"),
            layers=of("layer"),
            width=of("width"),
            attention_values=of("head") * of("head_size"),
            kv_values=of("kv_head") * of("head_size"),
            head_values=of("head_size"),
            attention_layers=of("attention_layer"),
            window_layers=of("windowed_layer"),
            window_tokens=of("window_token"),
            state_values=of("state_value"),
            vocabulary=of("vocabulary"),
            experts=of("expert"),
        )
    except KeyError:
        return None
