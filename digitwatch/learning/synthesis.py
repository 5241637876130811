"""Digits drawn by rule, the way people draw them: a way of writing, a hand, and a pen.

The ways of writing are in `templates`. The hand changes them (smoothly bent, slanted, stretched,
turned), and the pen makes them ink, as `reading.segment` would find it.
"""

from collections.abc import Sequence
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digitwatch.learning.data import NO_DIGIT
from digitwatch.learning.templates import DIGITS, MARKS

Strokes: TypeAlias = Sequence[NDArray[np.float64]]  # of each stroke its points, (n, 2)

HEIGHT = 96  # px, about what a digit has at the resolution that ink is found at
STEPS = 8  # points drawn between two points of a template
KNOTS = 4  # of the bending, each way
KNOT_WIDTH = 0.7  # sigma, in distances of knots
NARROWEST = 0.05  # of the height: a straight line has no width
CALM_BEND = 0.05  # sigma, of the digit's size: everybody can read it
USUAL_BEND = 0.10  # about as people differ from a template
WIDE_BEND = 0.15  # more than they do: what is learned from it covers more hands
JITTER = 0.03  # of the digit's height
STRETCH = 0.25  # of the logarithm of the width
SLANT = 0.25
TURN = np.radians(5)
THINNEST, THICKEST = 0.02, 0.2  # pens, of the digit's height
UNNAMED_MARKS = 24  # beside the templates: as many scribbles as pairs of digits
PICTURE_SIZE = (400, 400)
PICTURE_FILLED = 0.6  # of the picture's shorter side
SMOOTHED = 4  # an anti-aliased line is drawn so many times larger first


def draw_mask(
    label: int, index: int, rng: np.random.Generator, bend: float = USUAL_BEND
) -> NDArray[np.bool_]:
    """Draw a digit, or a mark for NO_DIGIT, by some hand with some pen: its ink, bool (h, w).

    It is drawn in the `index`-th way of writing, and round again.
    """
    strokes = mark(index, rng) if label == NO_DIGIT else way_of_writing(label, index)
    return draw_strokes(strokes, rng, bend)


def draw_strokes(
    strokes: Strokes, rng: np.random.Generator, bend: float = USUAL_BEND
) -> NDArray[np.bool_]:
    """Draw these strokes by some hand with some pen: their ink, bool (h, w)."""
    pen = HEIGHT * THINNEST * (THICKEST / THINNEST) ** rng.random()
    return _ink(_write(strokes, rng, bend), pen)


def draw_picture(
    digit: int,
    rng: np.random.Generator,
    size: tuple[int, int] = PICTURE_SIZE,
    *,
    smooth: bool = True,
    bend: float = CALM_BEND,
) -> NDArray[np.uint8]:
    """Draw a digit in a dark colour on white, as Paint would save it: uint8 (h, w, 3).

    `size` is (width, height) in pixels; `smooth` makes the edges anti-aliased; `bend` is how far
    the hand strays from the way of writing, of the digit's size.
    """
    width, height = size
    factor = SMOOTHED if smooth else 1
    scale = PICTURE_FILLED * min(size) * factor / HEIGHT
    strokes = way_of_writing(digit, int(rng.integers(len(DIGITS[digit]))))
    written = _write(strokes, rng, bend)
    ink = _ink([scale * points for points in written], scale * HEIGHT * rng.uniform(0.04, 0.12))
    canvas = Image.new("L", (width * factor, height * factor))
    corner = ((canvas.width - ink.shape[1]) // 2, (canvas.height - ink.shape[0]) // 2)
    canvas.paste(Image.fromarray(ink.astype(np.uint8) * 255), corner)
    cover = np.asarray(canvas.reduce(factor), dtype=np.float64)[:, :, None] / 255
    colour = rng.integers(0, 120, 3)
    return np.rint(255 - cover * (255 - colour)).astype(np.uint8)


def way_of_writing(digit: int, index: int) -> Strokes:
    """Return the strokes of one of a digit's templates, 0..1 down; `index` may be any."""
    texts = list(DIGITS[digit].values())
    return parse(texts[index % len(texts)])


def mark(index: int, rng: np.random.Generator) -> Strokes:
    """Return the strokes of no digit: a letter or sign, a scribble, or two digits at once."""
    which = index % (len(MARKS) + UNNAMED_MARKS)
    if which < len(MARKS):
        return parse(list(MARKS.values())[which])
    if which % 2:
        return [rng.random((rng.integers(3, 10), 2)) for _ in range(rng.integers(1, 4))]
    left, right = (way_of_writing(int(rng.integers(10)), int(rng.integers(99))) for _ in "LR")
    beside = np.array([rng.uniform(0.5, 0.9), 0.0])
    return [*left, *(points + beside for points in right)]


@cache
def parse(text: str) -> Strokes:
    """Return the points of a template's text (see `templates`), 0..1 down, 0..about 0.6 across."""
    return [
        np.array([point.split(",") for point in stroke.split()], dtype=np.float64) / 100
        for stroke in text.split(";")
    ]


def _write(strokes: Strokes, rng: np.random.Generator, bend: float) -> Strokes:
    """Change the strokes as a hand would; its longer side becomes HEIGHT pixels."""
    curves = [_curve(points) for points in _shaken(strokes, rng)]
    joined = np.concatenate(curves)
    low, span = joined.min(axis=0), np.ptp(joined, axis=0)
    span = np.maximum(span, NARROWEST)
    knots = rng.normal(0, bend, (KNOTS, KNOTS, 2))
    turn, slant = rng.normal(0, TURN), rng.normal(0, SLANT)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    slanted = np.array([[np.exp(rng.normal(0, STRETCH)), -slant], [0.0, 1.0]])
    written = [
        (points + span.max() * bent((points - low) / span, knots)) @ (turned @ slanted).T
        for points in curves
    ]
    scale = HEIGHT / np.ptp(np.concatenate(written), axis=0).max()
    return [scale * points for points in written]


def _shaken(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """Move each point a little; points that coincide (corners, joints) stay together."""
    places, which = np.unique(np.concatenate(strokes), axis=0, return_inverse=True)
    moved = (places + rng.normal(0, JITTER, places.shape))[which]
    return np.split(moved, np.cumsum([len(points) for points in strokes])[:-1])


def _curve(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a smooth curve through the points (Catmull and Rom, 1974), (m, 2)."""
    around = np.concatenate([points[:1], points, points[-1:]])[:, None]
    before, start, end, after = around[:-3], around[1:-2], around[2:-1], around[3:]
    t = np.linspace(0, 1, STEPS, endpoint=False)[:, None]
    curve = (
        start
        + (end - before) * t / 2
        + (before - 2.5 * start + 2 * end - after / 2) * t**2
        + (3 * (start - end) + after - before) * t**3 / 2
    )
    return np.concatenate([curve.reshape(-1, 2), points[-1:]])


def bent(position: NDArray[np.float64], knots: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the smooth displacement at positions 0..1, (n, 2), given that of knots (4, 4, 2)."""
    away = (position[:, :, None] - np.linspace(0, 1, KNOTS)) * (KNOTS - 1) / KNOT_WIDTH
    weights = np.exp(-0.5 * away**2)
    weights /= weights.sum(axis=2, keepdims=True)
    moved: NDArray[np.float64] = np.einsum("ni,nj,ijk->nk", weights[:, 1], weights[:, 0], knots)
    return moved


def _ink(strokes: Strokes, pen: float) -> NDArray[np.bool_]:
    """Draw pixels with a round pen, `pen` pixels thick."""
    margin = int(pen) + 2
    joined = np.concatenate(strokes)
    low = joined.min(axis=0) - margin
    width, height = np.ceil(joined.max(axis=0) - low).astype(int) + margin
    image = Image.new("1", (int(width), int(height)))
    draw = ImageDraw.Draw(image)
    for points in strokes:
        path = [(float(x), float(y)) for x, y in points - low]
        draw.line(path, fill=1, width=max(1, round(pen)))
        for x, y in path:  # round joints and ends
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=1)
    return np.asarray(image.convert("L")) > 0  # Pillow's own array of mode 1 holds 255 for True
