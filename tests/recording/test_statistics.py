from datetime import date, datetime

import pytest

from digitwatch.recording.correction import Correction
from digitwatch.recording.statistics import Confusion, Right, count
from tests.recording.making import make_mark, make_record

TIME = datetime(2026, 11, 25, 9, 30)


def corrections(**said):
    return {id_: Correction(id_, digits, TIME, "") for id_, digits in said.items()}


def record(id_, day, *digits, **changes):
    marks = tuple(make_mark(digit) for digit in digits)
    return make_record(id_, time=datetime(2026, 11, day, 12), marks=marks, **changes)


def test_files_pages_and_digits_are_counted_by_status_and_by_day():
    counted = count(
        [
            record("a", 1, 7, None),
            record("b", 1, 1, page=2, status="review"),
            record("c", 3, status="blank"),
        ],
        {},
    )
    assert (counted.files, counted.digits, counted.others) == (2, 2, 1)
    assert counted.pages == {"ok": 1, "review": 1, "blank": 1}
    assert [(day.date.day, day.count, day.review_share) for day in counted.days] == [
        (1, 2, 0.5),
        (3, 1, 0.0),
    ]
    assert (counted.first, counted.last) == (datetime(2026, 11, 1, 12), datetime(2026, 11, 3, 12))


def test_of_what_people_looked_at_what_they_say_too_is_right():
    records = [
        record("a", 1, 7),
        record("b", 1, 1, status="review"),
        record("c", 1, 3, 3),
        record("d", 1, 9),
        record("e", 1, 9),
    ]
    counted = count(records, corrections(a="7", b="7", c="3 8", d="", f="4"))
    assert counted.looked_at == {"ok": Right(1, 2), "review": Right(0, 1)}
    assert counted.all_looked_at == Right(1, 3)


def test_what_is_right_is_counted_by_model_the_first_one_first():
    models = ("Z", "Z", "A", "A", "")  # the last one could not be read
    records = [record(id_, 1, 7, model=model) for id_, model in zip("abcde", models, strict=True)]
    counted = count(records, corrections(a="1", b="7", c="7", d="7", e="7"))
    assert list(counted.by_model.items()) == [("Z", Right(1, 2)), ("A", Right(2, 2))]


def test_only_the_marks_that_people_looked_at_are_judged():
    records = [record("a", 1, 7, 1, 2), record("b", 1, 7, 1)]
    said = {
        "a": Correction("a", "7 4 2", TIME, looked_at=(0, 2)),
        "b": Correction("b", "7 4", TIME, looked_at=(1,)),
    }
    counted = count(records, said)
    assert counted.looked_at == {"ok": Right(1, 2)}
    assert set(counted.confusions) == {
        Confusion(7, 7, 1), Confusion(2, 2, 1), Confusion(4, 1, 1)
    }  # fmt: skip


def test_a_page_without_marks_on_which_there_is_no_digit_is_right():
    assert count([record("a", 1)], corrections(a="-")).looked_at == {"ok": Right(1, 1)}


def test_confused_pairs_come_the_most_frequent_first_and_without_what_is_right():
    records = [record("a", 1, 1, 1, 7), record("b", 1, None, 4), record("c", 1, 5)]
    counted = count(records, corrections(a="7 7 7", b="2 ?", c="0 5"))
    assert counted.mistakes[0] == Confusion(truth=7, read=1, count=2)
    assert set(counted.mistakes[1:]) == {Confusion(2, None, 1), Confusion(None, 4, 1)}
    assert Confusion(7, 7, 1) in counted.confusions
    assert counted.unmatched == 1


def test_what_was_read_before_a_day_is_left_out():
    records = [record("a", 1, 7), record("b", 2, 7), record("c", 3, 7)]
    counted = count(records, corrections(a="7", c="7"), since=date(2026, 11, 2))
    assert counted.files == 2
    assert counted.all_looked_at == Right(1, 1)


def test_records_are_gone_through_once_and_of_none_there_is_nothing():
    records = iter([record("a", 1, 7)])
    assert count(records, {}).files == 1
    assert count(records, {}).first is None


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    [(9, 10, 0.5958, 0.9821), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (0, 0, 0.0, 1.0)],
)
def test_the_interval_is_that_of_wilson(right, of, low, high):
    assert Right(right, of).interval == pytest.approx((low, high), abs=0.0001)


def test_the_share_lies_between_its_bounds_whatever_is_right():
    for of in range(1, 300):
        for right in (0, 1, of // 2, of - 1, of):
            low, high = Right(right, of).interval
            assert 0 <= low <= right / of <= high <= 1
