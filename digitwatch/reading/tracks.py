"""What is thin, straight and nearly level in the ink of a page: rules, and bars of digits too."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

THICKEST = 1 / 150
"""A rule, of the page's longest side."""
STEP = 2
"""Columns from one that is looked at to the next."""
SAMPLES = 32
"""Columns that tell whether there is anything thin at all."""
GOES_ON = 20
"""Times that something thin goes on level from one of them to the next, where there are rules."""
OFF = 1.5
"""Pixels by which a rule may jump from a column to the next."""
BRIDGED = 6
"""Pixels of paper after which a rule is taken up again."""
HIDDEN = 0.12
"""Of the page's longest side, how far a rule may run hidden under strokes."""
MOST_TRACKS = 1_000
"""Of more than that only the longest are looked at: the rest is a texture."""
SHORTEST = 12
"""Side of a box, in pixels of the mask."""
STEEPEST = 0.2
"""Slope of a page that lies askew, 11 degrees."""
UNEVEN = 0.8
"""Root mean square, in pixels, by which a rule strays from a curve of second degree."""
WHOLE = 0.75
"""Share of its columns in which a rule is there, seen or under a stroke."""
SEEN = 0.35
"""Share of its columns in which it is seen."""

_ROWS = _NUMBER, _AT, _SLOPE, _THICKNESS, _UNSEEN, _GONE = range(6)
"""What is known of a live track; the last are columns since it was seen, and seen or hidden."""


@dataclass(frozen=True, eq=False)
class Track:
    """What runs across the ink: some columns, its middle row in each, and how thick it is."""

    x: NDArray[np.intp]
    y: NDArray[np.float64]
    thickness: float

    @property
    def length(self) -> int:
        """Columns from the first to the last, both counted."""
        return int(self.x[-1] - self.x[0]) + STEP

    def at(self, x: NDArray[np.intp] | NDArray[np.float64]) -> NDArray[np.float64]:
        """Where it is in these columns."""
        where: NDArray[np.float64] = np.interp(x, self.x, self.y)
        return where


@dataclass(frozen=True)
class _Thin:
    """What is thin in columns that are looked at, each (n,): which column, its middle row."""

    column: NDArray[np.intp]
    middle: NDArray[np.float64]
    thickness: NDArray[np.intp]


def may_have_rules(mask: NDArray[np.bool_]) -> bool:
    """Tell from few columns and rows of a mask (h, w) whether what is thin often goes on level."""
    return _goes_on(mask) + _goes_on(mask.T) >= GOES_ON


def _goes_on(mask: NDArray[np.bool_]) -> int:
    step = max(1, mask.shape[1] // SAMPLES)
    which, top, bottom = _crossings(mask[:, step // 2 :: step].T)
    thin = bottom - top <= _thickest(mask)
    # One number for column and row, so far apart that those of two columns never mix.
    apart = 2 * mask.shape[0]
    place = which[thin] * apart + (top + bottom)[thin] / 2
    level = OFF + STEEPEST * step
    near = np.searchsorted(place, place + apart - level)
    return int(np.sum(np.append(place, np.inf)[near] <= place + apart + level))


def find_tracks(mask: NDArray[np.bool_]) -> list[Track]:
    """Follow what is thin in a mask (h, w) from column to column; give what is straight and whole.

    It may be nearly level, or bent a little as on paper that does not lie flat.
    """
    columns = np.ascontiguousarray(mask[:, ::STEP].T)
    which, top, bottom = _crossings(columns)
    is_thin = bottom - top <= _thickest(mask)
    thin = _Thin(which[is_thin], (top + bottom - 1)[is_thin] / 2, (bottom - top)[is_thin])
    track = _follow(thin, columns)
    rules = (
        Track(thin.column[one] * STEP, thin.middle[one], float(np.median(thin.thickness[one])))
        for one in _longest(track, thin)
    )
    return [rule for rule in rules if _is_straight(rule) and _is_whole(rule, columns)]


def _longest(track: NDArray[np.intp], thin: _Thin) -> list[NDArray[np.intp]]:
    """Give for each track that is long, level and dense enough which of the thin ones it has."""
    order = np.argsort(track, kind="stable")
    counts = np.bincount(track)
    ends = np.cumsum(counts)
    first, last = order[ends - counts], order[ends - 1]
    length = (thin.column[last] - thin.column[first]) * STEP
    rise = np.abs(thin.middle[last] - thin.middle[first])
    may_be = (length >= SHORTEST) & (rise <= STEEPEST * length) & (counts * STEP >= SEEN * length)
    which = np.flatnonzero(may_be)
    which = which[np.argsort(-length[which], kind="stable")[:MOST_TRACKS]]
    return [order[ends[n] - counts[n] : ends[n]] for n in which]


def _thickest(mask: NDArray[np.bool_]) -> int:
    return max(3, round(THICKEST * float(max(mask.shape))))


def _crossings(
    columns: NDArray[np.bool_],
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Give of all ink in columns, bool (n, h), the column, the first row and the row behind."""
    height = columns.shape[1] + 1
    beyond = np.zeros((len(columns), height), np.bool_)
    beyond[:, :-1] = columns
    flat = beyond.ravel()
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    if flat[0]:
        edges = np.concatenate([[0], edges])
    starts, ends = edges[::2], edges[1::2]
    return starts // height, starts % height, ends - starts + starts % height


def _follow(thin: _Thin, columns: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Give the number of the track that each belongs to, (n,).

    A track expects its next place from its last one and its slope. It bridges a few columns of
    paper, and more of ink that hides it.
    """
    track = np.zeros(len(thin.column), np.intp)
    begins = np.searchsorted(thin.column, np.arange(len(columns) + 1))
    longest = max(columns.shape[0] * STEP, columns.shape[1])
    live = np.zeros((len(_ROWS), 0))
    number = 0
    for column, (begin, end) in enumerate(pairwise(begins)):
        live[_AT] += live[_SLOPE]
        live[_UNSEEN:] += 1
        owner = _owners(live, thin.middle[begin:end], thin.thickness[begin:end])
        _move(live, owner, thin.middle[begin:end])
        at = np.minimum(np.maximum(live[_AT], 0), columns.shape[1] - 1)
        live[_GONE, columns[column, np.rint(at).astype(np.intp)]] = 0
        fresh = np.flatnonzero(owner < 0)
        new = np.zeros((len(_ROWS), len(fresh)))
        new[_NUMBER] = np.arange(number, number + len(fresh))
        new[_AT], new[_THICKNESS] = thin.middle[begin + fresh], thin.thickness[begin + fresh]
        number += len(fresh)
        track[begin:end] = live[_NUMBER, owner] if live.size else 0
        track[begin + fresh] = new[_NUMBER]
        is_live = (live[_GONE] <= BRIDGED / STEP) & (live[_UNSEEN] <= HIDDEN * longest / STEP)
        live = np.concatenate([live[:, is_live], new], axis=1)
    return track


def _owners(
    live: NDArray[np.float64], middle: NDArray[np.float64], thickness: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Give the live track that each of the thin ones of a column belongs to, (n,); -1 for none."""
    owner = np.full(len(middle), -1)
    if not live.size or not len(middle):
        return owner
    right = np.minimum(np.searchsorted(middle, live[_AT]), len(middle) - 1)
    left = np.maximum(right - 1, 0)
    away = np.abs(middle[left] - live[_AT]), np.abs(middle[right] - live[_AT])
    nearest = np.where(away[0] < away[1], left, right)
    fits = np.minimum(*away) <= OFF
    fits &= np.abs(live[_THICKNESS] - thickness[nearest]) <= 2
    # Of two that fit, the older one, which is written last.
    tracks = np.flatnonzero(fits)[::-1]
    owner[nearest[tracks]] = tracks
    return owner


def _move(live: NDArray[np.float64], owner: NDArray[np.intp], middle: NDArray[np.float64]) -> None:
    """Bring tracks to where they were seen, half the way (an alpha-beta filter)."""
    is_owned = owner >= 0
    tracks = owner[is_owned]
    off = middle[is_owned] - live[_AT, tracks]
    live[_AT, tracks] += off / 2
    live[_SLOPE, tracks] += off / 16
    live[_UNSEEN:, tracks] = 0


def _is_straight(rule: Track) -> bool:
    x = (rule.x - rule.x[0]) / (rule.x[-1] - rule.x[0])
    curve = np.polynomial.polynomial.polyfit(x, rule.y, 2)
    rest = rule.y - np.polynomial.polynomial.polyval(x, curve)
    return bool(np.sqrt(np.mean(rest**2)) <= UNEVEN)


def _is_whole(rule: Track, columns: NDArray[np.bool_]) -> bool:
    places = np.arange(rule.x[0] // STEP, rule.x[-1] // STEP + 1)
    rows = rule.at(places * STEP).round().astype(np.intp)
    return bool(columns[places, rows].mean() >= WHOLE) and len(rule.x) >= SEEN * len(places)
