"""Door: data/raw from the snapshots; with a mirror or the publishers, compared first."""

import sys
from pathlib import Path

from jouletrace import fetch, refresh
from jouletrace.registry.load import read_resolved

sys.stderr = open(snakemake.log[0], "w", encoding="utf-8")

registry = read_resolved(Path(snakemake.resources.registry))
asked = snakemake.params.config
for path in map(Path, snakemake.output):
    dataset, full = registry.datasets[path.stem], path.parent / "full"
    said = refresh.check(path.stem, dataset, registry.root, asked["fetch"], asked["mirror"], full)
    for line in said:
        print(line, file=sys.stderr, flush=True)
    fetch.snapshot(path.stem, dataset, registry.root, path)
