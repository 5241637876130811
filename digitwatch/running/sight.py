"""What is seen on pages: their glyphs, upright and apart, and what the classifier says of each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitwatch.errors import UnreadableImageError
from digitwatch.learning.classifier import Classifier
from digitwatch.reading.grid import features_of
from digitwatch.reading.segment import Glyph, find_glyphs
from digitwatch.running.touching import Read, read_apart
from digitwatch.running.upright import quarter_turns


@dataclass(frozen=True, eq=False)
class Found:
    """A page and its glyphs.

    Attributes:
        pixels: (height, width, 3) uint8 RGB.
        glyphs: In reading order.
    """

    pixels: NDArray[np.uint8]
    glyphs: Sequence[Glyph]


@dataclass(frozen=True, eq=False)
class Sight:
    """A page that was read.

    Attributes:
        pixels: (height, width, 3) uint8 RGB, turned upright.
        marks: The glyphs in reading order, with what the classifier says of them; their boxes are
            in these pixels.
        was_turned: Whether the page did not lie upright.
    """

    pixels: NDArray[np.uint8]
    marks: Sequence[Read]
    was_turned: bool


def find(pixels: NDArray[np.uint8], layout: str) -> Found:
    """Find the glyphs of a page, see `find_glyphs`; it raises what that raises."""
    return Found(pixels, find_glyphs(pixels, layout))


def see(pages: Sequence[Found], classifier: Classifier, layout: str) -> list[Sight]:
    """Read pages; all their glyphs go through the classifier together."""
    marks = _ask([glyph for page in pages for glyph in page.glyphs], classifier)
    ends = np.cumsum([len(page.glyphs) for page in pages]).tolist()
    return [
        _look_again(page, marks[end - len(page.glyphs) : end], classifier, layout)
        for page, end in zip(pages, ends, strict=True)
    ]


def _look_again(page: Found, marks: Sequence[Read], classifier: Classifier, layout: str) -> Sight:
    """Turn a page that does not lie upright, and read digits apart that touch."""
    turns = quarter_turns(page.glyphs, [mark.prediction for mark in marks], classifier)
    if turns:
        try:
            page = find(np.rot90(page.pixels, turns), layout)
        except UnreadableImageError:  # it has more marks than before, so the turn was no good
            turns = 0
        else:
            marks = _ask(page.glyphs, classifier)
    return Sight(page.pixels, read_apart(marks, classifier), was_turned=turns > 0)


def _ask(glyphs: Sequence[Glyph], classifier: Classifier) -> list[Read]:
    seen = features_of([glyph.mask for glyph in glyphs])
    return list(map(Read, glyphs, seen, classifier.predict(seen)))
