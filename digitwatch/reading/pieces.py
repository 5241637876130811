"""From ink to pieces: what is connected and may be writing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from digitwatch.reading.ink import Ink, find_ink, without_dust

MANY_PIECES = 30
"""From so many pieces of ink on, most of them specks, they may be the dots of a spray can."""
SMALLEST_SIDE = 6
"""Longest side, in pixels of the mask, below which a piece of ink is a speck."""


@dataclass(frozen=True)
class Piece:
    """Connected ink, or several such that make one digit, in pixels of the mask."""

    labels: tuple[int, ...]
    area: int
    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Columns from the first to the last, both counted."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows from the first to the last, both counted."""
        return self.bottom - self.top

    @property
    def side(self) -> int:
        """The longer of the two."""
        return max(self.width, self.height)

    def __or__(self, other: "Piece") -> "Piece":
        return Piece(
            self.labels + other.labels,
            self.area + other.area,
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def gap_across(self, other: "Piece") -> int:
        """Free columns between the two; negative where they overlap."""
        return max(self.left, other.left) - min(self.right, other.right)

    def gap_down(self, other: "Piece") -> int:
        """Free rows between the two; negative where they overlap."""
        return max(self.top, other.top) - min(self.bottom, other.bottom)


@dataclass(frozen=True)
class View:
    """What was seen in one look at a page or a part of it."""

    ink: Ink
    labels: NDArray[np.int32]
    pieces: list[Piece]


def look(pixels: NDArray[np.uint8], longest: int) -> View:
    """Find the pieces of a page, (height, width, 3) uint8 RGB, at most `longest` pixels a side."""
    ink = find_ink(pixels, longest)
    labels, count = ndimage.label(ink.mask, np.ones((3, 3)))
    areas = np.bincount(labels.ravel())[1:]
    if count > MANY_PIECES and np.median(areas) < SMALLEST_SIDE:
        blurred = without_dust(ink)
        merged, fewer = ndimage.label(blurred.mask, np.ones((3, 3)))
        if 0 < 4 * fewer < count and areas.max() < 0.9 * areas.sum():
            ink, labels = blurred, merged
    return View(ink, labels, _pieces(labels))


def _pieces(labels: NDArray[np.int32]) -> list[Piece]:
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
        piece = Piece((int(label),), int(areas[label]), xs.start, ys.start, xs.stop, ys.stop)
        if piece.side >= SMALLEST_SIDE and contact[label] <= 1.5 * piece.side:
            pieces.append(piece)
    writing = [
        piece
        for piece in pieces
        if contact[piece.labels[0]] <= 0.5 * piece.side and not _is_frame(piece, labels)
    ]
    is_seen = any(piece.side >= 0.05 * max(labels.shape) for piece in writing)
    return writing if is_seen else pieces


def _is_frame(piece: Piece, labels: NDArray[np.int32]) -> bool:
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
