"""predictions.csv made anew from the ledger, with all that people added to it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digitwatch.files import read_in_nobodys_way, write_atomically
from digitwatch.recording.correction import Correction
from digitwatch.recording.csv_log import CsvError, Dialect, cells, refuse_while_held
from digitwatch.recording.csv_rows import Table, read_table, replace_unchanged, state_of
from digitwatch.recording.outbox import Outbox
from digitwatch.recording.record import COLUMNS, CORRECT, Record


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
    and so do rows of which the ledger knows nothing. The old table is kept beside it.

    Args:
        outbox: With the ledger and the CSV.
        delimiter: Of the new CSV.
        time: Local time, for the name of the copy.

    Raises:
        CsvError: LibreOffice has it open, or a person saved it in this moment.
        LedgerError: The ledger cannot be used.
        OSError: It is open elsewhere, or the disk is full. The old table is untouched.
    """
    with outbox.csv_lock():
        refuse_while_held(outbox.csv)
        state = state_of(outbox.csv)
        old = _read(outbox.csv)
        copy = _keep_copy(outbox.csv, time)
        last = outbox.ledger.last_number()
        # Killed after the next lines, the rows that still wait are looked for before they are
        # written again.
        outbox.ledger.begin_attempt([record.id for record in outbox.ledger.pending(last)])
        lines, strange = _lines(outbox, old, Dialect("utf-8", delimiter, _columns(old)), last)
        replace_unchanged(outbox.csv, b"".join(lines), state)
        outbox.ledger.mark_all_in_csv(last)
    return Rebuilt(len(lines) - 1, strange, copy)


def _read(path: Path) -> Table | None:
    """The old table; None also where it has become something else, of which a copy is kept."""
    try:
        return read_table(path)
    except CsvError:
        return None


def _keep_copy(path: Path, time: datetime) -> Path | None:
    try:
        content = read_in_nobodys_way(path)
    except FileNotFoundError:
        return None
    copy = path.with_name(f"{path.stem}-before-{time:%Y-%m-%d-%H%M%S}{path.suffix}")
    write_atomically(copy, content)
    return copy


def _columns(old: Table | None) -> tuple[str, ...]:
    added = [name for name in old.dialect.columns if name not in COLUMNS] if old else []
    return (*COLUMNS, *dict.fromkeys(filter(None, added)))


def _lines(
    outbox: Outbox, old: Table | None, dialect: Dialect, last: int
) -> tuple[list[bytes], int]:
    """The lines of the new table, and how many rows the ledger knows nothing of."""
    before = {cells_["id"]: cells_ for cells_ in _cells(old)} if old else {}
    corrections = outbox.ledger.corrections()
    lines = []
    for record in outbox.ledger.every_record(last):
        row = _row(record, before.pop(record.id, {}), corrections)
        lines.append(dialect.line(row))
    # What is left of the old ones is older than the ledger.
    strange = [dialect.line(row) for row in before.values()]
    return [dialect.first_line(), *strange, *lines], len(strange)


def _cells(table: Table) -> Iterator[dict[str, str]]:
    for row in table.rows:
        if id_ := table.cell(row, "id").strip():
            values = {name: table.cell(row, name) for name in table.dialect.columns if name}
            yield values | {"id": id_}


def _row(
    record: Record, before: Mapping[str, str], corrections: Mapping[str, Correction]
) -> dict[str, str]:
    typed = before.get(CORRECT, "").strip()
    return {**before, **cells(record), CORRECT: _newest(typed, corrections.get(record.id))}


def _newest(typed: str, correction: Correction | None) -> str:
    """What people typed, as they typed it, unless they answered elsewhere since."""
    if correction and (not typed or (correction.waits and typed == correction.in_csv)):
        return correction.digits
    return typed
