"""The ledger: a SQLite file that is the truth about what was read; the CSV is its projection."""

import json
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from digitwatch.recording.correction_store import CorrectionStore
from digitwatch.recording.ledger_file import DamagedError, LedgerFile
from digitwatch.recording.record import Mark, Record

FIELDS = (
    "id", "time", "path", "file", "sha256", "page", "status", "note", "marks", "thumbnail", "model",
)  # fmt: skip


SELECT = f"SELECT {', '.join(FIELDS)} FROM records"  # noqa: S608 - constants
INSERT = (
    f"INSERT INTO records ({', '.join(FIELDS)}, ink, in_csv) "  # noqa: S608 - constants
    f"VALUES ({', '.join(f':{field}' for field in FIELDS)}, :ink, "
    "EXISTS (SELECT * FROM taken_over WHERE id = :id))"
)
SET_IN_CSV = "UPDATE records SET in_csv = ? WHERE id = ?"
MOST_VALUES = 30_000
"""Of a query; SQLite takes 32,766."""


class Ledger:
    """Opens the ledger at `path`, making it where there is none.

    A new one asks `rows_before` for the ids of rows that the CSV has from an earlier ledger, so
    that they are not written again. Several processes may hold it open: SQLite orders their
    writes. It has to lie on a local disk.

    Attributes:
        corrections: What people said is right of the records.

    Raises:
        LedgerError: The file is not a ledger that this version may write to. It is left untouched.
    """

    def __init__(self, path: Path, rows_before: Callable[[], Iterable[str]] = tuple) -> None:
        self.path = path
        self._file = LedgerFile(path, rows_before)
        self.is_new = self._file.is_new
        self.corrections = CorrectionStore(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def is_in_place(self) -> bool:
        """Whether the file that was opened is still the one at `path`."""
        return self._file.is_in_place()

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
        for first in range(0, len(values), MOST_VALUES):
            some = values[first : first + MOST_VALUES]
            places = ",".join("?" * len(some))
            rows += self._file.query(query.format(places), some)
        return rows

    def add(self, files: Sequence[Sequence[Record]]) -> list[bool]:
        """Store records as not yet in the CSV: of each file all of them, or none.

        Args:
            files: The records of each file, one a page.

        Returns:
            For each file whether it was stored; False where another process has stored the same
            job since.
        """
        with self._file.transaction() as connection:
            return [_add(records, connection) for records in files]

    def take_over(self, ids: Iterable[str]) -> None:
        """Note rows that the CSV has, though not by what is known here: they stay the only ones.

        Args:
            ids: Of all rows of the CSV.
        """
        wanted = list(ids)
        states = dict(self._select("SELECT id, in_csv FROM records WHERE id IN ({})", wanted))
        unknown = [(id_,) for id_ in wanted if id_ not in states]
        begun = [(2, id_) for id_, state in states.items() if state == 0]
        if unknown or begun:
            with self._file.transaction() as connection:
                connection.executemany("INSERT OR IGNORE INTO taken_over VALUES (?)", unknown)
                connection.executemany(SET_IN_CSV, begun)

    def files(self) -> set[str]:
        """The names of all files of which there are records."""
        return {name for (name,) in self._file.query("SELECT DISTINCT file FROM records")}

    def pending(self, most: int) -> list[Record]:
        """The oldest records that are not in the CSV yet, `most` at the most."""
        return self._records("WHERE in_csv <> 1 ORDER BY number LIMIT ?", most)

    def count_pending(self) -> int:
        """How many records are not in the CSV yet."""
        ((count,),) = self._file.query("SELECT count(*) FROM records WHERE in_csv <> 1")
        return int(count)

    def begin_attempt(self, ids: Sequence[str]) -> bool:
        """Note that these records are about to be written to the CSV.

        Returns:
            Whether an earlier attempt at any of them, by whatever process, was cut short.
        """
        with self._file.transaction() as connection:
            (begun,) = connection.execute(
                "SELECT count(*) FROM records WHERE in_csv = 2"
            ).fetchone()
            connection.executemany(SET_IN_CSV, [(2, id_) for id_ in ids])
        return bool(begun)

    def mark_in_csv(self, ids: Sequence[str]) -> None:
        """Note that the CSV has these records."""
        with self._file.transaction() as connection:
            connection.executemany(SET_IN_CSV, [(1, id_) for id_ in ids])

    def mark_all_in_csv(self, last: int) -> None:
        """Note that the CSV has every record up to that number, see `last_number`."""
        with self._file.transaction() as connection:
            connection.execute("UPDATE records SET in_csv = 1 WHERE number <= ?", (last,))

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
        ((number,),) = self._file.query("SELECT max(number) FROM records")
        return number or 0

    def _select_some(self, which: str, *values: int) -> list[tuple[Any, ...]]:
        """The numbers and fields of some records."""
        query = f"SELECT number, {', '.join(FIELDS)} FROM records {which}"  # noqa: S608 - constants
        return self._file.query(query, values)

    def _records(self, which: str, *values: str | int) -> list[Record]:
        return [_from_row(row) for row in self._file.query(f"{SELECT} {which}", values)]


def _add(records: Sequence[Record], connection: sqlite3.Connection) -> bool:
    """Add the records of a file; nothing where one of them is there already."""
    connection.execute("SAVEPOINT file")
    try:
        connection.executemany(INSERT, map(_to_row, records))
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorname != "SQLITE_CONSTRAINT_UNIQUE":
            raise
        connection.execute("ROLLBACK TO file")
        return False
    # A full disk has rolled all back already, and there is no savepoint left to speak of.
    connection.execute("RELEASE file")
    return True


def _to_row(record: Record) -> dict[str, Any]:
    values = {field: getattr(record, field) for field in (*FIELDS, "ink")}
    values["time"] = record.time.isoformat(sep=" ", timespec="seconds")
    values["marks"] = json.dumps([vars(mark) for mark in record.marks])
    return values


def _from_row(row: Sequence[str]) -> Record:
    values: dict[str, object] = dict(zip(FIELDS, row, strict=True))
    try:
        values["time"] = datetime.fromisoformat(str(values["time"]))
        values["marks"] = tuple(_to_mark(mark) for mark in json.loads(str(values["marks"])))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DamagedError(row[0], error) from error
    return Record(**values)  # type: ignore[arg-type]  # the table has the record's own fields


def _to_mark(stored: dict[str, object]) -> Mark:
    stored["box"] = tuple(stored["box"])  # type: ignore[arg-type]  # JSON has lists
    stored["grid"] = tuple(tuple(row) for row in stored["grid"])  # type: ignore[attr-defined]
    stored["probabilities"] = tuple(stored.get("probabilities", ()))  # type: ignore[arg-type]
    return Mark(**stored)  # type: ignore[arg-type]  # written by _to_row
