"""The figure of a claim: a light and a dark drawing, its text, and its data."""

from docutils import nodes

from jouletrace.report.elements import Part, el, section, wrapped
from jouletrace.report.page import ClaimPage


def figure(page: ClaimPage) -> Part | None:
    """Nothing where no figure was drawn."""
    drawn = [f"figures/{page.name}-{theme}.svg" for theme in ("light", "dark")]
    if not all((page.srcdir / one).is_file() for one in drawn):
        return None
    spec = page.claim["figure"]
    alt = " ".join(page.plain(spec["alt"]).split())
    images = [
        nodes.image("", uri=f"/{uri}", alt=alt, classes=[f"only-{theme}"])
        for uri, theme in zip(drawn, ("light", "dark"), strict=True)
    ]
    up = "../" * page.doc.count("/")
    caption = el(
        "div",
        *page.rich(spec["alt"]),
        " ",
        el("a", "Data of this figure (CSV)", href=f"{up}csv/{page.name}.csv", download=f"{page.name}.csv"),
        ", ",
        el(
            "a",
            "its description",
            href=f"{up}csv/{page.name}.metadata.json",
            download=f"{page.name}.metadata.json",
        ),
        ".",
        cls="jt-caption",
    )
    return section(
        "The figure", "figure", nodes.container("", *images, wrapped(caption), classes=["jt-figure"])
    )
