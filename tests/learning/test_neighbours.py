from sklearn.datasets import load_digits

from digitwatch.learning.data import enlarge
from digitwatch.learning.neighbours import nearest
from digitwatch.reading.grid import features


def test_the_nearest_grids_are_like_the_glyph_and_have_their_own_labels(training):
    zero = features(enlarge(load_digits().images[0]))
    found = nearest(training.classifier, zero, 5)
    distances = [one.distance for one in found]
    assert len(found) == 5
    assert distances == sorted(distances)
    assert [one.label for one in found].count(0) >= 3
    assert all(one.grid.shape == (8, 8) for one in found)
    assert abs(found[0].grid - zero[:64].reshape(8, 8)).mean() < 4
