"""The inbox: drawings are read one by one as they are saved.

Events of the file system are hints and may be lost, so the inbox is also looked through every few
seconds. Whether a drawing was read already is the ledger's to say, never an event's.
"""

import logging
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from threading import Event

from digitwatch.config import Config
from digitwatch.errors import OutboxError
from digitwatch.recording.done import move_to_done
from digitwatch.recording.outbox import Outbox
from digitwatch.recording.record import ERROR, Record, describe, one_line
from digitwatch.running.activity import SHOWN, WATCHING, Activity
from digitwatch.running.agenda import Agenda
from digitwatch.running.drawings import (
    CannotLoadError,
    Drawing,
    GoneError,
    HalfWrittenError,
    NotADrawingError,
    drawing_in,
)
from digitwatch.running.inbox import Inbox
from digitwatch.running.job import read_file, record_failure
from digitwatch.running.projection import Projection
from digitwatch.running.reader import Reader
from digitwatch.running.sightings import (
    LONGEST_RETRY_SECONDS,
    Sighting,
    Signature,
    backoff,
    signature_of,
)

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.2
STUMBLE_SECONDS = 1.0
HELD_SECONDS = 1.0
"""While nothing can be kept, one drawing is tried this often; the others wait unread."""
AN_HOUR = 3600.0
LOOKING_SHARE, LOOKING_SHARE_BLIND = 100, 20
"""Looking through the inbox may take one part in so many of the time, however large it is."""


def _never() -> bool:
    return False


class Watcher:
    """Reads what is in the inbox and what comes into it, until it is told to stop."""

    def __init__(
        self,
        config: Config,
        reader: Reader,
        outbox: Outbox,
        activity: Activity | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._reader = reader
        self._outbox = outbox
        self._activity = activity or Activity()
        self._inbox = Inbox(config, self._activity)
        self._projection = Projection(outbox, self._activity, clock)
        self._clock = clock
        self._agenda = Agenda()
        self._rescan_due = clock()
        self._reading_due = clock()
        self._sightings: dict[Path, Sighting] = {}
        self._done: dict[Path, Signature] = {}
        self._ledger = outbox.ledger
        self._activity.hinder("move", "")

    def adopt(self, reader: Reader) -> None:
        """Read with another model from the next drawing on."""
        self._reader = reader

    def run(self, stop: Event, is_relieved: Callable[[], bool] = _never) -> None:
        """Watch until `stop` is set; the drawing in hand is finished first.

        Args:
            stop: Ends the watch.
            is_relieved: Is asked between two drawings; the watch also ends when it says so.
        """
        self._outbox.sweep(time.time() - AN_HOUR)
        with self._inbox:
            log.info("watching %s", self._inbox.folder)
            self._activity.state = WATCHING
            while not stop.is_set():
                try:
                    if is_relieved():
                        break
                    self._do_next()
                except Exception as error:
                    # Nothing that happens to one file may end the watch over the others.
                    log.exception("the watcher stumbled, and goes on")
                    self._activity.fail(f"the watcher stumbled: {error}")
                    self._sightings.clear()  # what waited is found again by the next rescan
                    stop.wait(STUMBLE_SECONDS)
        self._projection.bring()
        if stop.is_set():
            log.info("stopped; everything that was read is kept")

    def _do_next(self) -> None:
        """Look through the inbox when that is due, hear what is new, look at one drawing."""
        if self._clock() >= self._rescan_due:
            self._rescan()
        for path in self._inbox.arrived(self._idle_seconds()):
            self._put(path)
        now = self._clock()
        due = self._agenda.take(now) if now >= self._reading_due else None
        if due is not None:
            self._look_at(due)
        self._projection.bring_soon(is_flood=self._agenda.seconds_until_due(self._clock()) <= 0)
        self._tell()

    def _idle_seconds(self) -> float:
        """How long there is nothing to do but to listen."""
        now = self._clock()
        due = max(self._agenda.seconds_until_due(now), self._reading_due - now)
        return max(0.0, min(IDLE_SECONDS, due))

    def _rescan(self) -> None:
        start = self._clock()
        self._rescan_due = start + self._config.rescan_seconds
        if self._ledger is not self._outbox.ledger:
            self._ledger = self._outbox.ledger
            self._done.clear()  # this ledger may not know what was read
        drawings = self._inbox.look_through()
        for path in drawings:
            self._put(path)
        looks = ((path, self._done.get(path)) for path in drawings)
        self._done = {path: look for path, look in looks if look}
        self._projection.owe()
        took = self._clock() - start
        share = LOOKING_SHARE if self._inbox.is_heard else LOOKING_SHARE_BLIND
        self._rescan_due = start + max(self._config.rescan_seconds, took * share)

    def _put(self, path: Path) -> None:
        """Look at `path` as soon as its turn comes; one that waits, soon after it has changed."""
        signature = signature_of(path)
        sighting = self._sightings.get(path)
        if sighting is not None:
            if sighting.signature != signature:
                pause = min(backoff(sighting.looks - 1), self._config.settle_seconds)
                self._agenda.put(path, self._clock() + pause)
        elif self._done.get(path) != signature:
            self._agenda.put(path, self._clock())

    def _look_at(self, path: Path) -> None:
        """Read the drawing at `path`, or note when to look at it again."""
        signature = signature_of(path)
        sighting = self._sightings.setdefault(path, Sighting(signature, self._clock()))
        sighting.look(signature, self._clock())
        drawing = drawing_in(self._inbox.folder, path)
        self._activity.take_in_hand(one_line(drawing.file))
        try:
            records = self._attempt(drawing, sighting)
        except GoneError:
            log.info("%s is gone before it could be read", one_line(drawing.file))
            self._sightings.pop(path, None)
        except CannotLoadError as error:
            log.debug("%s waits: %s", one_line(drawing.file), error)
            self._look_again(path, sighting, error)
        except OutboxError as error:
            self._activity.hinder("outbox", str(error), f"{error}; drawings wait")
            self._agenda.put(path, self._clock() + HELD_SECONDS)  # the others have their turn first
            self._reading_due = self._clock() + HELD_SECONDS
        else:
            self._finish(path, signature, drawing, records)
        finally:
            self._activity.take_in_hand("")

    def _attempt(self, drawing: Drawing, sighting: Sighting) -> list[Record]:
        """Read the drawing, or keep a row that says why it cannot be read.

        Raises:
            CannotLoadError: Its bytes cannot be had now.
            OutboxError: Nothing can be kept now.
        """
        still = sighting.is_still(self._clock(), self._config.settle_seconds)
        try:
            return read_file(drawing, self._reader, self._outbox, still=still)
        except NotADrawingError as error:
            return record_failure(drawing, str(error), self._outbox)
        except CannotLoadError as error:
            if self._clock() - sighting.since >= error.patience:
                self._report(record_failure(drawing, str(error), self._outbox))
            raise
        except OutboxError:
            raise
        except Exception as error:
            log.exception("%s could not be read", one_line(drawing.file))
            self._activity.fail(f"digitwatch failed on {one_line(drawing.file)}: {error}")
            return record_failure(drawing, f"digitwatch failed on it ({error})", self._outbox)

    def _look_again(self, path: Path, sighting: Sighting, error: CannotLoadError) -> None:
        sighting.reason = str(error)
        pause = sighting.pause()
        if isinstance(error, HalfWrittenError):
            settle_seconds = self._config.settle_seconds
            pause = sighting.pause_while_unfinished(self._clock(), settle_seconds)
        self._agenda.put(path, self._clock() + pause)

    def _finish(
        self, path: Path, signature: Signature, drawing: Drawing, records: list[Record]
    ) -> None:
        self._activity.hinder("outbox", "")
        self._sightings.pop(path, None)
        self._done[path] = signature
        self._report(records)
        if self._config.after == "move":
            self._move(path, signature, drawing)

    def _report(self, records: list[Record]) -> None:
        for record in records:
            log.info("%s", describe(record))
        if records:
            self._projection.owe()

    def _move(self, path: Path, signature: Signature, drawing: Drawing) -> None:
        """Move a drawing that was read out of the inbox; one that was not stays."""
        newest = self._outbox.ledger.newest(drawing.key)
        if not newest or newest.status == ERROR or signature_of(path) != signature:
            return
        try:
            move_to_done(path, newest, self._outbox.folder)
        except OutboxError as error:
            self._activity.hinder("move", str(error))
            self._agenda.put(path, self._clock() + LONGEST_RETRY_SECONDS)
        else:
            self._activity.hinder("move", "")

    def _tell(self) -> None:
        self._activity.waiting = len(self._agenda)
        if not self._agenda:
            self._activity.hinder("outbox", "")  # whatever could not be kept is gone or kept
        self._activity.held_up = tuple(
            (one_line(drawing_in(self._inbox.folder, path).file), sighting.reason)
            for path, sighting in islice(self._sightings.items(), SHOWN)
            if sighting.reason
        )
