"""The records that nobody has said anything of yet; reading them changes nothing."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from digitwatch.recording.ledger import LedgerError

SECONDS = 5.0
"""How long a ledger that is busy is waited for."""


@dataclass(frozen=True)
class Worklist:
    """What is in the ledger to be looked at.

    Attributes:
        ids: Of the records, the oldest first.
        newest: The number of the newest record of any status, from which on to ask again.
        pages: How many records there are of each status, looked at or not.
    """

    ids: Sequence[str]
    newest: int
    pages: Mapping[str, int]


def worklist(ledger: Path, status: str, after: int = 0) -> Worklist:
    """List the records of a status that nobody has corrected or agreed with.

    Args:
        ledger: Its file, made by `Ledger`.
        status: One of `ok`, `review`, `blank`, `error`.
        after: The number of the newest record that was seen before; 0 for all.

    Raises:
        LedgerError: It cannot be read now.
    """
    try:
        address = f"{ledger.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=SECONDS)) as connection:
            connection.execute("BEGIN")
            ids = connection.execute(
                "SELECT id FROM records WHERE number > ? AND status = ? AND NOT EXISTS "
                "(SELECT * FROM corrections WHERE corrections.id = records.id AND digits <> '') "
                "ORDER BY number",
                (after, status),
            ).fetchall()
            (newest,) = connection.execute("SELECT max(number) FROM records").fetchone()
            pages = connection.execute("SELECT status, count(*) FROM records GROUP BY status")
            counts = dict(pages.fetchall())
    except sqlite3.Error as error:
        raise LedgerError(f"the ledger {ledger} cannot be read: {error}") from error
    return Worklist([id_ for (id_,) in ids], newest or 0, counts)
