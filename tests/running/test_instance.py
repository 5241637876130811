import json
import os
import shutil
import subprocess
import sys
import time
from threading import Event

import pytest

from digitwatch.errors import AlreadyRunningError
from digitwatch.running import instance
from digitwatch.running.activity import FAILED, STOPPED, STOPPING, WATCHING, Activity
from digitwatch.running.instance import Instance, is_running, last_status, stop_request
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def _it_looks_and_tells_often(monkeypatch):
    monkeypatch.setattr(instance, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(instance, "TELL_SECONDS", 0.05)


def test_there_is_one_watcher_of_an_outbox(tmp_path):
    assert not is_running(tmp_path)
    with Instance(tmp_path, Activity(), Event()):
        assert is_running(tmp_path)
        with (
            pytest.raises(AlreadyRunningError) as caught,
            Instance(tmp_path, Activity(), Event()),
        ):
            pass
        assert caught.value.exit_code == 4
    assert not is_running(tmp_path)


def test_a_killed_process_keeps_no_lock(tmp_path):
    code = (
        "import os, sys, threading\nfrom pathlib import Path\n"
        "from digitwatch.running.activity import Activity\n"
        "from digitwatch.running.instance import Instance\n"
        "with Instance(Path(sys.argv[1]), Activity(), threading.Event()):\n"
        "    print('running', flush=True)\n    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert is_running(tmp_path)
        process.kill()
    assert not is_running(tmp_path)
    assert last_status(tmp_path)["state"] not in (STOPPED, FAILED)


def test_an_instance_stops_when_it_is_asked_by_its_name_and_by_no_other(tmp_path):
    stop, activity = Event(), Activity()
    stop_request(tmp_path, "another").touch()
    with Instance(tmp_path, activity, stop) as running:
        assert not stop_request(tmp_path, "another").exists()
        stop_request(tmp_path, "one-more").touch()
        assert not stop.wait(3 * instance.LOOK_SECONDS)
        stop_request(tmp_path, running.id).touch()
        wait_until(stop.is_set)
        wait_until(lambda: last_status(tmp_path)["state"] == STOPPING)
    assert last_status(tmp_path)["state"] == STOPPED
    assert not stop_request(tmp_path, running.id).exists()


def test_what_the_watcher_does_is_told_while_it_does_it(tmp_path):
    activity = Activity()
    with Instance(tmp_path, activity, Event()):
        activity.state = WATCHING
        activity.take_in_hand("seven.png")
        wait_until(lambda: last_status(tmp_path)["doing"] == "seven.png")
        activity.take_in_hand("")
        wait_until(lambda: last_status(tmp_path)["doing"] == "")


def test_it_tells_that_it_lives_even_when_nothing_happens(tmp_path, monkeypatch):
    monkeypatch.setattr(instance, "BEAT_SECONDS", 0.0)
    with Instance(tmp_path, Activity(), Event()):
        first = last_status(tmp_path)["heartbeat"]
        wait_until(lambda: last_status(tmp_path)["heartbeat"] > first)


def test_a_clock_that_was_set_back_does_not_silence_it(tmp_path, monkeypatch):
    with Instance(tmp_path, Activity(), Event()):
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now - 86_400)
        wait_until(lambda: last_status(tmp_path)["heartbeat"] < now - 80_000)


@pytest.mark.skipif(os.name == "nt", reason="on Windows its files cannot be removed")
def test_an_outbox_that_is_removed_and_made_again_is_still_its_own(tmp_path):
    outbox = tmp_path / "outbox"
    outbox.mkdir()
    with Instance(outbox, Activity(), Event()):
        shutil.rmtree(outbox)
        outbox.mkdir()
        wait_until(lambda: is_running(outbox))


@pytest.mark.skipif(os.name == "nt", reason="on Windows its files cannot be removed")
def test_it_gives_way_to_a_watcher_that_has_come_between(tmp_path):
    stop = Event()
    with Instance(tmp_path, Activity(), stop):
        (tmp_path / instance.LOCK).unlink()
        with (tmp_path / instance.LOCK).open("wb") as file:
            pytest.importorskip("fcntl").flock(file, 2 | 4)  # exclusive, at once
            wait_until(stop.is_set)


def test_whatever_goes_wrong_while_it_listens_it_still_hears(tmp_path, monkeypatch, caplog):
    stop = Event()
    with Instance(tmp_path, Activity(), stop) as running:
        with monkeypatch.context() as patch:
            patch.setattr(running, "_status", _refuse)
            wait_until(lambda: "could not tell" in caplog.text)
        stop_request(tmp_path, running.id).touch()
        wait_until(stop.is_set)


def _refuse():
    raise PermissionError(13, "Permission denied")


def test_a_disk_without_room_for_a_second_file_still_gets_the_news(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    activity = Activity()
    with Instance(tmp_path, activity, Event()):
        monkeypatch.setattr(instance, "write_atomically", full)
        activity.hinder("outbox", "the disk is full")
        wait_until(lambda: "full" in last_status(tmp_path)["hindrances"].get("outbox", ""))


def test_an_error_is_its_last_word(tmp_path):
    with pytest.raises(RuntimeError), Instance(tmp_path, Activity(), Event()):
        raise RuntimeError("the ledger is damaged")
    assert last_status(tmp_path)["state"] == FAILED
    assert last_status(tmp_path)["error"] == "the ledger is damaged"


def test_an_outbox_that_cannot_be_written_to_does_not_end_it(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    activity = Activity()
    with Instance(tmp_path, activity, Event()):
        with monkeypatch.context() as patch:
            patch.setattr(instance, "write_atomically", full)
            patch.setattr(instance, "_overwrite", lambda *_: False)
            activity.state = WATCHING
            assert last_status(tmp_path)["state"] != WATCHING
        wait_until(lambda: last_status(tmp_path)["state"] == WATCHING)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff"])
def test_a_status_that_says_nothing_is_taken_for_none(tmp_path, content):
    (tmp_path / instance.STATUS).write_bytes(content)
    assert last_status(tmp_path) == {}


def test_the_status_is_plain_json(tmp_path):
    activity = Activity(hindrances={"csv": "open elsewhere"}, held_up=(("a.bmp", "half"),))
    with Instance(tmp_path, activity, Event()):
        told = json.loads((tmp_path / instance.STATUS).read_text(encoding="utf-8"))
    assert told["hindrances"] == {"csv": "open elsewhere"}
    assert told["held_up"] == [["a.bmp", "half"]]
