"""From a glyph to its strokes, and back to ink: of one thickness, upright, in one box.

It is the normalisation that made `load_digits` (M. D. Garris et al., NIST Form-Based Handprint
Recognition System, NISTIR 5469, 1994), at twice its size.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.morphology import skeletonize

SIDE = 64  # twice NIST's 32, so that directions can be told
BOX_WIDTH, BOX_HEIGHT = 40.0, 64.0  # NIST's 20 x 32, doubled
MAX_STRETCH = 2.0  # a bare 1 stays a bar, and a dash stays a dash
MAX_SLANT = 1.0
THINNING_SIDE = 64  # px, the longest side of a glyph when its strokes are thinned
PEN = 0.045  # radius of the pen that redraws the strokes, in longest sides of the glyph
SOFTNESS = 0.6  # sigma of the pen's edge, in radii
FILLED = 1.25  # where a stroke is so many times thicker than its median, a loop was filled
FILLED_PEN = 0.7  # how much of what is thicker is kept
FAR = 40.0  # where a bell ends, for numbers too small for float32 take many times as long
THIN = 2.0  # px, strokes that are thinner than this once resized would break


@dataclass(frozen=True)
class Strokes:
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


def thin(mask: NDArray[np.bool_]) -> Strokes:
    """Return the middle lines of the ink of one glyph, bool (h, w).

    Raises ValueError when no pixel is set.
    """
    if not mask.any():
        raise ValueError("a glyph without ink has no strokes")
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    ink = box.view(np.uint8) > 0  # Pillow's arrays have 255 for True, on which skeletonize crashes
    resized = _padded(_resize(ink, THINNING_SIDE))
    y, x = np.nonzero(skeletonize(resized))  # type: ignore[no-untyped-call]  # scikit-image has no types
    radius = distances(resized, x, y)
    excess = np.maximum(0, radius - FILLED * np.median(radius))
    return Strokes(x / THINNING_SIDE, y / THINNING_SIDE, FILLED_PEN * excess / THINNING_SIDE)


def upright(strokes: Strokes) -> Strokes:
    """Shear the strokes so that what leans stands: no covariance between across and down."""
    x, y = strokes.x - strokes.x.mean(), strokes.y - strokes.y.mean()
    spread = float(y @ y)
    slant = float(x @ y) / spread if spread > 0 else 0.0
    return replace(strokes, x=x - np.clip(slant, -MAX_SLANT, MAX_SLANT) * y, y=y)


def redraw(*sheared: Strokes) -> NDArray[np.float32]:
    """Draw strokes of one glyph with one pen in NIST's box, (k, 64, 64), ink from 0 to 1.

    They are `k` shears of the same, which lie alike down. The pen is stretched with them.
    """
    pictures = np.empty((len(sheared), SIDE, SIDE), np.float32)
    y, height = _centred(sheared[0].y)
    sigma = SOFTNESS * (PEN + sheared[0].excess)
    down: dict[float, NDArray[np.float32]] = {}
    for strokes, picture in zip(sheared, pictures, strict=True):
        x, width = _centred(strokes.x)
        scale_y = BOX_HEIGHT / (height + 2 * PEN)
        scale_x = min(BOX_WIDTH / (width + 2 * PEN), MAX_STRETCH * scale_y)
        scale_y = min(scale_y, MAX_STRETCH * scale_x)
        if scale_y not in down:
            down[scale_y] = bells(y * scale_y, sigma * scale_y)
        across = bells(x * scale_x, sigma * scale_x)
        spacing = float(np.sqrt(scale_x * scale_y)) / THINNING_SIDE
        np.subtract(1, np.exp(-spacing * (down[scale_y].T @ across)), out=picture)
    return pictures


def _centred(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Put the middle between the least and the most at 0; tell how far these are apart."""
    least, most = float(values.min()), float(values.max())
    return values - (least + most) / 2, most - least


def bells(centre: NDArray[np.float64], sigma: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return a bell over the 64 rows or columns for each point, (n, 64)."""
    pixels = np.arange(SIDE, dtype=np.float32) - (SIDE - 1) / 2
    narrow = np.sqrt(0.5) / sigma
    bells = pixels * narrow.astype(np.float32)[:, np.newaxis]
    bells -= (centre * narrow).astype(np.float32)[:, np.newaxis]
    np.minimum(np.square(bells, out=bells), FAR, out=bells)
    exponential: NDArray[np.float32] = np.exp(np.negative(bells, out=bells), out=bells)
    return exponential


def distances(
    ink: NDArray[np.bool_], x: NDArray[np.int64], y: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return how far the points (n,) are from the nearest paper, in pixels, (n,).

    `ink` is bool (h, w), its border is paper, and it has less than 128 pixels a side. Looks down
    each column first, then across (T. Saito, J. Toriwaki, Euclidean distance transformation,
    Pattern Recognition 27, 1994): for a few points, in a third of the time of SciPy's for all.
    """
    height, width = ink.shape
    rows = np.arange(height, dtype=np.int16)[:, np.newaxis]
    above = np.maximum.accumulate(np.where(ink, 0, rows))
    below = np.minimum.accumulate(np.where(ink, height - 1, rows)[::-1])[::-1]
    down = np.minimum(rows - above, below - rows)[y]
    across = np.arange(width, dtype=np.int16) - x.astype(np.int16)[:, np.newaxis]
    away: NDArray[np.float64] = np.sqrt((down**2 + across**2).min(axis=1), dtype=np.float64)
    return away


def _resize(ink: NDArray[np.bool_], longest: int) -> NDArray[np.bool_]:
    factor = longest / max(ink.shape)
    size = (max(1, round(ink.shape[1] * factor)), max(1, round(ink.shape[0] * factor)))
    picture = Image.fromarray(ink.view(np.uint8) * np.uint8(255))
    cover = np.asarray(picture.resize(size, Image.Resampling.BILINEAR))
    resized = cover >= min(128, int(cover.max()))
    if _thickness(ink) * factor < THIN:
        # A thin stroke fades and breaks when it is made smaller; its middle line does not.
        y, x = np.nonzero(skeletonize(_padded(ink))[1:-1, 1:-1])  # type: ignore[no-untyped-call]  # as above
        resized[(y * factor).astype(int).clip(max=size[1] - 1),
                (x * factor).astype(int).clip(max=size[0] - 1)] = True  # fmt: skip
    return resized


def _padded(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Put a pixel of paper around it."""
    padded = np.zeros((ink.shape[0] + 2, ink.shape[1] + 2), np.bool_)
    padded[1:-1, 1:-1] = ink
    return padded


def _thickness(ink: NDArray[np.bool_]) -> float:
    """Return about how many pixels the strokes are thick, 2 at the least."""
    beside = ink[1:-1, :-2] & ink[1:-1, 2:]
    inner = ink[1:-1, 1:-1] & ink[:-2, 1:-1] & ink[2:, 1:-1] & beside
    area = np.count_nonzero(ink)
    return 2 * area / (area - np.count_nonzero(inner))
