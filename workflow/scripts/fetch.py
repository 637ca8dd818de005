"""Door: data/raw from the snapshots; with a mirror or the publishers, compared first."""

from pathlib import Path

from jouletrace import fetch, refresh
from jouletrace.registry.load import read_resolved

registry = read_resolved(Path(snakemake.input.config))
asked = snakemake.params.config
with Path(snakemake.log[0]).open("w", encoding="utf-8") as log:
    for path in map(Path, snakemake.output):
        dataset, full = registry.datasets[path.stem], path.parent / "full"
        said = refresh.check(path.stem, dataset, registry.root, asked["fetch"], asked["mirror"], full)
        for line in said:
            print(line, file=log, flush=True)
        fetch.snapshot(path.stem, dataset, registry.root, path)
