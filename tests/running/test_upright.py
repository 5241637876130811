"""A page on its side or upside down is told by its digits; one that may lie right is left so."""

import numpy as np
import pytest

from digitwatch.learning.classifier import Classifier, Prediction
from digitwatch.learning.data import NO_DIGIT
from digitwatch.learning.model_store import StoredModel
from digitwatch.learning.synthesis import draw_mask
from digitwatch.reading.grid import features_of
from digitwatch.reading.segment import find_glyphs
from digitwatch.running.upright import quarter_turns
from tests.pages import Sheet, make, numbers


def turns_of(page, model: StoredModel) -> int:
    glyphs = find_glyphs(np.ascontiguousarray(page), "auto")
    predictions = model.classifier.predict(features_of([glyph.mask for glyph in glyphs]))
    return quarter_turns(glyphs, predictions, model.classifier)


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("sheet", [Sheet(), Sheet(rules="lines", skew=2, shadow=0.5, grain=4)])
def test_a_page_is_turned_back_as_far_as_it_was_turned(turns, sheet, model):
    page = make(numbers(np.random.default_rng(2)), sheet, 2)
    assert turns_of(np.rot90(page, -turns), model) == turns


@pytest.mark.parametrize("lines", [["8018", "1080"], ["69", "96", "818"]])
def test_digits_that_are_the_same_upside_down_are_left_as_they_lie(lines, model):
    page = make(lines, Sheet(), 1)
    assert turns_of(page, model) == 0
    assert turns_of(np.rot90(page, 2), model) in (0, 2)


def test_a_drawing_of_one_or_two_digits_is_never_turned(model):
    page = make(["47"], Sheet(), 3)
    assert [turns_of(np.rot90(page, turns), model) for turns in range(4)] == [0, 0, 0, 0]


class NeverAsked(Classifier):
    """A classifier that must not be asked."""

    def predict(self, features):
        raise AssertionError(features)


def test_a_page_that_is_read_well_costs_no_further_look():
    glyphs = find_glyphs(make(["1234"], Sheet(), 1), "page")
    sure = Prediction(7, 0.95, 1, 0.05, is_digit=True, probabilities=(0.1,) * 10)
    assert quarter_turns(glyphs, [sure] * len(glyphs), NeverAsked(None, {})) == 0


def test_scribbles_are_as_unreadable_from_any_side(model):
    scribbles = Sheet(draw=lambda _, rng: draw_mask(NO_DIGIT, 2 * int(rng.integers(9)) + 21, rng))
    page = make(numbers(np.random.default_rng(0)), scribbles, 0)
    assert [turns_of(np.rot90(page, turns), model) for turns in range(4)] == [0, 0, 0, 0]
