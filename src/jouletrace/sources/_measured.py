"""What all sources of measured runs share: how a run is named, and one row for each figure of it.

The series of a row names the run by all that it was set to, as ``model-qwen-3-14b--devices-2``: pairs
of a setting and its value, joined by two hyphens. `settings` takes such a name apart again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from jouletrace.contract import rounded
from jouletrace.sources._long import slug


def run(**given: object) -> str:
    """The name of a run from what it was set to; a setting that is None is left out.

    >>> run(model="qwen-3-14b", devices=2, frames=None)
    'model-qwen-3-14b--devices-2'
    """
    return "--".join(f"{key}-{slug(str(value))}" for key, value in given.items() if value is not None)


def settings(series: str) -> dict[str, str]:
    """What a run was set to.

    >>> settings("model-qwen-3-14b--devices-2")
    {'model': 'qwen-3-14b', 'devices': '2'}
    """
    return {key: value for key, _, value in (pair.partition("-") for pair in series.split("--"))}


def numbered(names: Iterable[str]) -> Iterator[str]:
    """The names, with a number behind those that came before: a run that was repeated.

    >>> list(numbered(["a-1", "b-1", "a-1"]))
    ['a-1', 'b-1', 'a-1--repeat-2']
    """
    seen: Counter[str] = Counter()
    for name in names:
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name}--repeat-{seen[name]}"


def figures(
    source: str, series: str, found: Mapping[str, tuple[float, str]], **same: object
) -> list[dict[str, object]]:
    """Rows of a run: ``found`` has the figure and the unit of each quantity."""
    values = "-".join(settings(series).values())
    return [
        {
            "id": f"{source}-{values}-{quantity.removeprefix('measured_').replace('_', '-')}",
            "quantity": quantity,
            "series": series,
            "value": rounded(value),
            "unit": unit,
            **same,
        }
        for quantity, (value, unit) in found.items()
    ]
