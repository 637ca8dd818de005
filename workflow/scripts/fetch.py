"""Door: data/raw from the snapshots; with a mirror or the publishers, compared first."""

from pathlib import Path

from jouletrace import fetch, refresh, registry

root, lines = Path.cwd(), []
datasets = registry.load(root).datasets
mode, mirror = snakemake.params.config["fetch"], snakemake.params.config["mirror"]
with Path(snakemake.log[0]).open("w", encoding="utf-8") as log:
    for name, target in zip(snakemake.params.datasets, snakemake.output, strict=True):
        full = Path(target).parent / "full"
        for line in refresh.check(name, datasets[name], root, mode, mirror, full):
            print(line, file=log, flush=True)
        fetch.snapshot(name, datasets[name], root, Path(target))
