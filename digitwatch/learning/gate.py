"""The gate: whether a new model is worse than the one in place, on what neither has learned."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitwatch.learning.classifier import Classifier
from digitwatch.learning.data import Samples, held_out
from digitwatch.learning.lessons import label_read
from digitwatch.learning.model_store import StoredModel
from digitwatch.learning.training import Training

HALF_A_POINT = 0.005
"""Of the samples: no difference that anybody would notice."""
CHANCE = 1.64
"""In sigmas: a model that is as good as the old one passes 19 times of 20."""

SHUFFLED = "load_digits, shuffled"
UNSHUFFLED = "load_digits, in order"
DRAWN = "drawings by rule"
LESSONS = "your own drawings"


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two models on the same samples, n of them, which neither has learned.

    Attributes:
        name: Of the samples.
        old: Which of them the model in place reads right, bool (n,).
        new: Which of them the new one does, bool (n,).
    """

    name: str
    old: NDArray[np.bool_]
    new: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.new)

    @property
    def lost(self) -> int:
        """How many only the old model reads right."""
        return int(np.count_nonzero(self.old & ~self.new))

    @property
    def won(self) -> int:
        """How many only the new model reads right."""
        return int(np.count_nonzero(self.new & ~self.old))

    @property
    def is_worse(self) -> bool:
        """Whether the new model loses more than half a point, and more than chance explains.

        What both read alike tells nothing; of what is left, two equal models win half each (Q.
        McNemar, Psychometrika 12, 1947).
        """
        chance = CHANCE * np.sqrt(self.lost + self.won)
        return bool(self.lost - self.won > max(HALF_A_POINT * len(self), chance))


@dataclass(frozen=True)
class Verdict:
    """Whether a new model takes the place of the old one.

    Attributes:
        old: Id of the model in place; empty where there is none that can be asked.
        comparisons: On all that both can be asked about.
        is_forced: Whether the person wants it whatever it is.
    """

    old: str = ""
    comparisons: Sequence[Comparison] = ()
    is_forced: bool = False

    @property
    def worse(self) -> list[Comparison]:
        """Where the new model is worse."""
        return [comparison for comparison in self.comparisons if comparison.is_worse]

    @property
    def is_accepted(self) -> bool:
        """Whether the new model takes the place of the old one."""
        return self.is_forced or not self.worse

    def on(self, name: str) -> Comparison | None:
        """The comparison of that name, None where there is none."""
        return next((one for one in self.comparisons if one.name == name), None)


@dataclass(frozen=True)
class Score:
    """What share of so many samples is read right, 0..1; `old` is None where that is not known."""

    name: str
    count: int
    old: float | None
    new: float


def judge(training: Training, old: StoredModel | None, *, is_forced: bool = False) -> Verdict:
    """Set the model in place beside the new one, on each held-out set that both can be asked about.

    What the old one learned, its manifest says. Of digits that only one of them held out there is
    nothing to compare, so another seed leaves fewer; and how lessons were read before they were
    learned is what the manifest kept of them.
    """
    if old is None:
        return Verdict()
    comparisons = [one for one in _comparisons(training, old) if len(one)]
    return Verdict(old.id, comparisons, is_forced)


def scores(training: Training, verdict: Verdict) -> list[Score]:
    """The scores of both models; where they cannot be compared, that of the new one."""
    found = []
    for name, right in _right_of_new(training):
        one = verdict.on(name)
        if one:
            found.append(Score(name, len(one), float(one.old.mean()), float(one.new.mean())))
        elif len(right):
            found.append(Score(name, len(right), None, float(right.mean())))
    return found


def _right_of_new(training: Training) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    yield SHUFFLED, training.shuffled.correct
    yield UNSHUFFLED, training.unshuffled.correct
    yield DRAWN, training.drawn.correct
    for name, evaluation in training.data_sets.items():
        yield name, evaluation.correct
    yield LESSONS, training.lessons.right


def _comparisons(training: Training, old: StoredModel) -> Iterator[Comparison]:
    held = training.held_out
    seed = old.manifest.get("seed")
    if isinstance(seed, int):
        both = np.isin(held_out(training.seed), held_out(seed))
        read = _right(old.classifier, held.shuffled.take(np.flatnonzero(both)))
        yield Comparison(SHUFFLED, read, training.shuffled.correct[both])
    if (wrong := old.manifest.get("unshuffled_wrong")) is not None:
        read = ~np.isin(np.arange(len(training.unshuffled)), wrong)
        yield Comparison(UNSHUFFLED, read, training.unshuffled.correct)
    yield Comparison(DRAWN, _right(old.classifier, held.drawn), training.drawn.correct)
    for name, samples in held.data_sets.items():
        # Of a data set, another seed chooses others to learn.
        if seed == training.seed or name not in old.manifest.get("training", {}):
            read = _right(old.classifier, samples)
            yield Comparison(name, read, training.data_sets[name].correct)
    yield _compare_lessons(training, old)


def _compare_lessons(training: Training, old: StoredModel) -> Comparison:
    """Each lesson as the old model reads it, or as one did that had not learned it yet."""
    lessons = training.lessons.lessons
    before = old.manifest.get("lessons", {})
    now = old.classifier.predict(lessons.samples.features)
    read = [
        before.get(lesson.ink, label_read(prediction))
        for lesson, prediction in zip(lessons.each, now, strict=True)
    ]
    right = np.array([one == lesson.label for one, lesson in zip(read, lessons.each, strict=True)])
    return Comparison(LESSONS, right.astype(np.bool_), training.lessons.right)


def _right(classifier: Classifier, samples: Samples) -> NDArray[np.bool_]:
    predictions = classifier.predict(samples.features)
    read = np.array([prediction.digit for prediction in predictions], dtype=np.int64)
    return np.equal(read, samples.labels)
