"""A contact sheet: the thumbnails of many drawings in one picture, each with its words."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from digitwatch.recording.annotation import FAINT, FRAME, PAPER, TEXT
from digitwatch.recording.lettering import fit, font
from digitwatch.recording.thumbnail import HEIGHT, WIDTH

ACROSS, GAP = 3, 16
TITLE, WORDS = 44, 44
"""Pixels for the title of a part, and for the words below a thumbnail."""


@dataclass(frozen=True)
class Frame:
    """One drawing of the sheet: its thumbnail (PNG bytes), what it is, and which file it was."""

    thumbnail: bytes
    words: str
    file: str


@dataclass(frozen=True)
class Part:
    """The drawings that belong together, below a title."""

    title: str
    frames: Sequence[Frame]


def draw_contact_sheet(parts: Sequence[Part]) -> bytes:
    """Draw the parts below each other, three thumbnails side by side.

    Returns:
        A PNG, 1,504 pixels wide, with the thumbnails at their full size; the tall ones of pages
        with many digits are reduced.
    """
    rows = [-(-len(part.frames) // ACROSS) for part in parts]
    step = HEIGHT + WORDS + GAP
    size = ACROSS * (WIDTH + GAP) + GAP, sum(TITLE + count * step for count in rows) + GAP
    sheet = Image.new("RGB", size, "white")
    top = GAP
    for part, count in zip(parts, rows, strict=True):
        ImageDraw.Draw(sheet).text((GAP, top + 24), part.title, TEXT, font(24), anchor="ls")
        for place, frame in enumerate(part.frames):
            left = GAP + place % ACROSS * (WIDTH + GAP)
            _draw_frame(sheet, frame, (left, top + TITLE + place // ACROSS * step))
        top += TITLE + count * step
    png = io.BytesIO()
    sheet.quantize(256, dither=Image.Dither.NONE).save(png, "PNG")
    return png.getvalue()


def _draw_frame(sheet: Image.Image, frame: Frame, corner: tuple[int, int]) -> None:
    left, top = corner
    with Image.open(io.BytesIO(frame.thumbnail), formats=["PNG"]) as png:
        picture = png.convert("RGB")
    picture.thumbnail((WIDTH, HEIGHT))
    sheet.paste(PAPER, (left, top, left + WIDTH, top + HEIGHT))
    sheet.paste(picture, (left + (WIDTH - picture.width) // 2, top))
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((left - 1, top - 1, left + WIDTH, top + HEIGHT), outline=FRAME)
    draw.text(
        (left, top + HEIGHT + 19),
        fit(frame.words, 18, WIDTH),
        TEXT,
        font(18),
        anchor="ls",
        stroke_width=0.3,
    )
    draw.text((left, top + HEIGHT + 37), fit(frame.file, 13, WIDTH), FAINT, font(13), anchor="ls")
