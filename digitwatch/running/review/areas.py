"""Areas of a page for the review: which to show of a mark and of its line, and drawing them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digitwatch.recording.lettering import font
from digitwatch.recording.record import Mark

Area = tuple[int, int, int, int]
"""Left, top, right, bottom in page pixels; right and bottom are outside. It may leave the page."""

AROUND_MARK, AROUND_LINE = 0.35, 0.45
"""What is shown on each side, in heights of the mark or of the line's tallest."""
LONGEST_LINE = 12.0
"""Widths of a line's picture in its heights; of a longer line the part round the mark is shown."""
INK, FRAME = 0x22, (0xD5, 0x5E, 0x00)
PAPER = 255
READINGS, LETTERS = 76, 60
"""Pixels of what stands below a line, and of its letters: the page shows a third of them."""


def area_of_mark(mark: Mark, wider: float = 1.0) -> Area:
    """What is round a mark, with room on every side, and so much wider than it is high."""
    left, top, right, bottom = mark.box
    longest = max(right - left, bottom - top)
    down = longest + 2 * max(round(AROUND_MARK * longest), 2)
    across = round(down * wider)
    left, top = (left + right - across) // 2, (top + bottom - down) // 2
    return (left, top, left + across, top + down)


def area_of_line(marks: Sequence[Mark], place: int) -> Area:
    """The part of the page with the line of a mark, or as much of it as LONGEST_LINE lets in."""
    asked = marks[place]
    lefts, tops, rights, bottoms = zip(
        *(mark.box for mark in marks if mark.line == asked.line), strict=True
    )
    tallest = max(bottom - top for top, bottom in zip(tops, bottoms, strict=True))
    around = max(round(AROUND_LINE * tallest), 2)
    left, top, right, bottom = (
        min(lefts) - around, min(tops) - around, max(rights) + around, max(bottoms) + around,
    )  # fmt: skip
    widest = round(LONGEST_LINE * (bottom - top))
    if right - left > widest:
        middle = (asked.box[0] + asked.box[2]) // 2
        left = min(max(left, middle - widest // 2), right - widest)
        right = left + widest
    return (left, top, right, bottom)


def part_of_page(pixels: NDArray[np.uint8], area: Area, size: tuple[int, int]) -> Image.Image:
    """Cut an area out of a page, scaled; what lies outside of the page has its usual colour there.

    Args:
        pixels: (height, width, 3) uint8 RGB.
        area: It overlaps the page.
        size: Width and height of the picture.
    """
    height, width = pixels.shape[:2]
    left, top, right, bottom = area
    inside = (max(left, 0), max(top, 0), min(right, width), min(bottom, height))
    taken = np.ascontiguousarray(pixels[inside[1] : inside[3], inside[0] : inside[2]])
    around = np.median(np.concatenate((taken[0], taken[-1], taken[:, 0], taken[:, -1])), axis=0)
    picture = Image.new("RGB", size, tuple(int(value) for value in around))
    box = _scaled(inside, area, size)
    across, down = max(box[2] - box[0], 1), max(box[3] - box[1], 1)
    scaled = Image.fromarray(taken).resize(
        (across, down), Image.Resampling.BICUBIC, reducing_gap=2.0
    )
    picture.paste(scaled, box[:2])
    return picture


def part_of_ink(
    marks: Sequence[Mark], masks: Sequence[NDArray[np.bool_]], area: Area, size: tuple[int, int]
) -> Image.Image:
    """Draw the marks that reach into an area, dark on white.

    Args:
        marks: Those of a page.
        masks: Their ink; of a large page it has fewer pixels than the mark's box.
        area: In pixels of the page.
        size: Width and height of the picture.
    """
    picture = Image.new("L", size, PAPER)
    for mark, mask in zip(marks, masks, strict=True):
        left, top, right, bottom = box = _scaled(mark.box, area, size)
        if right > 0 and bottom > 0 and left < size[0] and top < size[1]:
            shape = Image.fromarray(mask.astype(np.uint8) * np.uint8(255))
            across, down = max(box[2] - box[0], 1), max(box[3] - box[1], 1)
            picture.paste(INK, (left, top), shape.resize((across, down), reducing_gap=2.0))
    return picture.convert("RGB")


def draw_frame(picture: Image.Image, mark: Mark, area: Area) -> None:
    """Draw a frame round a mark into the picture of an area of its page."""
    left, top, right, bottom = _scaled(mark.box, area, picture.size)
    away, width = max(picture.height // 40, 3), max(picture.height // 60, 3)
    frame = (left - away - width, top - away - width, right + away + width, bottom + away + width)
    ImageDraw.Draw(picture).rounded_rectangle(frame, 2 * width, outline=FRAME, width=width)


def with_readings(
    picture: Image.Image, marks: Sequence[Mark], place: int, area: Area
) -> Image.Image:
    """Put below the picture of a line what each of its marks was read as, framed ones coloured.

    Args:
        picture: Of the line, RGB.
        marks: Those of its page.
        place: Of the mark that is asked about.
        area: That of the picture.
    """
    across, down = picture.size
    taller = Image.new("RGB", (across, down + READINGS), (PAPER,) * 3)
    taller.paste(picture)
    draw = ImageDraw.Draw(taller)
    for mark in marks:
        if mark.line == marks[place].line:
            left, _, right, _ = _scaled(mark.box, area, picture.size)
            colour = FRAME if mark is marks[place] else (INK,) * 3
            middle = ((left + right) // 2, down + READINGS // 2)
            draw.text(middle, mark.text, colour, font(LETTERS), anchor="mm")
    return taller


def _scaled(box: Area, area: Area, size: tuple[int, int]) -> Area:
    """Where something on a page comes to lie in the picture of an area."""
    across, down = size[0] / (area[2] - area[0]), size[1] / (area[3] - area[1])
    return (
        round((box[0] - area[0]) * across),
        round((box[1] - area[1]) * down),
        round((box[2] - area[0]) * across),
        round((box[3] - area[1]) * down),
    )
