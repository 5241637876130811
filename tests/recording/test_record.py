import re

from hypothesis import given
from hypothesis import strategies as st

from digitwatch.recording.record import describe, digits_text, one_line, percent, record_id
from tests.recording.making import make_mark, make_record


def test_digits_are_apart_so_that_no_spreadsheet_makes_a_number_of_them():
    marks = [
        make_mark(digit, line=line) for line, digit in ((0, 0), (0, 5), (0, 2), (1, 1), (1, 1))
    ]
    assert digits_text(marks) == "0 5 2 / 1 1"


def test_a_mark_that_is_no_digit_is_a_question_mark():
    assert digits_text([make_mark(3), make_mark(None)]) == "3 ?"


def test_the_confidence_of_a_page_is_that_of_its_least_sure_digit_rounded_down():
    record = make_record(marks=(make_mark(3, confidence=0.999), make_mark(4, confidence=0.9)))
    assert record.confidence == 90
    assert percent(0.999) == 99
    assert make_record(marks=()).confidence is None


@given(st.text(), st.text("0123456789abcdef"), st.integers(1, 500), st.integers(0, 9))
def test_an_id_is_the_same_for_the_same_job_and_never_a_number_date_or_formula(
    path, sha256, page, times
):
    name = record_id(path, sha256, page, times)
    assert name == record_id(path, sha256, page, times)
    assert re.fullmatch("[bcdfghjklmnpqrstvwxz]{5}-[bcdfghjklmnpqrstvwxz]{5}", name)


def test_each_part_of_a_job_makes_another_id():
    ids = {
        record_id("a.png", "1", 1, 0),
        record_id("b.png", "1", 1, 0),
        record_id("a.png", "2", 1, 0),
        record_id("a.png", "1", 2, 0),
        record_id("a.png", "1", 1, 1),
    }
    assert len(ids) == 5


def test_a_line_on_the_console_stays_one_line_whatever_the_name():
    line = describe(make_record(file="a\nb\x1b[31m.png", note="maybe 1 (38 %)", status="review"))
    assert line.isprintable()
    assert "maybe 1 (38 %)" in line
    assert one_line("a\u202eb") == "a\ufffdb"
