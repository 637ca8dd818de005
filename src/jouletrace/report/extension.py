"""The Sphinx extension of the book: it reads results/*.json and builds escaped nodes."""

from typing import Any

from sphinx.application import Sphinx

from jouletrace.report import directives, elements, html, roles


def setup(app: Sphinx) -> dict[str, Any]:
    """Register everything. ``jouletrace_results`` is the folder with ledger.json and evidence."""
    app.add_config_value("jouletrace_results", "results", "")
    for part in (elements, roles, directives, html):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
