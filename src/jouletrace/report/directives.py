"""Directives: each names a part of the ledger, and a builder makes its nodes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from jouletrace.report.elements import Part, wrapped
from jouletrace.report.page import ClaimPage, Page
from jouletrace.report.pages import (
    analog,
    computed,
    macro_scores,
    models,
    overview,
    reconstruction,
    registers,
    scoreboard,
    validation,
)
from jouletrace.report.pages.claim import claim
from jouletrace.report.pages.figure import alone
from jouletrace.report.roles import store_of
from jouletrace.report.store import Store
from jouletrace.report.tokens import unknown

Builder = Callable[[Any], list[Part]]


class Quoting(SphinxDirective):
    """A directive that names what it shows, and holds no content of its own."""

    section: ClassVar[str] = ""
    shown: ClassVar[str] = ""
    page: ClassVar[type[Page]] = Page
    build: ClassVar[Builder]
    optional_arguments = 1
    final_argument_whitespace = False

    def _known(self, store: Store, name: str) -> Any:
        """Ids that the directive can be given."""
        if self.shown:
            return store.shown.get(self.shown, {})
        return store.ledger[self.section] if self.section else {name}

    def run(self) -> list[nodes.Node]:
        """Nodes of the builder, or a warning where the id is unknown."""
        store = store_of(self.env)
        name = self.arguments[0] if self.arguments else ""
        known = self._known(store, name)
        if name not in known and (name or self.page is ClaimPage):
            return [wrapped(unknown(self.section.rstrip("s"), name, known, self.get_location()))]
        if self.page is ClaimPage:
            self.env.note_dependency(str(store.evidence_path(name)))
        srcdir = Path(self.env.srcdir)
        parts = type(self).build(self.page(store, name, self.env.docname, srcdir, self.get_location()))
        return [wrapped(part) for part in parts]


class Refused(SphinxDirective):
    """The ``raw`` directive: markup reaches a page through escaped nodes only."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Stop the build at this line."""
        raise self.error("`raw` is not allowed in this book")


BUILDERS: dict[str, tuple[Builder, str, type[Page]]] = {
    "claim-page": (claim, "claims", ClaimPage),
    "claim-figure": (alone, "claims", ClaimPage),
    "verdict-table": (overview.verdict_table, "articles", Page),
    "articles": (overview.articles, "", Page),
    "article-page": (overview.article, "articles", Page),
    "datasets": (registers.datasets, "", Page),
    "computed-datasets": (computed.computed, "", Page),
    "measurements": (computed.measured, "", Page),
    "inputs": (registers.inputs, "", Page),
    "bibliography-list": (registers.bibliography, "", Page),
    "scenarios": (registers.scenarios, "", Page),
    "problems": (registers.problems, "", Page),
    "corrections": (registers.corrections, "", Page),
    "words": (registers.words, "", Page),
    "models": (models.models, "", Page),
    "model-page": (models.model, "", Page),
}

#: Directives of the reconstruction, with the part of it that their ids are from.
SHOWN: dict[str, tuple[Builder, str]] = {
    "shown-figure": (reconstruction.figure, "captions"),
    "computed-dataset": (reconstruction.dataset, "datasets"),
    "extremes": (reconstruction.extremes, ""),
    "residuals": (reconstruction.residuals, ""),
    "chains": (validation.diagnostics, ""),
    "learned": (validation.parameters, ""),
    "predictive-checks": (validation.checks, ""),
    "forecasts": (validation.forecasts, ""),
    "ranks": (validation.calibration, ""),
    "analog-cheapest": (analog.cheapest, ""),
    "scoreboard": (scoreboard.board, ""),
    "scoreboard-groups": (scoreboard.groups, ""),
    "scoreboard-macros": (macro_scores.board, ""),
    "scoreboard-missed": (macro_scores.missed, ""),
}


def setup(app: Sphinx) -> None:
    """Register the directives; ``raw`` is taken away."""
    for name, (build, section, page) in BUILDERS.items():
        members = {"build": staticmethod(build), "section": section, "page": page}
        app.add_directive(name, type(f"Quoting_{name}", (Quoting,), members))
    for name, (build, part) in SHOWN.items():
        members = {"build": staticmethod(build), "shown": part}
        app.add_directive(name, type(f"Quoting_{name}", (Quoting,), members))
    app.add_directive("raw", Refused, override=True)
