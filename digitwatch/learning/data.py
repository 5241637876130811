"""What is learned from: scikit-learn's `load_digits`, brought through the path that serves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from digitwatch.reading import grid

NO_DIGIT = 10
"""The label of a mark that is no digit."""

HELD_OUT = 0.25  # of load_digits, in the shuffled split
CELL = 4  # px, the side of a cell in the bitmaps that `load_digits` was counted in
ENLARGED = 96  # px, the side of an 8x8 grid that is made ink again
ROUNDS = 8
FIRST_BLUR, BLUR, LAST_BLUR = 2.0, 1.3, 0.8  # px


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

    def take(self, which: NDArray[np.int64] | slice) -> "Samples":
        """Return the samples at these places."""
        return Samples(self.features[which], self.labels[which])


@dataclass(frozen=True, eq=False)
class Split:
    """Samples to learn from, and samples that were never learned from."""

    train: Samples
    test: Samples


@cache
def scikit_digits() -> Samples:
    """Return all 1,797 digits of `load_digits`, in their order: runs of the same writer."""
    bunch = load_digits()
    masks = [enlarge(image) for image in bunch.images]
    return from_masks(masks, bunch.target)


def from_masks(masks: Iterable[NDArray[np.bool_]], labels: Iterable[int]) -> Samples:
    """Return glyph masks as samples; every mask needs ink."""
    return Samples(
        grid.features_of(list(masks)),
        np.fromiter(labels, dtype=np.int64),
    )


def join(parts: Sequence[Samples]) -> Samples:
    """Return the samples of all parts, in order."""
    return Samples(
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )


def enlarge(image: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return an 8x8 grid (0..16) as ink again, bool (96, 96).

    Each cell gets exactly the pixels that were counted in it, where its surroundings have most
    ink; what that gives is smoothed, and the pixels are placed anew. Interpolation alone would
    close the holes of 6, 8 and 9.
    """
    counts = image.astype(np.int64)
    guess = gaussian_filter(np.kron(image / grid.FULL, np.ones((CELL, CELL))), FIRST_BLUR)
    for _ in range(ROUNDS):
        ink = _place(counts, guess)
        guess = gaussian_filter(ink.astype(np.float32), BLUR)
    smooth = Image.fromarray(gaussian_filter(ink.astype(np.float32), LAST_BLUR))
    return np.asarray(smooth.resize((ENLARGED, ENLARGED), Image.Resampling.BICUBIC)) > 0.5


def _place(counts: NDArray[np.int64], guess: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Set the `counts` (8, 8) most likely pixels of each cell of `guess` (32, 32)."""
    cells = guess.reshape(grid.CELLS, CELL, grid.CELLS, CELL).swapaxes(1, 2)
    order = np.argsort(-cells.reshape(grid.CELLS, grid.CELLS, CELL**2), axis=2, kind="stable")
    placed = np.argsort(order, axis=2) < counts[:, :, None]
    pixels = placed.reshape(grid.CELLS, grid.CELLS, CELL, CELL).swapaxes(1, 2)
    return pixels.reshape(guess.shape)


def shuffled(samples: Samples, seed: int) -> Split:
    """Hold out a quarter at random, as many of each digit."""
    train, test = _shuffled(samples.labels, seed)
    return Split(samples.take(train), samples.take(test))


def held_out(seed: int) -> NDArray[np.int64]:
    """Return the places in `load_digits` of what `shuffled` holds out, in its order."""
    return _shuffled(load_digits().target, seed)[1]


def _shuffled(labels: NDArray[np.int64], seed: int) -> Sequence[NDArray[np.int64]]:
    parts: Sequence[NDArray[np.int64]] = train_test_split(
        np.arange(len(labels)), test_size=HELD_OUT, stratify=labels, random_state=seed
    )
    return parts


def unshuffled(samples: Samples) -> Split:
    """Hold out the second half, which other people wrote than the first."""
    half = len(samples) // 2
    return Split(samples.take(slice(half)), samples.take(slice(half, None)))
