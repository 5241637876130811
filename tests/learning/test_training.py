import numpy as np
import pytest

from digitwatch.learning.data import scikit_digits
from digitwatch.learning.training import Training, train


def test_the_same_seed_gives_the_same_predictions(training: Training) -> None:
    again = train(seed=0, drawings_a_digit=60, marks=100)
    some = scikit_digits().features[::20]
    ours, theirs = training.classifier.predict(some), again.classifier.predict(some)
    assert [p.digit for p in ours] == [p.digit for p in theirs]
    # As many threads as another test has left to the matrices round the last digits otherwise.
    assert np.allclose([p.confidence for p in ours], [p.confidence for p in theirs], rtol=1e-3)


def test_progress_rises_to_the_end() -> None:
    heard: list[tuple[str, float]] = []
    train(drawings_a_digit=5, marks=20, progress=lambda *said: heard.append(said))
    fractions = [fraction for _, fraction in heard]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] < 0.1
    assert fractions[-1] == pytest.approx(1)
    assert all(step for step, _ in heard)


def test_few_drawings_are_enough_for_digits_like_those_of_load_digits(training: Training) -> None:
    assert training.shuffled.accuracy > 0.93
    assert training.unshuffled.accuracy > 0.9


def test_it_is_measured_on_what_was_not_learned(training: Training) -> None:
    assert len(training.shuffled) == 450
    assert len(training.unshuffled) == 1797 - 1797 // 2
    assert len(training.drawn) == 60


def test_what_it_was_trained_with_is_kept(training: Training) -> None:
    assert training.parameters["drawings a digit"] == 60
    assert training.parameters["marks"] == 100
