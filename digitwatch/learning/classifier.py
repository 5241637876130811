"""From features to what is believed: a digit, how sure, what else, or no digit at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from digitwatch.learning.data import NO_DIGIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from digitwatch.learning.data import Samples

DIGITS = 10


@dataclass(frozen=True)
class Prediction:
    """What a glyph was read as.

    `confidence` (0..1) is the calibrated probability that the mark is a digit and this one;
    `probabilities` are those of 0 to 9, and what they lack of 1 is that of no digit at all.
    `is_digit` is False for a mark that is more likely no digit than all ten together.
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

    def predict(self, features: NDArray[np.float32]) -> list[Prediction]:
        """Return a prediction for each row of `features`, float32 (n, F)."""
        if not len(features):
            return []
        return [self._judge(row) for row in self.estimator.predict_proba(features)]

    def _judge(self, probabilities: NDArray[np.float64]) -> Prediction:
        digits = probabilities[:DIGITS]
        second, first = np.argsort(digits)[-2:]
        return Prediction(
            digit=int(first),
            confidence=float(digits[first]),
            runner_up=int(second),
            runner_up_confidence=float(digits[second]),
            is_digit=bool(digits.sum() >= self.parameters["digit_above"]),
            probabilities=tuple(float(p) for p in digits),
        )


def fit(samples: Samples, parameters: Mapping[str, float], seed: int) -> Classifier:
    """Fit an SVC and calibrate it on samples held out in turn."""
    machine = Pipeline(
        [
            ("scale", StandardScaler(with_std=False)),
            ("svc", SVC(C=parameters["C"], gamma=parameters["gamma"], random_state=seed)),
        ]
    )
    calibrated = CalibratedClassifierCV(machine, method="temperature", cv=3, ensemble=False)
    return Classifier(calibrated.fit(samples.features, samples.labels), parameters)


__all__ = ["DIGITS", "NO_DIGIT", "Classifier", "Prediction", "fit"]
