"""The outbox: thumbnail, ledger and CSV, written in the order that loses nothing."""

import contextlib
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Self

from filelock import FileLock

from digitwatch.errors import OutboxError, remedy_for
from digitwatch.files import write_atomically
from digitwatch.recording import csv_log
from digitwatch.recording.answers import write_answers
from digitwatch.recording.correction import Correction, Label
from digitwatch.recording.ledger import Ledger
from digitwatch.recording.record import ERROR, Record
from digitwatch.recording.restoring import drawn_again, lost_thumbnails

log = logging.getLogger(__name__)

ROWS_AT_ONCE = 500
CSV_LOCK_SECONDS = 1.0
"""Another process holds the CSV for milliseconds."""


@dataclass(frozen=True)
class Waiting:
    """What the CSV does not have yet, and why: so many rows, and so many cells `correct`."""

    rows: int
    reason: str
    corrections: int = 0

    def __str__(self) -> str:
        found = ((self.rows, "row"), (self.corrections, "correction"))
        what = " and ".join(f"{n:,} {thing}{'' if n == 1 else 's'}" for n, thing in found if n)
        verb = "waits" if self.rows + self.corrections == 1 else "wait"
        return f"{what} {verb}: {self.reason}" if what else self.reason


@dataclass(frozen=True)
class Entry:
    """What is kept of one file.

    Attributes:
        records: One a page.
        thumbnails: PNG bytes for each record.
        original: The bytes of the file, of which `unreadable/` gets a copy where a page could not
            be read; empty where they could not be had.
    """

    records: Sequence[Record]
    thumbnails: Sequence[bytes]
    original: bytes


class Outbox:
    """The folder in which people find what was read.

    The ledger is the truth. A record is stored there in one transaction after its thumbnail was
    written, and gets into the CSV by `project`, which may fail and be called again. To wait until
    the disk has a thumbnail would take as long as to read the drawing; the few that go with the
    power are drawn again by `sweep`.
    """

    def __init__(self, folder: Path, delimiter: str = ",") -> None:
        self.folder = folder
        self.csv = folder / "predictions.csv"
        self.ledger = self._open_ledger()
        self._delimiter = delimiter
        self._csv_lock = FileLock(folder / ".predictions.lock")
        self._knows_rows = False

    def _open_ledger(self) -> Ledger:
        return Ledger(self.folder / "digitwatch.db", self._ids_in_csv)

    def _ids_in_csv(self) -> set[str]:
        try:
            return csv_log.ids_in(self.csv)
        except OSError as error:
            raise OutboxError(
                f"{self.csv} cannot be read, and a new ledger has to know its rows: {error}",
                "close it where it is open, or move it away",
            ) from error

    def reopen_if_replaced(self) -> None:
        """Open the ledger again where its file was taken away, so that nothing is kept in a void.

        Raises:
            OutboxError: It cannot be opened.
        """
        if not self.ledger.is_in_place():
            with self._errors_become_ours(self.folder):
                self.folder.mkdir(exist_ok=True)
            lost, self.ledger = self.ledger, self._open_ledger()
            lost.close()
            self._knows_rows = False
            log.warning("the ledger %s was gone or another: it is open again", self.ledger.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.ledger.close()

    def keep(self, entries: Sequence[Entry]) -> list[bool]:
        """Store what was read: of each file all of it, or nothing.

        Returns:
            For each file whether it was stored; False where another process has stored the same
            job since.

        Raises:
            OutboxError: The outbox cannot be written to. Nothing was stored; try again later.
        """
        self.reopen_if_replaced()
        self._take_over_rows()
        for entry in entries:
            for record, thumbnail in zip(entry.records, entry.thumbnails, strict=True):
                self._write(record.thumbnail, thumbnail, durable=False)
                if record.status == ERROR and entry.original:
                    self._keep_unreadable(record, entry.original)
        return self.ledger.add([entry.records for entry in entries])

    def _take_over_rows(self) -> None:
        """Let an older copy of the ledger that was put back know the rows that came after it."""
        if not self._knows_rows:
            # What cannot be read now cannot be written to either, and is looked at the next time.
            with contextlib.suppress(OSError):
                self.ledger.take_over(csv_log.ids_in(self.csv))
                self._knows_rows = True

    def project(self) -> Waiting | None:
        """Bring the rows that the CSV does not have yet into it.

        Returns:
            None when the CSV has them all; otherwise how many wait, and why.

        Raises:
            LedgerError: The ledger cannot be used.
        """
        try:
            with self.csv_lock():
                while records := self.ledger.pending(ROWS_AT_ONCE):
                    self._append(records)
                write_answers(self.ledger, self.csv)
        except PermissionError:
            return self._waiting(f"{self.csv.name} is open elsewhere or may not be written")
        except (OSError, csv_log.CsvError) as error:
            return self._waiting(str(error))
        return None

    def csv_lock(
        self, seconds: float = CSV_LOCK_SECONDS
    ) -> contextlib.AbstractContextManager[object]:
        """Hold what only one process may have that writes to the CSV.

        Args:
            seconds: For which another that has it is waited for.

        Raises:
            OSError: Another has it, and does not let it go.
        """
        return self._csv_lock.acquire(timeout=seconds)

    def _append(self, records: Sequence[Record]) -> None:
        csv_log.refuse_while_held(self.csv)
        ids = [record.id for record in records]
        doubtful = self.ledger.begin_attempt(ids)
        csv_log.append(self.csv, records, self._delimiter, doubtful=doubtful)
        self.ledger.mark_in_csv(ids)

    def correct(
        self, id_: str, digits: str, time: datetime, looked_at: tuple[int, ...] | None = None
    ) -> None:
        """Keep what a person says is right of a record; `project` brings it into the CSV.

        Args:
            id_: Of the record.
            digits: As `understand` returns them; nothing to take back what was said.
            time: Local time.
            looked_at: See `Correction`.

        Raises:
            LedgerError: The ledger cannot be used.
        """
        self.ledger.corrections.answer([Correction(id_, digits, time, looked_at=looked_at)])

    def take_back(self, id_: str, time: datetime, labels: Mapping[int, Label]) -> None:
        """Take back what was said of a record, but not what was said of some of its marks.

        Raises:
            LedgerError: The ledger cannot be used; nothing is taken back.
        """
        self.ledger.corrections.answer([Correction(id_, "", time)], {id_: labels})

    def _waiting(self, reason: str) -> Waiting:
        corrections = len(self.ledger.corrections.waiting())
        return Waiting(self.ledger.count_pending(), reason, corrections)

    def sweep(self, before: float) -> None:
        """Put in order what a killed process or a power cut left.

        Args:
            before: What is half-written and older than that time (seconds, as mtime) is removed.
        """
        ours = (self.folder, self.folder / "unreadable", self.folder / "done")
        for folder in (*ours, *self.folder.glob("thumbnails/*")):
            for scratch in folder.glob(".*.tmp"):
                with contextlib.suppress(OSError):
                    if scratch.stat().st_mtime < before:
                        scratch.unlink()
        try:
            self._restore_thumbnails()
        except (OutboxError, ValueError) as error:
            log.warning("not every thumbnail is there: %s", error)

    def _restore_thumbnails(self) -> None:
        """Draw thumbnails again that the disk did not have yet when the power went."""
        for record in lost_thumbnails(self.ledger, self.folder):
            log.warning("%s was lost: it is drawn again", record.thumbnail)
            ink = self.ledger.ink_of([record.id])[record.id]
            self._write(record.thumbnail, drawn_again(record, ink))

    def _keep_unreadable(self, record: Record, original: bytes) -> None:
        name = f"unreadable/{_file_name(record)}"
        reason = f"{record.file}: {record.note}\n".encode("utf-8", "replace")
        try:
            self._write(f"{name}{_plain_suffix(record.file)}", original)
            self._write(f"{name}.txt", reason)
        except OutboxError as error:
            # Its row is worth more than the copy: the file itself is still where it was.
            log.warning("no copy of an unreadable file is kept: %s", error)

    def _write(self, relative: str, data: bytes, *, durable: bool = True) -> None:
        path = self.folder / relative
        with self._errors_become_ours(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, data, durable=durable)

    @contextlib.contextmanager
    def _errors_become_ours(self, folder: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutboxError(
                f"{folder} cannot be written to: {error.strerror}", remedy_for(error)
            ) from error


def thumbnail_name(file: str, record_id: str, time: datetime) -> str:
    """Where a record's thumbnail lies, relative to the CSV: one folder a month."""
    return f"thumbnails/{time:%Y-%m}/{plain_stem(file)}_{record_id}.png"


def plain_stem(file: str) -> str:
    """The stem of a file name in letters that every program and every file system takes."""
    return re.sub(r"[^A-Za-z0-9]+", "-", PurePosixPath(file).stem).strip("-")[:40] or "drawing"


def _file_name(record: Record) -> str:
    return f"{plain_stem(record.file)}_{record.id}"


def _plain_suffix(file: str) -> str:
    return re.sub(r"[^.A-Za-z0-9]", "", PurePosixPath(file).suffix)
