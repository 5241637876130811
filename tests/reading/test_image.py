"""Bytes become upright RGB pages, and hostile bytes become one error in plain words."""

import io
import struct
import zlib
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from digitwatch.errors import UnreadableImageError
from digitwatch.reading.image import Page, decode, is_complete, missing_library
from digitwatch.reading.limits import MAX_PAGES

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
ENDING = ("PNG", "JPEG", "GIF", "WEBP")
SHAPE = (12, 20)


def drawing(mode: str = "RGB") -> Image.Image:
    picture = Image.new("L", (SHAPE[1], SHAPE[0]), 255)
    picture.paste(0, (4, 2, 8, 10))
    return picture.convert(mode)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def only(data: bytes) -> Page:
    (page,) = decode(data)
    return page


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_read(kind: str) -> None:
    page = only(saved(drawing(), kind))
    assert page.number == 1
    assert page.pixels.shape == (*SHAPE, 3)
    assert page.pixels.dtype == np.uint8
    assert page.pixels[6, 6].max() < 40
    assert page.pixels[6, 15].min() > 215


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("PNG", "1"), ("PNG", "L"), ("PNG", "P"), ("PNG", "LA"), ("PNG", "RGBA"), ("PNG", "I;16"),
        ("TIFF", "I"), ("TIFF", "F"), ("TIFF", "CMYK"), ("TIFF", "YCbCr"), ("TIFF", "I;16"),
        ("TIFF", "LAB"), ("TIFF", "1"), ("JPEG", "CMYK"), ("BMP", "1"), ("BMP", "P"), ("GIF", "P"),
    ],
)  # fmt: skip
def test_every_mode_gives_the_same_drawing(kind: str, mode: str) -> None:
    picture = drawing("RGB").convert(mode) if mode == "LAB" else drawing(mode)
    pixels = only(saved(picture, kind)).pixels
    assert pixels.shape == (*SHAPE, 3)
    assert pixels[6, 6].max() < 40
    assert pixels[6, 15].min() > 215


def test_channels_of_a_grey_page_share_their_memory() -> None:
    assert only(saved(drawing("L"), "PNG")).pixels.strides[2] == 0


def test_twelve_bits_stored_in_sixteen_are_not_black() -> None:
    deep = Image.fromarray(np.full(SHAPE, 4095, np.uint16))
    assert only(saved(deep, "PNG")).pixels.min() == 255


def strokes_on_nothing(colour: tuple[int, int, int]) -> Image.Image:
    picture = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    picture.paste((*colour, 255), (4, 4, 8, 16))
    return picture


@pytest.mark.parametrize(
    ("colour", "paper"), [((0, 0, 0), 255), ((200, 30, 30), 255), ((255, 255, 255), 0)]
)
def test_a_transparent_canvas_contrasts_with_its_strokes(
    colour: tuple[int, int, int], paper: int
) -> None:
    pixels = only(saved(strokes_on_nothing(colour), "PNG")).pixels
    assert (pixels[0, 0] == paper).all()
    assert tuple(pixels[10, 5]) == colour


def test_ink_that_is_only_in_the_alpha_channel_is_seen() -> None:
    alpha = np.array(drawing("L"))
    rgba = np.dstack([np.zeros((*SHAPE, 3), np.uint8), 255 - alpha])
    assert (only(saved(Image.fromarray(rgba), "PNG")).pixels[:, :, 0] == alpha).all()


def test_a_transparent_margin_takes_the_colour_of_painted_paper() -> None:
    picture = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    picture.paste((250, 250, 250, 255), (3, 3, 37, 37))
    picture.paste((0, 0, 0, 255), (15, 10, 20, 30))
    assert tuple(only(saved(picture, "PNG")).pixels[0, 0]) == (250, 250, 250)


def test_a_transparent_colour_of_a_palette_is_no_ink() -> None:
    picture = drawing("P")
    clear = picture.getpixel((15, 6))
    pixels = only(saved(picture, "GIF", transparency=clear)).pixels
    assert pixels[6, 15].min() == 255
    assert pixels[6, 6].max() == 0


def test_a_canvas_that_is_all_transparent_is_white() -> None:
    assert only(saved(Image.new("RGBA", (9, 9), (0, 0, 0, 0)), "PNG")).pixels.min() == 255


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "undo"),
    [(2, Image.Transpose.FLIP_LEFT_RIGHT), (3, Image.Transpose.ROTATE_180),
     (6, Image.Transpose.ROTATE_90), (8, Image.Transpose.ROTATE_270)],
)  # fmt: skip
def test_a_picture_that_the_camera_turned_is_upright(
    kind: str, orientation: int, undo: Image.Transpose
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = only(saved(drawing().transpose(undo), kind, exif=exif)).pixels
    assert pixels.shape == (*SHAPE, 3)
    assert pixels[6, 6].max() < 40
    assert pixels[6, 15].min() > 215


@pytest.mark.parametrize("kind", ["GIF", "TIFF"])
def test_frames_are_pages(kind: str) -> None:
    frames = [Image.new("L", (8, 8), grey) for grey in (0, 100, 200)]
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:])
    assert [(page.number, page.pixels[0, 0, 0]) for page in decode(data)] == [
        (1, 0), (2, 100), (3, 200)
    ]  # fmt: skip


def test_the_preview_that_a_phone_appends_is_no_page() -> None:
    data = saved(drawing(), "MPO", save_all=True, append_images=[drawing()])
    assert only(data).pixels.shape == (*SHAPE, 3)


def test_pages_before_a_damaged_one_are_kept() -> None:
    frames = [Image.effect_noise((64, 64), sigma) for sigma in (10, 20)]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    pages = decode(data[: len(data) * 2 // 3])
    assert next(pages).number == 1
    with pytest.raises(UnreadableImageError):
        next(pages)


def test_a_film_is_not_read_to_its_end() -> None:
    frames = [Image.new("L", (2, 2), index % 256) for index in range(MAX_PAGES + 5)]
    pages = decode(saved(frames[0], "TIFF", save_all=True, append_images=frames[1:]))
    assert len(list(islice(pages, MAX_PAGES))) == MAX_PAGES
    with pytest.raises(UnreadableImageError, match=f"first {MAX_PAGES} pages"):
        next(pages)


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_bomb(side: int) -> bytes:
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    chunks = png_chunk(b"IHDR", header), png_chunk(b"IDAT", rows), png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("side", [9_000, 12_000, 30_000, 2**31 - 1])
def test_a_bomb_is_refused_by_its_header(side: int) -> None:
    with pytest.raises(UnreadableImageError, match=f"too large: {side} x {side}"):
        list(decode(png_bomb(side)))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b"not a picture", "not a picture"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "not a picture"),
        (saved(drawing(), "PNG")[:60], "cut off"),
        (saved(drawing(), "JPEG")[:-40], "cut off"),
        (saved(drawing(), "BMP")[:-40], "cut off"),
        (saved(drawing(), "WEBP")[:-4], "cut off"),
        (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IEND", b""), "damaged"),
    ],
)
def test_what_cannot_be_read_is_told_in_plain_words(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableImageError, match=words):
        list(decode(data))


@pytest.mark.parametrize("data", [b"", b"text", saved(drawing(), "PNG")])
def test_most_bytes_need_no_library(data: bytes) -> None:
    assert not missing_library(data)


@pytest.mark.filterwarnings("ignore")  # Pillow warns of damaged metadata, and reads on
@given(st.sampled_from(FORMATS), st.data())
def test_damaged_bytes_raise_nothing_but_our_error(kind: str, draw: st.DataObject) -> None:
    data = bytearray(saved(drawing(), kind))
    for position in draw.draw(st.lists(st.integers(0, len(data) - 1), max_size=8)):
        data[position] = draw.draw(st.integers(0, 255))
    end = draw.draw(st.integers(0, len(data)))
    try:
        pages = list(decode(bytes(data[:end])))
    except UnreadableImageError:
        return
    assert all(page.pixels.shape[2] == 3 for page in pages)


@pytest.mark.parametrize("kind", ENDING)
def test_a_picture_is_complete_with_its_last_byte_and_not_before(kind: str) -> None:
    data = saved(drawing(), kind)
    assert is_complete(data)
    assert not any(is_complete(data[:length]) for length in range(len(data)))


@pytest.mark.parametrize("kind", ENDING)
def test_bytes_after_the_end_do_not_matter(kind: str) -> None:
    assert is_complete(saved(drawing(), kind) + b"\0appended")


@pytest.mark.parametrize("kind", ["BMP", "TIFF"])
def test_a_format_without_an_end_is_never_surely_complete(kind: str) -> None:
    assert not is_complete(saved(drawing(), kind))


@pytest.mark.parametrize("data", [b"", b"text", b"RIFF", b"GIF89a", b"\xff\xd8\xff"])
def test_what_is_no_picture_is_not_complete(data: bytes) -> None:
    assert not is_complete(data)


def test_the_end_of_an_embedded_preview_is_not_the_end() -> None:
    exif = Image.Exif()
    exif[0x010E] = saved(drawing(), "JPEG").decode("latin-1")
    data = saved(drawing(), "JPEG", exif=exif.tobytes())
    assert not is_complete(data[:-2])


@given(st.binary(max_size=200), st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a"]))
def test_completeness_of_any_bytes_can_be_asked(data: bytes, start: bytes) -> None:
    assert is_complete(start + data) in (True, False)
