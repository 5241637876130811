"""Explain: what is seen in one file, step by step, or why it is not read at all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray

from digitwatch.errors import ConfigError, UnreadableImageError, writing
from digitwatch.files import write_atomically
from digitwatch.learning.classifier import Classifier
from digitwatch.learning.data import NO_DIGIT as NOT_A_DIGIT
from digitwatch.learning.neighbours import nearest
from digitwatch.reading.grid import normalise
from digitwatch.reading.image import SUFFIXES, Page, decode
from digitwatch.reading.ink import find_ink
from digitwatch.reading.segment import FIRST_LOOK
from digitwatch.recording.annotation import ShownMark
from digitwatch.recording.explanation import ExplainedPage, draw_explanation
from digitwatch.recording.glyph_steps import Neighbour, Step
from digitwatch.recording.outbox import plain_stem
from digitwatch.recording.record import NO_DIGIT, Mark, digits_text, one_line, percent
from digitwatch.running.drawings import CannotLoadError, is_drawing, load
from digitwatch.running.reader import Reader, judge, to_mark
from digitwatch.running.sight import find, see
from digitwatch.running.touching import Read

GLYPHS_SHOWN, NEIGHBOURS_SHOWN = 4, 8


@dataclass(frozen=True)
class Explanation:
    """What became of a file, in words and, where there is something to see, as a picture.

    Attributes:
        sentence: For a person.
        picture: A PNG file, None where there is nothing to see.
    """

    sentence: str
    picture: Path | None


@dataclass(frozen=True, eq=False)
class _Found:
    """A mark with all that was made of it."""

    number: int
    read: Read
    mark: Mark


def explain(path: Path, output: Path, reader: Reader) -> Explanation:
    """Read one file as the watcher would, and show every step of its first page.

    Args:
        path: The file.
        output: The folder for the picture; is made where it is missing.
        reader: Holds the classifier and the settings.

    Raises:
        ConfigError: There is no such file.
        WriteError: The picture cannot be written.
    """
    if not path.exists() and not path.is_symlink():
        raise ConfigError(f"there is no file {path}", "give one that exists")
    skipped = why_skipped(PurePath(path.name))
    try:
        pages = decode(load(path).data)
        found = find(next(pages).pixels, reader.layout)
    except CannotLoadError as error:
        return Explanation(f"{one_line(path.name)} cannot be read: {error}.", None)
    except UnreadableImageError as error:
        return Explanation(skipped or f"{one_line(path.name)} cannot be read: {error}.", None)
    (sight,) = see([found], reader.classifier, reader.layout)
    marks = [_Found(n, one, to_mark(one)) for n, one in enumerate(sight.marks, start=1)]
    parts = (
        skipped and f"{skipped} This is what would be read.",
        "Its first page:" if _has_more(pages) else "",
        "It did not lie upright, and was turned." if sight.was_turned else "",
        _describe(marks, reader.review_below),
    )
    sentence = " ".join(filter(None, parts))
    picture = output / f"{plain_stem(path.name)}.png"
    png = _draw(sight.pixels, marks, reader, sentence, path.name)
    with writing(picture):
        output.mkdir(parents=True, exist_ok=True)
        write_atomically(picture, png)
    return Explanation(sentence, picture)


def why_skipped(path: PurePath) -> str:
    """The reason why a file of this name is never read, empty where it is."""
    if is_drawing(path):
        return ""
    if path.suffix.lower() in SUFFIXES:
        reason = "names that begin with . or ~$ are other programs' scratch files"
    else:
        reason = f"its name does not end in {', '.join(sorted(SUFFIXES))}"
    return f"{one_line(path.name)} is skipped: {reason}."


def _has_more(pages: Iterator[Page]) -> bool:
    try:
        return next(pages, None) is not None
    except UnreadableImageError:
        return True


def _describe(found: Sequence[_Found], review_below: int) -> str:
    if not found:
        return "Nothing is drawn on it: there is no ink that could be a digit."
    least = min(found, key=lambda one: one.mark.confidence)
    if len(found) == 1:
        return f"It is {_reading(least, review_below)}"
    digits = digits_text([one.mark for one in found])
    return (
        f"{len(found)} marks are read: {digits}. The least sure, mark {least.number}, is "
        f"{_reading(least, review_below)}"
    )


def _reading(found: _Found, review_below: int) -> str:
    mark, prediction = found.mark, found.read.prediction
    sure = f"{percent(mark.confidence)} %"
    if mark.digit is None:
        return (
            "taken for no digit and left for review; were it one, it would most likely be "
            f"{prediction.digit} ({sure})."
        )
    none = 1 - sum(prediction.probabilities)
    if none > mark.confidence:
        words = f"read as {mark.digit}, {sure} sure; likelier it is no digit ({percent(none)} %)."
    else:
        words = (
            f"read as {mark.digit}, {sure} sure; next likeliest is {mark.runner_up} "
            f"({percent(mark.runner_up_confidence)} %)."
        )
    if mark.is_doubtful(review_below):
        words += f" It is left for review, as that is less than {review_below} %."
    return words


def _draw(
    pixels: NDArray[np.uint8], found: Sequence[_Found], reader: Reader, sentence: str, name: str
) -> bytes:
    marks = [one.mark for one in found]
    least_sure = sorted(found, key=lambda one: one.mark.confidence)[:GLYPHS_SHOWN]
    explained = ExplainedPage(
        pixels=pixels,
        ink=find_ink(pixels, FIRST_LOOK).mask,
        glyphs=[one.read.glyph.mask for one in found],
        marks=[ShownMark(mark, mark.is_doubtful(reader.review_below)) for mark in marks],
        steps=[_step(one, reader) for one in sorted(least_sure, key=lambda one: one.number)],
    )
    status, _ = judge(marks, reader.review_below)
    return draw_explanation(explained, status, sentence, name)


def _step(found: _Found, reader: Reader) -> Step:
    mark = found.mark
    return Step(
        number=found.number,
        shown=ShownMark(mark, mark.is_doubtful(reader.review_below)),
        evened=normalise(found.read.glyph.mask),
        planes=found.read.seen[64:320].reshape(4, 8, 8),
        probabilities=found.read.prediction.probabilities,
        neighbours=_neighbours(reader.classifier, found.read.seen),
    )


def _neighbours(classifier: Classifier, seen: NDArray[np.float32]) -> list[Neighbour]:
    return [
        Neighbour(
            NO_DIGIT if one.label == NOT_A_DIGIT else str(one.label),
            tuple(map(tuple, one.grid.tolist())),
            one.distance,
        )
        for one in nearest(classifier, seen, NEIGHBOURS_SHOWN)
    ]
