"""The annotated picture of one page: what was read, where, how surely, and what the model saw."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digitwatch.recording.annotation import (
    FAINT,
    FRAME,
    LOOKS,
    PALETTE,
    PAPER,
    TEXT,
    ShownMark,
    draw_grid,
    draw_page,
    sign,
    usual_height,
    view,
)
from digitwatch.recording.lettering import fit, length, plain, wrap
from digitwatch.recording.palette import Pen
from digitwatch.recording.record import Mark, percent

WIDTH, HEIGHT, HEADER, MARGIN = 480, 240, 32, 8
WIDEST = 960
READABLE = 24
"""Pixels that the digits of a page should be high; a page of many small ones is shown wider."""
SHORTEST_PAGE = 64
TALLEST_PAGE = 1.42
"""Of the page's width: a sheet of A4 that stands upright."""
CELL_WIDTH, CELL_HEIGHT = 58, 92
NOTE = Pen(14, TEXT, PAPER)
LEVEL = 2
"""Of compression: the usual 6 takes twice as long and saves a fifth."""


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
        A PNG, 480 x 240 pixels for at most one mark; for more 480 to 960 wide, and as high as it
        needs.
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
    png = io.BytesIO()
    canvas.save(png, "PNG", compress_level=LEVEL)
    return png.getvalue()


PANEL = (MARGIN, HEADER + MARGIN, 216, HEIGHT - MARGIN)
"""Where the page stands when it has at most one mark."""


def _without_marks(pixels: NDArray[np.uint8] | None, caption: _Caption) -> Image.Image:
    canvas = PALETTE.canvas((WIDTH, HEIGHT), PAPER)
    look = LOOKS[caption.status]
    if pixels is None:
        canvas.paste(PALETTE.stamp(sign(caption.status, 64), look.colour, PAPER), (80, 104))
        ImageDraw.Draw(canvas).rectangle(PANEL, outline=PALETTE.places[FRAME])
    else:
        draw_page(canvas, PANEL, pixels, [])
    PALETTE.write(canvas, (232, 72), look.words, Pen(26, look.colour, PAPER))
    reason = Pen(15, TEXT, PAPER)
    lines = wrap(caption.note, reason.size, WIDTH - MARGIN - 232, 7)
    _write_lines(canvas, (232, 104), lines, reason)
    return canvas


def _with_one_mark(pixels: NDArray[np.uint8], caption: _Caption, shown: ShownMark) -> Image.Image:
    canvas = PALETTE.canvas((WIDTH, HEIGHT), PAPER)
    draw_page(canvas, PANEL, pixels, [shown])
    mark = shown.mark
    PALETTE.write(canvas, (280, 128), mark.text, Pen(116, shown.colour, PAPER, 1), "m")
    PALETTE.write(canvas, (280, 164), f"{percent(mark.confidence)} %", Pen(26, TEXT, PAPER), "m")
    runner_up = percent(mark.runner_up_confidence)
    if runner_up:
        words = f"or {mark.runner_up}: {runner_up} %"
        PALETTE.write(canvas, (280, 186), words, Pen(15, FAINT, PAPER), "m")
    draw_grid(canvas, mark.grid, (344, HEADER + MARGIN), 16)
    PALETTE.write(canvas, (408, 186), "what the model saw", Pen(13, FAINT, PAPER), "m")
    note = wrap(caption.note, NOTE.size, WIDTH - MARGIN - 232, 2)
    _write_lines(canvas, (232, 211), note, NOTE)
    return canvas


def _with_many_marks(
    pixels: NDArray[np.uint8], caption: _Caption, marks: Sequence[ShownMark]
) -> Image.Image:
    """Put the page on top, what was read below it, and the least sure marks with their grids."""
    across, page = _page_size(pixels.shape, marks)
    digits, pen = _digits(caption.digits, across)
    note = wrap(caption.note, NOTE.size, across, 2)
    bottom = HEADER + MARGIN + page
    last = bottom + 6 + pen.size + pen.step * (len(digits) - 1)
    cells = last + 36 + NOTE.step * len(note)
    canvas = PALETTE.canvas((across + 2 * MARGIN, cells + CELL_HEIGHT), PAPER)
    draw_page(canvas, (MARGIN, HEADER + MARGIN, MARGIN + across, bottom), pixels, marks)
    _write_lines(canvas, (MARGIN, bottom + 6 + pen.size), digits, pen)
    _write_lines(canvas, (MARGIN, last + 22), note, NOTE)
    least = _least_sure(marks, across // CELL_WIDTH)
    few = f"the {len(least)} least sure of {len(marks)}, " if len(least) < len(marks) else ""
    PALETTE.write(canvas, (MARGIN, cells - 8), f"{few}as the model saw them", Pen(13, FAINT, PAPER))
    for place, shown in enumerate(least):
        _draw_cell(canvas, shown, (MARGIN + place * CELL_WIDTH, cells))
    return canvas


def _digits(digits: str, across: int) -> tuple[list[str], Pen]:
    """Write the digits large in one line, or else small in a few."""
    large, small = Pen(26, TEXT, PAPER), Pen(16, TEXT, PAPER)
    if length(plain(digits), large.size) <= across:
        return [digits], large
    return wrap(digits, small.size, across, 6), small


def _write_lines(
    canvas: Image.Image, place: tuple[int, int], lines: Sequence[str], pen: Pen
) -> None:
    for number, line in enumerate(lines):
        PALETTE.write(canvas, (place[0], place[1] + pen.step * number), line, pen)


def _least_sure(marks: Sequence[ShownMark], count: int) -> list[ShownMark]:
    """Choose the marks of lowest confidence, and leave them in reading order."""
    order = sorted(range(len(marks)), key=lambda index: marks[index].mark.confidence)
    return [marks[index] for index in sorted(order[:count])]


def _draw_header(canvas: Image.Image, caption: _Caption) -> None:
    look = LOOKS[caption.status]
    canvas.paste(_header(caption.status), (0, 0))
    canvas.paste(PALETTE.places[look.colour], (WIDTH, 0, canvas.width, HEADER))
    room = canvas.width - MARGIN - 38 - length(look.words, 17) - 16
    name = fit(caption.name, 13, room)
    PALETTE.write(canvas, (canvas.width - MARGIN, 22), name, Pen(13, "white", look.colour), "r")


@lru_cache
def _header(status: str) -> Image.Image:
    look = LOOKS[status]
    header = PALETTE.canvas((WIDTH, HEADER), look.colour)
    header.paste(PALETTE.stamp(sign(status, 22), "white", look.colour), (MARGIN, 5))
    PALETTE.write(header, (38, 22), look.words, Pen(17, "white", look.colour, 0.4))
    return header


def _page_size(shape: tuple[int, ...], marks: Sequence[ShownMark]) -> tuple[int, int]:
    """Choose pixels across and down for a page of several marks.

    The digits decide how wide it has to be; its shape, and how many lines it has, how high.
    """
    left, top, right, bottom = view(shape, marks)
    wide = (right - left) * READABLE // usual_height(marks)
    across = min(max(wide, WIDTH - 2 * MARGIN), WIDEST - 2 * MARGIN)
    natural = round(across * (bottom - top) / (right - left))
    lines = len({shown.mark.line for shown in marks})
    tallest = min(across * (120 + 60 * lines) / WIDTH, across * TALLEST_PAGE)
    return across, round(max(SHORTEST_PAGE, min(natural, tallest)))


def _draw_cell(canvas: Image.Image, shown: ShownMark, corner: tuple[int, int]) -> None:
    """Draw the grid of one mark with its digit, confidence and runner-up below."""
    left, top = corner
    mark = shown.mark
    draw_grid(canvas, mark.grid, corner, 6)
    PALETTE.write(canvas, (left, top + 70), mark.text, Pen(22, shown.colour, PAPER, 0.5))
    sure = f"{percent(mark.confidence)} %"
    PALETTE.write(canvas, (left + 49, top + 70), sure, Pen(13, TEXT, PAPER), "r")
    PALETTE.write(canvas, (left, top + 86), f"or {mark.runner_up}", Pen(13, FAINT, PAPER))
