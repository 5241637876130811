"""The thumbnail says what was read to whoever looks at it, whatever the page is like."""

import io
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from digitwatch.recording.annotation import LOOKS
from digitwatch.recording.lettering import fit, font, plain, wrap
from digitwatch.recording.record import BLANK, ERROR, OK, REVIEW, Mark, digits_text
from digitwatch.recording.thumbnail import render

GRID = tuple(tuple(float(2 * column) for column in range(8)) for _ in range(8))


def page(height: int, width: int) -> NDArray[np.uint8]:
    return np.full((height, width, 3), 255, dtype=np.uint8)


def mark(box: tuple[int, int, int, int], confidence: float = 0.99, digit: int | None = 7) -> Mark:
    return Mark(box, 0, digit, confidence, 1, 1 - confidence, GRID)


def opened(png: bytes) -> Image.Image:
    with Image.open(io.BytesIO(png)) as picture:
        return picture.convert("RGB")


def thumbnail(
    pixels: NDArray[np.uint8] | None, marks: Sequence[Mark], status: str = OK, note: str = ""
) -> Image.Image:
    digits = digits_text(marks)
    return opened(render(pixels, marks, status, digits, note, "a.png", review_below=90))


def pixels_near(picture: Image.Image, colour: str, within: int = 24) -> int:
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return int((np.abs(np.asarray(picture).astype(int) - rgb).max(axis=2) <= within).sum())


@pytest.mark.parametrize(
    ("height", "width", "box"),
    [
        (28, 28, (4, 4, 24, 24)),
        (400, 400, (100, 50, 300, 350)),
        (2000, 3000, (1500, 1000, 1520, 1040)),
        (5000, 1, (0, 10, 1, 60)),
        (1, 5000, (10, 0, 60, 1)),
        (1, 1, (0, 0, 1, 1)),
    ],
)
def test_one_mark_makes_a_picture_of_one_size(
    height: int, width: int, box: tuple[int, int, int, int]
) -> None:
    assert thumbnail(page(height, width), [mark(box)]).size == (480, 240)


@pytest.mark.parametrize("status", [OK, REVIEW, BLANK, ERROR])
def test_each_status_has_its_own_colour_on_top(status: str) -> None:
    marks = [mark((4, 4, 24, 24))] if status in {OK, REVIEW} else []
    picture = thumbnail(page(28, 28), marks, status)
    strip = picture.crop((0, 0, 480, 32))
    for other, look in LOOKS.items():
        assert (pixels_near(strip, look.colour) > 5000) == (other == status)


def test_each_status_has_its_own_sign() -> None:
    tops = [np.asarray(thumbnail(None, [], status))[:32, :34] for status in LOOKS]
    shapes = {(top.min(axis=2) > 200).tobytes() for top in tops}
    assert len(shapes) == len(LOOKS)


def test_a_box_stands_round_what_was_read() -> None:
    picture = thumbnail(page(400, 400), [mark((100, 50, 300, 350))])
    drawing = picture.crop((8, 40, 216, 232))
    rows, columns = np.nonzero(np.asarray(drawing)[:, :, 0] < 90)
    # The page is shown at 192/400 of its size in the middle of 208 x 192, the box 3 pixels wider.
    assert abs(columns.min() - (8 + 100 * 0.48 - 3)) <= 2
    assert abs(columns.max() - (8 + 300 * 0.48 + 2)) <= 2
    assert abs(rows.min() - (50 * 0.48 - 3)) <= 2
    assert abs(rows.max() - (350 * 0.48 + 2)) <= 2


def test_a_tiny_digit_on_a_large_page_is_enlarged() -> None:
    pixels = page(2000, 3000)
    pixels[1000:1040, 1500:1520] = (255, 0, 0)
    picture = thumbnail(pixels, [mark((1500, 1000, 1520, 1040))])
    assert pixels_near(picture, "#ff0000") > 30 * 50


def test_only_doubtful_marks_are_shown_as_doubtful() -> None:
    boxes = [(10, 10, 50, 90), (110, 10, 150, 90), (210, 10, 250, 90)]
    orange = [
        pixels_near(
            thumbnail(
                page(100, 260),
                [mark(box, confidence) for box, confidence in zip(boxes, sure, strict=True)],
            ),
            LOOKS[REVIEW].colour,
        )
        for sure in ([0.99, 0.99, 0.99], [0.99, 0.6, 0.99], [0.5, 0.6, 0.7])
    ]
    assert orange[0] == 0
    assert 0 < orange[1] < orange[2]


def test_what_is_no_digit_is_doubtful_however_sure_it_is() -> None:
    picture = thumbnail(page(28, 28), [mark((4, 4, 24, 24), 0.99, digit=None)])
    assert pixels_near(picture, LOOKS[REVIEW].colour) > 0


def test_the_grid_shows_what_the_model_saw() -> None:
    picture = thumbnail(page(28, 28), [mark((4, 4, 24, 24))]).convert("L")
    row = [picture.getpixel((344 + 16 * column + 8, 100)) for column in range(8)]
    expected = [255 * (1 - 2 * column / 16) for column in range(8)]
    assert np.allclose(np.array(row, dtype=float), expected, atol=20)


def sheet(lines: int, columns: int, size: int, step: int) -> list[Mark]:
    """Marks in lines, `size` pixels high, a `step` from each other."""
    return [
        Mark((x + 2, y + 2, x + 2 + size * 3 // 4, y + 2 + size), line, 3, 0.97, 8, 0.03, GRID)
        for line, y in enumerate(range(0, lines * step, step))
        for x in range(0, columns * step, step)
    ]


@pytest.mark.parametrize(
    ("size", "step", "least", "most"),
    [(60, 80, 480, 480), (40, 80, 480, 700), (20, 80, 800, 960), (4, 80, 960, 960)],
)
def test_a_page_is_shown_wider_the_smaller_its_digits_are(
    size: int, step: int, least: int, most: int
) -> None:
    width, height = thumbnail(page(12 * step, 9 * step), sheet(12, 9, size, step)).size
    assert least <= width <= most
    assert width < height < 2 * width


def test_the_digits_of_a_full_page_are_all_written_below_it() -> None:
    marks = sheet(8, 8, 60, 80)
    dark = []
    for count in (50, 100, 150):
        picture = opened(render(page(660, 660), marks, OK, "3 " * count, "", "a.png"))
        dark.append(int((np.asarray(picture.convert("L")) < 70).sum()))
    assert dark[2] - dark[1] == pytest.approx(dark[1] - dark[0], rel=0.1)
    assert dark[1] - dark[0] > 300


def test_the_middle_of_what_is_too_long_is_left_out() -> None:
    text = "1 " * 5_000 + "2"
    assert plain(text).startswith("1 1 ")
    assert plain(text).endswith(" 1 2")
    assert len(plain(text)) < 2_000


def test_a_page_that_could_not_be_decoded_has_a_picture_that_says_so() -> None:
    silent = thumbnail(None, [], ERROR, "")
    spoken = thumbnail(None, [], ERROR, "the picture is cut off")
    assert silent.size == spoken.size == (480, 240)
    assert silent.tobytes() != spoken.tobytes()


def test_a_grey_page_looks_the_same_with_one_plane_or_three() -> None:
    grey = np.random.default_rng(0).integers(0, 255, (50, 40), dtype=np.uint8)
    one_plane = np.broadcast_to(grey[:, :, np.newaxis], (50, 40, 3))
    marks = [mark((10, 10, 30, 40))]
    assert (
        thumbnail(one_plane, marks).tobytes()
        == thumbnail(np.ascontiguousarray(one_plane), marks).tobytes()
    )


def test_the_same_page_makes_the_same_bytes_whatever_is_drawn_between() -> None:
    colours = np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8)
    pages = [(page(28, 28), [mark((4, 4, 24, 24))]), (colours, sheet(2, 2, 30, 40))]
    first, second = (
        [render(pixels, marks, OK, "7", "", "a.png") for pixels, marks in pages] for _ in range(2)
    )
    assert first == second


@settings(max_examples=25, deadline=None)
@given(name=st.text(max_size=600), note=st.text(max_size=600), status=st.sampled_from(list(LOOKS)))
def test_any_name_and_any_note_can_be_shown(name: str, note: str, status: str) -> None:
    assert opened(render(None, [], status, "", note, name)).size == (480, 240)


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=200), width=st.integers(20, 400))
def test_a_line_never_leaves_its_room(text: str, width: int) -> None:
    assert font(13).getlength(fit(text, 13, width)) <= width
    lines = wrap(text, 13, width, 2)
    assert len(lines) <= 2
    assert all(font(13).getlength(line) <= width for line in lines)


def test_letters_that_the_font_lacks_are_replaced() -> None:
    assert plain("café 数字😀\n.png") == "cafe ····.png"
    assert plain("\udcff") == "·"


def test_a_long_name_keeps_its_beginning_and_its_end() -> None:
    short = fit("a very long name of a drawing number 12.png", 13, 120)
    assert short.startswith("a v")
    assert short.endswith(".png")
    assert "…" in short


def test_a_long_note_is_broken_between_words() -> None:
    lines = wrap("the picture is cut off: save it again", 14, 120, 3)
    assert len(lines) == 2
    assert " ".join(lines) == "the picture is cut off: save it again"
