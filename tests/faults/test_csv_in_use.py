"""The CSV is open elsewhere, may not be written, or has been edited; rows wait or fit in."""

import contextlib
import errno
import os
import stat
from datetime import datetime
from pathlib import Path

import pytest

from digitwatch.recording.tally import tally
from digitwatch.running import projection
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def _tried_again_soon(monkeypatch):
    monkeypatch.setattr(projection, "HELD_SECONDS", 0.1)


@pytest.fixture
def rights(monkeypatch):
    """Rights count, also for root, whom the system itself lets write everywhere."""
    opens = Path.open

    def open_with_rights(self, mode="r", *rest, **more):
        writes = set(mode) & set("wa+x")
        if writes and self.exists() and not self.stat().st_mode & stat.S_IWUSR:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))
        return opens(self, mode, *rest, **more)

    if hasattr(os, "geteuid") and os.geteuid() == 0:
        monkeypatch.setattr(Path, "open", open_with_rights)


@pytest.fixture
def table(desk):
    return desk.outbox / "predictions.csv"


def save(desk, draw, *names):
    for name in names:
        (desk.inbox / name).write_bytes(draw(7, seed=ord(name[0])))


def when_free(table, change):
    """Change the table when the watcher has let go of it and knows that it wrote its rows."""

    def is_changed():
        if tally(table.with_name("digitwatch.db"), datetime.min, 0).rows_waiting:
            return False
        with contextlib.suppress(PermissionError):
            change()
            return True
        return False

    wait_until(is_changed)


def read_first(desk, watching, rows, draw):
    activity = watching()
    save(desk, draw, "a.png")
    wait_until(lambda: rows("file") == [("a.png",)])
    return activity


@pytest.mark.usefixtures("rights")
@pytest.mark.skipif(os.name == "nt", reason="there it is open without sharing, in tests/windows")
def test_rows_wait_while_the_csv_is_read_only_and_come_once_and_in_order(
    desk, watching, rows, draw, table
):
    activity = read_first(desk, watching, rows, draw)
    table.chmod(0o444)
    for count, name in enumerate(("b.png", "c.png", "d.png"), start=1):
        save(desk, draw, name)
        wait_until(lambda count=count: activity.rows_waiting == count)  # type: ignore[misc]  # bound now
    assert "may not be written" in activity.hindrances["csv"]
    assert rows("file") == [("a.png",)]
    table.chmod(0o644)
    wait_until(lambda: activity.rows_waiting == 0)
    assert [file for (file,) in rows("file")] == ["a.png", "b.png", "c.png", "d.png"]
    assert "csv" not in activity.hindrances


def test_rows_wait_while_libreoffice_has_the_csv_open(desk, watching, rows, draw, table):
    activity = read_first(desk, watching, rows, draw)
    note = table.with_name(".~lock.predictions.csv#")
    note.touch()
    before = table.read_bytes()
    save(desk, draw, "b.png")
    wait_until(lambda: activity.rows_waiting == 1)
    assert "LibreOffice" in activity.hindrances["csv"]
    table.write_bytes(before)  # it is saved there, without the row that waits
    note.unlink()
    wait_until(lambda: rows("file") == [("a.png",), ("b.png",)])


def test_rows_that_a_person_deleted_stay_deleted(desk, watching, rows, draw, table):
    read_first(desk, watching, rows, draw)
    save(desk, draw, "b.png")
    wait_until(lambda: len(rows("file")) == 2)
    header, _, second = table.read_bytes().splitlines(keepends=True)
    when_free(table, lambda: table.write_bytes(header + second))
    save(desk, draw, "c.png")
    wait_until(lambda: rows("file") == [("b.png",), ("c.png",)])


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8-sig", ";"), ("utf-8", ","), ("utf-16", "\t"), ("utf-16", ","), ("cp1252", ";")],
)
def test_new_rows_fit_a_file_that_was_saved_otherwise_and_got_a_column(
    desk, watching, rows, draw, table, encoding, delimiter
):
    read_first(desk, watching, rows, draw)
    header, *lines = table.read_text(encoding="utf-8-sig").splitlines()
    columns = ["my remarks", *header.split(",")]
    edited = [columns, *(["schön", *line.split(",")] for line in lines)]
    text = "".join(delimiter.join(cells) + "\r\n" for cells in edited)
    when_free(table, lambda: table.write_bytes(text.encode(encoding)))
    save(desk, draw, "b.png")

    def saved():
        shown = table.read_bytes().decode(encoding).splitlines()
        return [line.split(delimiter) for line in shown]

    wait_until(lambda: len(saved()) == 3)
    assert [cells[0] for cells in saved()] == ["my remarks", "schön", ""]
    assert saved()[2][columns.index("file")] == "b.png"


def test_a_file_that_was_emptied_or_removed_is_begun_anew_with_the_new_rows_alone(
    desk, watching, rows, draw, table
):
    read_first(desk, watching, rows, draw)
    when_free(table, lambda: table.write_bytes(b""))
    save(desk, draw, "b.png")
    wait_until(lambda: rows("file") == [("b.png",)])
    when_free(table, table.unlink)
    save(desk, draw, "c.png")
    wait_until(lambda: rows("file") == [("c.png",)])


def test_a_table_that_is_not_ours_any_more_is_left_alone_until_it_is(
    desk, watching, rows, draw, table
):
    activity = read_first(desk, watching, rows, draw)
    ours = table.read_bytes()
    when_free(table, lambda: table.write_bytes(b"name,age\r\nme,7\r\n"))
    save(desk, draw, "b.png")
    wait_until(lambda: activity.rows_waiting == 1)
    assert "first line" in activity.hindrances["csv"]
    assert table.read_bytes() == b"name,age\r\nme,7\r\n"
    table.write_bytes(ours)
    wait_until(lambda: rows("file") == [("a.png",), ("b.png",)])
