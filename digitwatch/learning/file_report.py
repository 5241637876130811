"""The evaluation of labelled files as text for a console."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from digitwatch.learning import markup
from digitwatch.learning.data import NO_DIGIT
from digitwatch.learning.file_evaluation import LABEL_RULE, FileEvaluation, Outcome, Tally
from digitwatch.recording.record import one_line

LISTED = 10
"""Files that are listed by name."""


def as_text(evaluation: FileEvaluation) -> str:
    """Write the figures for a person: a line or a small table for each."""
    return "\n".join(
        [
            *_summary(evaluation),
            *_tallies("digit", evaluation.per_digit),
            *_tallies("folder", evaluation.named_folders),
            *_confusion(evaluation),
            *_calibration(evaluation),
            *_coverage(evaluation),
            *_wrong(evaluation.wrong),
            *_skipped(evaluation.skipped),
        ]
    )


def _summary(evaluation: FileEvaluation) -> Iterator[str]:
    digits, accepted, nondigits = evaluation.overall, evaluation.accepted, evaluation.nondigits
    if digits.count:
        yield f"{_percent(digits.share)} of {digits.count} digits are read right."
        sure, right = _percent(accepted.count / digits.count), _percent(accepted.share)
        yield f"{sure} are sure enough to need no review; {right} of those are right."
    if nondigits.count:
        held = _percent(nondigits.share)
        yield f"{held} of {nondigits.count} marks that are no digit are left for review, or blank."
    typical, most = (1000 * evaluation.seconds(share) for share in (0.5, 1.0))
    yield f"Reading a file takes {typical:.0f} ms (median), the slowest {most:.0f} ms."


def _tallies(name: str, tallies: Mapping[str, Tally]) -> Iterator[str]:
    width = max(len(key) for key in (name, *tallies)) + 4
    yield f"\n{name:<{width}}{'right':>7}{'of':>7}{'share':>10}"
    for key, tally in tallies.items():
        yield f"{key:<{width}}{tally.right:>7}{tally.count:>7}{_percent(tally.share):>10}"


def _confusion(evaluation: FileEvaluation) -> Iterator[str]:
    if not evaluation.digits:
        return
    yield "\nwhat is read (across) of each digit (down); other: not exactly one digit"
    yield "   " + "".join(f"{name!s:>6}" for name in (*range(10), "other"))
    for digit, row in enumerate(evaluation.confusion):
        yield f"{digit:<3}" + "".join(f"{count or '.':>6}" for count in row)


def _calibration(evaluation: FileEvaluation) -> Iterator[str]:
    readings = evaluation.readings
    if not len(readings):
        return
    error = _percent(readings.expected_calibration_error)
    yield f"\nOn average its confidence is off by {error} (expected calibration error)."
    yield f"{'it says':<12}{'files':>7}{'on average':>13}{'right':>10}"
    for one in readings.reliability:
        if one.count:
            between = f"{100 * one.low:.0f}-{100 * one.high:.0f} %"
            said, held = _percent(one.confidence), _percent(one.accuracy)
            yield f"{between:<12}{one.count:>7}{said:>13}{held:>10}"


def _coverage(evaluation: FileEvaluation) -> Iterator[str]:
    if not evaluation.digits:
        return
    curve = evaluation.everything.coverage
    yield f"\n{'if accepted':<17}{'at least':>9}{'right':>10}"
    for share in (0.5, 0.8, 0.9, 0.95, 0.99, 1.0):
        # A rounding error above 1 would find nothing.
        place = min(int(np.searchsorted(curve.coverage, share)), len(curve.coverage) - 1)
        least, right = _percent(curve.threshold[place]), _percent(curve.accuracy[place])
        yield f"{f'the surest {100 * share:.0f} %':<17}{least:>9}{right:>10}"


def _wrong(wrong: Sequence[Outcome]) -> Iterator[str]:
    if wrong:
        yield "\nRead wrong, the surest first:"
        yield from _some([_mistake(one) for one in wrong])


def _mistake(outcome: Outcome) -> str:
    truth = "no digit" if outcome.truth == NO_DIGIT else outcome.truth
    sure = "" if outcome.confidence is None else f" ({_percent(outcome.confidence)})"
    return f"{outcome.file}: is {truth}, read {outcome.digits or outcome.status}{sure}"


def _skipped(skipped: Sequence[str]) -> Iterator[str]:
    if skipped:
        yield f"\nSkipped, for name and folders do not say which digit it is: {len(skipped)}"
        yield from _some(skipped)
        yield f"To evaluate them, {LABEL_RULE}."


def _some(lines: Sequence[str]) -> Iterator[str]:
    yield from (f"  {one_line(line)}" for line in lines[:LISTED])
    if len(lines) > LISTED:
        yield f"  and {len(lines) - LISTED} more"


def _percent(share: float) -> str:
    """Return the percent of a page, for a console that may lack its no-break space."""
    return markup.percent(share).replace(markup.NO_BREAK_SPACE, " ")
