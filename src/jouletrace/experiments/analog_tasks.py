"""What small networks learn here: digits by hand, letters as they are printed, and prose, by characters.

Digits are those of Alpaydin and Kaynak (1998), which come with scikit-learn. Letters are outlines of
typefaces that come with matplotlib, bent, turned, shifted and spoiled at random; some faces are kept for
the test. Prose is the project's own, frozen in a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.ft2font import FT2Font, LoadFlags
from numpy.typing import NDArray
from scipy.ndimage import affine_transform, gaussian_filter

from jouletrace.experiments.task import Numbers
from jouletrace.registry.rows import Row

Whole = NDArray[np.int_]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
ALPHABET = LETTERS + "0123456789 .,;:()'-%/\n"
#: Typefaces by the names of their files: those that are learned from, and those that are tested on.
LEARNED = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono", "DejaVuSansMono-Bold"),
    *("DejaVuSerif", "DejaVuSerif-Italic", "STIXGeneral", "STIXGeneralBol", "cmr10", "cmss10", "cmti10"),
)
TESTED = (
    "DejaVuSans-BoldOblique",
    "DejaVuSansMono-Oblique",
    "DejaVuSerif-Bold",
    "STIXGeneralItalic",
    "cmb10",
)
DIGITS = 10
#: Ink of a pixel of a digit that is all black.
BLACK = 16.0
#: Sides of a picture and of the drawing that it is taken from, in pixels.
SIDE, DRAWN = 16, 64


@dataclass(frozen=True)
class Examples:
    """Inputs and what they are, to learn from and to be tested on."""

    inputs: Numbers | Whole
    targets: Whole
    test_inputs: Numbers | Whole
    test_targets: Whole


@dataclass(frozen=True)
class Spoiling:
    """How far letters are turned (radians), slanted, stretched, shifted (pixels) and covered with noise."""

    turn: float
    slant: float
    stretch: float
    shift: float
    noise: float


def digits(tested: int, seed: int) -> Examples:
    """Pictures of digits by hand, of eight by eight pixels in a row each; some are kept for the test."""
    from sklearn.datasets import load_digits

    inputs, targets = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(targets))
    learned, kept = order[tested:], order[:tested]
    pictures, names = np.asarray(inputs) / BLACK, np.asarray(targets)
    return Examples(pictures[learned], names[learned], pictures[kept], names[kept])


def letters(spoiling: Spoiling, learned: int, tested: int, seed: int) -> Examples:
    """Pictures of letters, a row of pixels each, from typefaces that are learned and others that are not."""
    rng = np.random.default_rng(seed)
    inputs, targets = _pictures(LEARNED, learned, spoiling, rng)
    return Examples(inputs, targets, *_pictures(TESTED, tested, spoiling, rng))


def _pictures(
    faces: Sequence[str], count: int, spoiling: Spoiling, rng: np.random.Generator
) -> tuple[Numbers, Whole]:
    drawings = np.stack([drawing(face, letter) for face in faces for letter in LETTERS])
    chosen = rng.integers(len(drawings), size=count)
    found = np.stack([spoiled(drawings[one], spoiling, rng) for one in chosen])
    return found.reshape(count, SIDE * SIDE), chosen % len(LETTERS)


def drawing(face: str, letter: str) -> Numbers:
    """A letter of a typeface in the middle of a square, softened to what a picture can show."""
    font = FT2Font(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{face}.ttf"))
    font.set_size(DRAWN * 1.0, 72.0)
    font.set_text(letter, 0.0, flags=LoadFlags.NO_HINTING)
    font.draw_glyphs_to_bitmap(antialiased=True)
    ink = np.asarray(font.get_image(), dtype=np.float64)[:DRAWN, :DRAWN] / 255.0
    square = np.zeros((DRAWN, DRAWN))
    top, left = ((DRAWN - size) // 2 for size in ink.shape)
    square[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    soft: Numbers = gaussian_filter(square, DRAWN / SIDE / 2.0)
    return soft


def spoiled(drawn: Numbers, spoiling: Spoiling, rng: np.random.Generator) -> Numbers:
    """A picture of a drawing: turned, slanted, stretched, shifted, noisy; ink is one, paper zero."""
    turn, slant, wide, tall = rng.uniform(-1.0, 1.0, 4)
    angle = spoiling.turn * turn
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    bent = np.array(
        [[1.0 + spoiling.stretch * tall, 0.0], [spoiling.slant * slant, 1.0 + spoiling.stretch * wide]]
    )
    step = DRAWN / SIDE * turned @ bent
    centre = (DRAWN - 1) / 2.0 + DRAWN / SIDE * rng.uniform(-spoiling.shift, spoiling.shift, 2)
    offset = centre - step @ np.full(2, (SIDE - 1) / 2.0)
    picture = affine_transform(drawn, step, offset, (SIDE, SIDE), order=1)
    noisy: Numbers = np.clip(picture + spoiling.noise * rng.standard_normal(picture.shape), 0.0, 1.0)
    return noisy


def prose(rows: Sequence[Row], window: int, tested: int, seed: int) -> Examples:
    """Windows of prose as places in the alphabet, each with the characters that come next.

    Paragraphs are shuffled; the last ones, worth ``tested`` windows, are never learned from.
    """
    paragraphs = [folded(row.note) for row in rows]
    order = np.random.default_rng(seed).permutation(len(paragraphs))
    places = np.array([ALPHABET.index(one) for at in order for one in f"{paragraphs[at]}\n"])
    kept = len(places) - tested * window - 1
    inside = kept + window * np.arange(tested)[:, None] + np.arange(window)
    starts = np.arange(0, kept - window - 1)[:, None] + np.arange(window)
    return Examples(places[starts], places[starts + 1], places[inside], places[inside + 1])


def folded(text: str) -> str:
    """Text in small letters, without what the alphabet lacks.

    >>> folded("An H100 – at 700 W.")
    'an h100  at 700 w.'
    """
    return "".join(one for one in text.lower() if one in ALPHABET)
