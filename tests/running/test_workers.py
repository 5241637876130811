import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from digitwatch.errors import DigitwatchError
from digitwatch.recording.outbox import Outbox
from digitwatch.running import batch, workers
from digitwatch.running.batch import gather
from digitwatch.running.job import Job
from digitwatch.running.reader import Reader
from digitwatch.running.workers import on_cores
from tests.program import IS_WINE
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(
    IS_WINE, reason="under Wine joblib waits for ever for a dead process"
)


@pytest.fixture
def outbox(desk):
    with Outbox(desk.outbox) as opened:
        yield opened


@pytest.fixture
def many(desk, draw, monkeypatch):
    """Two dozen drawings, all of which other processes read."""
    monkeypatch.setattr(workers, "PAYS_SECONDS", -1.0)
    for number in range(24):
        (desk.inbox / f"{number:02}.png").write_bytes(draw(number % 10, seed=number))
    return gather([desk.inbox], desk.outbox, recursive=True)


class DoomedReader(Reader):
    """Ends each process that it comes to, as where there is no memory left."""

    def read_all(self, _):
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


class FatalReader(Reader):
    """Ends its process over some files, as a fault in a decoder or too little memory would."""

    def read_all(self, files):
        if any(file.name in {"05.png", "20.png"} for file in files):
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        return super().read_all(files)


def test_other_processes_read_what_this_one_would(desk, many, reader, outbox, rows):
    told = []
    summary = batch.classify(
        many, 24, on_cores(reader, 2), outbox, lambda drawing, _: told.append(drawing.file)
    )
    assert (summary.files, summary.pages["error"]) == (24, 0)
    assert told == [f"{number:02}.png" for number in range(24)]
    read = rows("file", "digits", "status")
    here = [reader.read((desk.inbox / file).read_bytes(), file)[0] for file, *_ in read]
    assert [row[1:] for row in read] == [
        (" ".join(mark.text for mark in page.marks), page.status) for page in here
    ]


def test_a_file_that_ends_a_process_costs_one_row_and_no_other(many, reader, outbox, rows):
    fatal = FatalReader(reader.classifier, reader.model, reader.layout, reader.review_below)
    summary = batch.classify(many, 24, on_cores(fatal, 2), outbox, lambda *_: None)
    assert summary.files == 24
    read = rows("file", "status")
    assert [file for file, _ in read] == [f"{number:02}.png" for number in range(24)]
    assert [file for file, status in read if status == "error"] == ["05.png", "20.png"]


def test_where_no_process_can_read_nothing_is_said_of_the_files(many, reader, outbox, rows):
    doomed = DoomedReader(reader.classifier, reader.model, reader.layout, reader.review_below)
    with pytest.raises(DigitwatchError, match="--jobs 1"):
        batch.classify(many, 24, on_cores(doomed, 2), outbox, lambda *_: None)
    assert rows("file") == []


def test_what_other_processes_read_is_not_read_again(many, reader, outbox, rows):
    batch.classify(many, 24, on_cores(reader, 2), outbox, lambda *_: None)
    again = batch.classify(many, 24, on_cores(reader, 2), outbox, lambda *_: None)
    assert (again.files, again.known) == (24, 24)
    assert len(rows("file")) == 24


@dataclass(frozen=True)
class SlowReader(Reader):
    """Leaves the number of its process in a folder, and never comes to an end."""

    folder: Path

    def read_all(self, _):
        (self.folder / str(os.getpid())).touch()
        time.sleep(3600)


def read_for_ever(reader, jobs):
    workers.PAYS_SECONDS = -1.0
    list(on_cores(reader, 2).read([[job] for job in jobs], 2))


@pytest.mark.skipif(sys.platform == "win32", reason="a process there never learns of its parent")
def test_processes_end_when_the_one_that_started_them_is_killed(many, reader, tmp_path):
    folder = tmp_path / "processes"
    folder.mkdir()
    parts = (reader.classifier, reader.model, reader.layout, reader.review_below)
    jobs = [Job(drawing) for drawing in list(many)[:2]]
    context = multiprocessing.get_context("spawn")
    parent = context.Process(target=read_for_ever, args=(SlowReader(*parts, folder), jobs))
    parent.start()
    wait_until(lambda: len(list(folder.iterdir())) == 2)
    parent.kill()
    wait_until(lambda: not any(map(is_alive, folder.iterdir())))
    parent.join()


def is_alive(note):
    try:
        os.kill(int(note.name), 0)
    except ProcessLookupError:
        return False
    return True
