"""What is printed on the paper is left out, and what was written over it stays whole."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digitwatch.reading.ink import find_ink
from digitwatch.reading.rules import without_rules
from digitwatch.reading.segment import Glyph, find_glyphs
from tests.pages import BLACK_RULE, BLUE_RULE, GREY_RULE, Colour, Sheet, make
from tests.reading.test_lines import LINES, counts


def found(sheet: Sheet, seed: int = 0) -> list[int]:
    return counts(find_glyphs(make(LINES, sheet, seed), "auto"))


@pytest.mark.parametrize("skew", [-3, 0, 1.5])
@pytest.mark.parametrize("rule", [GREY_RULE, BLUE_RULE, BLACK_RULE])
@pytest.mark.parametrize("rules", ["lines", "lines margin", "squares"])
def test_ruled_and_squared_paper_is_not_read(rules: str, rule: Colour, skew: float) -> None:
    assert found(Sheet(rules=rules, rule=rule, skew=skew), seed=6) == [5, 3, 7, 1]


@pytest.mark.parametrize("skew", [-2, 0, 1])
@pytest.mark.parametrize("rules", ["boxes", "combs", "frames"])
def test_boxes_of_forms_are_not_read(rules: str, skew: float) -> None:
    assert found(Sheet(rules=rules, rule=BLACK_RULE, gap=0.5, skew=skew)) == [5, 3, 7, 1]


@pytest.mark.parametrize("rule_width", [1, 2, 4])
def test_rules_may_be_of_any_usual_width(rule_width: int) -> None:
    sheet = Sheet(rules="lines", rule=BLACK_RULE, rule_width=rule_width)
    assert found(sheet) == [5, 3, 7, 1]


def test_rules_are_left_out_of_a_photo_with_a_shadow() -> None:
    sheet = Sheet(rules="lines margin", rule=BLUE_RULE, shadow=0.6, grain=4, jpeg=80, skew=2)
    assert found(sheet) == [5, 3, 7, 1]


def paper(width: int = 600, height: int = 400) -> Image.Image:
    return Image.new("RGB", (width, height), "white")


def rule(page: Image.Image, *levels: int) -> Image.Image:
    for level in levels:
        ImageDraw.Draw(page).line((0, level, page.width, level), "black", 2)
    return page


def eight(page: Image.Image) -> Image.Image:
    ImageDraw.Draw(page).ellipse((250, 80, 330, 180), outline="black", width=10)
    ImageDraw.Draw(page).ellipse((240, 170, 340, 300), outline="black", width=10)
    return page


def ink_of(page: Image.Image) -> NDArray[np.bool_]:
    return without_rules(find_ink(np.asarray(page), 1600)).ink.mask


def test_a_stroke_that_a_rule_crosses_stays_whole() -> None:
    plain, ruled = ink_of(eight(paper())), ink_of(eight(rule(paper(), 60, 140, 220, 330)))
    assert (plain & ~ruled).sum() == 0
    assert (ruled & ~plain).sum() < 0.03 * plain.sum()


def test_a_stroke_that_is_darker_than_the_rule_below_it_stays() -> None:
    page = paper()
    for level in (100, 200, 300):
        ImageDraw.Draw(page).line((0, level, 600, level), (150, 150, 150), 3)
    ImageDraw.Draw(page).line((200, 200, 280, 200), "black", 3)
    assert ink_of(page)[199:202, 205:275].all()


def test_ink_without_rules_is_returned_as_it_is() -> None:
    ink = find_ink(np.asarray(eight(paper())), 1600)
    assert without_rules(ink).ink is ink


SEVEN, FIVE, ONE, FOUR, SQUARE_NINE = (
    [[(0.1, 0), (0.7, 0), (0.3, 1)]],
    [[(0.7, 0), (0.1, 0), (0.1, 0.4), (0.6, 0.5), (0.6, 1), (0.1, 1)]],
    [[(0.3, 0), (0.3, 1)]],
    [[(0.1, 0), (0.1, 0.6), (0.8, 0.6)], [(0.6, 0), (0.6, 1)]],
    [[(0.6, 0.4), (0.1, 0.4), (0.1, 0), (0.6, 0), (0.6, 1)]],
)


@pytest.mark.parametrize("pen", [2, 3, 8])
@pytest.mark.parametrize("strokes", [SEVEN, FIVE, ONE, FOUR, SQUARE_NINE])
@pytest.mark.parametrize("size", [120, 300])
def test_a_thin_straight_stroke_of_a_digit_is_no_rule(
    strokes: list[list[tuple[float, float]]], pen: int, size: int
) -> None:
    page = paper(400, 400)
    for stroke in strokes:
        points = [(60 + size * x, 50 + size * y) for x, y in stroke]
        ImageDraw.Draw(page).line(points, "black", pen)
    glyph = only(find_glyphs(np.asarray(page), "auto"))
    assert glyph.box.bottom - glyph.box.top >= size


def only(glyphs: list[Glyph]) -> Glyph:
    (glyph,) = glyphs
    return glyph


def test_a_box_without_writing_goes_with_those_that_have_some() -> None:
    page = paper(800, 300)
    for left in range(60, 660, 120):
        ImageDraw.Draw(page).rectangle((left, 90, left + 90, 200), outline="black", width=2)
        if left != 300:
            ImageDraw.Draw(page).line((left + 50, 110, left + 40, 180), "black", 6)
    assert [glyph.box.left // 120 for glyph in find_glyphs(np.asarray(page), "page")] == [
        0,
        1,
        3,
        4,
    ]


def test_one_digit_on_ruled_paper_is_found_alone() -> None:
    page = eight(rule(paper(), 60, 140, 220, 320))
    box = only(find_glyphs(np.asarray(page), "auto")).box
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx((240, 80, 341, 301), abs=4)


@pytest.mark.parametrize("rule", [GREY_RULE, BLACK_RULE])
@pytest.mark.parametrize("height", [60, 180])
def test_one_digit_in_a_box_is_found_without_the_box(height: int, rule: Colour) -> None:
    sheet = Sheet(rules="boxes", rule=rule, height=height, gap=0.6, skew=1)
    box = only(find_glyphs(make(["5"], sheet, 2), "auto")).box
    assert box.bottom - box.top < 1.2 * height


@pytest.mark.parametrize("colour", [GREY_RULE, BLUE_RULE, BLACK_RULE])
@pytest.mark.parametrize("inset", [0, 40])
@pytest.mark.parametrize("is_squared", [False, True])
def test_paper_without_writing_is_blank(colour: Colour, inset: int, is_squared: bool) -> None:
    page = Image.new("RGB", (900, 1200), "white")
    draw = ImageDraw.Draw(page)
    for y in range(60, 1150, 60):
        draw.line((inset, y, 899 - inset, y), colour, 2)
    for x in range(60, 890, 60) if is_squared else ():
        draw.line((x, inset, x, 1199 - inset), colour, 2)
    assert find_glyphs(np.asarray(page), "auto") == []


def test_an_empty_form_is_blank() -> None:
    page = Image.new("RGB", (900, 600), "white")
    draw = ImageDraw.Draw(page)
    for top in range(80, 480, 110):
        for left in range(100, 640, 60):
            draw.rectangle((left, top, left + 60, top + 70), outline="black", width=2)
    assert find_glyphs(np.asarray(page), "auto") == []


@pytest.mark.parametrize("side", [200, 400, 800])
@pytest.mark.parametrize("pen", [2, 3])
def test_a_thin_digit_that_fills_its_canvas_keeps_its_bar(side: int, pen: int) -> None:
    page = Image.new("RGB", (side, side), "white")
    low, high = side // 20, side - side // 20
    seven = [(low, low), (high, low), (int(0.35 * side), high)]
    ImageDraw.Draw(page).line(seven, "black", pen, joint="curve")
    (glyph,) = find_glyphs(np.asarray(page), "auto")
    assert glyph.box.right - glyph.box.left > 0.8 * side
