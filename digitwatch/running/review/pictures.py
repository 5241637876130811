"""The pictures of the review page: a mark with what is round it, and the line that it stands in."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitwatch.errors import UnreadableImageError
from digitwatch.reading.image import decode
from digitwatch.recording.bitmaps import unpack
from digitwatch.recording.record import Mark, Record
from digitwatch.running.drawings import CannotLoadError, load
from digitwatch.running.review.areas import (
    Area,
    area_of_line,
    area_of_mark,
    draw_frame,
    part_of_ink,
    part_of_page,
    with_readings,
)

HEIGHT, LINE_WIDTH, LINE_HEIGHT = 600, 1200, 240
"""Pixels of the pictures: more than the page gives them, for screens of fine pixels."""
WIDER = 4 / 3
"""Width in heights of the picture of a mark that others stand near."""
TURNED = "was turned"
"""The end of what the note says of a page that lay on its side. The module whose words these are
takes seconds to import."""
FARTHEST_PAGE = 10
"""To see a page all pages before it have to be decoded; of a later one its ink is shown."""
Part = Callable[[Area, tuple[int, int]], Image.Image]
"""Gives a picture, RGB, of an area of a page in that size."""


@dataclass(frozen=True)
class Seen:
    """A mark of a record that is to be shown.

    Attributes:
        record: Its record.
        ink: That of all marks of the record, see `bitmaps`; empty in old ones.
        mark: Its place among the marks.
        outbox: The folder with `done/` and `thumbnails/`.
    """

    record: Record
    ink: bytes
    mark: int
    outbox: Path


def picture_of_mark(seen: Seen) -> bytes | None:
    """Draw the mark large, with a frame where others stand near it.

    Returns:
        A PNG of HEIGHT pixels down and as many across, or WIDER where others are near it; the
        thumbnail where nothing else is left; None where not even that is.
    """
    marks = seen.record.marks
    part = _part_of(seen)
    if part is None:
        return _thumbnail(seen)
    wider = WIDER if len(marks) > 1 else 1.0
    area = area_of_mark(marks[seen.mark], wider)
    picture = part(area, (round(HEIGHT * wider), HEIGHT))
    if len(marks) > 1:
        draw_frame(picture, marks[seen.mark], area)
    return _png(picture)


def picture_of_line(seen: Seen) -> bytes | None:
    """Draw the line that the mark stands in, with a frame round the mark, and how each was read.

    Returns:
        A PNG, of which the line itself fits into LINE_WIDTH x LINE_HEIGHT; None where the drawing
        is not there any more and its ink is not kept.
    """
    part = _part_of(seen)
    if part is None:
        return None
    area = area_of_line(seen.record.marks, seen.mark)
    width, height = area[2] - area[0], area[3] - area[1]
    scale = min(LINE_WIDTH / width, LINE_HEIGHT / height)
    picture = part(area, (max(round(width * scale), 1), max(round(height * scale), 1)))
    draw_frame(picture, seen.record.marks[seen.mark], area)
    return _png(with_readings(picture, seen.record.marks, seen.mark, area))


def _part_of(seen: Seen) -> Part | None:
    """Find the best of what is left of the page: the file itself, or else the ink of its marks."""
    pixels = _page(seen)
    if pixels is not None:
        return lambda area, size: part_of_page(pixels, area, size)
    masks = _masks(seen)
    if masks:
        return lambda area, size: part_of_ink(seen.record.marks, masks, area, size)
    return None


def _page(seen: Seen) -> NDArray[np.uint8] | None:
    """The page as its marks' boxes know it; None where the file is not the one that was read.

    A page that was turned is not turned again: its ink is upright.
    """
    record = seen.record
    if not record.sha256 or record.page > FARTHEST_PAGE or TURNED in record.note:
        return None
    drawing = Path(record.path)
    moved = seen.outbox / "done" / f"{drawing.stem}_{record.id}{drawing.suffix}"
    for path in (drawing, moved):
        with _one_at_a_time:
            pixels = _decoded(path, record.sha256, record.page)
        if pixels is not None and _fits(record.marks, pixels):
            return pixels
    return None


_one_at_a_time = Lock()
"""The pictures of a mark and of its line are asked for together, and need one decoding."""


def _fits(marks: Sequence[Mark], pixels: NDArray[np.uint8]) -> bool:
    """Whether all marks lie on the page, as they do unless another version decodes it larger."""
    height, width = pixels.shape[:2]
    return all(mark.box[2] <= width and mark.box[3] <= height for mark in marks)


@lru_cache(maxsize=2)
def _decoded(path: Path, sha256: str, number: int) -> NDArray[np.uint8] | None:
    try:
        content = load(path)
        if content.sha256 == sha256:
            pages = decode(content.data)
            return next((page.pixels for page in pages if page.number == number), None)
    except (CannotLoadError, UnreadableImageError):
        pass  # what is kept of it is shown instead
    return None


def _masks(seen: Seen) -> list[NDArray[np.bool_]]:
    try:
        masks = unpack(seen.ink)
    except ValueError:
        return []
    return masks if len(masks) == len(seen.record.marks) else []


def _png(picture: Image.Image) -> bytes:
    png = io.BytesIO()
    picture.save(png, "PNG", compress_level=1)
    return png.getvalue()


def _thumbnail(seen: Seen) -> bytes | None:
    path = (seen.outbox / seen.record.thumbnail).resolve()
    if not seen.record.thumbnail or not path.is_relative_to(seen.outbox.resolve()):
        return None
    try:
        return load(path).data
    except CannotLoadError:
        return None
