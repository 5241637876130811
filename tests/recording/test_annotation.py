"""A page is drawn as it is, and what is written on it hides none of its digits."""

import tracemalloc

import numpy as np
import pytest
from PIL import Image, ImageDraw

from digitwatch.recording.annotation import (
    LOOKS,
    PALETTE,
    PAPER,
    TEXT,
    ShownMark,
    draw_grid,
    draw_page,
)
from digitwatch.recording.lettering import font, length
from digitwatch.recording.palette import Pen
from digitwatch.recording.record import OK, REVIEW, Mark

PANEL = (8, 40, 216, 232)
GRID = ((0.0,) * 8,) * 8


def in_colour() -> Image.Image:
    return Image.new("RGB", (220, 240), PAPER)


def in_palette() -> Image.Image:
    return PALETTE.canvas((220, 240), PAPER)


def shown(page, marks=(), canvas=None, panel=PANEL):
    canvas = canvas or in_colour()
    draw_page(canvas, panel, page, marks)
    return np.asarray(canvas.convert("RGB")).astype(int)


def mark(box, digit=7, doubtful=False):
    return ShownMark(Mark(box, 0, digit, 0.99, 1, 0.01, GRID), doubtful)


def noise(shape):
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("shape", [(900, 700, 3), (40, 2_000, 3), (2_000, 5, 3), (30, 20, 3)])
def test_a_page_that_is_a_turned_view_is_shown_like_its_copy(shape):
    turned = np.rot90(noise(shape))
    assert np.array_equal(shown(turned), shown(np.ascontiguousarray(turned)))


@pytest.mark.parametrize("colours", [1, 3])
def test_a_large_page_is_never_copied(colours):
    planes = noise((3_000, 2_000, colours))
    page = np.broadcast_to(planes, (3_000, 2_000, 3))
    tracemalloc.start()
    try:
        shown(page)
        assert tracemalloc.get_traced_memory()[1] < planes.nbytes / 3
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("turns", [0, 1])
def test_a_line_one_pixel_wide_on_a_large_page_still_shows(turns):
    page = np.full((1_000, 1_000, 3), 255, np.uint8)
    page[500] = 0
    seen = shown(np.rot90(page, turns))[50:220, 20:200]
    assert (seen.min(axis=1 - turns) < 230).any()


@pytest.mark.parametrize("height", [192, 300, 60_000])
def test_the_mean_brightness_of_a_page_is_kept(height):
    page = noise((height, 10, 3))
    seen = shown(page)[41:231, 111]
    assert abs(seen.mean() - page.mean()) < 12


@pytest.mark.parametrize("shape", [(28, 28), (150, 180), (700, 900)])
@pytest.mark.parametrize("ink", [(0, 0, 0), (200, 30, 40), (120, 130, 125)])
def test_a_palette_shows_nearly_the_colours_of_the_page(shape, ink):
    page = np.full((*shape, 3), (250, 244, 220) if ink[0] else 255, np.uint8)
    page[shape[0] // 4 : shape[0] // 2, shape[1] // 3 : shape[1] // 2] = ink
    box = (shape[1] // 3, shape[0] // 4, shape[1] // 2, shape[0] // 2)
    marks = [mark(box, doubtful=True), mark((0, 0, 9, 9))]
    difference = np.abs(shown(page, marks, in_palette()) - shown(page, marks))
    assert difference.max() <= 24
    assert difference.mean() < 1


@pytest.mark.parametrize("step", [1.15, 1.4])
def test_a_tag_hides_no_other_digit(step):
    size, gap = 20, round(20 * step)
    page = np.full((12 * gap, 12 * gap, 3), 255, np.uint8)
    marks = []
    for y in range(gap, 11 * gap, gap):
        for x in range(gap, 11 * gap, gap):
            page[y : y + size, x : x + size * 2 // 3] = (255, 0, 0)
            marks.append(mark((x, y, x + size * 2 // 3, y + size)))
    canvas = Image.new("RGB", (800, 800), PAPER)
    red = shown(page, marks, canvas, (0, 0, 800, 800))[:, :, 0] == 255
    red &= np.asarray(canvas)[:, :, 1] == 0
    digits = sum(right - left for left, _, right, _ in (s.mark.box for s in marks)) * size
    assert red.sum() > 0.85 * digits * (800 / len(page)) ** 2


def test_the_lines_of_a_doubtful_box_are_broken():
    page = np.full((100, 100, 3), 255, np.uint8)
    counts = []
    for doubtful, status in ((False, OK), (True, REVIEW)):
        colour = [int(LOOKS[status].colour[i : i + 2], 16) for i in (1, 3, 5)]
        seen = shown(page, [mark((20, 20, 80, 80), doubtful=doubtful)])
        counts.append((seen == colour).all(axis=2).sum())
    assert 0.3 * counts[0] < counts[1] < 0.8 * counts[0]


@pytest.mark.parametrize("canvas", [in_colour, in_palette])
@pytest.mark.parametrize("size", [9, 13, 26])
@pytest.mark.parametrize("anchor", ["l", "m", "r"])
def test_words_look_as_the_font_draws_them(canvas, size, anchor):
    words = "Type 47 %, fly"
    written, drawn = canvas(), in_colour()
    PALETTE.write(written, (110, 100), words, Pen(size, TEXT, PAPER), anchor)
    left = 110 - {"l": 0, "m": length(words, size) // 2, "r": length(words, size)}[anchor]
    ImageDraw.Draw(drawn).text((left, 100), words, TEXT, font(size), anchor="ls")
    difference = np.asarray(written.convert("RGB")).astype(int) - np.asarray(drawn)
    assert np.abs(difference).max() <= 16


@pytest.mark.parametrize("canvas", [in_colour, in_palette])
def test_counts_beyond_the_darkest_and_the_lightest_are_shown_like_them(canvas):
    drawn = []
    for least, most in ((0.0, 16.0), (-3.0, 19.0)):
        picture = canvas()
        draw_grid(picture, ((least, most) * 4,) * 8, (10, 10), 16)
        drawn.append(np.asarray(picture.convert("RGB")))
    assert np.array_equal(drawn[0], drawn[1])
    assert [drawn[0][20, x, 0] for x in (20, 40)] == [255, 0]
