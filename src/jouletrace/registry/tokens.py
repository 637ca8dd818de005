"""Number tokens in the text of the registry: ``{num:C12.V1.p50}``.

Text never holds a number that the pipeline knows; it names it, and the page prints it.
"""

import re

TOKEN = re.compile(r"\{num:([^{}\s]+)\}")


def tokens(text: str) -> list[str]:
    """Ids of the numbers that a text asks for, in order.

    >>> tokens("a share of {num:C12.V1.p50} in 2017")
    ['C12.V1.p50']
    """
    return TOKEN.findall(text)
