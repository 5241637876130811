"""Labelled files are judged by what a person would call right, and every figure says how many."""

import json
from typing import Any

import pytest

from digitwatch.learning.data import NO_DIGIT
from digitwatch.learning.file_evaluation import OTHER, FileEvaluation, Outcome, Tally, label_of
from digitwatch.learning.file_page import render_page
from digitwatch.learning.file_report import as_text


@pytest.mark.parametrize(
    ("file", "label"),
    [
        ("7_seven.png", 7),
        ("7_.png", 7),
        ("people/7_a.png", 7),
        ("7/anything.png", 7),
        ("7/by hand/anything.png", 7),
        ("7/7_a.png", 7),
        ("nondigit/x.png", NO_DIGIT),
        ("nondigit/7_x.png", NO_DIGIT),
        ("3/7_a.png", None),
        ("7.png", None),
        ("77_a.png", None),
        ("seven_7.png", None),
        ("scans/17/a.png", None),
        ("_7.png", None),
        ("\N{SUPERSCRIPT TWO}_a.png", None),
    ],
)
def test_the_label_is_what_folder_and_name_agree_on(file, label):
    assert label_of(file) == label


def outcome(truth: int, digits: str, confidence: float | None = 0.9, **changes) -> Outcome:
    fields: dict[str, Any] = {
        "file": f"{truth}_{digits or 'x'}.png",
        "truth": truth,
        "digits": digits,
        "status": "ok",
        "confidence": confidence,
        "seconds": 0.01,
    }
    return Outcome(**fields | changes)


@pytest.mark.parametrize(
    ("digits", "read", "is_right"),
    [
        ("7", 7, True),
        ("1", 1, False),
        ("7 7", OTHER, False),
        ("7 / 7", OTHER, False),
        ("?", OTHER, False),
        ("", OTHER, False),
    ],
)
def test_only_the_one_right_digit_is_right(digits, read, is_right):
    one = outcome(7, digits)
    assert (one.read, one.is_right) == (read, is_right)


@pytest.mark.parametrize(
    ("status", "is_right"), [("ok", False), ("review", True), ("blank", True), ("error", False)]
)
def test_what_is_no_digit_is_right_when_a_person_is_asked_or_nothing_is_seen(status, is_right):
    assert outcome(NO_DIGIT, "4", status=status).is_right == is_right


OUTCOMES = (
    outcome(7, "7", 0.95, file="a/7_x.png"),
    outcome(7, "1", 0.99, file="a/7_y.png", seconds=0.2),
    outcome(3, "3", 0.55, file="b/3_x.png", status="review"),
    outcome(3, "", None, file="b/3_y.png", status="error"),
    outcome(NO_DIGIT, "?", None, file="nondigit/z.png", status="review"),
    outcome(NO_DIGIT, "0", 0.97, file="nondigit/o.png"),
)
EVALUATION = FileEvaluation(OUTCOMES, ("7.png",))


def test_each_figure_counts_the_files_that_it_is_about():
    assert EVALUATION.overall == Tally(2, 4)
    assert EVALUATION.accepted == Tally(1, 2)
    assert EVALUATION.nondigits == Tally(1, 2)
    assert EVALUATION.per_digit == {"3": Tally(1, 2), "7": Tally(1, 2)}
    assert EVALUATION.per_folder == {"a": Tally(1, 2), "b": Tally(1, 2), "nondigit": Tally(1, 2)}


def test_what_is_not_one_digit_has_a_column_of_its_own():
    confusion = EVALUATION.confusion
    assert confusion.shape == (10, 11)
    assert confusion.sum() == 4
    assert (confusion[7, 7], confusion[7, 1], confusion[3, OTHER]) == (1, 1, 1)


def test_calibration_is_about_what_was_read_and_coverage_about_all_digits():
    assert len(EVALUATION.readings) == 3
    assert EVALUATION.readings.accuracy == pytest.approx(2 / 3)
    coverage = EVALUATION.everything.coverage
    assert coverage.coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert coverage.accuracy.tolist() == pytest.approx([0, 1 / 2, 2 / 3, 1 / 2])


def test_the_surest_mistakes_and_the_slowest_files_come_first():
    assert [one.file for one in EVALUATION.wrong] == ["a/7_y.png", "nondigit/o.png", "b/3_y.png"]
    assert EVALUATION.slowest[0].file == "a/7_y.png"
    assert EVALUATION.seconds(1.0) == 0.2


def test_the_figures_are_plain_json():
    figures = json.loads(json.dumps(EVALUATION.figures()))
    assert figures["digits"] == {"right": 2, "count": 4, "share": 0.5}
    assert figures["accepted_share"] == 0.5
    assert figures["skipped"] == ["7.png"]
    assert len(figures["wrong"]) == 3


def test_the_text_says_what_was_found():
    text = as_text(EVALUATION)
    for words in (
        "50.0 % of 4 digits are read right.",
        "50.0 % are sure enough to need no review; 50.0 % of those are right.",
        "50.0 % of 2 marks that are no digit are left for review, or blank.",
        "a/7_y.png: is 7, read 1 (99.0 %)",
        "b/3_y.png: is 3, read error",
        "nondigit/o.png: is no digit, read 0 (97.0 %)",
        "7.png",
        "7_anything.png",
        "the surest 50 %     95.0 %    50.0 %",
    ):
        assert words in text


@pytest.mark.parametrize("kept", [OUTCOMES[:2], OUTCOMES[4:], OUTCOMES[3:4]])
def test_figures_can_be_had_of_digits_alone_and_of_no_digits_alone(kept):
    evaluation = FileEvaluation(kept, ())
    assert as_text(evaluation)
    assert "no digit" in render_page(evaluation, "sheet.png")
    assert json.dumps(evaluation.figures())


def test_a_long_list_is_cut():
    many = tuple(outcome(7, "1", file=f"7_{number}.png") for number in range(30))
    assert "and 20 more" in as_text(FileEvaluation(many, ()))


def test_the_page_says_the_same_as_the_figures():
    page = render_page(EVALUATION, "sheet.png")
    assert "of 4 digits are read right" in page
    assert "<strong>50.0\N{NO-BREAK SPACE}%</strong>" in page
    assert '<th scope="col">other</th>' in page
    assert page.count("<svg") == 2
