"""Evaluate: a person's own labelled images, read by the line that reads all others."""

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from digitwatch.errors import ConfigError, writing
from digitwatch.files import write_atomically
from digitwatch.learning.data import NO_DIGIT
from digitwatch.learning.file_evaluation import LABEL_RULE, FileEvaluation, Outcome, label_of
from digitwatch.learning.file_page import render_page
from digitwatch.recording.contact_sheet import Frame, Part, draw_contact_sheet
from digitwatch.recording.record import BLANK, ERROR, OK, REVIEW, digits_text, percent
from digitwatch.running.drawings import (
    CannotLoadError,
    Drawing,
    drawing_in,
    drawings_below,
    load,
)
from digitwatch.running.reader import PageReading, Reader, failed_page

log = logging.getLogger(__name__)

CONTACT_SHEET = "contact_sheet.png"
SHOWN, SLOWEST_SHOWN = 24, 6
WORST_FIRST = (ERROR, REVIEW, BLANK, OK)

Clock = Callable[[], float]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Results:
    """What came of an evaluation, and how each file was shown, by its name."""

    evaluation: FileEvaluation
    thumbnails: Mapping[str, bytes]


@dataclass(frozen=True)
class _Reading:
    outcome: Outcome
    thumbnail: bytes


def evaluate(
    folder: Path,
    reader: Reader,
    progress: Progress,
    clock: Clock = time.perf_counter,
) -> Results:
    """Read the labelled drawings in `folder` and say how right they are; nothing is kept.

    Args:
        folder: Searched with all folders inside it.
        reader: Turns bytes into readings.
        progress: Is told how many files are read, and of how many.
        clock: Seconds.

    Raises:
        ConfigError: There is no such folder, or no labelled drawing in it.
    """
    labelled, skipped = gather(folder)
    # The first reading also loads what is imported late, so that its time would tell nothing.
    _pages(labelled[0][0], reader)
    readings = []
    for count, (drawing, truth) in enumerate(labelled, start=1):
        readings.append(_read(drawing, truth, reader, clock))
        progress(count, len(labelled))
    name = folder.resolve().name or str(folder.resolve())
    evaluation = FileEvaluation(tuple(one.outcome for one in readings), tuple(skipped), name)
    return Results(evaluation, {one.outcome.file: one.thumbnail for one in readings})


def gather(folder: Path) -> tuple[list[tuple[Drawing, int]], list[str]]:
    """The drawings in `folder` with their labels, and the files whose label cannot be told.

    Raises:
        ConfigError: There is no such folder, or no labelled drawing in it.
    """
    if not folder.is_dir():
        raise ConfigError(f"there is no folder {folder}", "give one that holds labelled images")
    folder = folder.resolve()
    drawings = [drawing_in(folder, path) for path in drawings_below(folder, recursive=True)]
    labels = {drawing.file: label_of(drawing.file) for drawing in drawings}
    labelled = [
        (drawing, label) for drawing in drawings if (label := labels[drawing.file]) is not None
    ]
    if not labelled:
        what = "labelled image" if drawings else "image"
        raise ConfigError(f"there is no {what} in {folder}", LABEL_RULE)
    return labelled, [file for file, label in labels.items() if label is None]


def _read(drawing: Drawing, truth: int, reader: Reader, clock: Clock) -> _Reading:
    before = clock()
    pages = _pages(drawing, reader)
    seconds = clock() - before
    marks = [mark for page in pages for mark in page.marks]
    names_digits_only = marks and all(mark.digit is not None for mark in marks)
    outcome = Outcome(
        file=drawing.file,
        truth=truth,
        digits=" / ".join(filter(None, (digits_text(page.marks) for page in pages))),
        status=min((page.status for page in pages), key=WORST_FIRST.index),
        confidence=min(mark.confidence for mark in marks) if names_digits_only else None,
        seconds=seconds,
    )
    return _Reading(outcome, pages[0].thumbnail)


def _pages(drawing: Drawing, reader: Reader) -> Sequence[PageReading]:
    try:
        return reader.read(load(drawing.path).data, drawing.file)
    except CannotLoadError as error:
        return [failed_page(1, str(error), drawing.file)]
    except Exception as error:
        log.exception("%s could not be read", drawing.file)
        return [failed_page(1, f"digitwatch failed on it ({error})", drawing.file)]


def keep(results: Results, output: Path) -> Path:
    """Write a page, `evaluation.html`, with `contact_sheet.png` and `evaluation.json` beside it.

    Args:
        results: Of an evaluation.
        output: The folder; is made where it is missing.

    Returns:
        The path of the page.

    Raises:
        WriteError: `output` cannot be written to.
    """
    evaluation = results.evaluation
    figures = json.dumps(evaluation.figures(), indent=1, ensure_ascii=False) + "\n"
    page = render_page(evaluation, CONTACT_SHEET)
    sheet = draw_contact_sheet(_parts(evaluation, results.thumbnails))
    with writing(output):
        output.mkdir(parents=True, exist_ok=True)
        write_atomically(output / CONTACT_SHEET, sheet)
        write_atomically(output / "evaluation.json", figures.encode("utf-8"))
        write_atomically(output / "evaluation.html", page.encode("utf-8"))
    return output / "evaluation.html"


def _parts(evaluation: FileEvaluation, thumbnails: Mapping[str, bytes]) -> list[Part]:
    def part(title: str, outcomes: Sequence[Outcome], words: Callable[[Outcome], str]) -> Part:
        frames = [Frame(thumbnails[one.file], words(one), one.file) for one in outcomes[:SHOWN]]
        few = f", here the {SHOWN} surest" if len(outcomes) > SHOWN else ""
        return Part(f"{title}: {len(outcomes)}{few}", frames)

    digits = [one for one in evaluation.wrong if one.truth != NO_DIGIT]
    marks = [one for one in evaluation.wrong if one.truth == NO_DIGIT]
    slowest = evaluation.slowest[:SLOWEST_SHOWN]
    return [
        part("Digits read wrong", digits, _mistake),
        part("No digits, and yet not left for review", marks, _mistake),
        part("The slowest", slowest, lambda one: f"{1000 * one.seconds:.0f} ms"),
    ]


def _mistake(outcome: Outcome) -> str:
    truth = "no digit" if outcome.truth == NO_DIGIT else str(outcome.truth)
    sure = "" if outcome.confidence is None else f", {percent(outcome.confidence)} % sure"
    return f"is: {truth}, read: {outcome.digits or 'nothing'}{sure}"
