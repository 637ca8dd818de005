"""Kernels whose bytes and operations are known, through JAX; nothing is compiled by hand.

Operands are random, since zeros cost less energy. Streams are random words that are flipped by a mask:
no floating-point operation, every byte read (and for a copy written) once. A chain multiplies by one
orthogonal matrix again and again, so that its numbers neither grow nor vanish. Weights of a batch are
many matrices, together far larger than the cache, each read once.
"""

import ctypes
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jouletrace.measure.nvml import INSTALL
from jouletrace.measure.parts import Device, Kernel, MeasureError
from jouletrace.numerics import jax as configured

assert configured is jax
BITS = {"bf16": 16, "fp16": 16, "fp8": 8}
TYPES = {"bf16": jnp.bfloat16, "fp16": jnp.float16, "fp8": jnp.float8_e4m3fn}
L2_SIZE = 38  # CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE in cuda.h
SIDE = 256  # sides of matrices are a multiple of the tiles of tensor cores
WORD_B = 4


class Step:
    """A compiled function with its state; one call takes the state that the call before it left."""

    def __init__(self, step: Callable[[Any], Any], state: Any, memory_b: float, flop: float) -> None:
        self.step, self.state, self.memory_b, self.flop = step, state, memory_b, flop
        self.start(1)
        self.wait()

    def start(self, calls: int) -> None:
        """Hand calls to the device; they queue there."""
        for _ in range(calls):
            self.state = self.step(self.state)

    def wait(self) -> None:
        """Wait for all of them."""
        jax.block_until_ready(self.state)


class JaxBench:
    """One device through JAX. ``cache_b`` is asked of the driver where it is not given."""

    def __init__(
        self,
        device: Device,
        settings: dict[str, float],
        seed: int,
        platform: str = "cuda",
        cache_b: float = 0.0,
    ) -> None:
        self.device, self.settings, self.platform, self.cache_b = device, settings, platform, cache_b
        self.random = np.random.default_rng(seed)
        self.made: dict[tuple[str, str, int], Kernel] = {}
        self.chips: list[Any] = []

    def open(self) -> None:
        """Open a context on this device and no other. Raises `MeasureError`."""
        if self.platform == "cuda":
            os.environ["CUDA_VISIBLE_DEVICES"] = self.device.uuid
            os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
            jax.config.update("jax_platforms", "cuda,cpu")
        try:
            self.chips = jax.devices(self.platform)
        except RuntimeError:
            raise MeasureError(f"JAX finds no CUDA device; {INSTALL}") from None
        self.cache_b = self.cache_b or _cache_b()

    def precisions(self) -> Sequence[str]:
        """The 16-bit precision, and FP8 where the device and the compiler have it."""
        first = "bf16" if self.device.capability >= (8, 0) else "fp16"
        return [first, "fp8"] if self.device.capability >= (8, 9) and self._has_fp8() else [first]

    def kernel(self, kind: str, precision: str = "", batch: int = 0) -> Kernel:
        """A kernel by name, made once."""
        key = (kind, precision, batch)
        if key not in self.made:
            with jax.default_device(self.chips[0]):
                self.made[key] = self._make(*key)
        return self.made[key]

    def _make(self, kind: str, precision: str, batch: int) -> Kernel:
        makers: dict[str, Callable[[], Kernel]] = {
            "nudge": lambda: Step(jax.jit(lambda x: x + 1), jnp.uint32(0), 0.0, 0.0),
            "copy": self._copy,
            "read": self._read,
            "matrix": lambda: self._matrix(precision),
            "batch": lambda: self._batch(precision, batch),
        }
        return makers[kind]()

    def stream_b(self) -> float:
        """Bytes of a stream: many times the cache, and a part of the memory."""
        by_cache = self.settings["stream_to_cache_ratio"] * self.cache_b
        return min(by_cache, self.settings["stream_to_memory_ratio"] * self.device.memory_b)

    def side(self) -> int:
        """Side of matrices of which three, at 16 bits, fill a part of the cache."""
        room = self.settings["operands_to_cache_ratio"] * self.cache_b / (3 * 2)
        return max(int(room**0.5) // SIDE * SIDE, SIDE)

    def _words(self) -> Any:
        return jax.random.bits(self._key(), (int(self.stream_b() // WORD_B),), jnp.uint32)

    def _key(self) -> Any:
        return jax.random.key(int(self.random.integers(2**31)))

    def _copy(self) -> Kernel:
        words, mask = self._words(), jax.random.bits(self._key(), (), jnp.uint32)
        flip = jax.jit(lambda words, mask: words ^ mask, donate_argnums=0)
        return Step(lambda words: flip(words, mask), words, 2.0 * WORD_B * words.size, 0.0)

    def _read(self) -> Kernel:
        words = self._words()
        total = jax.jit(lambda words, mask: jnp.sum(words ^ mask, dtype=jnp.uint32))
        return Step(partial(total, words), jnp.uint32(1), float(WORD_B * words.size), 0.0)

    def _matrix(self, precision: str) -> Kernel:
        side, count = self.side(), int(self.settings["products_count"])
        first, turn = self._operands(side, precision)
        chain = _compiled(partial(_chain, precision, count), precision, first, turn)
        return Step(lambda _: chain(first, turn), chain(first, turn), 0.0, 2.0 * side**3 * count)

    def _operands(self, side: int, precision: str) -> tuple[Any, Any]:
        turn = np.linalg.qr(self.random.standard_normal((side, side)).astype(np.float32))[0]
        first = self.random.standard_normal((side, side)).astype(np.float32)
        grown = turn * side**0.5 if precision == "fp8" else turn  # FP8 has no room for small numbers
        return jnp.asarray(first).astype(TYPES[precision]), jnp.asarray(grown).astype(TYPES[precision])

    def _batch(self, precision: str, batch: int) -> Kernel:
        side, kind = int(self.settings["layer_count"]), TYPES[precision]
        weights = self._weights(precision)
        first = jax.random.normal(self._key(), (batch, side), kind)
        layers = jax.jit(_layers)
        moved = float(sum(one.nbytes for one in weights))
        return Step(lambda _: layers(first, weights), first, moved, 2.0 * batch * side**2 * len(weights))

    def _weights(self, precision: str) -> list[Any]:
        if not hasattr(self, "weights"):
            side, kind = int(self.settings["layer_count"]), TYPES[precision]
            count = max(int(self.stream_b() // (side**2 * kind.dtype.itemsize)), 1)
            scale = jnp.asarray(side**-0.5, kind)
            self.weights = [jax.random.normal(self._key(), (side, side), kind) * scale for _ in range(count)]
        return self.weights

    def _has_fp8(self) -> bool:
        """Whether products of 8-bit numbers stay such products when they are compiled."""
        with jax.default_device(self.chips[0]):
            try:
                chain = _compiled(partial(_chain, "fp8", 1), "fp8", *self._operands(self.side(), "fp8"))
            except Exception:  # whatever the compiler has against it
                return False
        return "matmul$f8" in chain.as_text()


def _chain(precision: str, count: int, first: Any, turn: Any) -> Any:
    """``first`` times ``turn``, again and again."""
    found, scale = first, jnp.asarray(turn.shape[0] ** -0.5, jnp.bfloat16)
    for _ in range(count):
        if precision == "fp8":
            wide = jnp.matmul(found, turn, preferred_element_type=jnp.bfloat16)
            found = (wide * scale).astype(TYPES["fp8"])
        else:
            found = jnp.matmul(found, turn)
    return found


def _layers(first: Any, weights: list[Any]) -> Any:
    """A batch of vectors through all weight matrices."""
    found = first
    for one in weights:
        found = jnp.matmul(found, one)
    return found


def _compiled(function: Callable[..., Any], precision: str, *operands: Any) -> Any:
    """A compiled function; FP8 goes to the vendor's library, whose name then stands in the program."""
    lowered = jax.jit(function).lower(*operands)
    options: dict[str, str | bool] | None = (
        {"xla_gpu_enable_triton_gemm": False} if precision == "fp8" else None
    )
    return lowered.compile(compiler_options=options)


def _cache_b() -> float:
    """Size of the L2 cache, as the CUDA driver has it. Raises `MeasureError`."""
    size, chip = ctypes.c_int(0), ctypes.c_int(0)
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        raise MeasureError("no CUDA driver (libcuda.so.1) is found; run it where nvidia-smi works") from None
    codes = [driver.cuInit(0), driver.cuDeviceGet(ctypes.byref(chip), 0)]
    codes.append(driver.cuDeviceGetAttribute(ctypes.byref(size), L2_SIZE, chip))
    if any(codes) or size.value <= 0:
        raise MeasureError("the CUDA driver does not tell the size of the L2 cache; use a newer driver")
    return float(size.value)
