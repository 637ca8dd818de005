"""Predictions for machines that users bring: a sheet of deployments in, energy and time of a token out."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from jouletrace.predict import reading, writing
from jouletrace.predict.catalogue import Catalogue
from jouletrace.predict.deployment import typed
from jouletrace.predict.reading import Line, Sheet, SheetError
from jouletrace.predict.resolve import Case, Resolved, resolve
from jouletrace.predict.writing import Answer, Prediction

__all__ = ["Case", "Prediction", "SheetError", "answers", "predict"]

Predictor = Callable[[Sequence[Case]], Sequence[Prediction]]


def predict(
    source: Path, out: Path | None, ready: Callable[[], tuple[Catalogue, Predictor]]
) -> tuple[str, list[str]]:
    """Predict every row of a sheet; write it to ``out``, if any. Its text, and a line for each bad row.

    ``ready`` is asked for the registry and the model only once the sheet was read. Raises `SheetError`
    where the whole sheet, or the place of the output, is wrong; then nothing is written.
    """
    if out:
        writing.place(out, source)
    sheet = reading.read(source, writing.WRITTEN)
    found = answers(sheet, *ready())
    whole = writing.text(sheet, found)
    if out:
        writing.write(out, whole)
    return whole, list(writing.said(sheet, found))


def answers(sheet: Sheet, known: Catalogue, predictor: Predictor) -> list[Answer]:
    """What is written behind each row; rows with a problem do not hinder the others."""
    found = [_asked(sheet, line, known) for line in sheet.lines]
    good = [one for one in found if isinstance(one, Resolved)]
    predictions = iter(predictor([one.case for one in good]) if good else [])
    done = [one if isinstance(one, Answer) else _answer(one, next(predictions)) for one in found]
    writing.checked(done)
    return done


def _asked(sheet: Sheet, line: Line, known: Catalogue) -> Resolved | Answer:
    if line.problem:
        return Answer(problem=line.problem)
    try:
        return resolve(typed(sheet.known(line)), known)
    except ValueError as error:
        return Answer(problem=str(error))


def _answer(one: Resolved, prediction: Prediction) -> Answer:
    sound = all(0.0 < x < math.inf for x in (*prediction.energy, *prediction.time))
    if not sound or not all(0.0 <= x < math.inf for x in prediction.parts):
        what = "these figures together give no energy that a machine can have; look for one in another unit"
        return Answer(one.device_matched, one.model_matched, assumed=one.assumed, problem=what)
    return Answer(one.device_matched, one.model_matched, prediction, one.assumed)
