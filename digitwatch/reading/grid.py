"""From a glyph to what the classifier sees: an 8x8 grid of ink, and planes of stroke direction.

The glyph goes through the normalisation that made `load_digits` (M. D. Garris et al., NIST
Form-Based Handprint Recognition System, NISTIR 5469, 1994): strokes of one thickness, no slant,
one box of 20 x 32 in a picture of 32 x 32, then the ink of each cell of 4 x 4 is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from skimage.morphology import skeletonize

if TYPE_CHECKING:
    from numpy.typing import NDArray

CELLS = 8
SIDE = 64  # twice NIST's 32, so that directions can be told
CELL = SIDE // CELLS
BOX_WIDTH, BOX_HEIGHT = 40.0, 64.0  # NIST's 20 x 32, doubled
THINNING_SIDE = 64  # px, the longest side of a glyph when its strokes are thinned
PEN = 0.055  # radius of the pen that redraws the thinned strokes, in longest sides of the glyph
MAX_STRETCH = 2.0  # a bare 1 stays a bar, and a dash stays a dash
MAX_SLANT = 1.0
ORIENTATIONS = 4
FULL = 16  # the count of a cell that is all ink


@dataclass(frozen=True)
class _Strokes:
    """Thinned strokes: points (n,) across and down, in longest sides of the glyph."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]


def normalise(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the glyph evened, upright and in NIST's box: (64, 64), ink from 0 to 1.

    `mask` is the ink of one glyph, bool (h, w), with at least one pixel set; its margins do not
    matter. Raises ValueError when no pixel is set.
    """
    if not mask.any():
        raise ValueError("a glyph without ink cannot be normalised")
    return _redraw(_upright(_thin(mask)))


def to_grid(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the ink of each cell of the normalised glyph, (8, 8), 0..16 as in `load_digits`."""
    return _count(normalise(mask))


def features(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return what the classifier learns from, float32 (320,).

    The first 64 are the grid row by row, 0..16; the others four planes of 8 x 8, how much of a
    cell's outline runs across, rising, down and falling (gradient features: C.-L. Liu et al.,
    Handwritten digit recognition, Pattern Recognition 36, 2003), each 0..16 too.
    """
    picture = normalise(mask)
    return np.concatenate([_count(picture).ravel(), _directions(picture).ravel()]).astype(
        np.float32
    )


def _thin(mask: NDArray[np.bool_]) -> _Strokes:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    ink = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    factor = THINNING_SIDE / max(ink.shape)
    size = (max(1, round(ink.shape[1] * factor)), max(1, round(ink.shape[0] * factor)))
    resized = Image.fromarray(ink.astype(np.uint8) * 255).resize(size, Image.Resampling.BILINEAR)
    y, x = np.nonzero(skeletonize(np.pad(np.asarray(resized) > 127, 1)))
    if not len(x):  # hairlines fade when they are made smaller
        y, x = np.nonzero(ink)
        return _Strokes(x / max(ink.shape), y / max(ink.shape))
    return _Strokes(x / THINNING_SIDE, y / THINNING_SIDE)


def _upright(strokes: _Strokes) -> _Strokes:
    """Shear the strokes so that what leans stands: no covariance between across and down."""
    x, y = strokes.x - strokes.x.mean(), strokes.y - strokes.y.mean()
    spread = float(y @ y)
    slant = float(x @ y) / spread if spread > 0 else 0.0
    return _Strokes(x - np.clip(slant, -MAX_SLANT, MAX_SLANT) * y, y)


def _redraw(strokes: _Strokes) -> NDArray[np.float64]:
    """Draw the strokes with one pen in NIST's box; the pen is stretched with the strokes."""
    width = float(np.ptp(strokes.x)) + 2 * PEN
    height = float(np.ptp(strokes.y)) + 2 * PEN
    scale_x, scale_y = BOX_WIDTH / width, BOX_HEIGHT / height
    scale_x = min(scale_x, MAX_STRETCH * scale_y)
    scale_y = min(scale_y, MAX_STRETCH * scale_x)
    centre_x = (strokes.x.min() + strokes.x.max()) / 2
    centre_y = (strokes.y.min() + strokes.y.max()) / 2
    across = _profile((strokes.x - centre_x) * scale_x, PEN * scale_x)
    down = _profile((strokes.y - centre_y) * scale_y, PEN * scale_y)
    spacing = (scale_x * scale_y) ** 0.5 / THINNING_SIDE
    ink: NDArray[np.float64] = 1 - np.exp(-spacing * (down.T @ across))
    return ink


def _profile(offset: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    """Return a bell over the 64 rows or columns for each point, (n, 64)."""
    sigma = 0.6 * radius
    pixels = np.arange(SIDE) - (SIDE - 1) / 2
    bell: NDArray[np.float64] = np.exp(-0.5 * ((pixels - offset[:, None]) / sigma) ** 2)
    return bell


def _count(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    cells: NDArray[np.float64] = picture.reshape(CELLS, CELL, CELLS, CELL).mean(axis=(1, 3))
    return FULL * cells


def _directions(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    dy, dx = np.gradient(picture)
    strength = np.hypot(dx, dy)
    angle = (np.arctan2(dy, dx) * ORIENTATIONS / np.pi) % ORIENTATIONS
    away = np.abs(angle - np.arange(ORIENTATIONS)[:, None, None])
    share = np.maximum(0, 1 - np.minimum(away, ORIENTATIONS - away))
    planes: NDArray[np.float64] = np.sqrt(_POOL @ (strength * share) @ _POOL.T)
    return FULL * planes


def _pooling() -> NDArray[np.float64]:
    """Return overlapping bells, (8, 64): each cell also sees a little of its neighbours."""
    centres = (np.arange(CELLS) + 0.5) * CELL - 0.5
    bells = np.exp(-0.5 * ((np.arange(SIDE) - centres[:, None]) / (0.55 * CELL)) ** 2)
    normalised: NDArray[np.float64] = bells / bells.sum(axis=1, keepdims=True)
    return normalised


_POOL = _pooling()
