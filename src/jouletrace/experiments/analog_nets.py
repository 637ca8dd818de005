"""Three small networks, and how they learn: two that read letters, and one that writes prose.

All matrices of a network stand in ``matrices``; what multiplies by them is handed in, so that the same
network runs exactly and on arrays. Biases, norms and attention between characters stay digital.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

#: Multiplies an input by the matrix of a name.
Product = Callable[[str, Array], Array]
HEADS = 4
#: Matrices of a transformer that add to its stream, or read it out.
ENDS = ("out", "down", "last")


class Net(NamedTuple):
    """Weights: matrices by name, and everything that is not a matrix product."""

    matrices: dict[str, Array]
    rest: dict[str, Array]


Forward = Callable[[dict[str, Array], Array, Product], Array]


def start(shapes: dict[str, tuple[int, int]], rest: dict[str, Array], key: Array) -> Net:
    """Random weights of a size that keeps signals at their size; those that end a branch are smaller."""
    keys = jax.random.split(key, len(shapes))
    matrices = {
        name: jax.random.normal(one, shape) * jnp.sqrt(2.0 / shape[0]) * (0.3 if name.endswith(ENDS) else 1.0)
        for one, (name, shape) in zip(keys, shapes.items(), strict=True)
    }
    biases = {f"{name}_bias": jnp.zeros(shape[1]) for name, shape in shapes.items()}
    return Net(matrices, {**biases, **rest})


def layers(inputs: int, hidden: int, classes: int, key: Array) -> Net:
    """Three layers without structure, for pictures as rows of pixels."""
    shapes = {"first": (inputs, hidden), "second": (hidden, hidden), "last": (hidden, classes)}
    return start(shapes, {}, key)


def layers_forward(rest: dict[str, Array], inputs: Array, times: Product) -> Array:
    """Scores of the classes."""
    for name in ("first", "second"):
        inputs = jax.nn.relu(times(name, inputs) + rest[f"{name}_bias"])
    return times("last", inputs) + rest["last_bias"]


def convolutions(side: int, channels: int, classes: int, key: Array) -> Net:
    """Two layers of 3 x 3 convolutions in steps of two pixels, and one that decides."""
    last = (side // 4) ** 2 * 2 * channels
    shapes = {"first": (9, channels), "second": (9 * channels, 2 * channels), "last": (last, classes)}
    return start(shapes, {}, key)


def convolutions_forward(rest: dict[str, Array], inputs: Array, times: Product) -> Array:
    """Scores of the classes."""
    side = round(inputs.shape[-1] ** 0.5)
    maps = inputs.reshape(*inputs.shape[:-1], side, side, 1)
    for name in ("first", "second"):
        maps = jax.nn.relu(times(name, patches(maps)) + rest[f"{name}_bias"])
    flat = maps.reshape(*maps.shape[:-3], -1)
    return times("last", flat) + rest["last_bias"]


def patches(maps: Array) -> Array:
    """What a 3 x 3 kernel sees at every second pixel, all channels: (..., side / 2, side / 2, 9 channels)."""
    edge = [(0, 0)] * (maps.ndim - 3) + [(0, 1), (0, 1), (0, 0)]
    wide, side = jnp.pad(maps, edge), maps.shape[-2]
    seen = [wide[..., i : i + side : 2, j : j + side : 2, :] for i in range(3) for j in range(3)]
    return jnp.concatenate(seen, axis=-1)


def transformer(characters: int, window: int, width: int, depth: int, key: Array) -> Net:
    """A decoder of a few layers that reads characters and foretells the next."""
    keys = jax.random.split(key, 3)
    shapes = {"last": (width, characters)}
    rest = {"last_scale": jnp.ones(width)}
    for layer in range(depth):
        shapes |= {f"{layer}_qkv": (width, 3 * width), f"{layer}_out": (width, width)}
        shapes |= {f"{layer}_up": (width, 4 * width), f"{layer}_down": (4 * width, width)}
        rest |= {f"{layer}_read_scale": jnp.ones(width), f"{layer}_think_scale": jnp.ones(width)}
    rest["character"] = jax.random.normal(keys[0], (characters, width))
    rest["place"] = 0.3 * jax.random.normal(keys[1], (window, width))
    return start(shapes, rest, keys[2])


def transformer_forward(rest: dict[str, Array], inputs: Array, times: Product) -> Array:
    """Scores of the next character at each place."""
    stream = rest["character"][inputs] + rest["place"][: inputs.shape[-1]]
    depth = sum(name.endswith("_qkv_bias") for name in rest)
    for layer in range(depth):
        read = normed(stream, rest[f"{layer}_read_scale"])
        mixed = attention(times(f"{layer}_qkv", read) + rest[f"{layer}_qkv_bias"])
        stream = stream + times(f"{layer}_out", mixed) + rest[f"{layer}_out_bias"]
        inner = normed(stream, rest[f"{layer}_think_scale"])
        thought = jax.nn.relu(times(f"{layer}_up", inner) + rest[f"{layer}_up_bias"])
        stream = stream + times(f"{layer}_down", thought) + rest[f"{layer}_down_bias"]
    return times("last", normed(stream, rest["last_scale"])) + rest["last_bias"]


def normed(stream: Array, scale: Array) -> Array:
    """A stream divided by its root mean square."""
    return scale * stream / jnp.sqrt(jnp.mean(stream**2, axis=-1, keepdims=True) + 1e-6)


def attention(parts: Array) -> Array:
    """What each place takes from the places before it and from itself, head by head."""
    query, key, value = (_heads(one) for one in jnp.split(parts, 3, axis=-1))
    match = jnp.einsum("...iha,...jha->...hij", query, key) / jnp.sqrt(query.shape[-1])
    past = jnp.tril(jnp.ones(match.shape[-2:], bool))
    weight = jax.nn.softmax(jnp.where(past, match, -1e9), axis=-1)
    mixed = jnp.einsum("...hij,...jha->...iha", weight, value)
    return mixed.reshape(*mixed.shape[:-2], -1)


def _heads(one: Array) -> Array:
    return one.reshape(*one.shape[:-1], HEADS, -1)


def exact(matrices: dict[str, Array]) -> Product:
    """Products without any error."""
    return lambda name, value: value @ matrices[name]


def cross_entropy(scores: Array, targets: Array) -> Array:
    """Mean of -ln(p) of what was right."""
    right = jnp.take_along_axis(jax.nn.log_softmax(scores), targets[..., None], axis=-1)
    return -jnp.mean(right)


class Lesson(NamedTuple):
    """How fast a network learns at first, and what is done to its matrices meanwhile.

    Cells are off in each step, anew, by the part ``noise`` of the range of their column; weights are kept
    within ``clip`` standard deviations of their matrix, so that few cells set the range.
    """

    rate: Array | float
    noise: Array | float = 0.0
    clip: Array | float = np.inf


@partial(jax.jit, static_argnums=(0, 1, 2))
def learned(
    forward: Forward,
    steps: int,
    batch: int,
    net: Net,
    inputs: Array,
    targets: Array,
    lesson: Lesson,
    key: Array,
) -> Net:
    """The network after so many steps of Adam, the rate falling to nothing along a cosine."""

    def loss(net: Net, key: Array) -> Array:
        of_batch, of_noise = jax.random.split(key)
        some = jax.random.randint(of_batch, (batch,), 0, len(inputs))
        matrices = off(net.matrices, lesson.noise, of_noise)
        return cross_entropy(forward(net.rest, inputs[some], exact(matrices)), targets[some])

    def one(state: tuple[Net, Net, Net], at: tuple[Array, Array]) -> tuple[tuple[Net, Net, Net], None]:
        number, key = at
        net, mean, square = state
        slope = jax.grad(loss)(net, key)
        mean = jax.tree.map(lambda m, s: 0.9 * m + 0.1 * s, mean, slope)
        square = jax.tree.map(lambda v, s: 0.99 * v + 0.01 * s**2, square, slope)
        rate = lesson.rate * (1.0 + jnp.cos(jnp.pi * number / steps)) / 2.0
        net = jax.tree.map(partial(_stepped, number, rate), net, mean, square)
        return (
            Net(jax.tree.map(partial(kept, clip=lesson.clip), net.matrices), net.rest),
            mean,
            square,
        ), None

    nothing = jax.tree.map(jnp.zeros_like, net)
    each = (jnp.arange(steps), jax.random.split(key, steps))
    return jax.lax.scan(one, (net, nothing, nothing), each)[0][0]


def _stepped(number: Array, rate: Array, value: Array, mean: Array, square: Array) -> Array:
    first, second = mean / (1.0 - 0.9 ** (number + 1.0)), square / (1.0 - 0.99 ** (number + 1.0))
    return value - rate * first / (jnp.sqrt(second) + 1e-8)


def off(matrices: dict[str, Array], noise: Array | float, key: Array) -> dict[str, Array]:
    """Matrices whose cells are off by a part of the range of their column."""
    errors = normal(matrices, key)
    return {
        name: value + noise * jax.lax.stop_gradient(jnp.max(jnp.abs(value), axis=0)) * errors[name]
        for name, value in matrices.items()
    }


def normal(matrices: dict[str, Array], key: Array) -> dict[str, Array]:
    """Standard normal numbers for all cells; drawn at once, which takes less time to compile."""
    names = sorted(matrices)
    sizes = [matrices[name].size for name in names]
    drawn = jnp.split(jax.random.normal(key, (sum(sizes),)), np.cumsum(sizes)[:-1])
    return {name: one.reshape(matrices[name].shape) for name, one in zip(names, drawn, strict=True)}


def kept(matrix: Array, clip: Array | float) -> Array:
    """A matrix within so many of its standard deviations."""
    most = clip * jnp.std(matrix)
    return jnp.clip(matrix, -most, most)


def measures(scores: Array, targets: Array) -> dict[str, Any]:
    """Part that is right, and bits that what is right was unexpected by."""
    right = jnp.mean(jnp.argmax(scores, axis=-1) == targets)
    return {"accuracy": right, "bits": cross_entropy(scores, targets) / np.log(2.0)}
