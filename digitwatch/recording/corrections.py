"""What people typed into the column `correct`, taken over from the CSV into the ledger."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from digitwatch.recording.correction import (
    Correction,
    NonsenseError,
    labels,
    understand,
    with_dropped_zeros,
)
from digitwatch.recording.csv_log import CsvError
from digitwatch.recording.csv_rows import Row, Table, read_table
from digitwatch.recording.outbox import Outbox
from digitwatch.recording.record import CORRECT, Record, one_line


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
        nonsense: Cells that are not understood; what was said before still counts.
        unmatched: Cells that name more digits or fewer than were read. They are kept, but which
            mark is which digit cannot be known.
        completed: Cells whose leading zeros a spreadsheet dropped, and which got them back.
        strange: How many rows there are of which the ledger knows nothing.
        trouble: Why the CSV could not be looked at; empty where it could.
    """

    new: int = 0
    withdrawn: int = 0
    nonsense: Sequence[Remark] = ()
    unmatched: Sequence[Remark] = ()
    completed: Sequence[Remark] = ()
    strange: int = 0
    trouble: str = ""


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
        table = read_table(outbox.csv)
    except (CsvError, OSError) as error:
        return Taken(trouble=f"what was corrected in the table is not known: {error}")
    if table is None:
        return Taken()
    if not table.has(CORRECT):
        return Taken(trouble=f"{outbox.csv.name} has no column '{CORRECT}': name it so again")
    said = outbox.ledger.corrections()
    cells, nonsense = _cells(table)
    typed = [one for one in cells if one.cell != (said[one.id].in_csv if one.id in said else "")]
    understood, not_understood = _understand(typed)
    records = outbox.ledger.records([one.id for one in understood])
    changes = [_completed(one, records[one.id]) for one in understood if one.id in records]
    outbox.ledger.correct([_correction(one, said.get(one.id), time) for one in changes])
    news = [one for one in changes if one.id not in said or said[one.id].digits != one.digits]
    return Taken(
        new=sum(bool(one.digits) for one in news),
        withdrawn=sum(not one.digits for one in news),
        nonsense=sorted([*nonsense, *not_understood], key=lambda remark: remark.row),
        unmatched=[
            one.remark(_mismatch(records[one.id]))
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
        strange=len(understood) - len(changes),
    )


def _cells(table: Table) -> tuple[list[_Typed], list[Remark]]:
    """The cells `correct`, one for each id, and those of rows with the same id that clash."""
    found: dict[str, dict[str, _Typed]] = {}
    for row in table.rows:
        id_, cell = table.cell(row, "id").strip(), table.cell(row, CORRECT).strip()
        file = table.cell(row, "file") if table.has("file") else id_
        if id_:
            found.setdefault(id_, {}).setdefault(cell, _Typed(id_, row, file, cell))
    cells: list[_Typed] = []
    clashing: list[Remark] = []
    for texts in found.values():
        filled = [one for cell, one in texts.items() if cell]
        if len(filled) > 1:
            clashing += [one.remark("another row with this id says otherwise") for one in filled]
        else:
            cells += filled or texts.values()
    return cells, clashing


def _understand(typed: Iterable[_Typed]) -> tuple[list[_Typed], list[Remark]]:
    understood: list[_Typed] = []
    nonsense: list[Remark] = []
    for one in typed:
        try:
            understood.append(replace(one, digits=understand(one.cell)))
        except NonsenseError as error:
            nonsense.append(one.remark(str(error)))
    return understood, nonsense


def _completed(typed: _Typed, record: Record) -> _Typed:
    return replace(typed, digits=with_dropped_zeros(typed.digits, typed.cell, record.marks))


def _correction(typed: _Typed, before: Correction | None, time: datetime) -> Correction:
    if before and before.digits == typed.digits:
        time = before.time  # a spreadsheet only writes it in another way
    return Correction(typed.id, typed.digits, time, typed.cell)


def _mismatch(record: Record) -> str:
    count = len(record.marks)
    were_read = f"{count} mark was read" if count == 1 else f"{count} marks were read"
    return (
        f"{were_read} ({record.digits or 'none'}), so nobody knows which is which; if a "
        "spreadsheet dropped a leading 0, write the digits with spaces between them"
    )
