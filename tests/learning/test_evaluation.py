"""What the figures mean, on cases small enough to count by hand."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from digitwatch.learning.classifier import Prediction
from digitwatch.learning.data import Samples
from digitwatch.learning.evaluation import Evaluation, evaluate


@dataclass(frozen=True)
class FakePrediction:
    digit: int
    confidence: float
    is_digit: bool = True


@dataclass(frozen=True)
class FakeSamples:
    labels: NDArray[np.int64]
    grids: NDArray[np.float32]


def evaluation(
    truth: Sequence[int], predicted: Sequence[int], confidence: Sequence[float]
) -> Evaluation:
    predictions = [FakePrediction(d, c) for d, c in zip(predicted, confidence, strict=True)]
    samples = FakeSamples(
        np.array(truth, dtype=np.int64), np.zeros((len(truth), 8, 8), dtype=np.float32)
    )
    return evaluate(cast("list[Prediction]", predictions), cast("Samples", samples))


def test_accuracy_is_the_share_that_is_right() -> None:
    assert evaluation([1, 2, 3, 4], [1, 2, 3, 9], [0.9] * 4).accuracy == 0.75


def test_confusion_has_the_truth_in_rows_and_the_prediction_in_columns() -> None:
    confusion = evaluation([4, 4, 9], [4, 9, 9], [0.9] * 3).confusion
    assert confusion.shape == (10, 10)
    assert confusion[4, 4] == 1
    assert confusion[4, 9] == 1
    assert confusion[9, 9] == 1
    assert confusion.sum() == 3


def test_each_digit_has_its_precision_recall_f1_and_support() -> None:
    scores = evaluation([4, 4, 9], [4, 9, 9], [0.9] * 3).per_digit
    assert [score.digit for score in scores] == list(range(10))
    assert (scores[4].precision, scores[4].recall, scores[4].support) == (1.0, 0.5, 2)
    assert scores[4].f1 == pytest.approx(2 / 3)
    assert (scores[9].precision, scores[9].recall) == (0.5, 1.0)
    assert scores[0].support == 0


def test_a_reliability_bin_holds_what_was_claimed_beside_what_held() -> None:
    bins = evaluation([1, 1, 1, 1], [1, 1, 1, 2], [0.82, 0.84, 0.86, 0.88]).reliability
    assert sum(b.count for b in bins) == 4
    assert bins[8].count == 4
    assert bins[8].confidence == pytest.approx(0.85)
    assert bins[8].accuracy == pytest.approx(0.75)


def test_certainty_falls_in_the_last_bin_and_zero_in_the_first() -> None:
    bins = evaluation([1, 1], [1, 1], [1.0, 0.0]).reliability
    assert bins[9].count == 1
    assert bins[0].count == 1


def test_the_calibration_error_is_the_weighed_gap() -> None:
    # Nine claims of 95 % that hold, and one of 55 % that does not: 0.9 * 0.05 + 0.1 * 0.55.
    measured = evaluation([1] * 10, [1] * 9 + [2], [0.95] * 9 + [0.55])
    assert measured.expected_calibration_error == pytest.approx(0.1)


def test_confidence_that_keeps_its_word_has_no_calibration_error() -> None:
    measured = evaluation([1] * 4, [1, 1, 1, 2], [0.75] * 4)
    assert measured.expected_calibration_error == pytest.approx(0.0)


def test_coverage_counts_equal_confidences_together() -> None:
    curve = evaluation([1, 1, 1, 1], [1, 2, 1, 2], [0.9, 0.5, 0.5, 0.3]).coverage
    assert curve.threshold.tolist() == [0.9, 0.5, 0.3]
    assert curve.coverage.tolist() == [0.25, 0.75, 1.0]
    assert curve.accuracy.tolist() == pytest.approx([1.0, 2 / 3, 0.5])


def test_a_thinned_curve_keeps_its_ends() -> None:
    confidence = [i / 1000 for i in range(1000)]
    curve = evaluation([1] * 1000, [1] * 1000, confidence).coverage.thinned(10)
    assert len(curve.threshold) == 10
    assert curve.threshold[0] == 0.999
    assert curve.coverage[-1] == 1.0


def test_sure_counts_what_is_accepted_and_what_of_it_holds() -> None:
    sure = evaluation([1, 1, 1, 1], [1, 2, 1, 2], [0.95, 0.9, 0.5, 0.3]).when_sure(0.9)
    assert (sure.share, sure.accuracy) == (0.5, 0.5)


def test_nobody_is_right_about_what_is_no_digit() -> None:
    measured = evaluation([10, 1], [1, 1], [0.2, 0.9])
    assert measured.accuracy == 0.5
    assert measured.confusion.sum() == 1
    assert measured.per_digit[1].precision == 0.5


def test_the_summary_can_be_written_as_json() -> None:
    summary = json.loads(json.dumps(evaluation([1, 2], [1, 3], [0.9, 0.4]).summary()))
    assert summary["n"] == 2
    assert summary["accuracy"] == 0.5
    assert len(summary["per_digit"]) == 10


def test_nothing_to_evaluate_is_no_error() -> None:
    empty = evaluation([], [], [])
    assert empty.summary()["accuracy"] == 0.0
    assert empty.expected_calibration_error == 0.0
    assert empty.confusion.sum() == 0
    assert len(empty.coverage.thinned().threshold) == 0
    assert empty.when_sure().accuracy == 0.0


def test_predictions_of_other_samples_are_refused() -> None:
    samples = FakeSamples(np.array([1, 2]), np.zeros((2, 8, 8), dtype=np.float32))
    predictions = [FakePrediction(1, 0.9)]
    with pytest.raises(ValueError, match="1 predictions for 2 samples"):
        evaluate(cast("list[Prediction]", predictions), cast("Samples", samples))
