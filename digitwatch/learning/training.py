"""Train: learn digits drawn by rule, `load_digits` and lessons; measure on what was held out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from digitwatch.learning import classifier, data, lessons
from digitwatch.learning.base import VARYING, Base, Progress, draw, part, processes, silent
from digitwatch.learning.classifier import Classifier, Prediction
from digitwatch.learning.data import Samples, Split
from digitwatch.learning.evaluation import Evaluation, evaluate
from digitwatch.learning.lessons import Lesson, Lessons, ReadLessons

CHUNK = 50  # lessons whose variants one core makes in one go


@dataclass(frozen=True, eq=False)
class Extra:
    """What is learned beside `load_digits` and drawings by rule.

    lessons: those said last come last; data_sets: of each, by its name, what is learned and what
    is held out.
    """

    lessons: Sequence[Lesson] = ()
    data_sets: Mapping[str, Split] = field(default_factory=dict)


NOTHING = Extra()


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What the classifier never saw, for another one to be measured on the same."""

    shuffled: Samples
    drawn: Samples
    data_sets: Mapping[str, Samples]


@dataclass(frozen=True, eq=False)
class Training:
    """A classifier, what made it, and how well it reads what it never saw.

    shuffled: a quarter of `load_digits`, held out; unshuffled: its second half, by a classifier
    that learned the first half; drawn: drawings by rule; data_sets: what was held out of each;
    lessons: read by classifiers that learned nothing of the same drawing.
    """

    classifier: Classifier
    seed: int
    parameters: Mapping[str, float]
    shuffled: Evaluation
    unshuffled: Evaluation
    drawn: Evaluation
    data_sets: Mapping[str, Evaluation]
    lessons: ReadLessons
    held_out: HeldOut


@dataclass(frozen=True, eq=False)
class _Ground:
    """All that is learned from; `varied` is each lesson with its variants, one after the other."""

    base: Base
    data_sets: Sequence[Samples]
    lessons: Lessons
    varied: Samples


def train(
    seed: int = 0,
    progress: Progress = silent,
    drawings_a_digit: int = 1500,
    marks: int = 1500,
    jobs: int = -1,
    extra: Extra = NOTHING,
) -> Training:
    """Train and measure; the same seed gives the same predictions on any number of cores.

    Args:
        seed: Another one draws other digits.
        progress: Is told each step in words and the fraction done, 0..1.
        drawings_a_digit: How many of each digit are drawn to learn from.
        marks: How many marks that are no digit.
        jobs: Processor cores to use; -1 for all.
        extra: What is learned beside.
    """
    base = draw(seed, drawings_a_digit, marks, part(progress, 0.0, 0.6), jobs)
    return learn(base, extra, part(progress, 0.6, 1.0), jobs)


def learn(
    base: Base, extra: Extra = NOTHING, progress: Progress = silent, jobs: int = -1
) -> Training:
    """Learn what was drawn and what is given beside it, and measure; see `train`."""
    workers = processes(jobs)
    progress("Learning", 0.0)
    own = lessons.prepare(extra.lessons, base.seed)
    learned_sets = [split.train for split in extra.data_sets.values()]
    ground = _Ground(base, learned_sets, own, _vary(workers, own, base.seed))
    checked = _cross_validate(workers, ground, part(progress, 0.0, 0.6))
    weights = own.weights(doubtful=lessons.doubtful(checked, own))
    kept, half = workers(
        _fitting(split.train, ground, weights) for split in (base.shuffled, base.unshuffled)
    )
    progress("Measuring", 0.9)
    read = kept.predict(own.samples.features)
    training = Training(
        classifier=kept,
        seed=base.seed,
        parameters=_parameters(base, own, extra),
        shuffled=_measure(kept, base.shuffled.test),
        unshuffled=_measure(half, base.unshuffled.test),
        drawn=_measure(kept, base.unseen),
        data_sets={name: _measure(kept, split.test) for name, split in extra.data_sets.items()},
        lessons=ReadLessons(own, unseen=checked or read, learned=read),
        held_out=HeldOut(
            shuffled=base.shuffled.test,
            drawn=base.unseen,
            data_sets={name: split.test for name, split in extra.data_sets.items()},
        ),
    )
    progress("Done", 1.0)
    return training


def _parameters(base: Base, own: Lessons, extra: Extra) -> dict[str, float]:
    settings = {
        "C": classifier.C,
        "gamma": classifier.GAMMA,
        "components": classifier.COMPONENTS,
        **base.counts,
    }
    if own.is_learned.any():
        settings |= {
            "lessons": int(own.is_learned.sum()),
            "variants of a lesson": own.variants,
            "weight of a lesson": lessons.WEIGHT,
        }
    return settings | {name: len(split.train) for name, split in extra.data_sets.items()}


def _vary(workers: Parallel, own: Lessons, seed: int) -> Samples:
    """Make each lesson's variants."""
    chunks = [
        delayed(lessons.vary)(own.each[first : first + CHUNK], own.variants, (seed, VARYING, first))
        for first in range(0, len(own), CHUNK)
    ]
    return data.join([*workers(chunks)]) if chunks else own.samples


def _cross_validate(workers: Parallel, ground: _Ground, progress: Progress) -> list[Prediction]:
    """Read each lesson by a classifier that learned nothing of the same drawing.

    None are read where nothing is learned from any: then every classifier is such a one.
    """
    own = ground.lessons
    if not own.is_learned.any():
        return []
    fold_of = own.folds(ground.base.seed)
    folds = [np.flatnonzero(fold_of == fold) for fold in np.unique(fold_of)]
    digits = ground.base.shuffled.train
    fits = workers(_fitting(digits, ground, own.weights(left_out=fold)) for fold in folds)
    read: dict[int, Prediction] = {}
    for done, (fold, fitted) in enumerate(zip(folds, fits, strict=True), start=1):
        read |= zip(fold.tolist(), fitted.predict(own.samples.features[fold]), strict=True)
        progress("Checking the lessons", done / len(folds))
    return [read[place] for place in range(len(own))]


def _fitting(digits: Samples, ground: _Ground, weights: NDArray[np.float64]) -> object:
    """Return the job that learns from `digits` and all else, the lessons by their weights, (n,)."""
    parts = [digits, ground.base.drawn, *ground.data_sets]
    each = np.repeat(weights, ground.lessons.variants + 1)
    return delayed(_fit)(parts, ground.varied, each, ground.base.checked)


def _fit(
    parts: Sequence[Samples], varied: Samples, weights: NDArray[np.float64], checked: Samples
) -> Classifier:
    learned = np.flatnonzero(weights)
    if not len(learned):
        return classifier.fit(data.join(parts), checked)
    before = np.ones(sum(map(len, parts)))
    return classifier.fit(
        data.join([*parts, varied.take(learned)]),
        checked,
        np.concatenate([before, weights[learned]]),
    )


def _measure(fitted: Classifier, samples: Samples) -> Evaluation:
    return evaluate(fitted.predict(samples.features), samples)
