"""Days put together to weeks or months, so that many of them can be shown side by side."""

from calendar import monthrange
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from digitwatch.recording.statistics import Day

MOST = 62
"""Days from the first to the last that are shown one by one; and weeks."""


@dataclass(frozen=True)
class Period:
    """A day, a week or a month: when it begins, how many days it has, and what was read in it."""

    first: date
    days: int
    day: Day


def merged(days: Sequence[Day]) -> tuple[list[Period], str]:
    """Return the periods in which something was read, the oldest first, and what they are called.

    They are as short as they can be without becoming more than MOST, or months.
    """
    span = (days[-1].date - days[0].date).days + 1 if days else 0
    if span <= MOST:
        return [Period(one.date, 1, one) for one in days], "day"
    is_weekly = span <= 7 * MOST
    found: dict[date, Counter[str]] = {}
    for one in days:
        start = _monday(one.date) if is_weekly else one.date.replace(day=1)
        found.setdefault(start, Counter()).update(one.pages)
    return [
        Period(first, 7 if is_weekly else monthrange(first.year, first.month)[1], Day(first, pages))
        for first, pages in found.items()
    ], ("week" if is_weekly else "month")


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
