"""Digits that touch may be cut where little ink joins them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitwatch.learning.synthesis import CALM_BEND, draw_mask
from digitwatch.reading.segment import Box, Glyph
from digitwatch.reading.touching import between, find_cuts

TALL = 120


def two_bars(apart: int = 40, lean: int = 0) -> Glyph:
    """Two strokes from top to bottom, joined by a thin one."""
    mask = np.zeros((TALL, apart + lean + 30), np.bool_)
    for row in range(TALL):
        left = lean * row // TALL
        mask[row, left : left + 12] = True
        mask[row, left + apart : left + apart + 12] = True
    mask[58:62, lean // 2 : lean // 2 + apart] = True
    columns = np.flatnonzero(mask.any(axis=0))
    mask = mask[:, : columns[-1] + 1]
    return Glyph(mask, Box(10, 20, 10 + 2 * mask.shape[1], 20 + 2 * TALL), line=3)


@pytest.mark.parametrize("lean", [0, 20, 60])
def test_what_a_thin_stroke_joins_is_cut_through_it(lean: int) -> None:
    glyph = two_bars(lean=lean)
    cut = min(find_cuts(glyph.mask), key=lambda cut: abs(cut[60] - lean // 2 - 26))
    slope = lean * np.arange(TALL) // TALL
    assert (cut >= slope + 11).all()
    assert (cut <= slope + 41).all()


def test_each_part_has_a_box_of_its_own() -> None:
    glyph = two_bars(lean=0)
    first, last = np.zeros(TALL, np.intp), np.full(TALL, glyph.mask.shape[1])
    cut = np.full(TALL, 26)
    left, right = between(glyph, first, cut), between(glyph, cut, last)
    assert (left.box, left.line) == (Box(10, 20, 62, 260), 3)
    assert (right.box, right.line) == (Box(62, 20, 114, 260), 3)


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 99))
def test_cuts_go_from_left_to_right_and_lose_no_ink(one: int, other: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    masks = [draw_mask(digit, seed, rng, CALM_BEND) for digit in (one, other)]
    height = max(len(mask) for mask in masks)
    mask = np.concatenate(
        [np.pad(mask, ((0, height - len(mask)), (0, 0))) for mask in masks], axis=1
    )
    glyph = Glyph(mask, Box(0, 0, mask.shape[1], height), 0)
    cuts = find_cuts(mask)
    assert all((cut >= 0).all() and (cut <= mask.shape[1]).all() for cut in cuts)
    for cut in cuts:
        left = between(glyph, np.zeros(height, np.intp), cut)
        right = between(glyph, cut, np.full(height, mask.shape[1]))
        assert left.mask.sum() + right.mask.sum() == mask.sum()


def test_a_bare_stroke_has_no_cut() -> None:
    assert find_cuts(np.ones((100, 12), np.bool_)) == []
