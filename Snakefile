# Jouletrace: from tables of figures to a book that traces every claim of an article.
#
#   snakemake                         the whole book, results/book/index.html
#   snakemake --config scenario=a,b   two forks side by side; the first is published
#   snakemake --config fetch=mirror mirror=/media/stick   compare the tables with the full files,
#                                                         and refit what only these have the rows of
import sys
from pathlib import Path

sys.path.insert(0, "src")

from jouletrace import config as configuration
from jouletrace import kept
from jouletrace import plan as planning
from jouletrace.figures import shown

planning.activate(Path())


configfile: "config.yaml"


CONFIG = configuration.stop_on_problems(config)
PLAN = planning.plan(Path(), ["base", *CONFIG["scenario"]], CONFIG["cost"])
MAIN, *OTHERS = dict.fromkeys([*CONFIG["scenario"], "base"])
FOLDERS = planning.folders(MAIN, OTHERS)
CLAIMS = list(PLAN["scenarios"][MAIN]["claims"])
DATASETS = PLAN["scenarios"][MAIN]["datasets"]
COMPUTED = list(PLAN["scenarios"][MAIN]["computed"])


include: "workflow/rules/registry.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/computed.smk"
include: "workflow/rules/evidence.smk"
include: "workflow/rules/book.smk"


rule all:
    default_target: True
    input:
        "results/book",
        "results/verdicts.csv",
