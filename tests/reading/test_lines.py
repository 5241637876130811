"""Pages of many digits: each is found once, on its line, in reading order."""

import numpy as np
import pytest
from numpy.typing import NDArray

from digitwatch.reading.segment import Glyph, find_glyphs
from tests.pages import PENCIL, Sheet, make, numbers

LINES = ["38250", "914", "6027431", "5"]


def counts(glyphs: list[Glyph]) -> list[int]:
    """How many digits each line has; fails where a line is not read from left to right."""
    lines = [[g.box for g in glyphs if g.line == n] for n in range(glyphs[-1].line + 1)]
    assert all(line == sorted(line, key=lambda box: box.left) for line in lines)
    assert [g.line for g in glyphs] == sorted(g.line for g in glyphs)
    return [len(line) for line in lines]


def found(lines: list[str], sheet: Sheet, seed: int = 0) -> list[int]:
    return counts(find_glyphs(make(lines, sheet, seed), "auto"))


@pytest.mark.parametrize("skew", [-4, -2, 0, 1, 3, 4])
@pytest.mark.parametrize("pitch", [1.4, 2.2])
def test_lines_that_rise_or_fall_are_told_apart(skew: float, pitch: float) -> None:
    assert found(LINES, Sheet(skew=skew, pitch=pitch)) == [5, 3, 7, 1]


def test_a_long_line_may_end_higher_than_the_line_above_begins() -> None:
    lines = numbers(np.random.default_rng(1), lines=3, digits=30)
    assert found(lines, Sheet(height=40, skew=4, pitch=1.6), 1) == [30, 30, 30]


@pytest.mark.parametrize("skew", [0, 2])
def test_what_stands_in_columns_is_read_row_by_row(skew: float) -> None:
    assert found(["12     34", "56     78", "90     12"], Sheet(skew=skew)) == [4, 4, 4]


@pytest.mark.parametrize("seed", range(4))
def test_digits_of_unequal_height_stay_on_their_line(seed: int) -> None:
    lines = numbers(np.random.default_rng(seed), lines=4, digits=7)
    assert found(lines, Sheet(uneven=0.13, gap=0.5), seed) == [7, 7, 7, 7]


@pytest.mark.parametrize("indent", [(0.0, 3.0), (4.0, 0.0, 2.0)])
def test_lines_need_not_begin_below_each_other(indent: tuple[float, ...]) -> None:
    assert found(LINES, Sheet(indent=indent)) == [5, 3, 7, 1]


@pytest.mark.parametrize(
    "sheet", [Sheet(commas=True), Sheet(specks=150), Sheet(holes=2, margin=2.5)]
)
def test_commas_specks_and_punched_holes_are_no_digits(sheet: Sheet) -> None:
    assert found(LINES, sheet) == [5, 3, 7, 1]


@pytest.mark.parametrize(
    "sheet",
    [
        Sheet(shadow=0.6, grain=4, jpeg=80, skew=2),
        Sheet(shadow=0.5, grain=4, jpeg=80, skew=3, desk=True),
        Sheet(colour=PENCIL, grain=8, jpeg=75),
    ],
    ids=["shadow", "on a desk", "pencil"],
)
def test_photos_and_pencil_are_found_like_clean_pages(sheet: Sheet) -> None:
    assert found(LINES, sheet) == [5, 3, 7, 1]


@pytest.mark.parametrize("enlarged", [0.5, 2, 4])
def test_the_resolution_of_the_scan_does_not_matter(enlarged: float) -> None:
    assert found(LINES, Sheet(enlarged=enlarged)) == [5, 3, 7, 1]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_page_on_its_side_is_still_one_of_many_digits(turns: int) -> None:
    page = make(LINES, Sheet())
    glyphs = find_glyphs(np.ascontiguousarray(np.rot90(page, turns)), "auto")
    assert len(glyphs) > 10


def test_another_digit_beside_a_small_one_is_no_part_of_its_mask() -> None:
    alone = masks(make(["7"], Sheet(height=30), 3), "single")
    pair = masks(make(["77"], Sheet(height=30, gap=0.05), 3), "page")
    assert pair[0].shape == pytest.approx(alone[0].shape, abs=4)


def masks(page: NDArray[np.uint8], layout: str) -> list[NDArray[np.bool_]]:
    return [glyph.mask for glyph in find_glyphs(page, layout)]
