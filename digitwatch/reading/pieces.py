"""From ink to pieces: what is connected and may be writing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from digitwatch.reading.ink import Ink, find_ink, without_dust
from digitwatch.reading.rules import without_rules

MANY_PIECES = 30
"""From so many pieces of ink on, most of them specks, they may be the dots of a spray can."""
MOST_PIECES = 5_000
"""Of more pieces than that only the largest are looked at: the rest is a texture."""
DUST = 0.1
"""Share of the ink that is in specks, where they are more than noise or the edge of the paper."""
SMALLEST_SIDE = 6
"""Longest side, in pixels of the mask, below which a piece of ink is a speck."""
EIGHT_NEIGHBOURS = np.ones((3, 3))


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
    unruled = without_rules(ink)
    view = _view(unruled.ink)
    # What is left when the rules are gone is writing; where nothing is, they may be the writing.
    return _view(ink) if unruled.may_be_writing and not view.pieces else view


def _view(ink: Ink) -> View:
    labels, areas = _label(ink.mask)
    count = len(areas) - 1
    if not count:
        return View(ink, labels, [])
    if count > MANY_PIECES and np.median(areas[1:]) < SMALLEST_SIDE and _is_dust(areas):
        blurred = without_dust(ink)
        merged, fewer = _label(blurred.mask)
        if 0 < 4 * (len(fewer) - 1) < count and areas.max() < 0.9 * areas.sum():
            ink, labels, areas = blurred, merged, fewer
    return View(ink, labels, _pieces(labels, areas, _written(ink.mask)))


def _label(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Number what is connected from 1, and give the area of each; that of 0, the paper, is 0."""
    labels = np.zeros(mask.shape, np.int32)
    if not mask.any():
        return labels, np.zeros(1, np.int64)
    box = _written(mask)
    ndimage.label(mask[box], EIGHT_NEIGHBOURS, output=labels[box])
    return labels, np.bincount(labels[mask])


def _written(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Give the rows and columns with ink: the paper around it is most of a drawing."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return np.s_[int(rows[0]) : int(rows[-1]) + 1, int(columns[0]) : int(columns[-1]) + 1]


def _is_dust(areas: NDArray[np.int64]) -> bool:
    """Tell dots that are the writing from specks beside it, which have next to no ink."""
    return bool(areas[areas < SMALLEST_SIDE].sum() >= DUST * areas.sum())


def _pieces(
    labels: NDArray[np.int32], areas: NDArray[np.int64], written: tuple[slice, slice]
) -> list[Piece]:
    """Give of the connected ink what may be writing: no specks, frames or borders.

    A stroke that runs off the page crosses its border: what lies along it for half its length
    is a desk or a shadow, unless there is nothing else; along more than one side, surely.
    """
    least = max(SMALLEST_SIDE, areas.max() // 500)
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    contact = np.bincount(border, minlength=len(areas))
    large = np.flatnonzero(areas >= least)
    if len(areas) > MOST_PIECES:
        large = np.sort(large[np.argsort(areas[large], kind="stable")[-MOST_PIECES:]])
        labels = np.where(np.isin(np.arange(len(areas)), large)[labels], labels, 0)
    places = ndimage.find_objects(labels[written])
    top, left = written[0].start, written[1].start
    pieces = []
    for label in large.tolist():
        ys, xs = places[label - 1]
        piece = Piece(
            labels=(label,),
            area=int(areas[label]),
            left=left + xs.start,
            top=top + ys.start,
            right=left + xs.stop,
            bottom=top + ys.stop,
        )
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
