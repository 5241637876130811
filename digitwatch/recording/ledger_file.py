"""The ledger's file: its tables, how it is opened, and whose errors are whose."""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from filelock import FileLock

from digitwatch.errors import OutboxError
from digitwatch.files import identity_of

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
        "in_csv TEXT NOT NULL, waits INTEGER NOT NULL, attempt TEXT, looked_at TEXT)",
        "CREATE INDEX corrections_waiting ON corrections (id) WHERE waits",
        "CREATE TABLE drafts (id TEXT PRIMARY KEY, labels TEXT NOT NULL)",
    ),
}
"""What each later version of the tables added."""

LOCK_SECONDS = 10.0
"""Another process holds the ledger for milliseconds; longer is a fault that may pass."""


def for_reading(path: PurePath) -> str:
    """The address by which SQLite opens a ledger without changing it; also one on a share.

    Args:
        path: It is absolute.
    """
    place = quote(os.fsencode(path.as_posix()), safe="/:")
    return f"file://{'' if place.startswith('/') else '/'}{place}?mode=ro"


class LedgerError(OutboxError):
    """The ledger cannot be used: damaged, of a newer digitwatch, locked, or on a full disk."""


class DamagedError(LedgerError):
    """What the ledger has of a record is not what was written there."""

    def __init__(self, id_: str, error: Exception) -> None:
        super().__init__(
            f"what the ledger has of {id_} is damaged: {error!r}", "put back a copy of it"
        )


class LedgerFile:
    """Opens the SQLite file at `path`, making its tables where there is none.

    A new one asks `rows_before` for the ids of rows that the CSV has from an earlier ledger.

    Raises:
        LedgerError: The file is not a ledger that this version may write to. It is left untouched.
    """

    def __init__(self, path: Path, rows_before: Callable[[], Iterable[str]]) -> None:
        self.path = path
        self.is_new = False
        self._rows_before = rows_before
        # SQLite does not wait for another process while a new file becomes one with a WAL.
        opening = FileLock(path.with_name(".ledger.lock"), timeout=LOCK_SECONDS)
        with opening, self._errors_become_ours():
            self._connection = sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None)
            try:
                self._prepare()
                self._identity = identity_of(path)
            except BaseException:
                self._connection.close()
                raise

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def is_in_place(self) -> bool:
        """Whether the file that was opened is still the one at `path`."""
        return identity_of(self.path) == self._identity

    def query(self, statement: str, values: Sequence[Any] | dict[str, Any] = ()) -> list[Any]:
        """The rows that a statement gives, each as a tuple."""
        with self._errors_become_ours():
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """What is done in it is done as a whole, or not at all."""
        with self._errors_become_ours(), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection

    @contextmanager
    def _errors_become_ours(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if "no such" in str(error):
                raise self._damaged(error) from error
            raise LedgerError(
                f"the ledger {self.path} cannot be written to now: {error}",
                "free some space, give the right to write there, or wait until it is free",
            ) from error
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> LedgerError:
        return LedgerError(
            f"the ledger {self.path} is damaged: {error}",
            "put back a copy of it, or move it away: a new one begins with what "
            "predictions.csv has",
        )

    def _prepare(self) -> None:
        """Look at the file, and make the tables where it is empty."""
        with self.transaction():
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
