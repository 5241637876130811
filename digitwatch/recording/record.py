"""What is kept of one page, and the columns of the CSV, written down once."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

COLUMNS = (
    "id",
    "time",
    "file",
    "page",
    "digits",
    "confidence",
    "status",
    "note",
    "correct",
    "thumbnail",
    "model",
)
"""The columns of `predictions.csv`, in their order."""

CORRECT = "correct"
"""The column into which people type the right digits."""

OK, REVIEW, BLANK, ERROR = "ok", "review", "blank", "error"

NO_DIGIT = "?"
"""What stands for a mark that is no digit."""

Grid = tuple[tuple[float, ...], ...]
"""The 8x8 ink counts that the model saw, 0..16, row by row."""


@dataclass(frozen=True)
class Mark:
    """One glyph as it was read.

    Attributes:
        box: Left, top, right, bottom in page pixels; right and bottom are outside.
        line: 0 for the first line of the page.
        digit: What was read; None where the mark is no digit.
        confidence: Calibrated probability that `digit` is right, 0..1.
        runner_up: The second likeliest digit.
        runner_up_confidence: Its probability, 0..1.
        grid: What the model saw.
        probabilities: Of 0 to 9; what they lack of 1 is that of no digit. Empty in records of
            earlier versions.
    """

    box: tuple[int, int, int, int]
    line: int
    digit: int | None
    confidence: float
    runner_up: int
    runner_up_confidence: float
    grid: Grid
    probabilities: tuple[float, ...] = ()

    @property
    def text(self) -> str:
        """The digit as it stands in the CSV."""
        return NO_DIGIT if self.digit is None else str(self.digit)

    def is_doubtful(self, review_below: int) -> bool:
        """Whether a person should look at it: no digit, or less sure than that many percent."""
        return self.digit is None or percent(self.confidence) < review_below


@dataclass(frozen=True)
class Record:
    """What is kept of one page: a row of the ledger, of the CSV, and a thumbnail.

    Attributes:
        id: Short text, see `record_id`.
        time: Local time at which the page was read.
        path: The file, absolute.
        file: The file as people see it: relative to the inbox or the folder given, with forward
            slashes.
        sha256: Of the file's bytes, in hexadecimal; empty where they could not be read.
        page: From 1.
        status: One of `ok`, `review`, `blank`, `error`.
        note: Why, in words that a person understands.
        marks: The glyphs in reading order.
        thumbnail: Path relative to the CSV, forward slashes; empty where there is none.
        model: Short id of the model that read it; empty where none was asked.
        ink: That of the marks, see `bitmaps`. Left out of what the ledger gives back, which has it
            apart: it is needed seldom.
    """

    id: str
    time: datetime
    path: str
    file: str
    sha256: str
    page: int
    status: str
    note: str
    marks: tuple[Mark, ...]
    thumbnail: str
    model: str
    ink: bytes = field(default=b"", repr=False, compare=False)

    @property
    def digits(self) -> str:
        """What was read, as it stands in the CSV: `0 5 2 / 1 1`."""
        return digits_text(self.marks)

    @property
    def confidence(self) -> int | None:
        """The lowest confidence of the digits in whole percent, None where nothing was read."""
        return percent(min(mark.confidence for mark in self.marks)) if self.marks else None

    def place_of(self, mark: int) -> str:
        """Where a mark is, in words: `page 2, line 1, mark 3`; nothing where it is alone."""
        words = [f"page {self.page}"] if self.page > 1 else []
        lines = [one.line for one in self.marks]
        line = lines[mark]
        if len(set(lines)) > 1:
            words.append(f"line {line + 1}")
        if len(lines) > 1:
            words.append(f"mark {mark - lines.index(line) + 1}")
        return ", ".join(words)


def percent(probability: float) -> int:
    """Whole percent, rounded down: what is shown never promises more than was measured."""
    return int(probability * 100)


def digits_text(marks: Sequence[Mark]) -> str:
    """The digits with a space between them and ` / ` between lines.

    The spaces keep a spreadsheet from turning 0522 into 522 or a long number into 1.2E+19.
    """
    lines: dict[int, list[str]] = {}
    for mark in marks:
        lines.setdefault(mark.line, []).append(mark.text)
    return " / ".join(" ".join(digits) for digits in lines.values())


ID_LETTERS = "bcdfghjklmnpqrstvwxz"
ID_PATTERN = f"[{ID_LETTERS}]{{5}}-[{ID_LETTERS}]{{5}}"


def record_id(path: str, sha256: str, page: int, times: int) -> str:
    """A short name of the record: the same job always gets the same one.

    So a page that is read again after the program was killed gets the same thumbnail and the same
    row. It is written in consonants only, so that no spreadsheet takes it for a number, a date or
    a formula.

    Args:
        path: The file.
        sha256: Of its bytes.
        page: From 1.
        times: How often these bytes were recorded under this path before: it tells A, B, A apart.
    """
    key = "\0".join((path, sha256, str(page), str(times)))
    number = int.from_bytes(hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:8])
    letters = ""
    for _ in range(10):
        number, digit = divmod(number, len(ID_LETTERS))
        letters += ID_LETTERS[digit]
    return f"{letters[:5]}-{letters[5:]}"


def one_line(text: str) -> str:
    """The text without what would break a line of the log or colour a terminal."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


def describe(record: Record) -> str:
    """The record as a line on the console: `seven.png:  7  98 %  ok`."""
    page = f" page {record.page}" if record.page > 1 else ""
    sure = "" if record.confidence is None else f"{record.confidence} %"
    note = f"({record.note})" if record.note else ""
    parts = (f"{record.file}{page}:", record.digits, sure, record.status, note)
    return one_line("  ".join(filter(None, parts)))
