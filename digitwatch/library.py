"""digitwatch for programs: what is written in a picture, and the steps to it one by one.

Reading goes through the very reader of the watcher; nothing is written anywhere.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from digitwatch import given
from digitwatch.config import Config
from digitwatch.errors import DigitwatchError
from digitwatch.given import Source
from digitwatch.learning import model_store, synthesis
from digitwatch.learning.model_store import StoredModel
from digitwatch.reading import grid, segment
from digitwatch.reading.segment import Glyph
from digitwatch.recording.record import Mark, digits_text, percent
from digitwatch.running.reader import PageReading, Reader

__all__ = [
    "DigitwatchError",
    "Glyph",
    "Mark",
    "Reading",
    "Source",
    "draw_picture",
    "find_glyphs",
    "load_model",
    "read_digits",
    "to_grid",
]

DEFAULTS = Config()


@dataclass(frozen=True)
class Reading:
    """What was read on one page.

    Attributes:
        page: From 1.
        digits: As in the table: `7`, or `0 5 2 / 1 1` for two lines; `?` for a mark that is no
            digit; empty where there is none.
        confidence: Of the least sure digit, in whole percent; None where nothing was read.
        status: One of `ok`, `review`, `blank`, `error`.
        note: Why, in words that a person understands.
        marks: What was read of each glyph, in reading order.
        thumbnail: A picture of what was read, as the bytes of a PNG.
        model: Short id of the model that was asked; empty where none was.
    """

    page: int
    digits: str
    confidence: int | None
    status: str
    note: str
    marks: tuple[Mark, ...] = field(repr=False)
    thumbnail: bytes = field(repr=False)
    model: str = field(repr=False)


def read_digits(
    source: Source,
    *,
    models: str | PathLike[str] = DEFAULTS.models,
    layout: str = DEFAULTS.layout,
    review_below: int = DEFAULTS.review_below,
) -> tuple[Reading, ...]:
    """Read a picture as the watcher does.

    Args:
        source: The path of a file, its bytes, a picture of Pillow (of which the frame at hand is
            read), or pixels: bool or uint8, of shape (h, w), (h, w, 3) or (h, w, 4).
        models: The folder of the trained model, which is kept in memory from then on.
        layout: "auto", "single" (one digit a picture) or "page" (many).
        review_below: Percent, a whole number from 0 to 100; a digit that is less sure makes the
            status `review`.

    Returns:
        One for each page. Bytes that are no picture give one with the status `error`.

    Raises:
        DigitwatchError: There is no usable model in `models`.
        OSError: The file is not there, or cannot be opened.
        TypeError: `source` is none of these, or `models` is no path.
        ValueError: The array has another shape or type, `layout` is another word, or
            `review_below` is no percentage.
    """
    given.refuse_other_layouts(layout)
    given.refuse_other_percentages(review_below)
    data, name = given.bytes_of(source)
    model = load_model(models)
    reader = Reader(model.classifier, model.id, layout, review_below)
    # The reader's matrices are small: several threads would only be in each other's way.
    with threadpool_limits(1):
        return tuple(map(_reading, reader.read(data, name)))


def load_model(models: str | PathLike[str] = DEFAULTS.models) -> StoredModel:
    """Load the trained model of a folder: its `classifier`, its `id` and its `manifest`.

    It is kept in memory, until another is trained into that folder.

    Raises:
        DigitwatchError: There is none, or none that may be used; it says what to do.
        TypeError: `models` is no path.
    """
    folder = given.path_of("models", models).absolute()
    return _load(folder, tuple(map(_state, model_store.files_of(folder))))


def find_glyphs(pixels: NDArray[np.uint8] | NDArray[np.bool_], layout: str) -> list[Glyph]:
    """Find the ink of each digit of a page, in reading order; no model is needed.

    Args:
        pixels: As for `read_digits`: bool or uint8, of shape (h, w), (h, w, 3) or (h, w, 4).
        layout: "auto", "single" (one digit at most) or "page" (many).

    Raises:
        DigitwatchError: There are more marks on it, or it has more pixels, than are read.
        TypeError: `pixels` is no array.
        ValueError: It has another shape or type, or `layout` is another word.
    """
    given.refuse_other_layouts(layout)
    return segment.find_glyphs(given.rgb_of(pixels), layout)


def to_grid(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the 8x8 grid that the model learns from, 0..16 as in `load_digits`.

    Args:
        mask: The ink of one glyph, bool (h, w); its margins do not matter.

    Raises:
        TypeError: `mask` is no array.
        ValueError: It has another shape or type, or no ink.
    """
    given.refuse_other_masks(mask)
    return grid.to_grid(mask)


def draw_picture(
    digit: int,
    rng: np.random.Generator,
    size: tuple[int, int] = synthesis.PICTURE_SIZE,
    *,
    smooth: bool = True,
    bend: float = synthesis.CALM_BEND,
) -> NDArray[np.uint8]:
    """Draw a digit in a dark colour on white, by some hand with some pen: uint8 (h, w, 3).

    Args:
        digit: 0 to 9.
        rng: Chooses the hand, the pen and the colour.
        size: Width and height in pixels.
        smooth: Whether the edges are anti-aliased.
        bend: How far the hand strays from the way of writing, of the digit's size.

    Raises:
        TypeError: `rng` is no generator of NumPy.
        ValueError: `digit`, `size` or `bend` is not as above.
    """
    given.refuse_other_drawings(digit, rng, size, bend)
    return synthesis.draw_picture(digit, rng, size, smooth=smooth, bend=bend)


@lru_cache(maxsize=2)
def _load(folder: Path, _: tuple[tuple[int, int] | None, ...]) -> StoredModel:
    return model_store.load(folder)


def _state(file: Path) -> tuple[int, int] | None:
    """What changes when a file is replaced."""
    try:
        status = file.stat()
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_ino)


def _reading(page: PageReading) -> Reading:
    return Reading(
        page.number,
        digits_text(page.marks),
        percent(min(mark.confidence for mark in page.marks)) if page.marks else None,
        page.status,
        page.note,
        page.marks,
        page.thumbnail,
        page.model,
    )
