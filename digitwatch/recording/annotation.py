"""What is drawn on and beside a page: boxes round its marks, their grids, signs and colours.

A canvas is RGB, or one of `PALETTE`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digitwatch.recording.cutting import Area, cut
from digitwatch.recording.lettering import length
from digitwatch.recording.palette import Palette, Pen
from digitwatch.recording.record import BLANK, ERROR, OK, REVIEW, Grid, Mark

PAPER, FRAME, TEXT, FAINT = "#e8edf3", "#b9c2cd", "#1b2530", "#4b5766"

HEADROOM = 6
"""Pixels above a panel where nothing stands and a tag may."""

SMALL = 24
"""Pixels of a mark's height up to which its box has thin lines."""


@dataclass(frozen=True)
class Look:
    """How a status is shown: its words, and a colour on which white is read easily."""

    words: str
    colour: str


# Blue and orange differ for every kind of colour blindness (Okabe and Ito, 2008).
LOOKS = {
    OK: Look("read", "#005f9e"),
    REVIEW: Look("please check", "#b34a00"),
    BLANK: Look("nothing drawn", "#566270"),
    ERROR: Look("could not be read", "#7a1f55"),
}

PALETTE = Palette(
    inks=(
        (PAPER, TEXT),
        (PAPER, FAINT),
        *((PAPER, look.colour) for look in LOOKS.values()),
        *((look.colour, "white") for look in LOOKS.values()),
    ),
    other=FRAME,
)


@dataclass(frozen=True)
class ShownMark:
    """A mark, and whether a person should look at it."""

    mark: Mark
    doubtful: bool

    @property
    def colour(self) -> str:
        """The colour of its box and of its digit."""
        return LOOKS[REVIEW if self.doubtful else OK].colour


def view(shape: tuple[int, ...], marks: Sequence[ShownMark]) -> Area:
    """Choose the part of the page to show: the marks, and what is round them.

    Round one mark as much again on each side; round several less, so that a sheet with a few lines
    is not shown as an empty one.
    """
    height, width = shape[:2]
    if not marks:
        return (0, 0, width, height)
    lefts, tops, rights, bottoms = zip(*(shown.mark.box for shown in marks), strict=True)
    left, top, right, bottom = min(lefts), min(tops), max(rights), max(bottoms)
    around = max(right - left, bottom - top)
    if len(marks) > 1:
        around = max(around // 4, 2 * usual_height(marks))
    return (
        max(left - around, 0),
        max(top - around, 0),
        min(right + around, width),
        min(bottom + around, height),
    )


def usual_height(marks: Sequence[ShownMark]) -> int:
    """The median height of the marks, in pixels of their page."""
    heights = sorted(shown.mark.box[3] - shown.mark.box[1] for shown in marks)
    return heights[len(heights) // 2]


def draw_page(
    canvas: Image.Image, panel: Area, pixels: NDArray[np.uint8], marks: Sequence[ShownMark]
) -> None:
    """Draw the page as large as the panel has room for, in its middle, with a box for each mark."""
    part = view(pixels.shape, marks)
    width, height = part[2] - part[0], part[3] - part[1]
    scale = min((panel[2] - panel[0]) / width, (panel[3] - panel[1]) / height)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    left, top = (panel[0] + panel[2] - size[0]) // 2, (panel[1] + panel[3] - size[1]) // 2
    # The colours are found before a tiny drawing is enlarged: its pixels stay what they are.
    picture = PALETTE.adapted(canvas, cut(pixels, part, size))
    canvas.paste(picture.resize(size, Image.Resampling.NEAREST), (left, top))
    frame = (left - 1, top - 1, left + size[0], top + size[1])
    ImageDraw.Draw(canvas).rectangle(frame, outline=PALETTE.ink(canvas, FRAME))
    if marks:
        origin = left - part[0] * scale, top - part[1] * scale
        _draw_marks(canvas, panel, marks, origin, scale)


def _draw_marks(
    canvas: Image.Image,
    panel: Area,
    marks: Sequence[ShownMark],
    origin: tuple[float, float],
    scale: float,
) -> None:
    """Draw a box round each mark and, where there are several, what it was read as beside it."""
    height = usual_height(marks) * scale
    line = 2 if height > SMALL else 1
    boxes = []
    for shown in marks:
        x0, y0, x1, y1 = (
            round(origin[side % 2] + scale * edge) for side, edge in enumerate(shown.mark.box)
        )
        boxes.append((x0 - line - 1, y0 - line - 1, x1 + line, y1 + line))
        _draw_box(canvas, boxes[-1], shown, line)
    if len(marks) > 1:
        room = (panel[0], max(panel[1] - HEADROOM, 0), panel[2], panel[3])
        _draw_tags(canvas, room, boxes, marks, max(9, min(round(0.5 * height), 14)))


def _draw_box(canvas: Image.Image, box: Area, shown: ShownMark, line: int) -> None:
    """Draw a closed box round what is sure, and a dashed one round what is doubtful."""
    left, top, right, bottom = box
    draw = ImageDraw.Draw(canvas)
    white, colour = PALETTE.ink(canvas, "white"), PALETTE.ink(canvas, shown.colour)
    # White under the line keeps it apart from a dark drawing.
    draw.rectangle((left - 1, top - 1, right + 1, bottom + 1), outline=white, width=line + 2)
    draw.rectangle(box, outline=colour, width=line)
    if not shown.doubtful:
        return
    dash, thick = 2 * line, line - 1
    for x in range(left + 3 * line, right - dash + 1, 5 * line):
        draw.rectangle((x, top, x + dash - 1, top + thick), fill=white)
        draw.rectangle((x, bottom - thick, x + dash - 1, bottom), fill=white)
    for y in range(top + 3 * line, bottom - dash + 1, 5 * line):
        draw.rectangle((left, y, left + thick, y + dash - 1), fill=white)
        draw.rectangle((right - thick, y, right, y + dash - 1), fill=white)


def _draw_tags(
    canvas: Image.Image, room: Area, boxes: Sequence[Area], marks: Sequence[ShownMark], size: int
) -> None:
    """Write each digit beside its box, where it hides least of the others; doubt adds a `?`."""
    taken = np.zeros((canvas.height, canvas.width), np.bool_)
    for left, top, right, bottom in boxes:
        taken[max(top, 0) : bottom + 1, max(left, 0) : right + 1] = True
    for box, shown in zip(boxes, marks, strict=True):
        doubt = "?" if shown.doubtful and shown.mark.digit is not None else ""
        tag = _tag(shown.mark.text + doubt, shown.colour, size)
        left, top = _corner(taken, room, box, tag.size)
        taken[top : top + tag.height, left : left + tag.width] = True
        canvas.paste(tag, (left, top))


def _corner(
    taken: NDArray[np.bool_], room: Area, box: Area, size: tuple[int, int]
) -> tuple[int, int]:
    """Choose the place of a tag: best above its box, else beside it or below it.

    Where it would hide half of itself in others, it rather stands in its own box.
    """
    left, top, right, bottom = box
    wide, high = size
    places = (
        (left, top - high),
        (right + 1 - wide, top - high),
        (right + 1, top),
        (left, bottom + 1),
        (left - wide, top),
        (left, top),
    )
    *outside, inside = [
        (min(max(x, room[0]), room[2] - wide), min(max(y, room[1]), room[3] - high))
        for x, y in places
    ]
    # In sixths, as a few pixels are no reason to put one tag where the others are not.
    hidden = [
        6 * int(np.count_nonzero(taken[y : y + high, x : x + wide])) // (wide * high)
        for x, y in outside
    ]
    least = min(hidden)
    return outside[hidden.index(least)] if least < 3 else inside


@lru_cache(maxsize=128)
def _tag(text: str, colour: str, size: int) -> Image.Image:
    margin = 3 if size > 11 else 2
    high = round(0.72 * size) + 2 * margin
    tag = PALETTE.canvas((length(text, size) + 2 * margin, high), colour)
    PALETTE.write(tag, (margin, high - margin), text, Pen(size, "white", colour, 0.3))
    return tag


def draw_grid(canvas: Image.Image, grid: Grid, corner: tuple[int, int], cell: int) -> None:
    """Draw the 8x8 counts as squares, dark for ink; `cell` is the side of one in pixels."""
    grey = np.rint(255 - 255 / 16 * np.asarray(grid)).clip(0, 255).astype(np.uint8)
    squares = PALETTE.adapted(canvas, Image.fromarray(grey))
    side = 8 * cell
    canvas.paste(squares.resize((side, side), Image.Resampling.NEAREST), corner)
    canvas.paste(PALETTE.ink(canvas, FRAME), corner, _lines(cell))


@lru_cache(maxsize=16)
def _lines(cell: int) -> Image.Image:
    """Return the lines of a grid as a mask; between the smallest cells they would hide them."""
    lines = np.zeros((8 * cell + 1, 8 * cell + 1), np.uint8)
    step = cell if cell > 8 else 8 * cell
    lines[::step] = lines[:, ::step] = 255
    return Image.fromarray(lines)


@lru_cache(maxsize=16)
def sign(status: str, side: int) -> Image.Image:
    """Return the sign of a status as a mask: tick, question mark, empty circle, or cross.

    It is drawn large and shrunk, which smooths its edges.
    """
    large = Image.new("L", (96, 96))
    draw = ImageDraw.Draw(large)
    if status == OK:
        draw.line(((12, 50), (38, 78), (86, 18)), fill=255, width=16, joint="curve")
    elif status == REVIEW:
        draw.arc((22, 4, 74, 56), 170, 90, fill=255, width=15)
        draw.line(((48, 48), (48, 66)), fill=255, width=15)
        draw.ellipse((39, 74, 57, 92), fill=255)
    elif status == BLANK:
        draw.ellipse((12, 12, 84, 84), outline=255, width=12)
    else:
        draw.line((18, 18, 78, 78), fill=255, width=16)
        draw.line((18, 78, 78, 18), fill=255, width=16)
    return large.resize((side, side), Image.Resampling.BOX)
