"""What was said elsewhere than in the CSV, written into the cells `correct` of it."""

from collections.abc import Iterable
from pathlib import Path

from digitwatch.recording.csv_log import CsvError, refuse_while_held
from digitwatch.recording.csv_rows import Row, Table, read_table, replace_unchanged, state_of
from digitwatch.recording.ledger import Ledger
from digitwatch.recording.record import CORRECT


def write_answers(ledger: Ledger, csv: Path) -> None:
    """Write what waits, unless a person has typed something else there since.

    Raises:
        CsvError: The CSV has no such column any more, LibreOffice has it open, or a person saved it
            in this moment.
        LedgerError: The ledger cannot be used.
        OSError: The CSV is open elsewhere, read-only, or the disk is full. It is untouched.
    """
    waiting = ledger.corrections.waiting()
    state = state_of(csv)
    table = read_table(csv) if waiting else None
    if not table:
        return
    refuse_while_held(csv)
    if not table.has(CORRECT):
        raise CsvError(
            f"{csv.name} has no column '{CORRECT}' for what was corrected", "name it so again"
        )
    cells = {id_: _texts(table, rows) for id_, rows in table.rows_by_id().items() if id_ in waiting}
    ours = {
        id_: waiting[id_].digits
        for id_, texts in cells.items()
        if all(waiting[id_].expects(text) for text in texts)
    }
    if any(cells[id_] != {digits} for id_, digits in ours.items()):
        ledger.corrections.begin_attempt(ours)
        replace_unchanged(csv, table.with_cells(CORRECT, ours), state)
    ledger.corrections.mark_written(
        {id_: (one.digits, ours.get(id_, one.in_csv)) for id_, one in waiting.items()}
    )


def _texts(table: Table, rows: Iterable[Row]) -> set[str]:
    """What stands in the cells of these rows; an empty copy of a row says nothing."""
    return {text for row in rows if (text := table.cell(row, CORRECT).strip())} or {""}
