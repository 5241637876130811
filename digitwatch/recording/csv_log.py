"""predictions.csv: the projection of the ledger that people open, sort and correct in Excel.

A person may have changed anything about the file since the last row was written, so its encoding,
delimiter and columns are found out again before each append, and rows are written as it has them.
"""

import csv
import io
import os
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from digitwatch.errors import OutboxError
from digitwatch.recording.record import COLUMNS, ID_PATTERN, Record

DELIMITERS = (",", ";", "\t")
MISREAD_MARK = BOM_UTF8.decode("cp1252")
HEAD_BYTES = 1 << 16
"""As much of the file as is looked at to find out how it is written."""


class CsvError(OutboxError):
    """The CSV is no longer one that rows can be added to."""


@dataclass(frozen=True)
class Dialect:
    """How a CSV is written: its encoding, its delimiter, and its columns in their order."""

    encoding: str
    delimiter: str
    columns: tuple[str, ...]

    def line(self, values: dict[str, str]) -> bytes:
        """One line of the file with its line end."""
        text = io.StringIO(newline="")
        writer = csv.DictWriter(
            text, self.columns, restval="", extrasaction="ignore", delimiter=self.delimiter
        )
        writer.writerow(values)
        return text.getvalue().encode(self.encoding, "replace")

    def first_line(self) -> bytes:
        """The first line of a new file, in UTF-8 with the mark by which Excel knows it."""
        return BOM_UTF8 + self.line(dict(zip(self.columns, self.columns, strict=True)))


def cells(record: Record) -> dict[str, str]:
    """The record as the cells of its row."""
    return {
        "id": record.id,
        "time": record.time.isoformat(sep=" ", timespec="seconds"),
        "file": without_formula(record.file),
        "page": str(record.page),
        "digits": record.digits,
        "confidence": "" if record.confidence is None else str(record.confidence),
        "status": record.status,
        "note": without_formula(record.note),
        "correct": "",
        "thumbnail": without_formula(record.thumbnail),
        "model": record.model,
    }


def without_formula(text: str) -> str:
    """The text with a leading apostrophe where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def find_dialect(head: bytes, path: Path) -> Dialect:
    """Find out how the CSV that begins with `head` is written.

    Raises:
        CsvError: Its first line has no column `id`, by which rows are told apart.
    """
    encoding = _find_encoding(head)
    text = head[:HEAD_BYTES].decode(encoding, "replace")
    for delimiter in DELIMITERS:
        # A cell of the first line may go over several, too.
        first = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
        columns = tuple(map(_name, first))
        if "id" in columns and "digits" in columns:
            return Dialect(encoding, delimiter, columns)
    raise CsvError(
        f"the first line of {path} does not have both columns 'id' and 'digits'",
        "name them so again, or move the file away; rows wait until then",
    )


def _name(cell: str) -> str:
    """The name of a column, without the mark of UTF-8 that a spreadsheet took for letters of it."""
    # Behind a mark a quotation mark is only a letter to the csv module.
    return cell.strip().removeprefix("\ufeff").strip('"').removeprefix(MISREAD_MARK).strip()


def _find_encoding(head: bytes) -> str:
    for mark, encoding in ((BOM_UTF16_LE, "utf-16-le"), (BOM_UTF16_BE, "utf-16-be")):
        if head.startswith(mark):
            return encoding
    # Without a mark, zeros tell it: the first line begins with the letters of a column.
    for zero, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if head[zero : zero + 1] == b"\0":
            return encoding
    try:
        # A character cut in two by the end of the head is not an error of the file.
        head[: head.rfind(b"\n") + 1].decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def refuse_while_held(path: Path) -> None:
    """Refuse to touch the CSV while a person has it open in a program that would lose our rows.

    Windows keeps others from writing to a file that Excel has open. Elsewhere nothing does, and
    LibreOffice would overwrite the rows that came while it had the file open; it leaves a note
    beside the files that it has open.

    Raises:
        PermissionError: Another program keeps us from writing, or we have no right to.
        CsvError: LibreOffice has it open.
    """
    note = path.with_name(f".~lock.{path.name}#")
    if note.exists():
        raise CsvError(
            f"{path.name} is open in LibreOffice",
            f"close it there; if it is not open, delete {note.name}",
        )
    if path.exists():
        path.open("r+b").close()


def append(path: Path, records: Sequence[Record], delimiter: str, *, doubtful: bool) -> None:
    """Write the rows of `records` at the end of the CSV and force them to the disk.

    Args:
        path: The CSV; made anew where it is missing or empty.
        records: In the order in which they are to stand.
        delimiter: Of a new file.
        doubtful: Whether an earlier attempt at some of these rows may have been cut short. The
            file is then searched: a row that is there is not written again, and a last line that
            is the beginning of one of them is cut off. Anything else in the file is a person's.

    Raises:
        CsvError: The file has become something that rows cannot be added to, or another file.
        OSError: It is open elsewhere, read-only, or the disk is full. Rows may have been written
            in part; the next attempt is `doubtful`.
    """
    with path.open("a+b") as file:
        file.seek(0)
        head = file.read(-1 if doubtful else HEAD_BYTES)
        first_line, dialect = _beginning(head, delimiter, path)
        lines = {record.id: dialect.line(cells(record)) for record in records}
        if first_line:
            file.truncate(0)
        elif doubtful:
            whole = without_torn_line(head, list(lines.values()), dialect)
            if len(whole) < len(head):
                file.truncate(len(whole))
            lines = {id_: line for id_, line in lines.items() if not _has(whole, id_, dialect)}
        gap = _missing_line_end(file, dialect) if lines else b""
        file.write(first_line + gap + b"".join(lines.values()))
        file.flush()
        os.fsync(file.fileno())
        if not os.path.samestat(os.fstat(file.fileno()), path.stat()):
            raise CsvError(f"{path.name} was replaced while rows were written to it")


def _beginning(head: bytes, delimiter: str, path: Path) -> tuple[bytes, Dialect]:
    """What has to be written before the first row (mostly nothing), and how the file is written.

    A file that holds nothing, or the beginning of our own first line, is begun anew.
    """
    fresh = Dialect("utf-8", delimiter, COLUMNS)
    first_line = fresh.first_line()
    is_cut_short = len(head) < len(first_line) and first_line.startswith(head)
    is_empty = len(head) < HEAD_BYTES and not head.strip()
    if is_cut_short or is_empty:
        return first_line, fresh
    return b"", find_dialect(head, path)


def without_torn_line(content: bytes, lines: Sequence[bytes], dialect: Dialect) -> bytes:
    """The content without its last line where that is the mere beginning of one of `lines`."""
    line_end = "\n".encode(dialect.encoding)
    longest = max(map(len, lines), default=0)
    for length in range(min(longest, len(content)), 0, -1):
        last = content[-length:]
        is_torn = any(line.startswith(last) and line != last for line in lines)
        if is_torn and content.endswith(line_end, 0, len(content) - length):
            return content[:-length]
    return content


def _has(content: bytes, id_: str, dialect: Dialect) -> bool:
    """Whether a row is there. An id cannot be mistaken, whatever else was done to the file."""
    return id_.encode(dialect.encoding) in content


def ids_in(path: Path) -> set[str]:
    """The ids of the rows of a CSV; none where it is missing or not ours.

    Raises:
        OSError: It cannot be read.
    """
    try:
        content = path.read_bytes()
        dialect = find_dialect(content, path)
    except (FileNotFoundError, CsvError):
        return set()
    return set(re.findall(ID_PATTERN, content.decode(dialect.encoding, "replace")))


def _missing_line_end(file: IO[bytes], dialect: Dialect) -> bytes:
    """What the last line lacks of its end: editors may leave it out."""
    line_end = "\r\n".encode(dialect.encoding)
    half = len(line_end) // 2
    file.seek(0, os.SEEK_END)
    if file.tell() == 0:
        return b""
    file.seek(-half, os.SEEK_END)
    last = file.read()
    if last == line_end[half:]:
        return b""
    return line_end[half:] if last == line_end[:half] else line_end
