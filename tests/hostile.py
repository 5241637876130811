"""Hostile files: mutants of valid pictures, each made again from its seed, and bombs."""

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from digitwatch.learning.synthesis import draw_picture

SIDE = 40  # px, of the valid pictures: small ones are read in milliseconds
EXTREMES = (0, 1, 2, 255, 256, 5_000, 32_767, 65_535, 2**24, 2**31 - 1, 2**31, 2**32 - 1)
PNG_START = b"\x89PNG\r\n\x1a\n"

_IN_MODES = {
    "PNG": ("1", "L", "P", "RGB", "RGBA", "LA", "I;16"),
    "BMP": ("1", "L", "P", "RGB", "RGBA"),
    "GIF": ("1", "L", "P", "RGBA"),
    "TIFF": ("1", "L", "P", "RGB", "RGBA", "LA", "I;16", "I", "F", "CMYK", "YCbCr", "LAB"),
    "JPEG": ("L", "RGB", "CMYK"),
    "WEBP": ("L", "RGB", "RGBA"),
}
_WITH_OPTIONS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("PNG", "P", {"transparency": 3}),
    ("PNG", "RGB", {"dpi": (300, 300), "transparency": (255, 255, 255)}),
    ("GIF", "L", {"interlace": False}),
    ("JPEG", "RGB", {"progressive": True}),
    ("JPEG", "CMYK", {"progressive": True, "quality": 20}),
    ("JPEG", "RGB", {"subsampling": 2, "restart_marker_blocks": 2}),
    ("WEBP", "RGB", {"lossless": True}),
    ("WEBP", "RGBA", {"lossless": True}),
    *(("TIFF", "1", {"compression": way}) for way in ("group3", "group4", "tiff_ccitt")),
    *(
        ("TIFF", mode, {"compression": way})
        for mode in ("L", "RGB")
        for way in ("packbits", "tiff_lzw", "tiff_adobe_deflate", "jpeg", "lzma")
    ),
)
_MANY_FRAMES: tuple[tuple[str, dict[str, object]], ...] = (
    ("GIF", {"disposal": 2}),
    ("GIF", {"disposal": [0, 1, 3], "optimize": False}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("TIFF", {}),
    ("WEBP", {"lossless": True}),
    ("PNG", {}),
)


def _drawing(digit: int, mode: str) -> Image.Image:
    drawn = draw_picture(digit, np.random.default_rng(digit), (SIDE, SIDE))
    if mode.startswith("I"):
        return Image.fromarray(drawn[:, :, 0].astype(np.uint16 if mode == "I;16" else np.int32))
    return Image.fromarray(drawn).convert(mode)


def saved(picture: Image.Image, form: str, **options: object) -> bytes:
    """Return the bytes of the file that Pillow makes of it."""
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


@cache
def originals() -> tuple[bytes, ...]:
    """Return valid files: every format with its modes, compressions, frames and orientations."""
    files = [
        saved(_drawing(number % 10, mode), form)
        for form, modes in _IN_MODES.items()
        for number, mode in enumerate(modes)
    ]
    for number, (form, mode, options) in enumerate(_WITH_OPTIONS):
        files.append(saved(_drawing(number % 10, mode), form, **options))
    frames = [_drawing(digit, "RGB") for digit in (3, 5, 8)]
    for form, options in _MANY_FRAMES:
        files.append(saved(frames[0], form, save_all=True, append_images=frames[1:], **options))
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = _drawing(7, "RGB")
    files += [saved(turned, form, exif=exif) for form in ("PNG", "JPEG", "TIFF", "WEBP")]
    grey = np.asarray(_drawing(2, "L"))
    files += [interlaced_png(grey), rle_bmp(grey)]
    return tuple(files)


def mutant(seed: int) -> bytes:
    """Return a valid file with one to four damages."""
    rng = np.random.default_rng(seed)
    files = originals()
    original = files[rng.integers(len(files))]
    data = bytearray(original)
    for _ in range(rng.integers(1, 5)):
        _DAMAGES[rng.integers(len(_DAMAGES))](data, rng)
    return _with_checksums(bytes(data)) if rng.random() < 0.8 else bytes(data)


def _span(data: bytearray, rng: np.random.Generator) -> slice:
    start = int(rng.integers(len(data) + 1))
    return slice(start, start + 1 + int(rng.integers(64)))


def _flip_bits(data: bytearray, rng: np.random.Generator) -> None:
    for place in rng.integers(len(data), size=rng.integers(1, 9)) if data else ():
        data[place] ^= 1 << int(rng.integers(8))


def _overwrite(data: bytearray, rng: np.random.Generator) -> None:
    span = _span(data, rng)
    filling = (b"\0", b"\xff", rng.bytes(1))[rng.integers(3)]
    data[span] = rng.bytes(len(data[span])) if rng.random() < 0.5 else filling * len(data[span])


def _cut_off(data: bytearray, rng: np.random.Generator) -> None:
    del data[int(rng.integers(len(data) + 1)) :]


def _remove(data: bytearray, rng: np.random.Generator) -> None:
    del data[_span(data, rng)]


def _duplicate(data: bytearray, rng: np.random.Generator) -> None:
    span = _span(data, rng)
    data[span] = bytes(data[span]) * int(rng.integers(2, 6))


def _swap(data: bytearray, rng: np.random.Generator) -> None:
    one, other = _span(data, rng), _span(data, rng)
    data[one], data[other] = bytes(data[other]), bytes(data[one])


def _exaggerate(data: bytearray, rng: np.random.Generator) -> None:
    """Write an extreme number where the format has its numbers, or among the first bytes."""
    places = [
        *fields(bytes(data)),
        (int(rng.integers(64)), "<>"[rng.integers(2)] + "HI"[rng.integers(2)]),
    ]
    place, form = places[rng.integers(len(places))]
    limit = 2 ** (8 * struct.calcsize(form))
    if place + struct.calcsize(form) <= len(data):
        struct.pack_into(form, data, place, EXTREMES[rng.integers(len(EXTREMES))] % limit)


def _splice(data: bytearray, rng: np.random.Generator) -> None:
    other = originals()[rng.integers(len(originals()))]
    data[int(rng.integers(len(data) + 1)) :] = other[int(rng.integers(len(other))) :]


def _end_in_zeros(data: bytearray, rng: np.random.Generator) -> None:
    start = int(rng.integers(len(data) + 1))
    data[start:] = bytes(len(data) - start + int(rng.integers(64)))


_DAMAGES: tuple[Callable[[bytearray, np.random.Generator], None], ...] = (
    _flip_bits, _overwrite, _cut_off, _remove, _duplicate, _swap, _exaggerate, _exaggerate,
    _splice, _end_in_zeros,
)  # fmt: skip


def fields(data: bytes) -> Iterator[tuple[int, str]]:
    """Yield where the numbers of a file stand that say how large it is, and how they are packed."""
    if data.startswith(PNG_START):
        yield from ((16, ">I"), (20, ">I"), (24, ">H"))
    elif data.startswith(b"BM"):
        yield from ((10, "<I"), (14, "<I"), (18, "<I"), (22, "<I"), (28, "<H"), (30, "<I"))
    elif data.startswith(b"GIF8"):
        yield from ((6, "<H"), (8, "<H"))
        yield from ((at + 5, "<H") for at in _places(data, b"\0,\0\0\0\0"))
        yield from ((at + 7, "<H") for at in _places(data, b"\0,\0\0\0\0"))
    elif data.startswith(b"RIFF"):
        yield from ((4, "<I"), (16, "<I"), (24, "<H"), (26, "<H"), (27, "<H"), (28, "<H"))
    elif data.startswith(b"\xff\xd8"):
        for start in (b"\xff\xc0", b"\xff\xc2"):
            yield from ((at + 5, ">H") for at in _places(data, start))
            yield from ((at + 7, ">H") for at in _places(data, start))
    elif data.startswith(b"II*\0") and len(data) >= 8:
        (start,) = struct.unpack_from("<I", data, 4)
        for entry in range(start + 2, min(start + 2 + 12 * 20, len(data) - 12), 12):
            yield from ((entry + 4, "<I"), (entry + 8, "<I"))


def _places(data: bytes, start: bytes) -> Iterator[int]:
    place = data.find(start)
    while place >= 0:
        yield place
        place = data.find(start, place + 1)


def _with_checksums(data: bytes) -> bytes:
    """Put the checksums of a PNG right, so that a damage gets past them."""
    mended, place = bytearray(data), 8
    while data.startswith(PNG_START) and place + 12 <= len(data):
        end = place + 8 + int.from_bytes(data[place : place + 4])
        if end + 4 > len(data):
            break
        struct.pack_into(">I", mended, end, zlib.crc32(data[place + 4 : end]))
        place = end + 4
    return bytes(mended)


def png_chunk(name: bytes, body: bytes) -> bytes:
    """Return a chunk of a PNG file."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(
    size: tuple[int, int],
    kind: tuple[int, int],
    rows: bytes,
    more: bytes = b"",
    *,
    interlaced: bool = False,
) -> bytes:
    """Return a PNG file of (width, height), (bits, colour type), deflated rows, `more` chunks."""
    header = struct.pack(">IIBBBBB", *size, *kind, 0, 0, interlaced)
    chunks = png_chunk(b"IHDR", header), more, png_chunk(b"IDAT", rows), png_chunk(b"IEND", b"")
    return PNG_START + b"".join(chunks)


def interlaced_png(grey: np.ndarray) -> bytes:
    """Return a PNG file of seven passes (Adam7), which Pillow reads but does not write."""
    passes = (
        (0, 0, 8, 8),
        (0, 4, 8, 8),
        (4, 0, 8, 4),
        (0, 2, 4, 4),
        (2, 0, 4, 2),
        (0, 1, 2, 2),
        (1, 0, 2, 1),
    )
    rows = b"".join(
        b"\0" + row.tobytes()
        for top, left, down, across in passes
        for row in grey[top::down, left::across]
    )
    return png(grey.shape[::-1], (8, 0), zlib.compress(rows), interlaced=True)


def rle_bmp(grey: np.ndarray) -> bytes:
    """Return a BMP file of runs of one pixel, which Pillow reads but does not write."""
    runs = b"".join(b"".join(bytes((1, value)) for value in row) + b"\0\0" for row in grey[::-1])
    return bmp(grey.shape[::-1], 1, runs + b"\0\1")


def bmp(size: tuple[int, int], compression: int, body: bytes) -> bytes:
    """Return a BMP file of 256 greys, or of 16 where `compression` is 2 (RLE4)."""
    bits = 4 if compression == 2 else 8
    palette = b"".join(bytes((grey, grey, grey, 0)) for grey in range(0, 256, 255 // (2**bits - 1)))
    start = 54 + len(palette)
    info = struct.pack("<IiiHHIIiiII", 40, *size, 1, bits, compression, len(body), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + info + palette + body
