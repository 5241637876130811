"""The inbox: drawings are read one by one as they are saved.

Events of the file system are hints and may be lost, so the inbox is also looked through every few
seconds. Whether a drawing was read already is the ledger's to say, never an event's.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from filelock import FileLock, Timeout

from digitwatch.config import Config
from digitwatch.errors import AlreadyRunningError, OutboxError
from digitwatch.recording.outbox import Outbox
from digitwatch.recording.record import ERROR, Record, describe, one_line
from digitwatch.running.agenda import Agenda
from digitwatch.running.drawings import (
    CannotLoadError,
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
STUMBLE_SECONDS = 1.0
AN_HOUR = 3600.0

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


@dataclass
class Sighting:
    """A path that was looked at and not read yet.

    Attributes:
        signature: How it looked the last time.
        since: The moment from which on it has looked so.
        looks: How often it was looked at since it was first seen.
    """

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
        self._rescan_due = clock()
        self._sightings: dict[Path, Sighting] = {}
        self._read: dict[Path, Signature] = {}
        self._hindrances: dict[str, str] = {}

    def run(self, stop: Event) -> None:
        """Watch until `stop` is set; the drawing in hand is finished first."""
        self._outbox.sweep(time.time() - AN_HOUR)
        with Events(self._inbox, self._config) as events:
            log.info("watching %s", self._inbox)
            while not stop.is_set():
                try:
                    self._do_next(events)
                except Exception:
                    # Nothing that happens to one file may end the watch over the others.
                    log.exception("the watcher stumbled, and goes on")
                    self._sightings.clear()  # what waited is found again by the next rescan
                    stop.wait(STUMBLE_SECONDS)
        self._project()

    def _do_next(self, events: Events) -> None:
        """Look through the inbox when that is due, hear what is new, look at one drawing."""
        if self._clock() >= self._rescan_due:
            self._rescan_due = self._clock() + self._config.rescan_seconds
            self._rescan(events)
        idle = min(IDLE_SECONDS, self._agenda.seconds_until_due(self._clock()))
        for path in events.arrived(idle):
            if path.is_relative_to(self._inbox) and is_drawing(path.relative_to(self._inbox)):
                self._put(path)
        due = self._agenda.take(self._clock())
        if due is not None:
            self._look_at(due)

    def _rescan(self, events: Events) -> None:
        events.rearm()
        self._project()
        present = set()
        for path in drawings_below(self._inbox, recursive=self._config.recursive):
            present.add(path)
            if self._read.get(path) != _signature(path):
                self._put(path)
        self._read = {path: look for path, look in self._read.items() if path in present}

    def _put(self, path: Path) -> None:
        """Look at `path` as soon as its turn comes; one that waits, soon after it has changed."""
        sighting = self._sightings.get(path)
        if sighting is None:
            self._agenda.put(path, self._clock())
        elif sighting.signature != _signature(path):
            pause = min(_backoff(sighting.looks - 1), self._config.settle_seconds)
            self._agenda.put(path, self._clock() + pause)

    def _look_at(self, path: Path) -> None:
        """Read the drawing at `path`, or note when to look at it again."""
        signature = _signature(path)
        sighting = self._sight(path, signature)
        drawing = drawing_in(self._inbox, path)
        try:
            records = self._attempt(drawing, sighting)
        except GoneError:
            log.info("%s is gone before it could be read", one_line(drawing.file))
            self._sightings.pop(path, None)
        except CannotLoadError as error:
            log.debug("%s waits: %s", one_line(drawing.file), error)
            self._look_again(path, sighting, is_unfinished=isinstance(error, HalfWrittenError))
        except OutboxError as error:
            self._say_hindrance("outbox", str(error), f"{error}; drawings wait")
            self._look_again(path, sighting, is_unfinished=False)
        else:
            self._say_hindrance("outbox", "", "")
            self._finish(path, signature, drawing, records)

    def _sight(self, path: Path, signature: Signature) -> Sighting:
        sighting = self._sightings.setdefault(path, Sighting(signature, self._clock()))
        if sighting.signature != signature:
            sighting.signature, sighting.since = signature, self._clock()
        sighting.looks += 1
        return sighting

    def _attempt(self, drawing: Drawing, sighting: Sighting) -> list[Record]:
        """Read the drawing, or keep a row that says why it cannot be read.

        Raises:
            CannotLoadError: Its bytes cannot be had now.
            OutboxError: Nothing can be kept now.
        """
        age = self._clock() - sighting.since
        still = sighting.looks > 1 and age >= self._config.settle_seconds
        try:
            return read_file(drawing, self._reader, self._outbox, still=still)
        except NotADrawingError as error:
            return record_failure(drawing, str(error), self._outbox)
        except CannotLoadError as error:
            if age >= error.patience:
                self._report(record_failure(drawing, str(error), self._outbox))
            raise
        except OutboxError:
            raise
        except Exception as error:
            log.exception("%s could not be read", one_line(drawing.file))
            return record_failure(drawing, f"digitwatch failed on it ({error})", self._outbox)

    def _look_again(self, path: Path, sighting: Sighting, *, is_unfinished: bool) -> None:
        delay = _backoff(sighting.looks)
        if is_unfinished:
            settled = sighting.since + self._config.settle_seconds - self._clock()
            delay = max(FIRST_RETRY_SECONDS, min(delay, settled))
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
        try:
            self._outbox.reopen_if_replaced()
            waiting = self._outbox.project()
        except OutboxError as error:
            self._say_hindrance("outbox", str(error), f"{error}; drawings wait")
        else:
            reason = waiting.reason if waiting else ""
            rows = f"rows waiting for the CSV: {waiting.rows}" if waiting else ""
            self._say_hindrance("csv", reason, f"{rows}; {reason}")

    def _say_hindrance(self, what: str, reason: str, words: str) -> None:
        """Say what hinders once, however long it lasts, and once that it is over."""
        before = self._hindrances.get(what, "")
        if reason and reason != before:
            log.warning("%s", words)
        elif before and not reason:
            log.info("the %s can be written to again", what)
        self._hindrances[what] = reason

    def _move(self, path: Path, signature: Signature, drawing: Drawing) -> None:
        """Move a drawing that was read out of the inbox; one that was not stays."""
        newest = self._outbox.ledger.newest(drawing.key)
        if newest and newest.status != ERROR and _signature(path) == signature:
            self._outbox.move_to_done(path, newest)


def _backoff(looks: int) -> float:
    """Seconds to wait after so many looks."""
    return min(FIRST_RETRY_SECONDS * 2.0 ** min(looks, 12), LONGEST_RETRY_SECONDS)


def _signature(path: Path) -> Signature:
    """How a file looks from outside; it changes whenever the file may have."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return (0, 0, 0, 0)
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)
