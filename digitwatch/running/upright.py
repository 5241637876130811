"""Whether a page lies on its side or upside down, told by its digits."""

from collections.abc import Sequence

import numpy as np

from digitwatch.learning.classifier import Classifier, Prediction
from digitwatch.reading.grid import features_of
from digitwatch.reading.segment import Glyph

FEWEST = 3
"""Glyphs from which on a page is turned: an 8 or a 6 alone tells nothing, and a 5 not enough."""
MOST_ASKED = 24
"""Glyphs that are looked at from each side."""
WELL_READ = 0.9
"""Mean confidence of an upright page; it is 0.7 upside down and 0.2 on its side."""
LEGIBLE = 0.6
"""Mean confidence that a turned page must have: noise is read no better from any side."""
CLEARLY = 0.05
"""What a turn must gain in mean confidence,"""
BY_CHANCE = 0.6
"""and this more, divided by the glyphs asked: a single one that is badly written gains as much."""


def quarter_turns(
    glyphs: Sequence[Glyph], predictions: Sequence[Prediction], classifier: Classifier
) -> int:
    """Tell how often to turn a page by a quarter, counter-clockwise as `numpy.rot90` does.

    Args:
        glyphs: Those of the page as it lies.
        predictions: What the classifier says of each of them.
        classifier: Is asked about some glyphs, turned, where the page is read poorly.

    Returns:
        0 to 3; 0 where the page is read well, has too few digits to tell, or no turn is clearly
        better. A page of nothing but 0, 1, 8 and pairs of 6 and 9 stays as it lies.
    """
    confidence = [prediction.confidence for prediction in predictions]
    if len(glyphs) < FEWEST or np.mean(confidence) >= WELL_READ:
        return 0
    asked = np.linspace(0, len(glyphs) - 1, min(len(glyphs), MOST_ASKED)).round().astype(int)
    masks = [glyphs[index].mask for index in asked]
    sure = [float(np.mean([confidence[index] for index in asked]))]
    for turns in (1, 2, 3):
        seen = features_of([np.rot90(mask, turns) for mask in masks])
        sure.append(float(np.mean([turned.confidence for turned in classifier.predict(seen)])))
    best = int(np.argmax(sure))
    least = max(LEGIBLE, sure[0] + CLEARLY + BY_CHANCE / len(asked))
    return best if sure[best] >= least else 0
