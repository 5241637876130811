"""The picture that explains a reading: every step from the page to the digit, side by side."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digitwatch.recording.annotation import (
    FAINT,
    FRAME,
    LOOKS,
    PAPER,
    TEXT,
    ShownMark,
    draw_page,
    sign,
)
from digitwatch.recording.glyph_steps import (
    ROW,
    SIDE,
    TITLE,
    Step,
    caption,
    draw_step,
    draw_step_titles,
    draw_title,
)
from digitwatch.recording.lettering import fit, font, wrap

WIDTH, MARGIN, HEADER = 1200, 24, 44
SENTENCE_LINES, LINE = 3, 30
BETWEEN = 24
PAGE_WIDTH, LOWEST_PAGE, HIGHEST_PAGE = 368, 120, 300
READ, LEFT_OUT = (0, 95, 158), (176, 184, 194)


@dataclass(frozen=True, eq=False)
class ExplainedPage:
    """A page and all that was found on it.

    Attributes:
        pixels: (height, width, 3), uint8 RGB.
        ink: bool (h, w), the page reduced; all that is not paper.
        glyphs: The masks of the glyphs in reading order, bool, each cropped to its ink.
        marks: What was read of them.
        steps: Those of the glyphs that are shown in full.
    """

    pixels: NDArray[np.uint8]
    ink: NDArray[np.bool_]
    glyphs: Sequence[NDArray[np.bool_]]
    marks: Sequence[ShownMark]
    steps: Sequence[Step]


def draw_explanation(page: ExplainedPage, status: str, sentence: str, name: str) -> bytes:
    """Draw the steps from the page to what was read.

    Args:
        page: What was found.
        status: One of `ok`, `review`, `blank`, `error`.
        sentence: The reading in words.
        name: What the file is called.

    Returns:
        A PNG, 1,200 pixels wide, as high as it needs.
    """
    lines = wrap(sentence, 22, WIDTH - 2 * MARGIN, SENTENCE_LINES)
    pages = HEADER + 32 + LINE * len(lines)
    rows = pages + TITLE + _page_height(page)
    height = rows + (16 + TITLE + ROW * len(page.steps) if page.steps else MARGIN)
    canvas = Image.new("RGB", (WIDTH, height), PAPER)
    draw = ImageDraw.Draw(canvas)
    _draw_header(canvas, status, name)
    for number, line in enumerate(lines):
        draw.text((MARGIN, HEADER + 42 + LINE * number), line, TEXT, font(22), anchor="ls")
    _draw_pages(canvas, page, (pages, rows))
    if page.steps:
        _draw_step_titles(draw, page, rows + 16)
    for place, step in enumerate(page.steps):
        top = rows + 16 + TITLE + ROW * place
        draw_step(canvas, step, top)
        if len(page.marks) > 1:
            foot = (MARGIN, top + SIDE + 23)
            draw.text(foot, caption(step), step.shown.colour, font(17), anchor="ls")
    png = io.BytesIO()
    canvas.save(png, "PNG")
    return png.getvalue()


def _draw_header(canvas: Image.Image, status: str, name: str) -> None:
    look = LOOKS[status]
    draw = ImageDraw.Draw(canvas)
    draw.rectangle((0, 0, WIDTH, HEADER - 1), fill=look.colour)
    canvas.paste("white", (MARGIN, 9), sign(status, 26))
    draw.text((MARGIN + 40, 29), look.words, "white", font(21), anchor="ls", stroke_width=0.4)
    draw.text((WIDTH - MARGIN, 28), fit(name, 17, 800), "white", font(17), anchor="rs")


def _page_height(page: ExplainedPage) -> int:
    height, width = page.pixels.shape[:2]
    natural: int = PAGE_WIDTH * height // width
    return max(LOWEST_PAGE, min(natural, HIGHEST_PAGE))


def _draw_pages(canvas: Image.Image, page: ExplainedPage, rows: tuple[int, int]) -> None:
    """Show the whole page, its ink, and the glyphs from near, between two rows of the canvas."""
    top, bottom = rows
    found = len(page.marks)
    size = f"{page.pixels.shape[1]} x {page.pixels.shape[0]} pixels"
    glyphs = "the glyph in its box" if found == 1 else f"{found} glyphs in their boxes"
    pictures: list[tuple[str, str, NDArray[np.uint8], Sequence[ShownMark]]] = [
        ("1  Page", size, page.pixels, ()),
        ("2  Ink", "blue is read, grey is left out", _ink_picture(page), ()),
    ]
    if found:
        pictures.append(("3  Glyphs", glyphs, page.pixels, page.marks))
    for place, (title, words, pixels, marks) in enumerate(pictures):
        left = MARGIN + place * (PAGE_WIDTH + BETWEEN)
        draw_title(ImageDraw.Draw(canvas), title, words, (left, top))
        panel = (left, top + TITLE, left + PAGE_WIDTH, bottom)
        draw_page(canvas, panel, pixels, marks)


def _ink_picture(page: ExplainedPage) -> NDArray[np.uint8]:
    """Paint all ink of the page grey, and what belongs to a glyph in the colour of what is read."""
    height, width = page.pixels.shape[:2]
    scale = max(page.ink.shape) / max(height, width)
    colours = np.full((*page.ink.shape, 3), 255, dtype=np.uint8)
    colours[page.ink] = LEFT_OUT
    picture = Image.fromarray(colours)
    for shown, glyph in zip(page.marks, page.glyphs, strict=True):
        left, top, right, bottom = (round(side * scale) for side in shown.mark.box)
        mask = Image.fromarray(glyph.astype(np.uint8) * 255)
        size = max(right - left, 1), max(bottom - top, 1)
        picture.paste(READ, (left, top), mask.resize(size, Image.Resampling.BOX))
    return np.asarray(picture)


def _draw_step_titles(draw: ImageDraw.ImageDraw, page: ExplainedPage, top: int) -> None:
    draw.line((MARGIN, top - 4, WIDTH - MARGIN, top - 4), fill=FRAME)
    draw_step_titles(draw, top)
    if len(page.steps) < len(page.marks):
        few = f"the {len(page.steps)} least sure of {len(page.marks)}"
        draw.text((WIDTH - MARGIN, top + 24), few, FAINT, font(15), anchor="rs")
