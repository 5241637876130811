"""Digits drawn by rule, the way people draw them: a way of writing, a hand, and a pen.

The ways of writing are in `templates`. The hand changes them (smoothly bent, slanted, stretched,
turned), and the pen makes them ink, as `reading.segment` would find it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from PIL import Image, ImageDraw

from digitwatch.learning.templates import DIGITS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Strokes: TypeAlias = tuple[NDArray[np.float64], ...]  # of each stroke its points, (n, 2)


HEIGHT = 96  # px, about what a digit has at the resolution that ink is found at
STEPS = 8  # points drawn between two points of a template
KNOTS = 4  # of the warp, each way
WARP = 0.13  # of the digit's size
JITTER = 0.04
STRETCH = 0.25  # of the logarithm of the width
SLANT = 0.25
TURN = np.radians(5)
THINNEST, THICKEST = 0.02, 0.2  # pens, of the digit's height


def draw_mask(strokes: Strokes, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Draw a way of writing by some hand with some pen; return its ink, bool (h, w)."""
    written = _write(strokes, rng)
    pen = HEIGHT * THINNEST * (THICKEST / THINNEST) ** rng.random()
    return _ink(written, pen)


def ways_of_writing(digit: int) -> list[Strokes]:
    """Return the strokes of every template of a digit."""
    return [parse(text) for text in DIGITS[digit].values()]


@cache
def parse(text: str) -> Strokes:
    """Return the points of a template's text (see `templates`), 0..1 down, 0..about 0.6 across."""
    return tuple(
        np.array([[float(n) for n in point.split(",")] for point in stroke.split()]) / 100
        for stroke in text.split(";")
    )


def _write(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """Change the strokes as another hand would, and scale them to HEIGHT pixels."""
    smooth = [_curve(points) for points in _shaken(strokes, rng)]
    joined = np.concatenate(smooth)
    low, span = joined.min(axis=0), np.maximum(np.ptp(joined, axis=0), 0.05)
    bend = rng.normal(0, WARP, (KNOTS, KNOTS, 2))
    turn, slant = rng.normal(0, TURN), rng.normal(0, SLANT)
    stretch = np.exp(rng.normal(0, STRETCH))
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = matrix @ np.array([[stretch, -slant], [0, 1]])
    size = span.max()
    written = [
        (points + size * _bent((points - low) / span, bend)) @ matrix.T for points in smooth
    ]
    height = max(np.ptp(np.concatenate(written), axis=0))
    return tuple(points * HEIGHT / height for points in written)


def _shaken(strokes: Strokes, rng: np.random.Generator) -> list[NDArray[np.float64]]:
    """Move each point a little; points that coincide (corners, joints) stay together."""
    places, which = np.unique(np.concatenate(strokes), axis=0, return_inverse=True)
    moved = (places + rng.normal(0, JITTER, places.shape))[which]
    return np.split(moved, np.cumsum([len(points) for points in strokes])[:-1])


def _curve(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a smooth curve through the points (Catmull and Rom, 1974), (m, 2)."""
    before = np.concatenate([points[:1], points[:-1]])[:-1, None]
    after = np.concatenate([points[1:], points[-1:]])[1:, None]
    start, end = points[:-1, None], points[1:, None]
    t = np.linspace(0, 1, STEPS, endpoint=False)[None, :, None]
    curve = 0.5 * (
        2 * start
        + (end - before) * t
        + (2 * before - 5 * start + 4 * end - after) * t**2
        + (3 * start - before - 3 * end + after) * t**3
    )
    return np.concatenate([curve.reshape(-1, 2), points[-1:]])


def _bent(position: NDArray[np.float64], bend: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the smooth displacement at positions 0..1 (n, 2), cubic B-splines over the knots."""
    across, down = _weights(position[:, 0]), _weights(position[:, 1])
    moved: NDArray[np.float64] = np.einsum("ni,nj,ijk->nk", down, across, bend)
    return moved


def _weights(position: NDArray[np.float64]) -> NDArray[np.float64]:
    knots = np.linspace(0, 1, KNOTS)
    weights = np.exp(-0.5 * ((position[:, None] - knots) * (KNOTS - 1) / 0.7) ** 2)
    shares: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
    return shares


def _ink(strokes: Strokes, pen: float) -> NDArray[np.bool_]:
    margin = int(pen) + 2
    joined = np.concatenate(strokes)
    low, high = joined.min(axis=0), joined.max(axis=0)
    width, height = np.ceil(high - low).astype(int) + 2 * margin
    image = Image.new("L", (int(width), int(height)))
    draw = ImageDraw.Draw(image)
    for points in strokes:
        path = [(float(x), float(y)) for x, y in points - low + margin]
        draw.line(path, fill=255, width=max(1, round(pen)))
        for x, y in path:
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
    return np.asarray(image) > 127
