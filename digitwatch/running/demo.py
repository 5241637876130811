"""The demo: draws digits, saves them as people do, and lets the real watcher read them."""

import io
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import numpy as np
from PIL import Image, ImageOps

from digitwatch.config import Config
from digitwatch.learning.synthesis import draw_picture
from digitwatch.recording.ledger import Ledger
from digitwatch.recording.outbox import Outbox
from digitwatch.recording.record import Record
from digitwatch.running.drawings import drawing_in
from digitwatch.running.reader import Reader
from digitwatch.running.watch import Watcher

SECONDS_TO_READ = 60.0
LOOK_SECONDS = 0.1

Save = Callable[[Image.Image], bytes]


@dataclass(frozen=True)
class Sample:
    """A digit of the demo, as it was saved and as it was read (None: not in time)."""

    digit: int
    file: str
    record: Record | None


def _black_and_white(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.convert("1", dither=Image.Dither.NONE).save(buffer, "BMP")
    return buffer.getvalue()


def _saved_as(form: str, mode: str = "RGB") -> Save:
    def save(picture: Image.Image) -> bytes:
        buffer = io.BytesIO()
        picture.convert(mode).save(buffer, form)
        return buffer.getvalue()

    return save


def _transparent(picture: Image.Image) -> bytes:
    picture = picture.convert("RGBA")
    picture.putalpha(ImageOps.invert(picture.convert("L")))
    return _saved_as("PNG", "RGBA")(picture)


def _light_on_dark(picture: Image.Image) -> bytes:
    return _saved_as("PNG")(ImageOps.invert(picture))


WAYS_OF_SAVING: tuple[tuple[str, Save], ...] = (
    ("zero.png", _saved_as("PNG")),
    ("one, black and white.bmp", _black_and_white),
    ("two.jpg", _saved_as("JPEG")),
    ("three, 256 colours.bmp", _saved_as("BMP", "P")),
    ("four.gif", _saved_as("GIF", "P")),
    ("five, 24 bit.bmp", _saved_as("BMP")),
    ("six.tif", _saved_as("TIFF")),
    ("seven, light on dark.png", _light_on_dark),
    ("eight.webp", _saved_as("WEBP")),
    ("nine, transparent.png", _transparent),
)
"""The file for each digit from 0 to 9, and how it is saved."""


def run_demo(reader: Reader, config: Config, seed: int) -> list[Sample]:
    """Draw the ten digits into the inbox while the watcher runs, and wait until they are read.

    Args:
        reader: Turns bytes into readings.
        config: With an inbox and an outbox of the demo's own.
        seed: Another one gives other drawings.
    """
    stop = Event()
    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(_watch, config, reader, stop)
        try:
            _draw(config.inbox, np.random.default_rng(seed))
            return _wait_for_records(config, watching)
        finally:
            stop.set()
            watching.result()


def _watch(config: Config, reader: Reader, stop: Event) -> None:
    with Outbox(config.outbox, config.delimiter) as outbox:
        Watcher(config, reader, outbox).run(stop)


def _draw(inbox: Path, rng: np.random.Generator) -> None:
    for digit, (file, save) in enumerate(WAYS_OF_SAVING):
        picture = Image.fromarray(draw_picture(digit, rng))
        (inbox / file).write_bytes(save(picture))


def _wait_for_records(config: Config, watching: Future[None]) -> list[Sample]:
    deadline = time.monotonic() + SECONDS_TO_READ
    with Ledger(config.outbox / "digitwatch.db") as ledger:
        while True:
            samples = [
                Sample(digit, file, _newest(ledger, config.inbox, file))
                for digit, (file, _) in enumerate(WAYS_OF_SAVING)
            ]
            is_over = watching.done() or time.monotonic() > deadline
            if is_over or all(sample.record for sample in samples):
                return samples
            wait([watching], timeout=LOOK_SECONDS)


def _newest(ledger: Ledger, inbox: Path, file: str) -> Record | None:
    inbox = inbox.resolve()
    return ledger.newest(drawing_in(inbox, inbox / file).key)
