"""Memory that computes at its banks against GPUs, over users: the kernels and the draws of `predict`.

Only tokens that are written are compared: inputs are read on GPUs in either machine. Both have as few devices
as hold the model with its caches, weights and values in half precision, and whole sites with hours without
work. Beside it stands what the fit to silicon says of an analog array, against the figures of its chip.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jouletrace.maps import MODELS, QUARTILES, SOME_USERS, USERS, parity
from jouletrace.models.hardware import in_memory, workloads
from jouletrace.models.hardware.iteration import held_b
from jouletrace.models.hardware.state import DRAM, Load, Machine, Model
from jouletrace.numerics import cache_compilations, jax
from jouletrace.predict import arrays, cards, machine
from jouletrace.predict.cards import Leaf
from jouletrace.predict.catalogue import ARRAYS, catalogue
from jouletrace.predict.deployment import Deployment
from jouletrace.predict.macro_priors import FIT
from jouletrace.predict.priors import POSTERIOR, Source, drawn
from jouletrace.predict.resolve import Case, resolve
from jouletrace.registry import Registry
from jouletrace.registry.rows import Row
from jouletrace.told import Numbers, quantiles
from jouletrace.units import to_coherent

Record = dict[str, Any]
Tables = dict[str, tuple[Row, ...]]
Array = NDArray[np.float64]
NAME = "banks"
GPU = "gpu"
#: Machines, by the device of the registry.
DEVICES = {
    GPU: "h100-sxm5-80gb",
    "bank": "hbm3-pim-bank",
    "bank-group": "hbm3-pim-bank-group",
    "buffer-die": "hbm3-pim-buffer-die",
    "aimx": "aimx",
}
TITLES = {
    GPU: "GPUs",
    "bank": "at banks",
    "bank-group": "at groups of banks",
    "buffer-die": "on the die below",
    "aimx": "AiMX, by its maker",
}
COMPARED = ("llama-3-1-8b", "llama-3-1-70b")
OUTPUT = 512.0
#: Tokens of an input, with which a token has so many behind it in the middle, and users who fit some servers.
TEXTS = {"short": (768.0, USERS), "long": (32512.0, USERS[:7])}
BEHIND = {"short": "a thousand tokens behind each", "long": "33,000 tokens behind each"}
#: Where energy is counted: at the site, or at devices while they serve.
COUNTED = {"site": "facility", "devices": "device"}
#: Devices of a row; as many as hold the model are counted afterwards.
MANY = 64.0
HERMES = ("hermes-core", "hermes-fast", "hermes-exact")
#: A product and its sum, which a stated efficiency counts as two operations.
OPERATIONS = 2.0


class Bench:
    """Both kinds of machine with the same draws, asked for models, texts and users."""

    def __init__(self, registry: Registry, tables: Tables) -> None:
        self.known = catalogue(registry, tables)
        self.source = Source(registry, tables)
        self.drawn = drawn(self.known, self.source)
        self.shares = arrays.Shares(registry, tables, self.source)
        self.usable = self.source.of("usable_memory_ratio")

    def case(self, device: str, model: str, text: str, users: float) -> Case:
        """A row of `predict` for a machine, a model and its users."""
        row: dict[str, Any] = {"device": device, "devices": MANY, "model": model, "weight_bits": 16.0}
        row |= {"batch": users, "input_tokens": TEXTS[text][0], "output_tokens": OUTPUT}
        return resolve(Deployment(**row, boundary="facility"), self.known).case

    def joules(self, name: str, model: str, text: str) -> dict[str, Array]:
        """Joules of a token (users x draw), as each boundary counts it, and of reading memory."""
        users = TEXTS[text][1]
        cases = [self.case(DEVICES[name], model, text, each) for each in users]
        points = [self._gpus(case) if name == GPU else self._stacks(case) for case in cases]
        stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *points)
        cost = (_beside if name == GPU else _inside)(*stacked)
        found = {
            key: np.asarray(jax.vmap(jax.vmap(lambda one, at=at: workloads.boundary(one, at).sum()))(cost))
            for key, at in COUNTED.items()
        }
        found["reading"] = np.asarray(cost.energy_j[:, :, DRAM])
        return {key: values / np.array(users)[:, None] for key, values in found.items()}

    def _gpus(self, case: Case) -> tuple[Machine, Model, Load]:
        """As few GPUs as hold the model and its caches."""
        plain, model, (load, _), _ = machine.point(case, self.drawn)
        count: Leaf = np.ceil(np.asarray(held_b(model, load)) / (case.memory_b * self.usable))
        host = plain.system.host_power_w * count / MANY
        return plain._replace(system=plain.system._replace(devices=count, host_power_w=host)), model, load

    def _stacks(self, case: Case) -> tuple[in_memory.Design, Model, Load]:
        """As few cards; the kernel counts them."""
        design, model, (load, _), _ = cards.point(case, self.drawn, self.source.of_card, self.shares)
        one: Leaf = np.ones(self.source.draws)
        layout = design.layout._replace(least_chips=one)
        return design._replace(layout=layout), model, load


@jax.jit
def _beside(machine: Machine, model: Model, load: Load) -> Any:
    def one(machine: Machine, model: Model, load: Load) -> Any:
        return workloads.cost(machine, workloads.token_work(model, load))

    return jax.vmap(jax.vmap(one))(machine, model, load)


@jax.jit
def _inside(design: in_memory.Design, model: Model, load: Load) -> Any:
    return jax.vmap(jax.vmap(in_memory.step))(design, model, load)


def banks(registry: Registry, tables: Tables) -> Record:
    """Energy of a token over users on each machine; empty where no such memories are known."""
    if not {"imc_memory_b", "pim_path_energy_j_per_b"} <= set(registry.quantities):
        return {}
    cache_compilations(registry.root / ".cache" / "jax")
    bench = Bench(registry, tables)
    return {
        "titles": TITLES,
        "panels": [_panel(bench, model, text) for text in TEXTS for model in COMPARED],
        "arrays": _arrays(registry, bench),
    }


def _panel(bench: Bench, model: str, text: str) -> Record:
    users = TEXTS[text][1]
    found = {name: bench.joules(name, model, text) for name in DEVICES}
    reading = {name: 100.0 * one["reading"] / one["site"] for name, one in found.items()}
    gains = {
        name: {at: found[GPU][at] / one[at] for at in COUNTED} for name, one in found.items() if name != GPU
    }
    return {
        "model": model,
        "title": MODELS[model],
        "text": text,
        "users": list(users),
        "joules": {name: _each(one["site"]) for name, one in found.items()},
        "gain": {name: {at: _each(one[at]) for at in COUNTED} for name, one in gains.items()},
        "reading": {name: _each(one) for name, one in reading.items()},
        "wins": {name: np.mean(one["site"] > 1.0, axis=1).round(4).tolist() for name, one in gains.items()},
        "until": {name: {at: parity(1.0 / one[at], users) for at in COUNTED} for name, one in gains.items()},
    }


def _each(values: Array) -> list[Record]:
    return [quantiles(row) for row in values]


def _arrays(registry: Registry, bench: Bench) -> Record:
    """Joules of a product in the arrays of HERMES: by the fit, and as stated for its core and its chip."""
    if not bench.shares.known:
        return {}
    fitted, shares = bench.shares.joules(ARRAYS["hermes"]).sum(axis=0), bench.shares(ARRAYS["hermes"])
    stated = {name: _stated_j(registry, name) for name in HERMES}
    return {
        "stated": stated,
        "fitted": quantiles(fitted),
        "over": {name: quantiles(value / fitted) for name, value in stated.items()},
        "shares": {
            name: quantiles(100.0 * shares[k]) for k, name in enumerate(("cells", "converters", "drivers"))
        },
    }


def _stated_j(registry: Registry, name: str) -> float:
    one = registry.quantities["stated_efficiency_flop_per_j"]
    value = one.cases[name].distribution.stated[0]
    return OPERATIONS / to_coherent(value, one.unit, "stated_efficiency_flop_per_j")


def count(found: Mapping[str, Any], numbers: Numbers) -> None:
    """Numbers that the page quotes."""
    for one in found["panels"]:
        short = f"{one['model'].rpartition('-')[2]}-{one['text']}"
        for name in one["gain"]:
            what = f"{one['title']} parameters, {BEHIND[one['text']]}, arithmetic {TITLES[name]}"
            _count_gains(one, name, f"{short}-{name}", what, numbers)
        for name, line in one["joules"].items():
            ratio = {"p50": line[0]["p50"] / min(each["p50"] for each in line)}
            title = f"Energy of a token for one user over the least for any number of users, {TITLES[name]}, "
            numbers.add(f"batching-{short}-{name}", ratio, "times", title + one["title"], **PLACES)
            some = one["reading"][name][one["users"].index(SOME_USERS)]
            title = f"Part of the energy of a token that reading memory takes, 16 users, {TITLES[name]}, "
            numbers.add(f"reading-{short}-{name}", some, "percent", title + one["title"], **PLACES)
    if found["arrays"]:
        _count_arrays(found["arrays"], numbers)


def _count_gains(one: Record, name: str, key: str, what: str, numbers: Numbers) -> None:
    for place, users in enumerate(one["users"]):
        title = f"Energy of a token on GPUs over that in memory that computes, {what}, users: {users:.0f}"
        numbers.add(f"gain-{key}-{users:.0f}", one["gain"][name]["site"][place], "times", title, **PLACES)
        title = f"Draws in which memory that computes takes less energy, {what}, users: {users:.0f}"
        numbers.of_draws(f"wins-{key}-{users:.0f}", one["wins"][name][place], title, **PLACES)
    for at, places in (("site", PLACES), ("devices", PLACES | {"boundary": "devices while they serve"})):
        line = one["until"][name][at]
        until = {end: round(line[end]) for end in QUARTILES if line[end] is not None}
        title = f"Users from which GPUs take less energy at the {at}, {what}"
        numbers.add(f"until-{at}-{key}", until, "ratio", title, **places)
        title = f"Draws in which GPUs take less energy at the {at} for no number of users, {what}"
        numbers.of_draws(f"never-{at}-{key}", line["never"], title, **places)


def _count_arrays(found: Mapping[str, Any], numbers: Numbers) -> None:
    title = "Energy of a product in an array of HERMES, by the fit to silicon"
    picojoules = {key: 1e12 * value for key, value in found["fitted"].items()}
    numbers.add("array", picojoules, "pJ", title, **ARRAY)
    for name, one in found["over"].items():
        title = f"Stated energy of a product, {name}, over that of the fit for its array"
        numbers.add(f"over-{name}", one, "times", title, **ARRAY)
    for name, share in found["shares"].items():
        title = f"Part of the energy of a product in an array of HERMES that {name} take"
        numbers.add(f"share-{name}", share, "percent", title, **ARRAY)


def _source(cite: str | None, locator: str, grade: str) -> Record:
    return {"cite": cite, "locator": locator, "grade": grade, "licence": ""}


#: What is said of the numbers of these maps, and of those of an array.
PLACES: Record = {
    "href": "in-memory.html",
    "boundary": "a site with cooling and supply",
    "sources": [
        _source(None, f"the kernels of `predict`, with the posterior {POSTERIOR}", "fitted"),
        _source("attacc2024", "src/config.py, stacks with arithmetic, simulated", "read"),
        _source("skhynix2023aim", "banks of AiMX, a figure of the vendor", "secondary"),
    ],
}
ARRAY: Record = {
    "href": "in-memory.html",
    "boundary": "an array with its converters",
    "sources": [
        _source(None, f"the kernel of macros, with the posterior {FIT}", "fitted"),
        _source("khaddam2022hermes", "abstract, a core", "read"),
        _source("legallo2023", "abstract, a chip of 64 cores", "read"),
    ],
}


def captions() -> dict[str, str]:
    """What the figure shows."""
    return {
        "in-memory-banks": (
            "Energy of the site for a token that is written, in half precision. For one user GPUs take "
            "{num:banks.gain-8b-short-bank-1.p50} the energy of memory that computes at its banks, for eight "
            "billion parameters. Such memory gains little by users, so that GPUs take less from "
            "{num:banks.until-site-8b-short-bank.p50} users on, and for seventy billion from "
            "{num:banks.until-site-70b-short-bank.p50}. Stacks are simulated; the "
            "card is drawn from figures of its maker."
        )
    }
