"""From a file's bytes to its pages: upright RGB pixels, with nothing transparent left.

Hostile and half-written bytes end here: whatever the formats' libraries raise on them leaves this
module as an `UnreadableImageError` in words that a person understands.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from digitwatch.errors import UnreadableImageError
from digitwatch.reading import ends, heic, pdf
from digitwatch.reading.frames import Opener, avif, frames_of
from digitwatch.reading.limits import Tiff

SUFFIXES = frozenset(
    {
        ".avif", ".bmp", ".dib", ".gif", ".heic", ".heif", ".jfif", ".jpe", ".jpeg", ".jpg",
        ".pdf", ".png", ".tif", ".tiff", ".webp",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Page:
    """One picture of a file: most files have one, a PDF, TIFF or animated GIF may have many."""

    number: int
    """Counts from 1."""
    pixels: NDArray[np.uint8]
    """(height, width, 3) RGB, read-only. The channels of a grey page share their memory
    (`pixels.strides[2] == 0`), so that nobody works three times on the same numbers."""


def decode(data: bytes) -> Iterator[Page]:
    """Yield the pages of a picture, each decoded only when it is asked for.

    Pages before a damaged one are still yielded. The formats' classes are called directly:
    `Image.open` would warn of big pictures, through the global `warnings`, before our own limit
    is asked, and would count the previews that phones append to a JPEG as pages.

    Raises UnreadableImageError where the bytes are no picture, are cut off or damaged, hold more
    than `MAX_PAGES`, ask for more than `limits` gives, or need a library that is not installed.
    """
    if not data:
        raise UnreadableImageError("the file is empty")
    kind = _format_of(data)
    if kind is None:
        raise UnreadableImageError(
            "this is not a picture (or of a kind that digitwatch does not read)"
        )
    if missing := missing_library(data):
        raise UnreadableImageError(missing)
    number = 0
    try:
        for number, pixels in enumerate(kind.pages(data), start=1):
            yield Page(number, pixels)
    except UnreadableImageError:
        raise
    except Exception as error:  # damaged bytes make Pillow raise anything, even a SyntaxError
        raise UnreadableImageError(_reason(kind, data, error)) from error
    if not number:
        raise UnreadableImageError("there is no picture in it")


def missing_library(data: bytes) -> str:
    """Say what must be installed, and how, before such bytes can be read; empty where nothing."""
    kind = _format_of(data)
    if kind is None or not kind.library or find_spec(kind.library):
        return ""
    extra = f"digitwatch[{kind.name.lower()}]"
    return f'{kind.name} files need {kind.library}; install it with: pip install "{extra}"'


def is_complete(data: bytes) -> bool:
    """Tell whether the format itself says that all of the picture's bytes are there.

    False also where that cannot be told: BMP and TIFF do not say where they end.
    """
    kind = _format_of(data)
    if kind is None or kind.has_end is None:
        return False
    try:
        return kind.has_end(data)
    except (IndexError, struct.error):  # a length or a type lies beyond the bytes
        return False


@dataclass(frozen=True)
class _Format:
    pages: Callable[[bytes], Iterator[NDArray[np.uint8]]]
    has_end: Callable[[bytes], bool] | None = None
    name: str = ""
    library: str = ""


def _pictures(opener: Opener, has_end: Callable[[bytes], bool] | None = None) -> _Format:
    return _Format(partial(frames_of, opener), has_end)


_FORMATS = {
    b"\x89PNG\r\n\x1a\n": _pictures(PngImageFile, ends.png_has_end),
    b"\xff\xd8\xff": _pictures(JpegImageFile, ends.jpeg_has_end),
    b"GIF8": _pictures(GifImageFile, ends.gif_has_end),
    b"BM": _pictures(BmpImageFile),
    b"II": _pictures(Tiff),
    b"MM": _pictures(Tiff),
}
_WEBP = _pictures(WebPImageFile, ends.webp_has_end)
_AVIF = _pictures(avif, ends.heif_has_end)
_HEIF = _Format(heic.pictures_of, ends.heif_has_end, "HEIC", "pillow_heif")
_PDF = _Format(pdf.pages_of, ends.pdf_has_end, "PDF", "pypdfium2")
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_BEFORE_PDF = 1024  # bytes that other programs too let stand before a PDF begins


def _format_of(data: bytes) -> _Format | None:
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _WEBP
    if data[4:8] == b"ftyp":
        brands = {data[at : at + 4] for at in range(8, min(int.from_bytes(data[:4]), 256), 4)}
        if brands & {b"avif", b"avis"}:
            return _AVIF
        return _HEIF if brands & _HEIF_BRANDS else None
    for start, kind in _FORMATS.items():
        if data.startswith(start):
            return kind
    return _PDF if b"%PDF-" in data[:_BEFORE_PDF] else None


def _reason(kind: _Format, data: bytes, error: Exception) -> str:
    cut = kind.has_end is not None and not is_complete(data)
    if cut or "truncated" in str(error).lower():
        return "the picture is cut off"
    return "the picture is damaged"
