"""Train: draw digits by rule, learn from them and from `load_digits`, measure on what was held out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from joblib import Parallel, delayed

from digitwatch.learning import classifier, data, synthesis
from digitwatch.learning.evaluation import Evaluation, evaluate

if TYPE_CHECKING:
    from digitwatch.learning.classifier import Classifier
    from digitwatch.learning.data import Samples

Progress = Callable[[str, float], None]

CHUNK = 100  # drawings made in one go by one core
LEARNING, MEASURING = 0, 1  # streams of random numbers


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
    drawings_a_digit: int = 1000,
    marks: int = 2000,
) -> Training:
    """Train and measure; the same seed gives the same predictions on any number of cores.

    `progress` is told each step in words and the fraction done, 0..1.
    """
    parameters = {"C": 10.0, "gamma": 0.0002, "digit_above": 0.5}
    progress("Drawing digits", 0.0)
    drawn = draw(drawings_a_digit, marks, (seed, LEARNING))
    progress("Drawing digits to measure with", 0.5)
    unseen = draw(max(drawings_a_digit // 10, 1), 0, (seed, MEASURING))
    digits = data.scikit_digits()
    shuffled, unshuffled = data.shuffled(digits, seed), data.unshuffled(digits)
    progress("Learning", 0.6)
    kept = classifier.fit(data.join([shuffled.train, drawn]), parameters, seed)
    progress("Learning from the first half only", 0.8)
    half = classifier.fit(data.join([unshuffled.train, drawn]), parameters, seed)
    progress("Measuring", 0.95)
    return Training(
        classifier=kept,
        seed=seed,
        parameters=parameters | {"drawings_a_digit": drawings_a_digit, "marks": marks},
        shuffled=_measure(kept, shuffled.test),
        unshuffled=_measure(half, unshuffled.test),
        drawn=_measure(kept, unseen),
    )


def draw(a_digit: int, marks: int, seed: tuple[int, ...]) -> Samples:
    """Draw so many of each digit and so many marks that are none, on all cores."""
    counts = [(digit, a_digit) for digit in range(classifier.DIGITS)] + [(data.NO_DIGIT, marks)]
    jobs = [
        delayed(_draw_chunk)(label, first, min(CHUNK, count - first), seed)
        for label, count in counts
        for first in range(0, count, CHUNK)
    ]
    return data.join(Parallel(n_jobs=-1)(jobs))


def _draw_chunk(label: int, first: int, count: int, seed: tuple[int, ...]) -> Samples:
    rng = np.random.default_rng([*seed, label, first])
    ways = synthesis.ways_of_writing(label)
    masks = [synthesis.draw_mask(ways[i % len(ways)], rng) for i in range(first, first + count)]
    return data.from_masks(masks, [label] * count)


def _measure(fitted: Classifier, samples: Samples) -> Evaluation:
    return evaluate(fitted.predict(samples.features), samples)
