"""Data sets of handwritten digits from OpenML, fetched by scikit-learn's own loader."""

import math
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.datasets import fetch_openml

from digitwatch.errors import ConfigError, DigitwatchError
from digitwatch.learning.data import Samples, Split, from_masks, join
from digitwatch.reading.segment import find_glyphs

LEARNED, MEASURED = 5_000, 1_000
"""Of a data set at the most. The machine's time grows with the square of its samples: with 5,000
of MNIST beside all else it learns in a minute, with all 70,000 in hours."""
EXAMPLE = "mnist_784 is one; look for others on openml.org"
CHUNK = 250
"""Pictures read in one go by one core."""

Progress = Callable[[str, float], None]


class DataSetError(DigitwatchError):
    """A data set cannot be fetched, or has no pictures of digits."""


def fetch(
    name: str,
    seed: int,
    progress: Progress,
    jobs: int = -1,
    *,
    data_home: Path | None = None,
) -> Split:
    """Fetch a data set of square pictures of digits, and read some of them as drawings are read.

    Args:
        name: As OpenML knows it: `mnist_784`.
        seed: Chooses which are learned and which are held out.
        progress: Is told each step in words and the fraction done, 0..1.
        jobs: Processor cores to use; -1 for all.
        data_home: Where it is kept once it was fetched; scikit-learn's own folder if left out.

    Raises:
        ConfigError: No data set can have this name.
        DataSetError: There is no such data set, no network, or there are no digits in it.
    """
    progress(f"Fetching {name}", 0.0)
    data, target = _fetch(name, data_home)
    chosen = np.random.default_rng(seed).permutation(len(target))[: LEARNED + MEASURED]
    pictures, labels = _pictures(data[chosen], target[chosen], name)
    starts = range(0, len(labels), CHUNK)
    workers = Parallel(n_jobs=jobs, return_as="generator")
    parts: list[Samples] = []
    for part in workers(
        delayed(_read)(pictures[start : start + CHUNK], labels[start : start + CHUNK])
        for start in starts
    ):
        parts.append(part)
        progress(f"Reading {name}", len(parts) / len(starts))
    samples = join(parts)
    held_out = len(samples) * MEASURED // (LEARNED + MEASURED)
    return Split(samples.take(slice(held_out, None)), samples.take(slice(held_out)))


def _pictures(
    data: NDArray[np.generic], target: NDArray[np.generic], name: str
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return pictures (n, side, side), their brightest value 255, and labels 0..9, (n,)."""
    try:
        pixels, labels = data.astype(np.float64), target.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise _no_digits(name) from error
    side = math.isqrt(pixels.shape[1])
    brightest = pixels.max(initial=0.0)
    if side**2 != pixels.shape[1] or not brightest > 0 or not np.isin(labels, range(10)).all():
        raise _no_digits(name)
    levels = np.rint(pixels.clip(min=0) * (255 / brightest)).astype(np.uint8)
    return levels.reshape(-1, side, side), labels.astype(np.int64)


def _fetch(name: str, data_home: Path | None) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    if not re.fullmatch(r"[\w.-]+", name):
        raise ConfigError(f"'{name}' is no name of a data set", EXAMPLE)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of retries, and of several versions of a name
            data, target = fetch_openml(
                name,
                as_frame=False,
                return_X_y=True,
                data_home=data_home,
                parser="pandas",  # the other one takes minutes for MNIST
                # Classes that are numbers it would take for words, and stumble.
                read_csv_kwargs={"dtype": None},
            )
    except (URLError, TimeoutError) as error:
        raise DataSetError(
            f"the data set {name} cannot be fetched from OpenML: {getattr(error, 'reason', error)}",
            "look whether the network is there; what was fetched once is kept and needs none",
        ) from error
    except OSError as error:
        raise DataSetError(
            f"the data set {name} cannot be kept: {error}",
            "free some space, or set SCIKIT_LEARN_DATA",
        ) from error
    except ValueError as error:
        raise DataSetError(
            f"OpenML has no data set {name} of use here: {error}", EXAMPLE
        ) from error
    return data, target


def _no_digits(name: str) -> DataSetError:
    return DataSetError(
        f"the data set {name} is not of square pictures that are labelled 0 to 9", EXAMPLE
    )


def _read(pictures: NDArray[np.uint8], labels: NDArray[np.int64]) -> Samples:
    """Read pictures as drawings are read; what has not exactly one glyph is left out."""
    masks, kept = [], []
    for picture, label in zip(pictures, labels.tolist(), strict=True):
        glyphs = find_glyphs(np.repeat(picture[:, :, np.newaxis], 3, axis=2), "single")
        if len(glyphs) == 1:
            masks.append(glyphs[0].mask)
            kept.append(label)
    return from_masks(masks, kept)
