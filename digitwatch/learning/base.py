"""What every model learns from: digits that are drawn by rule, and `load_digits` beside them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed

from digitwatch.learning import classifier, data, synthesis
from digitwatch.learning.data import Samples, Split

Progress = Callable[[str, float], None]

CHUNK = 100  # drawings made in one go by one core
FEWEST = 5  # of each class: CalibratedClassifierCV asks for them
LEARNING, CALIBRATING, MEASURING, VARYING = 0, 1, 2, 3  # streams of random numbers


@dataclass(frozen=True, eq=False)
class Base:
    """What every training learns from, and what it is measured on.

    drawn, checked, unseen: drawings by rule to learn from, to calibrate on, and to measure on;
    counts: of the first, by what they are of.
    """

    seed: int
    shuffled: Split
    unshuffled: Split
    drawn: Samples
    checked: Samples
    unseen: Samples
    counts: Mapping[str, int]


def silent(_step: str, _done: float) -> None:
    """Say nothing."""


def draw(
    seed: int, drawings_a_digit: int, marks: int, progress: Progress = silent, jobs: int = -1
) -> Base:
    """Draw digits and marks by rule, and put `load_digits` beside them; see `training.train`."""
    workers = processes(jobs)
    mostly = part(progress, 0.0, 0.8)
    drawn = _draw(workers, (seed, LEARNING), drawings_a_digit, marks, mostly)
    few, few_marks = max(FEWEST, drawings_a_digit // 10), max(FEWEST, marks // 10)
    checked = _draw(workers, (seed, CALIBRATING), few, few_marks, part(progress, 0.8, 0.9))
    unseen = _draw(workers, (seed, MEASURING), few, 0, part(progress, 0.9, 1.0))
    digits = data.scikit_digits()
    return Base(
        seed=seed,
        shuffled=data.shuffled(digits, seed),
        unshuffled=data.unshuffled(digits),
        drawn=drawn,
        checked=checked,
        unseen=unseen,
        counts={"drawings a digit": drawings_a_digit, "marks": marks},
    )


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
    for samples in workers(chunks):
        parts.append(samples)
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


def processes(jobs: int) -> Parallel:
    """Return so many processes; what they are given to do comes back as it gets done."""
    # Arrays that are shared by way of files outlive a round of jobs, and joblib complains of that.
    return Parallel(n_jobs=jobs, return_as="generator", max_nbytes=None)


def part(progress: Progress, start: float, end: float) -> Progress:
    """Return a progress whose 0..1 is a part of the whole."""
    return lambda step, done: progress(step, start + (end - start) * done)
