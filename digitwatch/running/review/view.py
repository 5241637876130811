"""What the review page shows of a question, as JSON has it."""

from typing import Any

from digitwatch.recording.correction import Label
from digitwatch.recording.record import Mark, Record, one_line, percent
from digitwatch.running.review.queue import Question

MOST_LIKELY = 3


def shown(question: Question, record: Record) -> dict[str, Any]:
    """What the page shows of a question about a mark of this record."""
    mark = record.marks[question.mark]
    return {
        "id": question.id,
        "mark": question.mark,
        "number": question.number,
        "total": question.total,
        "file": one_line(record.file),
        "place": record.place_of(question.mark),
        "digit": mark.digit,
        "percent": percent(mark.confidence),
        "likeliest": [
            {"digit": label, "percent": percent(probability)}
            for label, probability in likeliest(mark)
        ],
        "grid": mark.grid,
        "pictures": pictures(question, record),
    }


def likeliest(mark: Mark) -> list[tuple[Label, float]]:
    """The three likeliest digits of a mark and no digit, each with its probability.

    Of records of earlier versions only the two likeliest digits are known.
    """
    if not mark.probabilities:
        runner_up = (mark.runner_up, mark.runner_up_confidence)
        return [runner_up] if mark.digit is None else [(mark.digit, mark.confidence), runner_up]
    ranked = sorted(enumerate(mark.probabilities), key=lambda pair: -pair[1])
    return [*ranked[:MOST_LIKELY], (None, max(1 - sum(mark.probabilities), 0.0))]


def pictures(question: Question, record: Record | None) -> dict[str, str]:
    """Where the page finds the pictures of a mark: of itself, and of its line where it has one."""
    if record is None:
        return {}
    base = f"picture/{question.id}/{question.mark}"
    pictures = {"mark": f"{base}/mark"}
    if len(record.marks) > 1:
        pictures["line"] = f"{base}/line"
    return pictures
