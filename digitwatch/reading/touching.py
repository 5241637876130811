"""Where digits that touch may be cut apart; whether they should be, only reading them tells."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from digitwatch.reading.segment import Box, Glyph

ROWS = 48
"""Height of the picture in which cuts are looked for."""
ASIDE = 0.3
"""What a step aside costs a cut, in pixels of ink that it goes through."""
APART = 0.1
"""Between two cuts, in heights of the glyph."""
MOST_CUTS = 4
"""For each height of the glyph that it is wide."""
MOST_INK = 0.5
"""Of the glyph's height, that a cut goes through at most: a longer one runs along a stroke."""
LEAST_INK = 0.1
"""Of the glyph: a cut that leaves less on one side parts nothing."""


def find_cuts(mask: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Give ways to cut a mask (h, w) from top to bottom, from left to right.

    Each is the first column of what is right of it in every row, (h,). It is the way through the
    least ink (J. Wang, J. Jean, Segmentation of merged characters by neural networks and shortest
    path, Pattern Recognition 27, 1994) of all ways near it.
    """
    height, width = mask.shape
    columns = max(3, round(width * ROWS / height))
    picture = Image.fromarray(mask.astype(np.uint8) * 255)
    small = picture.resize((columns, ROWS), Image.Resampling.BOX)
    ink = np.asarray(small, np.float64) / 255
    down, up = _costs(ink), _costs(ink[::-1])
    middle = ROWS // 2
    through = down[middle] + up[-1 - middle] - ink[middle]
    reach = 2 * round(APART * ROWS) + 1
    is_least = through <= ndimage.minimum_filter1d(through, reach)
    least = np.flatnonzero(is_least & (through <= MOST_INK * ROWS))
    most = MOST_CUTS * -(-width // height)
    best = np.sort(least[np.argsort(through[least], kind="stable")[:most]])
    rows = np.arange(height) * ROWS // height
    paths = (_path(up, down, int(column))[rows] for column in best)
    cuts = [(path * width / columns).round().astype(np.intp) for path in paths]
    return _distinct(mask, cuts)


def between(glyph: Glyph, left: NDArray[np.intp], right: NDArray[np.intp]) -> Glyph:
    """Give what of a glyph is between two cuts, (h,) each, with its own box."""
    columns = np.arange(glyph.mask.shape[1])
    mask = glyph.mask & (columns >= left[:, np.newaxis]) & (columns < right[:, np.newaxis])
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    first, last = int(columns[0]), int(columns[-1]) + 1
    box = glyph.box
    across = (box.right - box.left) / mask.shape[1]
    along = (box.bottom - box.top) / mask.shape[0]
    place = Box(
        box.left + int(first * across),
        box.top + int(top * along),
        box.left + max(int(first * across) + 1, round(last * across)),
        box.top + max(int(top * along) + 1, round(bottom * along)),
    )
    return replace(glyph, mask=mask[top:bottom, first:last], box=place)


def _costs(ink: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the ink on the best way from the first row to each pixel, that pixel included."""
    costs = ink.copy()
    for row in range(1, len(ink)):
        before = costs[row - 1]
        best = before.copy()
        np.minimum(best[1:], before[:-1] + ASIDE, out=best[1:])
        np.minimum(best[:-1], before[1:] + ASIDE, out=best[:-1])
        costs[row] += best
    return costs


def _path(up: NDArray[np.float64], down: NDArray[np.float64], column: int) -> NDArray[np.intp]:
    """Give the column of each row on the best way through this column of the middle row."""
    middle = len(down) // 2
    path = np.full(len(down), column)
    for costs, rows in ((down, range(middle - 1, -1, -1)), (up[::-1], range(middle + 1, len(up)))):
        at = column
        for row in rows:
            near = np.arange(max(0, at - 1), min(costs.shape[1], at + 2))
            at = int(near[np.argmin(costs[row, near] + ASIDE * np.abs(near - at))])
            path[row] = at
    return path


def _distinct(mask: NDArray[np.bool_], cuts: list[NDArray[np.intp]]) -> list[NDArray[np.intp]]:
    """Leave out cuts with next to no ink on one side, or between them and the one before."""
    columns = np.arange(mask.shape[1])
    ink = int(mask.sum())
    kept, before = [], 0
    for cut in cuts:
        left = int((mask & (columns < cut[:, np.newaxis])).sum())
        if left - before >= LEAST_INK * ink / len(cuts) and ink - left >= LEAST_INK * ink:
            kept.append(cut)
            before = left
    return kept
