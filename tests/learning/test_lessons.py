"""What is learned from what people say, and how it is measured without flattery."""

import numpy as np
import pytest

from digitwatch.learning import lessons
from digitwatch.learning.classifier import Prediction
from digitwatch.learning.data import NO_DIGIT, from_masks
from digitwatch.learning.lessons import (
    DOUBTED,
    WEIGHT,
    Lesson,
    ReadLessons,
    doubtful,
    prepare,
    vary,
)
from digitwatch.learning.synthesis import draw_mask, draw_strokes, parse
from digitwatch.learning.training import Extra, learn

KITE = "30,0 0,40 30,80 60,40 30,0; 30,0 30,100"
"""A way of writing 4 that no template has."""


def lesson(digit, seed=0, drawing="", **settings):
    mask = draw_mask(digit, 0, np.random.default_rng([seed, digit]))
    return Lesson(mask, digit, drawing or f"{digit} {seed}", f"{digit}.png", **settings)


def kites(count, seed):
    rng = np.random.default_rng(seed)
    masks = [draw_strokes(parse(KITE), rng, bend=0.05) for _ in range(count)]
    return [Lesson(mask, 4, f"kite {seed} {n}", "kite.png") for n, mask in enumerate(masks)]


def prediction(digit, confidence, *, is_digit=True):
    return Prediction(digit, confidence, 0, 0.0, is_digit, (0.0,) * 10)


def test_copies_of_a_drawing_count_once_and_what_was_said_last_holds():
    first, last = lesson(7, drawing="a.png"), lesson(7, drawing="b.png")
    last = Lesson(first.mask, 1, last.drawing, "b.png")
    prepared = prepare([first, lesson(3), last], seed=0)
    assert sorted(one.label for one in prepared.each) == [1, 3]
    assert prepared.left_out == 1


def test_the_marks_of_a_page_are_one_drawing():
    marks = [lesson(digit, drawing="page.png") for digit in range(5)]
    prepared = prepare([*marks, lesson(6)], seed=0)
    numbers = prepared.drawings.tolist()
    assert len(set(numbers[:5])) == 1
    assert numbers[5] != numbers[0]


def test_a_copy_with_other_pixels_is_the_same_drawing():
    original = lesson(8)
    speckled = original.mask.copy()
    y, x = np.argwhere(speckled).min(axis=0)[0], np.flatnonzero(speckled.any(axis=0))[5]
    speckled[y, x] ^= True
    prepared = prepare([original, Lesson(speckled, 8, "saved again", ""), lesson(8, seed=1)], 0)
    assert prepared.drawings[0] == prepared.drawings[1] != prepared.drawings[2]


def test_no_drawing_is_in_two_parts_of_the_cross_validation():
    pages = [lesson(digit, page, drawing=f"page {page}") for page in range(8) for digit in range(4)]
    prepared = prepare(pages, seed=0)
    folds = prepared.folds(seed=0)
    assert set(folds.tolist()) == set(range(5))
    for drawing in np.unique(prepared.drawings):
        assert len(set(folds[prepared.drawings == drawing].tolist())) == 1


def test_each_part_has_about_as_many_of_each_digit():
    prepared = prepare([lesson(digit, seed) for digit in (2, 5) for seed in range(10)], seed=0)
    folds = prepared.folds(seed=0)
    for digit in (2, 5):
        assert np.bincount(folds[prepared.samples.labels == digit]).tolist() == [2] * 5


def test_a_lesson_and_its_variants_weigh_as_much_as_two_drawings_by_rule():
    prepared = prepare([lesson(digit) for digit in range(4)], seed=0)
    weights = prepared.weights(left_out=np.array([1]), doubtful=np.array([2])) * 11
    assert weights == pytest.approx([WEIGHT, 0, WEIGHT * DOUBTED, WEIGHT])


def test_what_is_only_measured_on_weighs_nothing():
    prepared = prepare([lesson(1), lesson(2, is_learned=False)], seed=0)
    assert (prepared.weights() > 0).tolist() == [True, False]


def test_the_more_lessons_the_fewer_variants_of_each(monkeypatch):
    monkeypatch.setattr(lessons, "MOST_SAMPLES", 12)
    assert prepare([lesson(digit) for digit in range(4)], 0).variants == 2
    many = prepare([lesson(digit, seed) for digit in range(10) for seed in range(2)], 0)
    assert (len(many), many.variants, many.left_out) == (12, 0, 8)


def test_variants_are_like_the_lesson_and_not_the_same():
    one, other = lesson(5), lesson(0)
    varied = vary([one, other], 3, (0, 0))
    assert varied.labels.tolist() == [5] * 4 + [0] * 4
    own, strange = from_masks([one.mask, other.mask], [5, 0]).features
    assert np.array_equal(varied.features[0], own)
    for variant in varied.features[1:4]:
        away = np.linalg.norm(variant - own)
        assert 0 < away < np.linalg.norm(variant - strange)
    assert np.array_equal(varied.features, vary([one, other], 3, (0, 0)).features)


def test_a_lesson_looks_mistaken_when_a_model_that_never_saw_it_is_sure_of_another_digit():
    prepared = prepare([lesson(digit) for digit in (1, 2, 3, 4, 5)], seed=0)
    read = [
        prediction(7, 0.99),
        prediction(7, 0.9),
        prediction(7, 0.99, is_digit=False),
        prediction(4, 0.99),
        prediction(0, 1.0),
    ]
    assert doubtful(read, prepared).tolist() == [0, 4]
    assert doubtful([], prepared).tolist() == []


def test_a_mark_that_is_said_to_be_none_is_right_when_it_is_taken_for_none():
    scribble = Lesson(lesson(3).mask, NO_DIGIT, "scribble", "")
    prepared = prepare([scribble, lesson(6)], seed=0)
    none = prediction(3, 0.0, is_digit=False)
    assert ReadLessons(prepared, [none, none]).right.tolist() == [True, False]
    seen = prediction(6, 0.9)
    assert ReadLessons(prepared, [seen, seen], [seen, seen]).still_wrong.tolist() == [0]


@pytest.fixture
def _few_folds(monkeypatch):
    monkeypatch.setattr(lessons, "FOLDS", 3)


@pytest.mark.usefixtures("_few_folds")
def test_a_few_drawings_teach_an_odd_way_of_writing(base, training):
    taught = learn(base, Extra(kites(8, seed=0)), jobs=1)
    others = from_masks([one.mask for one in kites(20, seed=1)], [4] * 20).features
    before = sum(one.digit == 4 for one in training.classifier.predict(others))
    after = sum(one.digit == 4 for one in taught.classifier.predict(others))
    assert before <= 10
    assert after >= 18
    assert taught.shuffled.accuracy > training.shuffled.accuracy - 0.005
    assert taught.parameters["lessons"] == 8


def test_a_lesson_is_measured_by_a_model_that_did_not_learn_it(base, training):
    (kite,) = kites(1, seed=2)
    copy = Lesson(kite.mask, 4, "a copy of it", "")
    read = learn(base, Extra([kite, copy]), jobs=1).lessons
    (plain,) = training.classifier.predict(from_masks([kite.mask], [4]).features)
    assert read.unseen[0].digit == plain.digit != read.learned[0].digit == 4


def test_what_is_only_measured_on_changes_nothing(base, training):
    measured = [lesson(digit, is_learned=False) for digit in range(10)]
    result = learn(base, Extra(measured), jobs=1)
    now, before = (one.classifier.predict(base.unseen.features) for one in (result, training))
    assert [one.digit for one in now] == [one.digit for one in before]
    assert np.allclose(
        [one.confidence for one in now], [one.confidence for one in before], atol=0.01
    )
    assert len(result.lessons) == 10
    assert "lessons" not in result.parameters


@pytest.mark.usefixtures("_few_folds")
def test_twenty_wrong_lessons_do_not_wreck_the_model(base, training):
    wrong = [
        Lesson(lesson(n % 10, seed=n).mask, (n + 1 + n // 10) % 10, str(n), "") for n in range(20)
    ]
    result = learn(base, Extra(wrong), jobs=1)
    assert len(result.lessons.doubtful) >= 5
    assert result.drawn.accuracy > training.drawn.accuracy - 0.05
    assert result.shuffled.accuracy > training.shuffled.accuracy - 0.005
