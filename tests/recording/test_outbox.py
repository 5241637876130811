import csv
import errno
import io
import sqlite3

import pytest

from digitwatch.recording import csv_log
from digitwatch.recording.outbox import Outbox, OutboxError, plain_stem
from tests.recording.making import make_record


@pytest.fixture
def outbox(tmp_path):
    with Outbox(tmp_path) as opened:
        yield opened


def ids_in(path):
    text = path.read_bytes().decode("utf-8-sig")
    return [row["id"] for row in csv.DictReader(io.StringIO(text, newline=""))]


def test_a_record_is_kept_with_its_thumbnail_and_gets_into_the_csv(outbox):
    record = make_record()
    outbox.keep([record], [b"png"], b"original")
    assert (outbox.folder / record.thumbnail).read_bytes() == b"png"
    assert outbox.project() is None
    assert ids_in(outbox.csv) == [record.id]
    assert outbox.project() is None
    assert ids_in(outbox.csv) == [record.id]
    assert not (outbox.folder / "unreadable").exists()


def test_a_file_that_could_not_be_read_is_copied_with_the_reason_beside_it(outbox):
    record = make_record(status="error", note="the picture is cut off", file="sub/se ven.PNG")
    outbox.keep([record], [None], b"half a picture")
    copy, reason = sorted((outbox.folder / "unreadable").iterdir())
    assert copy.name == f"se-ven_{record.id}.PNG"
    assert copy.read_bytes() == b"half a picture"
    assert reason.read_text(encoding="utf-8") == "sub/se ven.PNG: the picture is cut off\n"


def test_while_the_csv_is_open_elsewhere_rows_wait_and_come_in_order(outbox, monkeypatch):
    def locked(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(csv_log, "append", locked)
        for name in ("one", "two"):
            outbox.keep([make_record(name)], [None], None)
            waiting = outbox.project()
        assert waiting.rows == 2
        assert "open elsewhere" in waiting.reason
    assert outbox.project() is None
    assert ids_in(outbox.csv) == ["one", "two"]


@pytest.mark.parametrize("length", [1, 30, 70])
def test_a_row_that_a_full_disk_cut_is_written_whole_afterwards(outbox, monkeypatch, length):
    outbox.keep([make_record("zero")], [None], None)
    outbox.project()
    append = csv_log.append

    def full(path, records, delimiter, *, doubtful):
        before = path.stat().st_size
        append(path, records, delimiter, doubtful=doubtful)
        with path.open("r+b") as file:
            file.truncate(before + length)
        raise OSError(errno.ENOSPC, "No space left on device")

    outbox.keep([make_record("one"), make_record("two")], [None, None], None)
    with monkeypatch.context() as patch:
        patch.setattr(csv_log, "append", full)
        waiting = outbox.project()
    assert waiting.rows == 2
    assert "No space" in waiting.reason
    assert outbox.project() is None
    assert ids_in(outbox.csv) == ["zero", "one", "two"]


def test_a_killed_process_leaves_rows_that_the_next_one_writes_once(tmp_path):
    with Outbox(tmp_path) as killed:
        killed.keep([make_record("one"), make_record("two")], [None, None], None)
        # The rows were appended, and the process died before the ledger was told.
        csv_log.append(killed.csv, killed.ledger.pending(9), ",", doubtful=False)
    with Outbox(tmp_path) as successor:
        assert successor.project() is None
        assert ids_in(successor.csv) == ["one", "two"]


def test_an_outbox_that_cannot_be_written_to_says_so_and_stores_nothing(outbox, monkeypatch):
    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(outbox.ledger, "add", full)
        with pytest.raises(OutboxError, match="disk is full"):
            outbox.keep([make_record()], [b"png"], None)
    assert outbox.ledger.count_pending() == 0


def test_a_read_drawing_is_moved_to_done_without_overwriting_anything(outbox, tmp_path):
    for name in ("one", "two"):
        drawing = tmp_path / "seven.png"
        drawing.write_bytes(name.encode())
        outbox.move_to_done(drawing, make_record(name))
        assert not drawing.exists()
    done = outbox.folder / "done"
    assert {path.read_bytes() for path in done.iterdir()} == {b"one", b"two"}


@pytest.mark.parametrize(
    ("file", "stem"),
    [
        ("sub/seven.png", "seven"),
        ("my seven (2).png", "my-seven-2"),
        ("\N{GRINNING FACE}.png", "drawing"),
        ("..png", "drawing"),
        ("x" * 300 + ".png", "x" * 40),
    ],
)
def test_a_thumbnail_has_a_name_that_every_system_takes(file, stem):
    assert plain_stem(file) == stem
