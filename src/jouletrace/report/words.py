"""Badges: the word of a verdict, a flag, a fidelity or a grade, each with a sign beside the word."""

from jouletrace.report.elements import Tag, el

#: Signs differ in shape, so that no word rests on colour alone.
WORDS = {
    "true": ("true", "●"),
    "leans true": ("leans-true", "◕"),
    "undetermined": ("undetermined", "◑"),
    "leans false": ("leans-false", "◔"),
    "false": ("false", "○"),
    "located": ("located", "◆"),
    "not located": ("not-located", "◇"),
    "opinion": ("opinion", "❝"),
    "not judged": ("not-judged", "–"),
}

FLAGS = {
    "open": "the date of the claim lies ahead",
    "borderline": "P lies within two Monte Carlo errors of a threshold",
    "robust": "the word stays with judgements doubled and moving together",
    "unverified": "the verdict rests on a figure from memory",
    "provisional": "a reading is still missing here",
}

GRADES = {
    "read": "the source itself was read",
    "secondary": "seen in another text that reports the source",
    "recalled": "from memory, not verified",
    "measured": "measured by this project",
    "fitted": "fitted to data by this project",
    "judgement": "our judgement",
}


def word_badge(word: str, large: bool = False) -> Tag:
    """The word of a verdict with its sign."""
    key, sign = WORDS.get(word, ("not-judged", "–"))
    size = " jt-large" if large else ""
    return el(
        "span", el("span", sign, cls="jt-sign", aria_hidden="true"), word, cls=f"jt-word jt-{key}{size}"
    )


def flag_badges(flags: list[str]) -> list[Tag]:
    """One badge for each flag."""
    return [el("span", flag, cls=f"jt-flag jt-flag-{flag}") for flag in flags]


def grade_badge(grade: str) -> Tag:
    """The grade of a source."""
    return el("span", grade, cls=f"jt-grade jt-grade-{grade}")
