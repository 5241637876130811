"""From a page to its ink: what differs from the paper, whatever the colours and the light."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

BACKGROUND_SIDE = 200
"""Longest side of the picture from which an uneven paper is told."""
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

    @property
    def mask(self) -> NDArray[np.bool_]:
        """(h, w), True where there is ink."""
        return self.contrast > self.threshold


def find_ink(pixels: NDArray[np.uint8], longest: int) -> Ink:
    """Find the ink of a page of shape (height, width, 3), uint8 RGB, on at most `longest` pixels.

    Ink is what is far from the paper's colour, so that polarity need not be known. Where its
    outline does not lie on edges of the picture, the light is uneven or something else than paper
    is in the picture: then a paper that follows the picture is tried.
    """
    height, width = pixels.shape[:2]
    scale = max(1, -(-max(height, width) // longest))
    planes = _planes(pixels, scale)
    contrast = _without_frame(_contrast(planes, _paper_colour(planes)))
    ink = Ink(contrast, ink_threshold(contrast, paper=0.5), scale, (height, width))
    soundness = outline_soundness(ink)
    if soundness < SOUND_OUTLINE and contrast.max() > FAINTEST:
        for contrast in (_contrast_to_local_paper(planes), _contrast_to_local_paper(~planes)):
            # Ink is on one side of that paper only, so half of its noise is cut off at zero.
            other = Ink(contrast, ink_threshold(contrast, paper=0.75), scale, ink.size)
            if (rival := outline_soundness(other)) > soundness + CLEARLY_SOUNDER:
                ink, soundness = other, rival
    return _if_sound(ink, soundness)


def without_dust(ink: Ink) -> Ink:
    """Blur the dots of a spray can until they are strokes, by a thirtieth of what they fill."""
    rows, columns = np.nonzero(ink.mask)
    extent = max(np.ptp(np.percentile(place, (5, 95))) for place in (rows, columns))
    contrast = ndimage.gaussian_filter(ink.mask.astype(np.float32), extent / 30)
    contrast = (255 * contrast / contrast.max()).astype(np.uint8)
    blurred = replace(ink, contrast=contrast, threshold=ink_threshold(contrast, paper=0.5))
    return _if_sound(blurred, outline_soundness(blurred))


def ink_threshold(contrast: NDArray[np.uint8], paper: float) -> float:
    """Give the middle between Otsu's two classes (1979), with the paper's noise taken as paper.

    `paper` is the share of the pixels that surely are paper: the contrast that they reach is
    its noise.
    """
    counts = np.bincount(contrast.ravel(), minlength=256).astype(np.float64)
    below = counts.cumsum()
    noise = min(254, FAINTEST + 5 * int(np.searchsorted(below, below[-1] * paper)))
    counts[0], counts[1 : noise + 1] = below[noise], 0.0
    weight, moment = counts.cumsum(), (counts * np.arange(256)).cumsum()
    apart = (moment[-1] * weight / weight[-1] - moment) ** 2
    between = apart / np.maximum(weight * (weight[-1] - weight), 1.0)
    split = int(between.argmax())
    ink = (moment[-1] - moment[split]) / max(weight[-1] - weight[split], 1.0)
    return float(max(noise, (moment[split] / weight[split] + ink) / 2))


def outline_soundness(ink: Ink) -> float:
    """Tell how well the outline of the ink lies on edges of the picture, 0 (not at all) to 1.

    It is the mean range of contrast across the outline, within a hundredth of the page on both
    sides, in units of twice the threshold. Where ink reaches the page's border, its outline lies
    on no edge.
    """
    mask, contrast = ink.mask.ravel(), ink.contrast.ravel()
    reach = max(1, round(max(ink.mask.shape) / 100))
    drops = []
    for step in (1, ink.mask.shape[1]):
        crossings = np.flatnonzero(mask[step:] != mask[:-step])
        across = crossings + step * np.arange(-reach, reach + 2)[:, np.newaxis]
        values = contrast[across.clip(0, len(contrast) - 1)]
        drops.append(np.ptp(values, axis=0).astype(np.float64))
    drop = np.concatenate(drops) / (2 * ink.threshold)
    sides = (ink.mask[0], ink.mask[-1], ink.mask[:, 0], ink.mask[:, -1])
    length = len(drop) + sum(int(side.sum()) for side in sides)
    return float(drop.clip(max=1.0).sum() / max(length, 1))


def _if_sound(ink: Ink, soundness: float) -> Ink:
    return ink if soundness >= LEAST_SOUND_OUTLINE else replace(ink, threshold=255.0)


def _planes(pixels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Average blocks, and give a plane for each channel, (channels, h, w); one when all is grey."""
    if pixels.strides[2] == 0:
        pixels = pixels[:, :, 0]
    if factor > 1:
        pixels = np.asarray(Image.fromarray(pixels).reduce(factor))
    if pixels.ndim == 2:
        return pixels[np.newaxis]
    planes = np.ascontiguousarray(np.moveaxis(pixels, 2, 0))
    is_grey = np.array_equal(planes[0], planes[1]) and np.array_equal(planes[0], planes[2])
    return planes[:1] if is_grey else planes


def _paper_colour(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give the densest colour, (channels,).

    The border counts again, for paper reaches it more often than ink does.
    """
    step = max(1, round((planes[0].size / 10_000) ** 0.5))
    inner, border = (
        planes[:, ::step, ::step],
        (
            planes[:, 0],
            planes[:, -1],
            planes[:, :, 0],
            planes[:, :, -1],
        ),
    )
    sample = np.concatenate([inner.reshape(len(planes), -1), *border], axis=1)
    bins = np.zeros(sample.shape[1], np.int16)
    for plane in sample:
        bins = (bins << 4) | (plane >> 4)
    densest = sample[:, bins == np.bincount(bins).argmax()].mean(axis=1).astype(np.int16)
    near = (np.abs(sample - densest[:, np.newaxis]) <= 16).all(axis=0)
    colour: NDArray[np.uint8] = np.median(sample[:, near], axis=1).astype(np.uint8)
    return colour


def _contrast(planes: NDArray[np.uint8], paper: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give the largest difference of any channel from the paper's colour, (h, w)."""
    beyond = paper[:, np.newaxis, np.newaxis]
    largest: NDArray[np.uint8] = (np.maximum(planes, beyond) - np.minimum(planes, beyond)).max(
        axis=0
    )
    return largest


def _without_frame(contrast: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Take for paper what fills whole rows and columns along three sides of the page or four.

    One or two such strips may be strokes of a drawing that was cut close, and what goes on
    inside the frame is a desk, whose edges are not straight.
    """
    is_far = contrast > FAINTEST
    top, bottom, left, right = (
        int(np.logical_and.accumulate(turned.mean(axis=1) > 0.95).sum())
        for turned in (is_far, is_far[::-1], is_far.T, is_far.T[::-1])
    )
    inner = np.s_[top : len(is_far) - bottom, left : is_far.shape[1] - right]
    within = is_far[inner]
    if sum(depth > 0 for depth in (top, bottom, left, right)) < 3 or not within.size:
        return contrast
    if np.concatenate([within[0], within[-1], within[:, 0], within[:, -1]]).mean() > 0.05:
        return contrast
    framed = np.zeros_like(contrast)
    framed[inner] = contrast[inner]
    return framed


def _contrast_to_local_paper(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give the contrast to a paper that follows the picture, as a share of that paper's light.

    The paper is the grey closing of the page (Serra, 1982) by a square wider than a stroke: it
    fills what is narrow and dark, and keeps soft and hard shadows and a desk beside the paper.
    Its erosion goes one pixel further, so that no seam is left along their edges.
    """
    height, width = planes.shape[1:]
    factor = -(-max(height, width) // BACKGROUND_SIDE)
    small = np.stack([np.asarray(Image.fromarray(plane).reduce(factor)) for plane in planes])
    reach = max(small.shape) // 10 + 1
    beyond = np.pad(small, ((0, 0), (reach, reach), (reach, reach)), mode="edge")
    filled = ndimage.maximum_filter(beyond, size=2 * reach + 1, axes=(1, 2))
    filled = ndimage.minimum_filter(filled, size=2 * reach + 3, axes=(1, 2))
    share = np.full((height, width), -1.0, np.float32)
    for plane, light in zip(planes, filled[:, reach:-reach, reach:-reach], strict=True):
        enlarged = Image.fromarray(light).resize((width, height), Image.Resampling.BILINEAR)
        paper = np.asarray(enlarged, np.float32)
        share = np.maximum(share, (paper - plane) / np.maximum(paper, 64))
    contrast: NDArray[np.uint8] = (255 * (share - np.median(share)).clip(0, 1)).astype(np.uint8)
    return contrast
