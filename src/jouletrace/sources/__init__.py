"""Sources: how a publisher's file becomes rows of the long table.

One module per source, named under ``tidy`` in datasets.yaml. It defines

* ``tidy(path)``, from the publisher's file to rows of the long table, and ``CITE``, the key under
  which these rows cite it, unless they cite several; or
* ``finish(table)``, which completes a table that the project carries.
"""

from importlib import import_module
from pathlib import Path
from types import ModuleType

import pandas as pd


def module_of(name: str) -> ModuleType:
    """The module of this package with the given name, as `datasets.yaml` says under ``tidy``."""
    return import_module(f"{__name__}.{name}")


def tidy(name: str, path: Path) -> pd.DataFrame:
    """Rows of the long table from a publisher's file, sorted by id."""
    table: pd.DataFrame = module_of(name).tidy(path)
    return table.sort_values("id", ignore_index=True)


def cites_of(name: str, fresh: pd.DataFrame) -> set[str]:
    """Bibliography keys that mark the rows which a source owns in a table; ``fresh``: its rows of today."""
    one = getattr(module_of(name), "CITE", None)
    return {str(one)} if one else {str(cite) for cite in fresh["cite"]}


def finish(name: str | None, table: pd.DataFrame) -> pd.DataFrame:
    """The table as the source's module completes it; unchanged where it has nothing to add."""
    complete = getattr(module_of(name), "finish", None) if name else None
    return complete(table) if complete else table
