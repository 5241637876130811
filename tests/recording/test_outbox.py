import csv
import errno
import io
import os

import pytest

from digitwatch.errors import OutboxError
from digitwatch.recording import csv_log
from digitwatch.recording.outbox import Outbox, Waiting, plain_stem
from tests.recording.making import make_entry, make_record


@pytest.fixture
def outbox(tmp_path):
    with Outbox(tmp_path) as opened:
        yield opened


def ids_in(path):
    text = path.read_bytes().decode("utf-8-sig")
    return [row["id"] for row in csv.DictReader(io.StringIO(text, newline=""))]


def test_a_record_is_kept_with_its_thumbnail_and_gets_into_the_csv(outbox):
    record = make_record()
    outbox.keep([make_entry(record, original=b"original")])
    assert (outbox.folder / record.thumbnail).read_bytes() == b"png"
    assert outbox.project() is None
    assert ids_in(outbox.csv) == [record.id]
    assert outbox.project() is None
    assert ids_in(outbox.csv) == [record.id]
    assert not (outbox.folder / "unreadable").exists()


def test_a_file_that_could_not_be_read_is_copied_with_the_reason_beside_it(outbox):
    record = make_record(status="error", note="the picture is cut off", file="sub/se ven.PNG")
    outbox.keep([make_entry(record, original=b"half a picture")])
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
            outbox.keep([make_entry(make_record(name))])
            waiting = outbox.project()
        assert waiting.rows == 2
        assert "open elsewhere" in waiting.reason
    assert outbox.project() is None
    assert ids_in(outbox.csv) == ["one", "two"]


@pytest.mark.parametrize("length", [1, 30, 70])
def test_a_row_that_a_full_disk_cut_is_written_whole_afterwards(outbox, monkeypatch, length):
    outbox.keep([make_entry(make_record("zero"))])
    outbox.project()
    append = csv_log.append

    def full(path, records, delimiter, *, doubtful):
        before = path.stat().st_size
        append(path, records, delimiter, doubtful=doubtful)
        with path.open("r+b") as file:
            file.truncate(before + length)
        raise OSError(errno.ENOSPC, "No space left on device")

    outbox.keep([make_entry(make_record("one"), make_record("two"))])
    with monkeypatch.context() as patch:
        patch.setattr(csv_log, "append", full)
        waiting = outbox.project()
    assert waiting.rows == 2
    assert "No space" in waiting.reason
    assert outbox.project() is None
    assert ids_in(outbox.csv) == ["zero", "one", "two"]


def test_a_killed_process_leaves_rows_that_the_next_one_writes_once(tmp_path):
    with Outbox(tmp_path) as killed:
        killed.keep([make_entry(make_record("one"), make_record("two"))])
        # The rows were appended, and the process died before the ledger was told.
        killed.ledger.begin_attempt(["one", "two"])
        csv_log.append(killed.csv, killed.ledger.pending(9), ",", doubtful=False)
    with Outbox(tmp_path) as successor:
        assert successor.project() is None
        assert ids_in(successor.csv) == ["one", "two"]


def test_an_outbox_that_cannot_be_written_to_says_so_and_stores_nothing(outbox, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("digitwatch.recording.outbox.write_atomically", full)
        with pytest.raises(OutboxError, match="No space left"):
            outbox.keep([make_entry(make_record())])
    assert outbox.ledger.count_pending() == 0


def test_a_job_that_another_process_has_stored_since_is_no_failure(tmp_path, outbox):
    with Outbox(tmp_path) as other:
        assert other.keep([make_entry(make_record("one"))]) == [True]
    assert outbox.keep([make_entry(make_record("one"))]) == [False]
    assert outbox.ledger.count_pending() == 1


def test_a_row_that_another_process_wrote_before_it_died_is_not_written_again(tmp_path, outbox):
    outbox.keep([make_entry(make_record("one"))])
    with Outbox(tmp_path) as other:
        other.ledger.begin_attempt(["one"])
        csv_log.append(other.csv, other.ledger.pending(9), ",", doubtful=False)
    assert outbox.project() is None
    assert ids_in(outbox.csv) == ["one"]


def test_a_new_ledger_takes_over_the_rows_that_the_csv_has(tmp_path):
    name = "bcdfg-hjklm"
    with Outbox(tmp_path) as lost:
        lost.keep([make_entry(make_record(name))])
        lost.project()
    for file in tmp_path.glob("digitwatch.db*"):
        file.unlink()
    with Outbox(tmp_path) as outbox:
        outbox.keep([make_entry(make_record(name))])
        outbox.project()
        assert ids_in(outbox.csv) == [name]


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be removed on Windows")
def test_a_ledger_that_was_taken_away_is_begun_anew(outbox):
    outbox.keep([make_entry(make_record("bcdfg-hjklm"))])
    outbox.project()
    outbox.ledger.path.unlink()
    outbox.reopen_if_replaced()
    outbox.keep([make_entry(make_record("mmmmm-nnnnn"))])
    outbox.project()
    assert ids_in(outbox.csv) == ["bcdfg-hjklm", "mmmmm-nnnnn"]
    assert outbox.ledger.path.exists()


def test_a_quote_that_a_person_left_open_does_not_hide_the_rows_behind_it(outbox):
    for name in ("one", "two"):
        outbox.keep([make_entry(make_record(name))])
    outbox.project()
    content = outbox.csv.read_bytes()
    start = content.index(b"one")
    outbox.csv.write_bytes(content[:start] + b'"' + b"x" * 200_000 + b"\r\n" + content[start:])
    outbox.ledger.begin_attempt(["one", "two"])
    assert outbox.project() is None
    assert outbox.csv.read_bytes().count(b"two,2026") == 1


def test_what_a_killed_process_left_half_written_is_swept_away(outbox):
    outbox.keep([make_entry(make_record())])
    scratch = outbox.folder / "thumbnails" / "2026-11" / ".seven.png-12345678.tmp"
    scratch.touch()
    outbox.sweep(before=scratch.stat().st_mtime - 1)
    assert scratch.exists()
    outbox.sweep(before=scratch.stat().st_mtime + 1)
    assert [path.suffix for path in scratch.parent.iterdir()] == [".png"]


def test_a_new_ledger_waits_until_it_can_see_which_rows_there_are(tmp_path):
    (tmp_path / "predictions.csv").mkdir()
    with pytest.raises(OutboxError, match=r"predictions\.csv"):
        Outbox(tmp_path)
    (tmp_path / "predictions.csv").rmdir()
    name = "bcdfg-hjklm"
    (tmp_path / "predictions.csv").write_text(f"id,digits\n{name},7\n", encoding="utf-8")
    with Outbox(tmp_path) as outbox:
        outbox.keep([make_entry(make_record(name))])
        assert outbox.ledger.count_pending() == 0


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


def test_an_older_copy_of_the_ledger_that_is_put_back_gives_no_row_twice(tmp_path):
    first, second = make_record("bbbbb-bbbbb"), make_record("ccccc-ccccc", path="/2", sha256="2")
    with Outbox(tmp_path) as outbox:
        outbox.keep([make_entry(first)])
        outbox.project()
    copy = (tmp_path / "digitwatch.db").read_bytes()
    with Outbox(tmp_path) as outbox:
        outbox.keep([make_entry(second)])
        outbox.project()
    (tmp_path / "digitwatch.db").write_bytes(copy)
    with Outbox(tmp_path) as outbox:
        assert outbox.keep([make_entry(second)]) == [True]
        assert outbox.project() is None
    rows = (tmp_path / "predictions.csv").read_text("utf-8-sig").splitlines()
    assert [row.split(",")[0] for row in rows] == ["id", "bbbbb-bbbbb", "ccccc-ccccc"]


def test_rows_that_waited_in_an_older_copy_of_the_ledger_are_there_once(tmp_path):
    held = tmp_path / ".~lock.predictions.csv#"
    held.touch()
    with Outbox(tmp_path) as outbox:
        outbox.keep([make_entry(make_record("bbbbb-bbbbb"))])
        assert outbox.project()
    copy = (tmp_path / "digitwatch.db").read_bytes()
    held.unlink()
    with Outbox(tmp_path) as outbox:
        assert outbox.project() is None
    (tmp_path / "digitwatch.db").write_bytes(copy)
    with Outbox(tmp_path) as outbox:
        outbox.keep([make_entry(make_record("ccccc-ccccc", path="/2", sha256="2"))])
        assert outbox.project() is None
    rows = (tmp_path / "predictions.csv").read_text("utf-8-sig").splitlines()
    assert [row.split(",")[0] for row in rows] == ["id", "bbbbb-bbbbb", "ccccc-ccccc"]


def test_reading_goes_on_where_the_table_cannot_be_read(tmp_path):
    with Outbox(tmp_path) as outbox:
        (tmp_path / "predictions.csv").mkdir()
        assert outbox.keep([make_entry(make_record("bbbbb-bbbbb"))]) == [True]
        waiting = outbox.project()
        assert waiting
        assert waiting.rows == 1


@pytest.mark.parametrize(
    ("waiting", "words"),
    [
        (Waiting(1, "why"), "1 row waits: why"),
        (Waiting(1200, "why"), "1,200 rows wait: why"),
        (Waiting(0, "why", 1), "1 correction waits: why"),
        (Waiting(2, "why", 1), "2 rows and 1 correction wait: why"),
        (Waiting(0, "why"), "why"),
    ],
)
def test_what_waits_is_said_in_words(waiting, words):
    assert str(waiting) == words
