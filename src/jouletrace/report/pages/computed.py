"""The list of computed datasets: what each was made from and with, and by which code."""

from docutils import nodes

from jouletrace.report.elements import Child, Part, Tag, el, section, to, web
from jouletrace.report.page import Page
from jouletrace.report.pages.origin import place, tables
from jouletrace.report.pages.registers import used_by
from jouletrace.report.store import Record
from jouletrace.report.tables import Line, dl, table
from jouletrace.report.text import digits, slug
from jouletrace.report.words import grade_badge

SPREAD = {"both": "Monte Carlo error and variation of the world"}


def computed(page: Page) -> list[Part]:
    """Each computed dataset: what it was made from and with, how well, and by which code."""
    return [_dataset(page, key, one) for key, one in sorted(page.store.computed.items())]


def measured(page: Page) -> list[Part]:
    """Each measurement that a command makes, and the devices of which one is kept."""
    return [_measurement(page, key, one) for key, one in sorted(page.store.measured.items())]


def _measurement(page: Page, key: str, one: Record) -> Part:
    devices = [
        Line([kept["device"], kept["driver"], kept["date"], el("code", kept["digest"], cls="jt-digest")])
        for kept in one["devices"]
    ]
    none = el(
        "p", "No device was measured yet: what a GPU draws by running at all is an assumption until then."
    )
    heads = ("Device", "Driver", "Date", "Digest (sha256)")
    return section(
        one["title"],
        f"measured-{slug(key)}",
        dl(
            ("Boundary", one["boundary"]),
            ("Made by", el("code", one["command"])),
            ("File", el("code", f"data/registry/measured.yaml: {key}")),
            cls="jt-data",
        ),
        table(heads, devices, f"Devices of: {one['title']}") if devices else none,
        _settings(page, one),
    )


def _dataset(page: Page, key: str, one: Record) -> Part:
    code = nodes.literal_block(one["source"], one["source"], language="python", linenos=True)
    code["highlight_args"] = {"linenostart": one["line"]}
    return section(
        one["title"],
        f"computed-{slug(key)}",
        dl(
            ("Boundary", one["boundary"]),
            ("Reads", tables(one["reads"])),
            ("Reads, but does not carry", _withheld(one["withheld"])),
            ("Uses", _inputs(page, one["uses"])),
            ("Its draws differ by", SPREAD.get(one["spread"], one["spread"])),
            ("Draws", _draws(one)),
            ("Fingerprint (sha256)", el("code", one["fingerprint"], cls="jt-digest")),
            ("Note", one.get("note")),
            ("Used by", used_by(page, one["used_by"])),
            ("File", el("code", f"data/registry/computed.yaml: {key}")),
            cls="jt-data",
        ),
        _settings(page, one) if one["settings"] else None,
        section("Where it starts", f"code-{slug(key)}", el("p", el("code", place(one))), code),
    )


def _withheld(files: list[Record]) -> Tag | None:
    """Tables that only a mirror has, with the digest by which their bytes are known."""
    lines = [
        el(
            "li",
            f"{one['title']} (licence: {one['licence']}), ",
            web(one["url"], one["publisher"]),
            ", sha256 ",
            el("code", one["mirror"]["sha256"], cls="jt-digest"),
        )
        for one in files
    ]
    return el("ul", *lines) if lines else None


def _draws(one: Record) -> list[Child]:
    effective = f"worth {one['effective_draws']:,} independent ones, " if one["effective_draws"] else ""
    return [f"{effective}seed {one['seed']}; computed in {one['seconds']} s, cores: {one['cores']}"]


def _inputs(page: Page, names: list[str]) -> list[Child]:
    found: list[Child] = []
    for name in names:
        found += [", "] if found else []
        title = page.store.inputs[name]["title"]
        found.append(to("data", f"input-{slug(name)}", title))
    return found


def _settings(page: Page, one: Record) -> Tag:
    lines = [
        Line([el("code", name, cls="jt-name"), digits(given["value"]), _why(page, given)])
        for name, given in one["settings"].items()
    ]
    return table(("Setting", "Value", "Grade and reason"), lines, f"Settings of: {one['title']}")


def _why(page: Page, given: Record) -> list[Child]:
    cited: list[Child] = [page.work(given["cite"]), f", {given['locator']} "] if given.get("cite") else []
    return [grade_badge(given["grade"]), " ", *cited, given.get("why")]
