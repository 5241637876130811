import json

import numpy as np
import pytest

from digitwatch.learning import synthesis
from digitwatch.learning.data import NO_DIGIT
from digitwatch.learning.drift import Marks, compare, fingerprint, for_manifest, from_manifest
from digitwatch.learning.traits import (
    ACROSS,
    ASPECT,
    CONFIDENCE,
    INK,
    PEN,
    SIZE,
    measure_drawn,
    measure_seen,
    pen_of,
)
from digitwatch.reading.grid import features_of

COUNT = 150


def large(shifts):
    return {one.name for one in shifts if one.is_large}


def even(rng, count, **traits):
    """Marks whose digits are spread evenly, and whose traits are normal but for some."""
    usual = {CONFIDENCE: rng.uniform(0.9, 1, count), ACROSS: rng.normal(4, 0.3, count)}
    return Marks(rng.integers(0, 10, count), usual | traits)


@pytest.fixture(scope="module")
def learned(training):
    return from_manifest(for_manifest([training.shuffled, training.drawn]))


@pytest.fixture(scope="module")
def marks_of(training):
    """Read drawings that a function makes of the digits in turn."""

    def read(draw):
        rng = np.random.default_rng(3)
        seen = features_of([draw(number % 10, rng) for number in range(COUNT)])
        predictions = training.classifier.predict(seen)
        digits = [one.digit if one.is_digit else NO_DIGIT for one in predictions]
        confidence = np.array([one.confidence for one in predictions])
        return Marks(np.array(digits), measure_seen(seen[:, :64].reshape(-1, 8, 8), confidence))

    return read


def as_learned(label, rng):
    return synthesis.draw_mask(label, int(rng.integers(99)), rng)


def turned(label, rng):
    return np.rot90(as_learned(label, rng))


def letters(_label, rng):
    return as_learned(NO_DIGIT, rng)


def broken(label, rng):
    mask = as_learned(label, rng)
    holes = np.kron(rng.random((40, 40)) < 0.35, np.ones((5, 5))) > 0
    torn = mask & ~holes[: mask.shape[0], : mask.shape[1]]
    return torn if torn.any() else mask


def test_drawings_like_those_learned_have_not_drifted(learned, marks_of):
    assert large(compare(learned, marks_of(as_learned))) == set()


@pytest.mark.parametrize("draw", [turned, letters, broken])
def test_pages_on_their_side_letters_and_faint_strokes_are_read_less_surely(
    learned, marks_of, draw
):
    shifts = compare(learned, marks_of(draw))
    assert any(one.name == CONFIDENCE and one.is_large and not one.is_up for one in shifts)


def test_samples_of_the_same_have_hardly_ever_drifted():
    rng = np.random.default_rng(0)
    before = fingerprint(even(rng, 300))
    assert sum(bool(large(compare(before, even(rng, 100)))) for _ in range(200)) <= 2


def test_a_shift_is_found_named_and_has_its_direction():
    rng = np.random.default_rng(0)
    before = fingerprint(even(rng, 500))
    (first, *_) = compare(before, even(rng, 200, **{ACROSS: rng.normal(3.4, 0.3, 200)}))
    assert (first.name, first.is_large, first.is_up) == (ACROSS, True, False)
    assert sum(first.now) == pytest.approx(1)


def test_other_digits_alone_are_no_drift():
    rng = np.random.default_rng(0)
    digits = rng.integers(0, 10, 3000)
    ink = rng.normal(100 + 10 * digits, 5)
    before = fingerprint(Marks(digits, {INK: ink}))
    ones = digits == 1
    assert large(compare(before, Marks(digits[ones], {INK: ink[ones]}))) == set()
    assert large(compare(before, Marks(digits[ones], {INK: ink[ones] + 5}))) == {INK}


@pytest.mark.parametrize(("change", "is_up"), [(0.1, True), (-0.1, False)])
def test_another_value_than_the_one_that_all_had_is_a_shift(change, is_up):
    digits = np.arange(200) % 10
    before = fingerprint(Marks(digits, {PEN: np.full(200, 0.3)}))
    (shift,) = compare(before, Marks(digits, {PEN: np.full(200, 0.3 + change)}))
    assert (shift.is_large, shift.is_up) == (True, is_up)
    assert large(compare(before, Marks(digits, {PEN: np.full(200, 0.3)}))) == set()


def test_too_few_marks_are_not_compared():
    rng = np.random.default_rng(0)
    assert compare(fingerprint(even(rng, 500)), even(rng, 99)) == ()
    assert compare(fingerprint(even(rng, 99)), even(rng, 500)) == ()


def test_a_trait_that_is_not_known_is_left_out():
    rng = np.random.default_rng(0)
    unknown = {PEN: np.full(200, np.nan)}
    shifts = compare(fingerprint(even(rng, 200, **unknown)), even(rng, 200, **unknown))
    assert {one.name for one in shifts} == {CONFIDENCE, ACROSS}


def test_the_fingerprint_goes_through_a_manifest(training):
    entry = for_manifest([training.shuffled, training.drawn])
    found = from_manifest(json.loads(json.dumps(entry)))
    assert found is not None
    total = len(training.shuffled) + len(training.drawn)
    assert all(bins.counts.sum() == total for bins in found.values())


@pytest.mark.parametrize(
    "entry",
    [
        None,
        {},
        [1],
        {CONFIDENCE: 3},
        {CONFIDENCE: {"edges": [0.5], "counts": [[1, 2]]}},
        {CONFIDENCE: {"edges": [0.5, 0.2], "counts": [[1, 2, 3]] * 11}},
        {CONFIDENCE: {"edges": [0.5], "counts": [[1, -2]] * 11}},
        {CONFIDENCE: {"edges": ["x"], "counts": [[1, 2]] * 11}},
    ],
)
def test_a_damaged_fingerprint_is_none(entry):
    assert from_manifest(entry) is None


def test_a_thicker_pen_is_told_whatever_the_size():
    def bar(length, thickness):
        return np.ones((length, thickness), np.bool_)

    assert pen_of(bar(100, 20)) > 1.5 * pen_of(bar(100, 10))
    assert pen_of(bar(200, 20)) == pytest.approx(pen_of(bar(100, 10)))
    assert np.isnan(pen_of(np.zeros((3, 3), np.bool_)))


def test_what_the_model_never_sees_is_measured_on_the_page():
    boxes = np.array([[10, 20, 40, 80], [0, 0, 5, 5]])
    traits = measure_drawn(boxes, [np.ones((4, 2), np.bool_), None])
    assert traits[SIZE].tolist() == [60.0, 5.0]
    assert traits[ASPECT].tolist() == pytest.approx([np.log(0.5), 0.0])
    assert np.isnan(traits[PEN]).tolist() == [False, True]
