"""A large picture, taken some rows at a time, has the pixels that it has when taken whole."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from digitwatch.reading import paper, pixels
from digitwatch.reading.ink import find_ink
from digitwatch.reading.pixels import to_pixels

RANDOM = np.random.default_rng(0)
COLOURS = Image.fromarray(RANDOM.integers(0, 256, (50, 40, 4), np.uint8))
MODES = ("1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "I", "F", "I;16")


def picture(mode: str) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(RANDOM.integers(0, 4096, (50, 40)).astype(np.uint16))
    if mode in ("RGBA", "LA"):
        return COLOURS.convert(mode)
    return COLOURS.convert("RGB").convert("L" if mode in "IF" else mode).convert(mode)


@pytest.mark.parametrize("mode", MODES)
def test_strips_make_the_same_picture(mode, monkeypatch):
    image = picture(mode)
    whole = to_pixels(image)
    monkeypatch.setattr(pixels, "STRIP", 7 * 40)
    assert np.array_equal(to_pixels(image), whole)


def test_strips_have_the_same_paper_below_what_is_transparent(monkeypatch):
    margin = Image.new("RGBA", (40, 50), (0, 0, 0, 0))
    margin.paste((240, 230, 220, 255), (2, 2, 38, 48))
    margin.paste((20, 30, 90, 255), (10, 10, 14, 40))
    whole = to_pixels(margin)
    assert tuple(whole[0, 0]) == (240, 230, 220)
    monkeypatch.setattr(pixels, "STRIP", 1)
    assert np.array_equal(to_pixels(margin), whole)


def test_pixels_cannot_be_written_to():
    assert not to_pixels(COLOURS.convert("RGB")).flags.writeable
    assert not to_pixels(COLOURS.convert("L")).flags.writeable


@pytest.mark.parametrize("size", [(40, 50), (1, 9), (9, 1)])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_strips_are_turned_as_the_whole_picture_is(orientation, size, monkeypatch):
    image = COLOURS.convert("RGB").resize(size)
    image.getexif()[0x0112] = orientation
    upright = np.asarray(ImageOps.exif_transpose(image))
    for strip in (size[0] * size[1], 7 * size[0], 1):
        monkeypatch.setattr(pixels, "STRIP", strip)
        assert np.array_equal(to_pixels(image, orientation), upright)
        grey = to_pixels(image.convert("L"), orientation)
        assert grey.shape == upright.shape
        assert grey.strides[2] == 0


def test_floats_that_are_no_numbers_are_black():
    values = np.full((4, 4), 0.5, np.float32)
    values[0] = np.nan, np.inf, -np.inf, -7.0
    grey = to_pixels(Image.fromarray(values))[:, :, 0]
    assert (grey[0] == 0).all()
    assert (grey[1:] == 255).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_strips_of_a_page_have_the_same_ink(channels, monkeypatch):
    page = np.full((90, 70, 3), 250, np.uint8)
    page[20:70, 30:36] = 30 if channels == 1 else (30, 90, 10)
    whole = find_ink(page, 30)
    monkeypatch.setattr(paper, "STRIP", 1)
    strips = find_ink(page, 30)
    assert np.array_equal(strips.contrast, whole.contrast)
    assert strips.threshold == whole.threshold


@pytest.mark.parametrize("size", [(7, 5), (300, 200)])
def test_a_colour_picture_that_is_grey_has_one_plane(size):
    grey = Image.effect_noise(size, 90)
    shown = to_pixels(grey.convert("RGB"))
    assert shown.strides[2] == 0
    assert np.array_equal(shown[:, :, 1], np.asarray(grey))


def test_one_coloured_pixel_makes_a_colour_picture():
    picture = Image.new("RGB", (300, 200), "white")
    picture.putpixel((299, 199), (255, 255, 254))
    assert to_pixels(picture)[199, 299].tolist() == [255, 255, 254]
