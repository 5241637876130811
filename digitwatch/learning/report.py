"""The report of a training: how well it reads, for people and for machines."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import sklearn

from digitwatch import __version__
from digitwatch.errors import writing
from digitwatch.files import write_atomically
from digitwatch.learning.classifier import Prediction
from digitwatch.learning.data import NO_DIGIT
from digitwatch.learning.evaluation import Evaluation
from digitwatch.learning.gate import Verdict, scores
from digitwatch.learning.lessons import ReadLessons, label_read, surety
from digitwatch.learning.report_page import render_page
from digitwatch.learning.training import Training

FIRST = Verdict()
"""Of a model that has none before it."""


def write_report(training: Training, folder: Path, verdict: Verdict = FIRST) -> Path:
    """Write report.html, which opens without a network, with report.json beside it.

    Returns the path of the page. The figures of both are the same. `verdict` says how the new
    model fares beside the one in place.

    Raises:
        WriteError: The folder cannot be written to.
    """
    text = json.dumps(figures(training, verdict), indent=1, ensure_ascii=False) + "\n"
    html = render_page(training, versions(), verdict)
    page = folder / "report.html"
    with writing(page):
        write_atomically(folder / "report.json", text.encode("utf-8"))
        write_atomically(page, html.encode("utf-8"))
    return page


def figures(training: Training, verdict: Verdict = FIRST) -> dict[str, Any]:
    """Return every figure of the page as plain numbers, lists and dicts."""
    return {
        "versions": versions(),
        "seed": training.seed,
        "parameters": dict(training.parameters),
        "drawn": _measured(training.drawn),
        "unshuffled": _measured(training.unshuffled),
        "shuffled": _measured(training.shuffled),
        "data_sets": {name: _measured(one) for name, one in training.data_sets.items()},
        "lessons": _lessons(training.lessons),
        "old_beside_new": {
            "old": verdict.old,
            "accepted": verdict.is_accepted,
            "forced": verdict.is_forced,
            "worse": [comparison.name for comparison in verdict.worse],
            "scores": [asdict(score) for score in scores(training, verdict)],
        },
    }


def versions() -> dict[str, str]:
    """Return the versions of what the model depends on."""
    return {
        "digitwatch": __version__,
        "scikit-learn": sklearn.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def _lessons(read: ReadLessons) -> dict[str, Any]:
    labels = read.lessons.samples.labels
    return {
        "count": len(read),
        "learned": int(read.lessons.is_learned.sum()),
        "left_out": read.lessons.left_out,
        "right": int(read.right.sum()),
        "per_label": np.bincount(labels, minlength=NO_DIGIT + 1).tolist(),
        "still_wrong": [_lesson(read, place, read.learned) for place in read.still_wrong],
        "look_mistaken": [_lesson(read, place, read.unseen) for place in read.doubtful],
    }


def _lesson(read: ReadLessons, place: int, predictions: Sequence[Prediction]) -> dict[str, Any]:
    lesson, prediction = read.lessons.each[place], predictions[place]
    return {
        "name": lesson.name,
        "label": lesson.label,
        "read": label_read(prediction),
        "confidence": surety(prediction),
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
