"""The inbox as a place: what is in it, what comes into it, and whether it is there at all."""

import logging
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Self

from digitwatch.config import Config
from digitwatch.recording.record import one_line
from digitwatch.running.activity import SHOWN, Activity
from digitwatch.running.drawings import drawing_in, drawings_below, is_drawing
from digitwatch.running.events import Events

log = logging.getLogger(__name__)


class Inbox:
    """The watched folder; inside a `with` block its events are listened to.

    What is wrong with it is told to the activity.
    """

    def __init__(self, config: Config, activity: Activity) -> None:
        self.folder = config.inbox.resolve()
        self._recursive = config.recursive
        self._activity = activity
        self._events = Events(self.folder, config)
        self._others: set[Path] = set()

    def __enter__(self) -> Self:
        self._events.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._events.__exit__(*error)

    @property
    def is_heard(self) -> bool:
        """Whether what comes in is told by events."""
        return self._events.is_watching()

    def arrived(self, seconds: float) -> Iterator[Path]:
        """The drawings to which something has happened; the first is waited for so long."""
        for path in self._events.arrived(seconds):
            if path.is_relative_to(self.folder) and is_drawing(path.relative_to(self.folder)):
                yield path

    def look_through(self) -> list[Path]:
        """All drawings that are there now, in the order of their names."""
        self._events.rearm()
        self._activity.hinder("events", self._events.trouble)
        is_there = os.path.isdir(self.folder)  # noqa: PTH112 - that of Path may raise
        away = "" if is_there else f"the inbox {self.folder} is not there"
        self._activity.hinder("inbox", away, f"{away}; it is looked for again and again")
        errors: list[OSError] = []
        others: set[Path] = set()
        drawings = list(
            drawings_below(
                self.folder,
                recursive=self._recursive,
                on_error=errors.append,
                on_other=others.add,
            )
        )
        trouble = f"a folder cannot be looked into: {errors[0]}" if errors else ""
        self._activity.hinder("folders", trouble)
        self._pass_over(others)
        return drawings

    def _pass_over(self, others: set[Path]) -> None:
        for path in islice(sorted(others - self._others), SHOWN):
            name = drawing_in(self.folder, path).file
            log.info("%s is not named like a picture, and is left alone", one_line(name))
        self._others = others
        self._activity.others = len(others)
