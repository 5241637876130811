"""The projection of the ledger into the CSV: soon, but not at any price."""

import time
from collections.abc import Callable

from digitwatch.errors import OutboxError
from digitwatch.recording.outbox import Outbox
from digitwatch.running.activity import Activity

FLOOD_SECONDS = 0.25
"""While many drawings come at once their rows are written together, this often."""
HELD_SECONDS = 1.0
"""How often it is tried again while a person has the CSV open."""


class Projection:
    """Brings rows into the CSV for a watcher that has other things to do as well."""

    def __init__(
        self, outbox: Outbox, activity: Activity, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._outbox = outbox
        self._activity = activity
        self._clock = clock
        self._is_owing = True
        self._last = -FLOOD_SECONDS
        self._pause = 0.0

    def owe(self) -> None:
        """Note that there are new rows to bring."""
        self._is_owing = True

    def bring_soon(self, *, is_flood: bool) -> None:
        """Bring the rows that are owed, unless it is better to wait a moment.

        Args:
            is_flood: Whether more drawings are waiting to be read.
        """
        pause = max(self._pause, FLOOD_SECONDS if is_flood else 0.0)
        if self._is_owing and self._clock() - self._last >= pause:
            self.bring()

    def bring(self) -> None:
        """Bring all rows that the CSV does not have yet; what hinders that is said once."""
        try:
            self._outbox.reopen_if_replaced()
            waiting = self._outbox.project()
        except OutboxError as error:
            self._activity.hinder("ledger", str(error), f"{error}; drawings wait")
            self._wait(rows=self._activity.rows_waiting)
            return
        self._activity.hinder("ledger", "")
        reason = waiting.reason if waiting else ""
        rows = waiting.rows if waiting else 0
        self._activity.hinder("csv", reason, f"rows wait for the CSV: {reason}")
        self._wait(rows)

    def _wait(self, rows: int) -> None:
        self._activity.rows_waiting = rows
        hindrances = self._activity.hindrances
        is_held = "csv" in hindrances or "ledger" in hindrances
        self._is_owing, self._pause = is_held, HELD_SECONDS if is_held else 0.0
        self._last = self._clock()
