"""The pictures of HEIC and AVIF files are read upright, however their turns are kept."""

import sys
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image, features

from digitwatch.errors import UnreadableImageError
from digitwatch.reading import heic
from digitwatch.reading.image import decode, is_complete, missing_library
from digitwatch.reading.pixels import TURNS
from tests.hostile import saved

with_libheif = pytest.mark.skipif(find_spec("pillow_heif") is None, reason="needs pillow-heif")
with_avif = pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")

HEADER = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
UNDO = {2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}


def drawing() -> Image.Image:
    """Black in the corner at the top on the left."""
    picture = Image.new("RGB", (96, 64), (250, 240, 230))
    picture.paste((0, 0, 0), (0, 0, 32, 16))
    return picture


def check_upright(pixels):
    assert pixels.shape == (64, 96, 3)
    assert pixels[4:12, 4:28].max() < 40
    assert pixels[20:, :].min() > 200
    assert pixels[:, 36:].min() > 200
    assert not pixels.flags.writeable


def heif(*pictures: Image.Image, **options: object) -> bytes:
    plugin = pytest.importorskip("pillow_heif")
    plugin.register_heif_opener()
    return saved(
        pictures[0], "HEIF", save_all=True, append_images=pictures[1:], quality=90, **options
    )


def exif_of(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


@with_libheif
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_every_mode_is_read(mode):
    (page,) = decode(heif(drawing().convert(mode)))
    check_upright(page.pixels)


@with_libheif
@pytest.mark.parametrize("orientation", UNDO)
def test_a_photo_is_turned_once(orientation):
    stored = drawing().transpose(TURNS[UNDO[orientation]])
    exif = exif_of(orientation)
    turned_by_format = heif(stored, exif=exif.tobytes())
    turned_by_exif = heif(stored, exif=exif)
    assert b"irot" in turned_by_format or b"imir" in turned_by_format
    assert b"irot" not in turned_by_exif
    for data in (turned_by_format, turned_by_exif):
        (page,) = decode(data)
        check_upright(page.pixels)


@with_libheif
def test_the_pictures_of_a_file_are_pages():
    pages = list(decode(heif(drawing(), drawing().resize((64, 64)))))
    assert [(page.number, page.pixels.shape) for page in pages] == [
        (1, (64, 96, 3)), (2, (64, 64, 3))
    ]  # fmt: skip


@with_libheif
def test_pictures_are_limited_in_size_and_number(monkeypatch):
    data = heif(drawing(), drawing(), drawing())
    monkeypatch.setattr(heic, "MAX_PAGES", 2)
    with pytest.raises(UnreadableImageError, match="only the first 2 pages"):
        list(decode(data))
    monkeypatch.setattr(heic, "MAX_COSTLY_PIXELS", 6_000)
    with pytest.raises(UnreadableImageError, match="too large: 96 x 64"):
        next(decode(data))


@with_libheif
def test_damaged_bytes_raise_nothing_but_our_error():
    whole = heif(drawing())
    rng = np.random.default_rng(0)
    for length in range(12, len(whole), 23):
        with pytest.raises(UnreadableImageError, match="cut off"):
            list(decode(whole[:length]))
    for _ in range(200):
        damaged = bytearray(whole)
        for place in rng.integers(12, len(whole), 3):
            damaged[place] = rng.integers(256)
        try:
            pages = list(decode(bytes(damaged)))
        except UnreadableImageError:
            continue
        assert all(page.pixels.shape[2] == 3 for page in pages)


@with_avif
@pytest.mark.parametrize("orientation", UNDO)
def test_an_avif_is_read_upright(orientation):
    stored = drawing().transpose(TURNS[UNDO[orientation]])
    data = saved(stored, "AVIF", quality=90, exif=exif_of(orientation))
    (page,) = decode(data)
    check_upright(page.pixels)
    assert is_complete(data)


@with_avif
def test_a_damaged_avif_is_told():
    data = saved(drawing(), "AVIF")
    with pytest.raises(UnreadableImageError, match="cut off"):
        list(decode(data[: len(data) // 2]))


def test_without_libheif_the_remedy_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(UnreadableImageError, match=r'pip install "digitwatch\[heic\]"'):
        list(decode(HEADER))
    assert "pip install" in missing_library(HEADER)


def test_a_film_is_no_picture():
    with pytest.raises(UnreadableImageError, match="not a picture"):
        list(decode(b"\0\0\0\x18ftypisom\0\0\0\0isommp41"))


@with_libheif
def test_a_file_without_a_picture_is_told(monkeypatch):
    monkeypatch.setattr("pillow_heif.open_heif", lambda _: [])
    with pytest.raises(UnreadableImageError, match="there is no picture in it"):
        list(decode(HEADER))


def test_boxes_tell_that_a_file_is_complete():
    data = HEADER + b"\0\0\0\x0cmeta1234" + b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x14abcd"
    assert is_complete(data)
    assert is_complete(data + b"what a phone appends")
    assert not any(is_complete(data[:length]) for length in range(len(data)))
    assert not is_complete(HEADER + b"\0\0\0\x0cmeta1234" + b"\0\0\0\0mdatabcd")
