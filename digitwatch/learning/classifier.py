"""From features to what is believed: a digit, how sure, what else, or no digit at all.

A support vector machine decides between each two of eleven classes: the ten digits, and marks
that are none. What a class wins of its ten duels, and how it fares in the worst of them, is its
score; how sure a score is, is calibrated on drawings that were not learned.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
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
AT_ONCE = 64  # glyphs: how alike they are to all support vectors fits a processor's cache
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

    def decision_function(self, X: NDArray[np.floating]) -> NDArray[np.float64]:  # noqa: N803  # SVC's
        """Return the scores of the classes, (n, k), for `X` of shape (n, F)."""
        return score(Duels.of(self).outcome(X))


@dataclass(frozen=True, eq=False)
class Duels:
    """The duels between each two of k classes, as a fitted SVC decides them, in float32.

    vectors: (F, m), the support vectors, times 2 gamma; squares: (m,), of their lengths, times
    gamma; coefficients: for each class those of its vectors, (m of it, k - 1), against each other
    class; intercepts: (k (k - 1) / 2,).
    """

    gamma: float
    vectors: NDArray[np.float32]
    squares: NDArray[np.float32]
    coefficients: Sequence[NDArray[np.float32]]
    intercepts: NDArray[np.float64]

    @classmethod
    def of(cls, machine: SVC) -> Self:
        """Take from a fitted SVC with a radial kernel what decides."""
        vectors = machine.support_vectors_
        ends = np.cumsum(machine.n_support_)
        return cls(
            gamma=machine.gamma,
            vectors=(2 * machine.gamma * vectors.T).astype(np.float32),
            squares=(machine.gamma * (vectors**2).sum(axis=1)).astype(np.float32),
            coefficients=np.split(machine.dual_coef_.T.astype(np.float32), ends[:-1]),
            intercepts=machine.intercept_,
        )

    def outcome(self, seen: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the outcome of each duel, (n, k (k - 1) / 2), in the order of `score`.

        `seen` is (n, F). It is what `SVC.decision_function` returns, in a fraction of its time.
        """
        seen = seen.astype(np.float32)
        alike = seen @ self.vectors
        alike -= self.squares
        alike -= self.gamma * (seen**2).sum(axis=1, keepdims=True)
        np.exp(alike, out=alike)
        ends = np.cumsum([len(part) for part in self.coefficients])
        shares = np.stack(
            [
                alike[:, end - len(part) : end] @ part
                for part, end in zip(self.coefficients, ends, strict=True)
            ],
            axis=1,
        )
        first, second = _pairs(len(ends))
        outcome: NDArray[np.float64] = (
            shares[:, first, second - 1] + shares[:, second, first] + self.intercepts
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
        limit = self.parameters["no_digit_above"]
        rounds = (features[first : first + AT_ONCE] for first in range(0, len(features), AT_ONCE))
        return [judge(row, limit) for some in rounds for row in self._probabilities(some)]

    def _probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return what the estimator's `predict_proba` does, (n, 11).

        Step by step, because for one glyph the estimator's own checks take most of its time.
        """
        components, _ = self.machine
        seen = (features - components.mean_) @ components.components_.T
        scores = self._calibrated.calibrators[0].beta_ * score(self._duels.outcome(seen))
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        probabilities: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
        return probabilities

    @cached_property
    def _duels(self) -> Duels:
        return Duels.of(self.machine[-1])

    @property
    def _calibrated(self) -> Any:
        return self.estimator.calibrated_classifiers_[0]


def score(duels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the score of each of k classes, (n, k), from its duels with the others.

    `duels` is (n, k (k - 1) / 2), in the order of `SVC`: 0 against 1, 0 against 2, ...; positive
    where the first of the two is ahead, 1 at the machine's margin.
    """
    classes = round((1 + np.sqrt(1 + 8 * duels.shape[1])) / 2)
    first, second = _pairs(classes)
    ahead = np.full((len(duels), classes, classes), np.inf)  # nobody loses against himself
    ahead[:, first, second], ahead[:, second, first] = duels, -duels
    won = np.clip(ahead / CLEARLY_WON, -1, 1).sum(axis=2)
    scores: NDArray[np.float64] = won + WORST_DUEL * ahead.min(axis=2)
    return scores


@cache
def _pairs(classes: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    first, second = np.triu_indices(classes, 1)
    return first, second


def judge(probabilities: NDArray[np.float64], no_digit_above: float) -> Prediction:
    """Return what the probabilities of 0 to 9 and of no digit, (11,), make of a glyph."""
    *digits, none = probabilities.tolist()
    second, first = sorted(range(DIGITS), key=digits.__getitem__)[-2:]
    return Prediction(
        digit=first,
        confidence=digits[first],
        runner_up=second,
        runner_up_confidence=digits[second],
        is_digit=none < no_digit_above,
        probabilities=tuple(digits),
    )


def fit(
    learned: Samples, checked: Samples, weights: NDArray[np.float64] | None = None
) -> Classifier:
    """Fit the machine to the samples `learned`; calibrate it on those `checked`.

    All classes, 0..9 and NO_DIGIT, need to be in both. `weights`, (n,), says how much each of
    those learned counts: it is what the machine may pay for getting it right.
    """
    components = PCA(COMPONENTS, svd_solver="covariance_eigh")
    machine = Pipeline([("components", components), ("svc", Tournament(C=C, gamma=GAMMA))])
    machine.fit(learned.features, learned.labels, svc__sample_weight=weights)
    calibrated = CalibratedClassifierCV(FrozenEstimator(machine), method="temperature")
    calibrated.fit(checked.features, checked.labels)
    return Classifier(calibrated, {"no_digit_above": NO_DIGIT_ABOVE})
