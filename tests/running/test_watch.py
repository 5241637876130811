import contextlib
import hashlib
import itertools
import logging
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from watchdog.observers.api import BaseObserver

from digitwatch.errors import OutboxError
from digitwatch.recording.outbox import Outbox
from digitwatch.running import sightings, watch
from digitwatch.running.drawings import DeniedError, drawing_in, load
from digitwatch.running.job import read_file, record_failure
from digitwatch.running.reader import Reader
from digitwatch.running.watch import Watcher
from tests.program import IS_WINE
from tests.recording.making import make_entry, make_record
from tests.waiting import wait_until


def test_what_waits_in_the_inbox_is_read_and_then_what_is_saved(desk, watching, rows, draw):
    (desk.inbox / "waiting.png").write_bytes(draw(7))
    watching()
    wait_until(lambda: rows("file", "digits") == [("waiting.png", "7")])
    (desk.inbox / "saved.png").write_bytes(draw(0))
    wait_until(lambda: rows("file", "digits")[1:] == [("saved.png", "0")])


def test_overwriting_and_renaming_into_place_are_seen(desk, watching, rows, draw):
    watching()
    path = desk.inbox / "a.png"
    path.write_bytes(draw(7))
    wait_until(lambda: rows("digits") == [("7",)])
    path.write_bytes(draw(0))
    wait_until(lambda: rows("digits") == [("7",), ("0",)])
    scratch = desk.inbox / "a.png.tmp"
    scratch.write_bytes(draw(7))
    scratch.replace(path)
    wait_until(lambda: rows("digits") == [("7",), ("0",), ("7",)])
    assert {file for (file,) in rows("file")} == {"a.png"}


def test_a_file_that_is_written_slowly_is_read_once_and_whole(desk, watching, rows, draw):
    watching()
    data = draw(7, "BMP", seed=1)
    piece = len(data) // 5 + 1
    with (desk.inbox / "slow.bmp").open("wb", buffering=0) as file:
        for number in range(5):
            file.write(data[number * piece : (number + 1) * piece])
            # The watcher goes on with others between two pieces.
            (desk.inbox / f"{number}.png").write_bytes(draw(0, seed=number))
            wait_until(lambda number=number: (f"{number}.png",) in rows("file"))  # type: ignore[misc]  # bound now
    wait_until(lambda: ("slow.bmp", "7") in rows("file", "digits"))
    assert rows("file").count(("slow.bmp",)) == 1


@pytest.mark.parametrize("settings", [{"polling": True}, {"polling": False}])
def test_folders_in_the_inbox_are_watched_too(desk, watching, rows, draw, settings):
    watching(**settings)
    (desk.inbox / "sub" / "deep").mkdir(parents=True)
    (desk.inbox / "sub" / "deep" / "a.png").write_bytes(draw(7))
    wait_until(lambda: rows("file") == [("sub/deep/a.png",)])


def test_bad_files_get_a_row_and_the_next_one_is_read(desk, watching, rows, draw):
    watching()
    (desk.inbox / "folder.png").mkdir()
    (desk.inbox / "empty.png").touch()
    (desk.inbox / "text.png").write_text("no picture", encoding="utf-8")
    (desk.inbox / "good.png").write_bytes(draw(7))
    wait_until(lambda: len(rows("id")) == 4)
    assert sorted(rows("file", "status")) == [
        ("empty.png", "error"),
        ("folder.png", "error"),
        ("good.png", "ok"),
        ("text.png", "error"),
    ]


def test_a_fault_of_ours_costs_one_row_and_not_the_watcher(desk, watching, rows, draw, monkeypatch):
    read = Reader.read

    def stumble(self, data, name):
        if name == "bad.png":
            raise RuntimeError("a bug")
        return read(self, data, name)

    monkeypatch.setattr(Reader, "read", stumble)
    watching()
    (desk.inbox / "bad.png").write_bytes(draw(7))
    (desk.inbox / "good.png").write_bytes(draw(7, seed=1))
    wait_until(lambda: len(rows("id")) == 2)
    assert dict(rows("file", "status")) == {"bad.png": "error", "good.png": "ok"}
    assert "a bug" in dict(rows("file", "note"))["bad.png"]


def test_a_missing_right_gets_a_row_and_the_drawing_is_read_when_it_is_given(
    desk, watching, rows, draw, monkeypatch
):
    monkeypatch.setattr(DeniedError, "patience", 0.2)
    monkeypatch.setattr(sightings, "LONGEST_RETRY_SECONDS", 0.2)
    denied = desk.inbox / "denied.png"
    allowed = Event()

    def guarded(path):
        if path == denied and not allowed.is_set():
            raise DeniedError("no permission to read it, or another program holds it")
        return load(path)

    monkeypatch.setattr("digitwatch.running.job.load", guarded)
    denied.write_bytes(draw(7))
    watching()
    wait_until(lambda: rows("status") == [("error",)])
    allowed.set()
    wait_until(lambda: rows("status", "digits")[1:] == [("ok", "7")])


wine_keeps_the_folder = pytest.mark.skipif(
    IS_WINE, reason="Wine shows a deleted folder as if it were there while anyone has it open"
)


def remove_and_make_again(folder):
    """Some Windows keeps the name of a folder taken until its watcher has let go of it."""

    def is_made():
        with contextlib.suppress(OSError):
            folder.mkdir()
            return True
        return False

    shutil.rmtree(folder)
    wait_until(is_made)


@wine_keeps_the_folder
def test_an_inbox_that_is_removed_and_made_again_is_watched_again(desk, watching, rows, draw):
    watching(rescan_seconds=0.2)
    (desk.inbox / "a.png").write_bytes(draw(7))
    wait_until(lambda: len(rows("id")) == 1)
    remove_and_make_again(desk.inbox)
    (desk.inbox / "b.png").write_bytes(draw(0))
    wait_until(lambda: rows("file") == [("a.png",), ("b.png",)])


@wine_keeps_the_folder
def test_an_inbox_that_was_made_anew_has_events_again(desk, watching, rows, draw):
    watching(rescan_seconds=0.2)
    wait_until((desk.outbox / "digitwatch.db").exists)
    (desk.inbox / "a.png").write_bytes(draw(7))
    wait_until(lambda: len(rows("id")) == 1)
    for number in range(3):
        remove_and_make_again(desk.inbox)
        (desk.inbox / f"{number}.png").write_bytes(draw(0))
        wait_until(lambda number=number: (f"{number}.png",) in rows("file"))  # type: ignore[misc]  # bound now


def test_a_file_that_waits_costs_no_time(desk, reader, monkeypatch):
    def refuse(_):
        raise DeniedError("no permission to read it, or another program holds it")

    monkeypatch.setattr("digitwatch.running.job.load", refuse)
    (desk.inbox / "denied.png").touch()
    ticks = itertools.count()
    stop = Event()

    def clock():
        if next(ticks) > 40:
            stop.set()
        return time.monotonic()

    start = time.monotonic()
    with Outbox(desk.outbox) as outbox:
        Watcher(desk.config, reader, outbox, clock=clock).run(stop)
    assert time.monotonic() - start > 0.5


def test_whatever_goes_wrong_the_watch_goes_on(desk, watching, rows, draw, monkeypatch, caplog):
    broken = Event()
    broken.set()
    project = Outbox.project

    def stumble(self):
        if broken.is_set():
            raise RuntimeError("a bug")
        return project(self)

    monkeypatch.setattr(Outbox, "project", stumble)
    monkeypatch.setattr(watch, "STUMBLE_SECONDS", 0.01)
    watching()
    (desk.inbox / "a.png").write_bytes(draw(7))
    wait_until(lambda: "a bug" in caplog.text)
    broken.clear()
    wait_until(lambda: rows("file") == [("a.png",)])


def test_a_file_at_which_the_watcher_stumbled_is_looked_at_again(
    desk, watching, rows, draw, monkeypatch
):
    attempts = itertools.count()

    def stumble(*arguments, **options):
        if next(attempts) == 0:
            raise OSError(5, "the disk was away")
        return read_file(*arguments, **options)

    def fail(*_, **__):
        raise RuntimeError("even saying so failed")

    monkeypatch.setattr(watch, "read_file", stumble)
    monkeypatch.setattr(watch, "record_failure", fail)
    monkeypatch.setattr(watch, "STUMBLE_SECONDS", 0.01)
    watching()
    (desk.inbox / "a.png").write_bytes(draw(7))
    wait_until(lambda: rows("file") == [("a.png",)])


def test_a_drawing_that_cannot_be_kept_lets_the_others_pass(
    desk, watching, rows, draw, monkeypatch
):
    keep = Outbox.keep

    def keep_all_but_one(self, entries):
        if entries[0].records[0].file == "a.png":
            raise OutboxError("its thumbnail cannot be written")
        return keep(self, entries)

    monkeypatch.setattr(Outbox, "keep", keep_all_but_one)
    monkeypatch.setattr(watch, "HELD_SECONDS", 0.1)
    for name in ("a.png", "b.png", "c.png"):
        (desk.inbox / name).write_bytes(draw(7, seed=ord(name[0])))
    watching()
    wait_until(lambda: sorted(rows("file")) == [("b.png",), ("c.png",)])


def test_unreadable_files_get_their_rows_even_where_no_copy_can_be_kept(desk, watching, rows, draw):
    (desk.outbox / "unreadable").touch()
    (desk.inbox / "bad.png").write_bytes(b"no picture")
    (desk.inbox / "good.png").write_bytes(draw(7))
    watching()
    wait_until(lambda: sorted(rows("file")) == [("bad.png",), ("good.png",)])


def test_without_events_the_inbox_is_looked_through_and_nothing_piles_up(
    desk, watching, rows, draw, monkeypatch
):
    def refuse(*_, **__):
        raise OSError(28, "inotify watch limit reached")

    stopped: list[BaseObserver] = []
    monkeypatch.setattr("watchdog.observers.api.BaseObserver.schedule", refuse)
    stop = BaseObserver.stop

    def count_and_stop(self):
        stopped.append(self)
        stop(self)

    monkeypatch.setattr(BaseObserver, "stop", count_and_stop)
    activity = watching(rescan_seconds=0.2)
    wait_until(lambda: len(stopped) >= 3)
    (desk.inbox / "a.png").write_bytes(draw(7))
    wait_until(lambda: rows("file") == [("a.png",)])
    assert "limit reached" in activity.hindrances["events"]


def test_what_was_read_before_it_was_denied_for_a_while_gets_no_second_row(
    desk, watching, rows, draw
):
    (desk.inbox / "a.png").write_bytes(draw(7))
    with Outbox(desk.outbox) as outbox:
        drawing = drawing_in(desk.inbox, desk.inbox / "a.png")
        data = (desk.inbox / "a.png").read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        outbox.keep([make_entry(make_record("one", path=drawing.key, sha256=sha256))])
        record_failure(drawing, "no permission to read it", outbox)
    watching()
    (desk.inbox / "b.png").write_bytes(draw(0))
    wait_until(lambda: ("b.png",) in rows("file"))
    assert len(rows("file")) == 3


def test_originals_stay_unless_they_are_to_be_moved(desk, watching, rows, draw):
    watching(after="move")
    (desk.inbox / "good.png").write_bytes(draw(7))
    (desk.inbox / "bad.png").write_text("no picture", encoding="utf-8")
    wait_until(lambda: len(rows("id")) == 2)
    wait_until(lambda: not (desk.inbox / "good.png").exists())
    (moved,) = (desk.outbox / "done").iterdir()
    assert moved.read_bytes() == draw(7)
    assert (desk.inbox / "bad.png").exists()


def test_a_full_disk_is_said_and_waited_out(desk, watching, rows, draw, monkeypatch, caplog):
    full = Event()
    full.set()
    keep = Outbox.keep

    def keep_if_there_is_room(self, *arguments):
        if full.is_set():
            raise OutboxError("the outbox cannot be written to: No space left on device")
        return keep(self, *arguments)

    monkeypatch.setattr(Outbox, "keep", keep_if_there_is_room)
    monkeypatch.setattr(watch, "HELD_SECONDS", 0.1)
    with caplog.at_level(logging.INFO, "digitwatch"):
        watching()
        (desk.inbox / "a.png").write_bytes(draw(7))
        wait_until(lambda: "No space left" in caplog.text)
        full.clear()
        wait_until(lambda: rows("file") == [("a.png",)])


def test_what_was_read_before_is_not_read_again_after_a_restart(desk, reader, rows, draw, watching):
    (desk.inbox / "a.png").write_bytes(draw(7))
    stopped = Event()

    def stop_when_it_is_read():
        wait_until(lambda: rows("id"))
        stopped.set()

    with Outbox(desk.outbox) as outbox, ThreadPoolExecutor(1) as pool:
        wait = pool.submit(stop_when_it_is_read)
        Watcher(desk.config, reader, outbox).run(stopped)
        wait.result()
    watching()
    (desk.inbox / "b.png").write_bytes(draw(0))
    wait_until(lambda: rows("file") == [("a.png",), ("b.png",)])


@pytest.mark.skipif(os.name == "nt", reason="such names cannot be made on Windows")
@pytest.mark.parametrize(
    "name", ["=1+1.png", 'a "b", c.png', "line\nbreak.png", "\N{GRINNING FACE}.png"]
)
def test_odd_names_are_kept(desk, watching, rows, draw, name):
    watching()
    (desk.inbox / name).write_bytes(draw(7))
    shown = f"'{name}" if name.startswith("=") else name
    wait_until(lambda: rows("file", "digits") == [(shown, "7")])
