"""A sheet of paper that lies on something else, which fills more of the picture than the sheet."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import ConvexHull

LEAST = 0.12
"""Of the picture, that a sheet fills."""
FILLED = 0.92
"""Of the smallest rectangle round it, turned as it is, that a sheet fills."""
LARGEST_WRITING = 0.04
"""Of the sheet: the holes of a thick 8 or 0 have more than what is written on paper."""
SMALLEST_WRITING = 0.02
"""Of the sheet's longer side, that something on it has at least."""
GRAIN = 8
"""Of 255, how far paper may be from its usual colour, at least."""
EDGE = 0.02
"""Of the picture's longest side: a sheet's edge is neither paper nor writing."""
_CORNERS = np.array([(0, 0), (0, 1), (1, 0), (1, 1)])


def find_sheet(mask: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """Find what may be a sheet in what was taken for ink, bool (h, w): True on it, less its edge.

    A sheet is solid and has four straight sides. None where there is no such thing.
    """
    if np.count_nonzero(mask) < LEAST * mask.size:
        return None
    labels, _ = ndimage.label(mask)
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    whole = labels == areas.argmax()
    sheet = _filled(whole)
    if np.count_nonzero(sheet) < LEAST * mask.size or _rectangularity(sheet) < FILLED:
        return None
    reach = max(1, round(EDGE * max(mask.shape)))
    inner = ndimage.minimum_filter(sheet.astype(np.uint8), 2 * reach + 1)
    return np.asarray(inner > 0)


def _filled(whole: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill the holes: what is not connected to the picture's border."""
    around, count = ndimage.label(~whole)
    border = np.concatenate([around[0], around[-1], around[:, 0], around[:, -1]])
    is_outside = np.zeros(count + 1, np.bool_)
    is_outside[border[border > 0]] = True
    filled: NDArray[np.bool_] = ~is_outside[around]
    return filled


def _rectangularity(sheet: NDArray[np.bool_]) -> float:
    """Give the share that is filled of the smallest rectangle round it, turned in any way.

    One of its sides lies along a side of the convex hull (H. Freeman, R. Shapira, Determining the
    minimum-area encasing rectangle for an arbitrary closed curve, CACM 18, 1975).
    """
    edge = np.argwhere(sheet & ~ndimage.binary_erosion(sheet))
    # The corners of the pixels span something even where their middles lie on one line.
    corners = (edge[:, np.newaxis] + _CORNERS).reshape(-1, 2)
    hull = corners[ConvexHull(corners).vertices]
    sides = np.roll(hull, -1, axis=0) - hull
    along = sides / np.hypot(*sides.T)[:, np.newaxis]
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    extents = np.ptp(hull @ along.T, axis=0) * np.ptp(hull @ across.T, axis=0)
    return float(np.count_nonzero(sheet) / extents.min())


def without_desk(planes: NDArray[np.uint8], sheet: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Give the planes, (channels, h, w), with paper like the sheet's own all around it.

    It has the grain of the sheet's, by which ink is told from paper.
    """
    extended = planes.copy()
    own = planes[:, sheet].astype(np.int16)
    away = np.abs(own - np.median(own, axis=1)[:, np.newaxis]).max(axis=0)
    paper = planes[:, sheet][:, away <= max(GRAIN, np.median(away))]
    which = np.random.default_rng(0).integers(paper.shape[1], size=np.count_nonzero(~sheet))
    extended[:, ~sheet] = paper[:, which]
    return extended


def is_written_on(sheet: NDArray[np.bool_], ink: NDArray[np.bool_]) -> bool:
    """Tell whether there is something on the sheet, and nothing large, as on any bar of a digit.

    `ink` is what differs from the sheet's own paper; both are bool (h, w).
    """
    labels, count = ndimage.label(ink & sheet, np.ones((3, 3)))
    if not count:
        return False
    areas = np.bincount(labels.ravel())[1:]
    longest = max(
        max(rows.stop - rows.start, columns.stop - columns.start)
        for rows, columns in ndimage.find_objects(labels)
    )
    size = float(np.sqrt(np.count_nonzero(sheet)))
    return bool(areas.max() <= LARGEST_WRITING * size**2 and longest >= SMALLEST_WRITING * size)
