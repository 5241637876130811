"""From ink to glyphs, one per digit, in reading order."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitwatch.reading.ink import Ink
from digitwatch.reading.pieces import Piece, View, look

FIRST_LOOK = 400
"""Longest side of the page, in pixels, when it is looked at as a whole."""
PAGE_LOOK = 1600
"""The same for a page of many digits."""
GLYPH_SIDE = 128
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
    without ink gives an empty list.
    """
    view = look(pixels, FIRST_LOOK)
    if not view.pieces and view.ink.scale > 1:
        view = look(pixels, PAGE_LOOK)
    lines = _lines(view.pieces)
    if layout == "page" or (layout == "auto" and _stand_apart(lines)):
        if view.pieces and view.ink.scale > 1:
            view = look(pixels, PAGE_LOOK)
            lines = _lines(view.pieces)
        return [_glyph(view, digit, n) for n, line in enumerate(lines) for digit in line]
    if not view.pieces:
        return []
    digit = _main_digit(view.pieces)
    if view.ink.scale > 1 and digit.side < GLYPH_SIDE:
        return _look_closer(pixels, digit, view.ink.scale)
    return [_glyph(view, digit)]


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


def _lines(pieces: list[Piece]) -> list[list[Piece]]:
    if not pieces:
        return []
    tallest = max(piece.height for piece in pieces)
    size = float(np.median([p.height for p in pieces if p.height >= 0.4 * tallest]))
    digits = _merged(pieces, size)
    digits = [digit for digit in digits if digit.height >= 0.6 * size]
    lines: list[list[Piece]] = []
    for digit in sorted(digits, key=lambda piece: piece.top + piece.bottom):
        if lines and lines[-1][-1].gap_down(digit) < -0.4 * min(lines[-1][-1].height, digit.height):
            lines[-1].append(digit)
        else:
            lines.append([digit])
    return [sorted(line, key=lambda piece: piece.left) for line in lines]


def _merged(pieces: list[Piece], size: float) -> list[Piece]:
    """Join pieces that lie over each other with little between: the parts of one digit."""
    digits: list[Piece] = []
    edges = np.zeros((len(pieces), 4), np.intp)
    for piece in sorted(pieces, key=lambda piece: piece.area, reverse=True):
        left, top, right, bottom = edges[: len(digits)].T
        shared = np.minimum(right, piece.right) - np.maximum(left, piece.left)
        gap = np.maximum(top, piece.top) - np.minimum(bottom, piece.bottom)
        fits = (2 * shared >= np.minimum(right - left, piece.width)) & (4 * gap < size)
        index = int(fits.argmax()) if fits.any() else len(digits)
        whole = piece if index == len(digits) else digits[index] | piece
        digits[index : index + 1] = [whole]
        edges[index] = whole.left, whole.top, whole.right, whole.bottom
    return digits


def _stand_apart(lines: list[list[Piece]]) -> bool:
    """Tell several digits from the broken strokes of one, each of which lies near another.

    Two that are about as high, with free columns between them, are two digits however close.
    """
    digits = [digit for line in lines for digit in line]
    size = max((digit.height for digit in digits), default=0)
    are_neighbours = any(
        one.gap_across(other) > 0 and min(one.height, other.height) >= 0.85 * size
        for line in lines
        for one, other in pairwise(line)
    )
    return are_neighbours or any(
        all(
            one.gap_across(other) > 0.1 * size or one.gap_down(other) > 0.25 * size
            for other in digits
            if other is not one
        )
        for one in digits
        if len(digits) > 1
    )


def _glyph(view: View, piece: Piece, line: int = 0, origin: tuple[int, int] = (0, 0)) -> Glyph:
    """Cut the glyph out; one of few pixels is enlarged before its outline is drawn.

    `origin` is the page pixel, (left, top), at which the view begins.
    """
    rows = slice(max(0, piece.top - 2), piece.bottom + 2)
    columns = slice(max(0, piece.left - 2), piece.right + 2)
    around = view.labels[rows, columns]
    own = np.isin(around, piece.labels)
    factor = -(-GLYPH_SIDE // piece.side)
    if factor > 1:
        contrast = np.where(own | (around == 0), view.ink.contrast[rows, columns], 0)
        size = (own.shape[1] * factor, own.shape[0] * factor)
        enlarged = Image.fromarray(contrast).resize(size, Image.Resampling.BICUBIC)
        own = np.asarray(enlarged) > view.ink.threshold
    return Glyph(_cropped(own), _page_box(piece, view.ink, origin), line)


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
