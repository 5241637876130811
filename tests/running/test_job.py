from datetime import datetime

import pytest
from PIL import Image

from digitwatch.recording.outbox import Outbox
from digitwatch.running.drawings import HalfWrittenError, drawing_in
from digitwatch.running.job import jobs_for, keep, read_file, record_failure
from digitwatch.running.job import read as read_jobs

NOON = datetime(2026, 11, 22, 12, 0, 0)


@pytest.fixture
def outbox(desk):
    with Outbox(desk.outbox) as opened:
        yield opened


@pytest.fixture
def read(desk, reader, outbox):
    """Save bytes under a name in the inbox and read the file."""

    def save_and_read(name, data, **options):
        path = desk.inbox / name
        path.write_bytes(data)
        drawing = drawing_in(desk.inbox, path)
        return read_file(drawing, reader, outbox, now=lambda: NOON, **options)

    return save_and_read


def test_a_drawing_becomes_a_record_with_a_thumbnail(desk, read, draw):
    (record,) = read("seven.png", draw(7))
    assert record.digits == "7"
    assert (record.file, record.page, record.time) == ("seven.png", 1, NOON)
    assert record.thumbnail == f"thumbnails/2026-11/seven_{record.id}.png"
    with Image.open(desk.outbox / record.thumbnail) as thumbnail:
        thumbnail.load()


def test_the_same_bytes_at_the_same_path_are_read_once(read, draw):
    assert len(read("a.png", draw(7))) == 1
    assert read("a.png", draw(7)) == []


def test_a_changed_file_is_read_anew_even_when_it_changes_back(read, draw):
    readings = [read("a.png", draw(digit)) for digit in (7, 0, 7)]
    assert [len(records) for records in readings] == [1, 1, 1]
    assert len({records[0].id for records in readings}) == 3


def test_what_another_process_has_kept_in_the_meantime_gets_no_second_row(
    desk, reader, outbox, draw
):
    (desk.inbox / "a.png").write_bytes(draw(7))
    drawing = drawing_in(desk.inbox, desk.inbox / "a.png")
    with Outbox(desk.outbox) as other:
        mine, theirs = (read_jobs(jobs_for([drawing], one), reader) for one in (outbox, other))
        assert [len(records) for records in keep(theirs, other)] == [1]
        assert keep(mine, outbox) == [[]]
    assert outbox.ledger.count_pending() == 1


def test_the_same_bytes_under_another_name_make_a_row_that_says_so(read, draw):
    read("a.png", draw(0))
    (record,) = read("b.png", draw(0))
    assert "same picture as a.png" in record.note


def test_every_page_of_a_file_has_a_record(read, tmp_path):
    first = Image.new("L", (60, 60), 255)
    path = tmp_path / "pages.tif"
    first.save(path, save_all=True, append_images=[Image.new("L", (40, 40), 255)])
    records = read("pages.tif", path.read_bytes())
    assert [(record.page, record.status) for record in records] == [(1, "blank"), (2, "blank")]


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("empty.png", b"", "empty"),
        ("text.png", b"this is a letter to my aunt", "not a picture"),
        ("=cmd.png", b"\x89PNG\r\n\x1a\n", ""),
    ],
)
def test_what_cannot_be_read_gets_a_row_that_says_why_and_a_copy(desk, read, name, data, word):
    (record,) = read(name, data)
    assert record.status == "error"
    assert word in record.note
    assert record.model == ""
    assert (desk.inbox / name).read_bytes() == data
    reasons = list((desk.outbox / "unreadable").glob("*.txt"))
    assert len(reasons) == (1 if data else 0)
    assert all(record.note in reason.read_text(encoding="utf-8") for reason in reasons)


def test_a_file_that_may_still_be_written_is_left_alone_until_it_is_still(read, draw):
    whole = draw(7)
    with pytest.raises(HalfWrittenError):
        read("a.png", whole[:-20], still=False)
    assert len(read("a.png", whole, still=False)) == 1
    with pytest.raises(HalfWrittenError):
        read("b.bmp", draw(7, "BMP"), still=False)
    assert len(read("b.bmp", draw(7, "BMP"), still=True)) == 1


def test_a_picture_that_has_its_end_but_cannot_be_decoded_may_still_change(read, draw):
    broken = bytearray(draw(7))
    broken[60:90] = bytes(30)
    with pytest.raises(HalfWrittenError):
        read("a.png", bytes(broken), still=False)
    (record,) = read("a.png", bytes(broken))
    assert record.status == "error"


def test_the_same_failure_is_said_once(desk, outbox):
    drawing = drawing_in(desk.inbox, desk.inbox / "x.png")
    assert len(record_failure(drawing, "this is a folder, not a picture", outbox)) == 1
    assert record_failure(drawing, "this is a folder, not a picture", outbox) == []
    assert len(record_failure(drawing, "no permission", outbox)) == 1
