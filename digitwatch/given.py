"""What programs give to `digitwatch.library`: understood, or refused with what to give instead."""

import io
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from digitwatch.files import read_in_nobodys_way
from digitwatch.reading.frames import orientation_of
from digitwatch.reading.image import decode

Source = str | PathLike[str] | bytes | Image.Image | NDArray[np.uint8] | NDArray[np.bool_]
"""A file's path or bytes, a picture of Pillow, or pixels: (h, w), (h, w, 3) or (h, w, 4)."""

LAYOUTS = ("auto", "single", "page")
SAVED_AS_THEY_ARE = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
MOST_SIDE = 10_000
"""Pixels that a drawing may have at each side."""


def bytes_of(source: Source) -> tuple[bytes, str]:
    """The bytes of a file that holds the source, and what its thumbnail calls it.

    Raises:
        OSError: The file is not there, or cannot be opened.
        TypeError: It is no source.
        ValueError: It is an array of another shape or type, or a picture without pixels.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source), "picture"
    if isinstance(source, str | PathLike):
        path = path_of("source", source)
        return read_in_nobodys_way(path), path.name
    if isinstance(source, np.ndarray):
        source = _picture_of(source)
    if isinstance(source, Image.Image):
        return _saved(source), "picture"
    raise TypeError(
        f"a value of type {type(source).__name__} cannot be read; "
        "give a path, bytes, a picture of Pillow, or an array of pixels"
    )


def path_of(name: str, value: str | PathLike[str]) -> Path:
    """The path that stands for a file or a folder.

    Raises:
        TypeError: It is no path.
        ValueError: No system has such a one.
    """
    if not isinstance(value, str | PathLike):
        raise TypeError(f"{name} is a value of type {type(value).__name__}; give a path")
    path = Path(value)
    if "\0" in str(path):
        raise ValueError(f"{name} is {str(path)!r}; give a path without a null character")
    return path


def rgb_of(pixels: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Pixels as reading has them, uint8 (h, w, 3): what is transparent is as on paper.

    Raises:
        TypeError: They are no array.
        ValueError: They are of another shape or type.
    """
    _refuse_what_is_no_array("pixels", pixels)
    picture = _picture_of(pixels)
    if picture.mode == "RGB":
        return np.asarray(picture)
    return next(decode(_saved(picture))).pixels


def refuse_other_layouts(layout: object) -> None:
    """Refuse what is no layout.

    Raises:
        ValueError: It is none.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"layout is {layout!r}; use one of: {', '.join(LAYOUTS)}")


def refuse_other_percentages(review_below: object) -> None:
    """Refuse what is no whole percentage; 0.8 would else be taken for less than one percent.

    Raises:
        ValueError: It is none.
    """
    if not _is_whole(review_below, 0, 100):
        raise ValueError(
            f"review_below is {review_below!r}; it is in percent: give a whole number "
            "from 0 to 100, such as 80"
        )


def refuse_other_masks(mask: NDArray[np.generic]) -> None:
    """Refuse what is not the ink of a glyph.

    Raises:
        TypeError: It is no array.
        ValueError: It is one of another shape or type, or has no ink.
    """
    _refuse_what_is_no_array("mask", mask)
    if mask.dtype != np.bool_ or mask.ndim != 2 or not mask.any():
        what = "without ink" if mask.dtype == np.bool_ and mask.ndim == 2 else "no mask"
        raise ValueError(
            f"an array of {mask.dtype} and shape {mask.shape} is {what}; "
            "give bool (h, w), True where there is ink"
        )


def refuse_other_drawings(digit: object, rng: object, size: Any, bend: Any) -> None:
    """Refuse what cannot be drawn.

    Raises:
        TypeError: `rng` is no generator of NumPy.
        ValueError: `digit`, `size` or `bend` is none that can be drawn.
    """
    if not _is_whole(digit, 0, 9):
        raise ValueError(f"digit is {digit!r}; give a whole number from 0 to 9")
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"rng is a value of type {type(rng).__name__}; give a generator of NumPy, "
            "such as np.random.default_rng(0)"
        )
    is_pair = isinstance(size, tuple | list) and len(size) == 2
    if not is_pair or not all(_is_whole(side, 1, MOST_SIDE) for side in size):
        raise ValueError(
            f"size is {size!r}; give width and height in pixels, 1 to {MOST_SIDE}: (400, 400)"
        )
    if not isinstance(bend, int | float | np.number) or not 0 <= bend <= 1:
        raise ValueError(f"bend is {bend!r}; give a number from 0 to 1, such as 0.05")


def _is_whole(value: Any, least: int, most: int) -> bool:
    is_number = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return is_number and least <= value <= most


def _refuse_what_is_no_array(name: str, value: object) -> None:
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{name} is a value of type {type(value).__name__}; give a NumPy array")


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
    if not (picture.width and picture.height):
        raise ValueError(f"a picture of size {picture.size} has no pixels; give one that has some")
    buffer = io.BytesIO()
    if picture.mode == "F":  # of any range, which TIFF can keep
        picture.save(buffer, "TIFF", exif=_exif_of(picture))
    else:
        _as_png_has_it(picture).save(buffer, "PNG", exif=_exif_of(picture), compress_level=1)
    return buffer.getvalue()


def _exif_of(picture: Image.Image) -> Image.Exif:
    """How a camera was held, and nothing else: what is damaged cannot be saved."""
    exif = Image.Exif()
    orientation = orientation_of(picture)
    if isinstance(orientation, int):
        exif[ExifTags.Base.Orientation] = orientation
    return exif


def _as_png_has_it(picture: Image.Image) -> Image.Image:
    if picture.mode in SAVED_AS_THEY_ARE:
        return picture
    if picture.mode.startswith("I"):
        return picture.convert("I").convert("I;16")
    if picture.mode == "La":
        return picture.convert("LA")
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")
