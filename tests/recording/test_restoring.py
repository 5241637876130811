from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from PIL import Image

from digitwatch.recording import restoring
from digitwatch.recording.bitmaps import pack
from digitwatch.recording.outbox import Entry, Outbox
from digitwatch.recording.restoring import drawn_again, is_whole
from digitwatch.recording.thumbnail import render
from tests.recording.making import make_mark, make_record

RING = np.pad(np.zeros((160, 60), np.bool_), 20, constant_values=True)
PNG = render(None, (), "error", "", "", "seven.png")


@pytest.fixture
def outbox(tmp_path):
    with Outbox(tmp_path) as opened:
        yield opened


def keep(outbox, number, *, seconds=0, **changes):
    record = make_record(f"record{number}", **changes)
    record = replace(record, time=record.time + timedelta(seconds=seconds), ink=pack([RING]))
    outbox.keep([Entry([record], [PNG], b"")])
    return outbox.folder / record.thumbnail


def lose(thumbnail, how):
    if how == "missing":
        thumbnail.unlink()
    elif how == "empty":
        thumbnail.write_bytes(b"")
    elif how == "zeros":
        thumbnail.write_bytes(bytes(len(PNG)))
    else:
        thumbnail.write_bytes(PNG[:100] + bytes(200) + PNG[300:])


@pytest.mark.parametrize("how", ["missing", "empty", "zeros", "a hole"])
def test_a_thumbnail_that_went_with_the_power_is_drawn_again(outbox, how):
    lost, whole = keep(outbox, 1), keep(outbox, 2)
    lose(lost, how)
    assert not is_whole(lost)
    outbox.sweep(before=0)
    assert is_whole(lost)
    assert lost.read_bytes() != PNG
    assert whole.read_bytes() == PNG


def test_a_thumbnail_that_was_thrown_away_later_stays_away(outbox):
    old, new = keep(outbox, 1), keep(outbox, 2, seconds=61)
    old.unlink()
    outbox.sweep(before=0)
    assert new.exists()
    assert not old.exists()


def test_no_more_thumbnails_are_looked_at_than_may_be_lost(outbox, monkeypatch):
    monkeypatch.setattr(restoring, "MANY_WHOLE", 2)
    first, second, third = (keep(outbox, number) for number in range(3))
    first.unlink()
    outbox.sweep(before=0)
    assert not first.exists()
    third.unlink()
    outbox.sweep(before=0)
    assert first.exists()
    assert third.exists()
    assert second.read_bytes() == PNG


def test_where_the_ink_is_damaged_the_rest_goes_on(outbox, caplog):
    record = replace(make_record(), ink=b"no ink")
    outbox.keep([Entry([record], [b""], b"")])
    outbox.sweep(before=0)
    assert "not every thumbnail is there" in caplog.text


def test_the_marks_stand_where_they_stood_with_their_ink(tmp_path):
    record = make_record()
    picture = tmp_path / "again.png"
    picture.write_bytes(drawn_again(record, pack([RING])))
    with Image.open(picture) as again:
        seen = np.asarray(again.convert("L"))
    with Image.open(picture) as first:
        assert first.size == (480, 240)
    page = np.full((240, 120, 3), 255, np.uint8)
    page[20:220, 10:110][RING] = 0
    picture.write_bytes(
        render(page, record.marks, record.status, record.digits, record.note, record.file)
    )
    with Image.open(picture) as original:
        assert np.array_equal(seen, np.asarray(original.convert("L")))


@pytest.mark.parametrize("status", ["blank", "error"])
def test_a_page_without_marks_gets_its_reason(tmp_path, status):
    picture = tmp_path / "again.png"
    picture.write_bytes(drawn_again(make_record(marks=(), status=status, note="why"), b""))
    assert is_whole(picture)


def test_of_a_page_to_check_the_least_sure_mark_is_doubtful():
    sure, unsure = make_mark(1), make_mark(2, confidence=0.4)
    unsure = replace(unsure, box=(200, 20, 300, 220))
    drawn = {
        status: drawn_again(make_record(marks=(sure, unsure), status=status), b"")
        for status in ("ok", "review")
    }
    assert drawn["ok"] != drawn["review"]
    record = make_record(marks=(sure, unsure), status="review")
    page = np.full((240, 310, 3), 255, np.uint8)
    assert drawn["review"] == render(
        page, record.marks, "review", record.digits, "", record.file, review_below=41
    )
