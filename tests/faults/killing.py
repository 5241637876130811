"""Kills watchers: python -m tests.faults.killing MODELS FOLDER STRIDE. Prints what came of it.

Each case begins with two drawings and an unreadable file in an inbox. A watcher is killed with
SIGKILL at some step, its successor is killed while it recovers, and the third one may finish. A
step is a line of Python of the modules between the file and its row; the other cases kill in the
middle of writing the CSV, after each number of bytes.
"""

import csv
import io
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any

import numpy as np
from PIL import Image

from digitwatch import files
from digitwatch.config import Config, make_folders, parse
from digitwatch.learning import model_store
from digitwatch.learning.synthesis import draw_picture
from digitwatch.recording import csv_log, ledger, outbox
from digitwatch.recording.outbox import Outbox
from digitwatch.running import job, projection, sightings, watch
from digitwatch.running.reader import Reader, reader_for
from digitwatch.running.watch import Watcher

STEPS_IN = {module.__file__ for module in (files, csv_log, ledger, outbox, job, projection, watch)}
SEVEN, ZERO, BAD = "seven.png", "zero.bmp", "bad.png"
NAMES = {SEVEN, ZERO, BAD}

Hinder = Callable[[], None]


def die() -> None:
    """End as a process does that is killed: at once, with nothing tidied up."""
    os.kill(os.getpid(), signal.SIGKILL)


def at_step(number: int) -> Hinder:
    """Die before this step is done."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        if frame.f_code.co_filename not in STEPS_IN:
            return None
        if event == "line":
            count += 1
            if count == number:
                die()
        return trace

    return lambda: sys.settrace(trace)


def in_the_csv_after(length: int) -> Hinder:
    """Die when so many bytes of new rows have been written to the CSV."""
    opens = Path.open

    class Torn:
        def __init__(self, file: Any) -> None:
            self._file = file

        def __enter__(self) -> "Torn":
            return self

        def __exit__(self, *_: object) -> None:
            self._file.close()

        def __getattr__(self, name: str) -> Any:
            return getattr(self._file, name)

        def write(self, data: bytes) -> int:
            self._file.write(data[:length])
            self._file.flush()
            os.fsync(self._file.fileno())
            die()
            return length

    def open_torn(self: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
        file = opens(self, mode, *rest, **more)
        return Torn(file) if self.name == "predictions.csv" and mode == "a+b" else file

    def patch() -> None:
        Path.open = open_torn  # type: ignore[method-assign]  # this process dies soon

    return patch


def run_watcher(config: Config, reader: Reader, hinder: Hinder | None) -> bool:
    """Let a watcher work in a process of its own; True when it finished, False when it died."""
    child = os.fork()
    if child == 0:
        try:
            if hinder:
                hinder()
            with Outbox(config.outbox) as opened:
                watcher = Watcher(config, reader, opened)
                watcher.run(Event(), lambda: is_done(opened, config))
        finally:
            os._exit(0)  # nothing of the parent's is to be tidied up
    _, status = os.waitpid(child, 0)
    return os.WIFEXITED(status)


def is_done(opened: Outbox, config: Config) -> bool:
    """Whether each drawing has its record, and each record its row."""
    keys = [str(config.inbox / name) for name in NAMES]
    return all(map(opened.ledger.newest, keys)) and opened.ledger.count_pending() == 0


def faults(config: Config) -> list[str]:
    """What is wrong with the outbox after all; empty where each drawing has one whole row."""
    text = (config.outbox / "predictions.csv").read_bytes().decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    found = []
    if {len(row) for row in rows} != {len(header)} or not text.endswith("\r\n"):
        found.append("a row is torn")
    records = [dict(zip(header, row, strict=False)) for row in rows]
    if sorted(row["file"] for row in records) != sorted(NAMES):
        found.append(f"rows: {[row['file'] for row in records]}")
    shown = {row["thumbnail"] for row in records}
    kept = {
        path.relative_to(config.outbox).as_posix()
        for path in (config.outbox / "thumbnails").rglob("*.png")
        if not path.name.startswith(".")
    }
    if shown != kept:
        found.append(f"thumbnails: {kept ^ shown}")
    for name in kept:
        with Image.open(config.outbox / name) as picture:
            picture.load()
    return found


def make_inbox(folder: Path) -> Config:
    """A new inbox with two drawings and a file that is none."""
    folder.mkdir()
    config = parse("settle_seconds: 0.02\nrescan_seconds: 0.2\npolling: true\n", folder.resolve())
    make_folders(config, "inbox", "outbox")
    for name, digit in ((SEVEN, 7), (ZERO, 0)):
        picture = Image.fromarray(draw_picture(digit, np.random.default_rng(digit)))
        picture.convert("L").resize((60, 60)).save(config.inbox / name)
    (config.inbox / BAD).write_bytes(b"no picture")
    return config


def cases(steps: int, length: int, stride: int) -> Iterator[tuple[str, Hinder, Hinder]]:
    """What happens to the first watcher and to its successor, with a name."""
    for number in range(1, steps + 1, stride):
        again = number * 7919 % steps + 1
        yield f"step {number}, then step {again}", at_step(number), at_step(again)
    for number in range(0, length + 1, stride):
        again = number * 7919 % length
        words = f"{number} bytes of the CSV, then "
        if number // stride % 2:
            yield f"{words}{again} bytes", in_the_csv_after(number), in_the_csv_after(again)
        else:
            yield f"{words}step {again}", in_the_csv_after(number), at_step(again)


def count_steps(config: Config, reader: Reader) -> int:
    """How many steps there are from the files to their rows."""
    low, high = 1, 64
    while not run_watcher(replace(config, outbox=_fresh(config, high)), reader, at_step(high)):
        low, high = high, high * 2
    while high - low > 8:
        middle = (low + high) // 2
        done = run_watcher(replace(config, outbox=_fresh(config, middle)), reader, at_step(middle))
        low, high = (low, middle) if done else (middle, high)
    return low


def _fresh(config: Config, number: int) -> Path:
    folder = config.outbox.with_name(f"outbox-{number}")
    folder.mkdir(exist_ok=True)
    return folder


def main(models: Path, folder: Path, stride: int) -> None:
    """Run all cases and print their number, and the faults by case, as JSON."""
    # Most of the time would go by with waiting for something to come.
    watch.IDLE_SECONDS = sightings.FIRST_RETRY_SECONDS = 0.01
    config = make_inbox(folder / "whole")
    reader = reader_for(config, model_store.load(models))
    run_watcher(config, reader, None)
    assert not faults(config), faults(config)
    length = (config.outbox / "predictions.csv").stat().st_size
    steps = count_steps(make_inbox(folder / "counting"), reader)
    killed, found = 0, {}
    for count, (name, first, second) in enumerate(cases(steps, length, stride)):
        config = make_inbox(folder / str(count))
        killed += not run_watcher(config, reader, first)
        killed += not run_watcher(config, reader, second)
        run_watcher(config, reader, None)
        if wrong := faults(config):
            found[name] = wrong
    print(json.dumps({"cases": count + 1, "steps": steps, "killed": killed, "faults": found}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
