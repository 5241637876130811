"""What is learned from: scikit-learn's `load_digits`, brought through the path that serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from digitwatch.reading import grid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

NO_DIGIT = 10
"""The label of a mark that is no digit."""

HELD_OUT = 0.25  # of load_digits, in the shuffled split
ENLARGED = 64  # px, the side of an 8x8 grid that is made ink again


@dataclass(frozen=True, eq=False)
class Samples:
    """Glyphs as the classifier sees them, with what they are.

    features: float32 (n, F), see `reading.grid.features`; labels: int64 (n,), 0..9, or NO_DIGIT.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def grids(self) -> NDArray[np.float32]:
        """The 8x8 grids, (n, 8, 8), 0..16."""
        return self.features[:, : grid.CELLS**2].reshape(-1, grid.CELLS, grid.CELLS)

    def take(self, which: NDArray[np.int64] | slice) -> Samples:
        """Return the samples at these places."""
        return Samples(self.features[which], self.labels[which])


@dataclass(frozen=True, eq=False)
class Split:
    """Samples to learn from, and samples that were never learned from."""

    train: Samples
    test: Samples


def scikit_digits() -> Samples:
    """Return all 1,797 digits of `load_digits`, in their order: runs of the same writer."""
    bunch = load_digits()
    return from_masks([enlarge(image) for image in bunch.images], bunch.target)


def from_masks(masks: Iterable[NDArray[np.bool_]], labels: Sequence[int]) -> Samples:
    """Return glyph masks as samples; every mask needs ink."""
    return Samples(
        np.stack([grid.features(mask) for mask in masks]), np.asarray(labels, dtype=np.int64)
    )


def join(parts: Sequence[Samples]) -> Samples:
    """Return the samples of all parts, in order."""
    return Samples(
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )


def enlarge(image: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return an 8x8 grid (0..16) as ink again, bool (64, 64): cubic, where it is half full."""
    size = (ENLARGED, ENLARGED)
    enlarged = Image.fromarray(image.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(enlarged) > grid.FULL / 2


def shuffled(samples: Samples, seed: int) -> Split:
    """Hold out a quarter at random, as many of each digit."""
    train, test = train_test_split(
        np.arange(len(samples)), test_size=HELD_OUT, stratify=samples.labels, random_state=seed
    )
    return Split(samples.take(train), samples.take(test))


def unshuffled(samples: Samples) -> Split:
    """Hold out the second half, which other people wrote than the first."""
    half = len(samples) // 2
    return Split(samples.take(slice(half)), samples.take(slice(half, None)))
