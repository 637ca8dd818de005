"""The staged book: people's pages, copied, and a stub for each claim, article and model file.

A stub holds a heading and one directive with an id, never a value.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from jouletrace.registry.strict_yaml import load as load_yaml
from jouletrace.report.pages.models import modules
from jouletrace.report.store import Record, claim_doc

#: Entry of book/_toc.yml that stands for generated pages.
GENERATED = "generated"


def stage(results: Path, book: Path, target: Path, root: Path) -> None:
    """Write the staged book to ``target``, from nothing."""
    ledger = json.loads((results / "ledger.json").read_text(encoding="utf-8"))
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(book, target)
    for page, text in stubs(ledger).items():
        path = target / f"{page}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    contents = load_yaml(book / "_toc.yml")
    (target / "_toc.yml").write_text(json.dumps(expanded(contents, ledger), indent=1), encoding="utf-8")
    for kind in ("*.csv", "*.json"):
        _copy(results / "csv", target / "extra" / "csv", kind)
    _computed(results / "reconstruction.json", target / "extra", root)
    for name, dataset in ledger["datasets"].items():
        source = root / dataset["snapshot"]["path"]
        if source.is_file():
            _put(source, target / "extra" / "data" / f"{name}.csv")


def stubs(ledger: Record) -> dict[str, str]:
    """Generated pages by document name."""
    found = {claim_doc(one): _stub("claim-title", "claim-page", key) for key, one in ledger["claims"].items()}
    found |= {f"articles/{key}": _stub("article-title", "article-page", key) for key in ledger["articles"]}
    return found | {
        f"models/{key}": _stub("model-title", "model-page", key) for key in modules(ledger["functions"])
    }


def _stub(role: str, directive: str, name: str) -> str:
    return f"# {{{role}}}`{name}`\n\n```{{{directive}}} {name}\n```\n"


def expanded(contents: Any, ledger: Record) -> Any:
    """The table of contents with each ``generated: ...`` entry replaced by its pages."""
    if isinstance(contents, dict):
        return {key: expanded(value, ledger) for key, value in contents.items()}
    if not isinstance(contents, list):
        return contents
    found: list[Any] = []
    for one in contents:
        if isinstance(one, dict) and GENERATED in one:
            found += _generated(one[GENERATED], ledger)
        else:
            found.append(expanded(one, ledger))
    return found


def _generated(kind: str, ledger: Record) -> list[Record]:
    if kind == "models":
        return [{"file": f"models/{name}"} for name in modules(ledger["functions"])]
    return [
        {
            "file": f"articles/{key}",
            "sections": [{"file": claim_doc(ledger["claims"][one])} for one in article["claims"]],
        }
        for key, article in ledger["articles"].items()
    ]


def _computed(path: Path, extra: Path, root: Path) -> None:
    """Files of computed datasets, for readers to download."""
    if not path.is_file():
        return
    shown = json.loads(path.read_text(encoding="utf-8")).get("datasets", {})
    for name, one in shown.items():
        for file in one["tables"]:
            _put(root / one["folder"] / file, extra / "computed" / name / file)


def _copy(source: Path, target: Path, pattern: str) -> None:
    for path in sorted(source.glob(pattern)):
        _put(path, target / path.name)


def _put(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
