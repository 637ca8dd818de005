"""Predictions for macros that users bring: a sheet of macros in, energy of an operation out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jouletrace.predict import reading, writing
from jouletrace.predict.macro import MACROS, Macro, typed
from jouletrace.predict.macro_priors import Fitted, Predicted
from jouletrace.predict.reading import Line, Sheet
from jouletrace.predict.writing import QUANTILES

ENERGY = tuple(f"energy_fj_per_op_1b_{name}" for name in QUANTILES)
EFFICIENCY = tuple(f"tops_per_w_{name}" for name in QUANTILES)
WRITTEN = (*ENERGY, *EFFICIENCY, "assumed", "problem")
DIGITS = 6
FEMTO, TERA = 1e15, 1e-12


@dataclass(frozen=True)
class Answer:
    """What is written behind a row: a prediction, or the problem that stands in its way."""

    prediction: Predicted | None = None
    problem: str = ""

    def cells(self) -> list[str]:
        """The cells of our columns, in their order; efficiency is one over the energy."""
        if self.prediction is None:
            return [""] * (len(WRITTEN) - 1) + [self.problem]
        joules = self.prediction.operation_j
        numbers = [*(FEMTO * one for one in joules), *(TERA / one for one in reversed(joules))]
        return [*(f"{one:.{DIGITS}g}" for one in numbers), self.prediction.assumed, self.problem]


def predict_macros(source: Path, out: Path | None, ready: Callable[[], Fitted]) -> tuple[str, list[str]]:
    """Predict every row of a sheet; write it to ``out``, if any. Its text, and a line for each bad row.

    Raises `SheetError` where the whole sheet, or the place of the output, is wrong.
    """
    if out:
        writing.place(out, source)
    sheet = reading.read(source, WRITTEN, MACROS)
    found = answers(sheet, ready().predict)
    whole = writing.text(sheet, found, WRITTEN)
    if out:
        writing.write(out, whole)
    return whole, list(writing.said(sheet, found))


def answers(sheet: Sheet, predictor: Callable[[Sequence[Macro]], Sequence[Predicted]]) -> list[Answer]:
    """What is written behind each row; rows with a problem do not hinder the others."""
    asked = [_asked(sheet, line) for line in sheet.lines]
    predictions = iter(predictor([one for one in asked if isinstance(one, Macro)]))
    return [Answer(next(predictions)) if isinstance(one, Macro) else one for one in asked]


def _asked(sheet: Sheet, line: Line) -> Macro | Answer:
    if line.problem:
        return Answer(problem=line.problem)
    try:
        return typed(sheet.known(line))
    except ValueError as error:
        return Answer(problem=str(error))
