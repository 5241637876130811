"""What a person is asked, in which order, and what follows from the answers: decisions alone."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from digitwatch.recording.correction import NO_DIGITS, Label
from digitwatch.recording.record import REVIEW, Mark, Record, digits_text

NOTHING: Mapping[int, Label] = {}


@dataclass(frozen=True)
class Item:
    """A record to be looked at.

    Attributes:
        id: Of the record.
        is_doubtful: Whether it was left for review.
        confidence: The lowest of its marks, 0..1.
        asked: The places of the marks that a person is asked about.
        given: What they have said of the first ones of these.
    """

    id: str
    is_doubtful: bool
    confidence: float
    asked: tuple[int, ...]
    given: tuple[Label, ...] = ()

    @property
    def labels(self) -> dict[int, Label]:
        """What is said, by the place of the mark."""
        return dict(zip(self.asked, self.given, strict=False))

    @property
    def left(self) -> tuple[int, ...]:
        """The places of the marks that are still to be asked."""
        return self.asked[len(self.given) :]


@dataclass(frozen=True)
class Question:
    """One mark of a record, and which of those that are asked of this record it is, from 1."""

    id: str
    mark: int
    number: int
    total: int


@dataclass(frozen=True)
class _Step:
    """What was done: to which item, as it was before; how many answers; whether it has all now."""

    item: Item
    answers: int
    is_complete: bool


@dataclass(frozen=True)
class Undone:
    """What was undone: the item as it is again, and whether all of its marks had been said."""

    item: Item
    was_complete: bool


def item_of(record: Record, review_below: int, said: Mapping[int, Label] = NOTHING) -> Item:
    """Decide which marks of a record a person is asked about.

    Of a record for review those that are doubtful, or the least sure one where the percentage has
    been lowered since; of another one all.

    Args:
        record: It has marks.
        review_below: Percent; a mark that is less sure is doubtful.
        said: What a person has said of some of its marks in an earlier review, by their places.
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
    # What was said stays said, though the percentage may be another one by now.
    before = [place for place in sorted(said) if place < len(marks)]
    left = [place for place in asked if place not in said] or [before.pop()]
    given = tuple(said[place] for place in before)
    return Item(record.id, record.status == REVIEW, lowest, (*before, *left), given)


def corrected_digits(marks: Sequence[Mark], labels: Mapping[int, Label]) -> str:
    """The digits of a record by what a person says of some of its marks; the others are right."""
    right = [replace(mark, digit=labels.get(n, mark.digit)) for n, mark in enumerate(marks)]
    return NO_DIGITS if all(mark.digit is None for mark in right) else digits_text(right)


class Queue:
    """The records to be looked at: the doubtful first, and of those the least sure first."""

    def __init__(self) -> None:
        self._ahead: list[Item] = []
        self._skipped: list[Item] = []
        self._steps: list[_Step] = []

    @property
    def current(self) -> Question | None:
        """What is asked now; None where nothing is left."""
        return _question(self._ahead[0], 0) if self._ahead else None

    @property
    def rest(self) -> tuple[int, ...]:
        """The places of this mark and of those that are still to be asked of its record."""
        return self._ahead[0].left if self._ahead else ()

    @property
    def following(self) -> Question | None:
        """What will most likely be asked next."""
        if self._ahead and len(self._ahead[0].left) > 1:
            return _question(self._ahead[0], 1)
        return _question(self._ahead[1], 0) if len(self._ahead) > 1 else None

    @property
    def left(self) -> int:
        """How many questions are left, those that were skipped not counted."""
        return sum(len(item.left) for item in self._ahead)

    @property
    def answered(self) -> int:
        """How many questions were answered, those that were undone not counted."""
        return sum(step.answers for step in self._steps)

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
        self._ahead = [item for item in self._ahead if item.id not in ids]
        self._skipped = [item for item in self._skipped if item.id not in ids]
        self._steps = [step for step in self._steps if step.item.id not in ids]

    def answer(self, *labels: Label) -> Item:
        """Take what the mark that is asked now is, and what those are that would be asked then.

        Args:
            labels: At most as many as are left of the record; they are undone together.

        Returns:
            What is known of the record now.
        """
        before = self._ahead[0]
        item = replace(before, given=(*before.given, *labels))
        self._ahead[:1] = [item] if item.left else []
        self._steps.append(_Step(before, len(labels), is_complete=not item.left))
        return item

    def skip(self) -> None:
        """Leave the record that is asked now for later."""
        item = self._ahead.pop(0)
        self._steps.append(_Step(item, 0, is_complete=False))
        self._skipped.append(item)

    def look_at_skipped(self) -> None:
        """Ask about the records that were skipped after all."""
        items, self._skipped = self._skipped, []
        self.add(items)

    @property
    def last(self) -> Undone:
        """What `undo` asks again."""
        return Undone(self._steps[-1].item, self._steps[-1].is_complete)

    def undo(self) -> None:
        """Ask again what was answered or skipped last."""
        step = self._steps.pop()
        self._ahead = [step.item, *(item for item in self._ahead if item.id != step.item.id)]
        self._skipped = [item for item in self._skipped if item.id != step.item.id]


def _question(item: Item, place: int) -> Question:
    """The question that comes so many places after the one of this record that is asked now."""
    return Question(item.id, item.left[place], len(item.given) + place + 1, len(item.asked))
