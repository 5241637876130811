"""Which tracks are printed: rules that cross the page, tables, combs and boxes of forms."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from digitwatch.reading.tracks import STEP, Track

CROSSING = 0.8
"""Of the page's extent: a rule that is so long crosses it."""
MUCH = 0.3
"""Of the page's extent, what parallel rules have at least, on a part of the picture."""
SEVERAL, MANY = 3, 5
"""Such rules with nothing on their ends, or with; no digit has so many bars."""
PART = 0.06
"""Of the page's extent, what is left of a rule at least that was lost under strokes."""
BORDER = 0.03
"""Of the page's extent: what is so near its border is no rule, but perhaps a stroke cut close."""
LOOSE = 4
"""Pixels between the end of a box's side and the next side."""
EDGE = 0.01
"""Of the page's extent: what ends there leaves the page."""
HANGS = 8
"""Pixels from the end of a rule within which nothing is written."""
FEWEST_CELLS = 3
"""Sides side by side that make cells of what is between two rules of the page."""
CELL_SKEW = 0.2
"""Of its length, how far such a side may be shifted against the others."""
SPARE = 2
"""Pixels by which a rule may be thicker than it usually is, with no stroke in the way."""


@dataclass(frozen=True, eq=False)
class Form:
    """Rules that meet: those of a page, a table, a comb, or the sides of a box."""

    across: list[Track]
    down: list[Track]
    crosses: bool
    """Whether one of them crosses the page."""

    @property
    def height(self) -> float:
        """From the uppermost of a box to the lowest."""
        return float(np.ptp([track.y.mean() for track in self.across]))


Taken = tuple[NDArray[np.bool_], NDArray[np.bool_]]
"""Of the tracks across and of those down, which."""


def find_forms(across: list[Track], down: list[Track], mask: NDArray[np.bool_]) -> list[Form]:
    """Give the rules of a page, mask (h, w), that meet; `down` are of its transpose.

    A rule crosses the page, or ends on rules at both of its ends. A box may still be a loop of a
    digit: what is written in it has to tell.
    """
    crosses = _cross(across, down, mask)
    on_down, on_across = _ends_on(across, down), _ends_on(down, across)
    is_across, is_down = _held(on_down, on_across, crosses)
    meet = (on_down.any(axis=1) | on_across.any(axis=1).T) & is_across[:, np.newaxis] & is_down
    links = np.zeros((len(across) + len(down),) * 2, np.bool_)
    links[: len(across), len(across) :] = meet
    _, which = connected_components(links, directed=False)
    corners = (
        (on_across & crosses[1][:, np.newaxis, np.newaxis]).any(axis=(0, 1)),
        (on_down & crosses[0][:, np.newaxis, np.newaxis]).any(axis=(0, 1)),
    )
    forms = []
    for form in np.unique(which[np.concatenate([is_across, is_down])]):
        own = [np.flatnonzero(part == form) for part in np.split(which, [len(across)])]
        is_crossed = any(crosses[way][own[way]].any() for way in (0, 1))
        if is_crossed:
            own = [
                _in_rows(tracks, own[way], crosses[way] | corners[way])
                for way, tracks in enumerate((across, down))
            ]
        forms.append(Form([across[n] for n in own[0]], [down[n] for n in own[1]], is_crossed))
    return forms


def _held(on_down: NDArray[np.bool_], on_across: NDArray[np.bool_], crosses: Taken) -> Taken:
    """Take what crosses the page, and what ends on others that are taken."""
    is_across, is_down = np.ones(len(on_down), np.bool_), np.ones(len(on_across), np.bool_)
    while True:
        taken = is_across.sum() + is_down.sum()
        is_across &= crosses[0] | np.all((on_down & is_down).any(axis=2), axis=1)
        is_down &= crosses[1] | np.all((on_across & is_across).any(axis=2), axis=1)
        if is_across.sum() + is_down.sum() == taken:
            return is_across, is_down


def _in_rows(
    tracks: list[Track], own: NDArray[np.intp], are_rules: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Leave out what are no cells in a row: a 1 may stand between two rules of the page.

    Those `are_rules` that cross the page, or on which such a one ends.
    """
    ends = np.array([tracks[n].x[[0, -1]] for n in own]).reshape(-1, 2)
    near = LOOSE + CELL_SKEW * np.ptp(ends, axis=1)
    alike = np.abs(ends - ends[:, np.newaxis]).max(axis=2) <= near
    in_rows: NDArray[np.intp] = own[are_rules[own] | (alike.sum(axis=1) >= FEWEST_CELLS)]
    return in_rows


def _cross(across: list[Track], down: list[Track], mask: NDArray[np.bool_]) -> Taken:
    """Tell which cross the page, (a,) and (d,); much of it, where several are parallel."""
    ways = (across, mask), (down, mask.T)
    crosses = [_are_long(tracks, ink.shape, MUCH) for tracks, ink in ways]
    if not any(map(_are_ruled, *zip(*ways, strict=True), crosses)):
        crosses = [_cross_alone(tracks, ink) for tracks, ink in ways]
    parts = [
        _are_long(tracks, ink.shape, PART)
        & _continue([tracks[n] for n in np.flatnonzero(own)], tracks)
        for own, (tracks, ink) in zip(crosses, ways, strict=True)
    ]
    return crosses[0] | parts[0], crosses[1] | parts[1]


def _are_ruled(tracks: list[Track], mask: NDArray[np.bool_], are_long: NDArray[np.bool_]) -> bool:
    """Tell ruled paper from the bars of a digit, which are fewer and have strokes on their ends."""
    may_be = are_long & _are_inner(tracks, mask.shape)
    if may_be.sum() >= MANY:
        return True
    return bool((may_be & _are_loose(tracks, mask)).sum() >= SEVERAL)


def _cross_alone(tracks: list[Track], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which cross all the page where there are few.

    A bar of a digit may cross the page too, but does not leave it.
    """
    long = _are_long(tracks, mask.shape, CROSSING)
    long &= _are_inner(tracks, mask.shape) & _are_loose(tracks, mask)
    crosses: NDArray[np.bool_] = long & (long.sum() > 1 or _leave(tracks, mask.shape))
    return crosses


def _leave(tracks: list[Track], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Tell which go from one border of the page to the other."""
    margin = EDGE * shape[1]
    return np.array(
        [track.x[0] <= margin and track.x[-1] >= shape[1] - 1 - margin - STEP for track in tracks],
        np.bool_,
    )


def _are_loose(tracks: list[Track], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell where no stroke hangs on an end, as on the bar of a 7 or of a 5."""
    return np.array(
        [not any(_has_stroke(track, end, mask) for end in (0, -1)) for track in tracks], np.bool_
    )


def _has_stroke(track: Track, end: int, mask: NDArray[np.bool_]) -> bool:
    x, y, clear = int(track.x[end]), float(track.y[end]), track.thickness / 2 + LOOSE
    columns = slice(max(0, x - HANGS), x + HANGS + 1)
    above = slice(max(0, round(y - clear) - HANGS), max(0, round(y - clear)))
    below = slice(round(y + clear) + 1, round(y + clear) + HANGS + 1)
    return bool(mask[above, columns].any() or mask[below, columns].any())


def _are_long(tracks: list[Track], shape: tuple[int, ...], share: float) -> NDArray[np.bool_]:
    return np.array([track.length >= share * shape[1] for track in tracks], np.bool_)


def _are_inner(tracks: list[Track], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    level = np.array([track.y.mean() / shape[0] for track in tracks])
    are_inner: NDArray[np.bool_] = np.minimum(level, 1 - level) > BORDER
    return are_inner


def _continue(rules: list[Track], tracks: list[Track]) -> NDArray[np.bool_]:
    """Tell which tracks, (n,), go on where a rule was lost, beyond its end."""
    x, y = _ends(tracks)
    thickness = np.array([track.thickness for track in tracks])
    go_on = np.zeros(len(tracks), np.bool_)
    for rule in rules:
        slope, level = np.polyfit(rule.x, rule.y, 1)
        away = np.abs(slope * x + level - y).max(axis=1)
        is_beyond = (x[:, 0] >= rule.x[-1]) | (x[:, 1] <= rule.x[0])
        go_on |= is_beyond & (away <= LOOSE) & (thickness <= rule.thickness + SPARE)
    return go_on


def _ends(tracks: list[Track]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Give the columns and the rows of their ends, each (n, 2)."""
    x = np.array([track.x[[0, -1]] for track in tracks], np.intp).reshape(-1, 2)
    y = np.array([track.y[[0, -1]] for track in tracks], np.float64).reshape(-1, 2)
    return x, y


def _ends_on(tracks: list[Track], others: list[Track]) -> NDArray[np.bool_]:
    """Tell which ends lie on which of those that run the other way, (n, 2, m)."""
    x, y = _ends(tracks)
    near = LOOSE + np.array([track.thickness for track in tracks]).reshape(-1, 1)
    lies = np.zeros((len(tracks), 2, len(others)), np.bool_)
    for n, other in enumerate(others):
        is_along = (other.x[0] - near <= y) & (y <= other.x[-1] + near)
        lies[:, :, n] = is_along & (np.abs(other.at(y) - x) <= near)
    return lies
