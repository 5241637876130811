"""Corrections and labelled folders become lessons: the ink of marks, and what they are."""

import io
from datetime import datetime, timedelta

import numpy as np
import pytest
from PIL import Image

from digitwatch.errors import ConfigError
from digitwatch.learning.data import NO_DIGIT
from digitwatch.recording.bitmaps import pack
from digitwatch.recording.correction import Correction
from digitwatch.recording.ledger import Ledger
from digitwatch.running import lessons
from digitwatch.running.lessons import (
    NO_INK,
    NO_LABEL,
    NOT_ASKED,
    NOT_ONE,
    OTHER_COUNT,
    from_folder,
    from_ledger,
)
from tests.recording.making import make_mark, make_record

TIME = datetime(2026, 7, 1, 12, 0, 0)


def marks(*counts):
    """Marks on lines, so many on each."""
    return tuple(make_mark(1, line=line) for line, count in enumerate(counts) for _ in range(count))


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "digitwatch.db") as opened:
        yield opened


@pytest.fixture
def said(ledger):
    """Record marks on lines, with ink of other sizes each, and say what they are."""

    def say(id_, digits, *counts, minutes=0, looked_at=None, **changes):
        masks = [np.ones((3 + place, 5), np.bool_) for place in range(sum(counts))]
        fields = {"marks": marks(*counts), "ink": pack(masks), "sha256": id_} | changes
        ledger.add([[make_record(id_, file=f"{id_}.png", path=id_, **fields)]])
        time = TIME + timedelta(minutes=minutes)
        said = Correction(id_, digits, time, digits, looked_at=looked_at)
        ledger.corrections.correct([said])

    return say


def found(gathered):
    return [(one.label, one.mask.shape[0], one.drawing, one.name) for one in gathered.lessons]


def test_each_mark_of_a_corrected_record_is_a_lesson(ledger, said):
    said("seven", "7", 1)
    said("page", "3 ? / 5", 2, 1, minutes=1)
    assert found(from_ledger(ledger)) == [
        (7, 3, "seven", "seven.png (seven)"),
        (3, 3, "page", "page.png, line 1, mark 1 (page)"),
        (NO_DIGIT, 4, "page", "page.png, line 1, mark 2 (page)"),
        (5, 5, "page", "page.png, line 2, mark 1 (page)"),
    ]


def test_only_what_a_person_looked_at_is_a_lesson(ledger, said):
    said("page", "3 1 5", 3, looked_at=(0, 2))
    gathered = from_ledger(ledger)
    assert [one.label for one in gathered.lessons] == [3, 5]
    assert gathered.left_out == {NOT_ASKED: 1}


def test_what_was_read_right_and_confirmed_is_a_lesson_too(ledger, said):
    said("one", "1", 1)
    assert [one.label for one in from_ledger(ledger).lessons] == [1]


def test_a_record_without_any_digit_teaches_what_none_looks_like(ledger, said):
    said("scribble", "-", 2)
    assert [one.label for one in from_ledger(ledger).lessons] == [NO_DIGIT, NO_DIGIT]


def test_what_was_said_last_comes_last(ledger, said):
    said("late", "1", 1, minutes=2)
    said("early", "2", 1, minutes=1)
    assert [one.drawing for one in from_ledger(ledger).lessons] == ["early", "late"]


def test_what_was_taken_back_or_has_nothing_on_it_is_no_lesson(ledger, said):
    said("taken back", "", 1)
    said("blank", "-", 0)
    ledger.corrections.correct([Correction("unknown", "7", TIME, "7")])
    gathered = from_ledger(ledger)
    assert (gathered.lessons, gathered.left_out) == ([], {})


def test_marks_that_cannot_be_told_apart_are_left_out_and_counted(ledger, said):
    said("page", "1 2 3 / 4", 2, 1)
    said("single", "1 2", 1, minutes=1)
    gathered = from_ledger(ledger)
    assert [(one.label, one.mask.shape[0]) for one in gathered.lessons] == [(4, 5)]
    assert gathered.left_out == {OTHER_COUNT: 3}


@pytest.mark.parametrize("ink", [b"", b"damaged", pack([np.ones((3, 3), np.bool_)])])
def test_records_whose_ink_is_not_there_are_left_out_and_counted(ledger, said, ink):
    said("old", "1 2", 2, ink=ink)
    said("new", "3", 1)
    gathered = from_ledger(ledger)
    assert [one.label for one in gathered.lessons] == [3]
    assert gathered.left_out == {NO_INK: 2}


@pytest.fixture
def folder(tmp_path, draw):
    place = tmp_path / "labelled"
    for name, data in {
        "7_seven.png": draw(7),
        "3/mine.bmp": draw(3, "BMP"),
        "nondigit/looks like a one.png": draw(1),
        "4_bad.png": b"no picture",
        "who knows.png": draw(2),
    }.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return place


def silent(_count, _total):
    pass


def test_labelled_pictures_are_lessons_and_the_rest_is_counted(folder):
    (folder / "5_blank.png").write_bytes(blank())
    gathered = from_folder(folder, "auto", silent)
    assert [(one.label, one.name) for one in gathered.lessons] == [
        (7, "7_seven.png"),
        (3, "3/mine.bmp"),
        (NO_DIGIT, "nondigit/looks like a one.png"),
    ]
    assert gathered.left_out == {NO_LABEL: 1, NOT_ONE: 1}
    (unreadable,) = gathered.unreadable
    assert unreadable.startswith("4_bad.png: ")


def blank():
    png = io.BytesIO()
    Image.new("L", (60, 40), 255).save(png, "PNG")
    return png.getvalue()


def test_their_ink_is_what_the_reader_finds_in_them(folder, reader):
    seven = from_folder(folder, "auto", silent).lessons[0]
    (page,) = reader.read((folder / "7_seven.png").read_bytes(), "7_seven.png")
    assert page.ink == pack([seven.mask])


def test_progress_is_told_after_each_file_and_a_fault_of_ours_costs_one(folder, monkeypatch):
    told = []

    def fail(*_):
        raise RuntimeError("a fault")

    monkeypatch.setattr(lessons, "find", fail)
    gathered = from_folder(folder, "auto", lambda *counts: told.append(counts))
    assert told == [(count, 4) for count in range(1, 5)]
    assert len(gathered.unreadable) == 4
    assert "digitwatch failed on it (a fault)" in gathered.unreadable[1]


def test_a_folder_without_labelled_pictures_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no image"):
        from_folder(tmp_path, "auto", silent)
