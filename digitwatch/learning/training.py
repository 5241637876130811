"""Train: draw digits by rule, learn them and `load_digits`, measure on what was held out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed

from digitwatch.learning import classifier, data, synthesis
from digitwatch.learning.classifier import Classifier
from digitwatch.learning.data import Samples
from digitwatch.learning.evaluation import Evaluation, evaluate

Progress = Callable[[str, float], None]

CHUNK = 100  # drawings made in one go by one core
FEWEST = 5  # of each class: CalibratedClassifierCV asks for them
LEARNING, CALIBRATING, MEASURING = 0, 1, 2  # streams of random numbers


@dataclass(frozen=True, eq=False)
class Training:
    """A classifier, what made it, and how well it reads what it never saw.

    shuffled: a quarter of `load_digits`, held out; unshuffled: its second half, by a classifier
    that learned the first half; drawn: drawings by rule.
    """

    classifier: Classifier
    seed: int
    parameters: Mapping[str, float]
    shuffled: Evaluation
    unshuffled: Evaluation
    drawn: Evaluation


def _silent(_step: str, _done: float) -> None:
    """Say nothing."""


def train(
    seed: int = 0,
    progress: Progress = _silent,
    drawings_a_digit: int = 1500,
    marks: int = 1500,
    jobs: int = -1,
) -> Training:
    """Train and measure; the same seed gives the same predictions on any number of cores.

    Args:
        seed: Another one draws other digits.
        progress: Is told each step in words and the fraction done, 0..1.
        drawings_a_digit: How many of each digit are drawn to learn from.
        marks: How many marks that are no digit.
        jobs: Processor cores to use; -1 for all.
    """
    workers = Parallel(n_jobs=jobs, return_as="generator")
    drawn = _draw(workers, (seed, LEARNING), drawings_a_digit, marks, _part(progress, 0.0, 0.5))
    few, few_marks = max(FEWEST, drawings_a_digit // 10), max(FEWEST, marks // 10)
    checked = _draw(workers, (seed, CALIBRATING), few, few_marks, _part(progress, 0.5, 0.55))
    unseen = _draw(workers, (seed, MEASURING), few, 0, _part(progress, 0.55, 0.6))
    digits = data.scikit_digits()
    shuffled, unshuffled = data.shuffled(digits, seed), data.unshuffled(digits)
    progress("Learning", 0.6)
    kept, half = workers(
        delayed(classifier.fit)(data.join([split.train, drawn]), checked)
        for split in (shuffled, unshuffled)
    )
    progress("Measuring", 0.95)
    training = Training(
        classifier=kept,
        seed=seed,
        parameters={
            "C": classifier.C,
            "gamma": classifier.GAMMA,
            "components": classifier.COMPONENTS,
            "drawings a digit": drawings_a_digit,
            "marks": marks,
        },
        shuffled=_measure(kept, shuffled.test),
        unshuffled=_measure(half, unshuffled.test),
        drawn=_measure(kept, unseen),
    )
    progress("Done", 1.0)
    return training


def _draw(
    workers: Parallel, key: tuple[int, int], a_digit: int, marks: int, progress: Progress
) -> Samples:
    """Draw so many of each digit and so many marks that are none; `key` is seed and stream."""
    chunks = [
        delayed(_draw_chunk)((*key, label, first), min(CHUNK, count - first))
        for label, count in enumerate([a_digit] * classifier.DIGITS + [marks])
        for first in range(0, count, CHUNK)
    ]
    parts = []
    for part in workers(chunks):
        parts.append(part)
        progress("Drawing digits", len(parts) / len(chunks))
    return data.join(parts)


def _draw_chunk(key: tuple[int, int, int, int], count: int) -> Samples:
    """Draw `count` of one label from the index `first` on; the random numbers hang on the key."""
    _, stream, label, first = key
    bend = synthesis.WIDE_BEND if stream == LEARNING else synthesis.USUAL_BEND
    rng = np.random.default_rng(key)
    which = range(first, first + count)
    masks = [synthesis.draw_mask(label, index, rng, bend) for index in which]
    return data.from_masks(masks, [label] * count)


def _part(progress: Progress, start: float, end: float) -> Progress:
    """Return a progress whose 0..1 is a part of the whole."""
    return lambda step, done: progress(step, start + (end - start) * done)


def _measure(fitted: Classifier, samples: Samples) -> Evaluation:
    return evaluate(fitted.predict(samples.features), samples)
