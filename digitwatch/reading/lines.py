"""From pieces of ink to lines of digits: parts joined, debris left out, in reading order."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from digitwatch.reading.pieces import Piece

LOWEST = 0.6
"""Of the usual height: what is lower is a comma, a minus sign or debris."""
HIGHEST = 1.6
"""Of the usual height: what parts are joined to is not higher, or they are two digits."""
BLOT = 0.7
"""Of its box that a blot fills: a disc has 0.79 of it."""
SMALLEST_PART = 0.25
"""Of the usual height: what is smaller and stands by itself is a speck."""
BROKEN = 0.06
"""Digit heights between the two ends of a stroke that broke."""
NEIGHBOURS = 3.0
"""Digit heights across which a line is followed from one digit to the next."""
SAME_LINE = 0.7
"""Digit heights between the middles of digits of one line, at most."""
USUAL_SLOPE = 0.03
"""Sigma, of the lines of a page that was laid on a scanner by hand."""
USUAL_SCATTER = 0.15
"""Sigma, in digit heights, of the middles of the digits of a line."""


def find_lines(pieces: list[Piece]) -> list[list[Piece]]:
    """Give the digits of each line from left to right, the lines from top to bottom."""
    if len(pieces) < 2:
        return [pieces] if pieces else []
    size = usual_height(pieces)
    digits = [digit for digit in _joined(pieces, size) if digit.height >= LOWEST * size]
    digits = _without_blots(digits)
    runs = _runs(digits, size)
    slope = _slope(runs, size)
    lines: list[_Run] = []
    levels = np.zeros(len(runs))
    # The longest first: a digit that stands high or low belongs to the line that it is nearest.
    for run in sorted(runs, key=lambda run: len(run.digits), reverse=True):
        away = np.abs(levels[: len(lines)] - run.level(slope))
        index = int(away.argmin()) if lines and away.min() < SAME_LINE * size else len(lines)
        if index == len(lines):
            lines.append(_Run())
        lines[index].digits.extend(run.digits)
        levels[index] = lines[index].level(slope)
    lines.sort(key=lambda line: line.level(slope))
    return [sorted(line.digits, key=lambda digit: digit.left) for line in lines]


def usual_height(pieces: list[Piece]) -> float:
    """Give the height that digits have, whatever dust and whatever large things are about."""
    heights = np.sort([piece.height for piece in pieces])
    # Half of all height is in what is lower: many specks have less of it than few digits.
    middle = heights[np.searchsorted(heights.cumsum(), heights.sum() / 2)]
    return float(np.median(heights[heights >= 0.4 * middle]))


def _joined(pieces: list[Piece], size: float) -> list[Piece]:
    """Join pieces that lie over each other with little between: the parts of one digit."""
    digits: list[Piece] = []
    edges = np.zeros((len(pieces), 4), np.intp)
    for piece in sorted(pieces, key=lambda piece: piece.area, reverse=True):
        left, top, right, bottom = edges[: len(digits)].T
        shared = np.minimum(right, piece.right) - np.maximum(left, piece.left)
        gap = np.maximum(top, piece.top) - np.minimum(bottom, piece.bottom)
        height = np.maximum(bottom, piece.bottom) - np.minimum(top, piece.top)
        fits = (2 * shared >= np.minimum(right - left, piece.width)) & (4 * gap < size)
        fits &= height <= np.maximum(HIGHEST * size, bottom - top)
        if piece.side < SMALLEST_PART * size:
            fits &= gap <= BROKEN * size
        index = int(fits.argmax()) if fits.any() else len(digits)
        whole = piece if index == len(digits) else digits[index] | piece
        digits[index : index + 1] = [whole]
        edges[index] = whole.left, whole.top, whole.right, whole.bottom
    return digits


def _without_blots(digits: list[Piece]) -> list[Piece]:
    """Leave out punched holes and blots, unless all the writing is like them."""
    lines = [digit for digit in digits if not _is_blot(digit)]
    return lines if 2 * len(lines) > len(digits) else digits


def _is_blot(piece: Piece) -> bool:
    """Tell a disc, which fills most of a square, from the strokes of a digit, which do not."""
    is_filled = piece.area > BLOT * piece.width * piece.height
    return is_filled and piece.side < 1.25 * min(piece.width, piece.height)


@dataclass(frozen=True)
class _Run:
    """Digits of one line, each near the next."""

    digits: list[Piece] = field(default_factory=list)

    @property
    def middles(self) -> NDArray[np.float64]:
        """Across and down, (n, 2)."""
        return np.array([((d.left + d.right) / 2, (d.top + d.bottom) / 2) for d in self.digits])

    def level(self, slope: float) -> float:
        """Where the line, were it level, would lie on the left edge of the page."""
        x, y = self.middles.mean(axis=0)
        return float(y - slope * x)


def _runs(digits: list[Piece], size: float) -> list[_Run]:
    """Follow each line from a digit to its neighbour, which on a slant is a little higher or lower.

    The gap between two columns ends a run.
    """
    runs: list[_Run] = []
    ends = np.zeros((len(digits), 3), np.intp)
    for digit in sorted(digits, key=lambda digit: digit.left):
        top, right, bottom = ends[: len(runs)].T
        shared = np.minimum(bottom, digit.bottom) - np.maximum(top, digit.top)
        gap = digit.left - right
        fits = (2 * shared >= np.minimum(bottom - top, digit.height)) & (gap < NEIGHBOURS * size)
        index = int(np.where(fits, gap, np.inf).argmin()) if fits.any() else len(runs)
        if index == len(runs):
            runs.append(_Run())
        runs[index].digits.append(digit)
        ends[index] = digit.top, digit.right, digit.bottom
    return runs


def _slope(runs: list[_Run], size: float) -> float:
    """Give the slope that the lines share, by least squares; the fewer digits, the more level."""
    along = down = 0.0
    for run in runs:
        x, y = (run.middles - run.middles.mean(axis=0)).T
        along, down = along + float(x @ x), down + float(x @ y)
    return down / (along + (size * USUAL_SCATTER / USUAL_SLOPE) ** 2)
