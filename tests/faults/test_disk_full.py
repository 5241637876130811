"""The disk is full: it is said, waited out, and nothing is lost; on a real small disk where one
can be had (root on Linux), and with the error brought about in each place everywhere."""

import errno
import logging
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from digitwatch import files
from digitwatch.recording import csv_log, log_file, outbox
from digitwatch.recording.ledger import Ledger
from digitwatch.running import projection, watch
from digitwatch.running.activity import Activity
from tests.waiting import wait_until

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
DRAWINGS = 12


@pytest.fixture(autouse=True)
def _tried_again_soon(monkeypatch):
    for module in (projection, watch):
        monkeypatch.setattr(module, "HELD_SECONDS", 0.1)


class Disk:
    """Whether the disk is full for one of the places that are written to."""

    def __init__(self):
        self.is_full = True

    def guard(self, write, *, first=None):
        def guarded(*arguments, **options):
            if self.is_full:
                if first:
                    first(*arguments, **options)
                raise FULL
            return write(*arguments, **options)

        return guarded


@pytest.fixture
def disk():
    return Disk()


def fill_thumbnails(disk, monkeypatch):
    monkeypatch.setattr(outbox, "write_atomically", disk.guard(files.write_atomically))


def fill_csv(disk, monkeypatch):
    append = csv_log.append

    def half(path, records, delimiter, *, doubtful):
        before = path.stat().st_size if path.exists() else 0
        append(path, records, delimiter, doubtful=doubtful)
        with path.open("r+b") as file:
            file.truncate((before + path.stat().st_size) // 2)

    monkeypatch.setattr(csv_log, "append", disk.guard(append, first=half))


def fill_ledger(disk, monkeypatch):
    add = Ledger.add

    def into_few_pages(self, files):
        ((pages,),) = self._file.query("PRAGMA page_count")
        self._file.query(f"PRAGMA max_page_count = {pages if disk.is_full else 1_000_000}")
        return add(self, list(map(_padded, files)) if disk.is_full else files)

    monkeypatch.setattr(Ledger, "add", into_few_pages)


def _padded(records):
    return [replace(record, note="x" * 20_000) for record in records]


@pytest.mark.parametrize(
    ("fill", "what"),
    [(fill_thumbnails, "outbox"), (fill_csv, "csv"), (fill_ledger, "outbox")],
)
def test_a_full_disk_is_said_and_waited_out(
    desk, watching, rows, draw, monkeypatch, disk, fill, what
):
    fill(disk, monkeypatch)
    activity = watching()
    for number in range(3):
        (desk.inbox / f"{number}.png").write_bytes(draw(7, seed=number))
    wait_until(lambda: what in activity.hindrances)
    assert "full" in activity.hindrances[what] or "space" in activity.hindrances[what]
    disk.is_full = False
    wait_until(lambda: not activity.hindrances)  # until then a row may be torn
    wait_until(lambda: sorted(rows("file")) == [("0.png",), ("1.png",), ("2.png",)])
    assert {status for (status,) in rows("status")} == {"ok"}


def test_a_log_that_takes_no_more_hinders_nothing(desk, monkeypatch, disk, capsys):
    log = logging.getLogger("digitwatch.test")
    activity = Activity()
    with log_file.logging_to(desk.outbox, "info", lambda words: activity.hinder("log", words)):
        monkeypatch.setattr(log_file.LogFile, "format", disk.guard(log_file.LogFile.format))
        log.error("this line is lost")
        assert "No space left" in activity.hindrances["log"]
        disk.is_full = False
        log.error("this line is kept")
        assert not activity.hindrances
    kept = (desk.outbox / "digitwatch.log").read_text(encoding="utf-8")
    assert "this line is kept" in kept
    assert capsys.readouterr().err == ""


def test_a_log_that_was_deleted_is_begun_anew(desk):
    log = logging.getLogger("digitwatch.test")
    path = desk.outbox / "digitwatch.log"
    with log_file.logging_to(desk.outbox, "info", lambda _: None):
        log.error("first")
        if os.name == "nt":
            pytest.skip("an open file cannot be deleted on Windows")
        path.unlink()
        log.error("second")
    assert "second" in path.read_text(encoding="utf-8")


@pytest.fixture(params=[0, 1, 3, 6, 10, 16, 24, 40, 64])
def small_disk(request, tmp_path):
    """An outbox on a disk of its own, with so many free blocks of 4 KB when the watch begins."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root on Linux can make a small disk")
    folder = tmp_path / "outbox"
    folder.mkdir()
    mount = [shutil.which("mount") or "", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield folder, request.param
    finally:
        subprocess.run([shutil.which("umount") or "", "-l", str(folder)], check=True)


def test_whatever_the_disk_is_first_too_small_for_nothing_is_lost(
    small_disk, desk, watching, rows, draw
):
    folder, free_blocks = small_disk
    activity = watching()
    wait_until((folder / "digitwatch.db").exists)
    filler = folder / "filler"
    _fill(filler, free_blocks)
    for number in range(DRAWINGS):
        (desk.inbox / f"{number:02}.png").write_bytes(draw(7, seed=number))
    wait_until(lambda: "outbox" in activity.hindrances or "csv" in activity.hindrances)
    filler.unlink()
    expected = [(f"{number:02}.png",) for number in range(DRAWINGS)]
    wait_until(lambda: not activity.hindrances)  # until then a row may be torn
    wait_until(lambda: sorted(rows("file")) == expected)
    thumbnails = {path.relative_to(folder).as_posix() for path in folder.glob("thumbnails/*/*.png")}
    assert {name for (name,) in rows("thumbnail")} == thumbnails
    wait_until(lambda: not activity.hindrances)


def _fill(filler: Path, free_blocks: int) -> None:
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            file.truncate(max(0, file.tell() - free_blocks * 4096))
