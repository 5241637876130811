"""What people said is right, as the ledger keeps it: corrections, and pages that are half said."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from digitwatch.recording.correction import Correction, Label, understand
from digitwatch.recording.ledger_file import DamagedError, LedgerFile

FIELDS = "id, digits, time, in_csv, waits, attempt, looked_at"
NOTHING: Mapping[str, Correction] = {}
NO_DRAFTS: Mapping[str, Mapping[int, Label]] = {}


class CorrectionStore:
    """The corrections in the file of a ledger; all that it does raises LedgerError as that does."""

    def __init__(self, file: LedgerFile) -> None:
        self._file = file

    def all(self) -> dict[str, Correction]:
        """What people said is right, by the id of the record; also what they took back."""
        return self._select("")

    def waiting(self) -> dict[str, Correction]:
        """Those whose cell in the CSV is still to be written, by the id of the record."""
        return self._select("WHERE waits")

    def since(self, time: datetime) -> dict[str, Correction]:
        """What people said or took back since that time, by the id of the record."""
        return self._select("WHERE time >= ?", _as_text(time))

    def _select(self, which: str, *values: str) -> dict[str, Correction]:
        query = f"SELECT {FIELDS} FROM corrections {which}"  # noqa: S608 - constants
        rows = self._file.query(query, values)
        return {row[0]: _from_row(row) for row in rows}

    def correct(
        self, corrections: Sequence[Correction], before: Mapping[str, Correction] = NOTHING
    ) -> None:
        """Keep what people typed into the CSV.

        Args:
            corrections: Each in place of what was said before of its record.
            before: What that is, by the id of the record. Where something else has been said
                since, it stays: what is in the CSV has to be compared with that.
        """
        rows = [_row(one) | _known(before.get(one.id)) for one in corrections]
        with self._file.transaction() as connection:
            connection.executemany(
                f"INSERT INTO corrections ({FIELDS}) "  # noqa: S608 - constants
                "VALUES (:id, :digits, :time, :in_csv, :waits, :attempt, :looked_at) "
                "ON CONFLICT (id) DO UPDATE SET digits = :digits, time = :time, "
                "in_csv = :in_csv, waits = :waits, attempt = :attempt, looked_at = :looked_at "
                "WHERE digits = :old_digits AND time = :old_time "
                "AND in_csv = :old_in_csv",
                rows,
            )

    def answer(
        self,
        corrections: Sequence[Correction],
        drafts: Mapping[str, Mapping[int, Label]] = NO_DRAFTS,
    ) -> None:
        """Keep what people say elsewhere than in the CSV, whose cells wait to be written.

        Args:
            corrections: Each in place of what was said before of its record.
            drafts: What is said of a part of their marks, by the id of the record, in place of
                what was.
        """
        rows = [_row(one) for one in corrections]
        with self._file.transaction() as connection:
            connection.executemany(
                f"INSERT INTO corrections ({FIELDS}) "  # noqa: S608 - constants
                "VALUES (:id, :digits, :time, '', 1, NULL, :looked_at) ON CONFLICT (id) "
                "DO UPDATE SET digits = :digits, time = :time, waits = 1, looked_at = :looked_at",
                rows,
            )
            connection.executemany("DELETE FROM drafts WHERE id = :id", rows)
            _insert(connection, drafts)

    def begin_attempt(self, cells: Mapping[str, str]) -> None:
        """Note what is about to be written into cells of the CSV, by the id of the record.

        Should that be cut short, nobody will take what the cell holds for a person's word.
        """
        with self._file.transaction() as connection:
            connection.executemany(
                "UPDATE corrections SET attempt = ? WHERE id = ?",
                [(cell, id_) for id_, cell in cells.items()],
            )

    def mark_written(self, cells: Mapping[str, tuple[str, str]]) -> None:
        """Note what cells of the CSV hold now.

        Args:
            cells: By the id of the record: the digits that were to be written (somebody may have
                said something else meanwhile, which then still waits), and what the cell holds.
        """
        rows = [(in_csv, digits, id_) for id_, (digits, in_csv) in cells.items()]
        with self._file.transaction() as connection:
            connection.executemany(
                "UPDATE corrections SET in_csv = ?, attempt = NULL, "
                "waits = waits AND digits <> ? WHERE id = ?",
                rows,
            )

    def draft(self, id_: str, labels: Mapping[int, Label]) -> None:
        """Keep what is said of some marks of a record, by their places, until all are said."""
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM drafts WHERE id = ?", (id_,))
            _insert(connection, {id_: labels})

    def drafts(self) -> dict[str, dict[int, Label]]:
        """What is said of some marks of records of which not all is said, by the record's id."""
        rows = self._file.query(
            "SELECT id, labels FROM drafts WHERE NOT EXISTS (SELECT * FROM corrections "
            "WHERE corrections.id = drafts.id AND digits <> '')"
        )
        return {id_: _labels(id_, labels) for id_, labels in rows}


def _insert(connection: sqlite3.Connection, drafts: Mapping[str, Mapping[int, Label]]) -> None:
    rows = [(id_, json.dumps(list(labels.items()))) for id_, labels in drafts.items() if labels]
    connection.executemany("INSERT INTO drafts VALUES (?, ?)", rows)


def _from_row(row: Sequence[Any]) -> Correction:
    id_, digits, time, in_csv, waits, attempt, looked_at = row
    try:
        places = None if looked_at is None else tuple(map(int, json.loads(looked_at)))
        moment = datetime.fromisoformat(time)
        understood = understand(digits)
    except (ValueError, TypeError) as error:
        raise DamagedError(id_, error) from error
    return Correction(id_, understood, moment, in_csv, bool(waits), attempt, places)


def _labels(id_: str, stored: str) -> dict[int, Label]:
    try:
        return {int(place): label for place, label in json.loads(stored)}
    except (ValueError, TypeError) as error:
        raise DamagedError(id_, error) from error


def _row(correction: Correction) -> dict[str, Any]:
    places = correction.looked_at
    return vars(correction) | {
        "time": _as_text(correction.time),
        "looked_at": None if places is None else json.dumps(places),
    }


def _known(before: Correction | None) -> dict[str, str | None]:
    """What a correction has to be still, to be replaced; NULL is equal to nothing."""
    digits, time, in_csv = (
        (before.digits, _as_text(before.time), before.in_csv) if before else (None, None, None)
    )
    return {"old_digits": digits, "old_time": time, "old_in_csv": in_csv}


def _as_text(time: datetime) -> str:
    return time.isoformat(sep=" ", timespec="seconds")
