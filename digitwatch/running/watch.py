"""The inbox: drawings are read one by one as they are saved.

Events of the file system are hints and may be lost, so the inbox is also looked through every few
seconds. Whether a drawing was read already is the ledger's to say, never an event's.
"""

import logging
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from types import FrameType

from filelock import FileLock, Timeout

from digitwatch.config import Config
from digitwatch.errors import AlreadyRunningError
from digitwatch.recording.outbox import Outbox, OutboxError
from digitwatch.recording.record import ERROR, Record, describe, one_line
from digitwatch.running.agenda import Agenda
from digitwatch.running.drawings import (
    CannotLoadError,
    DeniedError,
    Drawing,
    GoneError,
    HalfWrittenError,
    NotADrawingError,
    drawing_in,
    drawings_below,
    is_drawing,
)
from digitwatch.running.events import Events
from digitwatch.running.job import read_file, record_failure
from digitwatch.running.reader import Reader

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.2
FIRST_RETRY_SECONDS = 0.05
LONGEST_RETRY_SECONDS = 60.0
DENIED_SECONDS = 3.0
"""A program that saves may hold its file for so long before it counts as not permitted."""

Signature = tuple[int, int, int, int]


@contextmanager
def only_watcher(outbox: Path) -> Iterator[None]:
    """Be the one watcher of the outbox; the system frees the lock even when the process is killed.

    Raises:
        AlreadyRunningError: Another process is.
    """
    lock = FileLock(outbox / ".watcher.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise AlreadyRunningError(
            f"another watcher already works on the outbox {outbox}",
            "stop that one, or give another outbox in the configuration",
        ) from error
    try:
        yield
    finally:
        lock.release()


def stop_on_signals() -> Event:
    """An event that Ctrl-C and a request to terminate set; the second one ends the program."""
    stop = Event()

    def request_stop(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        stop.set()

    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), request_stop)
    return stop


@dataclass
class Sighting:
    """A path that was looked at and not read yet: how it looked, since when, how many times."""

    signature: Signature
    since: float
    looks: int = 0


class Watcher:
    """Reads what is in the inbox and what comes into it, until it is told to stop."""

    def __init__(
        self,
        config: Config,
        reader: Reader,
        outbox: Outbox,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._inbox = config.inbox.resolve()
        self._reader = reader
        self._outbox = outbox
        self._clock = clock
        self._agenda = Agenda()
        self._sightings: dict[Path, Sighting] = {}
        self._read: dict[Path, Signature] = {}
        self._complaint = ""

    def run(self, stop: Event) -> None:
        """Watch until `stop` is set; the drawing in hand is finished first."""
        with Events(self._inbox, self._config) as events:
            log.info("watching %s", self._inbox)
            for path in self._arrivals(events, stop):
                self._look_at(path)
        self._project()

    def _arrivals(self, events: Events, stop: Event) -> Iterator[Path]:
        rescan = self._clock()
        while not stop.is_set():
            if self._clock() >= rescan:
                self._rescan(events)
                rescan = self._clock() + self._config.rescan_seconds
            for path in events.arrived(0.0 if len(self._agenda) else IDLE_SECONDS):
                if is_drawing(path) and path not in self._sightings:
                    self._agenda.put(path, self._clock())
            due = self._agenda.take(self._clock())
            if due is not None:
                yield due

    def _rescan(self, events: Events) -> None:
        events.rearm()
        self._project()
        present = set()
        for path in drawings_below(self._inbox, recursive=self._config.recursive):
            present.add(path)
            if path not in self._sightings and self._read.get(path) != _signature(path):
                self._agenda.put(path, self._clock())
        self._read = {path: look for path, look in self._read.items() if path in present}

    def _look_at(self, path: Path) -> None:
        """Read the drawing at `path` or note when to look at it again."""
        signature = _signature(path)
        sighting = self._sight(path, signature)
        drawing = drawing_in(self._inbox, path)
        try:
            records = self._attempt(drawing, sighting)
        except GoneError:
            log.info("%s is gone before it could be read", one_line(drawing.file))
            self._sightings.pop(path, None)
        except (CannotLoadError, OutboxError) as error:
            log.debug("%s waits: %s", one_line(drawing.file), error)
            self._look_again(path, sighting, error)
        else:
            self._finish(path, signature, drawing, records)

    def _sight(self, path: Path, signature: Signature) -> Sighting:
        sighting = self._sightings.get(path)
        if sighting is None or sighting.signature != signature:
            looks = sighting.looks if sighting else 0
            sighting = Sighting(signature, self._clock(), looks)
            self._sightings[path] = sighting
        sighting.looks += 1
        return sighting

    def _attempt(self, drawing: Drawing, sighting: Sighting) -> list[Record]:
        age = self._clock() - sighting.since
        still = sighting.looks > 1 and age >= self._config.settle_seconds
        try:
            return read_file(drawing, self._reader, self._outbox, still=still)
        except NotADrawingError as error:
            return record_failure(drawing, str(error), self._outbox)
        except DeniedError as error:
            if age >= DENIED_SECONDS:
                self._report(record_failure(drawing, str(error), self._outbox))
            raise
        except (CannotLoadError, OutboxError):
            raise
        except Exception as error:
            log.exception("%s could not be read", one_line(drawing.file))
            return record_failure(drawing, f"digitwatch failed on it ({error})", self._outbox)

    def _look_again(self, path: Path, sighting: Sighting, error: Exception) -> None:
        delay = min(FIRST_RETRY_SECONDS * 2 ** min(sighting.looks, 12), LONGEST_RETRY_SECONDS)
        if isinstance(error, HalfWrittenError):
            settled = sighting.since + self._config.settle_seconds - self._clock()
            delay = max(FIRST_RETRY_SECONDS, min(delay, settled))
        elif isinstance(error, OutboxError):
            self._complain(str(error))
        self._agenda.put(path, self._clock() + delay)

    def _finish(
        self, path: Path, signature: Signature, drawing: Drawing, records: list[Record]
    ) -> None:
        self._sightings.pop(path, None)
        self._read[path] = signature
        self._report(records)
        if self._config.after == "move":
            self._move(path, signature, drawing)

    def _report(self, records: list[Record]) -> None:
        for record in records:
            log.info("%s", describe(record))
        if records:
            self._project()

    def _project(self) -> None:
        waiting = self._outbox.project()
        self._complain(f"{waiting.rows} rows are waiting: {waiting.reason}" if waiting else "")

    def _complain(self, complaint: str) -> None:
        """Say what hinders, once for each hindrance, and that it is over."""
        if complaint and complaint != self._complaint:
            log.warning("%s", complaint)
        elif self._complaint and not complaint:
            log.info("all rows are in the CSV")
        self._complaint = complaint

    def _move(self, path: Path, signature: Signature, drawing: Drawing) -> None:
        """Move a drawing that was read out of the inbox; one that was not stays."""
        newest = self._outbox.ledger.newest(drawing.key)
        if newest and newest.status != ERROR and _signature(path) == signature:
            self._outbox.move_to_done(path, newest)


def _signature(path: Path) -> Signature:
    """How a file looks from outside; it changes whenever the file may have."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return (0, 0, 0, 0)
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)
