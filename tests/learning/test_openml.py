"""A data set is learned from as scikit-learn has kept it: no test needs a network."""

from urllib.error import URLError

import numpy as np
import pytest

from digitwatch.errors import ConfigError
from digitwatch.learning import openml
from digitwatch.learning.openml import DataSetError, fetch
from tests.learning.openml_cache import keep, like_mnist


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scikit_learn_data")
    pictures = np.stack([like_mnist(n % 10, n) for n in range(60)])
    keep(folder, "few_digits", pictures, [str(n % 10) for n in range(60)])
    return folder


def silent(_step, _done):
    pass


def test_the_pictures_are_read_as_drawings_are_and_a_part_is_held_out(home, training):
    split = fetch("few_digits", 0, silent, jobs=1, data_home=home)
    assert (len(split.train), len(split.test)) == (50, 10)
    read = training.classifier.predict(split.train.features)
    right = np.array([one.digit for one in read]) == split.train.labels
    assert right.mean() > 0.9


def test_the_seed_chooses_what_is_held_out(home):
    first, again, other = (
        fetch("few_digits", seed, silent, jobs=1, data_home=home).test for seed in (0, 0, 1)
    )
    assert np.array_equal(first.features, again.features)
    assert not np.array_equal(first.labels, other.labels)


def test_of_a_large_data_set_only_some_are_read(home, monkeypatch):
    monkeypatch.setattr(openml, "LEARNED", 15)
    monkeypatch.setattr(openml, "MEASURED", 5)
    split = fetch("few_digits", 0, silent, jobs=1, data_home=home)
    assert (len(split.train), len(split.test)) == (15, 5)


def test_progress_is_told(home, monkeypatch):
    monkeypatch.setattr(openml, "CHUNK", 20)
    told = []
    fetch("few_digits", 0, lambda *said: told.append(said), jobs=1, data_home=home)
    assert told == [("Fetching few_digits", 0.0)] + [
        ("Reading few_digits", pytest.approx(part / 3)) for part in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    ("pictures", "labels"),
    [
        (np.full((4, 1, 5), 9, np.uint8), list("0123")),
        (np.full((4, 3, 3), 9, np.uint8), ["cat", "dog", "cat", "dog"]),
        (np.full((4, 3, 3), 9, np.uint8), ["1", "2", "11", "3"]),
        (np.zeros((4, 3, 3), np.uint8), list("0123")),
    ],
    ids=["not square", "words", "numbers above 9", "nothing drawn"],
)
def test_a_data_set_that_is_not_of_digits_is_refused(tmp_path, pictures, labels):
    keep(tmp_path, "odd", pictures, labels)
    with pytest.raises(DataSetError, match=r"not of square pictures.*mnist_784"):
        fetch("odd", 0, silent, jobs=1, data_home=tmp_path)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (URLError("no route to host"), "no route to host; look whether the network is there"),
        (ValueError("No active dataset digitz found."), "No active dataset digitz found"),
        (PermissionError(13, "Permission denied"), "cannot be kept"),
    ],
)
def test_what_cannot_be_fetched_is_said_in_words(monkeypatch, tmp_path, error, words):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(openml, "fetch_openml", fail)
    with pytest.raises(DataSetError, match=words):
        fetch("digitz", 0, silent, data_home=tmp_path)


def test_a_name_that_could_be_a_path_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no name of a data set"):
        fetch("../../secret", 0, silent, data_home=tmp_path)
    assert not list(tmp_path.iterdir())
