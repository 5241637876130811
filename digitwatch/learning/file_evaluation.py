"""How right labelled files are read: what came of each one, and the figures of all."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitwatch.learning.data import NO_DIGIT
from digitwatch.learning.evaluation import Evaluation
from digitwatch.recording.record import BLANK, OK, REVIEW, one_line

OTHER = 10
"""Stands for whatever is read that is not exactly one digit."""


NONDIGIT = "nondigit"
LABEL_RULE = (
    "name them 7_anything.png, or put them into a folder named 7; "
    f"marks that are no digit into a folder named {NONDIGIT}"
)


def label_of(file: str) -> int | None:
    """What a file is said to be: 0..9, NO_DIGIT, or None where its folders and its name disagree.

    Args:
        file: Relative to the folder that is evaluated, forward slashes.
    """
    *folders, name = PurePosixPath(file).parts
    if NONDIGIT in folders:
        return NO_DIGIT
    start, underscore, _ = name.partition("_")
    said = {*folders, start if underscore else ""} & set("0123456789")
    return int(said.pop()) if len(said) == 1 else None


@dataclass(frozen=True)
class Outcome:
    """One labelled file as it was read.

    Attributes:
        file: Relative to the folder that is evaluated, forward slashes.
        truth: 0..9, or NO_DIGIT.
        digits: What was read, as it stands in the CSV.
        status: One of `ok`, `review`, `blank`, `error`: the worst of the file's pages.
        confidence: The lowest of its digits, 0..1; None where a mark is no digit, or there is none.
        seconds: From its bytes to its record and thumbnail.
    """

    file: str
    truth: int
    digits: str
    status: str
    confidence: float | None
    seconds: float

    @property
    def read(self) -> int:
        """The one digit that was read, or OTHER."""
        return int(self.digits) if self.digits in set("0123456789") else OTHER

    @property
    def is_right(self) -> bool:
        """Exactly the one right digit; of what is no digit: that a person is asked to look."""
        if self.truth == NO_DIGIT:
            return self.status in (REVIEW, BLANK)
        return self.read == self.truth

    @property
    def folder(self) -> str:
        """The folder that it lies in, `.` for the one that is evaluated."""
        return str(PurePosixPath(self.file).parent)


@dataclass(frozen=True)
class Tally:
    """So many right of so many."""

    right: int
    count: int

    @property
    def share(self) -> float:
        """The share that is right, 0..1; 0 of none."""
        return self.right / max(self.count, 1)


@dataclass(frozen=True)
class FileEvaluation:
    """The labelled files as they were read, and the files whose label cannot be told.

    name: Of the folder that is evaluated, for a person.
    """

    outcomes: tuple[Outcome, ...]
    skipped: tuple[str, ...]
    name: str = ""

    @cached_property
    def digits(self) -> tuple[Outcome, ...]:
        """The files that hold a digit."""
        return tuple(one for one in self.outcomes if one.truth != NO_DIGIT)

    @property
    def overall(self) -> Tally:
        """How many of the digits are read right."""
        return _tally(self.digits)

    @property
    def accepted(self) -> Tally:
        """How many of those digits are right of which nobody is asked to look: status `ok`."""
        return _tally(one for one in self.digits if one.status == OK)

    @property
    def nondigits(self) -> Tally:
        """How many of the marks that are no digit are left to a person, or taken for blank."""
        return _tally(one for one in self.outcomes if one.truth == NO_DIGIT)

    @property
    def per_digit(self) -> dict[str, Tally]:
        """How many of each digit are right."""
        return _by(self.digits, lambda one: str(one.truth))

    @property
    def per_folder(self) -> dict[str, Tally]:
        """How many of each folder are right."""
        return _by(self.outcomes, lambda one: one.folder)

    @property
    def named_folders(self) -> dict[str, Tally]:
        """The same for a person, to whom `.` says nothing: `mine`, `mine/nondigit`."""
        return {
            one_line(str(PurePosixPath(self.name, folder))): tally
            for folder, tally in self.per_folder.items()
        }

    @property
    def confusion(self) -> NDArray[np.int64]:
        """Counts (10, 11): a row for each true digit, a column for each one read and for OTHER."""
        counts = np.zeros((10, 11), dtype=np.int64)
        for one in self.digits:
            counts[one.truth, one.read] += 1
        return counts

    @cached_property
    def readings(self) -> Evaluation:
        """The digits for which nothing but digits was read: what its confidence is about."""
        return _evaluation([one for one in self.digits if one.confidence is not None])

    @cached_property
    def everything(self) -> Evaluation:
        """All digits; what has no confidence has 0, so that it is the last to be accepted."""
        return _evaluation(self.digits)

    @property
    def wrong(self) -> list[Outcome]:
        """What is wrong, the surest first."""
        wrong = [one for one in self.outcomes if not one.is_right]
        return sorted(wrong, key=lambda one: -(one.confidence or 0.0))

    @property
    def slowest(self) -> list[Outcome]:
        """All files, the slowest first."""
        return sorted(self.outcomes, key=lambda one: -one.seconds)

    def seconds(self, share: float) -> float:
        """Return the seconds within which that share (0..1) of the files is read."""
        return float(np.quantile([one.seconds for one in self.outcomes], share))

    def figures(self) -> dict[str, Any]:
        """Return every figure as plain numbers, lists and dicts."""
        coverage = self.everything.coverage.thinned()
        return {
            "digits": _plain(self.overall),
            "accepted": _plain(self.accepted),
            "accepted_share": self.accepted.count / max(len(self.digits), 1),
            "nondigits": _plain(self.nondigits),
            "expected_calibration_error": self.readings.expected_calibration_error,
            "reliability": [asdict(one) for one in self.readings.reliability],
            "coverage": {name: part.tolist() for name, part in vars(coverage).items()},
            "per_digit": {digit: _plain(tally) for digit, tally in self.per_digit.items()},
            "per_folder": {folder: _plain(tally) for folder, tally in self.per_folder.items()},
            "confusion": self.confusion.tolist(),
            "seconds": {
                "median": self.seconds(0.5), "95 %": self.seconds(0.95), "most": self.seconds(1.0)
            },
            "wrong": [asdict(one) for one in self.wrong],
            "slowest": [asdict(one) for one in self.slowest[:10]],
            "skipped": list(self.skipped),
        }  # fmt: skip


def _tally(outcomes: Iterable[Outcome]) -> Tally:
    right = [one.is_right for one in outcomes]
    return Tally(sum(right), len(right))


def _by(outcomes: Iterable[Outcome], key: Callable[[Outcome], str]) -> dict[str, Tally]:
    groups: defaultdict[str, list[Outcome]] = defaultdict(list)
    for one in outcomes:
        groups[key(one)].append(one)
    return {name: _tally(groups[name]) for name in sorted(groups)}


def _plain(tally: Tally) -> dict[str, float]:
    return {"right": tally.right, "count": tally.count, "share": tally.share}


def _evaluation(outcomes: Sequence[Outcome]) -> Evaluation:
    return Evaluation(
        truth=np.array([one.truth for one in outcomes], dtype=np.int64),
        predicted=np.array([one.read for one in outcomes], dtype=np.int64),
        confidence=np.array([one.confidence or 0.0 for one in outcomes], dtype=np.float64),
        grids=np.zeros((len(outcomes), 8, 8), dtype=np.float32),
        is_digit=np.array([one.read != OTHER for one in outcomes], dtype=np.bool_),
    )
