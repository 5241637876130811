"""Whether what comes in is still like what the model learned from, and like what came before.

No person writes as others do, so a test for any difference at all would always find one. What
counts is how large it is: the population stability index says that of one trait at a time, in
bins that each hold a tenth of what it is compared with (N. Siddiqi, Credit Risk Scorecards, Wiley
2006, where 0.25 is a shift that asks for something to be done).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import chndtrix

from digitwatch.learning.data import NO_DIGIT
from digitwatch.learning.evaluation import Evaluation
from digitwatch.learning.traits import CONFIDENCE, Traits, measure_seen

SURE = (0.5, 0.8, 0.95, 0.99)
"""Where the bins of the confidence meet: deciles would tell 99.97 % from 99.98 %."""
BINS = 10
LABELS = NO_DIGIT + 1
FEWEST = 100
"""Marks from which on anything is said; with fewer, chance alone makes such differences."""
SMALL, LARGE = 0.1, 0.25
"""The index up to which a shift is nothing, and from which on it is large."""
BY_CHANCE = 0.01
"""How seldom a small shift may be called large."""
SPARE = 0.5
"""Of a mark, added to every bin, so that an empty one can be compared."""


@dataclass(frozen=True, eq=False)
class Marks:
    """Marks and what is measured of them.

    digits: int64 (n,), as read, 0..9 or NO_DIGIT; traits: see `Traits`.
    """

    digits: NDArray[np.int64]
    traits: Traits

    def __len__(self) -> int:
        return len(self.digits)


@dataclass(frozen=True, eq=False)
class Bins:
    """How a trait is spread.

    edges: float64 (b - 1,), where the bins meet; counts: int64 (11, b), for each digit as read,
    and last for no digit.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]

    @classmethod
    def of(
        cls, values: NDArray[np.float64], digits: NDArray[np.int64], edges: NDArray[np.float64]
    ) -> Self:
        """Count `values` (n,), of which nan are left out."""
        known = ~np.isnan(values)
        places = np.searchsorted(edges, values[known], side="right")
        counts = np.zeros((LABELS, len(edges) + 1), np.int64)
        np.add.at(counts, (digits[known], places), 1)
        return cls(edges, counts)


Fingerprint = Mapping[str, Bins]
"""How each trait of many marks is spread."""


@dataclass(frozen=True)
class Shift:
    """How far a trait of the recent marks is from the one it is compared with.

    Attributes:
        name: The trait.
        index: The population stability index less what chance gives on average, 0 or more.
        is_large: Whether it is large, and not by chance.
        is_up: Whether the trait has become larger on the whole.
        before: Share of each bin in what it is compared with, as if that had the same digits.
        now: Share of each bin in the recent marks.
    """

    name: str
    index: float
    is_large: bool
    is_up: bool
    before: tuple[float, ...]
    now: tuple[float, ...]


def fingerprint(marks: Marks) -> Fingerprint:
    """Return how the traits of these marks are spread: what others are compared with."""
    return {
        name: Bins.of(values, marks.digits, _edges(name, values))
        for name, values in marks.traits.items()
    }


def _edges(name: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where the bins of a trait meet; a value that many have gets a bin of its own."""
    known = values[~np.isnan(values)]
    if name == CONFIDENCE:
        return np.array(SURE)
    if not len(known):
        return np.empty(0)
    deciles, times = np.unique(np.quantile(known, np.arange(1, BINS) / BINS), return_counts=True)
    return np.union1d(deciles, np.nextafter(deciles[times > 1], np.inf))


def compare(before: Fingerprint, recent: Marks) -> tuple[Shift, ...]:
    """Return how far each trait of the recent marks has shifted, the furthest first.

    A trait that too few of them have, or that is not in the fingerprint, is left out.
    """
    shifts = [
        _shift(name, before[name], Bins.of(values, recent.digits, before[name].edges))
        for name, values in recent.traits.items()
        if name in before
    ]
    return tuple(sorted(filter(None, shifts), key=lambda shift: -shift.index))


def _shift(name: str, before: Bins, now: Bins) -> Shift | None:
    """Compare one trait.

    A 1 has less ink than an 8, so what the marks look like is compared digit by digit: what was
    before is weighed as if its digits had been as frequent as they are now.
    """
    if name == CONFIDENCE:
        old, new = (bins.counts.sum(axis=0, keepdims=True) for bins in (before, now))
    else:
        old, new = (bins.counts[:NO_DIGIT] for bins in (before, now))
    sizes, frequent = old.sum(axis=1), new.sum(axis=1)
    both = (sizes > 0) & (frequent > 0)
    count = int(frequent[both].sum())
    if min(count, sizes[both].sum()) < FEWEST or len(before.edges) == 0:
        return None
    weights = frequent[both] / count
    # The size of an even sample that varies as much (L. Kish, Survey Sampling, Wiley 1965).
    size = 1 / float((weights**2 / sizes[both]).sum())
    was = _spared(weights @ (old[both] / sizes[both, np.newaxis]), size)
    is_now = _spared(new[both].sum(axis=0) / count, count)
    return _judge(name, was, is_now, 1 / count + 1 / size)


def _spared(shares: NDArray[np.float64], size: float) -> NDArray[np.float64]:
    spared: NDArray[np.float64] = (shares * size + SPARE) / (size + SPARE * len(shares))
    return spared


def _judge(
    name: str, before: NDArray[np.float64], now: NDArray[np.float64], variance: float
) -> Shift:
    """Say whether the shift is large.

    By chance alone the index is `variance` (1/n + 1/m) times chi-squared with one degree of freedom
    less than there are bins (B. Yurdakul, J. Naranjo, Journal of Risk Model Validation 14, 2020);
    beside a true shift, about as much times non-central chi-squared.
    """
    freedom = len(now) - 1
    index = float(((now - before) * np.log(now / before)).sum())
    surplus = max(0.0, index - variance * freedom)
    most = variance * float(chndtrix(1 - BY_CHANCE, freedom, SMALL / variance))
    return Shift(
        name=name,
        index=surplus,
        is_large=surplus >= LARGE and index > most,
        is_up=bool((now - before) @ np.arange(len(now)) > 0),
        before=tuple(before.tolist()),
        now=tuple(now.tolist()),
    )


def for_manifest(held_out: Sequence[Evaluation]) -> dict[str, Any]:
    """Return the fingerprint of what a model was measured on, in plain numbers.

    It is that of the digits held out: a model is surer of those that it learned.
    """
    marks = Marks(
        np.concatenate([np.where(one.is_digit, one.predicted, NO_DIGIT) for one in held_out]),
        measure_seen(
            np.concatenate([one.grids for one in held_out]),
            np.concatenate([one.confidence for one in held_out]),
        ),
    )
    return {
        name: {"edges": bins.edges.tolist(), "counts": bins.counts.tolist()}
        for name, bins in fingerprint(marks).items()
    }


def from_manifest(entry: object) -> Fingerprint | None:
    """Return the fingerprint of a manifest's entry; None where it has none, or a damaged one."""
    if not isinstance(entry, Mapping) or not entry:
        return None
    try:
        found = {
            str(name): Bins(np.array(bins["edges"], np.float64), np.array(bins["counts"], np.int64))
            for name, bins in entry.items()
        }
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return found if CONFIDENCE in found and all(map(_is_sound, found.values())) else None


def _is_sound(bins: Bins) -> bool:
    return (
        bins.counts.shape == (LABELS, len(bins.edges) + 1)
        and bool((bins.counts >= 0).all())
        and bool((np.diff(bins.edges) > 0).all())
    )
