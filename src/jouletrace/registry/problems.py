"""Problems: what is wrong with an input, in one line, with what to do about it.

Each problem has a code. The catalogue below is also a page of the book.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

CATALOGUE = {
    "J01": ("not valid YAML", "repair the line; two entries may not share a name"),
    "J02": ("YAML feature not allowed", "write anchors, aliases, tags, NaN and infinity out"),
    "J03": ("unknown, missing or wrong key", "compare with the schema in data/registry/schema"),
    "J04": ("unit", "use a unit that pint knows and that fits the ending of the name"),
    "J05": ("distribution", "state one kind with the numbers that it needs"),
    "J06": ("no source", "add `cite` and `locator`, or grade it `judgement` and say `why`"),
    "J07": ("citation without a bibliography entry", "add the key to data/registry/sources.bib"),
    "J08": ("nobody uses it", "use it in a model or a claim, or delete it"),
    "J09": ("nobody defines it", "add it to data/registry/quantities, or write the function"),
    "J10": ("defined twice", "keep one of the two definitions"),
    "J11": ("no row, or more than one, at these coordinates", "add the row, or narrow the match"),
    "J12": ("goes round in a circle", "break the circle: a quantity cannot need itself"),
    "J13": ("proposition", "name a quantity, an operator and what it is compared with"),
    "J14": ("fact or attribution", "name a row that exists and a query that fits it"),
    "J15": ("number reference", "name a number that exists; see `jouletrace explain`"),
    "J16": ("scenario", "name an existing entry and change only keys that it has"),
    "J17": ("configuration", "compare with config.yaml; unknown keys are refused"),
    "J18": ("schema version", "this version reads schema_version 1"),
    "J19": ("model", "return the unit that the name promises; use elementwise operations only"),
    "J20": ("dataset", "compare with data/registry/datasets.yaml and the digest of the file"),
    "J21": ("scope", "say what it counts: {counts: facility, energy: site, period: calendar-year}"),
    "J22": ("unlike energies", "let a model convert one of them, or say in `across` why they are compared"),
    "J23": ("silent conversion", "say in the docstring what it converts, and how: `Converts: ...`"),
}


@dataclass(frozen=True, order=True)
class Problem:
    """One wrong thing: where, which entry, what, what to do."""

    file: str
    entry: str
    code: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        todo = self.hint or CATALOGUE[self.code][1]
        return f"{self.file}: {self.entry}: {self.what}; {todo} [{self.code}]"


class RegistryError(Exception):
    """All problems found in one pass; its text has one line for each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type, tuple[list[Problem]]]:
        """It keeps its lines on the way from one process to another."""
        return type(self), (self.problems,)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``did you mean `x`?`` for the nearest known name, or nothing when none is near."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else ""
