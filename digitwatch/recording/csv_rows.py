"""The rows of a CSV that a person may have edited, each with the text by which it stands there."""

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from digitwatch.files import read_in_nobodys_way, write_atomically
from digitwatch.recording.csv_log import (
    CsvError,
    Dialect,
    cells,
    find_dialect,
    without_formula,
    without_torn_line,
)
from digitwatch.recording.record import ID_PATTERN, Record

State = tuple[int, int, int] | None


class SavedMeanwhileError(CsvError):
    """Somebody saved the CSV after it was read."""


HEADER = 1
"""The number of the first row, as spreadsheets count."""


@dataclass(frozen=True)
class Row:
    """A row of the file.

    Attributes:
        number: As a spreadsheet shows it; the header is 1.
        cells: What is in it; a row may have fewer cells than there are columns, or more.
        text: As it stands in the file, with its line end.
    """

    number: int
    cells: Sequence[str]
    text: str


@dataclass(frozen=True)
class Table:
    """A CSV as it is: how it is written, its header, and its rows below that."""

    dialect: Dialect
    header: Row
    rows: Sequence[Row]

    def has(self, column: str) -> bool:
        """Whether there is such a column."""
        return column in self.dialect.columns

    def cell(self, row: Row, column: str) -> str:
        """What a row has in a column; nothing where it ends before that."""
        place = self.dialect.columns.index(column)
        return row.cells[place] if place < len(row.cells) else ""

    def is_mixed_up(self, row: Row, record: Record, known: Collection[str]) -> bool:
        """Whether a row with the id of this record is another's: columns were sorted apart.

        A name that was changed, or lost letters to an encoding, is no other drawing's.

        Args:
            row: Of this table.
            record: That of its id.
            known: The names of all drawings.
        """
        if not self.has("file"):
            return False
        own, named = without_formula(record.file), self.cell(row, "file")
        is_other = named != own and own in self._files
        return is_other and (named in known or named.removeprefix("'") in known)

    @cached_property
    def _files(self) -> frozenset[str]:
        return frozenset(self.cell(row, "file") for row in self.rows)

    def rows_by_id(self) -> dict[str, list[Row]]:
        """The rows of each id, which are several where a person has copied one."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            if id_ := self.cell(row, "id").strip():
                found.setdefault(id_, []).append(row)
        return found

    def with_cells(self, column: str, values: Mapping[str, str]) -> bytes:
        """The whole file with other cells in a column; every other row stays as it is.

        Args:
            column: One that there is.
            values: What is to stand in it, by the id of the row.
        """
        changed = [self.header.text]
        for row in self.rows:
            value = values.get(self.cell(row, "id").strip())
            is_new = value is not None and value != self.cell(row, column)
            changed.append(self._with_cell(row, column, value or "") if is_new else row.text)
        return "".join(changed).encode(self.dialect.encoding, "surrogateescape")

    def _with_cell(self, row: Row, column: str, value: str) -> str:
        place = self.dialect.columns.index(column)
        cells = [*row.cells, *[""] * (place + 1 - len(row.cells))]
        cells[place] = value
        line_end = row.text[len(row.text.rstrip("\r\n")) :]
        return line_of(cells, self.dialect.delimiter, line_end)


def line_of(cells: Sequence[str], delimiter: str, line_end: str) -> str:
    """The text of a row."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=line_end).writerow(cells)
    return text.getvalue()


def replace_unchanged(path: Path, content: bytes, state: State) -> None:
    """Put other content in place of a CSV, unless a person saved it since it had that state.

    Raises:
        SavedMeanwhileError: It was, so it has to be read again.
        OSError: It is open elsewhere, read-only, or the disk is full. It is untouched.
    """
    if state_of(path) != state:
        raise SavedMeanwhileError(f"{path.name} was saved in this very moment", "try it again")
    # Where a link leads to it, it stays one.
    write_atomically(path.resolve(), content)


def state_of(path: Path) -> State:
    """What is another as soon as somebody has saved the file; None where there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return (status.st_ino, status.st_size, status.st_mtime_ns)


def read_table(path: Path, torn: Sequence[Record] = ()) -> Table | None:
    """Read a CSV; None where there is none, or nothing is in it.

    Args:
        path: The CSV.
        torn: Records of one of which the last line may be the mere beginning.

    Raises:
        CsvError: It is not ours any more, or damaged.
        OSError: It cannot be read.
    """
    try:
        content = read_in_nobodys_way(path)
    except FileNotFoundError:
        return None
    if not content.strip():
        return None
    dialect = find_dialect(content, path)
    content = without_torn_line(content, [dialect.line(cells(one)) for one in torn], dialect)
    try:
        text = content.decode(dialect.encoding, "surrogateescape")
        header, *rows = _rows(text, dialect)
    except (UnicodeDecodeError, csv.Error) as error:
        raise CsvError(
            f"{path} is damaged: {error}", "save it anew from the program that wrote it"
        ) from error
    return Table(dialect, header, rows)


def _rows(text: str, dialect: Dialect) -> Iterator[Row]:
    """A cell in quotation marks may go over several lines, so rows are no lines.

    Behind a quotation mark that nobody closed, what follows would all be in that cell; lines that
    begin with an id like ours are rows all the same.
    """
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(lines, delimiter=dialect.delimiter)
    number, start = HEADER, 0
    for values in reader:
        own = lines[start : reader.line_num]
        if any(_has_id(line, dialect) for line in own[1:]):
            rows = [(_alone(line, dialect), line) for line in own]
        else:
            rows = [(values, "".join(own))]
        yield from (Row(number + n, *row) for n, row in enumerate(rows))
        number += len(rows)
        start = reader.line_num


def _alone(line: str, dialect: Dialect) -> list[str]:
    """The cells of a line, whatever stands before it."""
    return next(csv.reader([line.rstrip("\r\n")], delimiter=dialect.delimiter), [])


def _has_id(line: str, dialect: Dialect) -> bool:
    """Whether a line is a row of ours, by its id in the column of the ids."""
    place, values = dialect.columns.index("id"), _alone(line, dialect)
    return place < len(values) and bool(re.fullmatch(ID_PATTERN, values[place].strip()))
