"""What a person says is right: the digits of a record, and which of its marks they name."""

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
    """

    id: str
    digits: str
    time: datetime
    in_csv: str


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


def is_right(marks: Sequence[Mark], digits: str) -> bool:
    """Whether what was read of these marks is what a person says of the record."""
    return labels(marks, digits) == tuple(mark.digit for mark in marks)
