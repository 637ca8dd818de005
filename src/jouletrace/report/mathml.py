"""Formulas: LaTeX to MathML at build time, rebuilt from a short list of elements."""

from functools import cache
from xml.etree import ElementTree

from latex2mathml.converter import convert

from jouletrace.report.elements import Tag, el
from jouletrace.report.numerals import named

ALLOWED = named(
    "math mrow mi mn mo ms mtext mspace msup msub msubsup mfrac msqrt mroot mover munder munderover "
    "mtable mtr mtd mstyle mpadded mphantom menclose"
)
KEPT = named("display mathvariant stretchy fence separator minsize maxsize width columnalign form")


def formula(latex: str) -> Tag:
    """A formula as nodes; what latex2mathml cannot read is printed as it stands."""
    if not latex:
        return el("span")
    try:
        root = ElementTree.fromstring(_convert(latex))
    except Exception:  # the converter raises many kinds of its own
        return el("code", latex)
    return el("span", _element(root), cls="jt-formula")


@cache
def _convert(latex: str) -> str:
    return convert(latex)


def _element(source: ElementTree.Element) -> Tag:
    name = source.tag.rpartition("}")[2]
    if name not in ALLOWED:
        return el("mtext", "".join(source.itertext()))
    attributes = {key: value for key, value in source.attrib.items() if key in KEPT}
    return el(name, source.text or None, *(_element(child) for child in source), **attributes)
