"""The report of a training: how well it reads, for people and for machines."""

import html
import json
import platform
import re
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

PAGE, FIGURES = "report.html", "report.json"
OF_WHICH = re.compile(r'<p id="model">.*?</p>')
FIRST = Verdict()
"""Of a model that has none before it."""


def write_report(
    training: Training, folder: Path, verdict: Verdict = FIRST, model: str = ""
) -> Path:
    """Write report.html, which opens without a network, with report.json beside it.

    Args:
        training: What the report is about.
        folder: Of the models.
        verdict: How the new model fares beside the one in place.
        model: Its id; empty where it is not kept.

    Returns:
        The path of the page. The figures of both files are the same.

    Raises:
        WriteError: The folder cannot be written to.
    """
    text = json.dumps(figures(training, verdict, model), indent=1, ensure_ascii=False) + "\n"
    of_which = _of_which(model, in_place=model or verdict.old)
    content = render_page(training, versions(), verdict, of_which)
    page = folder / PAGE
    with writing(page):
        write_atomically(folder / FIGURES, text.encode("utf-8"))
        write_atomically(page, content.encode("utf-8"))
    return page


def tell_report(folder: Path, in_place: str) -> None:
    """Let the page say whether the model that it is about is the one that is in place now.

    Args:
        folder: Of the models. Where there is no such report, nothing is done.
        in_place: Id of the model.

    Raises:
        WriteError: The page cannot be written.
    """
    page = folder / PAGE
    try:
        model = str(json.loads((folder / FIGURES).read_bytes())["model"])
        content = page.read_text(encoding="utf-8")
    except (OSError, ValueError, KeyError, TypeError):
        return
    told = OF_WHICH.sub(lambda _: _of_which(model, in_place), content)
    with writing(page):
        write_atomically(page, told.encode("utf-8"))


def _of_which(model: str, in_place: str) -> str:
    model, in_place = html.escape(model), html.escape(in_place)
    if not model:
        words = f"<strong>This model was not kept.</strong> The one in place is {in_place}."
    elif model == in_place:
        words = f"This is the report of the model {model}."
    else:
        words = (
            f"<strong>This is the report of the model {model}, which is not in place any more."
            f"</strong> The one in place is {in_place}."
        )
    return f'<p id="model">{words}</p>'


def figures(training: Training, verdict: Verdict = FIRST, model: str = "") -> dict[str, Any]:
    """Return every figure of the page as plain numbers, lists and dicts."""
    return {
        "model": model,
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
