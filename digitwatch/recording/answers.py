"""What was said elsewhere than in the CSV, written into the cells `correct` of it."""

from pathlib import Path

from digitwatch.recording.csv_log import CsvError, refuse_while_held
from digitwatch.recording.csv_rows import read_table, replace_unchanged, state_of
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
    waiting = ledger.waiting_corrections()
    state = state_of(csv)
    table = read_table(csv) if waiting else None
    if not table:
        return
    refuse_while_held(csv)
    if not table.has(CORRECT):
        raise CsvError(
            f"{csv.name} has no column '{CORRECT}' for what was corrected", "name it so again"
        )
    rows = {id_: row for row in table.rows if (id_ := table.cell(row, "id").strip()) in waiting}
    cells = {id_: table.cell(row, CORRECT).strip() for id_, row in rows.items()}
    ours = {id_: waiting[id_].digits for id_, cell in cells.items() if cell == waiting[id_].in_csv}
    if any(cells[id_] != digits for id_, digits in ours.items()):
        replace_unchanged(csv, table.with_cells(CORRECT, ours), state)
    ledger.mark_written(
        {id_: (one.digits, ours.get(id_, one.in_csv)) for id_, one in waiting.items()}
    )
