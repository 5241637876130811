"""Bombs: small files that ask for much, as large as is read or larger."""

import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests import documents
from tests.hostile import bmp, png, png_chunk, saved

LARGE, CLEAR, HALF = 8_360, 7_064, 5_912  # px, sides of the largest squares that are read
A4 = (2_480, 3_508)  # px at 300 dpi
STRIPES, NOISE = b"\xff" * 40 + b"\0" * 8, np.random.default_rng(0).bytes(6_000)
PALETTE = png_chunk(b"PLTE", bytes(range(256)) * 3)
ALPHAS = png_chunk(b"tRNS", bytes(range(256)))


def flat_png(side: int, bits: int, colour: int, pattern: bytes, more: bytes = b"") -> bytes:
    """A square PNG whose rows are all alike; `bits` of a pixel, and the colour type."""
    length = -(-side * bits // 8)
    row = b"\0" + repeated(pattern, length)
    channels = {2: 3, 4: 2, 6: 4}.get(colour, 1)
    return png((side, side), (bits // channels, colour), deflated(row, side), more)


def small_png(more: bytes) -> bytes:
    return png((8, 8), (8, 0), zlib.compress(bytes(9 * 8)), more)


def long_png(size: tuple[int, int]) -> bytes:
    return png(size, (8, 0), deflated(bytes(size[0] + 1), min(size[1], 100_000)))


def repeated(pattern: bytes, length: int) -> bytes:
    return (pattern * (length // len(pattern) + 1))[:length]


def deflated(row: bytes, rows: int) -> bytes:
    packer = zlib.compressobj()
    return b"".join(packer.compress(row) for _ in range(rows)) + packer.flush()


def tiff(
    size: tuple[int, int],
    strip: bytes,
    pages: int = 1,
    *,
    apart: bool = False,
    **tags: int | list[int],
) -> bytes:
    """A TIFF whose strips and pages are all the same bytes; tags as _259=8.

    Where they are to be apart, each page has its own part of them.
    """
    width, height = size
    rows = tags.get("_278", height)
    assert isinstance(rows, int)
    offsets = [8] * -(-height // rows)
    numbers = {256: width, 257: height, 262: 1, 278: rows, 273: offsets}
    numbers |= {279: [len(strip)] * len(offsets)} | {int(tag[1:]): tags[tag] for tag in tags}
    start = 8 + len(strip)
    file = [b"II*\0", struct.pack("<I", start), strip]
    for page in range(pages):
        if apart:
            length = len(strip) // pages
            numbers |= {273: 8 + page * length, 279: length}
        after = start + 6 + 12 * len(numbers)
        directory, values = struct.pack("<H", len(numbers)), b""
        for tag, value in sorted(numbers.items()):
            many = value if isinstance(value, list) else [value]
            packed = struct.pack(f"<{len(many)}I", *many)
            directory += struct.pack("<HHI", tag, 4, len(many))
            directory += packed if len(many) == 1 else struct.pack("<I", after + len(values))
            values += packed if len(many) > 1 else b""
        start = after + len(values)
        file += [directory, struct.pack("<I", start if page < pages - 1 else 0), values]
    return b"".join(file)


def deep_tiff(size: tuple[int, int], bits: list[int], pages: int = 1, **tags: int) -> bytes:
    """A TIFF of one deflated strip."""
    row = repeated(NOISE, size[0] * sum(bits) // 8)
    shape: dict[str, Any] = {"_258": bits, "_259": 8, "_277": len(bits), **tags}
    return tiff(size, deflated(row, size[1]), pages, **shape)


def scan(pages: int) -> bytes:
    """A document of bilevel pages with a few strokes on each, as a scanner makes it."""
    page = Image.new("1", A4, 1)
    page.paste(0, (300, 400, 330, 560))
    page.paste(0, (900, 400, 930, 560))
    options = {"compression": "group4", "save_all": True, "append_images": [page] * (pages - 1)}
    return saved(page, "TIFF", **options)


def gif(size: tuple[int, int], frames: int, **options: object) -> bytes:
    """Small frames on a screen of that size."""
    data = bytearray(saved(Image.new("P", (8, 8)), "GIF", **options))
    struct.pack_into("<HH", data, 6, *size)
    start = 13 + (3 << ((data[10] & 7) + 1) if data[10] & 0x80 else 0)
    return bytes(data[:start] + data[start:-1] * frames + b";")


def jpeg_of_scans(side: int, count: int) -> bytes:
    """A JPEG that goes over its pixels again and again, and changes nothing."""
    data = saved(Image.new("L", (side, side)), "JPEG", progressive=True)
    end = data.index(b"\xff\xda") + 2
    while data[end] != 0xFF or data[end + 1] == 0:
        end += 1
    table = b"\xff\xc4\0\x14\x10\x01" + bytes(15) + b"\xe0"
    scan = b"\xff\xda\0\x08\1\1\0\1\x3f\x10" + b"\x7f" * 80
    return data[:end] + table + scan * count + b"\xff\xd9"


def jpeg_with(inserted: bytes) -> bytes:
    data = saved(Image.new("L", (40, 40)), "JPEG")
    return data[:2] + inserted + data[2:]


def gif_with(inserted: bytes) -> bytes:
    data = gif((8, 8), 1)
    start = data.index(b",\0\0")
    return data[:start] + inserted + data[start:]


def webp() -> bytes:
    picture = Image.new("RGBA", (HALF, HALF), (9, 9, 9, 9))
    return saved(picture, "WEBP", lossless=True, method=0, quality=0)


def progressive_jpeg() -> bytes:
    picture = Image.new("RGB", (LARGE, LARGE))
    return saved(picture, "JPEG", progressive=True, subsampling=0)


def drawn(ink: NDArray[np.bool_]) -> bytes:
    return saved(Image.fromarray(np.where(ink, 0, 255).astype(np.uint8)), "PNG", compress_level=1)


def raster(side: int, wide: tuple[int, int], high: tuple[int, int]) -> bytes:
    """Ink in the first so many of every so many columns, and of rows."""
    x = y = np.arange(side)
    return drawn((x % wide[1] < wide[0]) & (y % high[1] < high[0])[:, np.newaxis])


def chequered(side: int) -> bytes:
    x = y = np.arange(side) // 2
    return drawn((x + y[:, np.newaxis]) % 2 == 0)


def ringed(side: int) -> bytes:
    x = y = np.arange(side) - side / 2
    return drawn(np.hypot(x, y[:, np.newaxis]) % 8 < 3)


def sown(side: int, share: float) -> bytes:
    """Ink on that share of the pixels, anywhere."""
    return drawn(np.random.default_rng(0).random((side, side)) < share)


NOTHING = deflated(bytes(1_000), 1_000)
RUNS = b"\1\1\0\0"  # of a BMP: a pixel, and a row that ends

QUICK: dict[str, Callable[[], bytes]] = {
    "PNG of grey": lambda: flat_png(LARGE, 8, 0, NOISE),
    "PNG of one row": lambda: long_png((80_000_000, 1)),
    "PNG of one column": lambda: long_png((1, 40_000_000)),
    "PNG with texts": lambda: small_png(png_chunk(b"zTXt", b"a\0\0" + NOTHING) * 70),
    "PNG with a profile": lambda: small_png(png_chunk(b"iCCP", b"a\0\0" + NOTHING * 50)),
    "BMP of runs": lambda: bmp((LARGE, LARGE), 1, RUNS * LARGE),
    "BMP of short runs": lambda: bmp((3_000, 3_000), 1, RUNS * 3_000),
    "GIF on a large screen": lambda: gif((5_900, 5_900), 200),
    "GIF on too large a screen": lambda: gif((65_535, 65_535), 200),
    "JPEG of too many scans": lambda: jpeg_of_scans(LARGE, 1_000),
    "TIFF of floats": lambda: deep_tiff((HALF, HALF), [32], _339=3),
    "TIFF of strips": lambda: tiff((8, 65_535), bytes(8), _258=8, _273=[8] * 5_000_000),
    "TIFF of a tile": lambda: tiff((40, 40), NOTHING, _258=8, _259=8, _322=40_000, _323=40_000),
    "TIFF of bad fax rows": lambda: tiff((40, 65_535), NOISE * 16, _258=1, _259=3),
    **documents.QUICK_BOMBS,
    "94 000 dashes": lambda: raster(1_600, (6, 9), (2, 3)),
    "6 400 blobs": lambda: raster(1_600, (11, 20), (11, 20)),
    "800 ruled lines": lambda: raster(1_600, (1, 1), (1, 2)),
    "noise": lambda: sown(1_600, 0.5),
}

SLOW: dict[str, Callable[[], bytes]] = {
    "PNG, bilevel": lambda: flat_png(LARGE, 1, 0, STRIPES),
    "PNG of RGB": lambda: flat_png(LARGE, 24, 2, STRIPES),
    "PNG of RGBA": lambda: flat_png(CLEAR, 32, 6, NOISE),
    "PNG of 16 bits": lambda: flat_png(LARGE, 16, 0, NOISE),
    "PNG with a clear palette": lambda: flat_png(CLEAR, 8, 3, NOISE, PALETTE + ALPHAS),
    "PNG that is wide": lambda: long_png((65_535, 1_000)),
    "PNG that is tall": lambda: long_png((1_000, 65_535)),
    "PNG with private chunks": lambda: small_png(png_chunk(b"prVt", b"") * 400_000),
    "BMP of steps that go nowhere": lambda: bmp((3_000, 3_000), 1, b"\0\2\0\0" * 2_500_000),
    "GIF that clears its screen": lambda: gif((5_900, 5_900), 200, transparency=0, disposal=2),
    "GIF with comments": lambda: gif_with(b"!\xfe\1x\0" * 1_500_000),
    "GIF, then zeros": lambda: gif((8, 8), 1)[:-1] + bytes(10_000_000),
    "JPEG of RGB": progressive_jpeg,
    "JPEG of scans": lambda: jpeg_of_scans(LARGE, 14),
    "JPEG that does not begin": lambda: jpeg_with(b"\xff" * 10_000_000),
    "JPEG with comments": lambda: jpeg_with(b"\xff\xfe\0\2" * 1_200_000),
    "TIFF of inks of 16 bits": lambda: deep_tiff((HALF, HALF), [16] * 4, _262=5),
    "TIFF of RGB": lambda: deep_tiff((LARGE, LARGE), [8] * 3, _262=2),
    "TIFF of large pages": lambda: deep_tiff((LARGE, LARGE), [8], 200),
    "TIFF of fax pages of noise": lambda: tiff(A4, NOISE * 20, 200, apart=True, _258=1, _259=3),
    "TIFF of rows": lambda: tiff((1_000, 65_535), bytes(1_000), _258=8, _278=1),
    "TIFF of pages that share a strip": lambda: tiff(A4, NOISE * 16, 200, _258=1, _259=3),
    "TIFF of JPEG scans": lambda: tiff((HALF, HALF), jpeg_of_scans(HALF, 90), _258=8, _259=7),
    "WebP": webp,
    **documents.SLOW_BOMBS,
    "1 200 rules, each broken": lambda: raster(2_000, (980, 1_000), (1, 3)),
    "2 million squares": lambda: chequered(3_200),
    "nested rings": lambda: ringed(3_200),
    "speckles": lambda: sown(1_600, 0.1),
}
