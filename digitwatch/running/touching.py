"""Digits that touch are read apart where that is much surer than reading them as one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitwatch.learning.classifier import Classifier, Prediction
from digitwatch.reading.grid import features_of
from digitwatch.reading.segment import Glyph
from digitwatch.reading.touching import between, find_cuts

WIDE = 1.3
"""Width, in widths of the page's middle glyph, from which one may be two digits."""
UNSURE = 0.2
"""Confidence below which a wide glyph may be two digits; digits that touch have next to none."""
SURE = 0.75
"""Confidence that each of the parts must have."""
NARROWEST, WIDEST = 0.1, 1.2
"""Of a part, in heights of the glyph."""


@dataclass(frozen=True, eq=False)
class Read:
    """A glyph, its features, float32 (F,), and what the classifier says of it."""

    glyph: Glyph
    seen: NDArray[np.float32]
    prediction: Prediction


def read_apart(found: Sequence[Read], classifier: Classifier) -> list[Read]:
    """Put the parts in place of each glyph that turns out to be digits that touch.

    Args:
        found: The glyphs of a page in reading order; the only one of a page stays whole.
        classifier: Is asked about the parts of what is wide and poorly read.
    """
    if len(found) < 2:
        return list(found)
    wide = WIDE * np.median([_width(one.glyph) for one in found])
    apart: list[Read] = []
    for one in found:
        may_be_two = one.prediction.confidence < UNSURE and _width(one.glyph) >= wide
        parts = _parts(one.glyph, classifier) if may_be_two else []
        apart.extend(parts or [one])
    return apart


def _width(glyph: Glyph) -> int:
    return glyph.box.right - glyph.box.left


def _parts(glyph: Glyph, classifier: Classifier) -> list[Read]:
    """Give the likeliest reading of the glyph in several parts; none where one is unsure."""
    height, width = glyph.mask.shape
    cuts = find_cuts(glyph.mask)
    bounds = [np.zeros(height, np.intp), *cuts, np.full(height, width)]
    spans = [
        (start, end)
        for end in range(1, len(bounds))
        for start in range(end)
        if NARROWEST * height <= np.mean(bounds[end] - bounds[start]) <= WIDEST * height
        and end - start < len(bounds) - 1
    ]
    if not spans:
        return []
    glyphs = [between(glyph, bounds[start], bounds[end]) for start, end in spans]
    seen = features_of([part.mask for part in glyphs])
    parts = map(Read, glyphs, seen, classifier.predict(seen))
    likeliest = _likeliest(dict(zip(spans, parts, strict=True)), len(bounds) - 1)
    return likeliest if all(part.prediction.confidence >= SURE for part in likeliest) else []


def _likeliest(parts: dict[tuple[int, int], Read], last: int) -> list[Read]:
    """Give the parts from bound 0 to the last whose confidences have the largest product."""
    best: dict[int, tuple[float, list[Read]]] = {0: (1.0, [])}
    for (start, end), part in parts.items():
        if start in best:
            confidence = best[start][0] * part.prediction.confidence
            if end not in best or confidence > best[end][0]:
                best[end] = confidence, [*best[start][1], part]
    return best.get(last, (0.0, []))[1]
