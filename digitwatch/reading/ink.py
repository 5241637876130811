"""From a page to its ink: what differs from the paper, whatever the colours and the light."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import fft

from digitwatch.reading.paper import (
    AT_ONCE,
    contrast_to_local_paper,
    contrast_to_paper,
    planes_of,
)
from digitwatch.reading.sheet import find_sheet, is_written_on, without_desk
from digitwatch.reading.tracks import may_have_rules

SOUND_OUTLINE = 0.7
"""Soundness of an outline (`outline_soundness`) from which the paper is taken for even."""
LEAST_SOUND_OUTLINE = 0.35
"""Soundness below which there is no ink, only light and shade."""
CLEARLY_SOUNDER = 0.02
"""What a less usual paper must gain in soundness: all even, then light, then dark."""
FAINTEST = 10
"""Contrast, of 255, that ink must exceed even on spotless paper."""


@dataclass(frozen=True)
class Ink:
    """The ink of a page at working resolution: the page reduced by a whole number."""

    contrast: NDArray[np.uint8]
    """(h, w), how far each pixel is from its paper, 0..255."""
    threshold: float
    """The contrast above which a pixel is ink."""
    scale: int
    """Page pixels per pixel of the mask."""
    size: tuple[int, int]
    """(height, width) of the page; the last pixels of the mask may hold less of it."""

    @cached_property
    def mask(self) -> NDArray[np.bool_]:
        """(h, w), True where there is ink."""
        return self.contrast > int(self.threshold)  # a fraction would make floats of all pixels

    @cached_property
    def may_have_rules(self) -> bool:
        """Whether there is much that is thin and level, as printed rules are."""
        return may_have_rules(self.mask)


def find_ink(pixels: NDArray[np.uint8], longest: int) -> Ink:
    """Find the ink of a page of shape (height, width, 3), uint8 RGB, on at most `longest` pixels.

    Ink is what is far from the paper's colour, so that polarity need not be known. Where its
    outline does not lie on edges of the picture, the light is uneven or something else than paper
    is in the picture: then a paper that follows the picture is tried. A sheet on a desk that fills
    more of the picture than it does is found by its shape.
    """
    height, width = pixels.shape[:2]
    scale = max(1, -(-max(height, width) // longest))
    planes = planes_of(pixels, scale)
    ink, soundness = _soundest(planes, scale, (height, width))
    if (sheet := find_sheet(ink.mask)) is not None:
        other, rival = _soundest(without_desk(planes, sheet), scale, ink.size)
        if rival >= LEAST_SOUND_OUTLINE and is_written_on(sheet, other.mask):
            return other
    return _if_sound(ink, soundness)


def _soundest(planes: NDArray[np.uint8], scale: int, size: tuple[int, int]) -> tuple[Ink, float]:
    """Give the ink whose outline lies best on edges of the picture, and how well it does."""
    contrast = _without_frame(contrast_to_paper(planes))
    ink = Ink(contrast, ink_threshold(contrast, paper=0.5), scale, size)
    soundness = outline_soundness(ink)
    if soundness < SOUND_OUTLINE and contrast.max() > FAINTEST:
        for contrast in (contrast_to_local_paper(planes), contrast_to_local_paper(~planes)):
            # Ink is on one side of that paper only, so half of its noise is cut off at zero.
            other = Ink(contrast, ink_threshold(contrast, paper=0.75), scale, size)
            if (rival := outline_soundness(other)) > soundness + CLEARLY_SOUNDER:
                ink, soundness = other, rival
    return ink, soundness


def without_dust(ink: Ink) -> Ink:
    """Blur the dots of a spray can until they are strokes, by a thirtieth of what they fill."""
    rows, columns = np.nonzero(ink.mask)
    extent = max(np.ptp(np.percentile(place, (5, 95))) for place in (rows, columns))
    contrast = _blurred(ink.mask, extent / 30)
    contrast = (255 * contrast / contrast.max()).astype(np.uint8)
    blurred = replace(ink, contrast=contrast, threshold=ink_threshold(contrast, paper=0.5))
    return _if_sound(blurred, outline_soundness(blurred))


def _blurred(mask: NDArray[np.bool_], sigma: float) -> NDArray[np.float32]:
    """Blur by a Gaussian, the mask mirrored at its edges: a product of cosine transforms.

    It takes the same time for a wide one, which is a twelfth of what SciPy's filter takes.
    """
    waves = fft.dctn(mask.astype(np.float32))
    for axis, length in enumerate(mask.shape):
        kept = np.exp(-0.5 * (sigma * np.pi * np.arange(length) / length) ** 2)
        waves *= np.expand_dims(kept.astype(np.float32), 1 - axis)
    blurred: NDArray[np.float32] = fft.idctn(waves)
    return blurred


def ink_threshold(contrast: NDArray[np.uint8], paper: float) -> float:
    """Give the middle between Otsu's two classes (1979), with the paper's noise taken as paper.

    `paper` is the share of the pixels that surely are paper: the contrast that they reach is
    its noise.
    """
    counts = _counts(contrast)
    below = counts.cumsum()
    noise = min(254, FAINTEST + 5 * int(np.searchsorted(below, below[-1] * paper)))
    counts[0], counts[1 : noise + 1] = below[noise], 0.0
    weight, moment = counts.cumsum(), (counts * np.arange(256)).cumsum()
    apart = (moment[-1] * weight / weight[-1] - moment) ** 2
    between = apart / np.maximum(weight * (weight[-1] - weight), 1.0)
    split = int(between.argmax())
    ink = (moment[-1] - moment[split]) / max(weight[-1] - weight[split], 1.0)
    return float(max(noise, (moment[split] / weight[split] + ink) / 2))


def _counts(contrast: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return how many pixels have each contrast, (256,)."""
    differs = contrast > 0
    if np.count_nonzero(differs) > contrast.size / 8:
        return np.array(Image.fromarray(contrast).histogram(), np.float64)
    counts = np.bincount(contrast[differs], minlength=256).astype(np.float64)
    counts[0] = contrast.size - counts.sum()
    return counts


def outline_soundness(ink: Ink) -> float:
    """Tell how well the outline of the ink lies on edges of the picture, 0 (not at all) to 1.

    It is the mean range of contrast across the outline, within a hundredth of the page on both
    sides, in units of twice the threshold. Where ink reaches the page's border, its outline lies
    on no edge.
    """
    mask, contrast = ink.mask.ravel(), ink.contrast.ravel()
    reach = max(1, round(max(ink.mask.shape) / 100))
    around = np.arange(-reach, reach + 2)[:, np.newaxis]
    drops = []
    for step in (1, ink.mask.shape[1]):
        crossings = np.flatnonzero(mask[step:] != mask[:-step])
        for first in range(0, len(crossings) + 1, AT_ONCE):
            some = crossings[first : first + AT_ONCE]
            across = contrast.take(some + step * around, mode="clip")
            drops.append(across.max(axis=0) - across.min(axis=0))
    drop = np.concatenate(drops) / (2 * ink.threshold)
    sides = (ink.mask[0], ink.mask[-1], ink.mask[:, 0], ink.mask[:, -1])
    length = len(drop) + sum(int(np.count_nonzero(side)) for side in sides)
    return float(drop.clip(max=1.0).sum() / max(length, 1))


def _if_sound(ink: Ink, soundness: float) -> Ink:
    return ink if soundness >= LEAST_SOUND_OUTLINE else replace(ink, threshold=255.0)


def _without_frame(contrast: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Take for paper what fills whole rows and columns along three sides of the page or four.

    One or two such strips may be strokes of a drawing that was cut close, and what goes on
    inside the frame is a desk, whose edges are not straight.
    """
    edges = (contrast[0], contrast[-1], contrast[:, 0], contrast[:, -1])
    if sum((edge > FAINTEST).mean() > 0.95 for edge in edges) < 3:
        return contrast
    is_far = contrast > FAINTEST
    top, bottom, left, right = (
        int(np.logical_and.accumulate(turned.mean(axis=1) > 0.95).sum())
        for turned in (is_far, is_far[::-1], is_far.T, is_far.T[::-1])
    )
    inner = np.s_[top : len(is_far) - bottom, left : is_far.shape[1] - right]
    within = is_far[inner]
    if not within.size:
        return contrast
    if np.concatenate([within[0], within[-1], within[:, 0], within[:, -1]]).mean() > 0.05:
        return contrast
    framed = np.zeros_like(contrast)
    framed[inner] = contrast[inner]
    return framed
