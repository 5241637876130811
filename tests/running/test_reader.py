import io
from dataclasses import replace

import pytest
from PIL import Image

from digitwatch.reading import segment
from digitwatch.running.reader import File, judge
from tests.recording.making import make_mark


@pytest.mark.parametrize(
    ("marks", "status", "note"),
    [
        ([], "blank", "nothing is drawn on it"),
        ([make_mark(7, confidence=0.8)], "ok", ""),
        ([make_mark(7, confidence=0.799)], "review", "maybe 1 (1 %)"),
        ([replace(make_mark(7, confidence=0.5), runner_up_confidence=0.0)], "review", "not sure"),
        ([make_mark(None, confidence=0.99)], "review", "this looks like no digit"),
        (
            [make_mark(7), make_mark(4, confidence=0.5), make_mark(None)],
            "review",
            "mark 2: maybe 1 (1 %); mark 3: this looks like no digit",
        ),
        (
            [make_mark(4, confidence=0.5)] * 5,
            "review",
            "mark 1: maybe 1 (1 %); mark 2: maybe 1 (1 %); mark 3: maybe 1 (1 %); 2 more",
        ),
        (
            [make_mark(7), make_mark(4, line=1), make_mark(None, line=1)],
            "review",
            "line 2, mark 2: this looks like no digit",
        ),
    ],
)
def test_a_page_is_judged_by_its_least_sure_digit(marks, status, note):
    assert judge(marks, review_below=80) == (status, note)


def test_a_file_that_cannot_be_read_is_a_page_that_says_so(reader, draw):
    pages = reader.read(draw(7), "a.png")
    assert [page.number for page in pages] == [1]
    assert pages[0].thumbnail.startswith(b"\x89PNG")
    failed = reader.read(draw(7)[:200], "a.png")
    assert [page.status for page in failed] == ["error"]


def test_files_read_together_are_read_as_each_by_itself(reader, draw, monkeypatch):
    files = [File(draw(digit, seed=digit), f"{digit}.png") for digit in range(6)]
    files.insert(2, File(b"no picture", "bad.png"))
    alone = [reader.read(file.data, file.name) for file in files]
    assert _without_last_digits(reader.read_all(files)) == _without_last_digits(alone)
    monkeypatch.setattr("digitwatch.running.reader.PIXELS_AT_ONCE", 1)
    assert _without_last_digits(reader.read_all(files)) == _without_last_digits(alone)
    assert reader.read_all([]) == []


def _without_last_digits(files):
    """Sums of many numbers differ in their last digits, by the order in which they are added."""
    return [
        [
            (
                (page.number, page.status, page.note, page.thumbnail, page.model),
                [(mark.box, mark.digit, round(mark.confidence, 4)) for mark in page.marks],
            )
            for page in pages
        ]
        for pages in files
    ]


def test_a_page_of_too_many_marks_does_not_hide_those_behind_it(reader, monkeypatch):
    monkeypatch.setattr(segment, "MOST_GLYPHS", 3)
    page, row = Image.new("L", (400, 100), 255), Image.new("L", (400, 100), 255)
    page.paste(0, (60, 20, 75, 80))
    for number in range(5):
        row.paste(0, (40 + 70 * number, 20, 50 + 70 * number, 80))
    file = io.BytesIO()
    page.save(file, "TIFF", save_all=True, append_images=[row, page])
    statuses = [(one.number, one.status) for one in reader.read(file.getvalue(), "a.tif")]
    assert [number for number, _ in statuses] == [1, 2, 3]
    assert [status == "error" for _, status in statuses] == [False, True, False]
