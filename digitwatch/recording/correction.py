"""What a person says is right: the digits of a record, and which of its marks they name."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from digitwatch.recording.record import NO_DIGIT, Mark

NO_DIGITS = "-"
"""What a person types where there is no digit at all."""

Label = int | None
"""What a mark is: 0..9, or None where it is no digit."""


@dataclass(frozen=True)
class Correction:
    """What is right of a record.

    Attributes:
        id: Of the record.
        digits: As in `Record.digits`, `0 5 2 / 1 ?`, or NO_DIGITS; empty where the person has
            taken back what was said before.
        time: Local time at which it was said.
        in_csv: What the record's cell `correct` was last known to hold, as it stands there. Where
            the cell holds something else by now, a person typed it.
        waits: Whether the cell is still to be written.
        attempt: What was about to be written there, so that the cell may hold that, too; None
            where no attempt was cut short.
        looked_at: The places of the marks that a person looked at, the others being as they were
            read; None where the person wrote down all of them.
    """

    id: str
    digits: str
    time: datetime
    in_csv: str = ""
    waits: bool = False
    attempt: str | None = None
    looked_at: tuple[int, ...] | None = None

    def expects(self, cell: str) -> bool:
        """Whether nobody has typed anything into the cell since it was last looked at."""
        return cell in (self.in_csv, self.attempt)

    def is_about(self, place: int) -> bool:
        """Whether a person looked at the mark at that place."""
        return self.looked_at is None or place in self.looked_at


class NonsenseError(ValueError):
    """What was typed cannot be understood. The message says how to write it."""


DASHES = frozenset("-\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}")
HOW_TO_WRITE = "write digits as 7 or 0 5 2 / 1 1, ? for a mark that is none, - for no digit at all"
_WHOLE = re.compile(r"(\d+)\.0+")
_FORMULA = re.compile(r'=\s*"?([^"]*)"?')
_DATE = re.compile(r"\d{1,2}/\d{1,2}/(\d{4}|\d{2})")
_LINE = re.compile(r"[\d?\s]*")


def understand(cell: str) -> str:
    """Understand what a person typed into `correct`, after a spreadsheet had its way with it.

    Returns:
        The digits as `Record.digits` has them; NO_DIGITS for a dash; nothing for nothing.

    Raises:
        NonsenseError: It may mean this or that, or nothing at all.
    """
    text = unicodedata.normalize("NFKC", cell).strip().removeprefix("'").strip()
    if text in DASHES:
        return NO_DIGITS
    for spreadsheets_own in (_FORMULA, _WHOLE):
        if match := spreadsheets_own.fullmatch(text):
            text = match[1].strip()
    if cell.strip() and not text:
        raise NonsenseError(HOW_TO_WRITE)
    lines = [line for line in re.split(r"[/\n\r]+", text) if line.strip()]
    if not all(map(_LINE.fullmatch, lines)) or (text and not lines) or _DATE.fullmatch(text):
        raise NonsenseError(_why(text))
    return " / ".join(" ".join(_mark(mark) for mark in "".join(line.split())) for line in lines)


def with_dropped_zeros(digits: str, cell: str, marks: Sequence[Mark]) -> str:
    """Put back the zeros that a spreadsheet drops from the front of a number: 052 becomes 52.

    Only where just the missing marks were read as 0, all in one line; otherwise it could mean that
    there are fewer digits than marks, and `digits` is returned as it is.
    """
    missing = len(marks) - len(digits.split())
    front = marks[: max(missing, 0)]
    is_number = cell.strip().isdecimal() and not cell.strip().startswith("0")
    is_one_line = len({mark.line for mark in marks}) == 1
    if is_number and is_one_line and all(mark.digit == 0 for mark in front):
        return " ".join(["0"] * len(front) + [digits])
    return digits


def _mark(letter: str) -> str:
    return letter if letter == NO_DIGIT else str(int(letter))


def _why(text: str) -> str:
    if re.fullmatch(r"[\d.,]+E\+?\d+", text, re.IGNORECASE):
        return "a spreadsheet has shortened the number: write its digits with spaces between them"
    if re.fullmatch(r"\d+[./ -]+(\d+|\w{3,9})([./ -]+\d+)?", text):
        return f"if a spreadsheet has made a date of it, begin with an apostrophe; {HOW_TO_WRITE}"
    return HOW_TO_WRITE


def labels(marks: Sequence[Mark], digits: str) -> tuple[Label, ...] | None:
    """Say of each mark what it is, by what a person says of the record.

    Returns:
        One for each mark; None where the person names more digits or fewer, so that nobody knows
        which is which.
    """
    if digits == NO_DIGITS:
        return (None,) * len(marks)
    said = [None if word == NO_DIGIT else int(word) for word in digits.replace("/", " ").split()]
    return tuple(said) if len(said) == len(marks) else None


def labels_of_lines(marks: Sequence[Mark], digits: str) -> dict[int, Label]:
    """Say of the marks what they are, by their place among all; see `labels`.

    Where not all can be matched, those lines are that have as many digits as marks, if there are as
    many lines.
    """
    said = labels(marks, digits)
    if said is not None:
        return dict(enumerate(said))
    lines: dict[int, list[int]] = {}
    for place, mark in enumerate(marks):
        lines.setdefault(mark.line, []).append(place)
    texts = digits.split("/")
    if digits == NO_DIGITS or len(texts) != len(lines):
        return {}
    found: dict[int, Label] = {}
    for places, text in zip(lines.values(), texts, strict=True):
        named = labels([marks[place] for place in places], text.strip())
        found |= zip(places, named or (), strict=False)
    return found
