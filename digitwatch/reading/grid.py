"""From a glyph to what the classifier sees: an 8x8 grid of ink, and planes of the same cells.

The glyph goes through the normalisation that made `load_digits` (M. D. Garris et al., NIST
Form-Based Handprint Recognition System, NISTIR 5469, 1994): strokes of one thickness, no slant,
one box of 20 x 32 in a picture of 32 x 32, then the ink of each cell of 4 x 4 is counted.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import distance_transform_edt, label
from skimage.morphology import skeletonize

CELLS = 8
FULL = 16  # the count of a cell that is all ink
SIDE = 64  # twice NIST's 32, so that directions can be told
CELL = SIDE // CELLS
BOX_WIDTH, BOX_HEIGHT = 40.0, 64.0  # NIST's 20 x 32, doubled
MAX_STRETCH = 2.0  # a bare 1 stays a bar, and a dash stays a dash
MAX_SLANT = 1.0
THINNING_SIDE = 64  # px, the longest side of a glyph when its strokes are thinned
PEN = 0.045  # radius of the pen that redraws the strokes, in longest sides of the glyph
SOFTNESS = 0.6  # sigma of the pen's edge, in radii
FILLED = 1.25  # where a stroke is so many times thicker than its median, a loop was filled
FILLED_PEN = 0.7  # how much of what is thicker is kept
ORIENTATIONS = 4
INKED = 0.5  # of a pixel of the picture
THIN = 2.0  # px, strokes that are thinner than this once resized would break
REACH = 0.65  # sigma of what a cell of a plane sees, in cells
# Direction tells digits apart better than ink does, so its planes weigh more than the grid.
DIRECTION_WEIGHT, SLANTED_WEIGHT = 64.0, 32.0
HOLE_WEIGHT, BAY_WEIGHT, ASPECT_WEIGHT = 24.0, 16.0, 20.0


@dataclass(frozen=True)
class _Strokes:
    """Thinned strokes: points (n,) across and down, and how much thicker than others they are.

    All in longest sides of the glyph.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    excess: NDArray[np.float64]

    @property
    def aspect(self) -> float:
        """The logarithm of width to height, of the strokes with their pen."""
        return float(np.log((np.ptp(self.x) + 2 * PEN) / (np.ptp(self.y) + 2 * PEN)))


def normalise(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the glyph evened, upright and in NIST's box: (64, 64), ink from 0 to 1.

    `mask` is the ink of one glyph, bool (h, w); its margins do not matter. Raises ValueError
    when no pixel is set.
    """
    return _redraw(_upright(_thin(mask)))


def to_grid(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the ink of each cell of the normalised glyph, (8, 8), 0..16 as in `load_digits`."""
    return _count(normalise(mask))


def features(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return what the classifier learns from, float32 (898,).

    First the grid row by row, 0..16. Then planes of the same 8 x 8 cells: how much of the
    outline runs across, rising, down and falling (gradient features: C.-L. Liu et al.,
    Handwritten digit recognition, Pattern Recognition 36, 2003), upright and as drawn; how much
    is a hole, or a bay that opens left, right, up or down (concavity: J. T. Favata, G. Srikantan,
    Int. J. Imaging Systems and Technology 7, 1996). Last the aspect, as drawn and upright.
    Raises ValueError when no pixel is set.
    """
    drawn = _thin(mask)
    upright = _upright(drawn)
    picture = _redraw(upright)
    parts = (
        _count(picture),
        DIRECTION_WEIGHT * _directions(picture),
        HOLE_WEIGHT * _holes(picture),
        BAY_WEIGHT * _bays(picture),
        SLANTED_WEIGHT * _directions(_redraw(drawn)),
        ASPECT_WEIGHT * np.array([drawn.aspect, upright.aspect]),
    )
    return np.concatenate([part.ravel() for part in parts]).astype(np.float32)


def _thin(mask: NDArray[np.bool_]) -> _Strokes:
    if not mask.any():
        raise ValueError("a glyph without ink has no strokes")
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    ink = box.view(np.uint8) > 0  # Pillow's arrays have 255 for True, on which skeletonize crashes
    resized = np.pad(_resize(ink, THINNING_SIDE), 1)
    skeleton = skeletonize(resized)  # type: ignore[no-untyped-call]  # scikit-image has no types
    y, x = np.nonzero(skeleton)
    radius = distance_transform_edt(resized)[y, x]
    excess = np.maximum(0, radius - FILLED * np.median(radius))
    return _Strokes(x / THINNING_SIDE, y / THINNING_SIDE, FILLED_PEN * excess / THINNING_SIDE)


def _resize(ink: NDArray[np.bool_], longest: int) -> NDArray[np.bool_]:
    factor = longest / max(ink.shape)
    size = (max(1, round(ink.shape[1] * factor)), max(1, round(ink.shape[0] * factor)))
    picture = Image.fromarray(ink.astype(np.uint8) * 255)
    cover = np.asarray(picture.resize(size, Image.Resampling.BILINEAR))
    resized = cover >= min(128, int(cover.max()))
    if _thickness(ink) * factor < THIN:
        # A thin stroke fades and breaks when it is made smaller; its middle line does not.
        y, x = np.nonzero(skeletonize(np.pad(ink, 1))[1:-1, 1:-1])  # type: ignore[no-untyped-call]  # as above
        resized[(y * factor).astype(int).clip(max=size[1] - 1),
                (x * factor).astype(int).clip(max=size[0] - 1)] = True  # fmt: skip
    return resized


def _thickness(ink: NDArray[np.bool_]) -> float:
    """Return about how many pixels the strokes are thick, 2 at the least."""
    padded = np.pad(ink, 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return 2 * float(ink.sum()) / float((ink & ~inner).sum())


def _upright(strokes: _Strokes) -> _Strokes:
    """Shear the strokes so that what leans stands: no covariance between across and down."""
    x, y = strokes.x - strokes.x.mean(), strokes.y - strokes.y.mean()
    spread = float(y @ y)
    slant = float(x @ y) / spread if spread > 0 else 0.0
    return replace(strokes, x=x - np.clip(slant, -MAX_SLANT, MAX_SLANT) * y, y=y)


def _redraw(strokes: _Strokes) -> NDArray[np.float64]:
    """Draw the strokes with one pen in NIST's box; the pen is stretched with the strokes."""
    x, y = (values - (values.min() + values.max()) / 2 for values in (strokes.x, strokes.y))
    scale_x = BOX_WIDTH / (float(np.ptp(x)) + 2 * PEN)
    scale_y = BOX_HEIGHT / (float(np.ptp(y)) + 2 * PEN)
    scale_x = min(scale_x, MAX_STRETCH * scale_y)
    scale_y = min(scale_y, MAX_STRETCH * scale_x)
    sigma = SOFTNESS * (PEN + strokes.excess)
    across = _bells(x * scale_x, sigma * scale_x)
    down = _bells(y * scale_y, sigma * scale_y)
    spacing = np.sqrt(scale_x * scale_y) / THINNING_SIDE
    ink: NDArray[np.float64] = 1 - np.exp(-spacing * (down.T @ across))
    return ink


def _bells(centre: NDArray[np.float64], sigma: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a bell over the 64 rows or columns for each point, (n, 64)."""
    pixels = np.arange(SIDE) - (SIDE - 1) / 2
    bells: NDArray[np.float64] = np.exp(-0.5 * ((pixels - centre[:, None]) / sigma[:, None]) ** 2)
    return bells


def _count(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    cells: NDArray[np.float64] = picture.reshape(CELLS, CELL, CELLS, CELL).mean(axis=(1, 3))
    return FULL * cells


def _directions(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the planes (4, 8, 8); the root keeps one long edge from hiding the others."""
    dy, dx = np.gradient(picture.astype(np.float32))  # half the time of float64
    angle = np.arctan2(np.abs(dy), np.copysign(dx, dx * dy)) * ORIENTATIONS / np.pi
    away = np.abs(angle - np.arange(ORIENTATIONS, dtype=np.float32)[:, None, None])
    share = np.maximum(0, 1 - np.minimum(away, ORIENTATIONS - away))
    planes: NDArray[np.float64] = np.sqrt(_pool(np.hypot(dx, dy) * share))
    return planes


def _bays(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the planes (4, 8, 8) of what has ink on three sides, somewhere."""
    ink = picture > INKED
    sides = np.stack(
        [
            np.maximum.accumulate(ink, axis=1),
            np.maximum.accumulate(ink[:, ::-1], axis=1)[:, ::-1],
            np.maximum.accumulate(ink, axis=0),
            np.maximum.accumulate(ink[::-1], axis=0)[::-1],
        ]
    )
    on_three = ~ink & (sides.sum(axis=0) == 3)
    return _pool(np.asarray(~sides & on_three, dtype=np.float64))


def _holes(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    paper, _ = label(np.pad(picture <= INKED, 1, constant_values=True))
    return _pool(np.asarray(paper[1:-1, 1:-1] > paper[0, 0], dtype=np.float64))


def _pool(planes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what each cell sees of planes (..., 64, 64): its own part, its neighbours' less."""
    pooled: NDArray[np.float64] = _SEEN @ planes @ _SEEN.T
    return pooled


def _seen() -> NDArray[np.float64]:
    centres = np.linspace(-SIDE / 2, SIDE / 2, CELLS, endpoint=False) + CELL / 2
    bells = _bells(centres, np.full(CELLS, REACH * CELL, np.float64))
    shares: NDArray[np.float64] = bells / bells.sum(axis=1, keepdims=True)
    return shares


_SEEN = _seen()
