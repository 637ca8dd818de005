"""data/registry/sources.bib: what a cite key stands for, in the fields that a page prints."""

from dataclasses import asdict, dataclass
from pathlib import Path

from pybtex.database import Entry as Work
from pybtex.database import parse_file
from pybtex.exceptions import PybtexError
from pybtex.richtext import Text

from jouletrace.registry.problems import Problem, RegistryError


@dataclass(frozen=True)
class Entry:
    """One work: enough to print it and to link to it."""

    key: str
    kind: str
    author: str
    title: str
    year: str
    publisher: str
    url: str
    note: str

    def as_dict(self) -> dict[str, str]:
        """Plain data for the pages."""
        return asdict(self)


def read_bibliography(path: Path, root: Path) -> dict[str, Entry]:
    """Entries by key. Raises `RegistryError` (J01) when the file is not BibTeX."""
    try:
        works = parse_file(str(path), bib_format="bibtex").entries
    except (PybtexError, OSError) as error:
        name = str(path.relative_to(root))
        what = " ".join(str(error).split())
        raise RegistryError([Problem(name, "file", "J01", what, "repair the entry")]) from error
    return {key: _entry(key, work) for key, work in works.items()}


def _entry(key: str, work: Work) -> Entry:
    fields = {name.lower(): _plain(value) for name, value in work.fields.items()}
    doi = fields.get("doi", "")
    return Entry(
        key=key,
        kind=work.type,
        author="; ".join(_plain(str(person)) for person in work.persons.get("author", [])),
        title=fields.get("title", ""),
        year=fields.get("year", ""),
        publisher=fields.get("journal") or fields.get("publisher") or fields.get("institution", ""),
        url=f"https://doi.org/{doi}" if doi else fields.get("url", ""),
        note=fields.get("note", ""),
    )


def _plain(text: str) -> str:
    r"""Text without the marks of LaTeX: braces go, escaped letters become what they stand for.

    >>> _plain(r"{G\'omez-Luna} saves 41\%, cost\_model")
    'Gómez-Luna saves 41%, cost_model'
    """
    return " ".join(str(Text.from_latex(text)).split()) if "\\" in text else _unbraced(text)


def _unbraced(text: str) -> str:
    return " ".join(text.replace("{", "").replace("}", "").split())
