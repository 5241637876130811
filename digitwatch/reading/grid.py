"""From a glyph to what the classifier sees: an 8x8 grid of ink, and planes of the same cells.

The glyph goes through the normalisation that made `load_digits` (M. D. Garris et al., NIST
Form-Based Handprint Recognition System, NISTIR 5469, 1994): strokes of one thickness, no slant,
one box of 20 x 32 in a picture of 32 x 32, then the ink of each cell of 4 x 4 is counted.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import generate_binary_structure, label

from digitwatch.reading.strokes import SIDE, Strokes, bells, redraw, thin, upright

CELLS = 8
FULL = 16  # the count of a cell that is all ink
CELL = SIDE // CELLS
ORIENTATIONS = 4
TINY = 1e-30  # what a slope of nothing is divided by
INKED = 0.5  # of a pixel of the picture
REACH = 0.65  # sigma of what a cell of a plane sees, in cells
# Direction tells digits apart better than ink does, so its planes weigh more than the grid.
DIRECTION_WEIGHT, SLANTED_WEIGHT = 64.0, 32.0
HOLE_WEIGHT, BAY_WEIGHT, ASPECT_WEIGHT = 24.0, 16.0, 20.0
FEATURES = CELLS**2 * (1 + 2 * ORIENTATIONS + 1 + 4) + 2
AT_ONCE = 4  # glyphs whose planes are made in one go: memory for more is asked for anew each time


def normalise(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the glyph evened, upright and in NIST's box: (64, 64), ink from 0 to 1.

    `mask` is the ink of one glyph, bool (h, w); its margins do not matter. Raises ValueError
    when no pixel is set.
    """
    picture: NDArray[np.float64] = redraw(upright(thin(mask)))[0].astype(np.float64)
    return picture


def to_grid(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the ink of each cell of the normalised glyph, (8, 8), 0..16 as in `load_digits`."""
    grid: NDArray[np.float32] = features(mask)[: CELLS**2].reshape(CELLS, CELLS)
    return grid


def features(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return what the classifier learns from, float32 (898,), of one glyph; see `features_of`."""
    row: NDArray[np.float32] = features_of([mask])[0]
    return row


def features_of(masks: Sequence[NDArray[np.bool_]]) -> NDArray[np.float32]:
    """Return what the classifier learns from, float32 (n, 898), a row for each glyph's mask.

    First the grid row by row, 0..16. Then planes of the same 8 x 8 cells: how much of the
    outline runs across, rising, down and falling (gradient features: C.-L. Liu et al.,
    Handwritten digit recognition, Pattern Recognition 36, 2003), upright and as drawn; how much
    is a hole, or a bay that opens left, right, up or down (concavity: J. T. Favata, G. Srikantan,
    Int. J. Imaging Systems and Technology 7, 1996). Last the aspect, as drawn and upright.
    Raises ValueError when no pixel of a mask is set.
    """
    return features_of_strokes([thin(mask) for mask in masks])


def features_of_strokes(drawn: Sequence[Strokes]) -> NDArray[np.float32]:
    """Return the same, float32 (n, 898), of glyphs whose strokes are known."""
    rows = np.empty((len(drawn), FEATURES), np.float32)
    for start in range(0, len(drawn), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        rows[some] = _features(drawn[some])
    return rows


def _features(drawn: Sequence[Strokes]) -> NDArray[np.float32]:
    standing = [upright(strokes) for strokes in drawn]
    both = np.concatenate([redraw(*sheared) for sheared in zip(standing, drawn, strict=True)])
    pictures, directions = both[::2], _directions(both)
    aspects = [(one.aspect, other.aspect) for one, other in zip(drawn, standing, strict=True)]
    parts = (
        _count(pictures),
        DIRECTION_WEIGHT * directions[::2],
        HOLE_WEIGHT * _holes(pictures),
        BAY_WEIGHT * _bays(pictures),
        SLANTED_WEIGHT * directions[1::2],
        ASPECT_WEIGHT * np.array(aspects, np.float32),
    )
    return np.concatenate([part.reshape(len(drawn), -1) for part in parts], axis=1)


def _count(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    cells: NDArray[np.float32] = pictures.reshape(-1, CELLS, CELL, CELLS, CELL).mean(axis=(2, 4))
    return FULL * cells


def _directions(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the planes (n, 4, 8, 8); the root keeps one long edge from hiding the others."""
    dy, dx = np.gradient(pictures, axis=(1, 2))
    down, across = np.abs(dy), np.abs(dx)
    steep = np.minimum(down, across) / np.maximum(np.maximum(down, across), TINY)
    length = np.sqrt(down**2 + across**2)
    oblique = length * np.arctan(steep) * np.float32(ORIENTATIONS / np.pi)
    straight = length - oblique
    planes = np.empty((len(pictures), ORIENTATIONS, SIDE, SIDE), np.float32)
    planes[:, 0] = straight * (across > down)
    planes[:, 1] = oblique * (dy * dx > 0)
    planes[:, 2] = straight - planes[:, 0]
    planes[:, 3] = oblique - planes[:, 1]
    return np.sqrt(_pool(planes))


def _bays(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the planes (n, 4, 8, 8) of what has ink on three sides, somewhere."""
    ink = pictures > INKED
    (above, below), (left, right) = _beside(ink, axis=1), _beside(ink, axis=2)
    across, down = left & right & ~ink, above & below & ~ink
    bays = np.empty((len(ink), 4, SIDE, SIDE), np.float32)
    bays[:, 0], bays[:, 1] = down & right & ~left, down & left & ~right
    bays[:, 2], bays[:, 3] = across & below & ~above, across & above & ~below
    return _pool(bays)


def _beside(ink: NDArray[np.bool_], axis: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which pixels of pictures (n, 64, 64) have ink before them along the axis, or behind."""
    is_inked = ink.any(axis=axis, keepdims=True)
    first = np.where(is_inked, ink.argmax(axis=axis, keepdims=True), SIDE)
    last = SIDE - 1 - np.where(is_inked, np.flip(ink, axis).argmax(axis=axis, keepdims=True), SIDE)
    places = np.arange(SIDE, dtype=np.int8).reshape((1, -1, 1) if axis == 1 else (1, 1, -1))
    return places > first.astype(np.int8), places < last.astype(np.int8)


def _holes(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the plane (n, 8, 8) of paper that ink encloses."""
    paper = np.ones((len(pictures), SIDE + 2, SIDE + 2), np.bool_)
    paper[:, 1:-1, 1:-1] = pictures <= INKED
    parts, _ = label(paper, _WITHIN_A_PICTURE)
    return _pool((parts > parts[:, :1, :1])[:, 1:-1, 1:-1].astype(np.float32))


def _pool(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what each cell sees of planes (..., 64, 64): its own part, its neighbours' less."""
    pooled: NDArray[np.float32] = np.matmul(np.matmul(_SEEN, planes), _SEEN.T)
    return pooled


def _seen() -> NDArray[np.float32]:
    centres = np.linspace(-SIDE / 2, SIDE / 2, CELLS, endpoint=False) + CELL / 2
    seen = bells(centres, np.full(CELLS, REACH * CELL, np.float64))
    shares: NDArray[np.float32] = seen / seen.sum(axis=1, keepdims=True)
    return shares


_SEEN = _seen()
_WITHIN_A_PICTURE = np.zeros((3, 3, 3), np.bool_)
_WITHIN_A_PICTURE[1] = generate_binary_structure(2, 1)
