"""From a page to how far its pixels are from its paper: of one colour, or in uneven light."""

from math import sqrt

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitwatch.reading.pixels import STRIP

BACKGROUND_SIDE = 200
"""Longest side of the picture from which an uneven paper is told."""
NEAR = 16
"""Of 255, how far from the densest colour the paper's own may be."""
AT_ONCE = 20_000
"""Pixels that are reckoned with in one go, so that what that takes fits a processor's cache."""


def planes_of(pixels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Average blocks, and give a plane for each channel, (channels, h, w); one when all is grey."""
    if pixels.strides[2] == 0:
        pixels = pixels[:, :, 0]
    if factor > 1:
        pixels = _reduced(pixels, factor)
    if pixels.ndim == 2:
        return pixels[np.newaxis]
    planes = np.ascontiguousarray(np.moveaxis(pixels, 2, 0))
    is_grey = np.array_equal(planes[0], planes[1]) and np.array_equal(planes[0], planes[2])
    return planes[:1] if is_grey else planes


def contrast_to_paper(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give the largest difference of any channel from the paper's colour, (h, w)."""
    paper = _paper_colour(planes)
    largest = np.zeros(planes.shape[1:], np.uint8)
    for plane, colour in zip(planes, paper, strict=True):
        beyond = np.full_like(plane, colour)  # NumPy is ten times as fast on two arrays
        np.maximum(largest, np.maximum(plane, beyond) - np.minimum(plane, beyond), out=largest)
    return largest


def contrast_to_local_paper(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give the contrast to a paper that follows the picture, as a share of that paper's light.

    The paper is the grey closing of the page (Serra, 1982) by a square wider than a stroke: it
    fills what is narrow and dark, and keeps soft and hard shadows and a desk beside the paper.
    Its erosion goes one pixel further, so that no seam is left along their edges.
    """
    papers = _local_papers(planes)
    step = _sampling(planes)
    usual = np.median(_shade(papers[:, ::step, ::step], planes[:, ::step, ::step]))
    contrast = np.empty(planes.shape[1:], np.uint8)
    height = max(1, AT_ONCE // planes.shape[2])
    for top in range(0, len(contrast), height):
        rows = np.s_[:, top : top + height]
        contrast[rows[1]] = 255 * (_shade(papers[rows], planes[rows]) - usual).clip(0, 1)
    return contrast


def _local_papers(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give the paper of each plane, (channels, h, w)."""
    height, width = planes.shape[1:]
    factor = -(-max(height, width) // BACKGROUND_SIDE)
    small = np.stack([np.asarray(Image.fromarray(plane).reduce(factor)) for plane in planes])
    wide = 2 * (max(small.shape) // 10) + 3
    beyond = np.pad(small, ((0, 0), (wide, wide), (wide, wide)), mode="edge")
    filled = _slide(_slide(beyond, wide, np.maximum), wide + 2, np.minimum)
    enlarged = (
        Image.fromarray(light).resize((width, height), Image.Resampling.BILINEAR)
        for light in filled
    )
    return np.stack([np.asarray(paper) for paper in enlarged])


def _slide(planes: NDArray[np.uint8], side: int, choose: np.ufunc) -> NDArray[np.uint8]:
    """Choose the least or the most of each square of this side, (channels, h - side + 1, ...).

    A run is covered by two that are at least half as long, so that few steps make a long one.
    """
    for _ in range(2):
        planes, done = planes.swapaxes(1, 2), 1
        while done < side:
            step = min(done, side - done)
            planes = choose(planes[:, step:], planes[:, :-step])
            done += step
    return planes


def _shade(papers: NDArray[np.uint8], planes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Give the largest share of a paper's light that is missing in any plane, (h, w)."""
    light = papers.astype(np.float32)
    share: NDArray[np.float32] = ((light - planes) / np.maximum(light, 64)).max(axis=0)
    return share


def _paper_colour(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give the densest colour, (channels,).

    The border counts again, for paper reaches it more often than ink does.
    """
    step = _sampling(planes)
    inner = planes[:, ::step, ::step].reshape(len(planes), -1)
    border = planes[:, 0], planes[:, -1], planes[:, :, 0], planes[:, :, -1]
    sample = np.concatenate([inner, *border], axis=1)
    if len(sample) == 1:
        return np.array([_densest_grey(np.bincount(sample[0], minlength=256))], np.uint8)
    bins = np.zeros(sample.shape[1], np.int16)
    for plane in sample:
        bins = (bins << 4) | (plane >> 4)
    is_dense = bins == np.bincount(bins).argmax()
    densest = np.array([plane[is_dense].mean() for plane in sample]).astype(np.int16)
    near = (np.abs(sample - densest[:, np.newaxis]) <= NEAR).all(axis=0)
    return np.array([np.median(plane[near]) for plane in sample]).astype(np.uint8)


def _densest_grey(counts: NDArray[np.intp]) -> int:
    """Give what `_paper_colour` does, faster, from how often each grey occurs, (256,)."""
    first = 16 * int(counts.reshape(16, 16).sum(axis=1).argmax())
    own = counts[first : first + 16]
    densest = first + int((own * np.arange(16)).sum() / own.sum())
    lowest = max(densest - NEAR, 0)
    below = counts[lowest : densest + NEAR + 1].cumsum()
    middles = np.searchsorted(below, [(below[-1] + 1) // 2, below[-1] // 2 + 1])
    return lowest + int(middles.sum()) // 2


def _sampling(planes: NDArray[np.uint8]) -> int:
    """Give the step at which some 10,000 pixels of a plane are met."""
    return max(1, round(sqrt(planes[0].size / 10_000)))


def _reduced(pixels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Average blocks, a strip of the page at a time, so that Pillow never copies all of it."""
    rows = factor * max(1, STRIP // (factor * pixels.shape[1]))
    strips = (pixels[top : top + rows] for top in range(0, len(pixels), rows))
    return np.concatenate([np.asarray(Image.fromarray(strip).reduce(factor)) for strip in strips])
