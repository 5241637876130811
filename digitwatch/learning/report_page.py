"""The page of the report: plain words first, then the figures behind them."""

import html
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from digitwatch.learning.evaluation import Evaluation
from digitwatch.learning.gate import Verdict
from digitwatch.learning.lessons_page import old_beside_new, own_drawings
from digitwatch.learning.markup import (
    confusion,
    document,
    folded,
    gallery,
    percent,
    section,
    table,
)
from digitwatch.learning.plots import confidence, grid_image
from digitwatch.learning.training import Training

DIGITS = range(10)
SAMPLES_A_DIGIT = 3
WRONG_SHOWN = 40

DRAWN = "Drawings by rule"
UNSHUFFLED = "load_digits, in order"
SHUFFLED = "load_digits, shuffled"


def render_page(
    training: Training, versions: Mapping[str, str], verdict: Verdict, of_which: str = ""
) -> str:
    """Return the page as one piece of HTML: its style and its pictures are in it.

    `of_which` is HTML that says of which model it is.
    """
    body = "\n".join(
        (
            _headline(training, of_which),
            old_beside_new(training, verdict),
            own_drawings(training.lessons),
            _samples(training),
            _three_scores(training),
            section(f"{DRAWN}, digit by digit", _details(training.drawn)),
            folded(f"{UNSHUFFLED}: the same figures", _details(training.unshuffled)),
            folded(f"{SHUFFLED}: the same figures", _details(training.shuffled)),
            *(
                folded(f"{html.escape(name)}, held out: the same figures", _details(evaluation))
                for name, evaluation in training.data_sets.items()
            ),
            _how_it_was_trained(training, versions),
        )
    )
    return document("How well digitwatch reads", body)


def _headline(training: Training, of_which: str) -> str:
    sure = training.drawn.when_sure()
    return f"""<h1>How well digitwatch reads</h1>
<p class="lead">The scores on this page were measured on digits that the model had not seen while it
learned.</p>
{of_which}
<div class="headline">
<div><strong>{percent(training.drawn.accuracy)}</strong>of {len(training.drawn):,} drawings made by
rule, as people draw with a mouse or a pen, are read right.</div>
<div><strong>{percent(sure.accuracy)}</strong>of those are right of which the model says that it
is at least 90 % sure. That is so for {percent(sure.share)} of the drawings.</div>
<div><strong>{percent(training.unshuffled.accuracy)}</strong>of {len(training.unshuffled):,}
digits of scikit-learn's load_digits are read right, most of them by writers it did not learn
from.</div>
</div>"""


def _samples(training: Training) -> str:
    rows = "\n".join(
        f"<h3>{title}</h3>\n{gallery(_some_of_each(evaluation), 'samples')}"
        for title, evaluation in (
            ("Written by people: load_digits", training.shuffled),
            ("Drawn by the program itself: drawings by rule", training.drawn),
        )
    )
    return section(
        "What the model looks at",
        "<p>Every digit is brought to 8 x 8 cells before the model sees it. The more ink lies in a "
        "cell, the darker it is. These were held out while it learned.</p>",
        rows,
    )


def _some_of_each(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Choose the first samples of each digit: one row of 0 to 9 after the other."""
    found = [np.flatnonzero(evaluation.truth == digit)[:SAMPLES_A_DIGIT] for digit in DIGITS]
    return [
        (f'<img src="{grid_image(evaluation.grids[of[row]])}" alt="a {digit}">', "")
        for row in range(SAMPLES_A_DIGIT)
        for digit, of in zip(DIGITS, found, strict=True)
        if row < len(of)
    ]


def _three_scores(training: Training) -> str:
    scores = pd.DataFrame(
        {
            DRAWN: _score(training.drawn),
            UNSHUFFLED: _score(training.unshuffled),
            SHUFFLED: _score(training.shuffled),
        }
    ).rename_axis("measured on")
    return section(
        "Three scores, and which to believe",
        "<p>The digits of load_digits come in runs by the same writer. Shuffled, the model is "
        "tested on writers from whom it has learned, and that flatters it. In order, it learns "
        "from the first half and is tested on the second, which mostly other people wrote: that is "
        "the honest score of the two. Drawings by rule are closest to what people save into the "
        "inbox, but they follow the same rules as those that it learned from: expect somewhat "
        "less of strangers' drawings.</p>",
        table(scores),
    )


def _score(evaluation: Evaluation) -> dict[str, str]:
    sure = evaluation.when_sure()
    return {
        "digits": f"{len(evaluation):,}",
        "read right": percent(evaluation.accuracy),
        "at least 90 % sure": percent(sure.share),
        "right among those": percent(sure.accuracy),
        "taken for no digit": f"{np.count_nonzero(~evaluation.is_digit):,}",
        "calibration error": percent(evaluation.expected_calibration_error),
    }


def _details(evaluation: Evaluation) -> str:
    return "\n".join(
        (
            '<div class="columns">\n<div>',
            "<h3>Each digit</h3>",
            "<p>Precision: of what was read as this digit, how much was one. Recall: of these "
            "digits, how many were found. F1 is the balance of the two.</p>",
            table(_per_digit(evaluation)),
            "</div>\n<div>",
            "<h3>Which digit is taken for which</h3>",
            "<p>A row for each true digit, a column for what was read. Blue on the diagonal counts "
            "what is right; orange beside it counts mistakes.</p>",
            confusion(evaluation.confusion, DIGITS),
            "</div>\n</div>",
            "<h3>Can its confidence be believed?</h3>",
            confidence(evaluation, evaluation.coverage),
            "<h3>Read right</h3>",
            "<p>What the model saw, what it read, and how sure it was: the surest and the least "
            "sure of each digit.</p>",
            gallery(_cards(evaluation, _some_right(evaluation)), ""),
            "<h3>Read wrong</h3>",
            _wrong(evaluation),
        )
    )


def _per_digit(evaluation: Evaluation) -> pd.DataFrame:
    return pd.DataFrame(
        {
            score.digit: {
                "precision": percent(score.precision),
                "recall": percent(score.recall),
                "F1": percent(score.f1),
                "samples": f"{score.support:,}",
            }
            for score in evaluation.per_digit
        }
    ).T.rename_axis("digit")


def _some_right(evaluation: Evaluation) -> Sequence[int]:
    """Choose what was read right: of each digit the surest and the least sure."""
    chosen: list[int] = []
    for digit in DIGITS:
        of = np.flatnonzero(evaluation.correct & (evaluation.truth == digit))
        if len(of):
            by_confidence = of[np.argsort(evaluation.confidence[of], kind="stable")]
            chosen += dict.fromkeys((int(by_confidence[-1]), int(by_confidence[0])))
    return chosen


def _wrong(evaluation: Evaluation) -> str:
    wrong = np.flatnonzero(~evaluation.correct)
    if not len(wrong):
        return "<p>None.</p>"
    surest = wrong[np.argsort(-evaluation.confidence[wrong], kind="stable")][:WRONG_SHOWN]
    return (
        f"<p>{len(wrong):,} of {len(evaluation):,}; the ones of which it was surest come first.</p>"
        + gallery(_cards(evaluation, surest), "wrong")
    )


def _cards(evaluation: Evaluation, indices: Iterable[int]) -> list[tuple[str, str]]:
    cards = []
    for index in indices:
        truth, read = evaluation.truth[index], evaluation.predicted[index]
        sure = f"{int(100 * evaluation.confidence[index])} % sure"
        was = f"a {truth}" if truth in DIGITS else "no digit"
        picture = grid_image(evaluation.grids[index])
        words = f"read <b>{read}</b><br>{sure}" + (f"<br>is {was}" if truth != read else "")
        cards.append((f'<img src="{picture}" alt="{was}, read as {read}, {sure}">', words))
    return cards


def _how_it_was_trained(training: Training, versions: Mapping[str, str]) -> str:
    facts = {"seed": training.seed} | dict(training.parameters) | dict(versions)
    settings = pd.DataFrame(
        {"value": {name: _plain(value) for name, value in facts.items()}}
    ).rename_axis("setting")
    return section(
        "How it was trained",
        "<p>With these settings and versions the training gives the same model again. The figures "
        "of this page stand in report.json beside it.</p>",
        table(settings, "words"),
    )


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
