"""The ledger: a SQLite file that is the truth about what was read; the CSV is its projection."""

import json
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from filelock import FileLock

from digitwatch.errors import OutboxError
from digitwatch.files import identity_of
from digitwatch.recording.correction import Correction
from digitwatch.recording.record import Mark, Record

APPLICATION = 0x64696769
"""SQLite's application id of our files ("digi"), by which another program's file is told."""

VERSION = 3
"""The version of the tables below; a ledger with a larger one is left alone."""

SCHEMA = """
CREATE TABLE records (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    time TEXT NOT NULL,
    path TEXT NOT NULL,
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    page INTEGER NOT NULL,
    status TEXT NOT NULL,
    note TEXT NOT NULL,
    marks TEXT NOT NULL,
    thumbnail TEXT NOT NULL,
    model TEXT NOT NULL,
    in_csv INTEGER NOT NULL DEFAULT 0  -- 0: not yet, 1: yes, 2: an attempt was begun
);
CREATE INDEX records_by_path ON records (path, number);
CREATE INDEX records_by_content ON records (sha256, number);
CREATE INDEX records_pending ON records (number) WHERE in_csv <> 1;
CREATE TABLE taken_over (id TEXT PRIMARY KEY);
"""

CHANGES = {
    2: ("CREATE INDEX records_by_time ON records (time, status)",),
    3: (
        "ALTER TABLE records ADD COLUMN ink BLOB NOT NULL DEFAULT x''",
        "CREATE TABLE corrections (id TEXT PRIMARY KEY, digits TEXT NOT NULL, time TEXT NOT NULL, "
        "in_csv TEXT NOT NULL, waits INTEGER NOT NULL)",
        "CREATE INDEX corrections_waiting ON corrections (id) WHERE waits",
    ),
}
"""What each later version of the tables added."""

FIELDS = (
    "id", "time", "path", "file", "sha256", "page", "status", "note", "marks", "thumbnail", "model",
)  # fmt: skip


SELECT = f"SELECT {', '.join(FIELDS)} FROM records"  # noqa: S608 - constants
INSERT = (
    f"INSERT INTO records ({', '.join(FIELDS)}, ink, in_csv) "  # noqa: S608 - constants
    f"VALUES ({', '.join(f':{field}' for field in FIELDS)}, :ink, "
    "EXISTS (SELECT * FROM taken_over WHERE id = :id))"
)
MOST_VALUES = 30_000
"""Of a query; SQLite takes 32,766."""
LOCK_SECONDS = 10.0
"""Another process holds the ledger for milliseconds; longer is a fault that may pass."""


class LedgerError(OutboxError):
    """The ledger cannot be used: damaged, of a newer digitwatch, locked, or on a full disk."""


class Ledger:
    """Opens the ledger at `path`, making it where there is none.

    A new one asks `rows_before` for the ids of rows that the CSV has from an earlier ledger, so
    that they are not written again. Several processes may hold it open: SQLite orders their
    writes. It has to lie on a local disk.

    Raises:
        LedgerError: The file is not a ledger that this version may write to. It is left untouched.
    """

    def __init__(self, path: Path, rows_before: Callable[[], Iterable[str]] = tuple) -> None:
        self.path = path
        self.is_new = False
        self._rows_before = rows_before
        # SQLite does not wait for another process while a new file becomes one with a WAL.
        opening = FileLock(path.with_name(".ledger.lock"), timeout=LOCK_SECONDS)
        with opening, self._errors_become_ours():
            self._connection = sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None)
            try:
                self._prepare()
                self._file = identity_of(path)
            except BaseException:
                self._connection.close()
                raise

    @contextmanager
    def _errors_become_ours(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise LedgerError(
                f"the ledger {self.path} cannot be written to now: {error}",
                "free some space, give the right to write there, or wait until it is free",
            ) from error
        except sqlite3.DatabaseError as error:
            raise LedgerError(
                f"the ledger {self.path} is damaged: {error}",
                "put back a copy of it, or move it away: a new one begins with what "
                "predictions.csv has",
            ) from error

    def _prepare(self) -> None:
        """Look at the file, and make the tables where it is empty."""
        with self._transaction():
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            (application,) = self._connection.execute("PRAGMA application_id").fetchone()
            (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            if tables and application != APPLICATION:
                raise LedgerError(
                    f"{self.path} is not a ledger of digitwatch",
                    "move it away or give another outbox",
                )
            if version > VERSION:
                raise LedgerError(
                    f"the ledger {self.path} was written by a newer digitwatch",
                    "install that version again, or give another outbox",
                )
            if not tables:
                self._make_tables()
                version = 1
            self._bring_up_to_date(version)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")

    def _make_tables(self) -> None:
        for statement in SCHEMA.split(";"):
            self._connection.execute(statement)
        self._connection.executemany(
            "INSERT OR IGNORE INTO taken_over VALUES (?)", [(id_,) for id_ in self._rows_before()]
        )
        self._connection.execute(f"PRAGMA application_id = {APPLICATION}")
        self.is_new = True

    def _bring_up_to_date(self, version: int) -> None:
        for number in range(version + 1, VERSION + 1):
            for statement in CHANGES[number]:
                self._connection.execute(statement)
        if version < VERSION:
            self._connection.execute(f"PRAGMA user_version = {VERSION}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def is_in_place(self) -> bool:
        """Whether the file that was opened is still the one at `path`."""
        return identity_of(self.path) == self._file

    def newest(self, path: str) -> Record | None:
        """The newest record of `path`, None where there is none."""
        rows = self._records("WHERE path = ? ORDER BY number DESC LIMIT 1", path)
        return rows[0] if rows else None

    def newest_first(self) -> Iterator[Record]:
        """All records, the newest first, some at a time: mostly only a few are asked for."""
        number = sys.maxsize
        while rows := self._select_some("WHERE number < ? ORDER BY number DESC LIMIT 100", number):
            yield from (_from_row(row) for _, *row in rows)
            number = rows[-1][0]

    def history(self, paths: Sequence[str]) -> dict[str, list[str]]:
        """The sha256 of what was recorded under each of these paths, oldest first.

        It is empty where the bytes could not be had; a path that was never recorded is left out.
        """
        found: dict[str, list[str]] = {}
        for path, sha256 in self._select(
            "SELECT path, sha256 FROM records WHERE path IN ({}) AND page = 1 ORDER BY number",
            paths,
        ):
            found.setdefault(path, []).append(sha256)
        return found

    def first_files(self, contents: Sequence[str]) -> dict[str, str]:
        """The `file` under which each of these sha256 was first recorded, where any was."""
        rows = self._select(
            "SELECT sha256, file, min(number) FROM records WHERE sha256 IN ({}) GROUP BY sha256",
            contents,
        )
        return {sha256: file for sha256, file, _ in rows}

    def _select(self, query: str, values: Sequence[str]) -> list[tuple[Any, ...]]:
        """The rows of a query, in which {} stands for the list of the values."""
        rows: list[tuple[Any, ...]] = []
        with self._errors_become_ours():
            for first in range(0, len(values), MOST_VALUES):
                some = values[first : first + MOST_VALUES]
                places = ",".join("?" * len(some))
                rows += self._connection.execute(query.format(places), some).fetchall()
        return rows

    def add(self, files: Sequence[Sequence[Record]]) -> list[bool]:
        """Store records as not yet in the CSV: of each file all of them, or none.

        Args:
            files: The records of each file, one a page.

        Returns:
            For each file whether it was stored; False where another process has stored the same
            job since.
        """
        with self._transaction():
            return [self._add(records) for records in files]

    def _add(self, records: Sequence[Record]) -> bool:
        self._connection.execute("SAVEPOINT file")
        try:
            self._connection.executemany(INSERT, map(_to_row, records))
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorname != "SQLITE_CONSTRAINT_UNIQUE":
                raise
            self._connection.execute("ROLLBACK TO file")
            return False
        # A full disk has rolled all back already, and there is no savepoint left to speak of.
        self._connection.execute("RELEASE file")
        return True

    def pending(self, most: int) -> list[Record]:
        """The oldest records that are not in the CSV yet, `most` at the most."""
        return self._records("WHERE in_csv <> 1 ORDER BY number LIMIT ?", most)

    def count_pending(self) -> int:
        """How many records are not in the CSV yet."""
        with self._errors_become_ours():
            (count,) = self._connection.execute(
                "SELECT count(*) FROM records WHERE in_csv <> 1"
            ).fetchone()
        return int(count)

    def begin_attempt(self, ids: Sequence[str]) -> bool:
        """Note that these records are about to be written to the CSV.

        Returns:
            Whether an earlier attempt at any of them, by whatever process, was cut short.
        """
        with self._transaction():
            (begun,) = self._connection.execute(
                "SELECT count(*) FROM records WHERE in_csv = 2"
            ).fetchone()
            self._set_in_csv(2, ids)
        return bool(begun)

    def mark_in_csv(self, ids: Sequence[str]) -> None:
        """Note that the CSV has these records."""
        with self._transaction():
            self._set_in_csv(1, ids)

    def mark_all_in_csv(self, last: int) -> None:
        """Note that the CSV has every record up to that number, see `last_number`."""
        with self._transaction():
            self._connection.execute("UPDATE records SET in_csv = 1 WHERE number <= ?", (last,))

    def _set_in_csv(self, state: int, ids: Sequence[str]) -> None:
        self._connection.executemany(
            "UPDATE records SET in_csv = ? WHERE id = ?", [(state, id_) for id_ in ids]
        )

    def ink_of(self, ids: Sequence[str]) -> dict[str, bytes]:
        """The ink of the marks of these records, see `bitmaps`; empty in those of old versions."""
        return dict(self._select("SELECT id, ink FROM records WHERE id IN ({})", ids))

    def records(self, ids: Sequence[str]) -> dict[str, Record]:
        """The records with these ids, by their ids; what is not there is left out."""
        rows = self._select(f"{SELECT} WHERE id IN ({{}})", ids)
        return {record.id: record for record in map(_from_row, rows)}

    def every_record(self, last: int | None = None) -> Iterator[Record]:
        """All records, the oldest first; there may be a hundred thousand.

        Args:
            last: The number of the last one, see `last_number`; None for all.
        """
        number, last = 0, sys.maxsize if last is None else last
        which = "WHERE number > ? AND number <= ? ORDER BY number LIMIT 1000"
        while rows := self._select_some(which, number, last):
            yield from (_from_row(row) for _, *row in rows)
            number = rows[-1][0]

    def last_number(self) -> int:
        """The number of the newest record, 0 where there is none."""
        with self._errors_become_ours():
            (number,) = self._connection.execute("SELECT max(number) FROM records").fetchone()
        return number or 0

    def corrections(self) -> dict[str, Correction]:
        """What people said is right, by the id of the record; also what they took back."""
        return self._corrections("")

    def waiting_corrections(self) -> dict[str, Correction]:
        """Those whose cell in the CSV is still to be written, by the id of the record."""
        return self._corrections("WHERE waits")

    def _corrections(self, which: str) -> dict[str, Correction]:
        query = f"SELECT id, digits, time, in_csv, waits FROM corrections {which}"  # noqa: S608 - constants
        with self._errors_become_ours():
            rows = self._connection.execute(query).fetchall()
        return {
            id_: Correction(id_, digits, datetime.fromisoformat(time), in_csv, bool(waits))
            for id_, digits, time, in_csv, waits in rows
        }

    def correct(self, corrections: Sequence[Correction]) -> None:
        """Keep what people say is right, in place of what they said before of these records."""
        rows = [(*_said(one), one.in_csv, one.waits) for one in corrections]
        with self._transaction():
            self._connection.executemany(
                "INSERT OR REPLACE INTO corrections VALUES (?, ?, ?, ?, ?)", rows
            )

    def answer(self, corrections: Sequence[Correction]) -> None:
        """Keep what people say elsewhere than in the CSV, whose cells wait to be written."""
        with self._transaction():
            self._connection.executemany(
                "INSERT INTO corrections VALUES (?, ?, ?, '', 1) ON CONFLICT (id) DO UPDATE "
                "SET digits = excluded.digits, time = excluded.time, waits = 1",
                map(_said, corrections),
            )

    def mark_written(self, cells: Mapping[str, tuple[str, str]]) -> None:
        """Note what cells of the CSV hold now.

        Args:
            cells: By the id of the record: the digits that were to be written (somebody may have
                said something else meanwhile, which then still waits), and what the cell holds.
        """
        rows = [(in_csv, digits, id_) for id_, (digits, in_csv) in cells.items()]
        with self._transaction():
            self._connection.executemany(
                "UPDATE corrections SET in_csv = ?, waits = waits AND digits <> ? WHERE id = ?",
                rows,
            )

    def _select_some(self, which: str, *values: int) -> list[tuple[Any, ...]]:
        """The numbers and fields of some records."""
        query = f"SELECT number, {', '.join(FIELDS)} FROM records {which}"  # noqa: S608 - constants
        with self._errors_become_ours():
            return self._connection.execute(query, values).fetchall()

    def _records(self, which: str, *values: str | int) -> list[Record]:
        with self._errors_become_ours():
            rows = self._connection.execute(f"{SELECT} {which}", values).fetchall()
        return [_from_row(row) for row in rows]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._errors_become_ours(), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield


def _said(correction: Correction) -> tuple[str, str, str]:
    time = correction.time.isoformat(sep=" ", timespec="seconds")
    return correction.id, correction.digits, time


def _to_row(record: Record) -> dict[str, Any]:
    values = {field: getattr(record, field) for field in (*FIELDS, "ink")}
    values["time"] = record.time.isoformat(sep=" ", timespec="seconds")
    values["marks"] = json.dumps([vars(mark) for mark in record.marks])
    return values


def _from_row(row: Sequence[str]) -> Record:
    values: dict[str, object] = dict(zip(FIELDS, row, strict=True))
    values["time"] = datetime.fromisoformat(str(values["time"]))
    values["marks"] = tuple(_to_mark(mark) for mark in json.loads(str(values["marks"])))
    return Record(**values)  # type: ignore[arg-type]  # the table has the record's own fields


def _to_mark(stored: dict[str, object]) -> Mark:
    stored["box"] = tuple(stored["box"])  # type: ignore[arg-type]  # JSON has lists
    stored["grid"] = tuple(tuple(row) for row in stored["grid"])  # type: ignore[attr-defined]
    stored["probabilities"] = tuple(stored.get("probabilities", ()))  # type: ignore[arg-type]
    return Mark(**stored)  # type: ignore[arg-type]  # written by _to_row
