"""A row of pictures that explains one glyph: from its ink to what it was taken for, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digitwatch.recording.annotation import FAINT, FRAME, LOOKS, TEXT, ShownMark, draw_grid
from digitwatch.recording.lettering import font
from digitwatch.recording.record import NO_DIGIT, OK, REVIEW, Grid, percent

SIDE = 160
"""Of the evened glyph, of its grid, and of its four planes together."""
TITLE = 56
"""Height of a step's number and words above its picture."""
ROW = SIDE + 46
LEFTS = (24, 208, 392, 576, 880)
LONGEST_BAR = 220


@dataclass(frozen=True)
class Neighbour:
    """A grid that the model learned from: its digit or `?`, and how far it is from the glyph's."""

    text: str
    grid: Grid
    distance: float


@dataclass(frozen=True, eq=False)
class Step:
    """What became of one glyph, step by step.

    Attributes:
        number: Its place in the reading order, from 1.
        shown: What was read.
        evened: The normalised glyph, (S, S), ink from 0 to 1.
        planes: Stroke directions, (4, 8, 8), of any unit: down, rising, across, falling.
        probabilities: Of 0 to 9, each 0..1.
        neighbours: The nearest first.
    """

    number: int
    shown: ShownMark
    evened: NDArray[np.float64]
    planes: NDArray[np.float32]
    probabilities: tuple[float, ...]
    neighbours: Sequence[Neighbour]


def draw_title(draw: ImageDraw.ImageDraw, title: str, words: str, corner: tuple[int, int]) -> None:
    """Write what a step is called, and below it what it shows."""
    left, top = corner
    draw.text((left, top + 24), title, TEXT, font(19), anchor="ls", stroke_width=0.4)
    draw.text((left, top + 44), words, FAINT, font(15), anchor="ls")


def draw_step_titles(draw: ImageDraw.ImageDraw, top: int) -> None:
    """Write the titles of the five steps of a glyph side by side."""
    titles = (
        ("4  Evened", "one pen, upright"),
        ("5  Grid", "ink in 8 x 8 cells"),
        ("6  Directions", "how strokes run"),
        ("7  Probabilities", "of each digit; ?: of no digit at all"),
        ("8  Nearest", "it learned from these; the numbers: how far"),
    )
    for left, (title, words) in zip(LEFTS, titles, strict=True):
        draw_title(draw, title, words, (left, top))


def draw_step(canvas: Image.Image, step: Step, top: int) -> None:
    """Draw the five steps of a glyph side by side."""
    ink = np.round(255 * (1 - step.evened.clip(0, 1))).astype(np.uint8)
    evened = Image.fromarray(ink).resize((SIDE, SIDE), Image.Resampling.NEAREST)
    canvas.paste(evened, (LEFTS[0], top))
    draw = ImageDraw.Draw(canvas)
    draw.rectangle((LEFTS[0], top, LEFTS[0] + SIDE, top + SIDE), outline=FRAME)
    draw_grid(canvas, step.shown.mark.grid, (LEFTS[1], top), SIDE // 8)
    _draw_planes(canvas, step.planes, (LEFTS[2], top))
    _draw_bars(draw, step, (LEFTS[3], top))
    _draw_neighbours(canvas, step, (LEFTS[4], top))


def caption(step: Step) -> str:
    """What is said of a glyph that is one of several."""
    mark = step.shown.mark
    if mark.digit is None:
        return f"mark {step.number}: taken for no digit"
    return f"mark {step.number}: read as {mark.digit}, {percent(mark.confidence)} % sure"


def _draw_planes(canvas: Image.Image, planes: NDArray[np.float32], corner: tuple[int, int]) -> None:
    """Draw the four planes in a square, each with a short stroke that shows its direction."""
    side = SIDE // 2 - 8
    shown = 16 * planes / max(float(planes.max()), 1e-6)
    draw = ImageDraw.Draw(canvas)
    strokes = ((0, -7, 0, 7), (-5, 5, 5, -5), (-7, 0, 7, 0), (-5, -5, 5, 5))
    for place, (plane, stroke) in enumerate(zip(shown, strokes, strict=True)):
        left = corner[0] + place % 2 * (SIDE // 2 + 8)
        top = corner[1] + place // 2 * (SIDE // 2 + 8)
        draw_grid(canvas, tuple(map(tuple, plane.tolist())), (left, top), side // 8)
        draw.ellipse((left - 10, top - 8, left + 10, top + 12), fill="white", outline=FRAME)
        ends = [(left + x, top + 2 + y) for x, y in (stroke[:2], stroke[2:])]
        draw.line(ends, fill=LOOKS[OK].colour, width=3)


def _draw_bars(draw: ImageDraw.ImageDraw, step: Step, corner: tuple[int, int]) -> None:
    """Draw a bar for each digit, and one for what they lack of certainty: no digit at all."""
    left, top = corner
    likely = (*step.probabilities, max(1 - sum(step.probabilities), 0.0))
    read = len(step.probabilities) if step.shown.mark.digit is None else step.shown.mark.digit
    for place, probability in enumerate(likely):
        base = top + 12 + 15 * place
        colour = step.shown.colour if place == read else FAINT
        name = str(place) if place < len(step.probabilities) else NO_DIGIT
        draw.text((left + 6, base), name, colour, font(14), anchor="ms")
        length = round(LONGEST_BAR * probability)
        draw.rectangle((left + 18, base - 10, left + 19 + length, base), fill=colour)
        if percent(probability):
            words = f"{percent(probability)} %"
            draw.text((left + 26 + length, base), words, TEXT, font(14), anchor="ls")


def _draw_neighbours(canvas: Image.Image, step: Step, corner: tuple[int, int]) -> None:
    """Draw two rows of small grids, the nearest first, and tell those of another label apart."""
    draw = ImageDraw.Draw(canvas)
    for place, neighbour in enumerate(step.neighbours):
        left, top = corner[0] + place % 4 * 75, corner[1] + place // 4 * 88
        draw_grid(canvas, neighbour.grid, (left, top), 7)
        colour = LOOKS[OK if neighbour.text == step.shown.mark.text else REVIEW].colour
        draw.text((left, top + 76), neighbour.text, colour, font(18), anchor="ls")
        far = f"{neighbour.distance:.1f}"
        draw.text((left + 56, top + 76), far, FAINT, font(13), anchor="rs")
