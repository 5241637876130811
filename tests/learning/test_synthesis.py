import numpy as np
import pytest

from digitwatch.learning.classifier import Classifier
from digitwatch.learning.data import NO_DIGIT
from digitwatch.learning.synthesis import draw_mask, draw_picture, parse
from digitwatch.learning.templates import DIGITS, MARKS
from digitwatch.learning.training import Training
from digitwatch.reading.grid import features

TEXTS = [(f"{digit} {name}", text) for digit, ways in DIGITS.items() for name, text in ways.items()]


@pytest.mark.parametrize(("name", "text"), TEXTS + list(MARKS.items()))
def test_every_template_can_be_drawn(name: str, text: str) -> None:
    strokes = parse(text)
    assert all(points.ndim == 2 and points.shape[1] == 2 for points in strokes), name
    assert all(len(points) >= 2 for points in strokes), name
    assert min(points.min() for points in strokes) >= -0.3, name
    assert max(points.max() for points in strokes) <= 1.2, name


def test_each_digit_has_many_ways_of_writing() -> None:
    assert set(DIGITS) == set(range(10))
    assert all(len(ways) >= 15 for ways in DIGITS.values())


def test_no_two_templates_are_the_same() -> None:
    texts = [text for _, text in TEXTS] + list(MARKS.values())
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("label", range(11))
def test_the_same_random_numbers_give_the_same_drawing(label: int) -> None:
    one, other = (draw_mask(label, 3, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(one, other)


@pytest.mark.parametrize("label", range(11))
def test_every_drawing_has_ink(label: int) -> None:
    rng = np.random.default_rng(1)
    assert all(draw_mask(label, index, rng).any() for index in range(40))


def test_most_drawings_are_read_as_what_they_are_drawn_as(training: Training) -> None:
    rng = np.random.default_rng(9)
    label = np.repeat(np.arange(10), 20)
    drawn = np.stack([features(draw_mask(int(d), i, rng)) for i, d in enumerate(label)])
    read = [prediction.digit for prediction in training.classifier.predict(drawn)]
    assert np.mean(read == label) > 0.85


@pytest.mark.parametrize("smooth", [True, False])
def test_a_picture_is_dark_on_white_and_of_the_size_asked_for(smooth: bool) -> None:
    picture = draw_picture(3, np.random.default_rng(0), (300, 200), smooth=smooth)
    assert picture.shape == (200, 300, 3)
    assert picture.dtype == np.uint8
    assert (picture[[0, -1]] == 255).all()
    assert (len(np.unique(picture.reshape(-1, 3), axis=0)) > 2) is smooth


def test_marks_differ_from_digits(training: Training) -> None:
    classifier: Classifier = training.classifier
    rng = np.random.default_rng(3)
    marks = np.stack([features(draw_mask(NO_DIGIT, i, rng)) for i in range(60)])
    digits = np.stack([features(draw_mask(i % 10, i, rng)) for i in range(60)])
    sure_of_marks = np.mean([p.confidence for p in classifier.predict(marks)])
    sure_of_digits = np.mean([p.confidence for p in classifier.predict(digits)])
    assert sure_of_digits > sure_of_marks + 0.3
