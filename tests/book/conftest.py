"""A tiny book: one claim, hostile text in every field, built once for all tests of this folder."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from jouletrace.report.build import build

from .fixture import ARTICLE, CLAIM, ledger, one_claim, shown

BOOK = Path(__file__).resolve().parents[2] / "book"
INDEX = """# Fixture

A result: {num}`a1.C01.V1.p50`. A claim: {claim}`a1.C01`. {asserts}`a1.C01.V1|true|It holds.`
[not a link](javascript:alert(true)) {{ env.app.srcdir }} <script>window.hit = true</script> <img src=x onerror="window.hit=true">

```{verdict-table}
```
"""


def write_results(folder: Path, book: dict[str, Any], evidence: dict[str, Any]) -> Path:
    (folder / "evidence").mkdir(parents=True)
    (folder / "figures").mkdir()
    (folder / "csv").mkdir()
    (folder / "ledger.json").write_text(json.dumps(book), encoding="utf-8")
    (folder / "evidence" / f"{CLAIM}.json").write_text(json.dumps(evidence), encoding="utf-8")
    for theme in ("light", "dark"):
        svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"><path d="M0 3 4 0" stroke="gray"/></svg>'
        (folder / "figures" / f"{CLAIM}-{theme}.svg").write_text(svg, encoding="utf-8")
        for name in shown()["captions"]:
            (folder / "figures" / f"{name}-{theme}.svg").write_text(svg, encoding="utf-8")
    (folder / "reconstruction.json").write_text(json.dumps(shown()), encoding="utf-8")
    (folder / "csv" / f"{CLAIM}.csv").write_text("reading\n", encoding="utf-8")
    (folder / "csv" / f"{CLAIM}.metadata.json").write_text("{}\n", encoding="utf-8")
    return folder


def write_book(folder: Path, index: str = INDEX) -> Path:
    folder.mkdir(parents=True)
    made = folder.parent / "made"
    made.mkdir(exist_ok=True)
    (made / "points.csv").write_text("series\n", encoding="utf-8")
    shutil.copy(BOOK / "_config.yml", folder)
    shutil.copy(BOOK / "allowed_numerals.yaml", folder)
    toc = "format: jb-book\nroot: index\nchapters:\n  - generated: articles\n  - generated: models\n"
    pages = ("about", "data", "sources", "methods", "residuals", "validation")
    text = {
        "about": "# About\n\n(answer-back)=\n## Answer back\n",
        "data": "# Data\n\n```{datasets}\n```\n\n```{computed-datasets}\n```\n\n```{measurements}\n```\n\n```{inputs}\n```\n",
        "sources": "# Works\n\n```{bibliography-list}\n```\n",
        "residuals": "# Residuals\n\n```{extremes} centres\n```\n\n```{shown-figure} reconstruction-residuals\n```\n\n"
        "```{residuals} centres\n```\n",
        "validation": "# Validation\n\n## One\n\n"
        + "".join(
            f"```{{{name}}}\n```\n\n" for name in ("chains", "learned", "predictive-checks", "forecasts")
        )
        + "```{ranks}\n```\n\n```{computed-dataset} reconstruction\n```\n",
        "methods": "# Methods\n\n```{words}\n```\n",
    }
    (folder / "_toc.yml").write_text(toc + "".join(f"  - file: {page}\n" for page in pages), encoding="utf-8")
    for page in pages:
        (folder / f"{page}.md").write_text(text[page], encoding="utf-8")
    (folder / "index.md").write_text(index, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the built tiny book."""
    root = tmp_path_factory.mktemp("book")
    results = write_results(root / "results", ledger(), one_claim())
    assert ARTICLE in ledger()["articles"]
    return build(results, write_book(root / "book"), results / "book", root)
