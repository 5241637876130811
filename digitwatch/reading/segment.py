"""From ink to glyphs, one per digit, in reading order."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from digitwatch.reading.ink import Ink, find_ink, without_dust

FIRST_LOOK = 400
"""Longest side of the page, in pixels, when it is looked at as a whole."""
PAGE_LOOK = 1600
"""The same for a page of many digits."""
MANY_PIECES = 30
"""From so many pieces of ink on, most of them specks, they may be the dots of a spray can."""
SMALLEST_SIDE = 6
"""Longest side, in pixels of the mask, below which a piece of ink is a speck."""
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


@dataclass(frozen=True)
class _Piece:
    """Connected ink, or several such that make one digit, in pixels of the mask."""

    labels: tuple[int, ...]
    area: int
    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def side(self) -> int:
        return max(self.width, self.height)

    def __or__(self, other: "_Piece") -> "_Piece":
        return _Piece(
            self.labels + other.labels,
            self.area + other.area,
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def gap_across(self, other: "_Piece") -> int:
        """Free columns between the two; negative where they overlap."""
        return max(self.left, other.left) - min(self.right, other.right)

    def gap_down(self, other: "_Piece") -> int:
        """Free rows between the two; negative where they overlap."""
        return max(self.top, other.top) - min(self.bottom, other.bottom)


@dataclass(frozen=True)
class _View:
    """What was seen in one look at a page or a part of it."""

    ink: Ink
    labels: NDArray[np.int32]
    pieces: list[_Piece]


def find_glyphs(pixels: NDArray[np.uint8], layout: str) -> list[Glyph]:
    """Find the digits of a page of shape (height, width, 3), uint8 RGB, in reading order.

    `layout` is "single" (one digit at most), "page" (any number), or "auto" (decide). A page
    without ink gives an empty list.
    """
    view = _look(pixels, FIRST_LOOK)
    if not view.pieces and view.ink.scale > 1:
        view = _look(pixels, PAGE_LOOK)
    lines = _lines(view.pieces)
    if layout == "page" or (layout == "auto" and _stand_apart(lines)):
        if view.pieces and view.ink.scale > 1:
            view = _look(pixels, PAGE_LOOK)
            lines = _lines(view.pieces)
        return [_glyph(view, digit, n) for n, line in enumerate(lines) for digit in line]
    if not view.pieces:
        return []
    digit = _main_digit(view.pieces)
    if view.ink.scale > 1 and digit.side < GLYPH_SIDE:
        return _look_closer(pixels, digit, view.ink.scale)
    return [_glyph(view, digit)]


def _look_closer(pixels: NDArray[np.uint8], digit: _Piece, scale: int) -> list[Glyph]:
    """Find one small digit again in its surroundings, which need less reducing."""
    margin = digit.side // 2 + 4
    left, top = max(0, digit.left - margin) * scale, max(0, digit.top - margin) * scale
    right, bottom = (digit.right + margin) * scale, (digit.bottom + margin) * scale
    view = _look(pixels[top:bottom, left:right], FIRST_LOOK)
    if not view.pieces:
        return []
    return [_glyph(view, _main_digit(view.pieces), origin=(left, top))]


def _look(pixels: NDArray[np.uint8], longest: int) -> _View:
    ink = find_ink(pixels, longest)
    labels, count = ndimage.label(ink.mask, np.ones((3, 3)))
    areas = np.bincount(labels.ravel())[1:]
    if count > MANY_PIECES and np.median(areas) < SMALLEST_SIDE:
        blurred = without_dust(ink)
        merged, fewer = ndimage.label(blurred.mask, np.ones((3, 3)))
        if 0 < 4 * fewer < count and areas.max() < 0.9 * areas.sum():
            ink, labels = blurred, merged
    return _View(ink, labels, _pieces(labels))


def _pieces(labels: NDArray[np.int32]) -> list[_Piece]:
    """Give of the connected ink what may be writing: no specks, frames or borders.

    A stroke that runs off the page crosses its border: what lies along it for half its length
    is a desk or a shadow, unless there is nothing else; along more than one side, surely.
    """
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    least = max(SMALLEST_SIDE, areas.max() // 500)
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    contact = np.bincount(border, minlength=len(areas))
    places = ndimage.find_objects(labels)
    pieces = []
    for label in np.flatnonzero(areas >= least):
        ys, xs = places[label - 1]
        piece = _Piece((int(label),), int(areas[label]), xs.start, ys.start, xs.stop, ys.stop)
        if piece.side >= SMALLEST_SIDE and contact[label] <= 1.5 * piece.side:
            pieces.append(piece)
    writing = [
        piece
        for piece in pieces
        if contact[piece.labels[0]] <= 0.5 * piece.side and not _is_frame(piece, labels)
    ]
    is_seen = any(piece.side >= 0.05 * max(labels.shape) for piece in writing)
    return writing if is_seen else pieces


def _is_frame(piece: _Piece, labels: NDArray[np.int32]) -> bool:
    """Tell what spans the page, as a ruled line or close along its border, from writing."""
    height, width = labels.shape
    if piece.width < 0.8 * width and piece.height < 0.8 * height:
        return False
    if min(piece.width / width, piece.height / height) < 0.05:
        return True
    rows, columns = np.nonzero(labels == piece.labels[0])
    to_border = np.minimum(
        np.minimum(rows, height - 1 - rows) / height,
        np.minimum(columns, width - 1 - columns) / width,
    )
    return bool((to_border < 0.1).mean() > 0.9)


def _main_digit(pieces: list[_Piece]) -> _Piece:
    """Take the largest piece, with the parts of it that a lifted pen left beside it."""
    main, *others = sorted(pieces, key=lambda piece: piece.area, reverse=True)
    size, area = main.side, main.area
    for other in others:
        gap = max(main.gap_across(other), main.gap_down(other)) / size
        is_part = other.area >= 0.05 * area and other.side >= 0.2 * size and gap <= 0.25
        is_end = other.area >= 0.02 * area and gap <= 0.06
        if is_part or is_end:
            main |= other
    return main


def _lines(pieces: list[_Piece]) -> list[list[_Piece]]:
    if not pieces:
        return []
    tallest = max(piece.height for piece in pieces)
    size = float(np.median([p.height for p in pieces if p.height >= 0.4 * tallest]))
    digits = _merged(pieces, size)
    digits = [digit for digit in digits if digit.height >= 0.6 * size]
    lines: list[list[_Piece]] = []
    for digit in sorted(digits, key=lambda piece: piece.top + piece.bottom):
        if lines and lines[-1][-1].gap_down(digit) < -0.4 * min(lines[-1][-1].height, digit.height):
            lines[-1].append(digit)
        else:
            lines.append([digit])
    return [sorted(line, key=lambda piece: piece.left) for line in lines]


def _merged(pieces: list[_Piece], size: float) -> list[_Piece]:
    """Join pieces that lie over each other with little between: the parts of one digit."""
    digits: list[_Piece] = []
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


def _stand_apart(lines: list[list[_Piece]]) -> bool:
    """Tell several digits from the broken strokes of one, each of which lies near another."""
    digits = [digit for line in lines for digit in line]
    size = max((digit.height for digit in digits), default=0)
    return len(digits) > 1 and any(
        all(
            one.gap_across(other) > 0.1 * size or one.gap_down(other) > 0.25 * size
            for other in digits
            if other is not one
        )
        for one in digits
    )


def _glyph(view: _View, piece: _Piece, line: int = 0, origin: tuple[int, int] = (0, 0)) -> Glyph:
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


def _page_box(piece: _Piece, ink: Ink, origin: tuple[int, int]) -> Box:
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
