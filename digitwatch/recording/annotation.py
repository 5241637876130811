"""What is drawn on and beside a page: boxes round its marks, their grids, signs and colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digitwatch.recording.lettering import font
from digitwatch.recording.record import BLANK, ERROR, OK, REVIEW, Grid, Mark

PAPER, FRAME, TEXT, FAINT = "#e8edf3", "#b9c2cd", "#1b2530", "#4b5766"

Area = tuple[int, int, int, int]
"""Left, top, right, bottom; right and bottom are outside."""


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
    """Choose the part of the page to show: the marks, and as much again on each side of them."""
    height, width = shape[:2]
    if not marks:
        return (0, 0, width, height)
    lefts, tops, rights, bottoms = zip(*(shown.mark.box for shown in marks), strict=True)
    left, top, right, bottom = min(lefts), min(tops), max(rights), max(bottoms)
    around = max(right - left, bottom - top)
    return (
        max(left - around, 0),
        max(top - around, 0),
        min(right + around, width),
        min(bottom + around, height),
    )


def draw_page(
    canvas: Image.Image, panel: Area, pixels: NDArray[np.uint8], marks: Sequence[ShownMark]
) -> None:
    """Draw the page as large as the panel has room for, in its middle, with a box for each mark."""
    part = view(pixels.shape, marks)
    width, height = part[2] - part[0], part[3] - part[1]
    scale = min((panel[2] - panel[0]) / width, (panel[3] - panel[1]) / height)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    left, top = (panel[0] + panel[2] - size[0]) // 2, (panel[1] + panel[3] - size[1]) // 2
    canvas.paste(_cut(pixels, part, size), (left, top))
    draw = ImageDraw.Draw(canvas)
    draw.rectangle((left - 1, top - 1, left + size[0], top + size[1]), outline=FRAME)
    for shown in marks:
        x0, y0, x1, y1 = shown.mark.box
        x0, x1 = (left + round((x - part[0]) * scale) for x in (x0, x1))
        y0, y1 = (top + round((y - part[1]) * scale) for y in (y0, y1))
        box = (x0 - 3, y0 - 3, x1 + 2, y1 + 2)
        _draw_box(draw, box, shown)
        if len(marks) > 1:
            _draw_tag(draw, box, shown, panel[1])


def _cut(pixels: NDArray[np.uint8], part: Area, size: tuple[int, int]) -> Image.Image:
    """Scale one part of the page; the pixels of a tiny drawing stay what they are."""
    cut = pixels[part[1] : part[3], part[0] : part[2]]
    if cut.strides[2] == 0:  # a grey page shows one plane three times: there is no need to copy it
        cut = cut[:, :, 0]
    picture = Image.fromarray(np.ascontiguousarray(cut))
    if size[0] > 3 * picture.width:
        return picture.resize(size, Image.Resampling.NEAREST)
    # Bilinear takes in all the area when it shrinks, so that no thin stroke falls through.
    return picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=1.5)


def _draw_box(draw: ImageDraw.ImageDraw, box: Area, shown: ShownMark) -> None:
    """Draw a closed box round what is sure, and a dashed one round what is doubtful."""
    left, top, right, bottom = box
    # White under the line keeps it apart from a dark drawing.
    draw.rectangle((left - 1, top - 1, right + 1, bottom + 1), outline="white", width=4)
    draw.rectangle(box, outline=shown.colour, width=2)
    if not shown.doubtful:
        return
    for x in range(left + 6, right - 3, 10):
        draw.rectangle((x, top, x + 3, top + 1), fill="white")
        draw.rectangle((x, bottom - 1, x + 3, bottom), fill="white")
    for y in range(top + 6, bottom - 3, 10):
        draw.rectangle((left, y, left + 1, y + 3), fill="white")
        draw.rectangle((right - 1, y, right, y + 3), fill="white")


def _draw_tag(draw: ImageDraw.ImageDraw, box: Area, shown: ShownMark, ceiling: int) -> None:
    """Write the digit above its box, or in it where there is no room; doubt adds a `?`."""
    doubt = "?" if shown.doubtful and shown.mark.digit is not None else ""
    text = shown.mark.text + doubt
    width = round(font(14).getlength(text)) + 6
    left, bottom = box[0], box[1] if box[1] - 16 >= ceiling else box[1] + 16
    draw.rectangle((left, bottom - 16, left + width, bottom), fill=shown.colour)
    draw.text((left + 3, bottom - 3), text, "white", font(14), anchor="ls", stroke_width=0.3)


def draw_grid(canvas: Image.Image, grid: Grid, corner: tuple[int, int], cell: int) -> None:
    """Draw the 8x8 counts as squares, dark for ink; `cell` is the side of one in pixels."""
    ink = np.clip(np.asarray(grid) / 16, 0, 1)
    squares = Image.fromarray(np.round(255 * (1 - ink)).astype(np.uint8))
    side = 8 * cell
    canvas.paste(squares.resize((side, side), Image.Resampling.NEAREST), corner)
    draw = ImageDraw.Draw(canvas)
    left, top = corner
    # Lines between the smallest cells would hide them.
    for step in range(0, side + 1, cell if cell > 8 else side):
        draw.line((left + step, top, left + step, top + side), fill=FRAME)
        draw.line((left, top + step, left + side, top + step), fill=FRAME)


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
