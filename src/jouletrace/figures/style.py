"""The look that all figures share: two themes, sizes in points, text that is measured before it is set.

Colours are those of seaborn's `colorblind` palette, or darker tones of them where a word needs more
contrast; text has at least 4.5:1 and marks 3:1 against the pages of the book. Shape, weight and words say
again what a colour says. Fonts ship with matplotlib and become outlines, so any machine draws the same.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from warnings import catch_warnings, filterwarnings

import matplotlib as mpl
import seaborn as sns
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from matplotlib.ticker import FuncFormatter, NullLocator

from jouletrace.present import printed

POINTS = 72.0
#: Width of a figure in points: narrow, so that its text is still legible on a phone.
WIDTH = 403.0
MARGIN = 8.0
TEXT, SMALL = 10.0, 9.0
#: Distance of two baselines, as a multiple of the size of the letters.
LEADING = 1.25
FONT = "DejaVu Sans"


@dataclass(frozen=True)
class Theme:
    """Colours on one background; `page` is what lies behind, it is never painted."""

    page: str
    ink: str
    muted: str
    faint: str
    mark: str
    second: str
    accent: str
    third: str
    fourth: str


THEMES = {
    "light": Theme(
        "#ffffff", "#1f2328", "#57606a", "#c9d1d9", "#0173b2", "#3d8fbe", "#a84300", "#00704f", "#7b3fa0"
    ),
    "dark": Theme(
        "#14181e", "#e6edf3", "#adb7c2", "#454d57", "#56b4e9", "#4a94bf", "#f0a23a", "#4fd0a4", "#cf9be6"
    ),
}


@contextmanager
def applied(theme: Theme) -> Iterator[None]:
    """Seaborn's paper theme in these colours while a figure is drawn; a missing glyph is an error."""
    settings: dict[str, Any] = {
        "svg.fonttype": "path",
        "svg.hashsalt": "jouletrace",
        "font.family": [FONT],
        "font.size": TEXT,
        "text.color": theme.ink,
        "text.hinting": "none",
        "text.usetex": False,
        "text.parse_math": False,
        "axes.labelcolor": theme.ink,
        "axes.edgecolor": theme.muted,
        "axes.facecolor": "none",
        "axes.labelsize": SMALL,
        "xtick.color": theme.muted,
        "ytick.color": theme.muted,
        "xtick.labelsize": SMALL,
        "ytick.labelsize": SMALL,
        "grid.color": theme.faint,
        "savefig.transparent": True,
    }
    with mpl.rc_context(), catch_warnings():
        filterwarnings("error", message="Glyph")
        mpl.rcdefaults()
        sns.set_theme(context="paper", style="ticks", palette="colorblind", font=FONT, rc=settings)
        yield


def sheet(height: float) -> Figure:
    """An empty transparent figure, ``height`` points high."""
    figure = Figure(figsize=(WIDTH / POINTS, height / POINTS), facecolor="none")
    FigureCanvasAgg(figure)
    return figure


def frame(figure: Figure, left: float, top: float, width: float, height: float) -> Any:
    """Axes at a place given in points from the upper left corner."""
    tall = figure.get_figheight() * POINTS
    return figure.add_axes((left / WIDTH, 1.0 - (top + height) / tall, width / WIDTH, height / tall))


def canvas(figure: Figure) -> Any:
    """Axes over the whole figure for words and lines: x and y in points, y downwards."""
    tall = figure.get_figheight() * POINTS
    axes = frame(figure, 0.0, 0.0, WIDTH, tall)
    axes.set(xlim=(0.0, WIDTH), ylim=(tall, 0.0))
    axes.axis("off")
    return axes


@lru_cache(maxsize=4096)
def width(text: str, size: float, weight: str = "normal") -> float:
    """Width of one line of text in points."""
    font = FontProperties(family=FONT, weight=weight)
    return float(TextPath((0, 0), text, size=size, prop=font).get_extents().width) if text.strip() else 0.0


def wrap(text: str, room: float, size: float, weight: str = "normal") -> list[str]:
    """Lines of text, none wider than ``room`` points unless a single word is."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size, weight) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def leading(size: float) -> float:
    """Height of one line of text in points."""
    return size * LEADING


def below(words: Any, top: float, label: list[str], note: list[str], theme: Theme) -> None:
    """Lines under a plot: what its axis is, and, quieter, how to read its marks."""
    for index, text in enumerate([*label, *note]):
        colour = theme.ink if index < len(label) else theme.muted
        words.text(MARGIN, top + index * leading(SMALL), text, va="top", size=SMALL, color=colour)


def number(value: float) -> str:
    """A number as an axis shows it: no trailing zeros, thousands apart."""
    return f"{value:,.10g}".replace(",", "\N{NO-BREAK SPACE}")


def numbered(axis: Any) -> None:
    """Ticks of an axis as `number` writes them, and none between them."""
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))


def amount(value: str | float, unit: str) -> str:
    """A number with its unit."""
    return f"{value if isinstance(value, str) else number(value)} {printed(unit)}".rstrip()


def axis_label(spec: dict[str, Any]) -> str:
    """The label of the figure, with its unit unless the words hold it already."""
    label, unit = str(spec["label"]), spec["unit"]
    if not printed(unit) or unit in label or printed(unit) in label:
        return label
    return f"{label}, {unit}".removeprefix(", ")
