"""Door: light and dark figures of claims and of the reconstruction; draws only what has changed."""

import json
import sys
from pathlib import Path

from jouletrace.batch import only
from jouletrace.figures import draw
from jouletrace.registry.rows import read_rows

sys.stderr = open(snakemake.log[0], "w", encoding="utf-8")

tables = {Path(path).stem: read_rows(Path(path)) for path in snakemake.input.tables}
folder = Path(snakemake.output[0]).parent
only(folder, {Path(path).name for path in snakemake.output})

shown = json.loads(Path(snakemake.input.shown).read_text(encoding="utf-8"))
for name in snakemake.params.shown:
    draw.write_shown(shown, name, folder)
for path in snakemake.input.evidence:
    draw.write(json.loads(Path(path).read_text(encoding="utf-8")), tables, folder)
