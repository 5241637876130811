"""Glyphs are found whole, in reading order, without what is no writing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from digitwatch.errors import UnreadableImageError
from digitwatch.reading import segment
from digitwatch.reading.ink import Ink
from digitwatch.reading.pieces import MOST_PIECES, Piece, View, look
from digitwatch.reading.segment import GLYPH_SIDE, Box, Glyph, find_glyphs

Stroke = list[tuple[float, float]]

SEVEN: list[Stroke] = [[(0, 0), (0.6, 0), (0.3, 0.5), (0.2, 1)]]
FIVE_WITH_A_LOOSE_BAR: list[Stroke] = [
    [(0.1, 0.1), (0.05, 0.45), (0.4, 0.4), (0.6, 0.7), (0.3, 1), (0, 0.9)],
    [(0.22, 0), (0.65, 0)],
]
ONE: list[Stroke] = [[(0, 0), (0, 1)]]


def canvas(width: int = 400, height: int = 400) -> Image.Image:
    return Image.new("RGB", (width, height), "white")


def draw(
    page: Image.Image,
    strokes: list[Stroke],
    at: tuple[float, float] = (120, 100),
    size: float = 180,
    pen: int = 12,
) -> Image.Image:
    for stroke in strokes:
        points = [(at[0] + size * x, at[1] + size * y) for x, y in stroke]
        ImageDraw.Draw(page).line(points, fill="black", width=pen, joint="curve")
    return page


def read(page: Image.Image, layout: str = "auto") -> list[Glyph]:
    return find_glyphs(np.asarray(page), layout)


def only(page: Image.Image, layout: str = "auto") -> Glyph:
    (glyph,) = read(page, layout)
    return glyph


def at_half_size(mask: NDArray[np.bool_], size: tuple[int, int] = (32, 64)) -> NDArray[np.float64]:
    return np.asarray(Image.fromarray(mask).convert("F").resize(size, Image.Resampling.BOX)) / 255


def likeness(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(np.corrcoef(at_half_size(one).ravel(), at_half_size(other).ravel())[0, 1])


REFERENCE = only(draw(canvas(), SEVEN))


def test_a_glyph_is_cropped_and_its_box_is_in_page_pixels() -> None:
    assert REFERENCE.line == 0
    assert REFERENCE.mask.any(axis=0).all()
    assert REFERENCE.mask.any(axis=1).all()
    box = REFERENCE.box
    assert abs(box.left - 120) < 8
    assert abs(box.top - 100) < 8
    assert abs(box.right - 228) < 8
    assert abs(box.bottom - 280) < 8


@settings(max_examples=25)
@given(st.integers(-110, 150), st.integers(-90, 110))
def test_moving_a_drawing_moves_its_box_alone(right: int, down: int) -> None:
    moved = only(draw(canvas(), SEVEN, at=(120 + right, 100 + down)))
    assert (moved.mask == REFERENCE.mask).all()
    assert moved.box == Box(
        REFERENCE.box.left + right,
        REFERENCE.box.top + down,
        REFERENCE.box.right + right,
        REFERENCE.box.bottom + down,
    )


@pytest.mark.parametrize("factor", [2, 3, 7])
def test_a_drawing_of_more_pixels_gives_the_same_glyph(factor: int) -> None:
    page = draw(canvas(), SEVEN)
    larger = page.resize((400 * factor, 400 * factor), Image.Resampling.NEAREST)
    assert likeness(only(larger).mask, REFERENCE.mask) > 0.98


@pytest.mark.parametrize("side", [28, 40, 80, 200])
def test_a_drawing_of_few_pixels_gives_the_same_glyph(side: int) -> None:
    page = draw(canvas(), SEVEN, pen=24)
    glyph = only(page.resize((side, side), Image.Resampling.BOX))
    assert max(glyph.mask.shape) >= GLYPH_SIDE - 10
    assert likeness(glyph.mask, only(page).mask) > 0.9


def test_inverting_a_drawing_changes_nothing() -> None:
    inverted = Image.fromarray(255 - np.asarray(draw(canvas(), SEVEN)))
    assert (only(inverted).mask == REFERENCE.mask).all()


def test_a_small_digit_on_a_large_photo_is_looked_at_closer() -> None:
    page = draw(canvas(3000, 2000), SEVEN, at=(2100, 1500), size=150, pen=10)
    light = np.linspace(1, 0.5, 3000)[np.newaxis, :, np.newaxis]
    grain = np.random.default_rng(0).normal(0, 4, (2000, 3000, 1))
    photo = (np.asarray(page) * 0.9 * light + grain).clip(0, 255).astype(np.uint8)
    (glyph,) = find_glyphs(photo, "auto")
    assert likeness(glyph.mask, REFERENCE.mask) > 0.95
    assert abs(glyph.box.left - 2100) < 10
    assert abs(glyph.box.bottom - 1650) < 10


def test_the_bar_of_a_five_that_floats_belongs_to_it() -> None:
    glyph = only(draw(canvas(), FIVE_WITH_A_LOOSE_BAR))
    assert glyph.box.right > 230
    assert glyph.box.bottom > 275


@pytest.mark.parametrize("gap", [4, 8, 16, 60])
def test_two_digits_side_by_side_are_two_however_close(gap: int) -> None:
    page = draw(canvas(700), SEVEN)
    box = REFERENCE.box
    seven = page.crop((box.left, box.top, box.right, box.bottom))
    page.paste(seven, (box.right + gap, box.top))
    assert [glyph.line for glyph in read(page)] == [0, 0]


@pytest.mark.parametrize(("left", "top"), [(242, 260), (80, 90), (250, 200)])
def test_a_full_stop_beside_a_digit_is_no_part_of_it(left: int, top: int) -> None:
    page = draw(canvas(), SEVEN)
    ImageDraw.Draw(page).ellipse((left, top, left + 24, top + 24), fill="black")
    assert only(page).box == REFERENCE.box


@given(st.floats(0.2, 0.9))
def test_a_stroke_that_the_pen_left_broken_is_one_digit(height: float) -> None:
    page = draw(canvas(), SEVEN)
    y = 100 + 180 * height
    ImageDraw.Draw(page).rectangle((100, y, 300, y + 6), fill="white")
    assert likeness(only(page).mask, REFERENCE.mask) > 0.9


@pytest.mark.parametrize("dots", [300, 1000, 3000])
def test_the_dots_of_a_spray_can_are_one_digit(dots: int) -> None:
    rng = np.random.default_rng(0)
    line = np.argwhere(np.asarray(draw(canvas(), SEVEN, pen=2))[:, :, 0] == 0)
    places = rng.choice(line, dots) + rng.normal(0, 4, (dots, 2)).round().astype(int)
    pixels = np.full((400, 400, 3), 255, np.uint8)
    pixels[places[:, 0], places[:, 1]] = 0
    (glyph,) = find_glyphs(pixels, "auto")
    assert likeness(glyph.mask, only(draw(canvas(), SEVEN, pen=20)).mask) > 0.85


@pytest.mark.parametrize("margin", [0, 2, 15])
@pytest.mark.parametrize("width", [1, 5])
def test_a_frame_is_no_digit(margin: int, width: int) -> None:
    page = draw(canvas(), SEVEN)
    edge = (margin, margin, 399 - margin, 399 - margin)
    ImageDraw.Draw(page).rectangle(edge, outline="navy", width=width)
    assert (only(page).mask == REFERENCE.mask).all()


@pytest.mark.parametrize("strip", [(0, 0, 400, 30), (370, 0, 400, 400), (0, 385, 400, 400)])
def test_a_bar_along_the_border_is_no_digit(strip: tuple[int, int, int, int]) -> None:
    page = draw(canvas(), SEVEN)
    page.paste((40, 40, 40), strip)
    assert likeness(only(page).mask, REFERENCE.mask) > 0.95


def test_a_desk_round_the_paper_is_no_digit() -> None:
    desk = Image.new("RGB", (500, 480), (70, 50, 40))
    turned = draw(canvas(), SEVEN).convert("RGBA").rotate(3, Image.Resampling.BICUBIC, expand=True)
    desk.paste(turned, (40, 30), turned)
    assert only(desk).box.right - only(desk).box.left < 140


def test_specks_are_no_digits() -> None:
    page = draw(canvas(), SEVEN)
    for x, y in ((20, 30), (350, 80), (300, 350), (60, 380)):
        page.paste("black", (x, y, x + 5, y + 5))
    assert (only(page).mask == REFERENCE.mask).all()


def test_a_stroke_that_runs_off_the_page_is_kept() -> None:
    glyph = only(draw(canvas(), SEVEN, at=(120, 260)))
    assert glyph.box.bottom == 400


def test_a_drawing_that_fills_its_page_is_kept() -> None:
    pixels = np.asarray(draw(canvas(), SEVEN, pen=30))
    box = only(draw(canvas(), SEVEN, pen=30)).box
    (glyph,) = find_glyphs(pixels[box.top : box.bottom, box.left : box.right], "auto")
    assert (glyph.box.right, glyph.box.bottom) == (box.right - box.left, box.bottom - box.top)


def test_an_upright_one_is_kept() -> None:
    assert only(draw(canvas(), ONE)).mask.shape[0] > 150


def test_two_digits_are_read_from_left_to_right() -> None:
    page = draw(draw(canvas(), SEVEN, at=(220, 100)), ONE, at=(100, 110))
    assert [glyph.box.left < 150 for glyph in read(page)] == [True, False]


def test_lines_are_read_from_top_to_bottom() -> None:
    page = canvas(600, 500)
    for line, top in enumerate((60, 280)):
        for column in range(3):
            at = (60 + 170 * column, top + 8 * column + 5 * line)
            draw(page, SEVEN, at=at, size=110, pen=8)
    glyphs = read(page)
    assert [glyph.line for glyph in glyphs] == [0, 0, 0, 1, 1, 1]
    assert [glyph.box.left // 170 for glyph in glyphs] == [0, 1, 2, 0, 1, 2]


def test_the_layout_single_gives_one_digit_of_many() -> None:
    page = draw(draw(canvas(), SEVEN, at=(220, 100)), ONE, at=(100, 110))
    assert len(read(page, "single")) == 1


@pytest.mark.parametrize("layout", ["auto", "single", "page"])
@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 2), (3, 3), (300, 400), (1, 5000), (5000, 1), (7, 2000)]
)
def test_an_empty_page_of_any_shape_has_no_glyphs(layout: str, shape: tuple[int, int]) -> None:
    for grey in (0, 128, 255):
        assert find_glyphs(np.full((*shape, 3), grey, np.uint8), layout) == []


@pytest.mark.parametrize("layout", ["auto", "single", "page"])
def test_noise_alone_has_no_glyphs(layout: str) -> None:
    rng = np.random.default_rng(0)
    for spread in (3, 10, 40):
        noise = rng.normal(180, spread, (300, 400, 3)).clip(0, 255).astype(np.uint8)
        assert find_glyphs(noise, layout) == []


@pytest.mark.parametrize("layout", ["auto", "single", "page"])
@pytest.mark.parametrize("blur", [0, 2, 20, 60])
def test_a_shadow_alone_has_no_glyphs(layout: str, blur: int) -> None:
    page = canvas()
    ImageDraw.Draw(page).polygon([(0, 250), (400, 180), (400, 400), (0, 400)], fill=(90, 90, 90))
    assert read(page.filter(ImageFilter.GaussianBlur(blur)), layout) == []


def strewn(side: int, step: int) -> NDArray[np.uint8]:
    """A page full of square marks, with as much paper between them."""
    is_ink = np.abs(np.arange(side) % step - step / 2) < step / 4
    grey = np.where(is_ink & is_ink[:, np.newaxis], 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)


def test_a_page_of_more_digits_than_anybody_writes_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(segment, "MOST_GLYPHS", 225)
    assert len(find_glyphs(strewn(300, 20), "page")) == 225
    with pytest.raises(UnreadableImageError, match="more than 225 marks"):
        find_glyphs(strewn(320, 20), "page")
    assert len(find_glyphs(strewn(320, 20), "single")) == 1


def test_the_largest_of_very_many_pieces_are_looked_at() -> None:
    page = strewn(1200, 14)
    page[600:800, 600:800] = 255
    page[650:750, 680:700] = 0
    pieces = look(page, 1600).pieces
    assert len(pieces) == MOST_PIECES
    assert max(piece.side for piece in pieces) == 100


@settings(max_examples=60)
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(0, 2**32 - 1),
    st.sampled_from(["auto", "single", "page"]),
)
def test_boxes_never_leave_the_page(height: int, width: int, seed: int, layout: str) -> None:
    rng = np.random.default_rng(seed)
    small = np.where(rng.random((height, width, 1)) < rng.random(), 0, 255)
    pixels = np.broadcast_to(small, (height, width, 3)).astype(np.uint8)
    pixels = pixels.repeat(13, axis=0).repeat(13, axis=1)[:-3, :-3]
    for glyph in find_glyphs(pixels, layout):
        assert glyph.mask.any()
        assert 0 <= glyph.box.left < glyph.box.right <= pixels.shape[1]
        assert 0 <= glyph.box.top < glyph.box.bottom <= pixels.shape[0]


def test_a_rule_too_pale_to_be_ink_is_in_no_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    contrast = np.zeros((60, 60), np.uint8)
    contrast[20:40, 20:23] = contrast[37:40, 20:40] = 200
    contrast[27:30, 23:60] = 99
    labels = (contrast > 100).astype(np.int32)
    piece = Piece((1,), int(labels.sum()), 20, 20, 40, 40)
    view = View(Ink(contrast, 100.0, 1, contrast.shape), labels, [piece])
    monkeypatch.setattr(segment, "look", lambda *_: view)
    mask = only(canvas(60, 60), "page").mask
    height, width = mask.shape
    assert mask[: height * 3 // 4, width // 20].all()
    assert not mask[: height * 3 // 4, width // 4 :].any()
