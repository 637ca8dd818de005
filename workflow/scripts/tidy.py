"""Door: data/tidy from data/raw: checked, ratios resolved, series completed, sorted."""

import sys
from pathlib import Path

from jouletrace import sources, tables
from jouletrace.registry.load import read_resolved

sys.stderr = open(snakemake.log[0], "w", encoding="utf-8")

datasets = read_resolved(Path(snakemake.resources.registry)).datasets
for raw, target in zip(map(Path, snakemake.input.raw), map(Path, snakemake.output), strict=True):
    dataset = datasets[target.stem]
    table = tables.resolve_relative(tables.read_table(raw, dataset))
    tables.write_table(sources.finish(dataset.tidy, table), target)
