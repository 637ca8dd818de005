"""What people may write in data/registry, as types: unknown keys and missing sources are errors."""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

from jouletrace.registry.distribution import Kind, as_written, middle, parse


def _whole_year(at: dict[Any, Any]) -> dict[Any, Any]:
    if "year" in at and not isinstance(at["year"], int):
        raise ValueError(f"J03 the year `{at['year']}` is no whole number")
    return at


def _number(text: str) -> str:
    try:
        float(text)
    except ValueError:
        raise ValueError(f"J13 `{text}` is no number") from None
    return text


#: A number as a text states it: its digits count, so it is written in quotation marks.
Stated = Annotated[str, AfterValidator(_number)]
Grade = Literal["read", "secondary", "recalled", "measured", "fitted", "judgement"]
Coordinate = str | int
#: Where a quantity is asked for. ``series`` is a line of a table, such as a model; ``device`` is the
#: machine that it runs on, and ``load`` what that machine is asked to do.
Place = Literal["region", "year", "series", "device", "load"]
Coordinates = Annotated[dict[Place, Coordinate], AfterValidator(_whole_year)]
Distribution = Annotated[Kind, BeforeValidator(parse), PlainSerializer(as_written)]


class Strict(BaseModel):
    """A mapping in which every key is known."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Bilingual(Strict):
    """The same short text in English and in Chinese."""

    en: str
    zh: str


class Sourced(Strict):
    """Where a number comes from. A judgement says why; anything else cites, with a locator."""

    grade: Grade
    cite: str | None = None
    locator: str | None = None
    why: str | None = None

    @model_validator(mode="after")
    def _has_source(self) -> Self:
        if self.grade == "judgement" and not self.why:
            raise ValueError("J06 a judgement needs `why`")
        if self.grade != "judgement" and not (self.cite and self.locator):
            raise ValueError("J06 needs `cite` and `locator`")
        return self


class Case(Sourced):
    """One number, or distribution, at some coordinates."""

    at: Coordinates = {}
    distribution: Distribution


class ErrorOf(Sourced):
    """Multiplicative error of a figure that a table holds without one."""

    distribution: Distribution
    shared_by: Literal["lineage", "row", "all"] = "lineage"


class Scope(Strict):
    """What an energy or a power counts: how much around the chip, which energy, over which time."""

    counts: Literal[
        "chip", "device", "server", "facility", "fleet", "sector", "country", "world", "not-stated"
    ]
    energy: Literal["site", "primary"]
    period: Literal["calendar-year", "year-end-power", "per-unit", "lifetime"]


#: Parts that an estimate may count or leave out; ``-only`` narrows what is counted.
Part = Literal[
    "it",
    "cooling-and-power",
    "storage",
    "internal-networks",
    "wide-area-networks",
    "telecom-rooms",
    "base-stations",
    "crypto-mining",
    "user-devices",
    "ai-servers-only",
    "ai-sites-only",
    "one-maker-only",
    "hyperscale-only",
    "accelerators",
    "hosts",
    "servers-in-reserve",
]


class Boundary(Strict):
    """What the figures of a table count. About a part in neither list the source says nothing."""

    title: str
    scope: Scope
    includes: tuple[Part, ...]
    excludes: tuple[Part, ...]

    @model_validator(mode="after")
    def _either_or(self) -> Self:
        if both := sorted(set(self.includes) & set(self.excludes)):
            raise ValueError(f"J03 `{both[0]}` is both included and excluded")
        return self


class Lookup(Strict):
    """Which row of a table is meant, given the coordinates of the proposition.

    ``several``: ``sample`` draws one of the rows, ``average`` takes their geometric mean, ``joint``
    draws one series of a group, and with it that series' row of every quantity of the table.
    ``along``: the coordinate that names the series of this table.
    """

    dataset: str
    quantity: str | None = None
    match: dict[Literal["region", "year", "series"], str | int]
    ids: tuple[str, ...] | None = None
    column: Literal["value", "year"] = "value"
    along: Literal["series", "device"] = "series"
    several: Literal["sample", "average", "joint"] | None = None
    why: str | None = None

    def coordinate(self, column: Literal["region", "year", "series"]) -> Place:
        """The coordinate that a column of the table is held against."""
        return self.along if column == "series" else column


class Drawn(Strict):
    """A column of a computed dataset of joint draws; its name may hold ``{region}``, ``{year}``."""

    dataset: str
    column: str


class Quantity(Strict):
    """A number that models may ask for by name; the name ends in its coherent unit.

    Where it has ``draws`` and ``cases``, a case that fits goes before the draws.
    """

    title: str
    unit: str
    boundary: str
    cases: dict[str, Case] = {}
    lookup: Lookup | None = Field(default=None, alias="from")
    draws: Drawn | None = None
    scope: Scope | None = None
    error: ErrorOf | None = None
    signed: bool = False
    note: str | None = None

    @model_validator(mode="after")
    def _one_home(self) -> Self:
        if bool(self.lookup) == bool(self.cases or self.draws):
            raise ValueError("J09 needs `from`, or else `cases`, `draws` or both")
        return self

    def middle(self, name: str, case: str = "any") -> float:
        """The median of a case in coherent units; ``name`` is the quantity's own, which ends in its unit."""
        from jouletrace.units import to_coherent  # Units are slow to load, and planning a build needs none.

        return to_coherent(middle(self.cases[case].distribution), self.unit, name)


class Tolerance(Strict):
    """How far from the stated value still counts, and why."""

    plus_minus: float
    why: str


class Proposition(Strict):
    """What is judged: a quantity at coordinates, an operator, and what it is compared with."""

    quantity: str | None = None
    at: Coordinates = {}
    base: Coordinates = {}
    operator: Literal["above", "below", "about", "between", "reported"] = Field(alias="is")
    value: Stated | None = None
    upper: Stated | None = None
    unit: str = "ratio"
    of: str | None = None
    than: str | None = None
    than_at: Coordinates | None = None
    times: float = 1.0
    across: str | None = None
    tolerance: Tolerance | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needs = {
            "above": self.value or self.than,
            "below": self.value or self.than,
            "about": self.value,
            "between": self.value and self.upper,
            "reported": True,
        }
        if not self.quantity or not needs[self.operator]:
            raise ValueError(f"J13 `{self.operator}` lacks what it needs")
        if self.of and self.than:
            raise ValueError("J13 takes a share `of`, or a comparison `than`, not both")
        return self


class FactQuery(Strict):
    """A question to facts.yaml: is there a row, how many are there, is one dated before a day."""

    subject: str | None = None
    predicate: str
    check: Literal["exists", "count_at_least", "before", "equals"]
    count: int = 1
    day: date | None = None
    value: str | None = None


class AttributionQuery(Strict):
    """A question to attributions.yaml about one quoted or attributed statement."""

    id: str
    check: Literal["located", "element_in_source", "element_unchanged"]
    element: str | None = None


class Reading(Strict):
    """One way to understand the sentence, as something that can be judged."""

    text: str
    ordinary: bool = False
    proposition: Proposition | None = None
    fact: FactQuery | None = None
    attribution: AttributionQuery | None = None
    system: str | None = None
    variants: dict[str, dict[str, Any]] = {}
    note: str | None = None
    reason: str | None = None

    @model_validator(mode="after")
    def _one_question(self) -> Self:
        asked = [self.proposition, self.fact, self.attribution, self.system]
        if sum(one is not None for one in asked) != 1 and not self.reason:
            raise ValueError("J13 a reading asks one question, or gives the reason why it cannot")
        return self


class Members(Strict):
    """The same quantities for each member of some groups of series: one table of the page.

    ``groups`` are groups of the dataset, with what readers call them.
    """

    title: str
    dataset: str
    groups: dict[str, str]
    columns: dict[str, Reading]


class ClaimSource(Strict):
    """What the claim goes back to, and what changed on the way. Text may hold {num:...}."""

    says: str
    change: str
    cite: tuple[str, ...] = ()


class Panel(Strict):
    """One part of a waterfall: its title, and the context row of each step."""

    title: str
    rows: tuple[str, ...]


FigureKind = Literal[
    "intervals", "path", "ranking", "breaks", "waterfall", "lifetime", "dumbbell", "loads", "roofline"
]


class FigureSpec(Strict):
    """What the figure of a claim shows.

    ``intervals``: the readings; ``path``: a reading over the years; ``ranking``: questions of the
    context, the largest first; ``breaks``: the points of a computed ``dataset``, by name and series;
    ``waterfall``: panels of steps, the last of which is their sum; ``lifetime``: the members of a table,
    each over its life; ``dumbbell``: context rows, by groups; ``loads``: the members of a table, a line each
    over the loads that its columns are asked at; ``roofline``: the members as points under the roof of a
    machine, by their columns of intensity and of what is attained.
    """

    kind: FigureKind = "intervals"
    alt: str
    dataset: str | None = None
    quantity: str | None = None
    series: dict[str, str] = {}
    at: Coordinates = {}
    years: tuple[int, int] | None = None
    unit: str = "ratio"
    label: str = ""
    readings: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    panels: tuple[Panel, ...] = ()
    groups: dict[str, tuple[str, ...]] = {}
    note: str = ""

    @model_validator(mode="after")
    def _whole_panels(self) -> Self:
        if (self.kind == "waterfall") != bool(self.panels):
            raise ValueError("J13 a waterfall has `panels`, and nothing else has")
        if any(len(panel.rows) != len(self.steps) for panel in self.panels):
            raise ValueError("J13 each panel needs one row for each of `steps`")
        return self


Fidelity = Literal[
    "faithful",
    "number",
    "unit",
    "tense",
    "scope",
    "object",
    "reversal",
    "mistranslation",
    "source not located",
    "no source given",
    "opinion",
    "not applicable",
]


class Claim(Strict):
    """One claim of an article."""

    location: tuple[str, ...]
    kind: str
    title: Bilingual
    says: Bilingual
    source: ClaimSource
    fidelity: tuple[Fidelity, ...]
    rule: str
    headline: str
    finding: str
    written_for: str
    readings: dict[str, Reading]
    context: dict[str, Reading] = {}
    members: dict[str, Members] = {}
    figure: FigureSpec
    open_until: date | None = None
    modal: bool = False
    provisional: str | None = None
    facts: tuple[str, ...] = ()
    history: tuple[str, ...] = ()


class Article(Strict):
    """The text whose claims are traced."""

    title: Bilingual
    publisher: str
    source_named: str
    published: str
    language: str
    cite: str
    brief: str
    places: dict[str, str]


class Fact(Sourced):
    """A dated fact."""

    subject: str
    predicate: str
    value: str
    valid_from: date | None = None
    valid_to: date | None = None


class Attribution(Strict):
    """Who said what, where it was found, and what changed on the way."""

    claim: str
    speaker: str
    day: str
    content: str
    status: Literal["located", "not located"]
    located: str | None = None
    grade: Grade
    cite: str
    locator: str
    elements: dict[str, dict[Literal["article", "source"], str | None]] = {}
    alterations: tuple[str, ...] = ()


class Constraint(Strict):
    """``left`` relation ``factor`` x ``right``, as the article states or implies it."""

    left: str
    relation: Literal["<", "<=", "=", ">", ">="]
    right: str
    factor: float = Field(default=1.0, gt=0.0)
    because: str


class System(Strict):
    """Constraints that are asked whether they can all hold together."""

    title: str
    variables: dict[str, str]
    constraints: dict[str, Constraint]

    @model_validator(mode="after")
    def _known_sides(self) -> Self:
        sides = {side for one in self.constraints.values() for side in (one.left, one.right)}
        unknown = sides - set(self.variables)
        if unknown:
            raise ValueError(f"J14 no variable is called `{sorted(unknown)[0]}`")
        return self


class Thresholds(Strict):
    """Probabilities at which the word of a verdict changes."""

    true_from: float
    leans_true_from: float
    undetermined_from: float
    leans_false_above: float

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        falling = (self.true_from, self.leans_true_from, self.undetermined_from, self.leans_false_above)
        if not 1.0 > falling[0] > falling[1] > falling[2] > falling[3] > 0.0:
            raise ValueError("J03 thresholds must fall from `true_from` to `leans_false_above`")
        return self


class Settings(Strict):
    """What is the same for all claims of a build."""

    as_of: date
    draws: int = Field(ge=1000)
    seed: int = Field(ge=0, lt=2**31)
    thresholds: Thresholds
    tolerance_least_ratio: float
    recalled_factor: float
    possible_from: float


class TableFile(Strict):
    """A file, and the digest that its bytes must have."""

    path: str
    sha256: str
    rows: int | None = None


class Snapshot(TableFile):
    """A table that the project carries: it lies in data/snapshot and nowhere else."""

    path: str = Field(pattern=r"^data/snapshot/[a-z0-9-]+\.csv$")


class Upstream(Strict):
    """Where the publisher has the file; without a digest the note says why."""

    url: str
    sha256: str | None = None
    note: str | None = None


class Bounds(Strict):
    """Smallest and largest value a table may hold, and the largest step between neighbours.

    Neighbours are those of the same series; by ``region``, the other works on that region as well.
    """

    value: dict[Literal["min", "max"], float]
    year: dict[Literal["min", "max"], int] = {"min": 1900, "max": 2100}
    level_shift: float
    level_by: Literal["series", "region"] = "series"


class Dataset(Strict):
    """A table of figures: who published it, under which licence, and what its bytes are."""

    title: str
    publisher: str
    licence: str
    licence_url: str | None = None
    retrieved: date
    cite: str
    compiled: bool = False
    regions: tuple[str, ...] = ()
    boundaries: tuple[str, ...] = ()
    groups: dict[str, tuple[str, ...]] = {}
    names: dict[str, str] = {}
    snapshot: Snapshot
    mirror: TableFile | None = None
    upstream: Upstream | None = None
    tidy: str | None = None
    bounds: Bounds
    note: str | None = None


class Withheld(Strict):
    """A table that the project may read but not carry, as its licence is unclear: only a mirror has it.

    Experiments read it; what they find is kept under the digest of the file.
    """

    title: str
    publisher: str
    licence: str
    retrieved: date
    cite: str
    mirror: TableFile
    url: str
    tidy: str
    note: str | None = None


class Setting(Sourced):
    """A number that an experiment is run with, in the unit that its name ends in."""

    value: float


class Computed(Strict):
    """A dataset that an experiment of ours computes: what it reads and uses, and is run with.

    It ``reads`` tables, ``withheld`` ones from a mirror, and ``uses`` quantities; it ``takes`` the
    measurements that are kept, and does without those that are not. ``spread`` says what the rows differ
    by: the error of a finite simulation, the variation of the world (or our ignorance of it), or both.
    ``settings_of``: the entry whose settings, but for counts, hold here as well, where none of its own
    takes their place.
    """

    title: str
    boundary: str
    experiment: str
    reads: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    spread: Literal["Monte Carlo error", "variation of the world", "both"]
    seed: int = Field(ge=0, lt=2**31)
    settings: dict[str, Setting] = {}
    settings_of: str | None = None
    takes: tuple[str, ...] = ()
    note: str | None = None


class Measured(Strict):
    """A dataset that a command measures on a device at hand; a build only reads what is kept of it."""

    title: str
    boundary: str
    command: str
    seed: int = Field(ge=0, lt=2**31)
    settings: dict[str, Setting] = {}
    note: str | None = None


class Scenario(Strict):
    """A fork: what it changes in the entries, and why."""

    title: str
    why: str
    base: str | None = None
    changes: dict[Literal["quantities", "settings", "claims", "facts", "computed"], dict[str, Any]]
