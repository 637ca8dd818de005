"""Door: results/book, the pages with their figures, past the gates."""

import sys
from pathlib import Path

from jouletrace.report.build import BookError, assemble

sys.stderr = open(snakemake.log[0], "w", encoding="utf-8")

drawn = Path(snakemake.input.figures[0]).parent
try:
    assemble(Path(snakemake.input.pages), drawn, Path("book"), Path(snakemake.output[0]))
except BookError as error:
    raise SystemExit(f"{error}\n\nThe book was not built.") from None
