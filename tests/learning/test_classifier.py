import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.svm import SVC

from digitwatch.learning.classifier import AT_ONCE, Duels, judge, score
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


def test_who_wins_all_duels_has_the_best_score_whatever_the_order() -> None:
    zero_beats_two, one_beats_both = 0.7, 0.6
    (scores,) = score(np.array([[-one_beats_both, zero_beats_two, one_beats_both]]))
    assert scores[1] > scores[0] > scores[2]


def test_of_classes_that_win_as_many_duels_the_one_that_loses_closest_is_ahead() -> None:
    (scores,) = score(np.array([[0.9, -0.6, 1.4]]))
    assert list(np.argsort(scores)) == [2, 1, 0]


def test_nothing_to_read_gives_no_predictions(training: Training) -> None:
    assert training.classifier.predict(np.zeros((0, 898), dtype=np.float32)) == []


@pytest.mark.parametrize("count", [1, 40, AT_ONCE + 1])
def test_the_probabilities_are_those_of_the_estimator(training: Training, count: int) -> None:
    some = scikit_digits().features[:count]
    ours = [prediction.probabilities for prediction in training.classifier.predict(some)]
    theirs = training.classifier.estimator.predict_proba(some)[:, :10]
    assert np.allclose(ours, theirs, rtol=0, atol=1e-4)


def test_the_probabilities_are_ten_and_leave_the_rest_to_no_digit(training: Training) -> None:
    for prediction in training.classifier.predict(np.zeros((3, 898), dtype=np.float32)):
        assert len(prediction.probabilities) == 10
        assert 0 <= sum(prediction.probabilities) <= 1 + 1e-9
        assert max(prediction.probabilities) == prediction.confidence


def test_the_machine_ends_in_a_support_vector_machine_of_eleven_classes(training: Training) -> None:
    *_, (name, svc) = training.classifier.machine.steps
    assert name == "svc"
    assert list(svc.classes_) == list(range(11))


def test_the_duels_are_those_of_the_support_vector_machine(training: Training) -> None:
    components, machine = training.classifier.machine
    seen = components.transform(scikit_digits().features[:50])
    theirs = SVC.decision_function(machine, seen)
    assert np.allclose(Duels.of(machine).outcome(seen), theirs, atol=1e-4)


def test_of_digits_that_are_as_probable_the_larger_is_named_first() -> None:
    prediction = judge(probabilities(d3=0.4, d5=0.4, d1=0.2), 0.9)
    assert (prediction.digit, prediction.runner_up) == (5, 3)
