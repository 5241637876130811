"""What asks for too much is refused with a sentence, before it is given anything."""

import io
import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image

from digitwatch.errors import UnreadableImageError
from digitwatch.reading import limits
from digitwatch.reading.image import decode
from tests.bombs import gif, jpeg_of_scans, jpeg_with, tiff
from tests.hostile import bmp, png, rle_bmp, saved

SMALL = np.full((8, 8), 200, np.uint8)


def with_size(data: bytes, place: int, form: str, *size: int) -> bytes:
    """Say in the header that the picture has another size."""
    changed = bytearray(data)
    struct.pack_into(form, changed, place, *size)
    return bytes(changed)


def webp(*size: int) -> bytes:
    data = saved(Image.fromarray(SMALL), "WEBP")
    return with_size(data, 26, "<HH", *size)


def inks(*size: int) -> bytes:
    data = saved(Image.new("CMYK", (8, 8)), "JPEG")
    return with_size(data, data.index(b"\xff\xc0") + 5, ">HH", *size)


def tiff_of(mode: str, *size: int, **options: object) -> bytes:
    data = bytearray(saved(Image.new(mode, (8, 8)), "TIFF", **options))
    (start,) = struct.unpack_from("<I", data, 4)
    for entry, value in enumerate(size):  # the width and the height are the first two tags
        struct.pack_into("<HHII", data, start + 2 + 12 * entry, 256 + entry, 4, 1, value)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (png((65_536, 1), (8, 0), b""), "too large: 65536 x 1 pixels, at most 65535 a side"),
        (png((1, 80_000_000), (1, 0), b""), "at most 65535 a side"),
        (png((8_370, 8_370), (8, 0), b""), "8370 x 8370 pixels, at most 70 million"),
        (png((7_080, 7_080), (8, 6), b""), "7080 x 7080 pixels, at most 50 million"),
        (webp(5_920, 5_920), "at most 35 million"),
        (inks(5_920, 5_920), "at most 35 million"),
        (gif((5_920, 5_920), 1), "at most 35 million"),
        (tiff_of("F", 5_920, 5_920), "at most 35 million"),
        (tiff_of("RGB", 5_920, 5_920, compression="jpeg"), "at most 35 million"),
        (tiff((8, 8), b"", _258=[16] * 3, _277=3, _262=2, _256=5_920, _257=5_920), "35 million"),
        (with_size(rle_bmp(SMALL), 18, "<ii", 3_200, 3_200), "at most 10 million"),
        (tiff((8, 8), b"", _258=8, _259=8, _322=9_000, _323=9_000), "9000 x 9000 pixels"),
        (jpeg_of_scans(400, 7_500), "damaged: it has 7501 scans"),
    ],
)
def test_what_is_too_large_is_refused(data, words):
    with pytest.raises(UnreadableImageError, match=words):
        next(decode(data))


def test_a_page_that_is_too_large_is_named():
    pages = decode(tiff_in_pages((8, 8), (9_000, 9_000)))
    assert next(pages).number == 1
    with pytest.raises(UnreadableImageError, match="page 2 is too large"):
        next(pages)


def tiff_in_pages(*sizes: tuple[int, int]) -> bytes:
    """Pages of these sizes, of which the file has next to no pixels."""
    strip = zlib.compress(bytes(64))
    data = bytearray(tiff((8, 8), strip, len(sizes), _258=8, _259=8))
    (place,) = struct.unpack_from("<I", data, 4)
    for width, height in sizes:
        struct.pack_into("<I", data, place + 2 + 8, width)
        struct.pack_into("<I", data, place + 2 + 12 + 8, height)
        (tags,) = struct.unpack_from("<H", data, place)
        (place,) = struct.unpack_from("<I", data, place + 2 + 12 * tags)
    return bytes(data)


def test_pages_must_have_bytes_to_show_for_their_pixels(monkeypatch):
    monkeypatch.setattr(limits, "FREE_PIXELS", 10_000)
    empty = [Image.new("L", (100, 100))] * 5
    noisy = [Image.effect_noise((100, 100), 50)] * 5
    for pages, read in ((empty, 1), (noisy, 5)):
        monkeypatch.setattr(limits, "PIXELS_A_BYTE", 2)
        options = {"compression": "tiff_deflate", "save_all": True, "append_images": pages[1:]}
        assert pages_read(saved(pages[0], "TIFF", **options)) == read


def test_bytes_that_pages_share_are_counted_once(monkeypatch):
    monkeypatch.setattr(limits, "FREE_PIXELS", 10_000)
    monkeypatch.setattr(limits, "PIXELS_A_BYTE", 1)
    noise = np.random.default_rng(0).bytes(10_000)
    shared = tiff((100, 100), noise, 20, _258=8)
    assert pages_read(shared) == 2
    monkeypatch.setattr(limits, "PIXELS_A_BYTE", 1_000)
    assert pages_read(shared) == 1 + limits.PAGES_A_PAGE


def pages_read(data: bytes) -> int:
    """Count the pages before the one from which on nothing is read."""
    pages, read = decode(data), 0
    with suppress(UnreadableImageError):
        for read, _ in enumerate(pages, start=1):  # noqa: B007 - the last one counts
            pass
    return read


def test_a_parser_that_loses_its_way_is_stopped(monkeypatch):
    monkeypatch.setattr(limits, "MAX_READS", 10_000)
    with pytest.raises(UnreadableImageError, match="too many pieces"):
        next(decode(jpeg_with(b"\xff" * 10_000)))
    with pytest.raises(UnreadableImageError, match="too many pieces"):
        next(decode(bmp((200, 200), 1, b"\0\2\0\0" * 10_000)))


def test_strips_are_counted_before_they_are_looked_for():
    strips = [8] * (limits.MAX_STRIPS + 1)
    with pytest.raises(UnreadableImageError, match="too many pieces"):
        next(decode(tiff((8, 8), bytes(8), _258=8, _273=strips)))


def test_bytes_are_read_as_from_any_file():
    file = limits.CountedBytes(b"abcdef")
    assert (file.read(2), file.read(), file.read(1)) == (b"ab", b"cdef", b"")
    assert file.seek(0, io.SEEK_END) == 6
