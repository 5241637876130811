"""The reader: from the bytes of a file to what is written on each of its pages."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from digitwatch.config import Config
from digitwatch.errors import UnreadableImageError
from digitwatch.learning.classifier import Classifier
from digitwatch.learning.model_store import StoredModel
from digitwatch.reading.image import Page, decode
from digitwatch.recording.bitmaps import pack
from digitwatch.recording.record import BLANK, ERROR, OK, REVIEW, Mark, digits_text, percent
from digitwatch.recording.thumbnail import render
from digitwatch.running.sight import Found, Sight, find, see
from digitwatch.running.touching import Read

NOTHING_DRAWN = "nothing is drawn on it"
NOTHING_STANDS_OUT = "no stroke stands out from its background"
TURNED = "the page did not lie upright, and was turned"
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
        ink: That of the marks, see `recording.bitmaps`.
    """

    number: int
    status: str
    note: str
    marks: tuple[Mark, ...]
    thumbnail: bytes
    model: str = ""
    ink: bytes = b""


@dataclass(frozen=True)
class File:
    """The bytes of a file, and what its thumbnail calls it."""

    data: bytes
    name: str


@dataclass(frozen=True, eq=False)
class _Page:
    """A page of a file: what was found on it, or why it could not be read.

    Attributes:
        file: Its place in the list of files.
        number: From 1.
        found: The page and its glyphs.
        trouble: Empty where it could be read.
    """

    file: int
    number: int
    found: Found
    trouble: str = ""


NOTHING = Found(np.empty((0, 0, 3), np.uint8), ())
PIXELS_AT_ONCE = 4_000_000
"""Of pages that are kept in memory until their glyphs go through the classifier together."""


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
        """Read every page of one file, see `read_all`.

        Args:
            data: The bytes of the file.
            name: What its thumbnail calls the file.
        """
        (pages,) = self.read_all([File(data, name)])
        return pages

    def read_all(self, files: Sequence[File]) -> list[list[PageReading]]:
        """Read every page of each file; one that cannot be read is a page with status `error`.

        The glyphs of several pages go through the classifier together, as many as are found
        before the pages take too much memory.
        """
        readings: list[list[PageReading]] = [[] for _ in files]
        for pages in _portions(self._find(files)):
            sights = see([page.found for page in pages], self.classifier, self.layout)
            for page, sight in zip(pages, sights, strict=True):
                readings[page.file].append(self._read_page(page, sight, files[page.file].name))
        return readings

    def _find(self, files: Sequence[File]) -> Iterator[_Page]:
        """Find the glyphs of every page, each of which is decoded only when it is asked for."""
        for place, file in enumerate(files):
            number = 0
            try:
                for page in decode(file.data):
                    number = page.number
                    yield self._find_on(page, place)
            except UnreadableImageError as error:
                yield _Page(place, number + 1, NOTHING, str(error))

    def _find_on(self, page: Page, place: int) -> _Page:
        try:
            return _Page(place, page.number, find(page.pixels, self.layout))
        except UnreadableImageError as error:
            return _Page(place, page.number, NOTHING, str(error))

    def _read_page(self, page: _Page, sight: Sight, name: str) -> PageReading:
        if page.trouble:
            return failed_page(page.number, page.trouble, name)
        marks = tuple(map(to_mark, sight.marks))
        status, note = judge(marks, self.review_below)
        if status == BLANK and not _looks_empty(sight.pixels):
            note = NOTHING_STANDS_OUT
        note = "; ".join(filter(None, (note, TURNED if sight.was_turned else "")))
        thumbnail = render(
            sight.pixels,
            marks,
            status,
            digits_text(marks),
            note,
            name,
            review_below=self.review_below,
        )
        ink = pack([read.glyph.mask for read in sight.marks])
        return PageReading(page.number, status, note, marks, thumbnail, self.model, ink)


def _portions(pages: Iterable[_Page]) -> Iterator[list[_Page]]:
    """Divide pages into portions that go through the classifier together."""
    portion: list[_Page] = []
    pixels = 0
    for page in pages:
        portion.append(page)
        pixels += page.found.pixels.size // 3
        if pixels > PIXELS_AT_ONCE:
            yield portion
            portion, pixels = [], 0
    yield portion


def _looks_empty(pixels: NDArray[np.uint8]) -> bool:
    """Whether a page has nothing on it that a person would see."""
    plane = pixels[:, :, 0] if pixels.strides[2] == 0 else pixels
    return int(plane.max()) - int(plane.min()) <= EVEN


def reader_for(config: Config, model: StoredModel) -> Reader:
    """The reader that this configuration asks for.

    Its matrices are small: on several threads they take twice the time of all of them together.
    """
    threadpool_limits(1)
    return Reader(model.classifier, model.id, config.layout, config.review_below)


def failed_page(number: int, note: str, name: str) -> PageReading:
    """The page that could not be read, with the reason."""
    return PageReading(number, ERROR, note, (), render(None, (), ERROR, "", note, name))


def to_mark(read: Read) -> Mark:
    """What is kept of a glyph; the first 64 of its features are the grid."""
    box, prediction = read.glyph.box, read.prediction
    grid = read.seen[:64].reshape(8, 8).astype(np.float64).round(2)
    return Mark(
        box=(box.left, box.top, box.right, box.bottom),
        line=read.glyph.line,
        digit=prediction.digit if prediction.is_digit else None,
        confidence=prediction.confidence,
        runner_up=prediction.runner_up,
        runner_up_confidence=prediction.runner_up_confidence,
        grid=tuple(map(tuple, grid.tolist())),
        probabilities=tuple(round(one, 4) for one in prediction.probabilities),
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
    """Which of the marks it is: the fourth, or the fourth of the second line."""
    lines = [mark.line for mark in marks]
    line = lines[place - 1]
    if line == lines[0] == lines[-1]:
        return f"mark {place}: " if len(marks) > 1 else ""
    return f"line {line + 1}, mark {place - lines.index(line)}: "


def _doubt(mark: Mark) -> str:
    if mark.digit is None:
        return "this looks like no digit"
    runner_up = percent(mark.runner_up_confidence)
    return f"maybe {mark.runner_up} ({runner_up} %)" if runner_up else "not sure"
