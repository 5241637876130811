"""What is won and lost by corrections: python -m tests.benchmarks.learning --drawings FOLDER.

FOLDER holds folders of labelled drawings, `7_writer_number.png`. Half of them is corrected, which
is to say: learned; the other half is read before and after. So for each folder, for each writer
with enough drawings, and for a hand of our own that writes five digits as nobody does. Then the
same with corrections that are wrong.
"""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitwatch.learning import synthesis
from digitwatch.learning.base import Base, draw
from digitwatch.learning.data import NO_DIGIT, Samples, from_masks
from digitwatch.learning.lessons import Lesson
from digitwatch.learning.training import Extra, Training, learn
from digitwatch.running.lessons import from_folder

ENOUGH = 10
"""Drawings of a writer of which half may teach something."""
TWENTY = 20
ODD = {
    "2, mirrored": (2, "55,12 38,0 10,4 4,24 14,42 52,100 52,100 0,100"),
    "3, mirrored": (3, "50,12 30,0 4,8 4,24 18,40 34,46 34,46 6,54 0,80 20,100 52,88"),
    "4, a kite": (4, "30,0 0,40 30,80 60,40 30,0; 30,0 30,100"),
    "7, mirrored": (7, "55,2 0,2 0,2 36,100"),
    "7, crossed, with a foot": (7, "0,30 0,0 0,0 55,0 55,0 25,55 25,100; 5,50 50,50; 0,100 50,100"),
}
"""Ways of writing that are not in `templates`, with the digit that they mean."""


@dataclass(frozen=True)
class Row:
    """A line of the table: read right before and after, in percent, mean and worst of the seeds."""

    name: str
    lessons: int
    before: Sequence[float]
    after: Sequence[float]

    def __str__(self) -> str:
        change = np.array(self.after) - self.before
        return (
            f"| {self.name} | {self.lessons} | {np.mean(self.before):.1f} | "
            f"{np.mean(self.after):.1f} | {change.mean():+.2f} | {change.min():+.2f} |"
        )


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--drawings", type=Path, help="with folders of labelled drawings in it")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    folders = sorted(options.drawings.iterdir()) if options.drawings else []
    sets = {folder.name: lessons_in(folder) for folder in folders if folder.is_dir()}
    base = draw(0, 1500, 1500)
    plain = learn(base)
    print("| corrected | lessons | before | after | change | worst seed |")
    print("| --- | --- | --- | --- | --- | --- |")
    for row in rows(base, plain, sets, range(options.seeds)):
        print(row, flush=True)


def lessons_in(folder: Path) -> list[Lesson]:
    """The digits in a folder, each with its writer as its name."""
    found = from_folder(folder, "auto", lambda *_: None).lessons
    return [replace(one, name=one.name.split("_")[1]) for one in found if one.label != NO_DIGIT]


def rows(
    base: Base, plain: Training, sets: Mapping[str, Sequence[Lesson]], seeds: Iterable[int]
) -> Iterable[Row]:
    """Yield the table's rows as they are measured."""
    for count in (1, 4, 10):
        yield odd_hand(base, plain, count, seeds)
    for name, lessons in sets.items():
        elsewhere = {other: samples_of(sets[other]) for other in sets if other != name}
        bench = Bench(base, plain, elsewhere, seeds)
        yield from bench.halves(name, lessons)
        yield from bench.halves(f"{name}, a tenth wrong", lessons, wrong=0.1)
        yield from bench.halves(f"{name}, all of {TWENTY} wrong", lessons, wrong=1.0)
        for writer in sorted({one.name for one in lessons}):
            own = [one for one in lessons if one.name == writer]
            if ENOUGH <= len(own) < len(lessons):
                yield from bench.halves(f"{name}, {writer}", own)


def odd_hand(base: Base, plain: Training, count: int, seeds: Iterable[int]) -> Row:
    """Correct so many drawings of each odd way of writing, and read forty others."""
    before, after = [], []
    for seed in seeds:
        training = learn(base, Extra(written_oddly(count, (seed, 0))))
        others = written_oddly(40, (seed, 1))
        samples = samples_of(others)
        before.append(right(plain, samples))
        after.append(right(training, samples))
    return Row(f"a hand with five odd ways of writing, {count} of each", 5 * count, before, after)


def written_oddly(count: int, key: tuple[int, int]) -> list[Lesson]:
    """So many drawings of each odd way of writing."""
    rng = np.random.default_rng(key)
    return [
        Lesson(
            synthesis.draw_strokes(synthesis.parse(strokes), rng), digit, f"{name} {number}", name
        )
        for name, (digit, strokes) in ODD.items()
        for number in range(count)
    ]


@dataclass(frozen=True)
class Bench:
    """What is the same for all that is measured on halves.

    Attributes:
        base: What every model learns.
        plain: The model before.
        elsewhere: The drawings in the other folders, by their names.
        seeds: Of the halves.
    """

    base: Base
    plain: Training
    elsewhere: Mapping[str, Samples]
    seeds: Iterable[int]

    def halves(self, name: str, lessons: Sequence[Lesson], wrong: float = 0.0) -> Iterable[Row]:
        """Correct one half, some of it wrongly; read the other, and what it must not spoil."""
        figures: dict[str, list[tuple[float, float]]] = {}
        half = TWENTY if wrong == 1.0 else len(lessons) // 2
        for seed in self.seeds:
            rng = np.random.default_rng([seed, 2])
            order = rng.permutation(len(lessons)).tolist()
            said = mistaken([lessons[place] for place in order[:half]], wrong, rng)
            training = learn(self.base, Extra(said))
            others = samples_of([lessons[place] for place in order[half:]])
            for what, pair in self.read(training, others, everything=wrong > 0).items():
                figures.setdefault(f"{name}: {what}", []).append(pair)
        for what, pairs in figures.items():
            yield Row(what, half, [old for old, _ in pairs], [new for _, new in pairs])

    def read(
        self, training: Training, others: Samples, *, everything: bool
    ) -> dict[str, tuple[float, float]]:
        """The percentages that are read right before and after."""
        sets = {"the others": others} | (dict(self.elsewhere) if everything else {})
        found = {what: (right(self.plain, one), right(training, one)) for what, one in sets.items()}
        if everything:
            for which in ("shuffled", "unshuffled"):
                old, new = (100 * getattr(one, which).accuracy for one in (self.plain, training))
                found[f"load_digits, {which}"] = old, new
        return found


def samples_of(lessons: Sequence[Lesson]) -> Samples:
    """The lessons as the classifier sees them."""
    return from_masks([one.mask for one in lessons], [one.label for one in lessons])


def mistaken(lessons: Sequence[Lesson], share: float, rng: np.random.Generator) -> list[Lesson]:
    """The lessons, that share of them with another digit."""
    count = round(share * len(lessons))
    slips = [
        replace(one, label=int(one.label + rng.integers(1, 10)) % 10) for one in lessons[:count]
    ]
    return [*slips, *lessons[count:]]


def right(training: Training, samples: Samples) -> float:
    """The percentage that is read right."""
    read: NDArray[np.int64] = np.array(
        [one.digit for one in training.classifier.predict(samples.features)], dtype=np.int64
    )
    return 100 * float(np.mean(read == samples.labels))


if __name__ == "__main__":
    main()
