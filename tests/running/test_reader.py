from dataclasses import replace

import pytest

from digitwatch.running.reader import judge
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
