import numpy as np
import pytest
from sklearn.datasets import load_digits

from digitwatch.learning.data import Samples, enlarge, join, scikit_digits, shuffled, unshuffled


@pytest.fixture(scope="module")
def digits() -> Samples:
    return scikit_digits()


def test_the_grids_resemble_those_of_load_digits(digits: Samples) -> None:
    pairs = zip(digits.grids, load_digits().images, strict=True)
    likeness = [np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] for ours, theirs in pairs]
    assert np.mean(likeness) > 0.8


def test_enlarged_ink_has_what_was_counted_in_each_cell() -> None:
    for image in load_digits().images[:50]:
        counted = 16 * enlarge(image).reshape(8, 12, 8, 12).mean(axis=(1, 3))
        assert np.abs(counted - image).mean() < 1
        assert counted.sum() == pytest.approx(image.sum(), rel=0.1)


def test_the_shuffled_split_has_as_many_of_each_digit_and_loses_none(digits: Samples) -> None:
    split = shuffled(digits, seed=0)
    assert len(split.train) + len(split.test) == 1797
    assert np.ptp(np.bincount(split.test.labels)) <= 4


def test_the_shuffled_split_hangs_on_the_seed(digits: Samples) -> None:
    assert np.array_equal(shuffled(digits, 1).test.labels, shuffled(digits, 1).test.labels)
    assert not np.array_equal(shuffled(digits, 1).test.labels, shuffled(digits, 2).test.labels)


def test_the_unshuffled_split_keeps_the_order(digits: Samples) -> None:
    split = unshuffled(digits)
    assert np.array_equal(join([split.train, split.test]).features, digits.features)


def test_what_is_taken_stays_together(digits: Samples) -> None:
    few = digits.take(np.array([5, 3]))
    assert len(few) == 2
    assert np.array_equal(few.grids[1], digits.grids[3])
    assert few.labels[0] == digits.labels[5]
