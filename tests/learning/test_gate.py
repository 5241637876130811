"""Whether a new model takes the place of the old one."""

from dataclasses import replace

import numpy as np
import pytest

from digitwatch.learning import gate
from digitwatch.learning.data import held_out
from digitwatch.learning.gate import DRAWN, LESSONS, SHUFFLED, UNSHUFFLED, Comparison, judge, scores
from digitwatch.learning.lessons import Lesson, ReadLessons, prepare
from digitwatch.learning.model_store import StoredModel, load
from digitwatch.learning.synthesis import draw_mask


def comparison(count, lost, won):
    old, new = np.ones(count, np.bool_), np.ones(count, np.bool_)
    new[:lost] = False
    old[count - won :] = False
    return Comparison("some", old, new)


@pytest.mark.parametrize(
    ("count", "lost", "won", "is_worse"),
    [
        (1000, 0, 0, False),
        (1000, 5, 0, False),  # half a point
        (1000, 6, 0, True),
        (1000, 0, 50, False),
        (1000, 30, 22, False),  # chance alone does that
        (1000, 40, 22, True),
        (20, 1, 0, False),
        (20, 2, 0, False),
        (20, 3, 0, True),
    ],
)
def test_a_model_is_worse_if_it_loses_half_a_point_and_more_than_by_chance(
    count, lost, won, is_worse
):
    assert comparison(count, lost, won).is_worse is is_worse


@pytest.fixture
def old(models):
    return load(models)


def spoilt(evaluation, count):
    """The evaluation with so many more mistakes."""
    predicted = evaluation.predicted.copy()
    predicted[:count] = (evaluation.truth[:count] + 1) % 10
    return replace(evaluation, predicted=predicted)


def on(name, training, old):
    (found,) = [one for one in judge(training, old).comparisons if one.name == name]
    return found


def test_the_same_model_is_as_good(training, old):
    verdict = judge(training, old)
    assert [one.name for one in verdict.comparisons] == [SHUFFLED, UNSHUFFLED, DRAWN]
    assert [len(one) for one in verdict.comparisons] == [450, 899, 60]
    assert all(np.array_equal(one.old, one.new) for one in verdict.comparisons)
    assert verdict.is_accepted


@pytest.mark.parametrize(
    ("part", "name"), [("shuffled", SHUFFLED), ("unshuffled", UNSHUFFLED), ("drawn", DRAWN)]
)
def test_one_that_is_worse_on_any_held_out_set_is_refused_unless_it_is_forced(
    training, old, part, name
):
    worse = replace(training, **{part: spoilt(getattr(training, part), 30)})
    verdict = judge(worse, old)
    assert [one.name for one in verdict.worse] == [name]
    assert not verdict.is_accepted
    assert judge(worse, old, is_forced=True).is_accepted


def test_where_there_is_no_old_model_the_new_one_is_accepted(training):
    verdict = judge(training, None)
    assert verdict.is_accepted
    assert [score.old for score in scores(training, verdict)] == [None] * 3


def test_a_model_of_another_seed_is_asked_only_what_it_did_not_learn(training, old):
    other = StoredModel(old.classifier, old.id, {**old.manifest, "seed": 5})
    both = set(held_out(0).tolist()) & set(held_out(5).tolist())
    assert len(on(SHUFFLED, training, other)) == len(both) < 200


def test_a_model_that_does_not_say_what_it_learned_is_asked_what_nobody_can_have_learned(
    training, old
):
    silent = StoredModel(old.classifier, old.id, {})
    assert [one.name for one in judge(training, silent).comparisons] == [DRAWN]


@pytest.fixture
def lessons():
    masks = [draw_mask(digit, 0, np.random.default_rng(digit)) for digit in range(10)]
    each = [Lesson(mask, digit, str(digit), "") for digit, mask in enumerate(masks)]
    return prepare(each, seed=0)


def test_lessons_that_the_old_model_learned_count_as_they_were_read_before(training, old, lessons):
    reading = old.classifier.predict(lessons.samples.features)
    training = replace(training, lessons=ReadLessons(lessons, reading, reading))
    learned = {lessons.each[0].ink: 5, lessons.each[1].ink: 1}
    taught = StoredModel(old.classifier, old.id, {**old.manifest, "lessons": learned})
    now = on(LESSONS, training, old).old.tolist()
    assert on(LESSONS, training, taught).old.tolist() == [False, True, *now[2:]]


def test_a_data_set_is_compared_unless_the_old_model_learned_another_part_of_it(training, old):
    evaluation, samples = training.drawn, training.held_out.drawn
    training = replace(
        training,
        data_sets={"digits": evaluation},
        held_out=replace(training.held_out, data_sets={"digits": samples}),
    )
    assert judge(training, old).on("digits") is not None
    manifest = {**old.manifest, "training": {"digits": 5000}, "seed": 1}
    assert judge(training, StoredModel(old.classifier, old.id, manifest)).on("digits") is None


def test_scores_of_old_and_new_are_of_the_same_samples(training, old):
    other = StoredModel(old.classifier, old.id, {**old.manifest, "seed": 5})
    by_name = {score.name: score for score in scores(training, judge(training, other))}
    both = np.isin(held_out(0), held_out(5))
    assert by_name[SHUFFLED].count == both.sum()
    assert by_name[SHUFFLED].new == training.shuffled.correct[both].mean()
    assert gate.LESSONS not in by_name
