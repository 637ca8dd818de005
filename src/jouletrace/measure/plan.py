"""Which windows are measured, and in which order."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Setting:
    """What the device does in a window.

    ``kind``: idle (no context), context (open, no work), awake (a tiny kernel now and then, which keeps
    the clocks up), copy, read, matrix (products of operands in cache), mixed (reading and products
    in turn), batch (a batch of vectors through weights in memory). ``kernel``: windows of one share what
    is peculiar to it; of mixed ones the kernel that reads, and the one that multiplies. ``flop_per_byte``:
    of mixed ones.
    """

    name: str
    kind: str
    kernel: str
    precision: str = ""
    duty_ratio: float = 1.0
    batch: int = 0
    flop_per_byte: float = 0.0


#: Before a context is opened on the device.
IDLE = Setting("idle", "idle", "idle", duty_ratio=0.0)


def settings(given: dict[str, float], precisions: Sequence[str]) -> list[Setting]:
    """All settings of a device on which a context is open."""
    first = precisions[0]
    parts = int(given["duties_count"])
    duties = [(part + 1) / parts for part in range(parts)]
    found = [Setting("context", "context", "context", duty_ratio=0.0)]
    found.append(Setting("awake", "awake", "awake", duty_ratio=given["awake_ratio"]))
    cores = [
        ("copy", "", "copy"),
        ("read", "", "read"),
        *(("matrix", one, f"matrix-{one}") for one in precisions),
    ]
    for kind, precision, kernel in cores:
        found += [Setting(f"{kernel}-{duty:.0%}"[:-1], kind, kernel, precision, duty) for duty in duties]
    low, high = given["mixtures_low_flop_per_byte"], given["mixtures_high_flop_per_byte"]
    for ratio in np.geomspace(low, high, int(given["mixtures_count"])).tolist():
        name = f"mixed-{ratio:.0f}"
        found.append(Setting(name, "mixed", f"read+matrix-{first}", first, flop_per_byte=ratio))
    batch = 1
    while batch <= given["largest_batch_count"]:
        found.append(Setting(f"batch-{batch}", "batch", f"batch-{batch}", first, batch=batch))
        batch *= 2
    return found


def shuffled(found: Sequence[Setting], repeats: int, seed: int) -> list[tuple[int, Setting]]:
    """Repeat and setting, window by window: all settings once, in an order of chance, then once more."""
    random = np.random.default_rng(seed)
    return [(repeat, found[at]) for repeat in range(repeats) for at in random.permutation(len(found))]
