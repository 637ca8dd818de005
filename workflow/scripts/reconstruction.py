"""Door: results/reconstruction.json, from computed datasets, tables and evidence."""

import json
import sys
from pathlib import Path

from jouletrace.reconstructed import reconstructed
from jouletrace.registry.load import read_resolved
from jouletrace.registry.rows import read_rows

sys.stderr = open(snakemake.log[0], "w", encoding="utf-8")

registry = read_resolved(Path(snakemake.input.config))
tables = {Path(path).stem: read_rows(Path(path)) for path in snakemake.input.tidy}
evidence = {Path(path).stem: json.loads(Path(path).read_text("utf-8")) for path in snakemake.input.evidence}
shown = reconstructed(registry, tables, evidence)
text = json.dumps(shown, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
Path(snakemake.output[0]).write_text(f"{text}\n", encoding="utf-8")
