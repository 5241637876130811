"""From ink to glyphs, one per digit, in reading order."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitwatch.errors import UnreadableImageError
from digitwatch.reading.ink import Ink
from digitwatch.reading.lines import find_lines
from digitwatch.reading.pieces import Piece, View, look

FIRST_LOOK = 400
"""Longest side of the page, in pixels, when it is looked at as a whole."""
PAGE_LOOK = 2048
"""The same for a page of many digits."""
MOST_GLYPHS = 2_000
"""Of a page: 50 lines of 40 digits. Each takes more than a millisecond to read."""
CLOSER_SIDE = 40
"""Longest side, in pixels, below which a single digit is looked at closer. Up to 64, the size at
which its strokes are thinned, that reads no drawing better."""
GLYPH_SIDE = 96
"""Longest side, in pixels, that a glyph's mask has at least, unless the page is smaller still."""


@dataclass(frozen=True)
class Box:
    """A rectangle in page pixels, half-open."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Glyph:
    """The ink of one digit."""

    mask: NDArray[np.bool_]
    """(h, w), cropped to the ink; the page scaled alike in both directions."""
    box: Box
    line: int
    """0 for the first line."""


def find_glyphs(pixels: NDArray[np.uint8], layout: str) -> list[Glyph]:
    """Find the digits of a page of shape (height, width, 3), uint8 RGB, in reading order.

    `layout` is "single" (one digit at most), "page" (any number), or "auto" (decide). A page
    without ink gives an empty list. Raises UnreadableImageError where it has more digits than
    `MOST_GLYPHS`.
    """
    view = look(pixels, FIRST_LOOK)
    may_be_finer = view.ink.scale > 1
    if may_be_finer and (not view.pieces or (layout == "auto" and _may_be_ruled(view))):
        view = look(pixels, PAGE_LOOK)
        may_be_finer = False
    lines = find_lines(view.pieces)
    if layout == "page" or (layout == "auto" and _stand_apart(lines)):
        if may_be_finer:
            view = look(pixels, PAGE_LOOK)
            lines = find_lines(view.pieces)
        if sum(map(len, lines)) > MOST_GLYPHS:
            raise UnreadableImageError(f"there are more than {MOST_GLYPHS} marks on it")
        return [_glyph(view, digit, n) for n, line in enumerate(lines) for digit in line]
    if not view.pieces:
        return []
    digit = _main_digit(view.pieces)
    if view.ink.scale > 1 and digit.side < CLOSER_SIDE:
        return _look_closer(pixels, digit, view.ink.scale)
    return [_glyph(view, digit)]


def _may_be_ruled(view: View) -> bool:
    """Tell whether rules may join a page's digits, too faint to be told from so far away."""
    is_large = any(4 * piece.side >= max(view.ink.mask.shape) for piece in view.pieces)
    return is_large and view.ink.may_have_rules


def _look_closer(pixels: NDArray[np.uint8], digit: Piece, scale: int) -> list[Glyph]:
    """Find one small digit again in its surroundings, which need less reducing."""
    margin = digit.side // 2 + 4
    left, top = max(0, digit.left - margin) * scale, max(0, digit.top - margin) * scale
    right, bottom = (digit.right + margin) * scale, (digit.bottom + margin) * scale
    view = look(pixels[top:bottom, left:right], FIRST_LOOK)
    if not view.pieces:
        return []
    return [_glyph(view, _main_digit(view.pieces), origin=(left, top))]


def _main_digit(pieces: list[Piece]) -> Piece:
    """Take the largest piece, with the parts of it that a lifted pen left beside it.

    What is short and stands aside is a full stop or a stain; above, below and within, it may be
    the end of a broken stroke.
    """
    main, *others = sorted(pieces, key=lambda piece: piece.area, reverse=True)
    size, area = main.side, main.area
    for other in others:
        aside = main.gap_across(other) / size
        gap = max(aside, main.gap_down(other) / size)
        is_part = other.area >= 0.05 * area and other.side >= 0.25 * size and gap <= 0.25
        is_end = other.area >= 0.02 * area and gap <= 0.06 and aside <= 0
        if is_part or is_end:
            main |= other
    return main


def _stand_apart(lines: list[list[Piece]]) -> bool:
    """Tell several digits from the broken strokes of one, each of which lies near another.

    Two that are about as high, with free columns between them, are two digits however close.
    """
    digits = [digit for line in lines for digit in line]
    if len(digits) < 2:
        return False
    # Of many, some tall ones may be two that touch.
    size = sorted((digit.height for digit in digits), reverse=True)[len(digits) // 4]
    are_neighbours = any(
        one.gap_across(other) > 0 and min(one.height, other.height) >= 0.85 * size
        for line in lines
        for one, other in pairwise(line)
    )
    return are_neighbours or _has_recluse(digits, size)


def _has_recluse(digits: list[Piece], size: int) -> bool:
    """Tell whether one of them is near none of the others; there may be thousands."""
    edges = np.array([(one.left, one.top, one.right, one.bottom) for one in digits])
    left, top, right, bottom = edges.T
    for one in edges:
        across = np.maximum(left, one[0]) - np.minimum(right, one[2])
        down = np.maximum(top, one[1]) - np.minimum(bottom, one[3])
        is_near = (across <= 0.1 * size) & (down <= 0.25 * size)
        if is_near.sum() == 1:  # itself
            return True
    return False


def _glyph(view: View, piece: Piece, line: int = 0, origin: tuple[int, int] = (0, 0)) -> Glyph:
    """Cut the glyph out; one of few pixels is enlarged before its outline is drawn.

    `origin` is the page pixel, (left, top), at which the view begins.
    """
    rows = slice(max(0, piece.top - 2), piece.bottom + 2)
    columns = slice(max(0, piece.left - 2), piece.right + 2)
    around = view.labels[rows, columns]
    own = around == piece.labels[0]
    if len(piece.labels) > 1:
        own = np.isin(around, piece.labels)
    factor = -(-GLYPH_SIDE // piece.side)
    if factor > 1:
        # What is far from its ink is paper, and may be soiled: by a pale rule, or other digits.
        contrast = np.where(_grown(own), view.ink.contrast[rows, columns], 0)
        size = (own.shape[1] * factor, own.shape[0] * factor)
        enlarged = Image.fromarray(contrast).resize(size, Image.Resampling.BICUBIC)
        own = np.asarray(enlarged) > view.ink.threshold
    return Glyph(_cropped(own), _page_box(piece, view.ink, origin), line)


def _grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Add the eight neighbours of each pixel."""
    tall = mask.copy()
    tall[1:] |= mask[:-1]
    tall[:-1] |= mask[1:]
    grown = tall.copy()
    grown[:, 1:] |= tall[:, :-1]
    grown[:, :-1] |= tall[:, 1:]
    return grown


def _page_box(piece: Piece, ink: Ink, origin: tuple[int, int]) -> Box:
    """Give the piece's box in page pixels; the mask's last pixel may hold less than the others."""
    left, top = origin
    height, width = ink.size
    return Box(
        left + piece.left * ink.scale,
        top + piece.top * ink.scale,
        left + min(piece.right * ink.scale, width),
        top + min(piece.bottom * ink.scale, height),
    )


def _cropped(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
