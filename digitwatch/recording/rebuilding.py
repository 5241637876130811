"""predictions.csv made anew from the ledger, with all that people added to it."""

import contextlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digitwatch.files import read_in_nobodys_way, write_atomically
from digitwatch.recording.correction import Correction
from digitwatch.recording.csv_log import CsvError, Dialect, cells, refuse_while_held
from digitwatch.recording.csv_rows import (
    SavedMeanwhileError,
    Table,
    read_table,
    replace_unchanged,
    state_of,
)
from digitwatch.recording.outbox import Outbox
from digitwatch.recording.record import COLUMNS, CORRECT, Record

Cells = dict[str, str]
"""What a row has in the columns of these names."""
TRIES = 3
"""A person may save the table while it is made anew."""
LOCK_SECONDS = 10.0
"""Another process may be making it anew, too."""


@dataclass(frozen=True)
class Rebuilt:
    """What became of the table.

    Attributes:
        rows: How many it has now.
        strange: How many of them only the old table had, not the ledger.
        copy: Where the old table is kept; None where there was none.
    """

    rows: int
    strange: int
    copy: Path | None


def rebuild(outbox: Outbox, delimiter: str, time: datetime) -> Rebuilt:
    """Make `predictions.csv` anew: a row for each record, also for those whose row was deleted.

    What people typed into `correct` stays as they typed it, the columns that they added stay too,
    and so do rows of which the ledger knows nothing, and copies of a row that differ in what was
    typed: which is right is a person's to say. The old table is kept beside it.

    Args:
        outbox: With the ledger and the CSV.
        delimiter: Of the new CSV.
        time: Local time, for the name of the copy.

    Raises:
        CsvError: LibreOffice has it open, or a person saves it again and again.
        LedgerError: The ledger cannot be used.
        OSError: It is open elsewhere, or the disk is full. The old table is untouched.
    """
    with outbox.csv_lock(LOCK_SECONDS):
        for _ in range(TRIES - 1):
            with contextlib.suppress(SavedMeanwhileError):
                return _rebuild(outbox, delimiter, time)
        return _rebuild(outbox, delimiter, time)


def _rebuild(outbox: Outbox, delimiter: str, time: datetime) -> Rebuilt:
    refuse_while_held(outbox.csv)
    state = state_of(outbox.csv)
    last = outbox.ledger.last_number()
    waiting = outbox.ledger.pending(last)
    # Killed before the end, the rows that still wait are looked for before they are written again.
    is_doubtful = outbox.ledger.begin_attempt([record.id for record in waiting])
    old = _read(outbox.csv, waiting if is_doubtful else ())
    copy = _keep_copy(outbox.csv, time)
    new = _Made(Dialect("utf-8", delimiter, _columns(old)), outbox.ledger.corrections.all())
    new.add(old, outbox.ledger.every_record(last))
    outbox.ledger.corrections.begin_attempt(new.answers)
    replace_unchanged(outbox.csv, b"".join(new.lines), state)
    outbox.ledger.mark_all_in_csv(last)
    outbox.ledger.corrections.mark_written({id_: (it, it) for id_, it in new.answers.items()})
    return Rebuilt(len(new.lines) - 1, new.strange, copy)


def _read(path: Path, torn: Sequence[Record]) -> Table | None:
    """The old table; None also where it has become something else, of which a copy is kept."""
    with contextlib.suppress(CsvError):
        return read_table(path, torn)
    return None


def _keep_copy(path: Path, time: datetime) -> Path | None:
    try:
        content = read_in_nobodys_way(path)
    except FileNotFoundError:
        return None
    copy = path.with_name(f"{path.stem}-before-{time:%Y-%m-%d-%H%M%S}{path.suffix}")
    write_atomically(copy, content, like=path)
    return copy


def _columns(old: Table | None) -> tuple[str, ...]:
    added = [name for name in old.dialect.columns if name not in COLUMNS] if old else []
    return (*COLUMNS, *dict.fromkeys(filter(None, added)))


class _Made:
    """The new table, as it is made.

    Attributes:
        lines: It, line by line.
        strange: How many rows there are of which the ledger knows nothing.
        answers: What its cells `correct` hold that nobody has typed there, by the id of the row.
    """

    def __init__(self, dialect: Dialect, said: Mapping[str, Correction]) -> None:
        self._dialect = dialect
        self._said = said
        self.lines = [dialect.first_line()]
        self.strange = 0
        self.answers: dict[str, str] = {}

    def add(self, old: Table | None, records: Iterable[Record]) -> None:
        """Add a row for each record, and before them the rows that only the old table has."""
        before = _rows_of(old) if old else {}
        rows = [row for record in records for row in self._rows(record, before.pop(record.id, []))]
        strange = [row for rows_ in before.values() for row in rows_ if any(row.values())]
        self.lines += [self._dialect.line(row) for row in (*strange, *rows)]
        self.strange = len(strange)

    def _rows(self, record: Record, before: Sequence[Cells]) -> list[Cells]:
        """The row of a record; more of them where copies of it differ in what people typed."""
        typed = [
            {name: text for name, text in row.items() if self._is_typed(name)} for row in before
        ]
        different = [
            row for n, row in enumerate(typed) if any(row.values()) and row not in typed[:n]
        ]
        rows = [cells(record) | row for row in different or ({},)]
        said = self._said.get(record.id)
        texts = {text for row in before if (text := row[CORRECT])} or {"" for _ in before[:1]}
        if said and _is_to_write(said, texts):
            self.answers[record.id] = said.digits
            rows = [row | {CORRECT: said.digits} for row in rows]
        return rows

    def _is_typed(self, column: str) -> bool:
        return column == CORRECT or column not in COLUMNS


def _rows_of(table: Table) -> dict[str, list[Cells]]:
    """The cells of the rows by their id; also of rows that have none, as for sums."""
    found: dict[str, list[Cells]] = {}
    for row in table.rows:
        values = {name: table.cell(row, name) for name in table.dialect.columns if name}
        values |= {name: values.get(name, "").strip() for name in ("id", CORRECT)}
        found.setdefault(values["id"], []).append(values)
    return found


def _is_to_write(said: Correction, texts: Collection[str]) -> bool:
    """Whether the cells of a record get what was said; what people typed stays as they typed it.

    Args:
        said: Of the record.
        texts: What the cells hold; nothing where there is no row.
    """
    is_known = all(map(said.expects, texts))
    return is_known and (not any(texts) or said.waits or said.attempt is not None)
