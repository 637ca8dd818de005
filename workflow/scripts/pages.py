"""Door: results/pages, from the ledger, the evidence and the prose in book/."""

import sys
from pathlib import Path

from jouletrace.report.build import BookError, pages

sys.stderr = open(snakemake.log[0], "w", encoding="utf-8")

try:
    pages(Path("results"), Path("book"), Path(snakemake.output[0]))
except BookError as error:
    raise SystemExit(f"{error}\n\nThe pages were not built.") from None
