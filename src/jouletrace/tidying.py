"""The tables of a registry as rows, straight from the snapshots, as the tidy rule writes them."""

from jouletrace import sources, tables
from jouletrace.registry import Registry
from jouletrace.registry.rows import Row, from_records


def tidy_tables(registry: Registry) -> dict[str, tuple[Row, ...]]:
    """Every dataset as rows. Raises `TableError` when a snapshot breaks its contract."""
    found = {}
    for name, dataset in registry.datasets.items():
        table = tables.read_table(registry.root / dataset.snapshot.path, dataset)
        done = sources.finish(dataset.tidy, tables.resolve_relative(table))
        records = done.sort_values("id").astype(object).to_dict("records")
        found[name] = from_records(records)
    return found
