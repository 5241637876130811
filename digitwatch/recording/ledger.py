"""The ledger: a SQLite file that is the truth about what was read; the CSV is its projection."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from digitwatch.errors import DigitwatchError
from digitwatch.recording.record import Mark, Record

APPLICATION = 0x64696769
"""SQLite's application id of our files ("digi"), by which another program's file is told."""

VERSION = 1
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
    in_csv INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX records_by_path ON records (path, number);
CREATE INDEX records_by_content ON records (sha256, number);
CREATE INDEX records_pending ON records (number) WHERE in_csv = 0;
"""

FIELDS = (
    "id", "time", "path", "file", "sha256", "page", "status", "note", "marks", "thumbnail", "model",
)  # fmt: skip


class LedgerError(DigitwatchError):
    """The ledger is damaged, of a newer digitwatch, or not a ledger."""


class Ledger:
    """Opens the ledger at `path`, making it where there is none.

    Several processes may hold it open: SQLite orders their writes. It has to lie on a local disk.

    Raises:
        LedgerError: The file is not a ledger that this version may write to. It is left untouched.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._connection = sqlite3.connect(path, timeout=30, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise
        except sqlite3.DatabaseError as error:
            raise LedgerError(
                f"the ledger {path} cannot be used: {error}",
                "move it away to begin a new one (predictions.csv keeps its rows), "
                "or put back a copy of it",
            ) from error

    def _prepare(self) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        (application,) = self._connection.execute("PRAGMA application_id").fetchone()
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if tables and application != APPLICATION:
            raise LedgerError(
                f"{self.path} is not a ledger of digitwatch", "move it away or give another outbox"
            )
        if version > VERSION:
            raise LedgerError(
                f"the ledger {self.path} was written by a newer digitwatch",
                "install that version again, or give another outbox",
            )
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        if not version:
            self._connection.executescript(
                f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA application_id = {APPLICATION};"
                f"PRAGMA user_version = {VERSION}; COMMIT;"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def newest(self, path: str) -> Record | None:
        """The newest record of `path`, None where there is none."""
        rows = self._records("WHERE path = ? ORDER BY number DESC LIMIT 1", path)
        return rows[0] if rows else None

    def first_with(self, sha256: str) -> str | None:
        """The `file` under which these bytes were first read, None where they never were."""
        row = self._connection.execute(
            "SELECT file FROM records WHERE sha256 = ? ORDER BY number LIMIT 1", (sha256,)
        ).fetchone()
        return row[0] if row else None

    def add(self, records: Iterable[Record]) -> None:
        """Store the records of one file, all of them or none, as not yet in the CSV."""
        marks = ", ".join("?" * len(FIELDS))
        statement = f"INSERT INTO records ({', '.join(FIELDS)}) VALUES ({marks})"  # noqa: S608 - constants
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(statement, [_to_row(record) for record in records])

    def pending(self, most: int) -> list[Record]:
        """The oldest records that are not in the CSV yet, `most` at the most."""
        return self._records("WHERE in_csv = 0 ORDER BY number LIMIT ?", most)

    def count_pending(self) -> int:
        """How many records are not in the CSV yet."""
        (count,) = self._connection.execute(
            "SELECT count(*) FROM records WHERE in_csv = 0"
        ).fetchone()
        return int(count)

    def _records(self, which: str, *values: str | int) -> list[Record]:
        rows = self._connection.execute(f"SELECT {', '.join(FIELDS)} FROM records {which}", values)  # noqa: S608 - constants
        return [_from_row(row) for row in rows]

    def mark_in_csv(self, ids: Sequence[str]) -> None:
        """Note that the CSV has these records."""
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(
                "UPDATE records SET in_csv = 1 WHERE id = ?", [(one,) for one in ids]
            )


def _to_row(record: Record) -> tuple[str | int, ...]:
    values = {field: getattr(record, field) for field in FIELDS}
    values["time"] = record.time.isoformat(sep=" ", timespec="seconds")
    values["marks"] = json.dumps([asdict(mark) for mark in record.marks])
    return tuple(values.values())


def _from_row(row: Sequence[str]) -> Record:
    values: dict[str, object] = dict(zip(FIELDS, row, strict=True))
    values["time"] = datetime.fromisoformat(str(values["time"]))
    values["marks"] = tuple(_to_mark(mark) for mark in json.loads(str(values["marks"])))
    return Record(**values)  # type: ignore[arg-type]  # the table has the record's own fields


def _to_mark(stored: dict[str, object]) -> Mark:
    stored["box"] = tuple(stored["box"])  # type: ignore[arg-type]  # JSON has lists
    stored["grid"] = tuple(tuple(row) for row in stored["grid"])  # type: ignore[attr-defined]
    return Mark(**stored)  # type: ignore[arg-type]  # written by _to_row
