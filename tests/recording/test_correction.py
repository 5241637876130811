import pytest

from digitwatch.recording.correction import labels, labels_of_lines
from tests.recording.making import make_mark

MARKS = (make_mark(0), make_mark(5), make_mark(None, line=1))


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("0 5 / ?", (0, 5, None)),
        ("1 2 3", (1, 2, 3)),
        ("? ? ?", (None, None, None)),
        ("-", (None, None, None)),
        ("0 5", None),
        ("0 5 1 1", None),
        ("", None),
    ],
)
def test_each_mark_gets_the_digit_that_a_person_names(digits, expected):
    assert labels(MARKS, digits) == expected


@pytest.mark.parametrize(
    ("lines", "digits", "named"),
    [
        ((0,), "7", {0: 7}),
        ((0, 0, 1), "1 2 3", {0: 1, 1: 2, 2: 3}),  # lines do not matter where all fits
        ((0, 0, 1), "1 ? / 3", {0: 1, 1: None, 2: 3}),
        ((0, 0, 1, 1), "1 2 / 3", {0: 1, 1: 2}),
        ((0, 0, 1, 1), "1 / 2 3", {2: 2, 3: 3}),
        ((0, 0, 1), "1 2", {}),
        ((0, 0, 0), "-", {0: None, 1: None, 2: None}),
    ],
)
def test_labels_are_matched_line_by_line_where_not_all_fit(lines, digits, named):
    assert labels_of_lines([make_mark(0, line=line) for line in lines], digits) == named
