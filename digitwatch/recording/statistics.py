"""What was read since when, and how much of it is right by what people say."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from math import sqrt

from digitwatch.recording.correction import Correction, Label, labels
from digitwatch.recording.record import REVIEW, Record

NORMAL_95 = 1.959964
"""Standard deviations to each side that hold 95 % of a normal distribution."""


@dataclass(frozen=True)
class Right:
    """How many of the pages that people looked at were read right."""

    right: int
    count: int

    @property
    def share(self) -> float:
        """The share that is right, 0..1; 0 of none."""
        return self.right / self.count if self.count else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true share lies 19 times of 20: 0..1 each (E. B. Wilson, JASA 22, 1927).

        It holds for pages picked at random.
        """
        if not self.count:
            return 0.0, 1.0
        spread = NORMAL_95**2 / self.count
        middle = self.share + spread / 2
        side = sqrt(spread * (self.share * (1 - self.share) + spread / 4))
        low, high = ((middle + sign * side) / (1 + spread) for sign in (-1, 1))
        # Rounding may put a bound beyond the share that it is of, where all or nothing is right.
        return max(0.0, min(low, self.share)), min(1.0, max(high, self.share))


@dataclass(frozen=True)
class Confusion:
    """A mark of which a person says that it is `truth`, and that was read as `read`: how often."""

    truth: Label
    read: Label
    count: int


@dataclass(frozen=True)
class Day:
    """How many pages of each status were read on a day."""

    date: date
    pages: Mapping[str, int]

    @property
    def count(self) -> int:
        """All of them."""
        return sum(self.pages.values())

    @property
    def review_share(self) -> float:
        """The share left for review, 0..1."""
        return self.pages.get(REVIEW, 0) / self.count if self.count else 0.0


@dataclass(frozen=True)
class Statistics:
    """What was read, and how much of it is right.

    Attributes:
        first: When the oldest of the pages was read; None where there is none.
        last: When the newest was.
        files: How many files they are of; one that was changed and read again counts again.
        digits: How many marks were read as a digit.
        others: How many as none.
        days: The days on which something was read, the oldest first.
        looked_at: By status, how many of the pages that people corrected or confirmed are right, as
            far as they looked at their marks.
        by_model: The same by the id of the model, the one that read first first.
        confusions: Of the marks on those pages that people looked at, also the right ones, the most
            frequent first.
        unmatched: On how many of those pages people see more digits or fewer than were read.
    """

    first: datetime | None
    last: datetime | None
    files: int
    digits: int
    others: int
    days: tuple[Day, ...]
    looked_at: Mapping[str, Right]
    by_model: Mapping[str, Right]
    confusions: tuple[Confusion, ...]
    unmatched: int

    @property
    def pages(self) -> Mapping[str, int]:
        """How many pages there are of each status."""
        total: Counter[str] = Counter()
        for day in self.days:
            total.update(day.pages)
        return total

    @property
    def all_looked_at(self) -> Right:
        """How many of all pages that people looked at are right."""
        judged = self.looked_at.values()
        return Right(sum(one.right for one in judged), sum(one.count for one in judged))

    @property
    def mistakes(self) -> tuple[Confusion, ...]:
        """The confusions that are wrong, the most frequent first."""
        return tuple(one for one in self.confusions if one.truth != one.read)


def count(
    records: Iterable[Record], corrections: Mapping[str, Correction], since: date | None = None
) -> Statistics:
    """Count records, of which there may be very many.

    Args:
        records: The oldest first; all are gone through, and none is kept.
        corrections: What people say is right, by the id of the record.
        since: Leaves out what was read before that day.
    """
    tally = _Tally()
    for record in records:
        if since is None or record.time.date() >= since:
            tally.add(record, corrections.get(record.id))
    return tally.result()


@dataclass
class _Tally:
    first: datetime | None = None
    last: datetime | None = None
    files: int = 0
    marks: Counter[bool] = field(default_factory=Counter)
    days: dict[date, Counter[str]] = field(default_factory=dict)
    judged: dict[str, Counter[bool]] = field(default_factory=dict)
    judged_by_model: dict[str, Counter[bool]] = field(default_factory=dict)
    pairs: Counter[tuple[Label, Label]] = field(default_factory=Counter)
    unmatched: int = 0

    def add(self, record: Record, said: Correction | None) -> None:
        self.first = min(self.first or record.time, record.time)
        self.last = max(self.last or record.time, record.time)
        self.files += record.page == 1
        self.marks.update(mark.digit is not None for mark in record.marks)
        self.days.setdefault(record.time.date(), Counter())[record.status] += 1
        if said and said.digits:
            self._judge(record, said)

    def _judge(self, record: Record, said: Correction) -> None:
        truth = labels(record.marks, said.digits)
        if truth is None:
            self.unmatched += 1
            is_right = False
        else:
            read = [mark.digit for mark in record.marks]
            pairs = [
                pair for n, pair in enumerate(zip(truth, read, strict=True)) if said.is_about(n)
            ]
            self.pairs.update(pairs)
            is_right = all(label == digit for label, digit in pairs)
        self.judged.setdefault(record.status, Counter())[is_right] += 1
        if record.model:  # what could not be read was shown to none
            self.judged_by_model.setdefault(record.model, Counter())[is_right] += 1

    def result(self) -> Statistics:
        return Statistics(
            first=self.first,
            last=self.last,
            files=self.files,
            digits=self.marks[True],
            others=self.marks[False],
            days=tuple(Day(day, dict(self.days[day])) for day in sorted(self.days)),
            looked_at=_rights(self.judged),
            by_model=_rights(self.judged_by_model),
            confusions=tuple(
                Confusion(truth, read, times) for (truth, read), times in self.pairs.most_common()
            ),
            unmatched=self.unmatched,
        )


def _rights(judged: Mapping[str, Counter[bool]]) -> dict[str, Right]:
    return {name: Right(counts[True], counts.total()) for name, counts in judged.items()}
