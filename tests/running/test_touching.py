"""Digits that touch are told apart by reading them, and what is read well stays whole."""

import numpy as np
import pytest

from digitwatch.learning.model_store import StoredModel
from digitwatch.reading.grid import features_of
from digitwatch.reading.segment import find_glyphs
from digitwatch.running.touching import Read, read_apart
from tests.pages import Sheet, make, numbers


def read(lines: list[str], sheet: Sheet, seed: int, model: StoredModel) -> list[Read]:
    glyphs = find_glyphs(make(lines, sheet, seed), "page")
    seen = features_of([glyph.mask for glyph in glyphs])
    return list(map(Read, glyphs, seen, model.classifier.predict(seen)))


def test_digits_that_touch_are_read_apart(model):
    lines = numbers(np.random.default_rng(5), lines=8)
    whole = read(lines, Sheet(touching=0.2), 5, model)
    apart = read_apart(whole, model.classifier)
    missing = 64 - len(whole)
    assert missing >= 8
    assert 64 - len(apart) <= missing / 2
    assert [one.glyph.line for one in apart] == sorted(one.glyph.line for one in apart)


@pytest.mark.parametrize("seed", range(3))
def test_digits_that_stand_apart_stay_whole(seed, model):
    lines = numbers(np.random.default_rng(seed))
    whole = read(lines, Sheet(), seed, model)
    assert [one.glyph for one in read_apart(whole, model.classifier)] == [
        one.glyph for one in whole
    ]


def test_the_only_glyph_of_a_page_is_never_cut(model):
    whole = read(["77"], Sheet(touching=1.0), 1, model)
    assert len(whole) == 1
    assert read_apart(whole, model.classifier) == whole


def test_a_page_without_glyphs_has_nothing_to_cut(model):
    assert read_apart([], model.classifier) == []
