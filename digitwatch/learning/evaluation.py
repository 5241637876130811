"""How right a classifier is, and how far its confidence can be believed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from digitwatch.learning.classifier import Prediction
from digitwatch.learning.data import Samples

DIGITS = np.arange(10)
RELIABILITY_BINS = 10


@dataclass(frozen=True)
class DigitScore:
    """Precision, recall and F1 (each 0..1) of one digit; `support` counts its samples."""

    digit: int
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class ReliabilityBin:
    """The predictions with a confidence between `low` and `high`: what they claimed, what held.

    `confidence` is their mean confidence and `accuracy` the share that was right; both are 0..1,
    and both 0 in a bin without predictions.
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, eq=False)
class CoverageCurve:
    """What is gained by keeping only the predictions with at least some confidence.

    Three float64 arrays (m,), one entry for each distinct confidence, the highest first:
    `threshold`, the share of samples kept (`coverage`) and the share of those that is right.
    """

    threshold: NDArray[np.float64]
    coverage: NDArray[np.float64]
    accuracy: NDArray[np.float64]

    def thinned(self, points: int = 100) -> "CoverageCurve":
        """Return the same curve with at most so many entries, its ends among them."""
        last = len(self.threshold) - 1
        kept = (
            np.unique(np.linspace(0, last, points).round().astype(int)) if last > 0 else slice(0, 1)
        )
        return CoverageCurve(self.threshold[kept], self.coverage[kept], self.accuracy[kept])


@dataclass(frozen=True)
class Sure:
    """The predictions of at least `threshold` confidence: their share, and how many are right.

    Both are 0..1; the accuracy of none is 0.
    """

    threshold: float
    share: float
    accuracy: float


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Predictions beside the truth.

    truth: int64 (n,), 0..9 or another number for what is no digit, which no prediction gets right;
    predicted: int64 (n,), 0..9; confidence: float64 (n,), 0..1;
    grids: float32 (n, 8, 8), 0..16, what the classifier saw; is_digit: bool (n,), False where it
    took the mark for no digit. The figures count `predicted` alone, whatever `is_digit` says.
    """

    truth: NDArray[np.int64]
    predicted: NDArray[np.int64]
    confidence: NDArray[np.float64]
    grids: NDArray[np.float32]
    is_digit: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Where the prediction is the truth, (n,)."""
        return np.equal(self.predicted, self.truth)

    @property
    def accuracy(self) -> float:
        """The share that is right, 0..1; 0 when there are no samples."""
        return float(self.correct.mean()) if len(self) else 0.0

    @property
    def confusion(self) -> NDArray[np.int64]:
        """Counts (10, 10): a row for each true digit, a column for each predicted one.

        Marks that are no digit have no row.
        """
        digits = np.isin(self.truth, DIGITS)
        if not digits.any():
            return np.zeros((10, 10), dtype=np.int64)
        counts: NDArray[np.int64] = confusion_matrix(
            self.truth[digits], self.predicted[digits], labels=DIGITS
        )
        return counts

    @property
    def per_digit(self) -> tuple[DigitScore, ...]:
        """The scores of each digit, 0 to 9; a figure without samples to divide by is 0."""
        if not len(self):
            return tuple(DigitScore(digit, 0.0, 0.0, 0.0, 0) for digit in range(10))
        columns = precision_recall_fscore_support(
            self.truth, self.predicted, labels=DIGITS, zero_division=0.0
        )
        return tuple(
            DigitScore(int(digit), float(precision), float(recall), float(f1), int(support))
            for digit, precision, recall, f1, support in zip(DIGITS, *columns, strict=True)
        )

    @property
    def reliability(self) -> tuple[ReliabilityBin, ...]:
        """Ten bins of equal width over the confidence 0..1 (Niculescu-Mizil and Caruana, 2005)."""
        edges = np.linspace(0.0, 1.0, RELIABILITY_BINS + 1)
        which = np.clip(np.digitize(self.confidence, edges) - 1, 0, RELIABILITY_BINS - 1)
        count = np.bincount(which, minlength=RELIABILITY_BINS)
        divisor = np.maximum(count, 1)
        claimed = np.bincount(which, self.confidence, minlength=RELIABILITY_BINS) / divisor
        held = np.bincount(which, self.correct, minlength=RELIABILITY_BINS) / divisor
        return tuple(
            ReliabilityBin(
                low=float(edges[i]),
                high=float(edges[i + 1]),
                count=int(count[i]),
                confidence=float(claimed[i]),
                accuracy=float(held[i]),
            )
            for i in range(RELIABILITY_BINS)
        )

    @property
    def expected_calibration_error(self) -> float:
        """The mean gap between confidence and accuracy over the bins, weighed by their counts.

        0..1, 0 is best (Naeini, Cooper and Hauskrecht, AAAI 2015).
        """
        gaps = sum(b.count * abs(b.confidence - b.accuracy) for b in self.reliability)
        return gaps / max(len(self), 1)

    @property
    def coverage(self) -> CoverageCurve:
        """Coverage against accuracy (El-Yaniv and Wiener, JMLR 2010)."""
        order = np.argsort(-self.confidence, kind="stable")
        confidence = self.confidence[order]
        # Equal confidences cannot be told apart by a threshold: only the last of each run counts.
        last = np.flatnonzero(np.append(confidence[1:] != confidence[:-1], True)[: len(self)])
        kept = last + 1
        return CoverageCurve(
            threshold=confidence[last],
            coverage=kept / max(len(self), 1),
            accuracy=np.cumsum(self.correct[order])[last] / kept,
        )

    def when_sure(self, threshold: float = 0.9) -> Sure:
        """Return how many predictions have that confidence, 0..1, and how many of those hold."""
        sure = self.confidence >= threshold
        count = int(sure.sum())
        right = int((sure & self.correct).sum())
        return Sure(threshold, count / max(len(self), 1), right / max(count, 1))

    def summary(self) -> dict[str, Any]:
        """Return the main figures as plain numbers, for report.json and the model's manifest."""
        return {
            "n": len(self),
            "accuracy": self.accuracy,
            "expected_calibration_error": self.expected_calibration_error,
            "per_digit": [asdict(score) for score in self.per_digit],
        }


def evaluate(predictions: Sequence[Prediction], samples: Samples) -> Evaluation:
    """Set predictions beside the samples that they were made from, in the same order.

    Raises ValueError when there are not as many of one as of the other.
    """
    if len(predictions) != len(samples.labels):
        raise ValueError(f"{len(predictions)} predictions for {len(samples.labels)} samples")
    return Evaluation(
        truth=np.asarray(samples.labels, dtype=np.int64),
        predicted=np.array([p.digit for p in predictions], dtype=np.int64),
        confidence=np.array([p.confidence for p in predictions], dtype=np.float64),
        grids=np.asarray(samples.grids, dtype=np.float32),
        is_digit=np.array([p.is_digit for p in predictions], dtype=np.bool_),
    )
