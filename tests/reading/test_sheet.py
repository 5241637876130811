"""A sheet on a desk is found by its shape; a digit, however thick, is no sheet."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digitwatch.reading.segment import find_glyphs
from digitwatch.reading.sheet import find_sheet
from tests.pages import Sheet, make
from tests.reading.test_lines import LINES, counts


def on_desk(page: NDArray[np.uint8], desk: str, angle: float, share: float) -> NDArray[np.uint8]:
    """Lay a page on an even desk, of which it fills that share, turned by so many degrees."""
    paper = (
        Image.fromarray(page).convert("RGBA").rotate(angle, Image.Resampling.BICUBIC, expand=True)
    )
    side = round((page.shape[0] * page.shape[1] / share) ** 0.5)
    picture = Image.new("RGB", (max(side, paper.width + 20), max(side, paper.height + 20)), desk)
    picture.paste(paper, (10, 10), paper)
    return np.asarray(picture)


@pytest.mark.parametrize("desk", ["#4a3728", "black", "#8899aa"])
@pytest.mark.parametrize(("angle", "share"), [(0, 0.3), (3, 0.4), (-6, 0.2)])
@pytest.mark.parametrize("shadow", [0.0, 0.3])
def test_a_sheet_on_an_even_desk_is_read(
    desk: str, angle: float, share: float, shadow: float
) -> None:
    page = make(LINES, Sheet(shadow=shadow), 2)
    assert counts(find_glyphs(on_desk(page, desk, angle, share), "auto")) == [5, 3, 7, 1]


def thick(digit: str) -> NDArray[np.bool_]:
    picture = Image.new("L", (400, 400))
    draw = ImageDraw.Draw(picture)
    if digit == "1":
        draw.rectangle((120, 20, 280, 380), fill=255)
        return np.asarray(picture) > 127
    draw.rectangle((80, 60, 320, 340), fill=255)
    for top in (110, 220) if digit == "8" else (150,):
        draw.rectangle((150, top, 250, top + 50), fill=0)
    return np.asarray(picture) > 127


@pytest.mark.parametrize("digit", ["0", "1", "8"])
@pytest.mark.parametrize("grain", [0, 3, 6])
def test_a_thick_digit_is_no_sheet(digit: str, grain: int) -> None:
    noise = np.random.default_rng(0).normal(0, grain, (400, 400, 1)).round().astype(int)
    page = np.where(thick(digit), 40, 215)[:, :, np.newaxis] + noise
    (glyph,) = find_glyphs(np.repeat(page.clip(0, 255).astype(np.uint8), 3, axis=2), "auto")
    assert glyph.box.bottom - glyph.box.top > 250


def test_a_page_without_ink_has_no_sheet() -> None:
    assert find_sheet(np.zeros((30, 40), np.bool_)) is None


@pytest.mark.parametrize("shape", [(1, 40), (40, 1), (2, 40), (1, 1)])
@pytest.mark.parametrize("share", [0.3, 1.0])
def test_a_picture_of_one_row_or_column_is_looked_at_like_any_other(
    shape: tuple[int, int], share: float
) -> None:
    mask = np.arange(shape[0] * shape[1]).reshape(shape) < share * shape[0] * shape[1]
    sheet = find_sheet(mask)
    assert sheet is None or sheet.shape == shape
