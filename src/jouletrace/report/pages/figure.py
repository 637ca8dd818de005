"""The figure of a claim: a light and a dark drawing, its text, and its data."""

from jouletrace.report.elements import Part, Tag, el, section
from jouletrace.report.page import ClaimPage


def figure(page: ClaimPage) -> Part:
    """The figure as a section of the page of its claim."""
    return section("The figure", "figure", drawn(page))


def alone(page: ClaimPage) -> list[Part]:
    """The figure on a page of prose."""
    return [drawn(page)]


def drawn(page: ClaimPage) -> Tag:
    """The drawings lie beside the pages; whether they are there is checked when the book is put together."""
    spec = page.claim["figure"]
    alt = " ".join(page.plain(spec["alt"]).split())
    up = "../" * page.doc.count("/")
    images = [
        el("img", src=f"{up}figures/{page.name}-{theme}.svg", alt=alt, cls=f"only-{theme}")
        for theme in ("light", "dark")
    ]
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
    return el("div", *images, caption, cls="jt-figure")
