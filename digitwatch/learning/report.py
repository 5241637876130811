"""The report of a training: how well it reads, for people and for machines."""

import json
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import sklearn

from digitwatch import __version__
from digitwatch.files import write_atomically
from digitwatch.learning.evaluation import Evaluation
from digitwatch.learning.report_page import render_page
from digitwatch.learning.training import Training


def write_report(training: Training, folder: Path) -> Path:
    """Write report.html, which opens without a network, with report.json beside it.

    Returns the path of the page. The figures of both are the same.

    Raises:
        OSError: The folder cannot be written to.
    """
    text = json.dumps(figures(training), indent=1, ensure_ascii=False) + "\n"
    page = folder / "report.html"
    write_atomically(folder / "report.json", text.encode("utf-8"))
    write_atomically(page, render_page(training, versions()).encode("utf-8"))
    return page


def figures(training: Training) -> dict[str, Any]:
    """Return every figure of the page as plain numbers, lists and dicts."""
    return {
        "versions": versions(),
        "seed": training.seed,
        "parameters": dict(training.parameters),
        "drawn": _measured(training.drawn),
        "unshuffled": _measured(training.unshuffled),
        "shuffled": _measured(training.shuffled),
    }


def versions() -> dict[str, str]:
    """Return the versions of what the model depends on."""
    return {
        "digitwatch": __version__,
        "scikit-learn": sklearn.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def _measured(evaluation: Evaluation) -> dict[str, Any]:
    coverage = evaluation.coverage.thinned()
    return evaluation.summary() | {
        "taken_for_no_digit": int((~evaluation.is_digit).sum()),
        "sure": asdict(evaluation.when_sure()),
        "confusion": evaluation.confusion.tolist(),
        "reliability": [asdict(one) for one in evaluation.reliability],
        "coverage": {
            "threshold": coverage.threshold.tolist(),
            "coverage": coverage.coverage.tolist(),
            "accuracy": coverage.accuracy.tolist(),
        },
        "wrong": [
            {
                "index": int(index),
                "truth": int(evaluation.truth[index]),
                "predicted": int(evaluation.predicted[index]),
                "confidence": float(evaluation.confidence[index]),
            }
            for index in np.flatnonzero(~evaluation.correct)
        ],
    }
