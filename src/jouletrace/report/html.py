"""What our pages change in the theme: scripts that go, styles that come, and the footer."""

from html import escape
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from jouletrace.report.store import load

HERE = Path(__file__).parent
#: Extensions of the book engine whose scripts no page needs.
SILENT = ("sphinx_thebe", "sphinx_togglebutton")
UNWANTED = ("thebe", "toggle", "design-tabs", "clipboard", "copybutton", "mystnb")


def _silence(app: Sphinx, config: Any) -> None:
    """Take the listeners of unwanted extensions away, and add our folders."""
    for event, listeners in app.events.listeners.items():
        app.events.listeners[event] = [
            one for one in listeners if not getattr(one.handler, "__module__", "").startswith(SILENT)
        ]
    config.html_static_path.append(str(HERE / "static"))
    config.templates_path.append(str(HERE / "templates"))


def _context(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Scripts and styles that stay, and what the footer says."""
    for kind in ("script_files", "css_files"):
        context[kind] = [one for one in context.get(kind, []) if not _unwanted(one)]
    if "pagetitle" in context:  # the theme prints it unescaped in the heading for print
        context["pagetitle"] = escape(context["pagetitle"])
    context["jouletrace"] = load(Path(app.config.jouletrace_results)).build


def _unwanted(script: Any) -> bool:
    said = f"{getattr(script, 'filename', script)} {getattr(script, 'attributes', {})}"
    return any(word.lower() in said.lower() for word in UNWANTED)


def setup(app: Sphinx) -> None:
    """Connect the hooks after those of the theme."""
    app.connect("config-inited", _silence, priority=900)
    app.connect("html-page-context", _context, priority=900)
    app.add_css_file("jouletrace.css", priority=900)
    app.add_js_file("jouletrace.js", priority=900, defer="defer")
