"""What the normalisation is for: the same digit, written otherwise, looks the same."""

from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import distance_transform_edt

from digitwatch.learning.synthesis import parse
from digitwatch.learning.templates import DIGITS
from digitwatch.reading.grid import AT_ONCE, features, features_of, normalise, to_grid
from digitwatch.reading.strokes import distances

Mask = NDArray[np.bool_]
PLAIN = [next(iter(ways.values())) for ways in DIGITS.values()]


def drawn(text: str, height: int = 120, pen: int = 8, slant: float = 0.0) -> Mask:
    """A template's strokes, drawn with a pen."""
    image = Image.new("1", (height * 2, height + 40))
    draw = ImageDraw.Draw(image)
    for points in parse(text):
        path = [((x + slant * (0.5 - y) + 0.5) * height, y * height + 20) for x, y in points]
        draw.line(list(chain(*path)), fill=1, width=pen, joint="curve")
        for x, y in path:
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=1)
    return np.asarray(image)


def likeness(one: Mask, other: Mask) -> float:
    return float(np.corrcoef(to_grid(one).ravel(), to_grid(other).ravel())[0, 1])


@pytest.mark.parametrize("text", PLAIN, ids=range(10))
def test_a_larger_drawing_gives_the_same_grid(text: str) -> None:
    assert likeness(drawn(text), drawn(text, height=480, pen=32)) > 0.97


@pytest.mark.parametrize("text", PLAIN, ids=range(10))
def test_a_thicker_pen_gives_the_same_grid(text: str) -> None:
    assert likeness(drawn(text, pen=5), drawn(text, pen=13)) > 0.93


@pytest.mark.parametrize("text", PLAIN, ids=range(10))
@pytest.mark.parametrize(("height", "pen"), [(110, 1), (400, 1), (500, 3)])
def test_a_thin_pen_gives_the_same_grid_however_large_the_digit(
    text: str, height: int, pen: int
) -> None:
    assert likeness(drawn(text), drawn(text, height=height, pen=pen)) > 0.93


@pytest.mark.parametrize("text", PLAIN, ids=range(10))
def test_a_slanted_hand_gives_the_same_grid(text: str) -> None:
    assert likeness(drawn(text), drawn(text, slant=0.4)) > 0.93


def test_margins_do_not_matter() -> None:
    mask = drawn(PLAIN[5])
    assert np.array_equal(features(mask), features(np.pad(mask, ((3, 40), (17, 0)))))


def test_each_digit_touches_the_top_and_the_bottom_as_in_load_digits() -> None:
    for text in PLAIN:
        grid = to_grid(drawn(text))
        assert grid[0].max() > 4
        assert grid[-1].max() > 4


def test_a_bare_one_stays_a_bar() -> None:
    grid = to_grid(drawn(DIGITS[1]["bare"]))
    assert grid[:, 3:5].sum() > 0.6 * grid.sum()
    assert grid[:, [0, 1, 6, 7]].max() < 4


def test_a_filled_loop_is_not_thinned_away() -> None:
    six = drawn(DIGITS[6]["small bowl"])
    filled = six.copy()
    filled[80:140, 64:96] |= six[80:140, 64:96].any()
    assert to_grid(filled)[5:].sum() > 1.2 * to_grid(six)[:3].sum()


def test_what_is_enclosed_is_seen() -> None:
    holes = slice(320, 384)
    assert features(drawn(PLAIN[0]))[holes].sum() > 100
    assert features(drawn(PLAIN[7]))[holes].sum() == 0


def test_a_bay_is_seen_on_the_side_where_it_opens() -> None:
    left, right, up, down = (slice(start, start + 64) for start in range(384, 640, 64))
    three, six = features(drawn(PLAIN[3])), features(drawn(PLAIN[6]))
    assert three[left].sum() > 3 * three[right].sum()
    assert six[right].sum() > 3 * six[left].sum()
    assert features(drawn(DIGITS[4]["open"]))[up].sum() > 50
    assert features(drawn(PLAIN[7]))[down].sum() < features(drawn(PLAIN[7]))[left].sum()


@given(arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=40)).filter(np.any))
def test_any_ink_has_a_grid_in_range(mask: Mask) -> None:
    grid = to_grid(mask)
    assert grid.shape == (8, 8)
    assert grid.min() >= 0
    assert grid.max() <= 16


@given(st.integers(1, 3000), st.booleans())
def test_a_line_of_any_length_has_features(length: int, upright: bool) -> None:
    line = np.ones((length, 1) if upright else (1, length), dtype=np.bool_)
    row = features(line)
    assert row.shape == (898,)
    assert row.dtype == np.float32
    assert np.isfinite(row).all()


def test_many_glyphs_at_once_are_seen_as_each_alone() -> None:
    masks = [drawn(text, pen=pen) for text in PLAIN for pen in (1, 9)] + [np.ones((1, 1), bool)]
    assert len(masks) > 2 * AT_ONCE
    alone = np.stack([features(mask) for mask in masks])
    assert np.allclose(features_of(masks), alone, atol=1e-4)


def test_no_glyphs_have_no_features() -> None:
    assert features_of([]).shape == (0, 898)


@given(arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=40)).filter(np.any))
def test_the_distances_to_the_paper_are_those_of_scipy(mask: Mask) -> None:
    ink = np.pad(mask, 1)
    y, x = np.nonzero(ink)
    assert np.allclose(distances(ink, x, y), distance_transform_edt(ink)[y, x])


def test_the_grid_comes_first_among_the_features() -> None:
    mask = drawn(PLAIN[3])
    assert np.allclose(features(mask)[:64], to_grid(mask).ravel())


def test_the_picture_is_counted_in_cells_of_eight() -> None:
    mask = drawn(PLAIN[2])
    assert to_grid(mask)[2, 3] == pytest.approx(16 * normalise(mask)[16:24, 24:32].mean())


def test_a_glyph_without_ink_is_refused() -> None:
    with pytest.raises(ValueError, match="ink"):
        to_grid(np.zeros((5, 5), dtype=np.bool_))
