"""digitwatch for programs: what is written in a picture, and the steps to it one by one.

Reading goes through the very reader of the watcher; nothing is written anywhere.
"""

import io
from dataclasses import dataclass, field
from functools import lru_cache
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from threadpoolctl import threadpool_limits

from digitwatch.config import Config
from digitwatch.errors import DigitwatchError
from digitwatch.files import read_in_nobodys_way
from digitwatch.learning import model_store
from digitwatch.learning.model_store import StoredModel
from digitwatch.learning.synthesis import draw_picture
from digitwatch.reading.grid import to_grid
from digitwatch.reading.segment import Glyph, find_glyphs
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

Source = str | PathLike[str] | bytes | Image.Image | NDArray[np.uint8] | NDArray[np.bool_]
"""A file's path or bytes, a picture of Pillow, or pixels: (h, w), (h, w, 3) or (h, w, 4)."""

DEFAULTS = Config()
LAYOUTS = ("auto", "single", "page")
SAVED_AS_THEY_ARE = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")


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
        review_below: Percent; a digit that is less sure makes the status `review`.

    Returns:
        One for each page. Bytes that are no picture give one with the status `error`.

    Raises:
        DigitwatchError: There is no usable model in `models`.
        OSError: The file is not there, or cannot be opened.
        TypeError: `source` is none of these.
        ValueError: The array has another shape or type, or `layout` is another word.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"layout is {layout!r}; use one of: {', '.join(LAYOUTS)}")
    data, name = _bytes_of(source)
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
    """
    folder = Path(models).absolute()
    return _load(folder, tuple(map(_state, model_store.files_of(folder))))


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


def _bytes_of(source: Source) -> tuple[bytes, str]:
    """The bytes of a file that holds the source, and what its thumbnail calls it."""
    if isinstance(source, bytes):
        return source, "picture"
    if isinstance(source, str | PathLike):
        path = Path(source)
        return read_in_nobodys_way(path), path.name
    if isinstance(source, np.ndarray):
        source = _picture_of(source)
    if isinstance(source, Image.Image):
        return _saved(source), "picture"
    raise TypeError(
        f"a value of type {type(source).__name__} cannot be read; "
        "give a path, bytes, a picture of Pillow, or an array of pixels"
    )


def _picture_of(pixels: NDArray[np.generic]) -> Image.Image:
    is_plane = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (3, 4))
    if not is_plane or not pixels.size or pixels.dtype not in (np.bool_, np.uint8):
        raise ValueError(
            f"an array of {pixels.dtype} and shape {pixels.shape} is no picture; "
            "give uint8 (0 to 255) or bool, and (h, w), (h, w, 3) or (h, w, 4)"
        )
    scale = 255 if pixels.dtype == np.bool_ else 1
    return Image.fromarray(np.ascontiguousarray(pixels).astype(np.uint8) * scale)


def _saved(picture: Image.Image) -> bytes:
    """Save a picture as it is, with what it says of how a camera was held."""
    buffer = io.BytesIO()
    if picture.mode == "F":  # of any range, which TIFF can keep
        picture.save(buffer, "TIFF", exif=picture.getexif())
    else:
        _as_png_has_it(picture).save(buffer, "PNG", exif=picture.getexif(), compress_level=1)
    return buffer.getvalue()


def _as_png_has_it(picture: Image.Image) -> Image.Image:
    if picture.mode in SAVED_AS_THEY_ARE:
        return picture
    if picture.mode.startswith("I"):
        return picture.convert("I").convert("I;16")
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")
