"""What a person is asked, in which order, and what follows from the answers: decisions alone."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from digitwatch.recording.correction import NO_DIGITS, Label
from digitwatch.recording.record import REVIEW, Mark, Record, digits_text


@dataclass(frozen=True)
class Item:
    """A record to be looked at.

    Attributes:
        id: Of the record.
        is_doubtful: Whether it was left for review.
        confidence: The lowest of its marks, 0..1.
        asked: The places of the marks that a person is asked about.
    """

    id: str
    is_doubtful: bool
    confidence: float
    asked: tuple[int, ...]


@dataclass(frozen=True)
class Question:
    """One mark of a record, and which of those that are asked of this record it is, from 1."""

    id: str
    mark: int
    number: int
    total: int


@dataclass(frozen=True)
class Verdict:
    """What a person says of a record: of each mark that was asked, by its place, what it is."""

    id: str
    labels: dict[int, Label]


@dataclass(frozen=True)
class _Step:
    """What was done, as it has to be known to undo it."""

    item: Item
    given: tuple[Label, ...]
    is_answer: bool
    ends_item: bool


def item_of(record: Record, review_below: int) -> Item:
    """Decide which marks of a record a person is asked about.

    Of a record for review those that are doubtful, or the least sure one where the percentage has
    been lowered since; of another one all.
    """
    marks = record.marks
    places = range(len(marks))
    asked = tuple(place for place in places if marks[place].is_doubtful(review_below))
    if record.status == REVIEW:
        least_sure = min(places, key=lambda place: marks[place].confidence)
        asked = asked or (least_sure,)
    else:
        asked = tuple(places)
    lowest = min(mark.confidence for mark in marks)
    return Item(record.id, record.status == REVIEW, lowest, asked)


def corrected_digits(marks: Sequence[Mark], labels: dict[int, Label]) -> str:
    """The digits of a record by what a person says of some of its marks; the others are right."""
    right = [replace(mark, digit=labels.get(n, mark.digit)) for n, mark in enumerate(marks)]
    return NO_DIGITS if all(mark.digit is None for mark in right) else digits_text(right)


class Queue:
    """The records to be looked at: the doubtful first, and of those the least sure first."""

    def __init__(self) -> None:
        self._ahead: list[Item] = []
        self._given: tuple[Label, ...] = ()
        self._skipped: list[Item] = []
        self._steps: list[_Step] = []

    @property
    def current(self) -> Question | None:
        """What is asked now; None where nothing is left."""
        return self._question(0, len(self._given))

    @property
    def following(self) -> Question | None:
        """What will most likely be asked next."""
        given = len(self._given) + 1
        is_last = bool(self._ahead) and given == len(self._ahead[0].asked)
        return self._question(1, 0) if is_last else self._question(0, given)

    def _question(self, place: int, given: int) -> Question | None:
        if place >= len(self._ahead):
            return None
        item = self._ahead[place]
        return Question(item.id, item.asked[given], given + 1, len(item.asked))

    @property
    def left(self) -> int:
        """How many questions are left, those that were skipped not counted."""
        return sum(len(item.asked) for item in self._ahead) - len(self._given)

    @property
    def answered(self) -> int:
        """How many questions were answered, those that were undone not counted."""
        complete = [step for step in self._steps if step.is_answer and step.ends_item]
        return sum(len(step.item.asked) for step in complete) + len(self._given)

    @property
    def skipped(self) -> int:
        """How many records were skipped."""
        return len(self._skipped)

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return bool(self._steps)

    def add(self, items: Iterable[Item]) -> None:
        """Put more records in their places; what is asked now stays."""
        now, later = self._ahead[:1], [*self._ahead[1:], *items]
        self._ahead = now + sorted(later, key=lambda item: (not item.is_doubtful, item.confidence))

    def drop(self, ids: Collection[str]) -> None:
        """Do not ask about these records any more: others have said what they are."""
        if self._ahead and self._ahead[0].id in ids:
            self._given = ()
        self._ahead = [item for item in self._ahead if item.id not in ids]
        self._skipped = [item for item in self._skipped if item.id not in ids]
        self._steps = [step for step in self._steps if step.item.id not in ids]

    def answer(self, label: Label) -> Verdict | None:
        """Take what the mark that is asked now is.

        Returns:
            What is now known of the record; None while more of its marks are to be asked.
        """
        item, given = self._ahead[0], (*self._given, label)
        is_last = len(given) == len(item.asked)
        self._steps.append(_Step(item, self._given, is_answer=True, ends_item=is_last))
        if not is_last:
            self._given = given
            return None
        self._ahead, self._given = self._ahead[1:], ()
        return Verdict(item.id, dict(zip(item.asked, given, strict=True)))

    def skip(self) -> None:
        """Leave the record that is asked now for later; what was said of its marks is forgotten."""
        item = self._ahead[0]
        self._steps.append(_Step(item, self._given, is_answer=False, ends_item=True))
        self._ahead, self._given = self._ahead[1:], ()
        self._skipped.append(item)

    def look_at_skipped(self) -> None:
        """Ask about the records that were skipped after all."""
        items, self._skipped = self._skipped, []
        self.add(items)

    def undo(self) -> str:
        """Ask again what was answered or skipped last.

        Returns:
            The id of the record of which everything had been said, which is to be taken back;
            empty where nothing was complete.
        """
        step = self._steps.pop()
        self._ahead = [step.item, *(item for item in self._ahead if item.id != step.item.id)]
        self._skipped = [item for item in self._skipped if item.id != step.item.id]
        self._given = step.given
        return step.item.id if step.is_answer and step.ends_item else ""
