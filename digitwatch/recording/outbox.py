"""The outbox: thumbnail, ledger and CSV, written in the order that loses nothing."""

import contextlib
import logging
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Self

from filelock import FileLock

from digitwatch.errors import OutboxError
from digitwatch.files import write_atomically
from digitwatch.recording import csv_log
from digitwatch.recording.ledger import Ledger
from digitwatch.recording.record import ERROR, Record

log = logging.getLogger(__name__)

ROWS_AT_ONCE = 500
CSV_LOCK_SECONDS = 5.0


@dataclass(frozen=True)
class Waiting:
    """Rows that the CSV does not have yet, and why."""

    rows: int
    reason: str


class Outbox:
    """The folder in which people find what was read.

    The ledger is the truth. A record is stored there in one transaction after its thumbnail was
    written, and gets into the CSV by `project`, which may fail and be called again.
    """

    def __init__(self, folder: Path, delimiter: str = ",") -> None:
        self.folder = folder
        self.csv = folder / "predictions.csv"
        self.ledger = self._open_ledger()
        self._delimiter = delimiter
        self._csv_lock = FileLock(folder / ".predictions.lock")

    def _open_ledger(self) -> Ledger:
        ledger = Ledger(self.folder / "digitwatch.db")
        if ledger.is_new:
            ledger.take_over(csv_log.ids_in(self.csv))
        return ledger

    def reopen_if_replaced(self) -> None:
        """Open the ledger again where its file was taken away, so that nothing is kept in a void.

        Raises:
            OutboxError: It cannot be opened.
        """
        if not self.ledger.is_in_place():
            log.warning("the ledger %s was taken away; a new one is begun", self.ledger.path)
            with self._errors_become_ours(self.folder):
                self.folder.mkdir(exist_ok=True)
            lost, self.ledger = self.ledger, self._open_ledger()
            lost.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.ledger.close()

    def keep(
        self, records: Sequence[Record], thumbnails: Sequence[bytes], original: bytes | None
    ) -> bool:
        """Store the records of one file with their thumbnails: all of them, or none.

        Args:
            records: One a page.
            thumbnails: PNG bytes for each record.
            original: The bytes of the file, of which `unreadable/` gets a copy where a page could
                not be read.

        Returns:
            False where another process has stored the same job since.

        Raises:
            OutboxError: The outbox cannot be written to. Nothing was stored; try again later.
        """
        for record, thumbnail in zip(records, thumbnails, strict=True):
            self._write(record.thumbnail, thumbnail)
            if record.status == ERROR and original is not None:
                self._keep_unreadable(record, original)
        return self.ledger.add(records)

    def project(self) -> Waiting | None:
        """Bring the rows that the CSV does not have yet into it.

        Returns:
            None when the CSV has them all; otherwise how many wait, and why.

        Raises:
            LedgerError: The ledger cannot be used.
        """
        try:
            with self._csv_lock.acquire(timeout=CSV_LOCK_SECONDS):
                while records := self.ledger.pending(ROWS_AT_ONCE):
                    self._append(records)
        except PermissionError:
            return self._waiting(f"{self.csv.name} is open elsewhere or may not be written")
        except (OSError, csv_log.CsvError) as error:
            return self._waiting(str(error))
        return None

    def _append(self, records: Sequence[Record]) -> None:
        ids = [record.id for record in records]
        doubtful = self.ledger.begin_attempt(ids)
        csv_log.append(self.csv, records, self._delimiter, doubtful=doubtful)
        self.ledger.mark_in_csv(ids)

    def _waiting(self, reason: str) -> Waiting:
        return Waiting(self.ledger.count_pending(), reason)

    def sweep(self, before: float) -> None:
        """Remove what a killed process left half-written `before` that time (seconds, as mtime)."""
        for folder in (*self.folder.glob("thumbnails/*"), self.folder / "unreadable"):
            for scratch in folder.glob(".*.tmp"):
                with contextlib.suppress(OSError):
                    if scratch.stat().st_mtime < before:
                        scratch.unlink()

    def _keep_unreadable(self, record: Record, original: bytes) -> None:
        name = f"unreadable/{_file_name(record)}"
        self._write(f"{name}{_plain_suffix(record.file)}", original)
        self._write(f"{name}.txt", f"{record.file}: {record.note}\n".encode("utf-8", "replace"))

    def _write(self, relative: str, data: bytes) -> None:
        path = self.folder / relative
        with self._errors_become_ours(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, data)

    @contextlib.contextmanager
    def _errors_become_ours(self, folder: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutboxError(
                f"{folder} cannot be written to: {error.strerror}",
                "free some space or give the right to write there",
            ) from error

    def move_to_done(self, path: Path, record: Record) -> None:
        """Move a drawing that was read to `done/`, where its name tells the record."""
        target = self.folder / "done" / f"{_file_name(record)}{_plain_suffix(record.file)}"
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, target)
        except OSError as error:
            log.warning("%s could not be moved to %s: %s; it stays", path, target, error)


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
