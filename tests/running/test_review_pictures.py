import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitwatch.recording.outbox import Outbox
from digitwatch.running.reader import TURNED
from digitwatch.running.review.areas import (
    LONGEST_LINE,
    READINGS,
    area_of_line,
    area_of_mark,
    part_of_ink,
    part_of_page,
)
from digitwatch.running.review.pictures import (
    HEIGHT,
    LINE_HEIGHT,
    LINE_WIDTH,
    Seen,
    picture_of_line,
    picture_of_mark,
)
from tests.running.reviewing import SIDE, keep, make_mark, record_of


@pytest.fixture
def seen(desk):
    """A mark of a page of two lines that lies in the inbox."""

    def make(mark=1, record=None):
        record = record or record_of(0, [(1, 0.9), (2, 0.5)], [(3, 0.6)])
        with Outbox(desk.outbox) as outbox:
            kept = keep(outbox, desk.inbox, record)
            return Seen(kept, outbox.ledger.ink_of([kept.id])[kept.id], mark, desk.outbox)

    return make


def pixels_of(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def is_coloured(pixels):
    return bool((pixels.max(axis=2) - pixels.min(axis=2) > 100).any())


def test_a_mark_is_shown_in_its_middle_with_room_on_every_side():
    mark = make_mark((7, 0.5), line=0, place=2)
    left, top, right, bottom = area_of_mark(mark)
    assert (left + right, top + bottom) == (mark.box[0] + mark.box[2], mark.box[1] + mark.box[3])
    assert right - left == bottom - top > 1.5 * (mark.box[2] - mark.box[0])
    wide = area_of_mark(mark, 4 / 3)
    assert (wide[2] - wide[0]) / (wide[3] - wide[1]) == pytest.approx(4 / 3, abs=0.01)


def test_a_line_is_shown_whole():
    marks = record_of(0, [(1, 0.9), (2, 0.5), (3, 0.6)], [(4, 0.5)]).marks
    left, top, right, bottom = area_of_line(marks, 1)
    assert (left < 10, top < 10) == (True, True)
    assert (right > 3 * SIDE - 10, SIDE - 10 < bottom < 2 * SIDE) == (True, True)


@pytest.mark.parametrize("mark", [0, 30, 59])
def test_of_a_long_line_the_part_round_the_mark_is_shown(mark):
    marks = record_of(0, [(1, 0.9)] * 60).marks
    left, top, right, bottom = area_of_line(marks, mark)
    assert (right - left) / (bottom - top) == pytest.approx(LONGEST_LINE, abs=0.01)
    assert left <= marks[mark].box[0]
    assert right >= marks[mark].box[2]


def test_what_lies_beyond_the_edge_of_a_page_has_the_colour_of_its_paper():
    page = np.full((40, 60, 3), (20, 30, 40), np.uint8)
    page[10:30, 25:35] = 200
    shown = np.asarray(part_of_page(page, (-60, -20, 60, 60), (240, 160)))
    assert shown.shape == (160, 240, 3)
    for place in ((0, 0), (159, 10), (0, 239)):
        assert shown[place].tolist() == [20, 30, 40]
    assert shown[80, 180].tolist() == [200, 200, 200]


def test_ink_is_drawn_where_it_was_even_where_fewer_pixels_of_it_are_kept():
    mark = make_mark((7, 0.5), line=0, place=0)
    mask = np.zeros((20, 20), bool)
    mask[:10] = True
    shown = np.asarray(part_of_ink([mark], [mask], (0, 0, 120, 120), (120, 120)))
    left, top, _, bottom = mark.box
    assert shown[top + 5, left + 50].max() < 60
    assert shown[bottom - 5, left + 50].min() == 255
    assert shown[top + 5, left - 3].min() == 255


def test_the_drawing_itself_is_shown_where_it_is_still_there(seen):
    one = seen()
    shown = pixels_of(picture_of_mark(one))
    assert shown.shape == (HEIGHT, HEIGHT * 4 // 3, 3)
    without = pixels_of(picture_of_mark(replace(one, ink=b"")))
    assert np.array_equal(shown, without)
    assert is_coloured(shown)


def test_a_drawing_that_is_alone_has_no_frame(seen):
    shown = pixels_of(picture_of_mark(seen(0, record_of(0, [(7, 0.4)]))))
    assert shown.shape == (HEIGHT, HEIGHT, 3)
    assert not is_coloured(shown)
    assert shown.min() < 90


def test_the_line_is_shown_with_a_frame_round_the_mark(seen):
    frames = []
    one = seen()
    for mark in (0, 1):
        shown = pixels_of(picture_of_line(replace(one, mark=mark)))
        assert shown.shape[0] <= LINE_HEIGHT + READINGS
        assert shown.shape[1] <= LINE_WIDTH
        coloured = np.flatnonzero((shown.max(axis=2) - shown.min(axis=2) > 100).any(axis=0))
        frames.append((coloured[0], coloured[-1]))
    assert frames[0][1] < frames[1][0] + 30


def test_below_a_line_stands_what_each_of_its_marks_was_read_as_and_nothing_of_other_lines(seen):
    one = seen()
    readings = pixels_of(picture_of_line(one))[-READINGS:]
    columns = (readings.min(axis=2) < 128).any(axis=0)
    letters = np.count_nonzero(np.diff(columns.astype(int)) == 1)
    line = one.record.marks[one.mark].line
    assert letters == sum(mark.line == line for mark in one.record.marks)
    others = replace(one.record, marks=tuple(replace(m, digit=8) for m in one.record.marks))
    assert (pixels_of(picture_of_line(replace(one, record=others)))[-READINGS:] != readings).any()


@pytest.mark.parametrize("what", ["gone", "another", "a folder", "no picture"])
def test_the_ink_is_shown_where_the_drawing_is_not_the_one_that_was_read(seen, what):
    one = seen()
    path = Path(one.record.path)
    original = pixels_of(picture_of_mark(one))
    path.unlink()
    if what == "another":
        Image.new("L", (50, 50)).save(path)
    elif what == "a folder":
        path.mkdir()
    elif what == "no picture":
        path.write_bytes(b"no picture")
    shown = pixels_of(picture_of_mark(one))
    assert shown.shape == original.shape
    assert np.mean(np.abs(shown - original)) < 12
    assert pixels_of(picture_of_line(one)).min() < 90


def test_a_drawing_that_was_moved_when_it_was_read_is_found(seen):
    one = seen()
    original = picture_of_mark(one)
    path = Path(one.record.path)
    (one.outbox / "done").mkdir()
    path.rename(one.outbox / "done" / f"{path.stem}_{one.record.id}.png")
    assert picture_of_mark(replace(one, ink=b"")) == original


def test_a_page_that_was_turned_is_shown_by_its_ink_which_is_upright(seen):
    one = seen(1, record_of(0, [(1, 0.9), (2, 0.5)], note=TURNED))
    Path(one.record.path).unlink()
    by_ink = picture_of_mark(one)
    again = seen(1, record_of(1, [(1, 0.9), (2, 0.5)], note=TURNED))
    assert Path(again.record.path).exists()
    assert picture_of_mark(again) == by_ink


@pytest.mark.parametrize("ink", [b"", b"damaged"])
def test_the_thumbnail_is_shown_where_nothing_else_is_left(seen, ink):
    one = seen()
    Path(one.record.path).unlink()
    bare = replace(one, ink=ink)
    assert picture_of_mark(bare) == (one.outbox / one.record.thumbnail).read_bytes()
    assert picture_of_line(bare) is None
    (one.outbox / one.record.thumbnail).unlink()
    assert picture_of_mark(bare) is None


def test_a_thumbnail_outside_the_outbox_is_not_shown(desk):
    (desk.inbox / "secret.png").write_bytes(b"secret")
    record = record_of(0, [(7, 0.4)], thumbnail="../inbox/secret.png", path="", sha256="")
    assert picture_of_mark(Seen(record, b"", 0, desk.outbox)) is None
