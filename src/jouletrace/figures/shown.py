"""Figures of computed datasets, and of cards against GPUs.

The Snakefile reads this file, so it imports nothing heavy.
"""

from collections.abc import Collection

#: By name: the computed dataset, module, function, and what of results/reconstruction.json is shown.
SHOWN = {
    "reconstruction-world": ("reconstruction", "fan", "world", ("fans", "dots", "marks")),
    "reconstruction-regions": ("reconstruction", "fan", "regions", ("fans", "dots", "marks")),
    "reconstruction-ai": ("reconstruction", "fan", "ai", ("fans", "dots", "marks")),
    "reconstruction-residuals": ("reconstruction", "residuals", "centres", ("publications",)),
    "reconstruction-ai-residuals": ("reconstruction", "residuals", "ai", ("publications",)),
    "backtest": ("backtest", "forecasts", "figure", ("backtest",)),
    "backtest-figures": ("backtest", "forecasts", "funnel", ("backtest",)),
    "scoreboard-groups": ("serving-fit", "scores", "groups", ("scoreboard",)),
    "scoreboard-servers": ("server-fit", "scores", "servers", ("scoreboard",)),
    "boundaries": ("serving-fit", "boundaries", "figure", ("boundaries",)),
    "in-memory-parity": ("serving-fit", "frontier", "parity", ("in_memory",)),
    "in-memory-removed": ("serving-fit", "frontier", "removed", ("in_memory",)),
    "in-memory-time": ("serving-fit", "frontier", "seconds", ("in_memory",)),
    "in-memory-size": ("serving-fit", "frontier", "growth", ("in_memory",)),
    "in-memory-fall": ("serving-fit", "frontier", "fall", ("in_memory",)),
    "in-memory-levers": ("serving-fit", "frontier", "levers", ("in_memory",)),
    "in-memory-banks": ("serving-fit", "banks", "figure", ("banks",)),
    "in-memory-site": ("serving-fit", "gains", "site", ("in_memory",)),
    "analog-energy": ("analog-accuracy", "arrays", "energy", ("analog",)),
    "analog-bits": ("analog-accuracy", "arrays", "bits", ("analog",)),
    "calibration": ("calibration", "ranks", "figure", ("calibration",)),
    "macros-predicted": ("macro-fit", "macro_points", "figure", ("macros",)),
}


def names(datasets: Collection[str]) -> list[str]:
    """Figures of the computed datasets that there are.

    >>> names({"calibration"})
    ['calibration']
    """
    return [name for name, (dataset, *_) in SHOWN.items() if dataset in datasets]
