"""The reader: from the bytes of a file to what is written on each of its pages."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitwatch.errors import UnreadableImageError
from digitwatch.learning.classifier import Classifier, Prediction
from digitwatch.reading.grid import features
from digitwatch.reading.image import Page, decode
from digitwatch.reading.segment import Glyph, find_glyphs
from digitwatch.recording.record import BLANK, ERROR, OK, REVIEW, Mark, digits_text, percent
from digitwatch.recording.thumbnail import render

NOTHING_DRAWN = "nothing is drawn on it"
NOTHING_STANDS_OUT = "no stroke stands out from its background"
EVEN = 32
"""What the pixels of a page may differ by, of 255, and it still looks empty to a person."""


@dataclass(frozen=True)
class PageReading:
    """What was read on one page.

    Attributes:
        number: From 1.
        status: One of `ok`, `review`, `blank`, `error`.
        note: Why, in words that a person understands.
        marks: The glyphs in reading order.
        thumbnail: PNG bytes.
        model: Short id of the model that was asked; empty where none was.
    """

    number: int
    status: str
    note: str
    marks: tuple[Mark, ...]
    thumbnail: bytes
    model: str = ""


@dataclass(frozen=True)
class Reader:
    """Reads bytes; holds all that reading depends on, and touches nothing outside.

    Attributes:
        classifier: Glyphs to predictions.
        model: Short id of the model.
        layout: `auto`, `single` or `page`.
        review_below: Percent; a digit that is less sure is marked for review.
    """

    classifier: Classifier
    model: str
    layout: str
    review_below: int

    def read(self, data: bytes, name: str) -> list[PageReading]:
        """Read every page of a file; a page that cannot be read is one with status `error`.

        Args:
            data: The bytes of the file.
            name: What its thumbnail calls the file.
        """
        pages: list[PageReading] = []
        try:
            pages.extend(self._read_page(page, name) for page in decode(data))
        except UnreadableImageError as error:
            pages.append(failed_page(len(pages) + 1, str(error), name))
        return pages

    def _read_page(self, page: Page, name: str) -> PageReading:
        marks = self._read_glyphs(find_glyphs(page.pixels, self.layout))
        status, note = judge(marks, self.review_below)
        if status == BLANK and np.ptp(page.pixels) > EVEN:
            note = NOTHING_STANDS_OUT
        digits = digits_text(marks)
        thumbnail = render(
            page.pixels, marks, status, digits, note, name, review_below=self.review_below
        )
        return PageReading(page.number, status, note, marks, thumbnail, self.model)

    def _read_glyphs(self, glyphs: Sequence[Glyph]) -> tuple[Mark, ...]:
        if not glyphs:
            return ()
        seen = np.stack([features(glyph.mask) for glyph in glyphs])
        return tuple(map(to_mark, glyphs, seen, self.classifier.predict(seen)))


def failed_page(number: int, note: str, name: str) -> PageReading:
    """The page that could not be read, with the reason."""
    return PageReading(number, ERROR, note, (), render(None, (), ERROR, "", note, name))


def to_mark(glyph: Glyph, seen: NDArray[np.float32], prediction: Prediction) -> Mark:
    """What is kept of a glyph.

    Args:
        glyph: The glyph.
        seen: Its features (F,), of which the first 64 are the grid.
        prediction: What the classifier says of them.
    """
    box = glyph.box
    grid = seen[:64].reshape(8, 8)
    return Mark(
        box=(box.left, box.top, box.right, box.bottom),
        line=glyph.line,
        digit=prediction.digit if prediction.is_digit else None,
        confidence=prediction.confidence,
        runner_up=prediction.runner_up,
        runner_up_confidence=prediction.runner_up_confidence,
        grid=tuple(tuple(round(float(cell), 2) for cell in row) for row in grid),
    )


def judge(marks: Sequence[Mark], review_below: int) -> tuple[str, str]:
    """The status of a page and the reason for it, in words that a person understands."""
    if not marks:
        return BLANK, NOTHING_DRAWN
    doubts = [
        f"{_which(place, marks)}{_doubt(mark)}"
        for place, mark in enumerate(marks, start=1)
        if mark.is_doubtful(review_below)
    ]
    if not doubts:
        return OK, ""
    more = f"; {len(doubts) - 3} more" if len(doubts) > 3 else ""
    return REVIEW, "; ".join(doubts[:3]) + more


def _which(place: int, marks: Sequence[Mark]) -> str:
    return f"mark {place}: " if len(marks) > 1 else ""


def _doubt(mark: Mark) -> str:
    if mark.digit is None:
        return "this looks like no digit"
    runner_up = percent(mark.runner_up_confidence)
    return f"maybe {mark.runner_up} ({runner_up} %)" if runner_up else "not sure"
