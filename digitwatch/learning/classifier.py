"""From features to what is believed: a digit, how sure, what else, or no digit at all.

A support vector machine decides between each two of eleven classes: the ten digits, and marks
that are none. How clearly each of the 55 duels is won tells how sure it is: a logistic regression
learns that from samples that are written in ways the machine did not see (stacking: D. H. Wolpert,
Stacked generalization, Neural Networks 5, 1992), and what it says is calibrated at the end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.ensemble import StackingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from digitwatch.learning.data import Samples

DIGITS = 10
C, GAMMA = 5.0, 0.00014
COMPONENTS = 80  # as right as all features, and five times as fast
FOLDS = 3
CLEARLY_WON = 1.0  # what a duel is won by counts up to the machine's own margin, no further
JUDGE_C = 0.1
NO_DIGIT_ABOVE = 0.98  # probability of no digit: a digit called none is worse than a review


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


@dataclass(frozen=True, eq=False)
class Classifier:
    """A fitted scikit-learn classifier of 0..9 and NO_DIGIT, and the plain numbers beside it."""

    estimator: Any
    parameters: Mapping[str, float]

    @property
    def machine(self) -> Pipeline:
        """The fitted pipeline inside that ends in the SVC."""
        return self._calibrated.estimator.estimator.named_estimators_["machine"]

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
        duels = self.machine.decision_function(features)
        scores = self._calibrated.estimator.estimator.final_estimator_.decision_function(duels)
        probabilities: NDArray[np.float64] = self._calibrated.calibrators[0].predict(scores)
        return probabilities

    @property
    def _calibrated(self) -> Any:
        return self.estimator.calibrated_classifiers_[0]


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
    """Fit the machine and its judge to the samples `learned`; calibrate on those `checked`.

    Samples of one group are never on both sides while the judge is fitted. All classes, 0..9 and
    NO_DIGIT, need to be in both.
    """
    svc = SVC(C=C, gamma=GAMMA, decision_function_shape="ovo")
    machine = Pipeline([("components", PCA(COMPONENTS, svd_solver="full")), ("svc", svc)])
    clip = FunctionTransformer(np.clip, kw_args={"min": -CLEARLY_WON, "max": CLEARLY_WON})
    second_look = Pipeline(
        [("clip", clip), ("logistic", LogisticRegression(C=JUDGE_C, max_iter=1000))]
    )
    folds = StratifiedGroupKFold(FOLDS).split(learned.features, learned.labels, learned.groups)
    stack = StackingClassifier(
        [("machine", machine)], second_look, cv=list(folds), stack_method="decision_function"
    ).fit(learned.features, learned.labels)
    calibrated = CalibratedClassifierCV(FrozenEstimator(stack), method="temperature")
    calibrated.fit(checked.features, checked.labels)
    return Classifier(calibrated, {"no_digit_above": NO_DIGIT_ABOVE})
