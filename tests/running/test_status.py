import json
import sqlite3
import time
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from digitwatch.recording.outbox import Outbox
from digitwatch.recording.tally import EMPTY, Failure, Tally
from digitwatch.running.activity import FAILED, STOPPED, TRAINING, WATCHING, Activity
from digitwatch.running.instance import Instance
from digitwatch.running.status import Status, as_json, as_text, look, period
from tests.recording.making import make_entry, make_record

NOW = time.time()
TOLD = {
    "pid": 4711, "state": WATCHING, "since": NOW - 100, "heartbeat": NOW, "inbox": "in",
    "model": "m12345678", "waiting": 2, "held_up": [["big.bmp", "the file is being written to"]],
    "others": 1, "rows_waiting": 3, "last_error": "",
    "hindrances": {"csv": "predictions.csv is open elsewhere"},
}  # fmt: skip


def text(running=True, silence=1.0, today=EMPTY, **told):
    return as_text(Status(NOW + silence, running, Path("out"), TOLD | told, today))


def test_it_says_since_when_what_waits_and_why():
    shown = text(today=Tally({}, (), 3))
    assert "is running since" in shown
    assert "process 4711" in shown
    assert "2 drawings" in shown
    assert "big.bmp: the file is being written to" in shown
    assert "predictions.csv is open elsewhere" in shown
    assert "3 rows waiting" in shown


def test_it_counts_what_was_read_today_and_says_why_files_failed():
    failures = (Failure("bad.png", "the picture is cut off", "2026-11-24 14:03:02"),)
    shown = text(today=Tally({"ok": 40, "review": 3, "error": 1}, failures, 0))
    assert "44 pages read: 40 ok, 3 to review, 1 failed" in shown
    assert "14:03:02  bad.png: the picture is cut off" in shown


@pytest.mark.parametrize(
    ("running", "told", "words"),
    [
        (True, {"state": TRAINING, "doing": "drawing, 40%"}, "drawing, 40%"),
        (True, {"doing": "scan.tif", "doing_since": NOW - 30}, "scan.tif, for 3"),
        (False, {"state": STOPPED}, "It was stopped"),
        (False, {"state": FAILED, "error": "the disk is full"}, "the disk is full"),
        (False, {}, "It was killed"),
    ],
)
def test_it_says_how_the_watcher_fares(running, told, words):
    assert words in text(running, **told)


def test_one_that_has_told_nothing_for_long_is_said_to():
    assert "told nothing for 5 min" in text(silence=300.0)
    assert "told nothing" not in text(silence=10.0)


def test_a_file_name_cannot_forge_a_line():
    assert "\n  read today  9" not in text(held_up=[["a.png", "x\n  read today  9"]])


def test_the_ledger_is_asked_for_today_alone(tmp_path):
    today = datetime.now()
    with Outbox(tmp_path) as outbox:
        for id_, time_, status in (
            ("one", today - timedelta(days=1), "ok"),
            ("two", today, "ok"),
            ("three", today, "error"),
        ):
            record = make_record(id_, time=time_, status=status, note="why")
            outbox.keep([make_entry(record)])
        found = look(tmp_path)
    assert dict(found.today.pages) == {"ok": 1, "error": 1}
    assert [failure.note for failure in found.today.failures] == ["why"]
    assert found.today.rows_waiting == 3


def test_what_somebody_has_looked_at_is_left_for_review_no_more(tmp_path):
    with Outbox(tmp_path) as outbox:
        for id_ in ("one", "two", "three"):
            outbox.keep([make_entry(make_record(id_, time=datetime.now(), status="review"))])
        outbox.correct("one", "7", datetime.now())
        outbox.correct("two", "7", datetime.now())
        outbox.correct("two", "", datetime.now())
        assert "3 pages read: 2 to review, 1 reviewed" in as_text(look(tmp_path))


def test_a_ledger_without_corrections_is_counted_as_it_is(tmp_path):
    with Outbox(tmp_path) as outbox:
        outbox.keep([make_entry(make_record(time=datetime.now(), status="review"))])
    with closing(sqlite3.connect(tmp_path / "digitwatch.db")) as connection:
        connection.execute("DROP TABLE corrections")
    assert "1 page read: 1 to review" in as_text(look(tmp_path))


def test_a_damaged_ledger_is_said_and_hides_nothing_else(tmp_path):
    (tmp_path / "digitwatch.db").write_bytes(b"no database" * 500)
    with Instance(tmp_path, Activity(state=WATCHING), Event()):
        found = look(tmp_path)
    assert "cannot be read" in as_text(found)
    assert "is running" in as_text(found)


def test_where_nothing_ever_ran_it_says_so_and_leaves_nothing_behind(tmp_path):
    assert "never was" in as_text(look(tmp_path / "nowhere"))
    assert "never was" in as_text(look(tmp_path))
    assert not list(tmp_path.iterdir())


def test_programs_get_json(tmp_path):
    with Instance(tmp_path, Activity(state=WATCHING, waiting=7), Event()):
        values = json.loads(as_json(look(tmp_path)))
    assert values["running"] is True
    assert values["told"]["waiting"] == 7


@pytest.mark.parametrize(
    ("seconds", "words"), [(-3, "0 s"), (59, "59 s"), (150, "2 min"), (7200, "2 h")]
)
def test_a_length_of_time_is_shown_in_one_unit(seconds, words):
    assert period(seconds) == words
