"""The pages of the reconstruction: figures with computed captions, residuals, and the record of a dataset."""

from jouletrace.report.elements import Child, Part, Tag, el, num, para, to
from jouletrace.report.page import Page, small
from jouletrace.report.store import Number, Record
from jouletrace.report.tables import Cell, Line, disclosure, dl, table
from jouletrace.report.text import digits, interval, show, slug
from jouletrace.report.text import one as noun
from jouletrace.report.tokens import plain, rich

LEVELS = {"centres": "data centres", "ai": "AI"}
METHODS = {
    "bottom-up": "built up from servers and sites",
    "extrapolation": "carried forward",
    "counted": "counted or metered",
    "unstated": "does not say how",
}
HEAD = (
    "Publication",
    "Place and year",
    "Says",
    "Times the reconstruction",
    "5 to 95\N{NO-BREAK SPACE}%",
    "Made how",
)
NAMED = 4


def figure(page: Page) -> list[Part]:
    """A figure, light and dark; its alternative text is its caption."""
    caption = page.store.shown["captions"][page.name]
    up = "../" * page.doc.count("/")
    alt = " ".join(plain(page.store, caption, "").split())
    images = [
        el("img", src=f"{up}figures/{page.name}-{theme}.svg", alt=alt, cls=f"only-{theme}")
        for theme in ("light", "dark")
    ]
    words = el("div", *rich(page.store, caption, "", page.location), cls="jt-caption")
    return [el("div", *images, words, cls="jt-figure")]


def extremes(page: Page) -> list[Part]:
    """The publications whose figures lie farthest from the reconstruction, highest and lowest."""
    rows = _level(page)
    high = _one_each(sorted(rows, key=lambda one: -one["p50"]))
    low = _one_each(sorted(rows, key=lambda one: one["p50"]))
    return [
        para("Highest, one figure of each publication:"),
        el("ul", *(_named(page, one) for one in high)),
        para("Lowest:"),
        el("ul", *(_named(page, one) for one in low)),
    ]


def _one_each(rows: list[Record]) -> list[Record]:
    found: dict[str, Record] = {}
    for one in rows:
        found.setdefault(one["publication"], one)
    return list(found.values())[:NAMED]


def _level(page: Page) -> list[Record]:
    return [one for one in page.store.shown["estimates"] if one["level"] == LEVELS[page.name]]


def _named(page: Page, one: Record) -> Tag:
    return el(
        "li",
        el("span", one["publication"], cls="jt-data"),
        f", {_place(one)}: ",
        _said(page, one),
        ", which is ",
        num(page.store.number(f"reconstruction.residual.{one['id']}.p50")),
        " the reconstruction",
        el("span", f" ({METHODS[one['method']]}{_ahead(one)})", cls="jt-small"),
    )


def _place(one: Record) -> str:
    return f"{one['place']} {one['year']}"


def _ahead(one: Record) -> str:
    if one["ahead"] <= 0:
        return ""
    return f", a projection of {one['published_year']}"


def _said(page: Page, one: Record) -> Tag:
    """The figure as printed, with the popover of its row."""
    known = page.store.number(f"row.{one['table']}.{one['id']}")
    return num(Number(**{**known.__dict__, "text": one["said"]}))


def residuals(page: Page) -> list[Part]:
    """Every figure with its residual, the highest first; closed at first, and sortable where scripts run."""
    rows = sorted(_level(page), key=lambda one: -one["p50"])
    lines = [_residual(page, one) for one in rows]
    caption = (
        "Every published figure against the reconstruction at its own boundary and place, the highest first"
    )
    made = table(HEAD, lines, caption, "jt-sortable")
    title: list[Child] = ["All ", el("span", str(len(rows)), cls="jt-data"), " figures as a table"]
    return [disclosure(title, made, ids=f"all-{page.name}")]


def _residual(page: Page, one: Record) -> Line:
    name: list[Child] = [
        one["publication"],
        small(f"published {one['published_year']}; lineage {one['lineage']}"),
    ]
    how = METHODS[one["method"]] + (", looking ahead" if one["ahead"] > 0 else "")
    spread = interval(one["p05"], one["p95"], "ratio")
    cells: list[Cell] = [name, _place(one), _said(page, one), digits(one["p50"]), spread, how]
    return Line(cells, ids=f"estimate-{slug(one['id'])}")


def dataset(page: Page) -> list[Part]:
    """Which computed dataset a page shows: fingerprint, seed, how it was computed, and its files."""
    name, one = page.name, page.store.shown["datasets"][page.name]
    versions = ", ".join(f"{key} {value}" for key, value in one["platform"].items())
    cores = f"{one['cores']} {noun(one['cores'], 'core')}"
    about = dl(
        ("Computed dataset", to("data", f"computed-{slug(name)}", one["title"])),
        ("Fingerprint (sha256)", el("code", one["fingerprint"], cls="jt-digest")),
        ("Seed", str(one["seed"])),
        ("Computed in", f"{show(one['seconds'])} s on {cores} ({versions})"),
        ("Chains", _listed([el("span", text) for text in _fits(one.get("fits") or {})])),
        ("Entry", to("data", f"computed-{slug(name)}", el("code", f"data/registry/computed.yaml: {name}"))),
        ("Code", to("data", f"code-{slug(name)}", "where the experiment starts")),
        ("Files", _listed([_file(page, name, file) for file in one["tables"]])),
        cls="jt-data",
    )
    return [el("div", about, ids=f"dataset-{slug(name)}", cls="jt-record")]


def _fits(fits: dict[str, Record]) -> list[str]:
    """How well the chains of several fits agree, a line for each."""
    return [
        f"seen up to {name}: largest R-hat {one['largest_r_hat']}, least effective draws "
        f"{one['least_effective_draws']}, divergences {one['divergences']}"
        for name, one in fits.items()
    ]


def _listed(parts: list[Tag]) -> Tag | None:
    return el("ul", *(el("li", part) for part in parts)) if parts else None


def _file(page: Page, name: str, file: str) -> Tag:
    up = "../" * page.doc.count("/")
    return el("a", el("code", file), href=f"{up}computed/{name}/{file}", download=f"{name}-{file}")
