"""Printed rules leave the ink: ruled and squared paper, tables, combs and boxes of forms.

A rule is thin, straight and nearly level (or upright), and goes on where strokes cross it. A bar
of a 7 or a 1 can be all of that. So a rule must also cross the page, or end on rules at both of
its ends, as the sides of a box do, and a box has writing inside.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from digitwatch.reading.forms import LOOSE, MANY, SPARE, Form, find_forms
from digitwatch.reading.ink import Ink
from digitwatch.reading.tracks import STEP, Track, find_tracks

SMALLEST_PAGE = 150
"""Longest side, in pixels of the mask, below which rules cannot be told from strokes."""
WRITTEN = 0.3
"""Of a box's height, what the writing in it has at least."""
ALIKE = 1.25
"""Times the height of another box, that an empty one has at most: then it is of the same form."""
DARKER = 1.3
"""Times the contrast of the rule: what is darker is a stroke along it."""


@dataclass(frozen=True, eq=False)
class Unruled:
    """The ink of a page without what was printed on it."""

    ink: Ink
    may_be_writing: bool
    """Whether what was taken for rules may be the bars of a digit after all."""


def without_rules(ink: Ink) -> Unruled:
    """Erase the printed rules from the ink; where there are none it is returned as it is."""
    mask = ink.mask
    if max(mask.shape) < SMALLEST_PAGE or not ink.may_have_rules:
        return Unruled(ink, may_be_writing=False)
    forms = find_forms(find_tracks(mask), find_tracks(mask.T), mask)
    unruled = _erased(ink, forms)
    printed = _printed(forms, unruled.mask)
    if len(printed) < len(forms):
        unruled = _erased(ink, printed)
    few = all(len(form.across) < MANY and len(form.down) < MANY for form in printed)
    ruled = sum(len(form.across) + len(form.down) for form in printed if form.crosses)
    return Unruled(unruled, may_be_writing=few and ruled < MANY)


def _printed(forms: list[Form], rest: NDArray[np.bool_]) -> list[Form]:
    """Leave out what encloses nothing, as a loop of a digit; `rest` is the ink without forms."""
    filled = [
        form for form in forms if form.crosses or len(form.down) >= MANY or _has_writing(form, rest)
    ]
    heights = [form.height for form in filled if not form.crosses]
    return filled + [
        form
        for form in forms
        if form not in filled
        and any(1 / ALIKE <= form.height / height <= ALIKE for height in heights)
    ]


def _has_writing(form: Form, rest: NDArray[np.bool_]) -> bool:
    left, right = (int(end([track.y.mean() for track in form.down])) for end in (min, max))
    top, bottom = (int(end([track.y.mean() for track in form.across])) for end in (min, max))
    inside = rest[top + LOOSE : bottom - LOOSE, left + LOOSE : right - LOOSE]
    return inside.size > 0 and bool(inside.any(axis=1).mean() >= WRITTEN)


def _erased(ink: Ink, forms: list[Form]) -> Ink:
    if not forms:
        return ink
    contrast = ink.contrast.copy()
    for form in forms:
        for rule in form.across:
            _erase(contrast, ink.threshold, rule)
    # Where rules cross, those that run down find no more of those that run across.
    for form in forms:
        for rule in form.down:
            _erase(contrast.T, ink.threshold, rule)
    return replace(ink, contrast=contrast)


def _erase(contrast: NDArray[np.uint8], threshold: float, rule: Track) -> None:
    """Make paper of a rule, column by column, but not where a stroke is in the way."""
    x = np.arange(max(0, rule.x[0] - STEP), min(contrast.shape[1], rule.x[-1] + STEP + 1))
    y = rule.at(x).round().astype(np.intp)
    reach = int(rule.thickness) + 2 + SPARE
    rows = (y + np.arange(-reach, reach + 1)[:, np.newaxis]).clip(0, len(contrast) - 1)
    values = contrast[rows, x]
    is_ink = values > threshold
    # From the middle up and from the middle down, as long as there is ink.
    up = np.logical_and.accumulate(is_ink[reach::-1])[::-1]
    own = np.concatenate([up[:-1], np.logical_and.accumulate(is_ink[reach:])])
    is_rule = own.sum(axis=0) <= rule.thickness + SPARE
    darkest = np.where(own, values, 0).max(axis=0)
    is_rule &= darkest <= DARKER * float(np.median(darkest))
    which, column = np.nonzero(own & is_rule)
    contrast[rows[which, column], x[column]] = 0
