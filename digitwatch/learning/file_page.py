"""The evaluation of labelled files as a page: plain words first, then the figures behind them."""

from collections.abc import Mapping

import pandas as pd

from digitwatch.learning.file_evaluation import FileEvaluation, Tally
from digitwatch.learning.markup import confusion, document, percent, section, table
from digitwatch.learning.plots import confidence


def render_page(evaluation: FileEvaluation, contact_sheet: str) -> str:
    """Return the page as one piece of HTML.

    Args:
        evaluation: At least one file.
        contact_sheet: Address of the picture that shows what was read wrong.
    """
    parts = [
        _headline(evaluation),
        *(_about_digits(evaluation) if evaluation.digits else ()),
        section(
            "Each folder",
            "<p>Of marks that are no digit those count as right that a person is asked to check, "
            "or on which nothing is seen.</p>",
            table(_tallies("folder", evaluation.named_folders)),
        ),
        section(
            "Read wrong, and slow",
            f'<a href="{contact_sheet}"><img src="{contact_sheet}" style="max-width:100%" '
            'alt="The drawings that were read wrong, and those that took longest"></a>',
        ),
    ]
    return document("How well your drawings are read", "\n".join(parts))


def _headline(evaluation: FileEvaluation) -> str:
    digits, accepted, nondigits = evaluation.overall, evaluation.accepted, evaluation.nondigits
    cards = []
    if digits.count:
        cards += [
            (digits.share, f"of {digits.count:,} digits are read right."),
            (accepted.count / digits.count, "of them are sure enough to need no review."),
            (accepted.share, "of those that need no review are right."),
        ]
    if nondigits.count:
        words = f"of {nondigits.count:,} marks that are no digit are left for review, or blank."
        cards.append((nondigits.share, words))
    shown = "\n".join(
        f"<div><strong>{percent(share)}</strong>{text}</div>" for share, text in cards
    )
    return f"""<h1>How well your drawings are read</h1>
<p class="lead">A digit is right when it was read as exactly one digit, the right one.</p>
<div class="headline">
{shown}
</div>"""


def _about_digits(evaluation: FileEvaluation) -> list[str]:
    return [
        section(
            "Which digit is taken for which",
            "<p>A row for each true digit, a column for what was read; other is whatever is not "
            "exactly one digit. Blue on the diagonal counts what is right; orange beside it counts "
            "mistakes.</p>",
            '<div class="columns">',
            confusion(evaluation.confusion, [*range(10), "other"]),
            table(_tallies("digit", evaluation.per_digit)),
            "</div>",
        ),
        section(
            "Can its confidence be believed?",
            confidence(evaluation.readings, evaluation.everything.coverage),
        ),
    ]


def _tallies(name: str, tallies: Mapping[str, Tally]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            key: {
                "read right": percent(tally.share),
                "right": f"{tally.right:,}",
                "files": f"{tally.count:,}",
            }
            for key, tally in tallies.items()
        }
    ).T.rename_axis(name)
