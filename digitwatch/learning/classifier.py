"""From features to what is believed: a digit, how sure, what else, or no digit at all.

A support vector machine decides between each two of eleven classes: the ten digits, and marks
that are none. What a class wins of its ten duels, and how it fares in the worst of them, is its
score; how sure a score is, is calibrated on drawings that were not learned.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from digitwatch.learning.data import Samples

DIGITS = 10
C, GAMMA = 5.0, 0.00014
COMPONENTS = 80  # as right as all features, and five times as fast
CLEARLY_WON = 0.5  # of the machine's margin: a duel that is won by more is worth no more
WORST_DUEL = 2.0  # what the worst duel is worth, in duels that are clearly won
NO_DIGIT_ABOVE = 0.99  # probability of no digit: a digit called none is worse than a review


@dataclass(frozen=True)
class Prediction:
    """What a glyph was read as.

    `confidence` (0..1) is the calibrated probability that the mark is a digit and this one;
    `probabilities` are those of 0 to 9, and what they lack of 1 is that of no digit at all.
    `is_digit` is False for a mark that is like nothing that was learned as a digit.
    """

    digit: int
    confidence: float
    runner_up: int
    runner_up_confidence: float
    is_digit: bool
    probabilities: tuple[float, ...]


class Tournament(SVC):  # type: ignore[misc]  # scikit-learn has no types
    """An SVC whose score of a class is what it won of its duels, and how it fared in the worst.

    Votes alone (S. Knerr et al., Single-layer learning revisited, Neurocomputing, 1990) tell the
    class, but not how sure it is; the worst duel tells that, but one odd duel can sink a class.
    """

    def __init__(self, C: float = 1.0, gamma: float = 1.0) -> None:  # noqa: N803  # SVC's
        super().__init__(C=C, gamma=gamma, decision_function_shape="ovo")

    def fit(self, X: NDArray[np.float64], y: NDArray[np.int64]) -> Self:  # noqa: N803  # SVC's
        """Fit to `X` (n, F), the features of samples, and `y` (n,), their classes."""
        super().fit(X, y)
        self.squares_ = (self.support_vectors_**2).sum(axis=1)
        return self

    def decision_function(self, X: NDArray[np.float64]) -> NDArray[np.float64]:  # noqa: N803  # SVC's
        """Return the scores of the classes, (n, k), for `X` of shape (n, F)."""
        return score(self.duels(np.asarray(X, np.float64)))

    def duels(self, X: NDArray[np.float64]) -> NDArray[np.float64]:  # noqa: N803  # SVC's
        """Return the outcome of each duel, (n, k (k - 1) / 2), in the order of `score`.

        It is what `SVC.decision_function` returns, for one glyph in a fifth of the time.
        """
        apart = (X**2).sum(axis=1)[:, np.newaxis] + self.squares_ - 2 * X @ self.support_vectors_.T
        alike = np.exp(-self.gamma * apart)
        ends = np.cumsum(self.n_support_)
        shares = np.stack(
            [
                alike[:, end - count : end] @ self.dual_coef_[:, end - count : end].T
                for count, end in zip(self.n_support_, ends, strict=True)
            ],
            axis=1,
        )
        first, second = np.triu_indices(len(ends), 1)
        outcome: NDArray[np.float64] = (
            shares[:, first, second - 1] + shares[:, second, first] + self.intercept_
        )
        return outcome


@dataclass(frozen=True, eq=False)
class Classifier:
    """A fitted scikit-learn classifier of 0..9 and NO_DIGIT, and the plain numbers beside it."""

    estimator: Any
    parameters: Mapping[str, float]

    @property
    def machine(self) -> Pipeline:
        """The fitted pipeline inside that ends in the SVC."""
        return self._calibrated.estimator.estimator

    def predict(self, features: NDArray[np.float32]) -> list[Prediction]:
        """Return a prediction for each row of `features`, float32 (n, F)."""
        if not len(features):
            return []
        limit = self.parameters["no_digit_above"]
        return [judge(row, limit) for row in self._probabilities(features)]

    def _probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return what the estimator's `predict_proba` does, (n, 11).

        Step by step, because for one glyph the estimator's own checks take half of its time.
        """
        *before, (_, machine) = self.machine.steps
        for _, step in before:
            features = step.transform(features)
        scores = machine.decision_function(features)
        probabilities: NDArray[np.float64] = self._calibrated.calibrators[0].predict(scores)
        return probabilities

    @property
    def _calibrated(self) -> Any:
        return self.estimator.calibrated_classifiers_[0]


def score(duels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the score of each of k classes, (n, k), from its duels with the others.

    `duels` is (n, k (k - 1) / 2), in the order of `SVC`: 0 against 1, 0 against 2, ...; positive
    where the first of the two is ahead, 1 at the machine's margin.
    """
    classes = round((1 + np.sqrt(1 + 8 * duels.shape[1])) / 2)
    first, second = np.triu_indices(classes, 1)
    ahead = np.full((len(duels), classes, classes), np.inf)  # nobody loses against himself
    ahead[:, first, second], ahead[:, second, first] = duels, -duels
    won = np.clip(ahead / CLEARLY_WON, -1, 1).sum(axis=2)
    scores: NDArray[np.float64] = won + WORST_DUEL * ahead.min(axis=2)
    return scores


def judge(probabilities: NDArray[np.float64], no_digit_above: float) -> Prediction:
    """Return what the probabilities of 0 to 9 and of no digit, (11,), make of a glyph."""
    digits = probabilities[:DIGITS]
    second, first = np.argsort(digits, kind="stable")[-2:]
    return Prediction(
        digit=int(first),
        confidence=float(digits[first]),
        runner_up=int(second),
        runner_up_confidence=float(digits[second]),
        is_digit=bool(probabilities[DIGITS] < no_digit_above),
        probabilities=tuple(float(p) for p in digits),
    )


def fit(learned: Samples, checked: Samples) -> Classifier:
    """Fit the machine to the samples `learned`; calibrate it on those `checked`.

    All classes, 0..9 and NO_DIGIT, need to be in both.
    """
    components = PCA(COMPONENTS, svd_solver="covariance_eigh")
    machine = Pipeline([("components", components), ("svc", Tournament(C=C, gamma=GAMMA))])
    machine.fit(learned.features, learned.labels)
    calibrated = CalibratedClassifierCV(FrozenEstimator(machine), method="temperature")
    calibrated.fit(checked.features, checked.labels)
    return Classifier(calibrated, {"no_digit_above": NO_DIGIT_ABOVE})
