"""A part of a page, made smaller for a picture of it."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Area = tuple[int, int, int, int]
"""Left, top, right, bottom; right and bottom are outside."""

MOST_ROWS = 257
"""Rows of 8 bits whose sum has 16."""


def cut(pixels: NDArray[np.uint8], part: Area, size: tuple[int, int]) -> Image.Image:
    """Take one part of the page, scaled to the size unless it is tiny; L where it is grey."""
    taken = pixels[part[1] : part[3], part[0] : part[2]]
    if taken.strides[2] == 0:  # a grey page shows one plane three times
        taken = taken[:, :, 0]
    height, width = taken.shape[:2]
    across, down = max(width // size[0], 1), max(min(height // size[1], MOST_ROWS), 1)
    rows = _averaged(taken, down)
    if rows.ndim == 3 and _is_grey(rows):
        rows = rows[:, :, 0]
    picture = Image.fromarray(np.ascontiguousarray(rows))
    if size[0] > 3 * width:
        return picture
    how = Image.Resampling.BOX if size[0] < width else Image.Resampling.BILINEAR
    box = (0, 0, width / across, len(rows))
    return picture.reduce((across, 1)).resize(size, how, box)


def _averaged(taken: NDArray[np.uint8], down: int) -> NDArray[np.uint8]:
    """Make one row of as many as `down`; the few that are left over at the foot are lost.

    Every pixel counts, so that no thin stroke falls through, and the page is never copied.
    """
    if down == 1:
        return taken
    foot = len(taken) // down * down
    rows = taken[:foot:down].astype(np.uint16)
    for row in range(1, down):
        np.add(rows, taken[row:foot:down], out=rows)
    # In place, as memory that is asked for anew takes longer than the numbers.
    return np.floor_divide(rows, down, out=rows).astype(np.uint8)


def _is_grey(rows: NDArray[np.uint8]) -> bool:
    """Whether the three channels are the same; most colours show on one pixel of many."""
    return all(
        np.array_equal(seen[:, :, 0], seen[:, :, channel])
        for seen in (rows[::8, ::8], rows)
        for channel in (1, 2)
    )
