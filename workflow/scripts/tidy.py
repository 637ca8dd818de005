"""Door: data/tidy from data/raw: checked, ratios resolved, series completed, sorted."""

from pathlib import Path

from jouletrace import registry, sources, tables

datasets = registry.load(Path.cwd()).datasets
for name, raw, target in zip(snakemake.params.datasets, snakemake.input, snakemake.output, strict=True):
    table = tables.resolve_relative(tables.read_table(Path(raw), datasets[name]))
    tables.write_table(sources.finish(datasets[name].tidy, table), Path(target))
