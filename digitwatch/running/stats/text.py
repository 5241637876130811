"""The statistics as text for a console, in letters that every console has."""

from collections.abc import Iterator, Sequence

from digitwatch.learning import traits
from digitwatch.learning.drift import FEWEST, Shift
from digitwatch.recording.correction import Label
from digitwatch.recording.record import BLANK, ERROR, OK, REVIEW
from digitwatch.recording.statistics import Right, Statistics
from digitwatch.running.stats.gathering import Stats
from digitwatch.running.stats.newest_marks import Drift, is_less_sure

NOTHING_SAID = "nothing was corrected or confirmed yet"

WHAT_TO_DO = """\
So the model makes more mistakes, or leaves more to you. What to do: look at the newest
thumbnails. If pages lie on their side, are faint or blurred, or hold letters, mend that first:
scan or draw them anew. If they are plain digits in another hand, say of some twenty what they are
(digitwatch review), and then let the model learn them: digitwatch train --corrections"""

NOTHING_TO_DO = "As long as the model is as sure of them as of others, nothing has to be done."

DAYS_SHOWN, PAIRS_SHOWN, SHIFTS_NAMED = 14, 10, 3
BAR = 25
"""Letters of a bar of 100 %."""

STATUSES = {OK: "ok", REVIEW: "to review", BLANK: "blank", ERROR: "failed"}

CHANGES = {
    traits.INK: ("more ink", "less ink"),
    traits.ACROSS: ("ink further right", "ink further left"),
    traits.DOWN: ("ink further down", "ink further up"),
    traits.WIDTH: ("wider", "narrower"),
    traits.HEIGHT: ("taller", "flatter"),
    traits.PEN: ("a thicker pen", "a thinner pen"),
    traits.ASPECT: ("broader", "slimmer"),
    traits.SIZE: ("drawn larger", "drawn smaller"),
}
"""What it means when a trait becomes larger, and smaller."""


def as_text(stats: Stats) -> str:
    """The statistics for people."""
    counted = stats.statistics
    if counted.first is None:
        return f"Nothing was read since {stats.since}." if stats.since else "Nothing was read yet."
    parts = (
        _amount(counted),
        _rightness(counted),
        _confusions(counted),
        _days(counted),
        drift_words(stats.drift),
    )
    return "\n\n".join("\n".join(part) for part in map(list, parts) if part)


def _amount(counted: Statistics) -> Iterator[str]:
    pages = counted.pages
    total = sum(pages.values())
    are = "is" if counted.others == 1 else "are"
    others = f", {_count(counted.others, 'mark')} that {are} no digit" if counted.others else ""
    yield (
        f"Since {counted.first:%Y-%m-%d}: {_count(counted.files, 'file')}, "
        f"{_count(total, 'page')}, {_count(counted.digits, 'digit')}{others}."
    )
    for status, words in STATUSES.items():
        if status in pages:
            yield f"  {words:<11}{pages[status]:>9,}{_percent(pages[status] / total):>10}"


def _rightness(counted: Statistics) -> Iterator[str]:
    looked_at = counted.all_looked_at
    if not looked_at.count:
        yield f"How much of it is right cannot be told: {NOTHING_SAID}."
        return
    yield f"Of {_count(looked_at.count, 'page')} that you corrected or confirmed"
    for status, words in STATUSES.items():
        if right := counted.looked_at.get(status):
            yield f"  {words:<11}{_right(right)}"
    if len(counted.by_model) > 1:
        yield "and by the model that read them, the first one first"
        yield from (f"  {model:<11}{_right(one)}" for model, one in counted.by_model.items())
    yield "What is wrong is corrected more often than what is right is confirmed, so of all pages"
    yield "more are right than this. The bounds are those of chance (95 %)."


def _right(right: Right) -> str:
    share = f"{right.right:,} of {right.count:,} right"
    return f"{share:<22}{interval_of(right)}"


def interval_of(right: Right) -> str:
    """The share that is right, and its bounds: `89.8 % (78.2 % to 95.6 %)`."""
    low, high = right.interval
    return f"{_percent(right.share)} ({_percent(low)} to {_percent(high)})"


def _confusions(counted: Statistics) -> Iterator[str]:
    mistakes = counted.mistakes
    if mistakes:
        yield "Read wrong most often"
    for one in mistakes[:PAIRS_SHOWN]:
        times = _count(one.count, "time")
        yield f"  {_named(one.truth)} read as {_named(one.read)}: {times}"
    if len(mistakes) > PAIRS_SHOWN:
        yield f"  and {_count(len(mistakes) - PAIRS_SHOWN, 'other pair')}"
    if counted.unmatched:
        yield unmatched_words(counted)


def unmatched_words(counted: Statistics) -> str:
    """Say what the confusions lack."""
    pages = _count(counted.unmatched, "page")
    return f"Not among these: {pages} with more or fewer digits than were read."


def _named(label: Label) -> str:
    return "no digit" if label is None else str(label)


def _days(counted: Statistics) -> Iterator[str]:
    yield f"{'day':<12}{'pages':>9}{'for review':>12}"
    for day in counted.days[-DAYS_SHOWN:]:
        bar = "#" * round(BAR * day.review_share)
        line = f"{day.date:%Y-%m-%d}  {day.count:>9,}  {_percent(day.review_share):>10}  {bar}"
        yield line.rstrip()
    if len(counted.days) > DAYS_SHOWN:
        yield f"and {_count(len(counted.days) - DAYS_SHOWN, 'day')} before these"


def drift_words(drift: Drift) -> Iterator[str]:
    """Say whether the newest marks differ from others, what that means, and what is to be done."""
    if drift.recent < FEWEST:
        few = f"that takes {FEWEST} marks by the same model, and there are {drift.recent}"
        yield f"Whether the drawings have changed cannot be told yet: {few}."
        return
    yield drift_headline(drift)
    yield f"  from what the model learned: {_beside_learned(drift)}"
    before = f"{drift.earlier:,} marks" if drift.changed else "marks"
    yield f"  from the {before} before them: {_beside_earlier(drift)}"
    shifts = (*drift.learned, *drift.changed)
    if is_less_sure(shifts):
        yield WHAT_TO_DO
    elif _differing(shifts):
        yield NOTHING_TO_DO


def drift_headline(drift: Drift) -> str:
    """Ask what the comparison answers, and say which marks are compared."""
    if not drift.recent:
        return "Have the drawings changed? There are none yet"
    marks = _count(drift.recent, "mark")
    return (
        f"Have the drawings changed? The newest {marks}, since {drift.since:%Y-%m-%d}, "
        f"read by the model {drift.model}"
    )


def _beside_learned(drift: Drift) -> str:
    return f"cannot be told, {drift.trouble}" if drift.trouble else _difference(drift.learned)


def _beside_earlier(drift: Drift) -> str:
    if drift.changed:
        return _difference(drift.changed)
    return f"cannot be told yet, there are {drift.earlier} of the {FEWEST} that it takes"


def _difference(shifts: Sequence[Shift]) -> str:
    """Say whether anything differs much, and what that is to the model: for that is what counts."""
    words = ", ".join(map(_named_shift, _differing(shifts)))
    so = f"yes ({words})" if words else "yes"
    if is_less_sure(shifts):
        return f"{so}, and the model is much less sure of them"
    return f"{so}, but the model is as sure of them" if words else "no"


def _differing(shifts: Sequence[Shift]) -> Sequence[Shift]:
    """The largest of the large shifts; how sure the model is, is said apart."""
    return [one for one in shifts if one.is_large and one.name != traits.CONFIDENCE][:SHIFTS_NAMED]


def _named_shift(shift: Shift) -> str:
    up, down = CHANGES[shift.name]
    return up if shift.is_up else down


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
