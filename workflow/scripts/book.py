"""Door: results/book, from the ledger, the evidence, the figures and the prose in book/."""

from pathlib import Path

from jouletrace.report.build import BookError, build

try:
    build(Path("results"), Path("book"), Path(snakemake.output[0]))
except BookError as error:
    raise SystemExit(f"{error}\n\nThe book was not built.") from None
