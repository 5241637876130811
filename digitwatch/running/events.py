"""What the file system says of the inbox: hints on a queue, never a reason to do anything else."""

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
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

from digitwatch.config import Config
from digitwatch.files import identity_of

log = logging.getLogger(__name__)

CHANGES = {EVENT_TYPE_CREATED, EVENT_TYPE_MODIFIED, EVENT_TYPE_MOVED, EVENT_TYPE_CLOSED}
"""Opening a file and closing it unchanged is what we do ourselves, and no news."""

OBSERVER_SECONDS = 0.05
"""On Windows watchdog hands nothing on before it has been quiet for so long."""

# Its warnings are of its own threads, and would stand on the console without a time or a remedy.
logging.getLogger("watchdog").addHandler(logging.NullHandler())


class _Handler(FileSystemEventHandler):
    """Puts the path on the queue and does nothing that could fail: it runs in watchdog's thread."""

    def __init__(self, queue: SimpleQueue[str]) -> None:
        self._queue = queue

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in CHANGES:
            path = event.dest_path if event.event_type == EVENT_TYPE_MOVED else event.src_path
            self._queue.put(os.fsdecode(path))


class Events:
    """The paths in the inbox that something has happened to; none where it is to be polled."""

    def __init__(self, inbox: Path, config: Config) -> None:
        self._inbox = inbox
        self._config = config
        self._queue: SimpleQueue[str] = SimpleQueue()
        self._observer: BaseObserver | None = None
        self._watched: tuple[int, int] | None = None
        self.trouble = ""
        """Why no events come, where they should; the inbox is looked through all the same."""

    def __enter__(self) -> Self:
        self.rearm()
        return self

    def __exit__(self, *_: object) -> None:
        self._disarm()

    def arrived(self, seconds: float) -> Iterator[Path]:
        """The paths that wait on the queue; the first one is waited for up to `seconds`."""
        with contextlib.suppress(Empty):
            yield Path(self._queue.get(timeout=seconds) if seconds else self._queue.get_nowait())
            while True:
                yield Path(self._queue.get_nowait())

    def rearm(self) -> None:
        """Watch the inbox again where the observer has died or the folder is another one.

        A folder that was removed and made again has the same name, and the observer of the old
        one lives on, blind.
        """
        folder = identity_of(self._inbox)
        if self._config.polling or (folder == self._watched and self.is_watching()):
            return
        if self._observer:
            log.warning("the inbox %s has been away or made anew", self._inbox)
        self._disarm()
        if folder:
            self._arm()
        self._watched = folder

    def is_watching(self) -> bool:
        """Whether events would come if anything happened."""
        return self._observer is not None and all(
            thread.is_alive() for thread in (self._observer, *self._observer.emitters)
        )

    def _arm(self) -> None:
        observer: BaseObserver | None = None
        try:
            observer = Observer(timeout=OBSERVER_SECONDS)
            observer.schedule(
                _Handler(self._queue), str(self._inbox), recursive=self._config.recursive
            )
            observer.start()
        except (OSError, RuntimeError) as error:
            if observer:
                observer.stop()  # it holds on to the system's means even before it is started
            self.trouble = f"no events from the inbox ({error}): it is looked through instead"
            return
        self._observer, self.trouble = observer, ""

    def _disarm(self) -> None:
        if self._observer:
            self._observer.stop()
            self._observer.join()
            self._observer = None
