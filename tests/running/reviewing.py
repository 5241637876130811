"""What was read, for tests of the review: drawings that are there, and their records."""

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import Any

import numpy as np
from PIL import Image

from digitwatch.config import Config
from digitwatch.learning.synthesis import draw_picture
from digitwatch.recording.bitmaps import pack
from digitwatch.recording.outbox import Entry, Outbox
from digitwatch.recording.record import OK, REVIEW, Mark, Record
from digitwatch.running.review.admission import Addresses
from digitwatch.running.review.session import Reviewed, review
from tests.recording.making import GRID, make_record

SIDE = 120
"""Pixels of the square in which each digit is drawn."""
BELOW = 80
"""Percent; the doubtful are less sure than this."""

Reading = tuple[int | None, float]
"""What was read, and how surely."""

LETTERS = "bcdfghjklm"


def record_of(number: int, *lines: Sequence[Reading], **changes: Any) -> Record:
    """A record of lines of digits, of which each has a square of its own."""
    marks = tuple(
        make_mark(reading, line, place)
        for line, readings in enumerate(lines)
        for place, reading in enumerate(readings)
    )
    is_doubtful = any(mark.is_doubtful(BELOW) for mark in marks)
    fields = {
        "status": REVIEW if is_doubtful else OK,
        "marks": marks,
        "thumbnail": f"thumbnails/2026-11/{number}.png",
    }
    return make_record(id_of(number), **fields | changes)


def id_of(number: int) -> str:
    """The id of the record of that number."""
    return f"bbbbb-bbbb{LETTERS[number]}"


@contextmanager
def running(
    config: Config, told: list[str] | None = None
) -> Iterator[tuple[str, Callable[[], Reviewed]]]:
    """Run a review in a thread: the address of its page, and what ends it and gives its outcome."""
    stop = Event()
    opened: SimpleQueue[Addresses | None] = SimpleQueue()
    with ThreadPoolExecutor(1) as pool:
        started = pool.submit(
            review, config, 0, stop, opened.put, ([] if told is None else told).append
        )
        started.add_done_callback(lambda _: opened.put(None))

        def end() -> Reviewed:
            stop.set()
            return started.result(timeout=20)

        try:
            addresses = opened.get(timeout=20)
            assert addresses, "it ended before it opened a page"
            yield addresses.page, end
        finally:
            end()


def make_mark(reading: Reading, line: int, place: int) -> Mark:
    digit, confidence = reading
    left, top = place * SIDE + 10, line * SIDE + 10
    box = (left, top, left + SIDE - 20, top + SIDE - 20)
    likely = 7 if digit is None else digit
    probabilities = [0.0] * 10
    probabilities[likely] = confidence
    probabilities[(likely + 1) % 10] = round((1 - confidence) / 3, 4)
    return Mark(
        box, line, digit, confidence, (likely + 1) % 10, (1 - confidence) / 3, GRID,
        tuple(probabilities),
    )  # fmt: skip


def keep(
    outbox: Outbox,
    folder: Path,
    record: Record,
    name: str = "",
    *,
    shown: str = "",
    ink: bool = True,
) -> Record:
    """Draw what a record is of into a file in the folder, and keep its record with that.

    Args:
        outbox: Where it is kept.
        folder: Of the file.
        record: What is to have been read.
        name: Of the file; that of the id where it is left out.
        shown: What people see as the name of the file.
        ink: Whether the ink of the marks is kept.
    """
    page = _draw(record)
    picture = io.BytesIO()
    Image.fromarray(page).save(picture, "PNG")
    data = picture.getvalue()
    path = folder / (name or f"{record.id}.png")
    path.write_bytes(data)
    masks = [_inside(page, mark) < 128 for mark in record.marks]
    kept = replace(
        record,
        path=str(path),
        file=shown or path.name,
        sha256=hashlib.sha256(data).hexdigest(),
        ink=pack(masks) if ink else b"",
    )
    assert outbox.keep([Entry([kept], [data], b"")]) == [True]
    return kept


def _draw(record: Record) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    boxes = [mark.box for mark in record.marks]
    across, down = max(box[2] for box in boxes) + 10, max(box[3] for box in boxes) + 10
    page = np.full((down, across), 255, np.uint8)
    for number, mark in enumerate(record.marks):
        left, top, right, bottom = mark.box
        drawn = draw_picture(mark.digit or 0, np.random.default_rng(number))
        picture = Image.fromarray(drawn).convert("L").resize((right - left, bottom - top))
        page[top:bottom, left:right] = np.asarray(picture)
    return page


def _inside(page: "np.ndarray[Any, Any]", mark: Mark) -> "np.ndarray[Any, Any]":
    left, top, right, bottom = mark.box
    return page[top:bottom, left:right]
