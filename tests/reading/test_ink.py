"""Ink is what differs from the paper, whatever the colours and the light."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digitwatch.reading import ink, paper
from digitwatch.reading.ink import LEAST_SOUND_OUTLINE, find_ink, ink_threshold, outline_soundness

SIDE = 200
COLOUR = st.tuples(*[st.integers(0, 255)] * 3)


def seven(width: int = 12) -> NDArray[np.bool_]:
    picture = Image.new("1", (SIDE, SIDE))
    corners = [(60, 50), (140, 50), (100, 100), (85, 160)]
    ImageDraw.Draw(picture).line(corners, fill=1, width=width)
    return np.asarray(picture)


def painted(
    mask: NDArray[np.bool_], ink: tuple[int, ...] = (0, 0, 0), paper: tuple[int, ...] = (255,) * 3
) -> NDArray[np.uint8]:
    return np.where(mask[:, :, np.newaxis], ink, paper).astype(np.uint8)


def lit(
    pixels: NDArray[np.uint8], light: NDArray[np.float64], noise: float = 3
) -> NDArray[np.uint8]:
    grain = np.random.default_rng(0).normal(0, noise, pixels.shape)
    shone: NDArray[np.uint8] = (
        (pixels * light[..., np.newaxis] + grain).clip(0, 255).astype(np.uint8)
    )
    return shone


def agreement(found: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    return float((found & true).sum() / (found | true).sum())


ACROSS, DOWN = np.meshgrid(np.linspace(0, 1, SIDE), np.linspace(0, 1, SIDE))
LIGHTS = {
    "from the left": 1 - 0.6 * ACROSS,
    "from a corner": 0.3 + 0.35 * (ACROSS + DOWN),
    "a lamp": 1 - 0.6 * np.hypot(ACROSS - 0.3, DOWN - 0.4),
    "a soft shadow": 0.5 + 0.5 / (1 + np.exp((ACROSS - DOWN) * 30)),
    "a hard shadow": np.where(ACROSS + 0.4 * DOWN > 0.7, 0.5, 1.0),
}


@given(COLOUR, COLOUR)
def test_any_two_colours_apart_are_paper_and_ink(
    ink: tuple[int, int, int], paper: tuple[int, int, int]
) -> None:
    if np.abs(np.subtract(ink, paper)).max() > 30:
        assert (find_ink(painted(seven(), ink, paper), SIDE).mask == seven()).all()


def test_a_grey_page_that_shares_its_channels_gives_the_same_ink() -> None:
    pixels = painted(seven())
    shared = np.broadcast_to(pixels[:, :, :1], pixels.shape)
    assert (find_ink(shared, SIDE).mask == find_ink(pixels, SIDE).mask).all()


@pytest.mark.parametrize("light", LIGHTS.values(), ids=LIGHTS.keys())
@pytest.mark.parametrize(
    ("ink", "paper"), [((60, 60, 70), (240, 238, 230)), ((240,) * 3, (30,) * 3)]
)
def test_uneven_light_is_no_ink(
    light: NDArray[np.float64], ink: tuple[int, ...], paper: tuple[int, ...]
) -> None:
    page = lit(painted(seven(), ink, paper), light)
    assert agreement(find_ink(page, SIDE).mask, seven()) > 0.85


@pytest.mark.parametrize("light", ["from the left", "from a corner", "a lamp", "a soft shadow"])
def test_light_and_shade_alone_are_no_ink(light: str) -> None:
    page = lit(painted(np.zeros((SIDE, SIDE), bool), paper=(230, 230, 220)), LIGHTS[light])
    assert find_ink(page, SIDE).mask.mean() < 0.001


@pytest.mark.parametrize("grey", [0, 90, 255])
def test_an_even_page_has_no_ink(grey: int) -> None:
    assert not find_ink(np.full((50, 70, 3), grey, np.uint8), SIDE).mask.any()


def test_faint_pencil_is_ink_above_the_noise() -> None:
    page = lit(painted(seven(), (170, 170, 175), (205, 204, 198)), np.ones((SIDE, SIDE)), noise=3)
    assert agreement(find_ink(page, SIDE).mask, seven()) > 0.85


def test_a_line_of_one_pixel_stays_whole() -> None:
    assert (find_ink(painted(seven(1)), SIDE).mask == seven(1)).all()


def test_a_large_page_is_reduced_by_a_whole_number() -> None:
    large = painted(seven()).repeat(3, axis=0).repeat(3, axis=1)[:-1]
    ink = find_ink(large, SIDE)
    assert ink.scale == 3
    assert ink.size == large.shape[:2]
    assert agreement(ink.mask, seven()) > 0.95


@pytest.mark.parametrize("spotless", [500, 970])
def test_the_threshold_lies_between_paper_and_ink(spotless: int) -> None:
    counts = [spotless, 980 - spotless, 10, 10]
    contrast = np.repeat(np.array([0, 3, 120, 125], np.uint8), counts)
    assert ink_threshold(contrast, paper=0.5) == pytest.approx(61.25, abs=1.5)


def test_how_much_is_looked_at_in_one_go_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    page = lit(painted(seven()), LIGHTS["a hard shadow"])
    whole = find_ink(page, SIDE)
    monkeypatch.setattr(ink, "AT_ONCE", 7)
    monkeypatch.setattr(paper, "AT_ONCE", 7)
    parts = find_ink(page, SIDE)
    assert np.array_equal(parts.contrast, whole.contrast)
    assert outline_soundness(parts) == pytest.approx(outline_soundness(whole))


def test_noise_alone_is_below_the_threshold() -> None:
    noise = np.abs(np.random.default_rng(0).normal(0, 6, 100_000)).astype(np.uint8)
    assert ink_threshold(noise, paper=0.5) >= noise.max()


def test_an_outline_on_a_slope_is_not_sound() -> None:
    slope = np.broadcast_to(np.arange(SIDE, dtype=np.uint8)[:, np.newaxis], (SIDE, SIDE))
    drawn = find_ink(painted(seven()), SIDE)
    flat = type(drawn)(np.ascontiguousarray(slope), 100.0, 1, (SIDE, SIDE))
    assert outline_soundness(flat) < LEAST_SOUND_OUTLINE < outline_soundness(drawn)
