"""How much accuracy small networks lose in analog arrays: noise of cells, bits of converters and weights.

Each network learns from several seeds; then the same weights are put into simulated arrays, chip by chip, and
tested on what was not learned. For its last half one copy learns on exactly, one with cells that are off.
"""

import itertools
import math
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jouletrace.experiments import analog_nets, analog_tasks
from jouletrace.experiments.analog_array import Setting, levels, placed, product
from jouletrace.experiments.analog_nets import Forward, Lesson, Net
from jouletrace.experiments.analog_tasks import Examples, Spoiling
from jouletrace.experiments.fit import workers
from jouletrace.experiments.task import Found, Numbers, Table, Task
from jouletrace.registry.rows import Row

Record = dict[str, Any]
FORWARD: dict[str, Forward] = {
    "prose-transformer": analog_nets.transformer_forward,
    "letters-convolutions": analog_nets.convolutions_forward,
    "digits-layers": analog_nets.layers_forward,
}
#: Of a picture of a digit.
PIXELS = 64
#: Examples that are tested at once, of text and of pictures: as many as stay in the cache of a processor.
TOGETHER = {True: 12, False: 125}
TRAININGS = ("exact", "noisy")
NOISES = (0.0, 0.01, 0.02, 0.03, 0.05, 0.1)
ADC_BITS = (4, 5, 6, 7, 8, 10)
WEIGHT_BITS = (2, 4, 5, 6, 8)
ROWS = (32, 256)
#: Noises at which arrays of fewer rows are looked at.
OTHER_NOISES = (0.0, 0.03)
#: A sine that fills the range of an ideal converter of b bits has 6.02 b + 1.76 dB.
DB_PER_BIT, DB_OF_SINE = 20.0 * math.log10(2.0), 10.0 * math.log10(1.5)


class Place(NamedTuple):
    """Where a network is tested: rows of an array, noise, bits; infinite bits of a converter: none."""

    rows: int
    noise: float
    adc_bits: float
    weight_bits: float


class Job(NamedTuple):
    """A network and the seed that it learns from; what all jobs share stands beside it."""

    network: str
    number: int
    seed: int
    settings: dict[str, float]
    prose: tuple[Row, ...]


def places(number: int) -> Iterator[Place]:
    """All settings on the largest array; for the first seed on others too, with the finest weights."""
    for noise, adc, weight in itertools.product(NOISES, (*ADC_BITS, math.inf), WEIGHT_BITS):
        yield Place(ROWS[-1], noise, adc, weight)
    for rows, noise, adc in itertools.product(ROWS[:-1] if number == 0 else (), OTHER_NOISES, ADC_BITS):
        yield Place(rows, noise, adc, WEIGHT_BITS[-1])


def material(job: Job) -> Examples:
    """What a network learns from and is tested on; the same for all seeds."""
    at = job.settings
    if job.network.startswith("prose"):
        window, tested = round(at["window_character_count"]), round(at["tested_window_count"])
        return analog_tasks.prose(job.prose, window, tested, job.seed)
    if job.network.startswith("digits"):
        return analog_tasks.digits(round(at["tested_digit_count"]), job.seed)
    names = ("turn", "slant", "stretch", "shift", "noise")
    spoiling = Spoiling(*(at[f"letter_{name}_ratio"] for name in names))
    learned, tested = round(at["learned_letter_count"]), round(at["tested_letter_count"])
    return analog_tasks.letters(spoiling, learned, tested, job.seed)


def beginner(job: Job, key: Array) -> Net:
    """The network before it has learned anything."""
    size = {name: round(value) for name, value in job.settings.items() if name.endswith("_count")}
    if job.network == "digits-layers":
        return analog_nets.layers(PIXELS, size["hidden_count"], analog_tasks.DIGITS, key)
    if job.network == "letters-convolutions":
        classes = len(analog_tasks.LETTERS)
        return analog_nets.convolutions(analog_tasks.SIDE, size["channel_count"], classes, key)
    characters, window = len(analog_tasks.ALPHABET), size["window_character_count"]
    return analog_nets.transformer(characters, window, size["width_count"], size["depth_count"], key)


def trained(job: Job, examples: Examples) -> dict[str, Net]:
    """The network by how it learned: the first half is common."""
    at, kind = job.settings, job.network.split("-")[0]
    steps, batch = at[f"{job.network.replace('-', '_')}_step_count"] / 2.0, at[f"{kind}_batch_count"]
    inputs, targets = jnp.asarray(examples.inputs), jnp.asarray(examples.targets)
    begin, one, two = jax.random.split(jax.random.fold_in(jax.random.key(job.seed), job.number), 3)
    learn = partial(analog_nets.learned, FORWARD[job.network], round(steps), round(batch))
    first = Lesson(at[f"{kind}_rate_ratio"])
    half = learn(beginner(job, begin), inputs, targets, first, one)
    exact = first._replace(rate=first.rate / 2.0)
    noisy = exact._replace(noise=at["trained_noise_ratio"], clip=at["trained_clip_ratio"])
    return {
        name: learn(half, inputs, targets, lesson, two)
        for name, lesson in zip(TRAININGS, (exact, noisy), strict=True)
    }


class Seen(NamedTuple):
    """Inputs of a matrix that were seen in training, and how often it is used for an example."""

    inputs: Array
    uses: float


@partial(jax.jit, static_argnums=(0, 3))
def seen(forward: Forward, net: Net, inputs: Array, most: int, key: Array) -> dict[str, Seen]:
    """Inputs of each matrix, at most so many."""
    found: dict[str, Seen] = {}

    def noted(name: str, value: Array) -> Array:
        flat = value.reshape(-1, value.shape[-1])
        some = jax.random.choice(key, len(flat), (min(most, len(flat)),), replace=False)
        found[name] = Seen(flat[some], len(flat) / len(inputs))
        return value @ net.matrices[name]

    forward(net.rest, inputs, noted)
    return found


@partial(jax.jit, static_argnums=(0, 1))
def tested(
    forward: Forward,
    rows: int,
    net: Net,
    known: dict[str, Seen],
    inputs: Array,
    targets: Array,
    setting: Setting,
    input_levels: float,
    key: Array,
) -> dict[str, Array]:
    """Measures of a chip, and the ratio of signal to error of its products, weighted by their work."""
    errors = analog_nets.normal(net.matrices, key)
    layers = {
        name: placed(matrix, known[name].inputs, setting, rows, input_levels, errors[name])
        for name, matrix in net.matrices.items()
    }

    def times(name: str, value: Array) -> Array:
        return product(layers[name], value, setting, input_levels)

    work = {name: known[name].uses * matrix.size for name, matrix in net.matrices.items()}
    ratio = {
        name: _decibel(known[name].inputs @ matrix, times(name, known[name].inputs))
        for name, matrix in net.matrices.items()
    }
    whole = sum(work[name] * ratio[name] for name in work) / sum(work.values())
    together = TOGETHER[jnp.issubdtype(inputs.dtype, jnp.integer)]
    scores = jax.lax.map(lambda one: forward(net.rest, one, times), inputs, batch_size=together)
    return {**analog_nets.measures(scores, targets), "snr_db": whole}


def _decibel(right: Array, found: Array) -> Array:
    return 10.0 * jnp.log10(jnp.mean(right**2) / (jnp.mean((found - right) ** 2) + 1e-30))


def worked(job: Job) -> list[Record]:
    """All settings of one network and seed; one row for each."""
    jax.config.update("jax_enable_x64", False)
    examples, at = material(job), job.settings
    inputs, targets = jnp.asarray(examples.test_inputs), jnp.asarray(examples.test_targets)
    forward, key = FORWARD[job.network], jax.random.key(job.seed + 1 + job.number)
    found: list[Record] = []
    for training, net in trained(job, examples).items():
        some = jnp.asarray(examples.inputs[:: max(len(examples.inputs) // 256, 1)])
        known = seen(forward, net, some, round(at["seen_count"]), key)
        bare = analog_nets.measures(forward(net.rest, inputs, analog_nets.exact(net.matrices)), targets)
        names = {"network": job.network, "training": training, "seed": job.number}
        found.append({**names, **_row(None, [bare])})
        for place in places(job.number):
            chips = jax.random.split(key, round(at["chip_count"]) if place.noise else 1)
            setting = Setting(place.noise, levels(place.weight_bits), levels(place.adc_bits))
            given = (net, known, inputs, targets, setting, levels(at["input_bit_count"] + 1.0))
            told = [tested(forward, place.rows, *given, chip) for chip in chips]
            found.append({**names, **_row(place, told)})
    return found


def _row(place: Place | None, told: list[dict[str, Array]]) -> Record:
    """Mean over chips and their spread; a cell stays empty where there is no array or no converter."""
    setting = place._asdict() if place else dict.fromkeys(Place._fields)
    if place and math.isinf(place.adc_bits):
        setting["adc_bits"] = None
    means = {name: float(np.mean([float(one[name]) for one in told])) for name in told[0]}
    return {**setting, **means}


def run(task: Task) -> Found:
    """Every run with what it lost, how many effective bits suffice, and joint draws of that."""
    settings = {name: one.value for name, one in task.entry.settings.items()}
    prose = tuple(row for table in task.tables.values() for row in table)
    seeds = range(round(settings["seed_count"]))
    jobs = [Job(name, seed, task.entry.seed, settings, prose) for name in FORWARD for seed in seeds]
    with workers(task.cores) as pool:
        rows = with_losses([row for found in pool.map(worked, jobs) for row in found])
    bits = sufficient(rows, settings["tolerance_ratio"])
    draws = drawn(bits, round(settings["draw_count"]), task.entry.seed)
    return Found(draws, {"runs": columns(rows), "enough": columns(bits)}, record={"runs": len(rows)})


def with_losses(rows: list[Record]) -> list[Record]:
    """Runs with what each lost against its network as it was learned exactly, and its effective bits.

    Prose is judged by the bits that a character takes, and loses the part by which they grow.
    """
    bare = {
        (row["network"], row["seed"]): row
        for row in rows
        if (row["training"], row["rows"]) == ("exact", None)
    }
    return [_with_loss(row, bare[row["network"], row["seed"]]) for row in rows]


def _with_loss(row: Record, bare: Record) -> Record:
    is_prose = row["network"].startswith("prose")
    loss = row["bits"] / bare["bits"] - 1.0 if is_prose else bare["accuracy"] - row["accuracy"]
    bits = (row["snr_db"] - DB_OF_SINE) / DB_PER_BIT if row["rows"] else None
    kept = {key: value for key, value in row.items() if key != "snr_db"}
    return {**kept, "loss": loss, "effective_bits": bits}


def enough(bits: Numbers, lost: Numbers, tolerance: float) -> float:
    """Effective bits that best part what stays within the tolerance from what does not.

    >>> enough(np.array([3.0, 4.0, 5.0]), np.array([0.2, 0.02, 0.005]), 0.01)
    4.5
    """
    order = np.argsort(bits)
    edges, good = bits[order], lost[order] <= tolerance
    wrong = [int(good[:place].sum() + (~good[place:]).sum()) for place in range(len(edges) + 1)]
    best = int(np.argmin(wrong))
    return float(edges[max(best - 1, 0)] + edges[min(best, len(edges) - 1)]) / 2.0


def sufficient(rows: list[Record], tolerance: float) -> list[Record]:
    """Effective bits that suffice, for each network, training and seed, over all runs on full arrays."""
    groups: dict[tuple[str, str, int], list[Record]] = {}
    for row in rows:
        if row["rows"] == ROWS[-1]:
            groups.setdefault((row["network"], row["training"], row["seed"]), []).append(row)
    found = []
    for (network, training, seed), some in groups.items():
        bits, lost = (np.array([row[key] for row in some]) for key in ("effective_bits", "loss"))
        names = {"network": network, "training": training, "seed": seed}
        found.append({**names, "effective_bits": enough(bits, lost, tolerance)})
    return found


def drawn(bits: list[Record], count: int, seed: int) -> dict[str, Numbers]:
    """Draws of the bits that suffice: of each network some seed, and of one network or another."""
    rng = np.random.default_rng(seed)
    found: dict[str, Numbers] = {}
    for training in TRAININGS:
        mine = [one for one in bits if one["training"] == training]
        each = {
            name: np.array([one["effective_bits"] for one in mine if one["network"] == name])
            for name in FORWARD
        }
        some = np.stack([rng.choice(values, count) for values in each.values()])
        found |= {f"{name}-{training}": values for name, values in zip(each, some, strict=True)}
        found[f"any-{training}"] = some[rng.integers(len(some), size=count), np.arange(count)]
    return found


def columns(rows: list[Record]) -> Table:
    """Rows as columns; what a row has not stays empty."""
    names = dict.fromkeys(key for row in rows for key in row)
    return {name: [row.get(name) for row in rows] for name in names}
