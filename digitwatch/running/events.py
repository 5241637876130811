"""What the file system says of the inbox: hints on a queue, never a reason to do anything else."""

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

from watchdog.events import (
    EVENT_TYPE_CLOSED,
    EVENT_TYPE_CREATED,
    EVENT_TYPE_MODIFIED,
    EVENT_TYPE_MOVED,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserver

from digitwatch.config import Config

log = logging.getLogger(__name__)

CHANGES = {EVENT_TYPE_CREATED, EVENT_TYPE_MODIFIED, EVENT_TYPE_MOVED, EVENT_TYPE_CLOSED}
"""Opening a file and closing it unchanged is what we do ourselves, and no news."""

OBSERVER_SECONDS = 0.2


class _Handler(FileSystemEventHandler):
    """Puts the path on the queue and does nothing that could fail: it runs in watchdog's thread."""

    def __init__(self, queue: SimpleQueue[str]) -> None:
        self._queue = queue

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in CHANGES:
            path = event.dest_path if event.event_type == EVENT_TYPE_MOVED else event.src_path
            self._queue.put(os.fsdecode(path))


class Events:
    """The paths in `inbox` that something has happened to."""

    def __init__(self, inbox: Path, config: Config) -> None:
        self._inbox = inbox
        self._config = config
        self._queue: SimpleQueue[str] = SimpleQueue()
        self._observer: BaseObserver | None = None
        self._watched = (0, 0)

    def __enter__(self) -> Self:
        self.rearm()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._disarm()

    def arrived(self, seconds: float) -> Iterator[Path]:
        """The paths that wait on the queue; the first one is waited for up to `seconds`."""
        with contextlib.suppress(Empty):
            yield Path(self._queue.get(timeout=seconds) if seconds else self._queue.get_nowait())
            while True:
                yield Path(self._queue.get_nowait())

    def rearm(self) -> None:
        """Watch the inbox again where its observer has died or the folder is another one.

        A folder that was removed and made again has the same name, and the observer of the old
        one lives on, blind.
        """
        identity = self._identity()
        if self._observer and self._observer.is_alive() and identity == self._watched:
            return
        if self._observer:
            log.warning("the inbox %s has been away or made anew", self._inbox)
        self._disarm()
        if identity != (0, 0):
            self._arm(identity)

    def _arm(self, identity: tuple[int, int]) -> None:
        kind = PollingObserver if self._config.polling else Observer
        observer = kind(timeout=OBSERVER_SECONDS)
        observer.schedule(_Handler(self._queue), str(self._inbox), recursive=self._config.recursive)
        try:
            observer.start()
        except OSError as error:
            if identity != self._watched:
                log.warning("no events from the inbox (%s): it is looked through instead", error)
        else:
            self._observer = observer
        self._watched = identity

    def _disarm(self) -> None:
        if self._observer:
            self._observer.stop()
            self._observer.join()
            self._observer = None

    def _identity(self) -> tuple[int, int]:
        try:
            status = self._inbox.stat()
        except OSError:
            return (0, 0)
        return (status.st_dev, status.st_ino)
