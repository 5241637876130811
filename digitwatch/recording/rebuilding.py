"""predictions.csv made anew from the ledger, with all that people added to it."""

import contextlib
from codecs import BOM_UTF8
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from pathlib import Path

from digitwatch.files import read_in_nobodys_way, write_atomically
from digitwatch.recording.correction import Correction
from digitwatch.recording.csv_log import CsvError, cells, refuse_while_held
from digitwatch.recording.csv_rows import (
    Row,
    SavedMeanwhileError,
    Table,
    line_of,
    read_table,
    replace_unchanged,
    state_of,
)
from digitwatch.recording.outbox import Outbox
from digitwatch.recording.record import COLUMNS, CORRECT, Record

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
        mixed_up: Of how many rows of it what was typed is not in the new one, since they have the
            ids of others.
        trouble: Why nothing of it is in the new one; empty where it is.
    """

    rows: int
    strange: int
    copy: Path | None
    mixed_up: int = 0
    trouble: str = ""


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
    old, trouble = _read(outbox.csv, waiting if is_doubtful else ())
    copy = _keep_copy(outbox.csv, time)
    new = _Made(delimiter, _Old(old, outbox.ledger.files()), outbox.ledger.corrections.all())
    new.add(outbox.ledger.every_record(last))
    outbox.ledger.corrections.begin_attempt(new.answers)
    replace_unchanged(outbox.csv, new.content, state)
    outbox.ledger.mark_all_in_csv(last)
    outbox.ledger.corrections.mark_written({id_: (it, it) for id_, it in new.answers.items()})
    return Rebuilt(new.count, new.strange, copy, new.mixed_up, trouble)


def _read(path: Path, torn: Sequence[Record]) -> tuple[Table | None, str]:
    """The old table; None where it has become something else, of which a copy is kept, and why."""
    try:
        return read_table(path, torn), ""
    except CsvError as error:
        return None, error.args[0]


def _keep_copy(path: Path, time: datetime) -> Path | None:
    try:
        content = read_in_nobodys_way(path)
    except FileNotFoundError:
        return None
    name = f"{path.stem}-before-{time:%Y-%m-%d-%H%M%S}"
    copy = path.with_name(f"{name}{path.suffix}")
    for number in count(2):
        if not copy.exists():
            break
        copy = path.with_name(f"{name}-{number}{path.suffix}")
    write_atomically(copy, content, like=path)
    return copy


@dataclass(frozen=True)
class _Typed:
    """What people typed into a row: the cell `correct`, and those of the columns they added."""

    correct: str = ""
    added: tuple[str, ...] = ()

    def is_empty(self) -> bool:
        return not (self.correct or any(self.added))


class _Old:
    """The old table: what people typed, by the id of the row, and the columns that they added.

    These are told by their places: two may have the same name, or none.
    """

    def __init__(self, table: Table | None, files: Collection[str]) -> None:
        self._table = table
        self._files = files
        self.has_cells = table is not None and table.has(CORRECT)
        rows = table.rows if table else ()
        names = table.dialect.columns if table else ()
        own = {names.index(name) for name in COLUMNS if name in names}
        filled = {n for row in rows for n, cell in enumerate(row.cells) if cell}
        named = {n for n, name in enumerate(names) if name}
        self._added = sorted((named | filled) - own)
        self.headings = tuple(names[n] if n < len(names) else "" for n in self._added)
        self.rows: dict[str, list[Row]] = {}
        for row in rows:
            self.rows.setdefault(self.cell(row, "id").strip(), []).append(row)

    def cell(self, row: Row, column: str) -> str:
        has_it = self._table and self._table.has(column)
        return self._table.cell(row, column) if self._table and has_it else ""

    def is_mixed_up(self, row: Row, record: Record) -> bool:
        return self._table is not None and self._table.is_mixed_up(row, record, self._files)

    def typed(self, row: Row) -> _Typed:
        cells = [row.cells[n] if n < len(row.cells) else "" for n in self._added]
        return _Typed(self.cell(row, CORRECT).strip(), tuple(cells))


class _Made:
    """The new table, as it is made.

    Attributes:
        count: How many rows it has.
        strange: How many of them the ledger knows nothing of.
        mixed_up: How many rows of the old table have the id of another one.
        answers: What its cells `correct` hold that nobody has typed there, by the id of the row.
    """

    def __init__(self, delimiter: str, old: _Old, said: Mapping[str, Correction]) -> None:
        self._delimiter = delimiter
        self._old = old
        self._said = said
        self._lines = [line_of((*COLUMNS, *old.headings), delimiter, "\r\n")]
        self.strange = 0
        self.mixed_up = 0
        self.answers: dict[str, str] = {}

    @property
    def content(self) -> bytes:
        """The file, in UTF-8 with the mark by which Excel knows it."""
        return BOM_UTF8 + "".join(self._lines).encode("utf-8", "replace")

    @property
    def count(self) -> int:
        return len(self._lines) - 1

    def add(self, records: Iterable[Record]) -> None:
        """Add a row for each record, and before them the rows that only the old table has."""
        before = dict(self._old.rows)
        rows = [
            line for record in records for line in self._rows(record, before.pop(record.id, []))
        ]
        strange = [
            self._line({name: self._old.cell(row, name) for name in COLUMNS}, self._old.typed(row))
            for rows_ in before.values()
            for row in rows_
            if any(row.cells)
        ]
        self._lines += [*strange, *rows]
        self.strange = len(strange)

    def _rows(self, record: Record, before: Sequence[Row]) -> list[str]:
        """The row of a record; more of them where copies of it differ in what people typed."""
        own = [row for row in before if not self._old.is_mixed_up(row, record)]
        self.mixed_up += len(before) - len(own)
        typed = list(dict.fromkeys(map(self._old.typed, own)))
        different = [one for one in typed if not one.is_empty()] or [_Typed()]
        said = self._said.get(record.id)
        texts = {one.correct for one in typed if one.correct}
        if own and self._old.has_cells:
            texts = texts or {""}
        if said and _is_to_write(said, texts):
            self.answers[record.id] = said.digits
            different = list(dict.fromkeys(replace(one, correct=said.digits) for one in different))
        return [self._line(cells(record), one) for one in different]

    def _line(self, values: Mapping[str, str], typed: _Typed) -> str:
        own = [(dict(values) | {CORRECT: typed.correct})[name] for name in COLUMNS]
        added = typed.added or [""] * len(self._old.headings)
        return line_of([*own, *added], self._delimiter, "\r\n")


def _is_to_write(said: Correction, texts: Collection[str]) -> bool:
    """Whether the cells of a record get what was said; what people typed stays as they typed it.

    Args:
        said: Of the record.
        texts: What the cells hold; nothing where there is no row.
    """
    is_known = all(map(said.expects, texts))
    return is_known and (not any(texts) or said.waits or said.attempt is not None)
