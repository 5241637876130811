"""The part of the report that is about the person's own drawings, and about old beside new."""

import html
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from digitwatch.learning.classifier import Prediction
from digitwatch.learning.data import NO_DIGIT
from digitwatch.learning.gate import Verdict, scores
from digitwatch.learning.lessons import ReadLessons, label_read, surety
from digitwatch.learning.markup import gallery, percent, section, table
from digitwatch.learning.plots import grid_image
from digitwatch.learning.training import Training
from digitwatch.reading.grid import FULL

SIDE = 48
"""Pixels of a lesson's picture."""
SHOWN = 40


def old_beside_new(training: Training, verdict: Verdict) -> str:
    """Return how both models fare, and which is kept; nothing where there was no old one."""
    if not verdict.old:
        return ""
    both = [score for score in scores(training, verdict) if score.old is not None]
    rows = pd.DataFrame(
        {
            score.name: {
                "samples": f"{score.count:,}",
                f"old, {verdict.old}": percent(score.old or 0.0),
                "new": percent(score.new),
            }
            for score in both
        }
    ).T.rename_axis("read right")
    return section(
        "Old beside new",
        f"<p><strong>{html.escape(_outcome(verdict))}</strong></p>",
        "<p>Both models read the same samples, and neither has learned any of them. So a set has "
        "fewer of them here than below where the old model had another seed. Your own drawings "
        "are read by models that learned nothing of the same drawing. Clearly worse is one that "
        "loses more than half a point, and more than chance explains.</p>",
        table(rows),
    )


def _outcome(verdict: Verdict) -> str:
    if not verdict.worse:
        return "The new model is kept: it is nowhere clearly worse than the old one."
    where = ", ".join(comparison.name for comparison in verdict.worse)
    if verdict.is_forced:
        return (
            f"The new model is kept because that was asked for, although it is worse on: {where}."
        )
    return f"The old model is kept: the new one, which this page is about, is worse on: {where}."


def own_drawings(read: ReadLessons) -> str:
    """Return what was learned from the person's own drawings; nothing where there are none."""
    if not len(read):
        return ""
    return section(
        "Your own drawings",
        _introduction(read),
        table(_per_label(read)),
        "<h3>These look mistaken</h3>",
        "<p>A model that never saw them is sure that they are something else. Where what was "
        "typed is right, leave it: nothing is wrong with an unusual hand. Where it is a slip of "
        "the finger, type it anew. They count for little until more drawings speak for them.</p>",
        _cards(read, read.doubtful, read.unseen),
        "<h3>Still read wrong</h3>",
        "<p>The model learned them, and reads them otherwise all the same.</p>",
        _cards(read, read.still_wrong, read.learned),
    )


def _introduction(read: ReadLessons) -> str:
    learned = int(read.lessons.is_learned.sum())
    share = percent(float(read.right.mean()))
    copies = f" {read.lessons.left_out:,} more were copies." if read.lessons.left_out else ""
    how = (
        f"The model learned from {learned:,} of them. What is right was measured five times over, "
        "each time on a fifth of the drawings, by a model that learned from the others only."
        if learned
        else "The model did not learn from them (digitwatch train --corrections does)."
    )
    return (
        f"<p>You have said of {len(read):,} marks what they are.{copies} {how} So {share} are read "
        "right.</p>"
    )


def _per_label(read: ReadLessons) -> pd.DataFrame:
    labels = read.lessons.samples.labels
    return pd.DataFrame(
        {
            _word(label): {
                "drawings": f"{np.count_nonzero(labels == label):,}",
                "read right": percent(float(read.right[labels == label].mean())),
            }
            for label in np.unique(labels).tolist()
        }
    ).T.rename_axis("digit")


def _cards(read: ReadLessons, places: NDArray[np.int64], predictions: Sequence[Prediction]) -> str:
    if not len(places):
        return "<p>None.</p>"
    surest = sorted(places.tolist(), key=lambda place: -surety(predictions[place]))
    few = f"<p>{len(places):,}, here the {SHOWN} surest.</p>" if len(places) > SHOWN else ""
    return few + gallery(
        [_card(read, place, predictions[place]) for place in surest[:SHOWN]], "own"
    )


def _card(read: ReadLessons, place: int, prediction: Prediction) -> tuple[str, str]:
    lesson = read.lessons.each[place]
    said, seen = _word(lesson.label), _word(label_read(prediction))
    sure = f"{int(100 * surety(prediction))} % sure"
    picture = f'<img src="{_picture(lesson.mask)}" alt="said to be {said}, read as {seen}, {sure}">'
    return picture, (
        f"you said <b>{said}</b><br>read <b>{seen}</b><br>{sure}<br>{html.escape(lesson.name)}"
    )


def _word(label: int) -> str:
    return "no digit" if label == NO_DIGIT else str(label)


def _picture(mask: NDArray[np.bool_]) -> str:
    """Return the ink of a glyph as the address of a square picture."""
    side = max(mask.shape)
    square = Image.new("L", (side, side))
    ink = Image.fromarray(mask.astype(np.uint8) * 255)
    square.paste(ink, ((side - ink.width) // 2, (side - ink.height) // 2))
    small = square.resize((SIDE, SIDE), Image.Resampling.BOX)
    return grid_image(np.asarray(small, dtype=np.float32) * (FULL / 255))
