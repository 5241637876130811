"""An inbox with links, loops and endless paths, one that comes and goes, and a clock that jumps."""

import os
import shutil
from datetime import datetime, timedelta

import pytest

from digitwatch.running import job
from tests.waiting import wait_until

needs_links = pytest.mark.skipif(os.name == "nt", reason="making links needs a right on Windows")


@needs_links
def test_links_out_of_the_inbox_and_loops_of_links_hinder_nothing(
    desk, watching, rows, draw, tmp_path
):
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "far.png").write_bytes(draw(0))
    (desk.inbox / "linked.png").symlink_to(outside / "far.png")
    (desk.inbox / "folder").symlink_to(outside, target_is_directory=True)
    (desk.inbox / "loop").symlink_to(desk.inbox, target_is_directory=True)
    (desk.inbox / "self.png").symlink_to(desk.inbox / "self.png")
    (desk.inbox / "nothing.png").symlink_to(outside / "nothing.png")
    watching(rescan_seconds=0.2)
    wait_until(lambda: len(rows("file")) == 3)
    (desk.inbox / "seven.png").write_bytes(draw(7))
    wait_until(lambda: ("seven.png", "ok") in rows("file", "status"))
    assert sorted(rows("file", "status")) == [
        ("linked.png", "ok"),
        ("nothing.png", "error"),
        ("self.png", "error"),
        ("seven.png", "ok"),
    ]


@pytest.mark.skipif(os.name == "nt", reason="such a path cannot be made on Windows")
@pytest.mark.parametrize("length", [3_900, 4_400])
def test_paths_of_thousands_of_characters_hinder_nothing(
    desk, watching, rows, draw, monkeypatch, length
):
    activity = watching(rescan_seconds=0.2)
    monkeypatch.chdir(desk.inbox)
    deep = desk.inbox
    while len(str(deep)) < length:
        name = "d" * min(200, max(1, length - len(str(deep)) - 1))
        deep = deep / name
        os.mkdir(name)  # noqa: PTH102 - a relative path alone is short enough
        os.chdir(name)
    with open("deep.png", "wb") as file:  # noqa: PTH123 - the same
        file.write(draw(0))
    os.chdir(desk.inbox)
    (desk.inbox / "seven.png").write_bytes(draw(7))
    wait_until(lambda: ("seven.png",) in rows("file"))
    if length < 4_000:
        wait_until(lambda: len(rows("file")) == 2)
    else:
        wait_until(lambda: "folders" in activity.hindrances)
    (desk.inbox / "one.png").write_bytes(draw(1))
    wait_until(lambda: ("one.png",) in rows("file"))
    assert not activity.last_error


def test_an_inbox_that_is_away_is_said_and_waited_for(desk, watching, rows, draw):
    activity = watching(rescan_seconds=0.2)
    shutil.rmtree(desk.inbox)
    wait_until(lambda: "is not there" in activity.hindrances.get("inbox", ""))
    desk.inbox.mkdir()
    (desk.inbox / "seven.png").write_bytes(draw(7))
    wait_until(lambda: rows("file") == [("seven.png",)])
    wait_until(lambda: "inbox" not in activity.hindrances)


def test_a_clock_that_is_set_back_hinders_nothing(desk, watching, rows, draw, monkeypatch):
    watching()
    (desk.inbox / "today.png").write_bytes(draw(7))
    wait_until(lambda: len(rows("file")) == 1)
    long_ago = datetime.now() - timedelta(days=400)
    monkeypatch.setitem(job.read_file.__kwdefaults__, "now", lambda: long_ago)
    path = desk.inbox / "yesteryear.png"
    path.write_bytes(draw(0))
    os.utime(path, (1, 1))
    wait_until(lambda: rows("file", "digits") == [("today.png", "7"), ("yesteryear.png", "0")])
    assert rows("time")[1][0].startswith(str(long_ago.year))


def test_what_is_no_picture_by_its_name_is_counted_and_left_alone(
    desk, watching, rows, draw, caplog
):
    caplog.set_level("INFO", "digitwatch")
    for name in ("notes.txt", "table.xlsx", ".hidden", "~$table.xlsx"):
        (desk.inbox / name).touch()
    activity = watching()
    (desk.inbox / "seven.png").write_bytes(draw(7))
    wait_until(lambda: rows("file") == [("seven.png",)])
    assert activity.others == 2
    assert "notes.txt is not named like a picture" in caplog.text
