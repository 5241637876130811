"""The nearest of the grids that the classifier learned from: what a glyph reminds it of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitwatch.learning.classifier import Classifier


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A sample that the classifier learned from, and kept as a support vector.

    label: 0..9, or NO_DIGIT; grid: float32 (8, 8), 0..16; distance: the root of the mean squared
    difference of all features as the SVC sees them, 0 for the same.
    """

    label: int
    grid: NDArray[np.float32]
    distance: float


def nearest(
    classifier: Classifier, features: NDArray[np.float32], count: int
) -> Sequence[Neighbour]:
    """Return the nearest support vectors of a glyph's `features`, float32 (F,), nearest first.

    An SVC keeps of its samples only those that hold the border between the classes, so clear and
    common shapes may be missing among them.
    """
    *scaling, (_, svc) = classifier.machine.steps
    scaled = features[np.newaxis]
    for _, step in scaling:
        scaled = step.transform(scaled)
    distances = np.sqrt(np.mean((svc.support_vectors_ - scaled) ** 2, axis=1))
    order = np.argsort(distances, kind="stable")[:count]
    seen = svc.support_vectors_[order]
    for _, step in reversed(scaling):
        seen = step.inverse_transform(seen)
    labels = np.repeat(svc.classes_, svc.n_support_)[order]
    return [
        Neighbour(int(label), np.asarray(row[:64], np.float32).reshape(8, 8), float(distance))
        for label, row, distance in zip(labels, seen, distances[order], strict=True)
    ]
