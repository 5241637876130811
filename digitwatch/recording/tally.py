"""A tally of the ledger: how much was read since when, and what failed; it changes nothing."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digitwatch.recording.ledger_file import LedgerError, for_reading
from digitwatch.recording.record import ERROR, REVIEW

REVIEWED = "reviewed"
SECONDS = 0.1
"""How long a ledger that is busy is waited for."""


@dataclass(frozen=True)
class Failure:
    """A page that could not be read: the file, why, and when it was tried (as in the CSV)."""

    file: str
    note: str
    time: str


@dataclass(frozen=True)
class Tally:
    """What was read since some moment.

    Attributes:
        pages: How many pages there are of each status; what was for review and has been looked at
            since counts as REVIEWED.
        failures: Those of files that have not been read since, the newest first; not all of them.
        rows_waiting: How many records of any time the CSV does not have yet.
    """

    pages: Mapping[str, int]
    failures: tuple[Failure, ...]
    rows_waiting: int


EMPTY = Tally({}, (), 0)


def _status(connection: sqlite3.Connection) -> str:
    """What counts as the status of a record: what somebody has looked at waits for nobody.

    A ledger of an early version, which nobody has written to since, has no corrections.
    """
    (has_corrections,) = connection.execute(
        "SELECT count(*) FROM sqlite_schema WHERE name = 'corrections'"
    ).fetchone()
    if not has_corrections:
        return "status"
    return (
        f"CASE WHEN status = '{REVIEW}' AND EXISTS (SELECT * FROM corrections "  # noqa: S608 - constants
        f"WHERE corrections.id = records.id AND digits <> '') THEN '{REVIEWED}' ELSE status END"
    )


def tally(ledger: Path, since: datetime, most_failures: int) -> Tally:
    """Count what the ledger has since a local time; nothing where there is no ledger.

    Raises:
        LedgerError: It cannot be read now.
    """
    if not ledger.exists():
        return EMPTY
    moment = since.isoformat(sep=" ", timespec="seconds")
    try:
        with closing(
            sqlite3.connect(for_reading(ledger.absolute()), uri=True, timeout=SECONDS)
        ) as connection:
            pages = connection.execute(
                f"SELECT {_status(connection)} AS state, count(*) FROM records "  # noqa: S608 - constants
                "WHERE time >= ? GROUP BY state",
                (moment,),
            ).fetchall()
            failures = connection.execute(
                "SELECT file, note, time FROM records WHERE time >= ? AND status = ? "
                "AND NOT EXISTS (SELECT * FROM records AS later "
                "WHERE later.path = records.path AND later.number > records.number) "
                "ORDER BY number DESC LIMIT ?",
                (moment, ERROR, most_failures),
            ).fetchall()
            (waiting,) = connection.execute(
                "SELECT count(*) FROM records WHERE in_csv <> 1"
            ).fetchone()
    except sqlite3.Error as error:
        raise LedgerError(f"the ledger {ledger} cannot be read: {error}") from error
    return Tally(dict(pages), tuple(Failure(*row) for row in failures), waiting)
