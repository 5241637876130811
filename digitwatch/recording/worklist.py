"""The records that nobody has said anything of yet; reading them changes nothing."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from digitwatch.recording.ledger_file import LedgerError, for_reading
from digitwatch.recording.record import OK, REVIEW

SECONDS = 5.0
"""How long a ledger that is busy is waited for."""


@dataclass(frozen=True)
class Worklist:
    """What there is to be looked at.

    Attributes:
        doubtful: Ids of the records for review, the oldest first.
        others: Ids of those that were read surely.
        newest: The number of the newest record, to ask next time for what came after it.
        pages: How many records there are of each status, looked at or not.
    """

    doubtful: Sequence[str]
    others: Sequence[str]
    newest: int
    pages: Mapping[str, int]


def worklist(ledger: Path, after: int = 0) -> Worklist:
    """List the records with digits of which nobody has said yet what is right.

    Args:
        ledger: Its file, made by `Ledger`.
        after: The number of the newest record that was listed before; 0 for all.

    Raises:
        LedgerError: It cannot be read now.
    """
    try:
        with closing(
            sqlite3.connect(for_reading(ledger.absolute()), uri=True, timeout=SECONDS)
        ) as connection:
            connection.execute("BEGIN")  # the counts belong to the list
            found = connection.execute(
                "SELECT number, status, id FROM records WHERE number > ? AND status IN (?, ?) "
                "AND NOT EXISTS (SELECT * FROM corrections "
                "WHERE corrections.id = records.id AND digits <> '') ORDER BY number",
                (after, REVIEW, OK),
            ).fetchall()
            (newest,) = connection.execute("SELECT max(number) FROM records").fetchone()
            pages = connection.execute(
                "SELECT status, count(*) FROM records GROUP BY status"
            ).fetchall()
    except sqlite3.Error as error:
        raise LedgerError(f"the ledger {ledger} cannot be read: {error}") from error
    return Worklist(
        doubtful=[id_ for _, status, id_ in found if status == REVIEW],
        others=[id_ for _, status, id_ in found if status == OK],
        newest=newest or 0,
        pages=dict(pages),
    )
