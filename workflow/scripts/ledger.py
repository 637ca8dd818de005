"""Door: results/ledger.json and the verdict tables, from evidence, registry and tables."""

import json
import sys
from pathlib import Path

from jouletrace.ledger import ledger
from jouletrace.published import write_all
from jouletrace.registry.load import read_resolved
from jouletrace.registry.rows import read_rows

sys.stderr = open(snakemake.log[0], "w", encoding="utf-8")


def read(path):
    """JSON of a file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def evidence(config):
    """Evidence of all claims beside a resolved registry."""
    files = sorted((Path(config).parent / "evidence").glob("*.json"))
    known = read(config)["claims"]
    return {path.stem: read(path) for path in files if path.stem in known}


main, *others = snakemake.input.configs
registry = read_resolved(Path(main))
tables = {Path(path).stem: read_rows(Path(path)) for path in snakemake.input.tidy}
compared = {read(path)["scenario"]: (read_resolved(Path(path)), evidence(path)) for path in others}
numbers = read(snakemake.input.shown).get("numbers", {})
whole = ledger(registry, tables, evidence(main), compared, numbers)
write_all(whole, evidence(main), Path("results"))
