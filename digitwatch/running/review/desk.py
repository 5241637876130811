"""The desk at which a person looks through what was read: the queue, and the ledger behind it.

All that is here runs in one thread, since a ledger belongs to the thread that opened it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from digitwatch.config import Config
from digitwatch.errors import OutboxError
from digitwatch.recording.correction import Label
from digitwatch.recording.outbox import Outbox, Waiting
from digitwatch.recording.record import Record, one_line
from digitwatch.recording.worklist import worklist
from digitwatch.running.clock import Clock, local_time
from digitwatch.running.review.pictures import Seen
from digitwatch.running.review.queue import Item, Queue, corrected_digits, item_of
from digitwatch.running.review.view import pictures, shown

AT_ONCE = 500
"""Records that are fetched together: each has hundreds of numbers."""
FEW = 4
"""Records that are kept at hand: to read one of a thousand marks takes as long as a key stroke."""
MARGIN = timedelta(hours=3)
"""Of corrections that may not have been heeded yet: clocks are set back an hour in autumn."""


class StaleError(Exception):
    """What the page has shown is not asked any more."""


class Desk:
    """Holds the queue, and keeps what a person says in the ledger.

    All it does raises LedgerError where the ledger cannot be used.
    """

    def __init__(self, config: Config, *, now: Clock = local_time) -> None:
        self._review_below = config.review_below
        self._now = now
        self._outbox = Outbox(config.outbox, config.delimiter)
        self.waiting: Waiting | None = None
        self._begin()

    def _begin(self) -> None:
        self._queue = Queue()
        self._others: list[str] | None = []
        self._newest = 0
        self._pages: dict[str, int] = {}
        self._said: dict[str, str] = {}
        self._read: dict[str, Record] = {}
        self._heeded = self._now() - MARGIN

    def close(self) -> None:
        """Let go of the ledger."""
        self._outbox.ledger.close()

    @property
    def said(self) -> int:
        """Of how many records a person has said here what is right."""
        return sum(map(bool, self._said.values()))

    @property
    def asked(self) -> tuple[str, int] | None:
        """The record and the mark that are asked about; None where nothing is left."""
        current = self._queue.current
        return (current.id, current.mark) if current else None

    @property
    def unfinished(self) -> int:
        """Of how many records something is said, but not all."""
        return len(self._outbox.ledger.corrections.drafts())

    def look_for_new(self) -> None:
        """Put what was read since into the queue."""
        self._heed_new_ledger()
        found = worklist(self._outbox.ledger.path, self._newest)
        self._newest, self._pages = found.newest, dict(found.pages)
        half = self._outbox.ledger.corrections.drafts()
        self._add([*found.doubtful, *filter(half.__contains__, found.others)])
        others = [id_ for id_ in found.others if id_ not in half]
        if self._others is None:
            self._add(others)
        else:
            self._others += others

    def look_at_others(self) -> None:
        """Ask about what was read surely, too."""
        others, self._others = self._others, None
        self._add(others or ())

    def look_at_skipped(self) -> None:
        """Ask about what was skipped after all."""
        self._queue.look_at_skipped()

    def heed_corrections(self) -> None:
        """Do not ask about what a person has corrected elsewhere, as in the CSV."""
        since = self._now() - MARGIN
        corrections = self._outbox.ledger.corrections.since(min(self._heeded, since))
        self._heeded = since
        elsewhere = {
            one.id
            for one in corrections.values()
            if one.digits and one.digits != self._said.get(one.id)
        }
        self._said = {
            id_: digits
            for id_, digits in self._said.items()
            if id_ not in corrections or corrections[id_].digits == digits
        }
        self._queue.drop(elsewhere)
        if self._others is not None:
            self._others = [id_ for id_ in self._others if id_ not in elsewhere]

    def answer(self, id_: str, mark: int, label: Label) -> None:
        """Take what a mark is; it is kept once all marks of its record are said.

        Raises:
            StaleError: Something else is asked by now.
        """
        self._take(self._refuse_stale(id_, mark), label)

    def agree_with_rest(self, id_: str, mark: int) -> None:
        """Take this mark and those of its record that are still to be asked as they were read.

        Raises:
            StaleError: Something else is asked by now.
        """
        record = self._refuse_stale(id_, mark)
        self._take(record, *(record.marks[place].digit for place in self._queue.rest))

    def _take(self, record: Record, *labels: Label) -> None:
        """Take what marks are; what is said of a part of a record is kept for the next review."""
        item = self._queue.answer(*labels)
        try:
            if item.left:
                self._outbox.ledger.corrections.draft(item.id, item.labels)
            else:
                self._say(item.id, corrected_digits(record.marks, item.labels), item.asked)
        except OutboxError:
            self._queue.undo()  # nothing was kept, so it has to be asked again
            raise

    def skip(self, id_: str, mark: int) -> None:
        """Leave a record for later.

        Raises:
            StaleError: Something else is asked by now.
        """
        self._refuse_stale(id_, mark)
        self._queue.skip()

    def undo(self) -> None:
        """Ask again what was answered or skipped last, if anything was."""
        if not self._queue.can_undo:
            return
        last = self._queue.last
        if last.was_complete:
            self._outbox.take_back(last.item.id, self._now(), last.item.labels)
            self._said[last.item.id] = ""
        else:
            self._outbox.ledger.corrections.draft(last.item.id, last.item.labels)
        self._queue.undo()

    def state(self) -> dict[str, Any]:
        """What the page shows, as JSON has it."""
        question, following = self._current(), self._queue.following
        waiting = self.waiting or Waiting(0, "")
        return {
            "question": question,
            "following": following and pictures(following, self._record(following.id)),
            "left": self._queue.left,
            "answered": self._queue.answered,
            "skipped": self._queue.skipped,
            "canUndo": self._queue.can_undo,
            "others": len(self._others or ()),
            "pages": self._pages,
            "said": self.said,
            "unfinished": self.unfinished,
            "waiting": {"answers": waiting.corrections, "reason": one_line(waiting.reason)},
        }

    def seen(self, id_: str, mark: int) -> Seen | None:
        """What has to be known to draw a mark; None where there is no such mark."""
        record = self._record(id_)
        if record is None or not 0 <= mark < len(record.marks):
            return None
        ink = self._outbox.ledger.ink_of([id_])[id_]
        return Seen(record, ink, mark, self._outbox.folder)

    def _add(self, ids: Sequence[str]) -> None:
        if ids:  # a hundred thousand are not sorted anew for nothing
            self._queue.add(self._items(ids))

    def _items(self, ids: Sequence[str]) -> list[Item]:
        items: list[Item] = []
        drafts = self._outbox.ledger.corrections.drafts()
        for first in range(0, len(ids), AT_ONCE):
            records = self._outbox.ledger.records(ids[first : first + AT_ONCE]).values()
            items += [
                item_of(record, self._review_below, drafts.get(record.id, {}))
                for record in records
                if record.marks
            ]
        return items

    def _refuse_stale(self, id_: str, mark: int) -> Record:
        """The record that is asked about, if it is still this mark of it."""
        self._heed_new_ledger()
        record = self._record(id_)
        if self.asked != (id_, mark) or record is None:
            raise StaleError
        return record

    def _heed_new_ledger(self) -> None:
        """Begin anew where the ledger was taken away: of what it had nothing can be kept."""
        if not self._outbox.ledger.is_in_place():
            self._outbox.reopen_if_replaced()
            self._begin()
            self.look_for_new()

    def _say(self, id_: str, digits: str, looked_at: tuple[int, ...]) -> None:
        self._outbox.correct(id_, digits, self._now(), looked_at)
        self._said[id_] = digits

    def _current(self) -> dict[str, Any] | None:
        question = self._queue.current
        record = question and self._record(question.id)
        return shown(question, record) if question and record else None

    def _record(self, id_: str) -> Record | None:
        if id_ not in self._read:
            self._read |= self._outbox.ledger.records([id_])
            for old in list(self._read)[:-FEW]:
                del self._read[old]
        return self._read.get(id_)
