"""From a file's bytes to its pages: upright RGB pixels, with nothing transparent left.

Hostile and half-written bytes end here: whatever Pillow raises on them leaves this module as an
`UnreadableImageError` in words that a person understands.
"""

import io
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from digitwatch.errors import UnreadableImageError

SUFFIXES = frozenset(
    {".png", ".bmp", ".dib", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".tif", ".tiff", ".webp"}
)
MAX_PIXELS = 80_000_000  # A4 at 600 dpi twice over, and less than where Pillow begins to warn
MAX_PAGES = 200


@dataclass(frozen=True)
class Page:
    """One picture of a file: most files have one, a TIFF or an animated GIF may have many."""

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

    Raises UnreadableImageError where the bytes are no picture, are cut off or damaged, or hold
    more than `MAX_PIXELS` or `MAX_PAGES`.
    """
    if not data:
        raise UnreadableImageError("the file is empty")
    kind = _format_of(data)
    if kind is None:
        raise UnreadableImageError(
            "this is not a picture (or of a kind that digitwatch does not read)"
        )
    try:
        for number, frame in enumerate(_frames(kind.reader(io.BytesIO(data))), start=1):
            _check_size(frame, number)
            frame.load()
            ImageOps.exif_transpose(frame, in_place=True)
            yield Page(number, _pixels(frame))
    except UnreadableImageError:
        raise
    except Exception as error:  # damaged bytes make Pillow raise anything, even a SyntaxError
        raise UnreadableImageError(_reason(kind, data, error)) from error


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


def _frames(image: ImageFile.ImageFile) -> Iterator[ImageFile.ImageFile]:
    yield image
    if not isinstance(image, GifImageFile | TiffImageFile):
        return
    for index in range(1, MAX_PAGES + 1):
        try:
            image.seek(index)
        except EOFError:
            return
        if index == MAX_PAGES:
            raise UnreadableImageError(f"only the first {MAX_PAGES} pages were read")
        yield image


def _check_size(frame: ImageFile.ImageFile, number: int) -> None:
    if frame.width * frame.height > MAX_PIXELS:
        which = f"page {number} is " if number > 1 else ""
        raise UnreadableImageError(
            f"{which}too large: {frame.width} x {frame.height} pixels, "
            f"at most {MAX_PIXELS // 1_000_000} million are read"
        )


def _pixels(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode[0] in "IF":
        return _as_rgb(_to_8_bits(np.asarray(image)))
    if image.has_transparency_data:
        return _composite(np.asarray(image.convert("RGBA")))
    if image.mode in ("1", "L"):
        return _as_rgb(np.asarray(image.convert("L")))
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def _as_rgb(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.broadcast_to(grey[:, :, np.newaxis], (*grey.shape, 3))


def _to_8_bits(deep: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Scale by the brightest value: 12 bits are often stored in 16, and floats end at 1 or 255."""
    values = np.nan_to_num(deep.astype(np.float32), posinf=0.0, neginf=0.0).clip(min=0.0)
    return (values * (255.0 / max(float(values.max()), 1e-6))).astype(np.uint8)


def _composite(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay the picture on the paper that its opaque pixels ask for.

    Where strokes were drawn on a transparent canvas that is white, or black when the strokes are
    light. Where the paper is painted too and only its margin is transparent, the paper's colour.
    """
    colours, alpha = rgba[:, :, :3], rgba[:, :, 3]
    if alpha.min() == 255:
        return colours
    opaque = colours[alpha >= max(1, int(alpha.max()) // 2)]
    if opaque.size == 0:
        return np.full_like(colours, 255)
    low, middle, high = np.percentile(opaque.mean(axis=1), (2, 50, 98))
    if len(opaque) > alpha.size // 2 and high - low > 64:
        paper = np.median(opaque, axis=0)
    else:
        paper = np.full(3, 0.0 if middle > 127 else 255.0)
    weight = alpha[:, :, np.newaxis].astype(np.float32) / 255.0
    mixed: NDArray[np.uint8] = (paper + (colours - paper) * weight).round().astype(np.uint8)
    return mixed


def _png_has_end(data: bytes) -> bool:
    position = 8
    while data[position + 4 : position + 8] != b"IEND":
        position += 12 + struct.unpack_from(">I", data, position)[0]
    return len(data) >= position + 12


def _jpeg_has_end(data: bytes) -> bool:
    position = 2
    while data[position + 1] != 0xDA:  # the scan; before it an embedded preview may have an end
        position += 2 + struct.unpack_from(">H", data, position + 2)[0]
    return data.find(b"\xff\xd9", position) >= 0


def _gif_has_end(data: bytes) -> bool:
    position = 13 + _gif_palette_size(data[10])
    while data[position] != 0x3B:
        if data[position] == 0x2C:
            position += 11 + _gif_palette_size(data[position + 9])
        else:
            position += 2
        while data[position]:
            position += 1 + data[position]
        position += 1
    return True


def _gif_palette_size(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _webp_has_end(data: bytes) -> bool:
    size: int = struct.unpack_from("<I", data, 4)[0]
    return len(data) >= 8 + size


@dataclass(frozen=True)
class _Format:
    reader: Callable[[io.BytesIO], ImageFile.ImageFile]
    has_end: Callable[[bytes], bool] | None = None


_FORMATS = {
    b"\x89PNG\r\n\x1a\n": _Format(PngImageFile, _png_has_end),
    b"\xff\xd8\xff": _Format(JpegImageFile, _jpeg_has_end),
    b"GIF8": _Format(GifImageFile, _gif_has_end),
    b"RIFF": _Format(WebPImageFile, _webp_has_end),
    b"BM": _Format(BmpImageFile),
    b"II": _Format(TiffImageFile),
    b"MM": _Format(TiffImageFile),
}


def _format_of(data: bytes) -> _Format | None:
    if data.startswith(b"RIFF") and data[8:12] != b"WEBP":
        return None
    return next((kind for start, kind in _FORMATS.items() if data.startswith(start)), None)


def _reason(kind: _Format, data: bytes, error: Exception) -> str:
    cut = kind.has_end is not None and not is_complete(data)
    if cut or "truncated" in str(error).lower():
        return "the picture is cut off"
    return "the picture is damaged"
