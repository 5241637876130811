"""The annotated picture of one page: what was read, where, how surely, and what the model saw."""

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
    draw_grid,
    draw_page,
    sign,
    view,
)
from digitwatch.recording.lettering import fit, font, wrap
from digitwatch.recording.record import Mark, percent

WIDTH, HEIGHT, HEADER, MARGIN = 480, 240, 32, 8
COLOURS = 64
SHORTEST_PAGE, TALLEST_PAGE = 64, 560
CELL_WIDTH, CELL_HEIGHT = 58, 92
CELLS = (WIDTH - 2 * MARGIN) // CELL_WIDTH


@dataclass(frozen=True)
class _Caption:
    """What is said of the page in words."""

    status: str
    digits: str
    note: str
    name: str


def render(  # noqa: PLR0913 - a page has this much to say, and one caller says it
    pixels: NDArray[np.uint8] | None,
    marks: Sequence[Mark],
    status: str,
    digits: str,
    note: str,
    name: str,
    *,
    review_below: int = 0,
) -> bytes:
    """Draw the thumbnail of one page.

    Args:
        pixels: The page, (height, width, 3) RGB; None where it could not be decoded.
        marks: The glyphs in reading order, with their boxes in pixels of the page.
        status: One of `ok`, `review`, `blank`, `error`.
        digits: What was read, as it stands in the CSV.
        note: Why, in words that a person understands; in any letters, like `name`.
        name: What the file is called.
        review_below: Percent; a mark that is less sure is shown as doubtful, and so is one that
            is no digit.

    Returns:
        A PNG, 480 pixels wide; 240 high for at most one mark, and as high as it needs for more.
    """
    caption = _Caption(status, digits, note, name)
    shown = [ShownMark(mark, mark.is_doubtful(review_below)) for mark in marks]
    if pixels is None or not shown:
        canvas = _without_marks(pixels, caption)
    elif len(shown) == 1:
        canvas = _with_one_mark(pixels, caption, shown[0])
    else:
        canvas = _with_many_marks(pixels, caption, shown)
    _draw_header(canvas, caption)
    return _encode(canvas)


def _encode(canvas: Image.Image) -> bytes:
    """Return a PNG with a palette: a third as large, and FASTOCTREE finds one in a millisecond."""
    palette = canvas.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    png = io.BytesIO()
    palette.save(png, "PNG")
    return png.getvalue()


PANEL = (MARGIN, HEADER + MARGIN, 216, HEIGHT - MARGIN)
"""Where the page stands when it has at most one mark."""


def _without_marks(pixels: NDArray[np.uint8] | None, caption: _Caption) -> Image.Image:
    canvas = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    look = LOOKS[caption.status]
    if pixels is None:
        ImageDraw.Draw(canvas).rectangle(PANEL, fill="white", outline=FRAME)
        canvas.paste(look.colour, (80, 104), sign(caption.status, 64))
    else:
        draw_page(canvas, PANEL, pixels, [])
    draw = ImageDraw.Draw(canvas)
    draw.text((232, 72), look.words, look.colour, font(26), anchor="ls")
    for number, line in enumerate(wrap(caption.note, 15, WIDTH - MARGIN - 232, 7)):
        draw.text((232, 104 + 20 * number), line, TEXT, font(15), anchor="ls")
    return canvas


def _with_one_mark(pixels: NDArray[np.uint8], caption: _Caption, shown: ShownMark) -> Image.Image:
    canvas = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw_page(canvas, PANEL, pixels, [shown])
    mark = shown.mark
    draw = ImageDraw.Draw(canvas)
    draw.text((280, 128), mark.text, shown.colour, font(116), anchor="ms", stroke_width=1)
    draw.text((280, 164), f"{percent(mark.confidence)} %", TEXT, font(26), anchor="ms")
    runner_up = percent(mark.runner_up_confidence)
    if runner_up:
        words = f"or {mark.runner_up}: {runner_up} %"
        draw.text((280, 186), words, FAINT, font(15), anchor="ms")
    draw_grid(canvas, mark.grid, (344, HEADER + MARGIN), 16)
    draw.text((408, 186), "what the model saw", FAINT, font(13), anchor="ms")
    for number, line in enumerate(wrap(caption.note, 14, WIDTH - MARGIN - 232, 2)):
        draw.text((232, 211 + 18 * number), line, TEXT, font(14), anchor="ls")
    return canvas


def _with_many_marks(
    pixels: NDArray[np.uint8], caption: _Caption, marks: Sequence[ShownMark]
) -> Image.Image:
    """Put the page on top, what was read below it, and the least sure marks with their grids."""
    across = WIDTH - 2 * MARGIN
    page = _page_height(pixels.shape, marks)
    below = HEADER + MARGIN + page + 8
    note = wrap(caption.note, 14, across, 2)
    cells = below + 36 + 18 * len(note) + 24
    canvas = Image.new("RGB", (WIDTH, cells + CELL_HEIGHT), PAPER)
    panel = (MARGIN, HEADER + MARGIN, WIDTH - MARGIN, HEADER + MARGIN + page)
    draw_page(canvas, panel, pixels, marks)
    draw = ImageDraw.Draw(canvas)
    draw.text((MARGIN, below + 24), fit(caption.digits, 26, across), TEXT, font(26), anchor="ls")
    for number, line in enumerate(note):
        draw.text((MARGIN, below + 46 + 18 * number), line, TEXT, font(14), anchor="ls")
    few = f"the {CELLS} least sure of {len(marks)}, " if len(marks) > CELLS else ""
    draw.text((MARGIN, cells - 8), f"{few}as the model saw them", FAINT, font(13), anchor="ls")
    for place, shown in enumerate(_least_sure(marks, CELLS)):
        _draw_cell(canvas, shown, (MARGIN + place * CELL_WIDTH, cells))
    return canvas


def _least_sure(marks: Sequence[ShownMark], count: int) -> list[ShownMark]:
    """Choose the marks of lowest confidence, and leave them in reading order."""
    order = sorted(range(len(marks)), key=lambda index: marks[index].mark.confidence)
    return [marks[index] for index in sorted(order[:count])]


def _draw_header(canvas: Image.Image, caption: _Caption) -> None:
    look = LOOKS[caption.status]
    draw = ImageDraw.Draw(canvas)
    draw.rectangle((0, 0, WIDTH, HEADER - 1), fill=look.colour)
    canvas.paste("white", (MARGIN, 5), sign(caption.status, 22))
    draw.text((38, 22), look.words, "white", font(17), anchor="ls", stroke_width=0.4)
    room = WIDTH - MARGIN - 38 - font(17).getlength(look.words) - 16
    draw.text((WIDTH - MARGIN, 22), fit(caption.name, 13, room), "white", font(13), anchor="rs")


def _page_height(shape: tuple[int, ...], marks: Sequence[ShownMark]) -> int:
    """Pixels for a page of several marks: its shape decides, and how many lines it has."""
    left, top, right, bottom = view(shape, marks)
    natural = round((WIDTH - 2 * MARGIN) * (bottom - top) / (right - left))
    lines = len({shown.mark.line for shown in marks})
    return max(SHORTEST_PAGE, min(natural, 120 + 60 * lines, TALLEST_PAGE))


def _draw_cell(canvas: Image.Image, shown: ShownMark, corner: tuple[int, int]) -> None:
    """Draw the grid of one mark with its digit, confidence and runner-up below."""
    left, top = corner
    mark = shown.mark
    draw_grid(canvas, mark.grid, corner, 6)
    draw = ImageDraw.Draw(canvas)
    digit = font(22)
    draw.text((left, top + 70), mark.text, shown.colour, digit, anchor="ls", stroke_width=0.5)
    sure = f"{percent(mark.confidence)} %"
    draw.text((left + 49, top + 70), sure, TEXT, font(13), anchor="rs")
    draw.text((left, top + 86), f"or {mark.runner_up}", FAINT, font(13), anchor="ls")
