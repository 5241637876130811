"""Traits: a few plain numbers about each mark, by which many of them can be compared."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = "confidence"
INK, ACROSS, DOWN, WIDTH, HEIGHT = "ink", "centre across", "centre down", "width", "height"
PEN, ASPECT, SIZE = "pen", "width to height", "size"

Traits = dict[str, NDArray[np.float64]]
"""Of each trait one number for each mark, float64 (n,); nan where it is not known."""


def measure_seen(grids: NDArray[np.floating], confidence: NDArray[np.float64]) -> Traits:
    """Return the traits that can be compared with those of what was learned.

    Args:
        grids: (n, 8, 8), 0..16, what the classifier saw.
        confidence: (n,), 0..1.
    """
    ink = np.maximum(grids.sum(axis=(1, 2), dtype=np.float64), 1e-9)
    across, width = _centre_and_spread(grids.sum(axis=1) / ink[:, np.newaxis])
    down, height = _centre_and_spread(grids.sum(axis=2) / ink[:, np.newaxis])
    return {
        CONFIDENCE: confidence,
        INK: ink,
        ACROSS: across,
        DOWN: down,
        WIDTH: width,
        HEIGHT: height,
    }


def _centre_and_spread(
    shares: NDArray[np.floating],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation over the cells, each (n,), of shares (n, 8)."""
    cells = np.arange(shares.shape[1]) + 0.5
    centre = shares @ cells
    return centre, np.sqrt(np.maximum(shares @ cells**2 - centre**2, 0))


def measure_drawn(boxes: NDArray[np.int64], masks: Sequence[NDArray[np.bool_] | None]) -> Traits:
    """Return traits that the model never sees, since they are evened out before.

    They tell that another pen or another scanner is used.

    Args:
        boxes: (n, 4), left, top, right, bottom in page pixels.
        masks: The ink of each mark, bool (h, w); None where it was not kept.
    """
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    pens = [np.nan if mask is None else pen_of(mask) for mask in masks]
    return {
        PEN: np.array(pens, np.float64),
        ASPECT: np.log(np.maximum(width, 1) / np.maximum(height, 1)),
        SIZE: np.maximum(width, height).astype(np.float64),
    }


def pen_of(mask: NDArray[np.bool_]) -> float:
    """Return about how thick the strokes of a glyph are, in its longer sides; nan without ink."""
    padded = np.pad(mask, 1)
    steps = np.count_nonzero(padded[1:] != padded[:-1])
    steps += np.count_nonzero(padded[:, 1:] != padded[:, :-1])
    if not steps:
        return np.nan
    # A line in any direction takes 4 / pi steps a pixel on average; a stroke has two sides.
    outline = steps * np.pi / 4
    return float(2 * np.count_nonzero(mask) / outline / max(mask.shape))
