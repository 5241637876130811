"""What the watcher is doing: told by its loop, and shown to people by its instance."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

log = logging.getLogger(__name__)

STARTING, TRAINING, WATCHING, STOPPING = "starting", "training", "watching", "stopping"
STOPPED, FAILED = "stopped", "failed"

SHOWN = 10
"""So many files are named with the reason why they wait; of the others there is the count."""


@dataclass
class Activity:
    """What the watcher is doing now.

    One thread writes it and another reads it, so each attribute is set as a whole and never
    changed in place.

    Attributes:
        state: One of the words above.
        inbox: The folder that is watched.
        model: Short id of the model in use.
        doing: The drawing in hand, empty where there is none.
        doing_since: When it was taken in hand, in seconds since the epoch.
        waiting: How many drawings are still to be looked at.
        held_up: Drawings that could not be read yet, and why.
        others: How many files in the inbox are no pictures, by their names.
        rows_waiting: How many rows the CSV does not have yet.
        hindrances: What hinders the work at the moment: from what (`csv`, `inbox`, ...) to why.
        last_error: The last fault that cost something, with the time it happened.
    """

    state: str = STARTING
    inbox: str = ""
    model: str = ""
    doing: str = ""
    doing_since: float = 0.0
    waiting: int = 0
    held_up: tuple[tuple[str, str], ...] = ()
    others: int = 0
    rows_waiting: int = 0
    hindrances: Mapping[str, str] = field(default_factory=dict)
    last_error: str = ""

    def take_in_hand(self, file: str) -> None:
        """Note that this drawing is being read; an empty name: none is."""
        self.doing, self.doing_since = file, time.time() if file else 0.0

    def hinder(self, what: str, reason: str, words: str = "") -> None:
        """Note what hinders the work, or with an empty reason that it does no more.

        The log gets one line when it begins and one when it ends, however long it lasts.
        """
        before = self.hindrances.get(what, "")
        if reason == before:
            return
        others = {key: value for key, value in self.hindrances.items() if key != what}
        self.hindrances = others | ({what: reason} if reason else {})
        if reason:
            log.warning("%s", words or reason)
        else:
            log.info("the %s is in order again", what)

    def fail(self, words: str) -> None:
        """Remember a fault, for those who look later."""
        self.last_error = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {words}"
