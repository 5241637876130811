"""What people typed into the column `correct`, taken over from the CSV into the ledger."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from digitwatch.recording.correction import (
    Correction,
    NonsenseError,
    labels,
    labels_of_lines,
    understand,
    with_dropped_zeros,
)
from digitwatch.recording.csv_log import CsvError
from digitwatch.recording.csv_rows import Row, Table, read_table
from digitwatch.recording.outbox import Outbox
from digitwatch.recording.record import CORRECT, Record, one_line

LOCK_SECONDS = 10.0
"""Another process may be making the CSV anew."""


@dataclass(frozen=True)
class Remark:
    """What a person should know of a cell.

    Attributes:
        row: Its number, as a spreadsheet shows it.
        file: The drawing that the row is about.
        cell: What stands in the cell.
        words: What is wrong with it, and how to write it.
    """

    row: int
    file: str
    cell: str
    words: str

    def __str__(self) -> str:
        text = f"row {self.row} ({self.file}), correct '{self.cell}': {self.words}"
        return one_line(text)


@dataclass(frozen=True)
class Taken:
    """What came of looking for corrections.

    Attributes:
        new: How many records people said something new of.
        withdrawn: Of how many they took back what they had said.
        refilled: How many cells were empty all at once, answers of the review page among them, as
            in an older copy of the table; they will be written again.
        nonsense: Cells that are not understood; what was said before still counts.
        unmatched: Cells that name more digits or fewer than were read. They are kept, but which
            mark is which digit cannot be known.
        completed: Cells whose leading zeros a spreadsheet dropped, and which got them back.
        strange: How many rows there are of which the ledger knows nothing.
        trouble: Why the CSV could not be looked at; empty where it could.
    """

    new: int = 0
    withdrawn: int = 0
    refilled: int = 0
    nonsense: Sequence[Remark] = ()
    unmatched: Sequence[Remark] = ()
    completed: Sequence[Remark] = ()
    strange: int = 0
    trouble: str = ""

    @property
    def warnings(self) -> list[str]:
        """All that a person should know, a line each; what is about cells in the order of rows."""
        remarks = (*self.nonsense, *self.unmatched, *self.completed)
        lines = [str(remark) for remark in sorted(remarks, key=lambda remark: remark.row)]
        if self.refilled:
            lines.append(
                f"{self.refilled} answers were missing in the table, as in an older copy of it: "
                "they still count, and will be written there again"
            )
        return [*lines, self.trouble] if self.trouble else lines


@dataclass(frozen=True)
class _Typed:
    """A cell, and what it says."""

    id: str
    row: Row
    file: str
    cell: str
    digits: str = ""

    def remark(self, words: str) -> Remark:
        return Remark(self.row.number, self.file, self.cell, words)


def take(outbox: Outbox, time: datetime) -> Taken:
    """Take what people typed into the CSV since the last time.

    Args:
        outbox: With the ledger and the CSV.
        time: Local time at which that is said to have been.

    Raises:
        LedgerError: The ledger cannot be used.
    """
    try:
        # What is being written there by another process belongs to what its ledger says.
        with outbox.csv_lock(LOCK_SECONDS):
            table = read_table(outbox.csv)
            said = outbox.ledger.corrections.all() if table else {}
    except (CsvError, OSError) as error:
        return Taken(trouble=f"what was corrected in the table is not known: {error}")
    if table is None:
        return Taken()
    if not table.has(CORRECT):
        return Taken(trouble=f"{outbox.csv.name} has no column '{CORRECT}': name it so again")
    return _take(table, said, outbox, time)


def _take(table: Table, said: Mapping[str, Correction], outbox: Outbox, time: datetime) -> Taken:
    cells, nonsense = _cells(table)
    typed = [one for one in cells if _is_new(one.cell, said.get(one.id))]
    records = outbox.ledger.records([one.id for one in typed])
    known = [one for one in typed if one.id in records]
    files = outbox.ledger.files() if known else ()
    mixed = {one.id for one in known if table.is_mixed_up(one.row, records[one.id], files)}
    own = [one for one in known if one.id not in mixed]
    lost = _emptied(own, said)
    understood, not_understood = _understand(one for one in own if one.id not in lost)
    changes = [_completed(one, records[one.id]) for one in understood]
    corrections = [_correction(one, said.get(one.id), time) for one in changes]
    again = [replace(said[id_], in_csv="", attempt=None, waits=True) for id_ in lost]
    outbox.ledger.corrections.correct([*corrections, *again], said)
    nonsense += not_understood
    nonsense += [_mixed_up(one, records[one.id]) for one in known if one.id in mixed]
    news = [one for one in changes if one.id not in said or said[one.id].digits != one.digits]
    return Taken(
        new=sum(bool(one.digits) for one in news),
        withdrawn=sum(not one.digits for one in news),
        refilled=len(lost),
        nonsense=sorted(nonsense, key=lambda remark: remark.row),
        unmatched=[
            one.remark(_mismatch(records[one.id], one.digits))
            for one in news
            if one.digits and labels(records[one.id].marks, one.digits) is None
        ],
        completed=[
            one.remark(
                f"taken for {one.digits}; where there is no 0, put spaces between the digits"
            )
            for one in news
            if one.digits != understand(one.cell)
        ],
        strange=len(typed) - len(known),
    )


def _cells(table: Table) -> tuple[list[_Typed], list[Remark]]:
    """The cells `correct`, one for each id, and those of rows with the same id that clash."""
    cells: list[_Typed] = []
    clashing: list[Remark] = []
    for id_, rows in table.rows_by_id().items():
        by_text = {one.cell: one for one in (_typed(table, id_, row) for row in rows)}
        filled = [one for cell, one in by_text.items() if cell]
        if len(filled) > 1:
            clashing += [one.remark("another row with this id says otherwise") for one in filled]
        else:
            cells += filled or by_text.values()
    return cells, clashing


def _typed(table: Table, id_: str, row: Row) -> _Typed:
    file = table.cell(row, "file") if table.has("file") else id_
    return _Typed(id_, row, file, table.cell(row, CORRECT).strip())


def _is_new(cell: str, before: Correction | None) -> bool:
    return not before.expects(cell) if before else bool(cell)


def _understand(typed: Iterable[_Typed]) -> tuple[list[_Typed], list[Remark]]:
    understood: list[_Typed] = []
    nonsense: list[Remark] = []
    for one in typed:
        try:
            understood.append(replace(one, digits=understand(one.cell)))
        except NonsenseError as error:
            nonsense.append(one.remark(str(error)))
    return understood, nonsense


def _emptied(typed: Iterable[_Typed], said: Mapping[str, Correction]) -> set[str]:
    """The ids of what is said whose cells an older copy of the table lacks; mostly none.

    A person empties a cell to take back what it says. An older copy, as an editor saves it that had
    the table open meanwhile, is told by the answers of the review page that it lacks: several.
    """
    emptied = {one.id for one in typed if not one.cell and said[one.id].digits}
    answers = [id_ for id_ in emptied if said[id_].looked_at is not None]
    return emptied if len(answers) > 1 else set()


def _mixed_up(typed: _Typed, record: Record) -> Remark:
    return typed.remark(
        f"the id of this row is that of {record.file}: if columns were sorted apart from each "
        "other, undo that"
    )


def _completed(typed: _Typed, record: Record) -> _Typed:
    return replace(typed, digits=with_dropped_zeros(typed.digits, typed.cell, record.marks))


def _correction(typed: _Typed, before: Correction | None, time: datetime) -> Correction:
    if before and before.digits == typed.digits:  # a spreadsheet only writes it in another way
        return Correction(
            typed.id, typed.digits, before.time, typed.cell, looked_at=before.looked_at
        )
    return Correction(typed.id, typed.digits, time, typed.cell)


def _mismatch(record: Record, digits: str) -> str:
    count = len(record.marks)
    were_read = f"{count} mark was read" if count == 1 else f"{count} marks were read"
    unknown = count - len(labels_of_lines(record.marks, digits))
    whose = "" if unknown == count else f"of {unknown} of them "
    return (
        f"{were_read} ({record.digits or 'none'}), so {whose}nobody knows which is which; if a "
        "spreadsheet dropped a leading 0, write the digits with spaces between them"
    )
