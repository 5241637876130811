import numpy as np
import pytest
from numpy.typing import NDArray

from digitwatch.learning.classifier import judge
from digitwatch.learning.data import scikit_digits
from digitwatch.learning.training import Training


def probabilities(**which: float) -> NDArray[np.float64]:
    row = np.zeros(11)
    for name, value in which.items():
        row[int(name[1:])] = value
    return row


def test_the_digit_is_the_most_probable_and_the_next_is_its_runner_up() -> None:
    prediction = judge(probabilities(d7=0.6, d1=0.3, d4=0.1), 0.9)
    assert (prediction.digit, prediction.runner_up) == (7, 1)
    assert prediction.confidence == pytest.approx(0.6)
    assert prediction.runner_up_confidence == pytest.approx(0.3)
    assert prediction.is_digit


def test_what_may_be_no_digit_is_not_believed() -> None:
    prediction = judge(probabilities(d7=0.2, d10=0.8), 0.9)
    assert prediction.digit == 7
    assert prediction.confidence == pytest.approx(0.2)
    assert prediction.is_digit


def test_what_is_like_nothing_that_was_learned_is_no_digit() -> None:
    prediction = judge(probabilities(d7=0.05, d10=0.95), 0.9)
    assert not prediction.is_digit


def test_nothing_to_read_gives_no_predictions(training: Training) -> None:
    assert training.classifier.predict(np.zeros((0, 898), dtype=np.float32)) == []


def test_the_probabilities_are_those_of_the_estimator(training: Training) -> None:
    some = scikit_digits().features[:40]
    ours = [prediction.probabilities for prediction in training.classifier.predict(some)]
    assert np.allclose(ours, training.classifier.estimator.predict_proba(some)[:, :10])


def test_the_probabilities_are_ten_and_leave_the_rest_to_no_digit(training: Training) -> None:
    for prediction in training.classifier.predict(np.zeros((3, 898), dtype=np.float32)):
        assert len(prediction.probabilities) == 10
        assert 0 <= sum(prediction.probabilities) <= 1 + 1e-9
        assert max(prediction.probabilities) == prediction.confidence


def test_the_machine_ends_in_a_support_vector_machine_of_eleven_classes(training: Training) -> None:
    *_, (name, svc) = training.classifier.machine.steps
    assert name == "svc"
    assert list(svc.classes_) == list(range(11))
