"""Lessons: glyphs of which a person says what they are, and how much is learned from each."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from sklearn.neighbors import radius_neighbors_graph

from digitwatch.learning import synthesis
from digitwatch.learning.classifier import Prediction
from digitwatch.learning.data import NO_DIGIT, Samples, from_masks
from digitwatch.reading import grid
from digitwatch.reading.strokes import Strokes, thin

# Chosen by somebody who writes five digits in ways that the model does not know: 12 % right before,
# and so much right once four drawings of each are corrected; and by what twenty corrections cost of
# which every one is wrong, in points on a thousand drawings by other people.
VARIANTS = 10
"""Of each lesson, bent as the same hand might draw it another time. None 83 %, 5 94 %, 20 96 %."""
BEND, SLANT, STRETCH = 0.1, 0.1, 0.1
"""Sigma of a variant, as in `synthesis`. A bend of 0.05 92 %, of 0.15 96 %; no slant 95 %."""
WEIGHT = 2.0
"""Of a lesson with its variants, where a drawing by rule has 1. With 1 92 % and 0.1 points, with 2
96 % and 0.4, with 5 98 % and 1.2."""
DOUBTED = 0.05
"""Of its weight is left to a lesson that looks mistaken, see `doubtful`: 0.4 points become 0.1. A
fifth of it would change nothing, for the machine needs little to get a lonely sample right."""
MOST_SAMPLES = 10_000
"""Lessons and variants together: the machine's time grows with the square of its samples."""

FOLDS = 5
COPIES_WITHIN = 10.0
"""Distance of features: a JPEG of a drawing is 2 to 9 from it, two people's ones at least 10."""
SURE = 0.98
"""Confidence from which a model that never saw a lesson may doubt what the person says. So sure it
is of 85 % of ordinary drawings, and of 6 % of those in a way of writing that it does not know."""

Places: TypeAlias = NDArray[np.int64]
NONE: Places = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Lesson:
    """A glyph of which a person says what it is.

    Attributes:
        mask: Its ink, bool (h, w).
        label: 0..9, or NO_DIGIT.
        drawing: sha256 of the file in which it was found, in hexadecimal.
        name: Where a person finds it: the file, and the id of its row if it has one.
        is_learned: False where it is only measured on.
    """

    mask: NDArray[np.bool_]
    label: int
    drawing: str
    name: str
    is_learned: bool = True

    @cached_property
    def ink(self) -> str:
        """What tells its ink from any other."""
        form = repr(self.mask.shape).encode("ascii")
        return hashlib.sha256(form + np.packbits(self.mask).tobytes()).hexdigest()[:16]


@dataclass(frozen=True, eq=False)
class Lessons:
    """Lessons of which no two have the same ink.

    Attributes:
        each: The lessons, n of them.
        samples: The same as the classifier sees them.
        drawings: int64 (n,): the same number for what is of one drawing, or of copies of it.
        left_out: How many more there were: copies, and what was more than MOST_SAMPLES.
    """

    each: tuple[Lesson, ...]
    samples: Samples
    drawings: NDArray[np.int64]
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.each)

    @property
    def is_learned(self) -> NDArray[np.bool_]:
        """Which of them are learned from, (n,)."""
        return np.array([lesson.is_learned for lesson in self.each], dtype=np.bool_)

    @property
    def variants(self) -> int:
        """How many variants of each are learned."""
        return max(0, min(VARIANTS, MOST_SAMPLES // max(len(self), 1) - 1))

    def folds(self, seed: int) -> NDArray[np.int64]:
        """The part 0..FOLDS-1 of each, (n,), for cross-validation: a drawing is whole in one part.

        Every part has as many drawings of each digit, or one less.
        """
        _, first, which = np.unique(self.drawings, return_index=True, return_inverse=True)
        chance = np.random.default_rng(seed).random(len(first))
        order = np.lexsort((chance, self.samples.labels[first]))
        fold = np.empty(len(first), dtype=np.int64)
        fold[order] = np.arange(len(first)) % FOLDS
        return fold[which]

    def weights(self, left_out: Places = NONE, doubtful: Places = NONE) -> NDArray[np.float64]:
        """What a sample of each weighs, (n,): nothing for those `left_out` or not learned from.

        Those that are `doubtful`, see `ReadLessons`, weigh less.
        """
        weights = np.where(self.is_learned, WEIGHT / (self.variants + 1), 0.0)
        weights[doubtful] *= DOUBTED
        weights[left_out] = 0.0
        return weights


@dataclass(frozen=True, eq=False)
class ReadLessons:
    """Lessons and how they are read.

    Attributes:
        lessons: n of them.
        unseen: How each is read by a model that learned nothing of the same drawing.
        learned: How each is read by the model that is kept.
    """

    lessons: Lessons
    unseen: Sequence[Prediction] = field(default=())
    learned: Sequence[Prediction] = field(default=())

    def __len__(self) -> int:
        return len(self.lessons)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Which are read right by a model that learned nothing of the same drawing, (n,)."""
        return are_right(self.unseen, self.lessons)

    @property
    def still_wrong(self) -> Places:
        """The places of those that even the model that learned them reads wrong."""
        wrong = ~are_right(self.learned, self.lessons)
        return np.flatnonzero(wrong & self.lessons.is_learned)

    @property
    def doubtful(self) -> Places:
        """The places of those that look mistaken, see `doubtful`."""
        return doubtful(self.unseen, self.lessons)


def doubtful(unseen: Sequence[Prediction], lessons: Lessons) -> Places:
    """Tell which lessons look mistaken, by how a model reads them that never saw them.

    It is sure of another digit (confident learning: C. Northcutt, L. Jiang, I. Chuang, Journal of
    Artificial Intelligence Research 70, 2021); that it has never seen the like is no objection.
    Where no model was asked, none looks mistaken.
    """
    pairs = zip(unseen, lessons.samples.labels, strict=False)
    return np.array(
        [
            place
            for place, (read, label) in enumerate(pairs)
            if read.is_digit and read.digit != label and read.confidence >= SURE
        ],
        dtype=np.int64,
    )


def are_right(predictions: Sequence[Prediction], lessons: Lessons) -> NDArray[np.bool_]:
    """Tell which predictions are what the person says, (n,)."""
    read = np.array([label_read(prediction) for prediction in predictions], dtype=np.int64)
    return np.equal(read, lessons.samples.labels)


def label_read(prediction: Prediction) -> int:
    """What was read: 0..9, or NO_DIGIT."""
    return prediction.digit if prediction.is_digit else NO_DIGIT


def surety(prediction: Prediction) -> float:
    """How sure that is, 0..1."""
    none = 1 - sum(prediction.probabilities)
    return prediction.confidence if prediction.is_digit else none


def prepare(lessons: Sequence[Lesson], seed: int) -> Lessons:
    """Leave out copies, keeping what was said last, and tell what is of one drawing.

    Args:
        lessons: The ones said last come last.
        seed: Chooses among more than MOST_SAMPLES.
    """
    distinct = list({lesson.ink: lesson for lesson in lessons}.values())
    if len(distinct) > MOST_SAMPLES:
        chosen = np.random.default_rng(seed).permutation(len(distinct))[:MOST_SAMPLES]
        distinct = [distinct[place] for place in sorted(chosen.tolist())]
    masks = [lesson.mask for lesson in distinct]
    samples = from_masks(masks, [lesson.label for lesson in distinct])
    left_out = len(lessons) - len(distinct)
    return Lessons(tuple(distinct), samples, _drawings(distinct, samples), left_out)


def _drawings(lessons: Sequence[Lesson], samples: Samples) -> NDArray[np.int64]:
    """Number the drawings: lessons of the same file are one, and so are those that look alike."""
    if not lessons:
        return np.empty(0, dtype=np.int64)
    _, files = np.unique([lesson.drawing for lesson in lessons], return_inverse=True)
    _, first = np.unique(files, return_index=True)
    alike = radius_neighbors_graph(samples.features, COPIES_WITHIN, mode="connectivity").tolil()
    alike[np.arange(len(lessons)), first[files]] = 1
    numbers: NDArray[np.int64] = connected_components(alike, directed=False)[1].astype(np.int64)
    return numbers


def vary(lessons: Sequence[Lesson], variants: int, key: tuple[int, ...]) -> Samples:
    """Return each lesson and so many variants of it as samples, one lesson after the other.

    Args:
        lessons: Some of the lessons.
        variants: Of each.
        key: What the random numbers hang on.
    """
    rng = np.random.default_rng(key)
    strokes = [thin(lesson.mask) for lesson in lessons]
    drawn = [
        one for same in strokes for one in (same, *(_again(same, rng) for _ in range(variants)))
    ]
    labels = np.array([lesson.label for lesson in lessons], dtype=np.int64)
    return Samples(grid.features_of_strokes(drawn), np.repeat(labels, variants + 1))


def _again(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """Draw the strokes again, as the same hand might."""
    points = np.stack([strokes.x, strokes.y], axis=1)
    low, span = points.min(axis=0), np.maximum(np.ptp(points, axis=0), synthesis.NARROWEST)
    knots = rng.normal(0, BEND, (synthesis.KNOTS, synthesis.KNOTS, 2))
    x, y = (points + span.max() * synthesis.bent((points - low) / span, knots)).T
    across = np.exp(rng.normal(0, STRETCH)) * x - rng.normal(0, SLANT) * y
    return replace(strokes, x=across, y=y)
